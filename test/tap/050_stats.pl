# Roll-ups while all happens at once: several workers and their jobs, folds, rebuilds, old snapshots,
# and kill -9 in between. What they show is the sum of the ledger at any moment, and nobody waits for
# them. And the times and counts of a request that they are made of.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Chaos;
use LlmWorkflow;
use Stats;
use Test::More;

my $node = new_node('stats', restart_after_crash => 1, conf => <<'CONF');
llm_workflow.workers_per_database = 2
llm_workflow.idle_timeout = 1h
llm_workflow.retry_base_delay = 20
llm_workflow.request_timeout = 3s
llm_workflow.job_retry_delay = 20
CONF
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

sub query { return $node->safe_psql('postgres', @_) }

sub count_calls { return query('SELECT count(*) FROM llm_calls') }

sub worker_pids { return split /\n/, worker_pid($node, 'postgres') }

sub set_config {
    my ($name, $value) = @_;
    query("ALTER SYSTEM SET $name = $value");
    return query('SELECT pg_reload_conf()');
}

# ---- All at once ---------------------------------------------------------------------------------
my @faults = (
    '', '[[sim:delay:0-40]]', '[[sim-openai:s503:none@3]]', '[[sim-openai:bad_steps]]',
    '[[sim-openai:truncated@3]]', '[[sim-openai:refusal]]', '[[sim:reset_body@2]]',
    '[[sim-openai:bad_type@unless=repair]]', '[[sim:delay:900-1500]]',
    '[[sim:items:24+delay:0-90]] In 24 steps:',
);

# SQL that asks again and again, in many ways; a part of it is given up, rolled back or cached.
sub questions {
    my ($name) = @_;
    my @statements;
    foreach my $n (1 .. 60) {
        my $prompt = "$faults[$n % @faults] Sort the mail, $name $n";
        my $agent = "'agent-" . $n % 3 . "'";
        my @kinds = (
            "SELECT 1 FROM generate_workflow('$prompt', agent => $agent)",
            "SELECT submit_workflow('$prompt', agent => $agent)",
            "SELECT 1 FROM generate_workflow('$prompt', format => 'stages')",
            "SELECT 1 FROM generate_workflow('Of all', cache_for => '1 hour')",
            "SET statement_timeout = 200; SELECT generate_workflow('$prompt'); RESET statement_timeout",
            "BEGIN; SELECT generate_workflow('$prompt'); ROLLBACK",
        );
        push @statements, $kinds[ ($n * 7) % @kinds ];
    }
    return join(";\n", @statements);
}

sub start_all {
    my ($round) = @_;
    my @clients = map { start_client($node, 'postgres', questions("$round$_")) } qw(a b c d);
    my @others = (
        start_client($node, 'postgres',
            join(';', ('SELECT llmw_fold_stats(), pg_sleep(0.01)') x 4000)),
        start_client($node, 'postgres',
            join(';', ('SELECT rebuild_workflow_stats(NULL, NULL), pg_sleep(0.05)') x 800)),
        start_client($node, 'postgres', 'BEGIN ISOLATION LEVEL REPEATABLE READ; '
                . 'SELECT count(*) FROM llm_calls; SELECT pg_sleep(300)'),
    );
    return (\@clients, \@others);
}

my $folds = 0;
foreach my $round (1 .. 4) {
    my ($clients, $others) = start_all($round);
    my @wrong;
    foreach my $look (1 .. 6) {
        my $target = count_calls() + 4;
        poll_until(sub { count_calls() >= $target || !grep { $_->is_running } @$clients }, 60)
            or BAIL_OUT('no calls are made');
        push @wrong, stats_problems($node, 'postgres');
    }
    is(join('', @wrong), '', "round $round: the roll-ups are exact while all is written");
    if ($round < 4) {
        my @workers = worker_pids();
        kill 'KILL', $workers[ $round % @workers ];
        poll_until(sub { !grep { $_->is_running } @$clients, @$others }, 60)
            or BAIL_OUT('the clients do not end');
        $node->poll_query_until('postgres', 'SELECT true') or BAIL_OUT('the server does not come back');
        is(stats_problems($node, 'postgres'), '', "round $round: and after kill -9");
    } else {
        $_->end foreach @$clients;
        $folds = query('SELECT count(*) FROM workflow_stats_hours');
        $_->vanish foreach @$others;
    }
}
ok($node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM workflow_jobs)'),
    'all jobs end');
