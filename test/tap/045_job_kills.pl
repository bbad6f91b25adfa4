# kill -9 at every numbered crash point, and at random moments, while jobs and waiting sessions run:
# what was committed is executed, what was rolled back is not, nothing is paid that the ledger does
# not know, and nothing is left reserved, leased or running. One pass over all points by default;
# LLMW_KILLS says how many kills, LLMW_SEED repeats a run's choices.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use CrashPoints;
use PostgreSQL::Test::Utils;
use Stats;
use SteadyClients;
use Test::More;
use Time::HiRes qw(time usleep);

# `random` is a kill of a worker at any moment, which hits whatever it does then.
my @kinds = qw(claimed reserve intent sent random answered settled notified advance lease_taken
    lease_renewed random recovered lease_released);
# These come seldom; of the others any of the next ones is taken.
my %seldom = map { $_ => 1 } qw(lease_renewed lease_released recovered);

my $kills = $ENV{LLMW_KILLS} || scalar @kinds;
my $seed = $ENV{LLMW_SEED} || time() ^ $$;
diag("$kills kills, LLMW_SEED=$seed");
srand($seed);

my $node = new_node('job_kills', start => 0, restart_after_crash => 1, conf => <<'CONF');
llm_workflow.workers_per_database = 2
llm_workflow.retry_base_delay = 20
llm_workflow.request_timeout = 2s
llm_workflow.job_attempts = 100
llm_workflow.job_retry_delay = 20
CONF
prepare_crash_points($node);
$node->start;
my $sim = start_simulator($node, seed => $seed % 1_000_000 + 1);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);
# Rolled back jobs are for a model that nobody else asks: the bill would show it.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE submitted (request_id uuid PRIMARY KEY);
INSERT INTO llm_models (name, server, remote_name, context_window, max_output_tokens)
    SELECT 'rolled-back', server, 'rolled-back', context_window, max_output_tokens
    FROM llm_models WHERE name = 'gpt-4o-mini';
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('all', 'database', 'total', 100000);
SQL

# ---- Clients -------------------------------------------------------------------------------------
my @markers = (
    '', '', '', '[[sim:delay:0-30]]', '[[sim:delay:100-400]]', '[[sim:delay:500-900]]',
    '', '', '[[sim-openai:s503:none@4]]', '[[sim-openai:bad_steps]]', '[[sim-openai:reset_body@4]]',
    '[[sim-openai:truncated@4]]', '[[sim-openai:bad_type@unless=repair]]',
    '[[sim:items:24+delay:0-200]] In 24 steps:',
);

sub prompt {
    my ($n) = @_;
    return $markers[ int(rand(@markers)) ] . " Handle orders, part $n";
}

# Submits jobs by threes, of which a part is rolled back, and waits for the last of them.
sub submitter_script {
    my @lines;
    foreach my $n (1 .. 200) {
        push @lines, 'BEGIN;',
            (map { sprintf("INSERT INTO submitted SELECT submit_workflow('%s');", prompt("$n.$_")) } 1 .. 2),
            sprintf("INSERT INTO submitted SELECT submit_workflow('%s') RETURNING request_id AS id \\gset",
                prompt("$n.3")),
            'COMMIT;',
            'BEGIN;', "SET LOCAL llm_workflow.primary_model = 'rolled-back';",
            "SELECT submit_workflow('never, part $n');", 'ROLLBACK;',
            "SELECT workflow_result(:'id', '5s') ->> 'request_id';";
    }
    return @lines;
}

sub waiter_script {
    return map { sprintf("SELECT generate_workflow('%s') ->> 'request_id';", prompt("w$_")) } 1 .. 400;
}

start_steady_clients($node, (map { $_ => [submitter_script()] } 's1', 's2'),
    (map { $_ => [waiter_script()] } 'w1', 'w2'));

# ---- Kills ---------------------------------------------------------------------------------------
sub count_bill { return scalar @{ read_bill($sim) } }

sub is_served {
    my $before = count_bill();
    return poll_until(sub { count_bill() >= $before + 6 }, 60);
}

# The pid of a worker, '' while there is none or no server.
sub a_worker {
    my ($status, $out) = $node->psql('postgres',
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'llm_workflow worker' "
            . "AND datname = 'postgres' ORDER BY random() LIMIT 1");
    return defined $status && $status == 0 ? $out : '';
}

