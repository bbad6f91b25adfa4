# The workers of a database share its requests, and none of them takes another's with it when it ends;
# DDL gets rid of all of them; llm_workflow_status shows them; the kill switch stops calls within a
# second; and a copy of a database calls nobody until it is allowed to.

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

my $workers = 3;
my $node = new_node('processes', restart_after_crash => 1, conf => <<"CONF");
llm_workflow.workers_per_database = $workers
llm_workflow.idle_timeout = 1h
llm_workflow.enable_fallback = off
llm_workflow.max_retries = 0
llm_workflow.request_timeout = 10min
max_prepared_transactions = 2
CONF
my $sim = start_simulator($node);

sub prepare {
    my ($database) = @_;
    create_extension($node, $database);
    create_sim_servers($node, $database, $sim);
    return;
}

sub generate {
    my ($database, $prompt) = @_;
    return psql_error($node, $database,
        "SELECT generate_workflow('" . ($prompt // 'Sort the mail') . "') ->> 'generator_used'");
}

sub worker_pids {
    my ($database) = @_;
    return split /\n/, worker_pid($node, $database);
}

sub count_workers { return scalar(my @pids = worker_pids(@_)) }

sub hang {
    my ($database, $count) = @_;
    my @clients = start_clients($count, $node, $database,
        "SELECT generate_workflow('[[sim:hang_headers]] Hang')");
    wait_for_in_flight($sim, $count) or BAIL_OUT('the calls do not hang');
    return @clients;
}

# So many calls as to have all workers started, then none.
sub start_all_workers {
    my ($database) = @_;
    my @clients;
    poll_until(sub {
        push @clients, hang_one($database, scalar @clients) if count_workers($database) < $workers;
        return count_workers($database) == $workers;
    }, 60) or BAIL_OUT('the workers do not start');
    $_->cancel foreach @clients;
    $_->end foreach @clients;
    wait_for_in_flight($sim, 0) or BAIL_OUT('the calls do not end');
    return;
}

sub hang_one {
    my ($database, $already) = @_;
    my $client = start_client($node, $database,
        "SELECT generate_workflow('[[sim:hang_headers]] Hang')");
    wait_for_in_flight($sim, $already + 1) or BAIL_OUT('the call does not hang');
    return $client;
}

sub set_config {
    my ($name, $value) = @_;
    $node->safe_psql('postgres', "ALTER SYSTEM SET $name = $value");
    $node->reload;
    return;
}

sub count_calls { return scalar @{ read_bill($sim) } }

# ---- Several workers -----------------------------------------------------------------------------
prepare('postgres');
is(generate('postgres')->{out}, 'gpt-4o-mini', 'a database with several workers generates');
is(count_workers('postgres'), 1, 'one caller needs one worker');
start_all_workers('postgres');
is(join(' ', sort split /\n/, $node->safe_psql('postgres',
        "SELECT application_name FROM pg_stat_activity WHERE backend_type = 'llm_workflow worker'")),
    join(' ', map { "llm_workflow worker $_" } 0 .. $workers - 1), 'each says which it is');

my @clients = hang('postgres', 3 * $workers);
my $shares = "SELECT string_agg(calls_in_flight::text, ' ' ORDER BY ordinal) FROM llm_workflow_status";
my $even = join(' ', (3) x $workers);
ok($node->poll_query_until('postgres', "SELECT ($shares) = '$even'"), 'they share the calls evenly')
    || diag($node->safe_psql('postgres', $shares));
is($node->safe_psql('postgres', <<'SQL'), "3|t|t|t|9|9", 'the status shows them all');
SELECT count(*), bool_and(s.state = 'running' AND a.pid IS NOT NULL),
       bool_and(s.heartbeat_at > now() - interval '1 min' AND s.started_at < s.heartbeat_at),
       bool_and(s.payload_bytes BETWEEN 1 AND s.max_payload_bytes), min(s.waiting_slots), sum(s.requests)
FROM llm_workflow_status s LEFT JOIN pg_stat_activity a USING (pid)
SQL
ok($node->poll_query_until('postgres', <<'SQL'), 'pg_stat_activity says what each is doing');
SELECT count(*) = 3 FROM pg_stat_activity
WHERE backend_type = 'llm_workflow worker' AND query = '3 calls in flight, 0 held, 0 jobs'
SQL
is($node->safe_psql('postgres', "SELECT count(*) FROM workflow_progress "
            . "WHERE state = 'calling' AND model = 'gpt-4o-mini' AND worst_case_cost_usd > 0"),
    3 * $workers, 'the progress shows each call');

# ---- One worker ends -----------------------------------------------------------------------------
my ($victim) = worker_pids('postgres');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($victim)");
poll_until(sub { 3 == grep { !$_->is_running } @clients }, 30);
my @ended = grep { !$_->is_running } @clients;
is(join(' ', map { $_->end->{sqlstate} } @ended), 'LW011 LW011 LW011',
    'the callers of a worker that is terminated are told');
ok($node->poll_query_until('postgres',
        "SELECT count(*) = 3 FROM llm_calls WHERE outcome = 'lost' AND cost_source = 'estimated'"),
    'another one puts its calls on record as lost');
@clients = grep { $_->is_running } @clients;
is(scalar @clients, 6, 'the callers of the others still wait');
is($node->safe_psql('postgres', "SELECT count(*) FROM workflow_requests WHERE status = 'running'"), '6',
    'their requests are not taken for lost');
is(simulator_stats($sim)->{in_flight}, 6, 'their calls are still on the wire');
$_->cancel foreach @clients;
is(join(' ', map { $_->end->{sqlstate} } @clients), join(' ', ('57014') x 6), 'and can be cancelled');
is_quiet($node, 'postgres', $sim, 'nothing is left');
is_accounted($node, 'postgres', $sim, 'and all is accounted for');

start_all_workers('postgres');
@clients = hang('postgres', 2 * $workers);
my @before = worker_pids('postgres');
kill 'KILL', $before[1];
poll_until(sub { !grep { $_->is_running } @clients }, 60);
$node->poll_query_until('postgres', 'SELECT true') or BAIL_OUT('the server does not come back');
is_quiet($node, 'postgres', $sim, 'after kill -9 of one, what all had is resolved');
is_accounted($node, 'postgres', $sim, 'and accounted for');
is(generate('postgres')->{out}, 'gpt-4o-mini', 'and generation goes on');

# ---- Fewer workers -------------------------------------------------------------------------------
start_all_workers('postgres');
@clients = hang('postgres', $workers);
set_config('llm_workflow.workers_per_database', 1);
is(generate('postgres')->{out}, 'gpt-4o-mini', 'with fewer workers generation goes on');
is(count_workers('postgres'), $workers, 'a surplus worker keeps what it has');
$_->cancel foreach @clients;
$_->end foreach @clients;
ok(poll_until(sub { count_workers('postgres') == 1 }, 30), 'and leaves when it has nothing more');
is($node->safe_psql('postgres', 'SELECT string_agg(ordinal::text, $$,$$) FROM llm_workflow_status'), '0',
    'the first stays');
is($node->safe_psql('postgres',
        "SELECT generate_workflow('Once more') ->> 'generator_used';\n" x 5),
    join("\n", ('gpt-4o-mini') x 5), 'and serves alone');
set_config('llm_workflow.workers_per_database', $workers);

# ---- DDL -----------------------------------------------------------------------------------------
$node->safe_psql('postgres', 'CREATE DATABASE many');
prepare('many');
start_all_workers('many');
my $began = time();
$node->safe_psql('postgres', 'ALTER DATABASE many RENAME TO several');
cmp_ok(time() - $began, '<', 10, 'RENAME does not wait for idle workers');
start_all_workers('several');
$node->safe_psql('postgres', 'DROP DATABASE several');
is(count_workers('several'), 0, 'DROP DATABASE ends all workers');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity "
            . "WHERE backend_type = 'llm_workflow worker' AND datname IS NULL"), '0',
    'and none is started for a database that is gone');
