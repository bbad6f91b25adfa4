package Catalogue;

# What an installed extension is, as text: each of its objects with its definition, privileges, comment
# and labels, and the rows that it ships. Two installations that differ in any of it differ here.
#
#   use Catalogue;
#   is_deeply([ catalogue_diff($node, 'fresh', 'updated') ], [], 'an update leads to the same');
#   my $rows = stored_rows($node, 'app');         # {table => all that is not shipped, as text}

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(extension_catalogue catalogue_diff stored_rows);

# The objects of the extension, and what hangs on its tables: as (classid, objid).
my $objects = <<'SQL';
WITH members AS (
    SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
    WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'llm_workflow'
), relations AS (
    SELECT c.* FROM pg_class c JOIN members m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
), objects AS (
    SELECT classid, objid FROM members
    UNION SELECT 'pg_class'::regclass, i.indexrelid FROM pg_index i JOIN relations r ON r.oid = i.indrelid
    UNION SELECT 'pg_constraint'::regclass, c.oid FROM pg_constraint c JOIN relations r ON r.oid = c.conrelid
    UNION SELECT 'pg_trigger'::regclass, t.oid FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid
          WHERE NOT t.tgisinternal
    UNION SELECT 'pg_policy'::regclass, p.oid FROM pg_policy p JOIN relations r ON r.oid = p.polrelid
    UNION SELECT 'pg_rewrite'::regclass, w.oid FROM pg_rewrite w JOIN relations r ON r.oid = w.ev_class
    UNION SELECT 'pg_statistic_ext'::regclass, s.oid FROM pg_statistic_ext s
          JOIN relations r ON r.oid = s.stxrelid
)
SQL

