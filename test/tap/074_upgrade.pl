# An update leads to the same as a fresh install: objects, comments, grants, labels, shipped rows.
#
# For each release whose script is in sql/upgrade. That the comparison finds what a script forgets is
# shown with made-up versions: each of their steps is left out or done otherwise once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Catalogue;
use LlmWorkflow;
use StagedVersions;
use Test::More;

my $node = new_node('upgrade', preload => '');
my $versions = stage_versions($node)
    or plan skip_all => 'the server takes extensions from its own folder only';
my $ours = $versions->version;

sub install {
    my ($database, $version) = @_;
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    $node->safe_psql($database, "CREATE EXTENSION llm_workflow VERSION '$version'");
    return;
}

# ---- Made-up versions ----------------------------------------------------------------------------
# What is new in the next version, step by step; and each step as somebody might have got it wrong in
# the script of the update: '' when it was forgotten.
my @steps = (
    [ 'CREATE TABLE next_things (thing text PRIMARY KEY, made int NOT NULL DEFAULT 1)' ],
    [ "COMMENT ON TABLE next_things IS 'Things.'", '', "COMMENT ON TABLE next_things IS 'Thing.'" ],
    [ "COMMENT ON COLUMN next_things.made IS 'Number.'", '' ],
    [ 'ALTER TABLE next_things ADD COLUMN note text', '',
        'ALTER TABLE next_things ADD COLUMN note varchar',
        "ALTER TABLE next_things ADD COLUMN note text DEFAULT ''",
        'ALTER TABLE next_things DROP COLUMN made, ADD COLUMN note text, '
            . 'ADD COLUMN made int NOT NULL DEFAULT 1' ],
    [ 'ALTER TABLE next_things ADD CONSTRAINT positive CHECK (made > 0)', '',
        'ALTER TABLE next_things ADD CONSTRAINT positive CHECK (made >= 0)',
        'ALTER TABLE next_things ADD CONSTRAINT positive CHECK (made > 0) NOT VALID' ],
    [ "COMMENT ON CONSTRAINT positive ON next_things IS 'Positive.'", '' ],
    [ 'CREATE INDEX next_things_made ON next_things (made)', '',
        'CREATE INDEX next_things_made ON next_things (made) WHERE made > 1' ],
    [ 'CREATE TRIGGER append_only BEFORE DELETE ON next_things FOR EACH STATEMENT '
        . 'EXECUTE FUNCTION llmw_refuse_change()', '' ],
    [ 'ALTER TABLE llm_models ENABLE REPLICA TRIGGER catalogue_changed', '' ],
    [ 'CREATE POLICY own ON next_things USING (thing = CURRENT_USER)', '',
        'CREATE POLICY own ON next_things USING (true)' ],
    [ 'ALTER TABLE next_things ENABLE ROW LEVEL SECURITY', '' ],
    [ 'GRANT SELECT ON next_things TO pg_monitor', '',
        'GRANT SELECT, INSERT ON next_things TO pg_monitor',
        'GRANT SELECT ON next_things TO PUBLIC' ],
    [ "SELECT pg_catalog.pg_extension_config_dump('next_things', '')", '',
        "SELECT pg_catalog.pg_extension_config_dump('next_things', 'WHERE made > 1')" ],
    [ "INSERT INTO next_things (thing) VALUES ('shipped')", '',
        "INSERT INTO next_things (thing, made) VALUES ('shipped', 2)" ],
    [ "UPDATE llm_models SET enabled = false WHERE name = 'gpt-4'", '' ],
    [ 'CREATE FUNCTION next_sum(a int) RETURNS int LANGUAGE sql STABLE AS $$SELECT a + 1$$', '',
        'CREATE FUNCTION next_sum(a int) RETURNS int LANGUAGE sql STABLE AS $$SELECT a + 2$$',
        'CREATE FUNCTION next_sum(a int) RETURNS int LANGUAGE sql VOLATILE AS $$SELECT a + 1$$',
        'CREATE FUNCTION next_sum(a int) RETURNS int LANGUAGE sql STABLE SET jit = off AS $$SELECT a + 1$$' ],
    [ 'REVOKE ALL ON FUNCTION workflow_is_valid FROM PUBLIC', '' ],
    [ 'CREATE VIEW next_view AS SELECT thing FROM next_things', '',
        'CREATE VIEW next_view AS SELECT thing FROM next_things WHERE made > 0',
        'CREATE VIEW next_view WITH (security_barrier) AS SELECT thing FROM next_things' ],
    [ "CREATE DOMAIN next_domain AS text CHECK (VALUE <> '')", '' ],
    [ 'ALTER SERVER local OPTIONS (ADD max_model_len $$8192$$)', '' ],
    [ 'DROP FUNCTION unschedule_llm_workflow_jobs()', '' ],
);
my @right = map { $_->[0] } @steps;

sub script {
    return join('', map { "$_;\n" } 'SET LOCAL search_path TO @extschema@', grep { $_ ne '' } @_);
}

$versions->add('999.0', $versions->script . script(@right));
install('fresh', '999.0');
my @fresh = extension_catalogue($node, 'fresh');
cmp_ok(scalar @fresh, '>', 1000, 'there is something to compare');
install('before', $ours);

my $number = 0;

# What the comparison finds after an update by these steps.
sub diff_of_update {
    my (@done) = @_;
    $number++;
    # Its version names the try: the comparison does not look at it.
    $versions->add("$ours--999.0.$number", script(@done));
    $node->safe_psql('postgres', "CREATE DATABASE try_$number TEMPLATE before");
    $node->safe_psql("try_$number", "ALTER EXTENSION llm_workflow UPDATE TO '999.0.$number'");
    my @diff = catalogue_diff($node, \@fresh, "try_$number");
    $node->safe_psql('postgres', "DROP DATABASE try_$number");
    return @diff;
}

is_deeply([ diff_of_update(@right) ], [], 'an update that does all is found to be the same');

foreach my $i (0 .. $#steps) {
    my ($step, @wrong) = @{ $steps[$i] };
    foreach my $wrong (@wrong) {
        my @done = @right;
        $done[$i] = $wrong;
        # What is said of a thing that was forgotten is forgotten with it.
        if ($wrong eq '' && $step =~ /ADD CONSTRAINT (\w+)/) {
            my $gone = $1;
            $_ = /ON CONSTRAINT $gone/ ? '' : $_ foreach @done;
        }
        isnt(scalar(diff_of_update(@done)), 0, $wrong eq '' ? "found to be forgotten: $step" : "found: $wrong");
    }
}
my ($line, @more) = diff_of_update(map { /^COMMENT ON TABLE/ ? '' : $_ } @right);
is("$line, " . @more, '- table public.next_things comment: "Things.", 0', 'a difference is named, and no other');

# ---- Releases ------------------------------------------------------------------------------------
install('released', $ours);
my @now = extension_catalogue($node, 'released');
my @releases = map { m{/llm_workflow--((?:(?!--).)+)\.sql$} ? $1 : () }
    glob "$FindBin::RealBin/../../sql/upgrade/*.sql";
foreach my $release (@releases) {
    (my $database = "from_$release") =~ tr/.-/__/;
    install($database, $release);
    $node->safe_psql($database, "ALTER EXTENSION llm_workflow UPDATE TO '$ours'");
    is_deeply([ catalogue_diff($node, \@now, $database) ], [], "an update from $release leads to $ours");
}
note('releases before this one: ' . (@releases ? "@releases" : 'none'));

$node->stop;
done_testing();
