#!/usr/bin/perl
# Writes the pages of docs/reference: what there is, as the catalogues of a server with the extension
# and the source say. What each thing means is written where it is made (comments of objects, settings)
# or told (the tables of docs/accounting.md, docs/providers.md and docs/errors.md).
#
#   make_reference.pl CONNECTION FOLDER       psql must be in PATH; the database has the extension
#
# `make reference` runs it on a server of its own and changes docs/reference; 081_reference.pl holds
# the pages against what it would write. It ends with an error when the source and what is told differ.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use ReferenceSource;
use JSON::PP ();

my ($connection, $folder) = @ARGV;
die "usage: make_reference.pl CONNECTION FOLDER\n" unless defined $folder;
my $top = "$FindBin::RealBin/..";

# ---- The server ----------------------------------------------------------------------------------
# The rows of a query, as hashes.
sub rows {
    my ($sql) = @_;
    my $member = q{SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
        WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'llm_workflow'};
    open(my $psql, '-|', 'psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $connection, '-c',
        "WITH member AS ($member), q AS ($sql) SELECT to_jsonb(q) FROM q") or die "cannot run psql: $!\n";
    my @rows = map { JSON::PP->new->utf8->decode($_) } <$psql>;
    close($psql) or die "psql failed\n";
    return @rows;
}

# ---- Markdown ------------------------------------------------------------------------------------
my $generated = '<!-- Written by tools/make_reference.pl: change what it reads, and run make reference. -->';

sub cell {
    my ($text) = @_;
    ($text = $text // '') =~ s/\s*\n\s*/ /g;
    $text =~ s/\|/\\|/g;
    return $text;
}

sub code { my ($text) = @_; return defined $text && $text ne '' ? "`$text`" : '' }

sub table {
    my ($heads, @rows) = @_;
    return join("\n", '| ' . join(' | ', @$heads) . ' |', '|' . '---|' x @$heads,
        map { '| ' . join(' | ', map { cell($_) } @$_) . ' |' } @rows) . "\n";
}

# In the tables of the docs bars within a cell are written as \|.
sub page {
    my ($name, $title, @parts) = @_;
    open(my $out, '>:utf8', "$folder/$name.md") or die "cannot write $folder/$name.md: $!\n";
    print $out join("\n", "# $title\n", "$generated\n", @parts);
    close($out) or die "cannot write $folder/$name.md: $!\n";
    return;
}

# ---- Functions -----------------------------------------------------------------------------------
my %volatility = (i => 'immutable', s => 'stable', v => 'volatile');
my %parallel = (s => 'parallel safe', r => 'parallel restricted', u => 'parallel unsafe');
my @functions = rows(<<'SQL');
SELECT p.proname, p.prokind, pg_get_function_arguments(p.oid) AS arguments,
       pg_get_function_identity_arguments(p.oid) AS identity, pg_get_function_result(p.oid) AS result,
       p.provolatile, p.proparallel, p.proisstrict, p.prosecdef,
       obj_description(p.oid, 'pg_proc') AS comment,
       EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
               WHERE a.grantee = 0) AS public
FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
ORDER BY p.proname COLLATE "C", pg_get_function_identity_arguments(p.oid) COLLATE "C"
SQL

sub is_internal { my ($name) = @_; return $name =~ /^llmw_/ }

sub function_part {
    my ($f) = @_;
    $_ = short_type($_) foreach grep { defined } @$f{qw(arguments result)};
    my @labels = ($volatility{ $f->{provolatile} }, $parallel{ $f->{proparallel} });
    push @labels, 'NULL for a NULL argument' if $f->{proisstrict} && $f->{arguments} ne '';
    push @labels, 'runs with the rights of its owner' if $f->{prosecdef};
    push @labels, $f->{public} ? 'EXECUTE for everyone' : 'EXECUTE for whom you grant it';
    my $kind = $f->{prokind} eq 'a' ? 'aggregate ' : '';
    (my $arguments = $f->{arguments}) =~ s/, (?=(?:OUT |INOUT |VARIADIC )?\w+ )/,\n    /g;
    $arguments = "\n    $arguments\n" if length($arguments) > 60;
    $arguments =~ s/,\n    /, /g if length($arguments) <= 60;
    my $result = defined $f->{result} ? " returns $f->{result}" : '';
    return "## $f->{proname}\n\n```\n$kind$f->{proname}($arguments)$result\n```\n\n$f->{comment}\n\n"
        . ucfirst(join('; ', @labels)) . ".\n";
}