# One query for each kind: (classid, objid, objsubid, what, value). Privileges and options are sorted, as
# their order is that of the statements.
my @facts = (
    # Relations, and their columns in order.
    q{SELECT 'pg_class'::regclass, c.oid, 0, 'is', jsonb_build_object(
          'kind', c.relkind, 'persistence', c.relpersistence, 'options', c.reloptions,
          'owner', pg_get_userbyid(c.relowner), 'policies', c.relrowsecurity,
          'forced', c.relforcerowsecurity, 'identity', c.relreplident,
          'query', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
          'partitioned', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
          'privileges', ARRAY(SELECT a::text FROM unnest(c.relacl) a ORDER BY a::text COLLATE "C"))
      FROM objects o JOIN pg_class c ON o.classid = 'pg_class'::regclass AND c.oid = o.objid
      WHERE c.relkind <> 'i'},
    q{SELECT 'pg_class'::regclass, a.attrelid, a.attnum, 'is', jsonb_build_object(
          'place', row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), 'name', a.attname,
          'type', format_type(a.atttypid, a.atttypmod), 'not null', a.attnotnull,
          'identity', a.attidentity, 'generated', a.attgenerated, 'storage', a.attstorage,
          'compression', a.attcompression, 'collation', a.attcollation::regcollation,
          'default', pg_get_expr(d.adbin, d.adrelid),
          'privileges', ARRAY(SELECT x::text FROM unnest(a.attacl) x ORDER BY x::text COLLATE "C"))
      FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attnum > 0 AND NOT a.attisdropped},
    q{SELECT 'pg_class'::regclass, s.seqrelid, 0, 'sequence', to_jsonb(s) - 'seqrelid'
      FROM pg_sequence s JOIN relations r ON r.oid = s.seqrelid},
    # What hangs on them.
    q{SELECT 'pg_class'::regclass, i.indexrelid, 0, 'is', jsonb_build_object(
          'index', pg_get_indexdef(i.indexrelid), 'valid', i.indisvalid, 'identity', i.indisreplident)
      FROM pg_index i JOIN relations r ON r.oid = i.indrelid},
    q{SELECT o.classid, o.objid, 0, 'is', jsonb_build_object(
          'constraint', pg_get_constraintdef(c.oid), 'valid', c.convalidated)
      FROM objects o JOIN pg_constraint c ON o.classid = 'pg_constraint'::regclass AND c.oid = o.objid},
    q{SELECT o.classid, o.objid, 0, 'is', jsonb_build_object(
          'trigger', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled)
      FROM objects o JOIN pg_trigger t ON o.classid = 'pg_trigger'::regclass AND t.oid = o.objid},
    q{SELECT o.classid, o.objid, 0, 'is', jsonb_build_object(
          'command', p.polcmd, 'permissive', p.polpermissive,
          'roles', ARRAY(SELECT r::regrole::text FROM unnest(p.polroles) r ORDER BY r::regrole::text),
          'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
      FROM objects o JOIN pg_policy p ON o.classid = 'pg_policy'::regclass AND p.oid = o.objid},
    q{SELECT o.classid, o.objid, 0, 'is', jsonb_build_object(
          'rule', pg_get_ruledef(w.oid), 'enabled', w.ev_enabled)
      FROM objects o JOIN pg_rewrite w ON o.classid = 'pg_rewrite'::regclass AND w.oid = o.objid},
    q{SELECT o.classid, o.objid, 0, 'is', to_jsonb(pg_get_statisticsobjdef(s.oid))
      FROM objects o
      JOIN pg_statistic_ext s ON o.classid = 'pg_statistic_ext'::regclass AND s.oid = o.objid},
    # Functions, types, servers.
    q{SELECT o.classid, o.objid, 0, 'is', jsonb_build_object(
          'definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
          'aggregate', CASE WHEN p.prokind = 'a' THEN (
              SELECT to_jsonb(a) - 'aggfnoid' FROM pg_aggregate a WHERE a.aggfnoid = p.oid) END,
          'owner', pg_get_userbyid(p.proowner),
          'privileges', ARRAY(SELECT a::text FROM unnest(p.proacl) a ORDER BY a::text COLLATE "C"))
      FROM objects o JOIN pg_proc p ON o.classid = 'pg_proc'::regclass AND p.oid = o.objid},
    q{SELECT o.classid, o.objid, 0, 'is', jsonb_build_object(
          'kind', t.typtype, 'base', format_type(t.typbasetype, t.typtypmod),
          'not null', t.typnotnull, 'default', t.typdefault,
          'labels', ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid
                          ORDER BY e.enumsortorder),
          'privileges', ARRAY(SELECT a::text FROM unnest(t.typacl) a ORDER BY a::text COLLATE "C"))
      FROM objects o JOIN pg_type t ON o.classid = 'pg_type'::regclass AND t.oid = o.objid},
    q{SELECT o.classid, o.objid, 0, 'is', jsonb_build_object(
          'options', ARRAY(SELECT x FROM unnest(w.fdwoptions) x ORDER BY x COLLATE "C"),
          'handler', w.fdwhandler::regproc,
          'validator', w.fdwvalidator::regproc,
          'privileges', ARRAY(SELECT a::text FROM unnest(w.fdwacl) a ORDER BY a::text COLLATE "C"))
      FROM objects o JOIN pg_foreign_data_wrapper w
           ON o.classid = 'pg_foreign_data_wrapper'::regclass AND w.oid = o.objid},
    q{SELECT o.classid, o.objid, 0, 'is', jsonb_build_object(
          'options', ARRAY(SELECT x FROM unnest(s.srvoptions) x ORDER BY x COLLATE "C"),
          'type', s.srvtype, 'version', s.srvversion,
          'privileges', ARRAY(SELECT a::text FROM unnest(s.srvacl) a ORDER BY a::text COLLATE "C"))
      FROM objects o JOIN pg_foreign_server s
           ON o.classid = 'pg_foreign_server'::regclass AND s.oid = o.objid},
    # Of all of them: that they are there, what is said of them, and what a dump takes for granted.
    q{SELECT classid, objid, 0, 'belongs', to_jsonb(true) FROM members},
    q{SELECT o.classid, o.objid, d.objsubid, 'comment', to_jsonb(d.description)
      FROM objects o JOIN pg_description d ON d.classoid = o.classid AND d.objoid = o.objid},
    q{SELECT o.classid, o.objid, l.objsubid, 'label', to_jsonb(l.provider || ': ' || l.label)
      FROM objects o JOIN pg_seclabel l ON l.classoid = o.classid AND l.objoid = o.objid},
    q{SELECT o.classid, o.objid, p.objsubid, 'granted when made', to_jsonb(
          ARRAY(SELECT a::text FROM unnest(p.initprivs) a ORDER BY a::text COLLATE "C"))
      FROM objects o JOIN pg_init_privs p ON p.classoid = o.classid AND p.objoid = o.objid},
    q{SELECT 'pg_class'::regclass, c.relation, 0, 'dumped where', to_jsonb(c.condition)
      FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS c (relation, condition)
      WHERE e.extname = 'llm_workflow'},
);

