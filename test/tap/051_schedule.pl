# Maintenance and reports that run by themselves: by pg_cron of this database, by pg_cron of
# another, and by the crontab. Maintenance beside those who read and write what it works on.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $has_cron = 0;

# Calls of a month long ago in partitions of the three tables, and a budget whose period has ended.
my $old_facts = <<'SQL';
SELECT ensure_workflow_partitions(0);
SELECT llmw_make_partition(current_schema(), parent, (parent || '_y2025m01')::name, '2025-01-01')
FROM unnest(ARRAY['workflow_requests', 'llm_calls', 'audit_logs']) AS parent;
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format,
    format_version, prompt_sha256, status, generator_used, cost_usd)
SELECT md5('r' || i)::uuid, '2025-01-10', '2025-01-10 00:00:02', 'someone', 'pilot', 1, '',
       'succeeded', 'gpt-4o-mini', 0.0012
FROM generate_series(1, 100) i;
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model,
    server, outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, cost_usd, cost_source, latency_ms)
SELECT md5('r' || i)::uuid, md5('c' || i)::uuid, '2025-01-10', '2025-01-10 00:00:01', 1, 'primary',
       'gpt-4o-mini', 'openai', 'ok', 2000, 0, 0, 1500, 0, 0.0012, 'reported', 1000
FROM generate_series(1, 100) i;
SELECT rebuild_workflow_stats('2025-01-01', '2025-02-01');
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('all', 'database', 'day', 10);
INSERT INTO llm_budget_usage (budget, period_start, spent_usd, spent_tokens)
VALUES ('all', date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 day', 4,
        1000);
SQL

# A request of three days ago, which may be in the month before.
my $old_text = <<'SQL';
SELECT llmw_make_partition(current_schema(), parent, (parent || to_char(day, '"_y"YYYY"m"MM'))::name,
                           date_trunc('month', day))
FROM unnest(ARRAY['workflow_requests', 'llm_calls', 'audit_logs']) AS parent,
     CAST((now() AT TIME ZONE 'UTC') - interval '3 days' AS timestamp) AS day
WHERE to_regclass(parent || to_char(day, '"_y"YYYY"m"MM')) IS NULL;
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format,
    format_version, prompt, prompt_sha256, status)
VALUES (md5('old text')::uuid, now() - interval '3 days', now() - interval '3 days', 'someone',
        'pilot', 1, 'Old text', '', 'failed');
SQL

my $old_partitions =
    q(SELECT count(*) FROM pg_class WHERE relname LIKE '%\_y2025m01' AND relkind = 'r');

sub events {
    my ($node, $database, $action) = @_;
    return $node->safe_psql($database, "SELECT count(*) FROM audit_logs WHERE action = '$action'");
}

sub becomes {
    my ($node, $database, $query, $name) = @_;
    return ok($node->poll_query_until($database, $query), $name);
}

# All that the jobs do, once each.
sub has_run {
    my ($node, $database, $how) = @_;
    becomes($node, $database,
        q(SELECT count(DISTINCT action) = 3 FROM audit_logs )
            . q(WHERE action IN ('LEDGER_MAINTAINED', 'BUDGET_REPORT', 'WORKFLOW_REPORT')),
        "maintenance and reports run ($how)");
    is($node->safe_psql($database, $old_partitions), 0, "the old month is gone ($how)");
    is($node->safe_psql($database,
            q(SELECT requests, cost_usd FROM workflow_agents_daily WHERE day = '2025-01-10')),
        '100|0.12', "its roll-up is not ($how)");
    is(events($node, $database, 'BUDGET_REPORT'), 1, "the budget is reported once ($how)");
    is($node->safe_psql($database,
            q(SELECT details ->> 'day' = ((now() AT TIME ZONE 'UTC')::date - 1)::text )
                . q(FROM audit_logs WHERE action = 'WORKFLOW_REPORT')),
        't', "yesterday is reported once ($how)");
    return;
}