my ($folder) = $node->data_dir . '/llm_workflow';
my %exists = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', 'SELECT oid FROM pg_database');
is(join(' ', grep { /witness_(\d+)_/ && !$exists{$1} } glob("$folder/*")), '',
    'a dropped database leaves no file');

# Whoever commits a prepared transaction has the workers look for its jobs; nobody else does.
$node->safe_psql('postgres', "CREATE DATABASE prepared; CREATE DATABASE plain");
create_extension($node, 'prepared');
foreach my $database (qw(plain prepared)) {
    $node->safe_psql($database, <<'SQL');
CREATE TABLE t (a int);
BEGIN;
INSERT INTO t VALUES (1);
PREPARE TRANSACTION 'later';
COMMIT PREPARED 'later';
SQL
}
ok(poll_until(sub { count_workers('prepared') > 0 }, 30), 'COMMIT PREPARED wakes the workers');
is(count_workers('plain'), 0, 'but not where the extension is not');

# ---- The kill switch -----------------------------------------------------------------------------
my $flow = start_client($node, 'postgres', join(";\n",
        ("SELECT generate_workflow('[[sim:delay:20]] On and on') ->> 'generator_used'") x 400));
my $flowing = count_calls() + 5;
poll_until(sub { count_calls() > $flowing }, 60) or BAIL_OUT('no calls are made');
my $switched = time();
set_config('llm_workflow.enabled', 'off');
my $end = $flow->end(120);
is($end->{sqlstate}, '55000', 'calls are refused when the switch is off');
is($end->{message}, 'llm_workflow is switched off', 'with the reason');
my ($last) = sort { $b <=> $a } map { $_->{time_us} } @{ read_bill($sim) };
cmp_ok($last / 1e6 - $switched, '<', 1, 'the last call left within a second');
my $refused = generate('postgres');
is($refused->{sqlstate}, '55000', 'nothing is generated');
like($refused->{hint}, qr/Set llm_workflow\.enabled to on/, 'and the hint says what to do');
is($node->safe_psql('postgres', 'SELECT bool_or(enabled) FROM llm_workflow_status'), 'f',
    'the status shows it');