# The place of the database is another in each, and so are the workers that run.
my %own_rows = map { $_ => 1 } qw(llm_workflow_homes workflow_workers);

sub query {
    my ($node, $database, $sql) = @_;
    return split /\n/, $node->safe_psql($database, "SET search_path = pg_catalog;\n$sql");
}

sub facts {
    my ($node, $database) = @_;
    my $union = join("\nUNION ALL\n", map { "($_)" } @facts);
    return query($node, $database, <<"SQL");
$objects, facts (classid, objid, objsubid, what, value) AS ($union)
SELECT i.type || ' ' || i.identity || ' ' || f.what || ': ' || f.value
FROM facts f, pg_identify_object(f.classid, f.objid, f.objsubid) AS i
SQL
}

# Columns that say when a row was made are left out.
sub rows {
    my ($node, $database) = @_;
    my @lines;
    foreach my $line (query($node, $database, <<"SQL")) {
$objects
SELECT r.relname, r.oid::regclass, ARRAY(
    SELECT a.attname FROM pg_attribute a
    JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = r.oid AND pg_get_expr(d.adbin, d.adrelid) ~ 'now\\(\\)')
FROM relations r WHERE r.relkind IN ('r', 'p')
SQL
        my ($name, $table, $left_out) = split /\|/, $line;
        next if $own_rows{$name};
        push @lines, map { "row of $name: $_" }
            query($node, $database, "SELECT to_jsonb(t) - '$left_out'::text[] FROM $table AS t");
    }
    return @lines;
}

# Each row of each table, but for those that are shipped: they have the time of the installation.
sub stored_rows {
    my ($node, $database) = @_;
    my %rows;
    foreach my $line (query($node, $database, <<'SQL')) {
SELECT c.relname, c.oid::regclass, e.extcondition[array_position(e.extconfig, c.oid)]
FROM pg_extension e JOIN pg_depend d ON d.refobjid = e.oid JOIN pg_class c ON d.objid = c.oid
WHERE e.extname = 'llm_workflow' AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass
  AND c.relkind IN ('r', 'p')
SQL
        my ($name, $table, $condition) = split /\|/, $line, 3;
        next if $own_rows{$name};
        $rows{$name} = $node->safe_psql($database,
            qq{SELECT t::text FROM $table AS t $condition ORDER BY t::text COLLATE "C"});
    }
    return \%rows;
}

# All of it, in an order that only depends on what is there.
sub extension_catalogue {
    my ($node, $database) = @_;
    return sort(facts($node, $database), rows($node, $database));
}

# Lines of one database only: "- ..." of the first, "+ ..." of the second. What a caller already has
# may be given as a reference to its lines.
sub catalogue_diff {
    my ($node, $first, $second) = @_;
    my @of_first = ref $first ? @$first : extension_catalogue($node, $first);
    my @of_second = ref $second ? @$second : extension_catalogue($node, $second);
    my %count;
    $count{$_}-- foreach @of_first;
    $count{$_}++ foreach @of_second;
    return map { ($count{$_} < 0 ? '- ' : '+ ') . $_ } grep { $count{$_} } sort keys %count;
}

1;
