# What docs/replication.md and docs/scale.md say of other servers: the ledger by logical replication on
# a server that makes no calls, and a server that is set back to a point in time.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos;
use LlmWorkflow;
use Monitoring;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Stats;
use Test::More;

my $node = new_node('publisher', allows_streaming => 'logical', has_archiving => 1);
my $sim = start_simulator($node);
create_extension($node, 'postgres');
$node->backup('base');
make_traffic($node, 'postgres', $sim);

my @ledger = qw(workflow_requests llm_calls audit_logs);

sub rows_of {
    my ($server, $table) = @_;
    return $server->safe_psql('postgres', qq{SELECT t::text FROM $table AS t ORDER BY t::text COLLATE "C"});
}

# ---- Logical replication: the SQL of the page, on both sides ---------------------------------------
my %sql = map { /(CREATE PUBLICATION|llmw_make_partition|CREATE SUBSCRIPTION|rebuild)/ ? ($1 => $_) : () }
    docs_sql('replication.md');
is(join(', ', sort keys %sql), 'CREATE PUBLICATION, CREATE SUBSCRIPTION, llmw_make_partition, rebuild',
    'the page has the statements');

my $copy = new_node('subscriber', preload => '');
(my $publisher = $node->connstr('postgres')) =~ s/'/''/g;
(my $subscription = $sql{'CREATE SUBSCRIPTION'}) =~ s/CONNECTION '[^']*'/CONNECTION '$publisher'/;
$node->safe_psql('postgres', $sql{'CREATE PUBLICATION'});
$copy->safe_psql('postgres', $sql{'llmw_make_partition'});
$copy->safe_psql('postgres', $subscription);
$copy->wait_for_subscription_sync($node, 'llm_ledger');
is(rows_of($copy, $_), rows_of($node, $_), "what was there is copied: $_") foreach @ledger;

# A request is inserted when it begins and updated when it ends; of two, one fails.
$node->safe_psql('postgres', <<'SQL');
SELECT generate_workflow('Sort the mail ' || n, agent => 'mail') FROM generate_series(1, 5) AS n;
SELECT generate_workflow('[[sim:s503:none]] Never', throw_on_error => false);
SELECT submit_workflow('Count the bills') AS job \gset
SELECT workflow_result(:'job', '1 min');
SELECT record_workflow_outcome(:'job', false);
SQL
$node->wait_for_catchup('llm_ledger');
is(rows_of($copy, $_), rows_of($node, $_), "what comes is replicated: $_") foreach @ledger;
cmp_ok($copy->safe_psql('postgres', "SELECT count(*) FROM workflow_requests WHERE status <> 'running'"),
    '>', 10, 'with the ends of requests');

$copy->safe_psql('postgres', $sql{'rebuild'});
my $figures = q{SELECT * FROM workflow_summary_daily};
is($copy->safe_psql('postgres', $figures), $node->safe_psql('postgres', $figures),
    'with its own roll-ups the copy shows the same days');
is(psql_error($copy, 'postgres', "SELECT generate_workflow('x')")->{sqlstate}, '55000',
    'the copy makes no calls');
is(psql_error($copy, 'postgres', 'DELETE FROM llm_calls')->{sqlstate}, '42501',
    'and its ledger is append-only, too');
$copy->safe_psql('postgres', 'DROP SUBSCRIPTION llm_ledger');
$copy->stop;

# ---- Back to a point in time ---------------------------------------------------------------------
# At that point a call is on the wire; later everything goes on.
my $hung = start_client($node, 'postgres', "SELECT generate_workflow('[[sim:delay:3000]] Slowly')");
wait_for_in_flight($sim, 1);
my %then = map { $_ => rows_of($node, $_) } @ledger, 'llm_call_intents', 'llm_budget_usage';
isnt($then{llm_call_intents}, '', 'a call is on the wire');
$node->safe_psql('postgres', "SELECT pg_create_restore_point('before_the_mistake')");
$hung->end(60);
$node->safe_psql('postgres', "SELECT generate_workflow('A mistake')");
my $segment = $node->safe_psql('postgres', 'SELECT pg_walfile_name(pg_current_wal_lsn())');
$node->safe_psql('postgres', 'SELECT pg_switch_wal()');
$node->poll_query_until('postgres', "SELECT last_archived_wal >= '$segment' FROM pg_stat_archiver")
    or BAIL_OUT('no log was archived');

# It is started without the library first, to look at it before anything happens.
my $past = PostgreSQL::Test::Cluster->new('past');
$past->init_from_backup($node, 'base', has_restoring => 1, standby => 0);
$past->append_conf('postgresql.conf', <<'CONF');
recovery_target_name = 'before_the_mistake'
recovery_target_action = 'promote'
shared_preload_libraries = ''
archive_mode = off
CONF
$past->start;
$past->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
is(rows_of($past, $_), $then{$_}, "as it was then: $_") foreach sort keys %then;

$past->append_conf('postgresql.conf', "shared_preload_libraries = 'llm_workflow'");
$past->restart;
ok($past->poll_query_until('postgres',
        "SELECT outcome = 'lost' FROM llm_calls ORDER BY started_at DESC LIMIT 1"),
    'the call that was on the wire then is settled as lost');
is($past->safe_psql('postgres', "SELECT generate_workflow('Go on') ->> 'generator_used'"), 'gpt-4o-mini',
    'and it goes on from there');
stats_are_exact($past, 'postgres', 'the roll-ups are the sum of the ledger');

$_->stop foreach $past, $node;
done_testing();