# What makes a process come to a point that it passes seldom: a worker that starts recovers, and the
# attempt of a job that fails gives its lease back.
my $failing = 0;
my %provoke = (
    recovered => sub { my $worker = a_worker(); kill 'TERM', $worker if $worker },
    lease_released => sub {
        $failing++;
        $node->psql('postgres', "SET llm_workflow.max_retries = 0; INSERT INTO submitted "
                . "SELECT submit_workflow('[[sim:s503:none\@first=2#$failing]] Fail at first')");
    },
);

# A function that calls this one every two seconds.
sub now_and_then {
    my ($code) = @_;
    my $next = 0;
    return sub {
        return if time() < $next;
        $code->();
        $next = time() + 2;
    };
}

sub kill_one {
    my ($kind) = @_;
    is_served() or return fail('the clients are served');
    if ($kind eq 'random') {
        usleep(int(rand(300_000)));
        arm($node, '');
        my $worker = a_worker();
        kill 'KILL', $worker if $worker;
        return wait_for_crash($node, 30) || fail('a worker was killed');
    }
    my $count = $seldom{$kind} ? 1 : 1 + int(rand(8));
    arm($node, "$kind:$count");
    my $crashed = wait_for_crash($node, 60, $provoke{$kind} && now_and_then($provoke{$kind}));
    return $crashed || fail("the point $kind:$count is passed");
}

my %made;
my $begin = time();
foreach my $n (1 .. $kills) {
    my $kind = $kinds[ ($n - 1) % @kinds ];
    kill_one($kind) or last;
    $made{$kind}++;
}
is(eval { my $sum = 0; $sum += $_ foreach values %made; $sum }, $kills, 'every kill was made');
is_served() or fail('the clients are served after the last kill');
diag(sprintf('%d kills in %.0f s', $kills, time() - $begin));

end_steady_clients($node);

# ---- What is left --------------------------------------------------------------------------------
sub count_of { my ($sql) = @_; return $node->safe_psql('postgres', "SELECT count(*) FROM $sql") }

ok($node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM workflow_jobs)'),
    'every job ends') || diag($node->safe_psql('postgres', 'TABLE workflow_jobs'));
is_quiet($node, 'postgres', $sim, 'no intent and no running request is left');
is_accounted($node, 'postgres', $sim,
    'every call on the bill is in the ledger, once, and with what it cost at least');

my $jobs = count_of('submitted');
cmp_ok($jobs, '>', $kills, "$jobs jobs were committed");
is(count_of("submitted LEFT JOIN workflow_requests r USING (request_id) "
            . "WHERE r.status IS DISTINCT FROM 'succeeded'"),
    0, 'every committed job succeeded')
    || diag($node->safe_psql('postgres', 'SELECT r.status, r.error_code, r.error_message, count(*) '
            . 'FROM submitted LEFT JOIN workflow_requests r USING (request_id) '
            . "WHERE r.status IS DISTINCT FROM 'succeeded' GROUP BY 1, 2, 3"));
is(count_of("submitted WHERE workflow_result(request_id) ->> 'request_id' IS DISTINCT FROM "
            . 'request_id::text'),
    0, 'and has its result');
is(scalar(grep { $_->{model} eq 'rolled-back' } @{ read_bill($sim) }), 0,
    'no job that was rolled back was executed');
is(count_of("workflow_requests WHERE prompt LIKE 'never%'"), 0, 'nor is it on record');
is(count_of('workflow_requests r WHERE (SELECT count(*) FROM audit_logs a '
            . 'WHERE a.request_id = r.request_id '
            . "AND a.action IN ('WORKFLOW_GENERATED', 'WORKFLOW_GENERATION_FAILED')) <> 1"),
    0, 'each request ended once');
is(count_of('llm_calls c JOIN workflow_requests r USING (request_id) '
            . 'WHERE c.started_at > r.finished_at'),
    0, 'no request is paid for after its result was stored');
is($node->safe_psql('postgres', <<'SQL'), '0', 'each request costs what its calls cost');
SELECT count(*) FROM workflow_requests r
WHERE r.cost_usd IS DISTINCT FROM
    (SELECT coalesce(sum(c.cost_usd), 0) FROM llm_calls c WHERE c.request_id = r.request_id)
