# The library and the SQL objects of a database can be of different versions: after a package was
# installed and before ALTER EXTENSION ... UPDATE, and the other way round. Then functions say so, and
# what to do; the worker touches nothing; and when the versions agree again, jobs go on by themselves.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos;
use LlmWorkflow;
use PostgreSQL::Test::Utils;
use StagedVersions;
use Stats;
use Test::More;

my $node = new_node('versions', conf => 'llm_workflow.retry_base_delay = 1');
my $versions = stage_versions($node)
    or plan skip_all => 'the server takes extensions from its own folder only';
my $ours = $versions->version;
my ($older, $newer) = ('0.0.9', '999.10');
foreach my $other ($older, $newer) {
    $versions->add("$ours--$other", '-- the same objects');
    $versions->add("$other--$ours", '-- the same objects');
}
# A script may use functions of the extension, though it runs while the versions differ.
$versions->add("$newer--$older", "SELECT token_cost('gpt-4o-mini', 1, 1)");

my $sim = start_simulator($node);
$node->safe_psql('postgres', 'CREATE DATABASE app');
create_extension($node, 'app');
create_sim_servers($node, 'app', $sim);

sub query { return $node->safe_psql('app', @_) }

sub update_to {
    my ($version) = @_;
    return query("ALTER EXTENSION llm_workflow UPDATE TO '$version'");
}

my $generate = "SELECT generate_workflow('Sort the mail')";
my $message = 'the library and the SQL objects of llm_workflow are of different versions';

sub is_refused {
    my ($sql, $hint, $name) = @_;
    my $refused = psql_error($node, 'app', $sql);
    is($refused->{sqlstate}, '55000', "$name: refused");
    is($refused->{message}, $message, "$name: with the reason");
    is($refused->{hint}, $hint, "$name: and the remedy");
    return $refused;
}

sub lines_of_leaving {
    my $log = slurp_file($node->logfile);
    return scalar(() = $log =~ /LOG:  llm_workflow worker ends: \Q$message\E/g);
}

query($generate);
isnt(worker_pid($node, 'app'), '', 'a worker runs');
is_quiet($node, 'app', $sim, 'before');

# ---- A newer library -----------------------------------------------------------------------------
# The job is due while the versions differ, and was taken by nobody yet.
my $job = query("SELECT submit_workflow('Sort it later', run_at => now() + interval '1 s')");
update_to($older);
my $remedy = 'Run ALTER EXTENSION llm_workflow UPDATE in this database.';
my $refused = is_refused($generate, $remedy, 'generation with a newer library');
like($refused->{err}, qr/is of version \Q$ours\E, the SQL objects of this database are of version \Q$older\E\./,
    'the detail has both versions');
is_refused("SELECT submit_workflow('x')", $remedy, 'a job with a newer library');
is_refused("SELECT token_cost('gpt-4o-mini', 1, 1)", $remedy, 'arithmetic with a newer library');
is_refused("UPDATE llm_models SET enabled = true", $remedy, 'the catalogue with a newer library');
is_refused("BEGIN; ALTER EXTENSION llm_workflow UPDATE TO '$ours'; SELECT count_tokens('a', 'gpt-4o'); "
        . 'ROLLBACK; SELECT 1; ' . $generate, $remedy, 'after an update that was rolled back');
is(query('SELECT count(*) FROM workflow_requests'), '1', 'the ledger can be read');
ok(poll_until(sub { worker_pid($node, 'app') eq '' }, 60), 'the worker leaves');
ok(poll_until(sub { lines_of_leaving() >= 1 }, 60), 'and the log says why');
is(query("SELECT state FROM workflow_jobs WHERE request_id = '$job'"), 'scheduled', 'the job is untouched');

update_to($ours);
ok($node->poll_query_until('app', "SELECT status = 'succeeded' FROM workflow_requests "
            . "WHERE request_id = '$job'"), 'when the objects are updated, the job runs by itself');
is(query("$generate ->> 'generator_used'"), 'gpt-4o-mini', 'and functions work again');

# ---- An older library ----------------------------------------------------------------------------
update_to($newer);
$remedy = "Install llm_workflow $newer if it is not, and restart the server to load it.";
is_refused($generate, $remedy, 'generation with an older library');
# The server starts with it: a worker looks into the database, and leaves it alone.
my $lines = lines_of_leaving();
$node->restart;
ok(poll_until(sub { lines_of_leaving() > $lines }, 60), 'the worker of a started server leaves too');
is_refused($generate, $remedy, 'generation after the restart');
cmp_ok(lines_of_leaving() - $lines, '<=', 2, 'workers are not started again and again');
update_to($older);
pass('the script of an update may call the functions of the extension');
update_to($ours);
is(query("$generate ->> 'generator_used'"), 'gpt-4o-mini', 'with its own version again it works');

# ---- A fresh database of another version ----------------------------------------------------------
$versions->add($older, $versions->script);
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', "CREATE EXTENSION llm_workflow VERSION '$older'");
is(psql_error($node, 'other', $generate)->{sqlstate}, '55000', 'one that is created so is refused as well');
is(query("$generate ->> 'generator_used'"), 'gpt-4o-mini', 'and other databases do not mind');

is_quiet($node, 'app', $sim, 'after');
stats_are_exact($node, 'app', 'the roll-ups are the sum of the ledger');
$node->stop;
done_testing();
