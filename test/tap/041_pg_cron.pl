# Jobs that pg_cron submits run: by its connections and by its background workers, which have no
# client, and whose transactions nobody waits for.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = new_node('cron', preload => 'pg_cron, llm_workflow', start => 0);
plan skip_all => 'this PostgreSQL has no pg_cron (Debian: postgresql-VERSION-cron)'
    unless -e $node->config_data('--sharedir') . '/extension/pg_cron.control';
$node->append_conf('postgresql.conf', <<"CONF");
cron.database_name = 'postgres'
cron.host = '${\ $node->host }'
llm_workflow.enable_fallback = off
CONF
$node->start;
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_cron');

sub schedule {
    my ($name, $when, $sql) = @_;
    $node->safe_psql('postgres', "SELECT cron.schedule('$name', '$when', \$cron\$$sql\$cron\$)");
    return;
}

sub runs {
    my ($name) = @_;
    return $node->safe_psql('postgres',
        'SELECT string_agg(DISTINCT d.status, \',\'), count(*) > 0 FROM cron.job_run_details d '
            . "JOIN cron.job j USING (jobid) WHERE j.jobname = '$name'");
}

sub succeeds {
    my ($prompt, $name) = @_;
    return ok($node->poll_query_until('postgres',
            "SELECT count(*) >= 1 FROM workflow_requests WHERE prompt = '$prompt' "
                . "AND status = 'succeeded'"), $name);
}

# Each minute: it is due at some time during this test, and looked at when the rest is done.
schedule('each minute', '* * * * *', "SELECT submit_workflow('Each minute')");

# As soon as the server has started.
schedule('at start', '@reboot',
    "SELECT submit_workflow('At start, ' || i) FROM generate_series(1, 3) i");
schedule('failing', '@reboot', "SELECT submit_workflow('It fails'), 1 / 0");
schedule('waiting', '@reboot', "SELECT generate_workflow('Waited for')");

foreach my $how ('connections', 'background workers') {
    my $on = $how eq 'background workers' ? 'on' : 'off';
    $node->safe_psql('postgres', 'DELETE FROM cron.job_run_details');
    $node->append_conf('postgresql.conf', "cron.use_background_workers = $on");
    $node->restart;
    ok($node->poll_query_until('postgres',
            'SELECT count(*) = 3 FROM workflow_requests '
                . "WHERE prompt LIKE 'At start, %' AND status = 'succeeded' "
                . 'AND submitted_at > pg_postmaster_start_time()'),
        "each job that a cron job submits runs ($how)");
    ok($node->poll_query_until('postgres',
            "SELECT count(*) = 1 FROM workflow_requests WHERE prompt = 'Waited for' "
                . "AND status = 'succeeded' AND submitted_at > pg_postmaster_start_time()"),
        "generate_workflow works in a cron job ($how)");
    ok($node->poll_query_until('postgres',
            'SELECT count(*) = 3 FROM cron.job_run_details d JOIN cron.job j USING (jobid) '
                . "WHERE j.jobname <> 'each minute' AND d.status IN ('succeeded', 'failed')"),
        "the cron jobs end ($how)");
    is(runs('at start'), 'succeeded|t', "pg_cron has nothing against it ($how)");
    is(runs('failing'), 'failed|t', "the cron job that fails does fail ($how)");
    is($node->safe_psql('postgres',
            "SELECT (SELECT count(*) FROM workflow_requests WHERE prompt = 'It fails'), "
                . "(SELECT count(*) FROM workflow_jobs WHERE request ->> 'prompt' = 'It fails')"),
        '0|0', "a cron job that fails leaves no job ($how)");
}

succeeds('Each minute', 'a job of a schedule runs');
$node->safe_psql('postgres', "SELECT cron.unschedule('each minute')");
ok($node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM workflow_jobs)'),
    'no job is left');
is_quiet($node, 'postgres', $sim, 'nothing is left running');
is_accounted($node, 'postgres', $sim, 'each call is on the bill and in the ledger');
$node->stop;
done_testing();
