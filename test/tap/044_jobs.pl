# Jobs as their callers see them: committed ones run and others never, results and ends reach whoever
# waits, cancelling frees the place at once, a key makes one request of many, an equal request is
# answered from the ledger.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use PostgreSQL::Test::Utils;
use Stats;
use Test::More;
use Time::HiRes qw(time);

my $cancels = 200;

my $node = new_node('jobs', conf => <<'CONF');
llm_workflow.enable_fallback = off
llm_workflow.retry_base_delay = 1
llm_workflow.max_waiting_requests = 20
max_prepared_transactions = 2
CONF
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

sub sql {
    my ($statement) = @_;
    return $node->safe_psql('postgres', $statement);
}

sub submit {
    my ($prompt, $arguments) = @_;
    return sql("SELECT submit_workflow('$prompt'" . ($arguments ? ", $arguments" : '') . ')');
}

sub status {
    my ($id) = @_;
    return sql("SELECT status FROM workflow_requests WHERE request_id = '$id'");
}

sub is_calm {
    my ($name) = @_;
    is_quiet($node, 'postgres', $sim, $name);
    return is(sql("SELECT count(*) FROM workflow_jobs WHERE state <> 'scheduled'"),
        '0', "$name: no job is left");
}

# ---- Committed or not ----------------------------------------------------------------------------
my $id = submit('The first job');
is(sql("SELECT workflow_result('$id', '1 min') ? 'pilot_steps'"), 't', 'a job runs by itself');
is(sql("SELECT count(*) FROM llm_calls WHERE request_id = '$id' AND outcome = 'ok'"),
    '1', 'and its call is on record');

my %commits = (
    'COMMIT' => [ 'BEGIN; %s; COMMIT', 1 ],
    'ROLLBACK' => [ 'BEGIN; %s; ROLLBACK', 0 ],
    'RELEASE' => [ 'BEGIN; SAVEPOINT s; %s; RELEASE s; COMMIT', 1 ],
    'ROLLBACK TO' => [ 'BEGIN; SAVEPOINT s; %s; ROLLBACK TO s; COMMIT', 0 ],
    'COMMIT PREPARED' => [ "BEGIN; %s; PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'", 1 ],
    'ROLLBACK PREPARED' => [ "BEGIN; %s; PREPARE TRANSACTION 'p'; ROLLBACK PREPARED 'p'", 0 ],
    'an exception' => [ <<'SQL', 0 ],
DO $$BEGIN
    BEGIN PERFORM %s; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN END;
END$$
SQL
);
foreach my $how (sort keys %commits) {
    my ($statement, $runs) = @{ $commits{$how} };
    my $call = "submit_workflow('Jobs after $how')";
    $call = "SELECT $call" unless $how eq 'an exception';
    sql(sprintf($statement, $call));
    sql("SELECT workflow_result(request_id, '1 min') FROM workflow_jobs") if $runs;
    is_calm("after $how");
    is(sql("SELECT count(*) FROM workflow_requests WHERE prompt = 'Jobs after $how'"),
        $runs, $runs ? "$how lets the job run" : "$how leaves nothing to run");
}

# ---- Waiting -------------------------------------------------------------------------------------
my $slow = submit('[[sim:delay:1500]] Slow');
my $begin = time();
is(sql("SELECT workflow_result('$slow') IS NULL"), 't', 'without a wait the answer is NULL');
is(sql("SELECT workflow_result('$slow', '200 ms') IS NULL"), 't', 'also after a short wait');
ok(time() - $begin < 1.4, 'which was short');
is(sql("SELECT workflow_result('$slow', '1 min') ->> 'generator_used'"),
    'gpt-4o-mini', 'a long wait ends with the job');
my $waiting = submit('[[sim:hang_headers]] Never ends');
my $waiter = start_client($node, 'postgres', "SELECT workflow_result('$waiting', '1 h')");
ok($node->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Extension' "
            . "AND application_name = '$waiter->{name}'"),
    'a session waits');