is_quiet($node, 'postgres', $sim, 'nothing is left');
is_accounted($node, 'postgres', $sim, 'the ledger is the bill');
cmp_ok($folds, '>', 0, 'folds had something to fold');
stats_are_exact($node, 'postgres', 'and the roll-ups are the sum of the ledger');
is(query(<<'SQL'), 't|t|t|t|t|t|t', 'with something of each kind in it');
SELECT sum(lost_calls) > 0, sum(cancelled_calls) > 0, sum(validation_failed_calls) > 0,
       sum(cached_requests) > 0, sum(fallback_requests) > 0, sum(zones) > 0,
       sum(accepted_calls) > sum(succeeded_requests - cached_requests)
FROM workflow_stats_days WHERE facet = 'model'
SQL

# ---- What a delta that is missing would look like --------------------------------------------------
query('INSERT INTO workflow_stats_deltas (hour, model, calls) '
        . "SELECT max(hour), 'gpt-4o-mini', -1 FROM workflow_stats_hours");
like(stats_problems($node, 'postgres'), qr/\|calls\|/, 'a call that was forgotten would be found');
query('SELECT rebuild_workflow_stats(NULL, NULL)');
is(stats_problems($node, 'postgres'), '', 'and a rebuild corrects it');

# ---- The worker folds ----------------------------------------------------------------------------
sub count_deltas { return query('SELECT count(*) FROM workflow_stats_deltas') }

my $locker = start_client($node, 'postgres',
    'BEGIN; LOCK TABLE workflow_stats_hours IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(300)');
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks "
        . "WHERE relation = 'workflow_stats_hours'::regclass AND mode = 'AccessExclusiveLock' AND granted")
    or BAIL_OUT('no lock');
is(query("SELECT generate_workflow('While it is locked') ->> 'generator_used'"), 'gpt-4o-mini',
    'a lock on the roll-ups holds up no request');
set_config('llm_workflow.idle_timeout', "'100ms'");
ok(poll_until(sub { !worker_pids() }, 30), 'nor a worker that leaves');
cmp_ok(count_deltas(), '>', 0, 'which leaves what it could not fold');
like(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/could not fold the statistics/,
    'and says so in the log');
$locker->terminate;
$locker->end;
is(query("SELECT generate_workflow('While it is not') ->> 'generator_used'"), 'gpt-4o-mini',
    'the next worker serves');
ok(poll_until(sub { count_deltas() == 0 }, 30), 'and folds all when it leaves');
stats_are_exact($node, 'postgres', 'so the roll-ups are exact');

# ---- Times and counts of a request ---------------------------------------------------------------
my $columns = 'queue_time_ms, generation_time_ms, total_time_ms, items_generated, zones_generated';
my $later = query("SELECT submit_workflow('[[sim:delay:300]] Later', run_at => now() + interval '3 s')");
ok($node->poll_query_until('postgres',
        "SELECT status = 'succeeded' FROM workflow_requests WHERE request_id = '$later'"),
    'a job for later is done');
my ($queue, $generation, $total, $items, $zones) = split /\|/,
    query("SELECT $columns FROM workflow_requests WHERE request_id = '$later'"), -1;
cmp_ok($queue, '<', 2900, 'the time before it is due is no time in the queue');
cmp_ok($generation, '>=', 300, 'its call took time');
cmp_ok(abs($total - $queue - $generation), '<=', 1, 'in all it took the wait and the generation');
cmp_ok($items, '>', 0, 'its steps are counted');
is($zones, '', 'steps have no zones');
is(query(<<'SQL'), "t\n8|t", 'stages are items, and have zones');
SELECT generate_workflow('We run a denim factory', format => 'stages') IS NOT NULL;
SELECT items_generated, zones_generated > 0 FROM workflow_requests
WHERE prompt = 'We run a denim factory'
SQL
query("SELECT create_workflow_format('free', 'Answer.', '{\"type\": \"object\"}')");
is(query(<<'SQL'), "t\nsucceeded|t|t", 'what has no rules has no items');
SELECT generate_workflow('Be free', format => 'free') IS NOT NULL;
SELECT status, items_generated IS NULL, zones_generated IS NULL FROM workflow_requests
WHERE prompt = 'Be free'
SQL
stats_are_exact($node, 'postgres', 'all of this is in the roll-ups');

unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/PANIC|signal (?!9: Killed)(\d+)|deadlock/,
    'no process crashed by itself, and nobody was in a deadlock');
$node->stop;
done_testing();