SQL

# ---- Recovery ------------------------------------------------------------------------------------
my $lost = count_of("llm_calls WHERE outcome = 'lost'");
cmp_ok($lost, '>', 0, "$lost calls were on the wire when the kill came");
is($node->safe_psql('postgres',
        "SELECT coalesce(sum((details ->> 'lost_calls')::int), 0) FROM audit_logs "
            . "WHERE action = 'WORKER_RECOVERED'"),
    $lost, 'events say how many calls were lost');
is(count_of("llm_calls WHERE outcome = 'lost' AND finished_at > started_at + interval '60 s'"), 0,
    'each within a minute');
is($node->safe_psql('postgres', <<'SQL'), 't', 'nothing is reserved, and what was spent is the sum of the calls');
SELECT bool_and(reserved_usd = 0 AND reserved_tokens = 0)
    AND sum(spent_usd) = (SELECT sum(cost_usd) FROM llm_calls)
FROM llm_budget_usage
SQL
is(count_of('workflow_workers w WHERE NOT EXISTS (SELECT FROM pg_stat_activity a '
            . "WHERE a.pid = w.pid AND a.backend_type = 'llm_workflow worker')"),
    0, 'no lease of a dead worker is left');
is(count_of('workflow_cancellations'), 0, 'no cancellation is left');
is(simulator_stats($sim)->{unknown_faults}, 0, 'the faults of this test are known');
unlike(slurp_file($node->logfile), qr/PANIC|signal (?!9: Killed)(\d+)/,
    'no process crashed by itself');

# ---- A job that crashes its worker ---------------------------------------------------------------
# With one worker: of two, one may take the job up before the other has told why it died. The jobs are
# due when the session has the ids: a crash ends it too.
$node->append_conf('postgresql.conf', 'llm_workflow.workers_per_database = 1');
$node->reload;
ok($node->poll_query_until('postgres', 'SELECT count(*) <= 1 FROM workflow_workers'), 'one worker is left');
my $crashes_before = crashes($node);
arm($node, 'advance/poison');
my @ids = split /\n/, $node->safe_psql('postgres', <<'SQL');
SELECT submit_workflow(prompt, run_at => now() + interval '1 s')
FROM unnest(ARRAY['one', 'two', 'this is poison', 'four', 'five']) AS prompt
SQL
ok($node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM workflow_jobs)'),
    'all jobs end, the poisoned one too');
is(crashes($node) - $crashes_before, 2, 'after two crashes');
is($node->safe_psql('postgres', 'SELECT prompt, status, error_code FROM workflow_requests '
            . 'WHERE request_id IN (' . join(', ', map { "'$_'" } @ids) . ') ORDER BY 1'),
    join("\n", 'five|succeeded|', 'four|succeeded|', 'one|succeeded|', 'this is poison|failed|LW012',
        'two|succeeded|'),
    'it is set aside with the reason, and the others are done');
disarm($node);

# ---- A worker that sleeps past its lease ---------------------------------------------------------
# A lease lasts 30 s: only when there is time for it.
SKIP: {
    skip 'takes 40 s: set LLMW_KILLS', 4 unless $ENV{LLMW_KILLS};
    $node->append_conf('postgresql.conf', 'llm_workflow.workers_per_database = 2');
    $node->reload;
    my $id = $node->safe_psql('postgres',
        'SELECT submit_workflow($$[[sim:delay:1500@first=1]] Sleep over it$$)');
    $node->poll_query_until('postgres', "SELECT count(*) = 1 FROM llm_call_intents") or die 'no call';
    my $sleeper = $node->safe_psql('postgres',
        "SELECT w.pid FROM workflow_jobs j JOIN workflow_workers w USING (worker)");
    kill 'STOP', $sleeper;
    ok($node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM workflow_jobs)'),
        'another worker takes over a job whose lease is over');
    my $stored = $node->safe_psql('postgres', "SELECT workflow_result('$id')");
    kill 'CONT', $sleeper;
    is_quiet($node, 'postgres', $sim, 'the sleeper wakes up');
    is_accounted($node, 'postgres', $sim, 'both calls are in the ledger');
    is($node->safe_psql('postgres', "SELECT workflow_result('$id')"), $stored,
        'and changes nothing of the result');
}

stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
$node->stop;
done_testing();