set_config('llm_workflow.enabled', 'on');
is(generate('postgres')->{out}, 'gpt-4o-mini', 'switched on, generation goes on');

# A call that waited for its server when the switch went off is not made either.
$node->safe_psql('postgres', "ALTER SERVER sim_openai OPTIONS (ADD max_concurrency '1')");
my $inside = start_client($node, 'postgres',
    "SELECT generate_workflow('[[sim:delay:3000]] Inside') ->> 'generator_used'");
poll_until(sub { $node->safe_psql('postgres', 'SELECT count(*) FROM llm_call_intents') eq '1' }, 60)
    or BAIL_OUT('no call is on the wire');
my $held = start_client($node, 'postgres', "SELECT generate_workflow('Held back')");
$node->poll_query_until('postgres',
    "SELECT count(*) = 1 FROM workflow_requests WHERE prompt = 'Held back'")
    or BAIL_OUT('no call is held');
set_config('llm_workflow.enabled', 'off');
like($inside->end(60)->{out}, qr{^gpt-4o-mini$}, 'a call on the wire is answered when the switch is off');
is($held->end(60)->{sqlstate}, '55000', 'a call that was held is not made');
is($node->safe_psql('postgres', 'SELECT count(*) FROM llm_calls JOIN workflow_requests '
            . "USING (request_id) WHERE prompt = 'Held back'"), '0', 'nor on record as made');
set_config('llm_workflow.enabled', 'on');
$node->safe_psql('postgres', 'ALTER SERVER sim_openai OPTIONS (DROP max_concurrency)');

