# pg_upgrade from an older major version, with the extension preloaded in both: every row and every object
# is there, and when it is allowed to, the new server goes on.
#
# LLMW_OLD_INSTALL names the folder of the older version, the one that has bin/; the extension is
# installed there. Not run without it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Catalogue;
use Chaos;
use LlmWorkflow;
use Monitoring;
use PostgreSQL::Test::Utils;
use Stats;
use Test::More;

my $install = $ENV{LLMW_OLD_INSTALL}
    or plan skip_all => 'LLMW_OLD_INSTALL names no older PostgreSQL with the extension';

# What each view says that is not of the moment.
sub views {
    my ($node) = @_;
    my %said;
    foreach my $view (split /\n/, $node->safe_psql('app', <<'SQL')) {
SELECT c.oid::regclass FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'llm_workflow')
  AND d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND c.relkind = 'v'
  AND c.relname NOT IN ('llm_workflow_status', 'llm_endpoint_status', 'workflow_progress')
SQL
        $said{$view} = $node->safe_psql('app', qq{SELECT v::text FROM $view AS v ORDER BY v::text COLLATE "C"});
    }
    return \%said;
}

# All objects as they are, but for the texts of views, which are written anew from what was parsed; the names
# of NOT NULL constraints, which there are from PostgreSQL 18 on; and what a binary upgrade keeps otherwise: the
# time of shipped rows, and privileges that a fresh install grants.
sub objects {
    my ($node, $database) = @_;
    return [ map { s/"query": "(?:[^"\\]|\\.)*"/"query"/r }
            map { s/^table constraint \K\S+(?= on \S+ is: .*"constraint": "NOT NULL )/unnamed/r }
            grep { !/^(?:row of|rule "_RETURN"|.* granted when made)/ }
            extension_catalogue($node, $database) ];
}

my $old = new_node('old', install_path => $install);
my $sim = start_simulator($old);
$old->safe_psql('postgres', 'CREATE DATABASE app');
create_extension($old, 'app');
make_traffic($old, 'app', $sim);
$old->safe_psql('app', <<'SQL');
INSERT INTO llm_models (name, server) VALUES ('zz mine', 'sim_openai');
INSERT INTO llm_agents (agent, model) VALUES ('zz agent', 'zz mine');
SELECT create_workflow_format('zz_format', 'Answer.', '{"type": "object"}');
SELECT submit_workflow('Sort it next year', run_at => now() + interval '1 year');
SQL
$old->stop;
$old->start;    # the worker that looks around has nothing to do
my $before = stored_rows($old, 'app');
my $views = views($old);
$old->stop;

my $new = new_node('new', start => 0);
my $major = $new->config_data('--version') =~ /(\d+)/ ? $1 : 0;
if ($major >= 18) {    # as the old one was made
    PostgreSQL::Test::Utils::system_or_bail('pg_checksums', '--disable', '-D', $new->data_dir);
}
chdir $new->basedir or die "cannot change to the folder of the test: $!";
command_ok([ 'pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir,
        '-b', "$install/bin", '-B', $new->config_data('--bindir'),
        '-s', $new->host, '-p', $old->port, '-P', $new->port ], 'pg_upgrade works');
$new->start;

my $after = stored_rows($new, 'app');
is($after->{$_}, $before->{$_}, "every row of $_") foreach sort keys %$before;
$new->safe_psql('postgres', 'CREATE DATABASE fresh');
create_extension($new, 'fresh');
is_deeply([ catalogue_diff($new, objects($new, 'fresh'), objects($new, 'app')) ], [],
    'every object, as a fresh install has it');
is_deeply(views($new), $views, 'every view says the same');

my $generate = "SELECT generate_workflow('Sort the mail') ->> 'generator_used'";
is(psql_error($new, 'app', $generate)->{message}, 'this database is a copy, and may not make calls',
    'it does not spend by itself');
$new->safe_psql('app', 'SELECT llm_workflow_allow_here()');
is($new->safe_psql('app', $generate), 'gpt-4o-mini', 'allowed to, it generates');
my $job = $new->safe_psql('app', 'UPDATE workflow_jobs SET run_at = now() RETURNING request_id');
$new->safe_psql('app', 'SELECT llmw_wake_workers()');
ok($new->poll_query_until('app',
        "SELECT status = 'succeeded' FROM workflow_requests WHERE request_id = '$job'"), 'its job runs');
stats_are_exact($new, 'app', 'the roll-ups are the sum of the ledger');

$new->stop;
done_testing();
