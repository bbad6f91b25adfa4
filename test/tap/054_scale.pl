# What docs/scale.md says of read replicas: a streaming standby serves every view, with what the primary
# says, folded or not; it refuses to generate, and says where to; promoted, it settles what was on the wire
# and generates.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use Monitoring;
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = new_node('primary', allows_streaming => 1);
my $sim = start_simulator($node);
create_extension($node, 'postgres');
make_monitoring_role($node, 'postgres');
make_traffic($node, 'postgres', $sim);
# Part of the roll-ups is folded, part is not.
$node->safe_psql('postgres', <<'SQL');
SELECT llmw_fold_stats();
SELECT generate_workflow('Sort the mail once more', agent => 'mail');
SQL

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->safe_psql('postgres', "SELECT generate_workflow('Sort the mail after the backup')");
$node->wait_for_catchup($standby);

# ---- Every view ----------------------------------------------------------------------------------
# Of the server that is asked, or of the moment.
my %is_of_the_server = map { $_ => 1 } qw(llm_workflow_status llm_endpoint_status workflow_progress);
my @views = split /\n/, $node->safe_psql('postgres', <<'SQL');
SELECT c.relname
FROM pg_depend d
JOIN pg_class c ON c.oid = d.objid
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'llm_workflow')
  AND d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND c.relkind = 'v'
ORDER BY c.relname COLLATE "C"
SQL
my $daily = grep { /_daily$/ } @views;
cmp_ok($daily, '>=', 8, 'there are views by day');
foreach my $view (@views) {
    my $sql = "SELECT count(*), md5(string_agg(v::text, ',' ORDER BY v::text)) FROM $view AS v";
    my ($status, $here) = $standby->psql('postgres', $sql);
    is($status, 0, "the standby serves $view");
    next if $is_of_the_server{$view};
    is($here, $node->safe_psql('postgres', $sql), "and $view says what the primary says");
}
is($standby->safe_psql('postgres', 'SELECT requests > 0 FROM workflow_summary_daily'), 't',
    'which is something');
is($standby->safe_psql('postgres', 'SELECT state FROM llm_workflow_status'), 'stopped',
    'a standby has no workers');
is($standby->safe_psql('postgres', 'SELECT requests > 0 FROM workflow_summary_daily',
        extra_params => [ '-U', monitoring_role() ]), 't', 'the monitoring role reads it there');

# ---- What a standby refuses ----------------------------------------------------------------------
my $refused = psql_error($standby, 'postgres', "SELECT generate_workflow('Sort the mail')");
is($refused->{sqlstate}, '25006', 'a standby does not generate');
is($refused->{message}, 'cannot generate workflows on a standby', 'for a reason');
is($refused->{hint}, 'Run generate_workflow on the primary server.', 'and says where to');
is(psql_error($standby, 'postgres', 'SELECT llmw_fold_stats()')->{sqlstate}, '25006',
    'nor are roll-ups folded there');

# ---- Folding, and promotion ----------------------------------------------------------------------
my $summary = "SELECT md5(string_agg(v::text, ',' ORDER BY v::text)) FROM workflow_stats_daily AS v";
my ($unfolded, $folded_rows) = (split /\n/, $node->safe_psql('postgres', <<"SQL"))[-2, -1];
SELECT generate_workflow('Sort the mail, and fold');
$summary;
SELECT llmw_fold_stats();
SQL
cmp_ok($folded_rows, '>', 0, 'the primary folds');
$node->wait_for_catchup($standby);
is($standby->safe_psql('postgres', $summary), $unfolded, 'which changes nothing on the standby');

# A call that is on the wire when the primary server goes is known to the standby that takes over.
my $hung = start_client($node, 'postgres', "SELECT generate_workflow('[[sim:hang_headers]] Hang on')");
wait_for_in_flight($sim, 1) or BAIL_OUT('the call does not hang');
$node->wait_for_catchup($standby);
$node->stop('immediate');
$hung->end(10);
$standby->promote;
ok($standby->poll_query_until('postgres', <<'SQL'), 'promoted, it settles what was on the wire as lost');
SELECT count(*) = 1 FROM workflow_requests r JOIN llm_calls c USING (request_id)
WHERE r.error_code = 'LW011' AND c.outcome = 'lost' AND c.cost_source = 'estimated' AND c.cost_usd > 0
SQL
is($standby->safe_psql('postgres', "SELECT generate_workflow('Sort the mail') ->> 'generator_used'"),
    'gpt-4o-mini', 'and generates');
$standby->stop;
done_testing();