# ---- In use: a reader that holds a partition, and a worker that writes -------------------------

my $plain = new_node('plain');
create_extension($plain, 'postgres', 'public');
$plain->safe_psql('postgres', $old_facts);

my $reader = $plain->background_psql('postgres', on_error_stop => 1);
my $reader_pid = $reader->query_safe('BEGIN; SELECT pg_backend_pid()');
$reader->query_safe('SELECT count(*) FROM llm_calls_y2025m01');
my $kept = $plain->safe_psql('postgres',
    q(SELECT * FROM llm_workflow_maintain('1 month') WHERE action <> 'made'));
is($kept, join("\n", map { "kept|${_}_y2025m01|locked by process $reader_pid" }
            qw(audit_logs llm_calls workflow_requests)),
    'a month that somebody reads is kept, and it is said who reads it');
is($plain->safe_psql('postgres', $old_partitions), 3, 'none of its partitions is gone');
is($reader->query_safe('SELECT count(*) FROM llm_calls'), 100,
    'nobody waits for the locks of a try that failed');
$reader->query_safe('COMMIT');
$reader->quit;

my $sim = start_simulator($plain, delay_ms => 20);
create_sim_servers($plain, 'postgres', $sim);
$plain->safe_psql('postgres',
    q(SELECT submit_workflow('Job ' || i) FROM generate_series(1, 200) i));
my $jobs = q(FROM workflow_requests WHERE prompt LIKE 'Job %');
becomes($plain, 'postgres', "SELECT count(*) > 10 $jobs", 'a worker writes into the ledger');
is($plain->safe_psql('postgres',
        q(SELECT string_agg(action, ',') FROM llm_workflow_maintain('1 month') )
            . q(WHERE action IN ('kept', 'dropped'))),
    'dropped,dropped,dropped', 'beside it the month goes, now that nobody reads it');
becomes($plain, 'postgres', "SELECT count(*) = 200 $jobs AND status = 'succeeded'",
    'and nothing is lost of what the worker writes');
is_deeply(ledger_totals($plain, 'postgres'), bill_totals($sim), 'the ledger is the bill');
is($plain->safe_psql('postgres', 'SELECT * FROM verify_workflow_stats()'), '',
    'and the roll-ups of what it keeps are right');
is($plain->safe_psql('postgres',
        q(SELECT * FROM llm_workflow_maintain('1 month') WHERE action <> 'folded')),
    '', 'and then there is nothing to do');

# ---- Without pg_cron: the lines for the crontab do it -------------------------------------------

$plain->safe_psql('postgres', q(CREATE DATABASE "it's"));
create_extension($plain, "it's", 'public');
$plain->safe_psql("it's", $old_facts);
my ($status, $stdout, $stderr) =
    $plain->psql("it's", q(SELECT job, scheduled FROM schedule_llm_workflow_jobs('1 month')));
is($stdout, join("\n", map { "llm_workflow_$_|f" } qw(maintain budgets report rules)),
    'without pg_cron nothing is scheduled');
like($stderr, qr/NOTICE:  nothing was scheduled\nDETAIL:  pg_cron is not installed in this/,
    'and it is said so');
my @lines = grep { / psql / } split /\n/, $stderr;
is(scalar @lines, 4, 'with four lines for the crontab');
{
    local %ENV = $plain->_get_env();
    foreach my $line (@lines) {
        (my $command = $line) =~ s/^(\S+ ){5}//;
        $command =~ s/\\%/%/g;
        is(system_log('sh', '-c', $command), 0, "a line of the crontab runs: $command");
    }
}
has_run($plain, "it's", 'crontab');
is($plain->safe_psql("it's", 'SELECT count(*) FROM unschedule_llm_workflow_jobs()'), 0,
    'there is nothing to take back');

my ($refused, undef, $why) = $plain->psql('postgres',
    'CREATE ROLE somebody; GRANT EXECUTE ON FUNCTION schedule_llm_workflow_jobs, '
        . 'llmw_refuse_all_but_owner() TO somebody; SET ROLE somebody; '
        . 'SELECT * FROM schedule_llm_workflow_jobs()', on_error_stop => 1);