# ---- Copies --------------------------------------------------------------------------------------
# One job that is not due, and what it takes to make it due in a copy.
$node->safe_psql('postgres', 'CREATE DATABASE home');
prepare('home');
is(generate('home')->{out}, 'gpt-4o-mini', 'a database generates at home');
# A copy is made while one worker finishes a call, and others are wanted for the job and start.
my $launcher = $node->safe_psql('postgres',
    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'llm_workflow launcher'");
my $slow = start_client($node, 'home', "SELECT generate_workflow('[[sim:delay:2500]] Slow') ->> 'generator_used'");
wait_for_in_flight($sim, 1) or BAIL_OUT('no call is on the wire');
kill 'STOP', $launcher;
my $job = $node->safe_psql('home',
    "SELECT submit_workflow('Of the original', run_at => now() + interval '1 day')");
is(count_workers('home'), 1, 'one worker runs');
my $cloning = start_client($node, 'postgres', 'CREATE DATABASE cloned TEMPLATE home');
$node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM pg_stat_activity "
        . "WHERE query LIKE 'CREATE DATABASE cloned%' AND state = 'active')");
kill 'CONT', $launcher;
is($cloning->end(60)->{err}, '', 'those that start leave as well');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
my $dump = $node->basedir . '/home.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('home') ], 'pg_dump works');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('restored'), $dump ], 'pg_restore works');

foreach my $copy (qw(cloned restored)) {
    my $calls = count_calls();
    my $refused = generate($copy);
    is($refused->{sqlstate}, '55000', "$copy: a copy is refused");
    is($refused->{message}, 'this database is a copy, and may not make calls', "$copy: with the reason");
    like($refused->{hint}, qr/SELECT llm_workflow_allow_here\(\)/, "$copy: and the way");
    is($node->safe_psql($copy, 'SELECT count(*) FROM llm_workflow_status WHERE NOT at_home') > 0, 1,
        "$copy: the status shows it");
    $node->safe_psql($copy, 'UPDATE workflow_jobs SET run_at = now(); SELECT llmw_wake_workers()');
    ok(poll_until(sub { count_workers($copy) > 0 }, 30), "$copy: a worker looks at the jobs");
    ok($node->poll_query_until($copy, "SELECT count(*) = 1 FROM workflow_jobs WHERE state = 'queued'"),
        "$copy: its job waits");
    is(count_calls(), $calls, "$copy: no call is made");
    $node->safe_psql($copy, 'BEGIN; SELECT llm_workflow_allow_here(); ROLLBACK');
    is(generate($copy)->{sqlstate}, '55000', "$copy: an allowance that is rolled back is none");
    $node->safe_psql($copy, 'SELECT llm_workflow_allow_here()');
    ok($node->poll_query_until($copy,
            "SELECT status = 'succeeded' FROM workflow_requests WHERE request_id = '$job'"),
        "$copy: allowed to, it does the job");
    is(generate($copy)->{out}, 'gpt-4o-mini', "$copy: and generates");
    is($node->safe_psql($copy, "SELECT count(*) FROM audit_logs WHERE action = 'SENDING_ALLOWED'"), '1',
        "$copy: which is on record");
}
is(generate('home')->{out}, 'gpt-4o-mini', 'the original was never stopped');
is($node->safe_psql('home', "SELECT state FROM workflow_jobs WHERE request_id = '$job'"), 'scheduled',
    'and its job still waits for its time');

# ---- A job for later, and no worker --------------------------------------------------------------
set_config('llm_workflow.idle_timeout', "'100ms'");
$job = $node->safe_psql('home',
    "SELECT submit_workflow('A little later', run_at => now() + interval '3 s')");
ok(poll_until(sub { count_workers('home') == 0 }, 60), 'workers leave while a job waits for its time');
is($node->safe_psql('home', "SELECT state FROM workflow_jobs WHERE request_id = '$job'"), 'scheduled',
    'before it is due');
ok($node->poll_query_until('home',
        "SELECT status = 'succeeded' FROM workflow_requests WHERE request_id = '$job'"),
    'and one is started when it is due');

unlike(slurp_file($node->logfile), qr/PANIC|signal (?!9: Killed)(\d+)/, 'no process crashed by itself');
unlike(slurp_file($node->logfile), qr/FATAL: +database .* does not exist/,
    'no worker was started for a database that is gone');
foreach my $database (qw(postgres home cloned restored)) {
    stats_are_exact($node, $database, "$database: the roll-ups are the sum of the ledger");
}
$node->stop;
done_testing();