$waiter->cancel;
is($waiter->end->{sqlstate}, '57014', 'and can be cancelled');
is(status($waiting), 'running', 'which does not end the job');
my $gone = start_client($node, 'postgres', "SELECT workflow_result('$waiting', '1 h')");
my $backend = $gone->backend;
$gone->vanish;
ok(poll_until(sub { !is_alive($backend) }, 10), 'a client that vanished does not wait on');
is(sql("SELECT cancel_workflow('$waiting')"), 't', 'the job can be cancelled');
is(sql("SELECT workflow_result('$waiting', '1 min') -> 'error' ->> 'code'"),
    '57014', 'its result says so');

# A session hears of the end, it need not look for it.
my $heard = submit('[[sim:hang_headers]] Listen');
wait_for_in_flight($sim, 1);
my $listener = start_client($node, 'postgres', <<"SQL");
LISTEN llm_workflow;
SELECT count(*) FROM workflow_result('$heard', '1 min') AS r WHERE r IS NOT NULL;
SELECT 1
SQL
$node->poll_query_until('postgres',
    "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Extension' "
        . "AND application_name = '$listener->{name}'");
sql("SELECT cancel_workflow('$heard')");
like($listener->end->{out}, qr/notification "llm_workflow" with payload "$heard"/,
    'the end of a job is notified');

# ---- run_at and priority --------------------------------------------------------------------------
my $later = submit('A little later', "run_at => clock_timestamp() + interval '2 s'");
is(sql("SELECT state FROM workflow_jobs WHERE request_id = '$later'"), 'scheduled', 'run_at waits');
is(sql("SELECT workflow_result('$later', '1 min') ? 'pilot_steps'"), 't', 'and its job runs then');
is(sql("SELECT min(c.started_at - r.submitted_at) >= interval '2 s' FROM llm_calls c "
            . "JOIN workflow_requests r USING (request_id) WHERE request_id = '$later'"),
    't', 'not before');
is(sql("SELECT generation_time_ms <= extract(epoch FROM finished_at - submitted_at) * 1000 - 1900 "
            . "FROM workflow_requests WHERE request_id = '$later'"),
    't', 'the time in the queue does not count as generation');

$node->append_conf('postgresql.conf', 'llm_workflow.max_concurrent_calls = 1');
$node->reload;
sql(<<'SQL');
SELECT submit_workflow('[[sim:delay:100]] Priority ' || p, priority => p)
FROM unnest(ARRAY[1, 3, -2, 2, 0]) AS p
SQL
sql("SELECT workflow_result(request_id, '1 min') FROM workflow_jobs");
is(sql(<<'SQL'), '3 2 1 0 -2', 'jobs run in the order of their priority');
SELECT string_agg(split_part(r.prompt, 'Priority ', 2), ' ' ORDER BY c.started_at)
FROM workflow_requests r JOIN llm_calls c USING (request_id) WHERE r.prompt LIKE '%Priority%'
SQL
$node->append_conf('postgresql.conf', 'llm_workflow.max_concurrent_calls = 1000');
$node->reload;

# ---- Cancelling -----------------------------------------------------------------------------------
my @hung = split /\n/, sql("SELECT submit_workflow('[[sim:hang_headers]] Cancel ' || i) "
        . "FROM generate_series(1, $cancels) AS i");
ok(wait_for_in_flight($sim, $cancels), 'all calls hang');
sql('CREATE TABLE asked (request_id uuid, at timestamptz)');
start_client($node, 'postgres', join(";\n", map {
    "INSERT INTO asked SELECT '$_', clock_timestamp() FROM cancel_workflow('$_')" } @hung))->end;
ok(wait_for_in_flight($sim, 0), 'cancelled calls are aborted');
is(sql("SELECT workflow_result('$hung[-1]', '1 min') -> 'error' ->> 'code'"), '57014', 'the last ends');
is(sql("SELECT count(*) FROM workflow_requests r JOIN asked USING (request_id) "
            . "WHERE r.status = 'cancelled'"),
    $cancels, 'all are on record as cancelled');
note('from cancel to its record, ms: p50, p99, worst: ' . sql(<<'SQL'));
SELECT string_agg(round(ms::numeric, 1)::text, ', ' ORDER BY p) FROM (
    SELECT p, percentile_cont(p) WITHIN GROUP (ORDER BY
        extract(epoch FROM r.finished_at - asked.at) * 1000) AS ms
    FROM workflow_requests r JOIN asked USING (request_id)
    CROSS JOIN unnest(ARRAY[0.5, 0.99, 1]::float8[]) AS p GROUP BY p) AS shares