like($why, qr/must be owner of the ledger/, 'nobody schedules what could not run');
$plain->stop;

# ---- With pg_cron -------------------------------------------------------------------------------

my $node = new_node('cron', preload => 'pg_cron, llm_workflow', start => 0);
SKIP: {
    skip 'this PostgreSQL has no pg_cron (Debian: postgresql-VERSION-cron)', 1
        unless -e $node->config_data('--sharedir') . '/extension/pg_cron.control';
    $node->append_conf('postgresql.conf', <<"CONF");
cron.database_name = 'postgres'
cron.host = '${\ $node->host }'
CONF
    $node->start;
    $node->safe_psql('postgres', 'CREATE EXTENSION pg_cron');
    $node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
    create_extension($node, 'postgres', 'public');
    create_extension($node, 'elsewhere', 'public');
    $node->safe_psql($_, $old_facts) foreach qw(postgres elsewhere);

    is($node->safe_psql('postgres', 'SELECT bool_and(scheduled) FROM schedule_llm_workflow_jobs()'),
        't', 'pg_cron takes the jobs');
    $node->safe_psql('postgres', q(SELECT schedule_llm_workflow_jobs('1 month 10 days')));
    is($node->safe_psql('postgres',
            'SELECT count(*), count(*) FILTER (WHERE command LIKE '
                . q('%llm_workflow_maintain(''1 mon 10 days''::interval)') . ') FROM cron.job'),
        '4|1', 'scheduled again they are changed, not doubled');
    my $erasing = q(SELECT count(*) FROM cron.job WHERE command LIKE '%erase_requests_before%');
    $node->safe_psql('postgres', q(SELECT schedule_llm_workflow_jobs('1 month', '2 days')));
    is($node->safe_psql('postgres', $erasing), 1, 'texts are erased by age when that is asked for');
    $node->safe_psql('postgres', q(SELECT schedule_llm_workflow_jobs('1 month')));
    is($node->safe_psql('postgres', $erasing), 0, 'and no more when it is not');
    $node->safe_psql('postgres', q(SELECT schedule_llm_workflow_jobs('1 month', '2 days')));
    $node->safe_psql('postgres', $old_text);

    # pg_cron cannot be called from here: what is printed does it there.
    (undef, undef, $stderr) =
        $node->psql('elsewhere', q(SELECT * FROM schedule_llm_workflow_jobs('1 month')));
    like($stderr, qr/pg_cron of this server is at home in database "postgres"/,
        'a database without pg_cron says where it is');
    $node->safe_psql('postgres', $_) foreach grep { /^SELECT cron\./ } split /\n/, $stderr;
    is($node->safe_psql('postgres',
            q(SELECT count(*) FROM cron.job WHERE database = 'elsewhere')),
        4, 'and what to run there');

    # Nobody waits for the night: at the start of the server they run at once.
    $node->safe_psql('postgres', q(UPDATE cron.job SET schedule = '@reboot'));
    $node->restart;
    has_run($node, 'postgres', 'pg_cron');
    has_run($node, 'elsewhere', 'pg_cron of another database');
    becomes($node, 'postgres',
        q(SELECT prompt IS NULL FROM workflow_requests WHERE request_id = md5('old text')::uuid),
        'a text is erased when it is old enough');
    becomes($node, 'postgres',
        q(SELECT count(*) = 9 AND bool_and(status = 'succeeded') FROM cron.job_run_details),
        'pg_cron has nothing against any job');

    is($node->safe_psql('postgres', 'SELECT count(*) FROM unschedule_llm_workflow_jobs()'), 5,
        'the jobs are taken back');
    is($node->safe_psql('postgres', 'SELECT DISTINCT database FROM cron.job'), 'elsewhere',
        'and those of other databases stay');
    $node->stop;
}
done_testing();