sub write_functions {
    page('functions', 'Functions',
        "Each function of the extension, with the labels that PostgreSQL has for it. Functions that only the\n"
            . "extension itself calls are in the table [at the end](#internal).\n",
        (map { function_part($_) } grep { !is_internal($_->{proname}) } @functions),
        "## Internal\n\nThey change from version to version.\n",
        table([ 'function', 'what it does' ],
            map { [ code("$_->{proname}(" . short_type($_->{identity}) . ')'), $_->{comment} ] }
                grep { is_internal($_->{proname}) } @functions));
    return;
}

# ---- Tables and views ----------------------------------------------------------------------------
my @relations = rows(<<'SQL');
SELECT c.relname, c.relkind, obj_description(c.oid, 'pg_class') AS comment,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partitioned,
       (SELECT coalesce(nullif(e.extcondition[array_position(e.extconfig, c.oid)], ''), 'all')
        FROM pg_extension e
        WHERE e.extname = 'llm_workflow' AND c.oid = ANY (e.extconfig)) AS dumped,
       (SELECT string_agg(DISTINCT coalesce(r.rolname, 'everyone'), ', ')
        FROM aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE a.privilege_type = 'SELECT' AND a.grantee <> c.relowner) AS readers,
       c.relrowsecurity AS by_row,
       (SELECT jsonb_agg(jsonb_build_object(
                   'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                   'not_null', a.attnotnull, 'comment', col_description(c.oid, a.attnum),
                   'default', pg_get_expr(d.adbin, d.adrelid), 'generated', a.attgenerated <> '')
               ORDER BY a.attnum)
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       (SELECT jsonb_agg(pg_get_constraintdef(k.oid) ORDER BY k.contype, k.conname COLLATE "C")
        FROM pg_constraint k
        WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')) AS constraints
FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
WHERE c.relkind IN ('r', 'p', 'v', 'm')
ORDER BY c.relname COLLATE "C"
SQL

# Types as people write them.
sub short_type {
    my ($type) = @_;
    $type =~ s/timestamp with time zone/timestamptz/g;
    $type =~ s/timestamp without time zone/timestamp/g;
    return $type;
}

sub facts_of {
    my ($r) = @_;
    my @facts;
    push @facts, "partitioned by $r->{partitioned}" if defined $r->{partitioned};
    push @facts, defined $r->{dumped}
        ? $r->{dumped} eq 'all' ? 'in dumps' : 'in dumps ' . code($r->{dumped})
        : 'not in dumps' if $r->{relkind} ne 'v';
    push @facts, 'SELECT for ' . ($r->{readers} // 'whom you grant it');
    push @facts, 'rows by policies' if $r->{by_row};
    return ucfirst(join('; ', @facts)) . ".\n";
}

sub table_part {
    my ($r) = @_;
    my @columns = map { [ code($_->{name}), short_type($_->{type}), $_->{not_null} ? '' : 'yes',
            ($_->{generated} ? 'generated: ' : '') . code($_->{default}), $_->{comment} ] } @{ $r->{columns} };
    my @constraints = map { '- ' . code($_) . "\n" } @{ $r->{constraints} // [] };
    return "## $r->{relname}\n\n$r->{comment}\n\n" . facts_of($r) . "\n"
        . table([ 'column', 'type', 'NULL', 'default', 'meaning' ], @columns)
        . (@constraints ? "\n" . join('', @constraints) : '');
}

sub view_part {
    my ($r) = @_;
    my $told = grep { defined $_->{comment} } @{ $r->{columns} };
    my @columns = map { [ code($_->{name}), short_type($_->{type}), $told ? $_->{comment} : () ] }
        @{ $r->{columns} };
    return "## $r->{relname}\n\n$r->{comment}\n\n" . facts_of($r) . "\n"
        . table([ 'column', 'type', $told ? 'meaning' : () ], @columns);
}

sub write_relations {
    my @tables = grep { $_->{relkind} =~ /[rp]/ } @relations;
    my @views = grep { $_->{relkind} =~ /[vm]/ } @relations;
    page('tables', 'Tables', "Each table of the extension.\n", map { table_part($_) } @tables);
    page('views', 'Views', "Each view of the extension.\n", map { view_part($_) } @views);
    return;
}

# ---- Settings ------------------------------------------------------------------------------------
my %where = (user => 'any role', superuser => 'superusers', sighup => 'configuration file',
    postmaster => 'server start');

sub settings {
    my %shown = map { $_->{name} => $_ } rows(<<'SQL');
SELECT name, boot_val, current_setting(name) AS shown, setting = boot_val AS is_default, unit, min_val,
       max_val, enumvals, vartype, context, short_desc, extra_desc
FROM pg_settings WHERE name LIKE 'llm\_workflow.%'
SQL
    my %defined = defined_settings($top);
    foreach my $name (sort keys %shown) {
        die "pg_settings has $name, which the source does not define\n" unless $defined{$name};
        die "$name is not at its default: use a server of its own\n" unless $shown{$name}{is_default};
    }
    return map { $shown{$_} // { name => $_, vartype => 'string', shown => '', short_desc => $defined{$_},
            context => 'sighup', hidden => 1 } } sort keys %defined;
}

sub values_of {
    my ($s) = @_;
    return 'on, off' if $s->{vartype} eq 'bool';
    return join(', ', grep { $_ ne '' } @{ $s->{enumvals} }) if $s->{vartype} eq 'enum';
    return 'text' if $s->{vartype} eq 'string';
    my $unit = defined $s->{unit} ? " $s->{unit}" : '';
    return "$s->{min_val} to $s->{max_val}$unit";
}

sub write_settings {
    page('settings', 'Settings',
        "Each setting of the extension. What they are for, by topic: [settings.md](../settings.md).\n",
        table([ 'setting', 'default', 'values', 'set by, or in', 'meaning' ],
            map { [ code($_->{name}), code($_->{shown}) || 'none', values_of($_), $where{ $_->{context} },
                    join(' ', grep { defined } @$_{qw(short_desc extra_desc)})
                        . ($_->{hidden} ? ' Not in pg_settings.' : '') ] } settings()));
    return;
}

# ---- Server options, events, errors ----------------------------------------------------------------
sub write_source_pages {
    page('server_options', 'Options of servers and user mappings',
        "Each option of the wrapper `llm_provider`. How to use them: [providers.md](../providers.md).\n",
        table([ 'option', 'of', 'set by', 'values', 'meaning' ],
            map { [ code($_->{name}), $_->{of}, $_->{setter}, $_->{values}, $_->{meaning} ] }
                server_options($top)));
    page('events', 'Events',
        "Each `action` of `audit_logs`. What is written when: [accounting.md](../accounting.md).\n",
        table([ 'action', 'severity', 'details', 'written by' ],
            map { [ code($_->{action}), @$_{qw(severity details writers)} ] } events($top)));
    chomp(my $shared = `pg_config --sharedir`);
    page('errors', 'Error codes',
        "Each SQLSTATE that the extension raises. What to do: [errors.md](../errors.md).\n",
        table([ 'SQLSTATE', 'condition', 'meaning' ],
            map { [ code($_->{state}), code($_->{condition}), $_->{meaning} ] }
                error_codes($top, "$shared/errcodes.txt")));
    return;
}

sub write_index {
    my $public = grep { !is_internal($_->{proname}) } @functions;
    page('README', 'Reference', "What there is, complete. What to do with it: the pages of [docs](..).\n",
        table([ 'page', 'has' ],
            [ '[functions.md](functions.md)', "the $public functions, with arguments and labels; those inside" ],
            [ '[views.md](views.md)', 'the views, with their columns' ],
            [ '[tables.md](tables.md)', 'the tables, with columns, defaults and constraints' ],
            [ '[settings.md](settings.md)', 'the settings, with defaults and values' ],
            [ '[server_options.md](server_options.md)', 'the options of servers and user mappings' ],
            [ '[events.md](events.md)', 'the events in `audit_logs`' ],
            [ '[errors.md](errors.md)', 'the error codes' ]));
    return;
}

write_functions();
write_relations();
write_settings();
write_source_pages();
write_index();