SQL
is_calm('after all were cancelled');

# ---- generate_workflows ---------------------------------------------------------------------------
my $cursor = <<'SQL';
BEGIN;
DECLARE c CURSOR FOR SELECT (r).ordinal, (r).result ? 'pilot_steps' FROM
    (SELECT generate_workflows(ARRAY['[[sim:delay:3000]] Slow one', 'Quick one', 'Quick two']) AS r) AS s;
FETCH 2 FROM c;
SELECT status FROM workflow_requests WHERE prompt LIKE '%Slow one';
FETCH 2 FROM c;
COMMIT;
SQL
my @rows = split /\n/, sql($cursor);
is_deeply([ sort @rows[ 0, 1 ] ], [ '2|t', '3|t' ], 'quick prompts come first');
is($rows[2], 'running', 'while the slow one is under way');
is($rows[3], '1|t', 'which comes last');

is(sql(<<'SQL'), '60|60|1', 'more prompts than there are slots');
SELECT count(*), count(DISTINCT ordinal), sum((result -> 'error' ->> 'code' = 'LW002')::int)
FROM generate_workflows(array(SELECT CASE i WHEN 30 THEN '[[sim:status:400]]' ELSE '' END
                                     || ' Many ' || i FROM generate_series(1, 60) AS i))
SQL
$node->append_conf('postgresql.conf', 'llm_workflow.payload_memory = 1MB');
$node->restart;
is(sql("SELECT string_agg(ordinal || ': ' || coalesce(result -> 'error' ->> 'code', 'ok'), ', ' "
            . "ORDER BY ordinal) "
            . "FROM generate_workflows(ARRAY['Fits', repeat('does not fit ', 200000), 'Fits too'])"),
    '1: ok, 2: 53200, 3: ok', 'a prompt that is too large fails alone');
my %leaves = (
    'LIMIT' => 'SELECT generate_workflows(%s) LIMIT 1',
    'CLOSE' => 'BEGIN; DECLARE c CURSOR FOR SELECT generate_workflows(%s); FETCH c; CLOSE c; COMMIT',
    'ROLLBACK' => 'BEGIN; DECLARE c CURSOR FOR SELECT generate_workflows(%s); FETCH c; ROLLBACK',
    'an error' => "\\set ON_ERROR_STOP 0\nSELECT 1 / ((r).ordinal - 1) "
        . 'FROM (SELECT generate_workflows(%s) AS r) AS s',
    'an exception' => <<'SQL',
DO $$BEGIN
    PERFORM 1 / ((r).ordinal - 1) FROM (SELECT generate_workflows(%s) AS r) AS s;
EXCEPTION WHEN division_by_zero THEN
    PERFORM generate_workflow('After the exception');
END$$
SQL
    'statement_timeout' => "\\set ON_ERROR_STOP 0\nSET statement_timeout = '1s';\n"
        . 'SELECT generate_workflows(%s)',
    'the end of the session' => "BEGIN; DECLARE c CURSOR FOR SELECT generate_workflows(%s); FETCH c;\n"
        . 'SELECT pg_terminate_backend(pg_backend_pid())',
);
foreach my $way (sort keys %leaves) {
    my $aborted = simulator_stats($sim)->{aborted};
    $node->psql('postgres', sprintf($leaves{$way},
            "ARRAY['[[sim:delay:500]] Before $way', '[[sim:hang_headers]] a', '[[sim:hang_body]] b']"));
    ok(poll_until(sub { simulator_stats($sim)->{aborted} == $aborted + 2 }, 10),
        "$way aborts what is left");
    is_quiet($node, 'postgres', $sim, "nothing is left after $way");
}
my $slots = join ', ', map { "'[[sim:delay:300]] Slot $_'" } 1 .. 20;
is(sql("SELECT count(*) FROM generate_workflows(ARRAY[$slots]) AS r WHERE r.result ? 'pilot_steps'"),
    '20', 'no slot leaked');

# ---- idempotency_key ------------------------------------------------------------------------------
my @same = map {
    my $function = $_ % 2 ? "generate_workflow('[[sim:delay:300]] Once', idempotency_key => 'k') ->> 'request_id'"
        : "submit_workflow('[[sim:delay:300]] Once', idempotency_key => 'k')";
    start_client($node, 'postgres', "SELECT $function");
} 1 .. 16;
my %ids = map { $_->end->{out} => 1 } @same;
is(scalar(keys %ids), 1, 'sessions at once with the same key get the same request');
($id) = keys %ids;
chomp $id;
sql("SELECT workflow_result('$id', '1 min')");
is(sql("SELECT count(*) FROM workflow_requests WHERE prompt LIKE '%] Once'"), '1', 'of which there is one');
is(sql("SELECT count(*) FROM llm_calls WHERE request_id = '$id'"), '1', 'with one call');

sql("BEGIN; SELECT submit_workflow('Prepared', idempotency_key => 'p'); PREPARE TRANSACTION 'p'");
my $behind = start_client($node, 'postgres',
    "SELECT submit_workflow('Prepared', idempotency_key => 'p')");
ok($node->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
    'a prepared transaction keeps its key');
sql("COMMIT PREPARED 'p'");
($id) = $behind->end->{out} =~ /(\S+)/;
is(sql("SELECT workflow_result('$id', '1 min') ->> 'request_id'"), $id, 'until it is committed');
is(sql("SELECT count(*) FROM workflow_requests WHERE prompt = 'Prepared'"), '1', 'with its request');

my $left = start_client($node, 'postgres',
    "SELECT generate_workflow('[[sim:hang_headers]] Left', idempotency_key => 'left')");
wait_for_in_flight($sim, 1);
my $second = start_client($node, 'postgres',
    "SELECT generate_workflow('[[sim:hang_headers]] Left', idempotency_key => 'left')");
ok($node->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
    'the second waits for the first');
$left->cancel;
is($left->end->{sqlstate}, '57014', 'the first can be cancelled');
is($second->end->{sqlstate}, '57014', 'the second gets the same end');
is(sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'no lock is left');
my $error = psql_error($node, 'postgres', "SELECT submit_workflow('Other', idempotency_key => 'k')");
is($error->{sqlstate}, '22023', 'the key of another request is refused');
like($error->{message}, qr/"k"/, 'by its name');

# ---- cache_for ------------------------------------------------------------------------------------
my $calls = sub { return sql('SELECT count(*) FROM llm_calls') };
my $fresh = sql("SELECT generate_workflow('Cache me', '{google-mail}') - 'request_id'");
my $count = $calls->();
is(sql("SELECT (r - '{request_id,cached,cost_usd,tokens_used,generation_time_ms}'::text[]) "
            . "= (\$doc\$$fresh\$doc\$::jsonb - '{cost_usd,tokens_used,generation_time_ms}'::text[]), "
            . "r -> 'cached', r -> 'cost_usd' "
            . "FROM generate_workflow('Cache me', '{google-mail}', cache_for => '1 hour') AS r"),
    't|true|0', 'an equal request is answered from the ledger');
$id = submit('Cache me', "'{google-mail}', cache_for => '1 hour'");
is(sql("SELECT workflow_result('$id', '1 min') -> 'cached'"), 'true', 'so is an equal job');
is(sql("SELECT count(*) FROM generate_workflows('{Cache me,Cache me}', '{google-mail}', "
            . "cache_for => '1 hour') AS r WHERE (r.result -> 'cached')::bool"),
    '2', 'and each equal prompt of many');
is($calls->(), $count, 'without a call');
foreach my $other ("'Cache me too', '{google-mail}'", "'Cache me', '{google-mail,slack}'",
    "'Cache me', '{google-mail}', response_mode => 'human_debug'", "'Cache me', '{google-mail}'") {
    my $age = $other eq "'Cache me', '{google-mail}'" ? '0' : '1 hour';
    is(sql("SELECT generate_workflow($other, cache_for => '$age') ? 'cached'"),
        'f', "$other, cache_for $age is not the same");
}
is(sql(<<'SQL'), 'f', 'another role asks anew');
CREATE ROLE asker;
GRANT EXECUTE ON FUNCTION generate_workflow TO asker;
GRANT USAGE ON FOREIGN SERVER sim_openai TO asker;
SET ROLE asker;
SELECT generate_workflow('Cache me', '{google-mail}', cache_for => '1 hour') ? 'cached';
SQL

is_accounted($node, 'postgres', $sim, 'the ledger and the bill agree');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
done_testing();
