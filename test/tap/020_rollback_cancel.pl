# What a caller does to its transaction or to itself erases no spend and leaves nothing behind:
# ROLLBACK in its forms, and leaving while the provider takes its time.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use Stats;
use Test::More;

my $slots = 4;
my $seed = $ENV{LLMW_SEED} || time() ^ $$;
note("LLMW_SEED=$seed");
srand($seed);

my $node = new_node('cancel', conf => <<"CONF");
llm_workflow.max_waiting_requests = $slots
llm_workflow.enable_fallback = off
llm_workflow.retry_base_delay = 1
max_prepared_transactions = 2
CONF
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

sub request {
    my ($prompt) = @_;
    return $node->safe_psql('postgres',
        "SELECT status, error_code FROM workflow_requests WHERE prompt = '$prompt'");
}

sub calls {
    my ($prompt) = @_;
    return $node->safe_psql('postgres',
        'SELECT c.outcome, c.cost_source, c.cost_usd > 0 FROM llm_calls c '
            . "JOIN workflow_requests r USING (request_id) WHERE r.prompt = '$prompt'");
}

# All slots at once, and one more than there are.
sub slots_are_free {
    my ($name) = @_;
    my @clients = map { start_client($node, 'postgres',
            "SELECT generate_workflow('[[sim:hang_headers#$name $_]] fill the slots')") } 1 .. $slots;
    my $all_in = wait_for_in_flight($sim, $slots);
    my $refused = psql_error($node, 'postgres', "SELECT generate_workflow('one too many')");
    $_->cancel foreach @clients;
    my @states = map { $_->end->{sqlstate} } @clients;
    wait_for_in_flight($sim, 0);
    return ok($all_in && $refused->{sqlstate} eq '53400' && !grep({ $_ ne '57014' } @states),
        "no slot leaks: $name") || diag("in flight: $all_in; $refused->{err}; @states");
}

# ---- Rolled back after the answer ----------------------------------------------------------------
my %rolled_back = (
    'ROLLBACK' => "BEGIN; SELECT generate_workflow('%s'); ROLLBACK",
    'ROLLBACK TO SAVEPOINT' =>
        "BEGIN; SAVEPOINT s; SELECT generate_workflow('%s'); ROLLBACK TO s; COMMIT",
    'an EXCEPTION block' => <<'SQL',
DO $$BEGIN
    PERFORM generate_workflow('%s');
    RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN NULL;
END$$
SQL
    'PREPARE TRANSACTION and ROLLBACK PREPARED' =>
        "BEGIN; SELECT generate_workflow('%s'); PREPARE TRANSACTION 'p'; ROLLBACK PREPARED 'p'",
    'COMMIT PREPARED' =>
        "BEGIN; SELECT generate_workflow('%s'); PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'",
    'an error later in the statement' =>
        "\\set ON_ERROR_STOP 0\nSELECT (generate_workflow('%s') ->> 'request_id')::int",
);
foreach my $how (sort keys %rolled_back) {
    my $prompt = "Survive $how";
    $node->safe_psql('postgres', sprintf($rolled_back{$how}, $prompt));
    is(request($prompt), 'succeeded|', "$how does not erase the request");
    is(calls($prompt), 'ok|reported|t', "$how does not erase the call and its cost");
    is($node->safe_psql('postgres',
            'SELECT count(*) FROM audit_logs JOIN workflow_requests USING (request_id) '
                . "WHERE prompt = '$prompt' AND action = 'WORKFLOW_GENERATED'"),
        '1', "$how does not erase the event");
}
is($node->safe_psql('postgres', <<'SQL'), 't', 'DISCARD ALL between calls does not break the next');
SELECT generate_workflow('Before DISCARD') \gset
DISCARD ALL;
SELECT generate_workflow('After DISCARD') ->> 'generator_used' = 'gpt-4o-mini';
SQL
is_deeply(ledger_totals($node, 'postgres'), bill_totals($sim), 'no rolled back call is forgotten');

# ---- Left while the call hangs -------------------------------------------------------------------
my %ways = (
    'Ctrl-C' => {
        act => sub { $_[0]->cancel },
        state => '57014',
        message => 'canceling statement due to user request',
    },
    'statement_timeout' => {
        before => "SET statement_timeout = '1s';",
        act => sub { },
        state => '57014',
        message => 'canceling statement due to statement timeout',
    },
    'pg_terminate_backend' => {
        act => sub { $_[0]->terminate },
        state => '57P01',
        message => 'terminating connection due to administrator command',
    },
    'a vanished client' => { act => sub { $_[0]->vanish } },
);
is($node->safe_psql('postgres', 'SHOW client_connection_check_interval'),
    '0', 'PostgreSQL itself does not look for vanished clients here');
foreach my $way (sort keys %ways) {
    my %expected = %{ $ways{$way} };
    foreach my $hang (qw(hang_headers hang_body)) {
        my $prompt = "[[sim:$hang]] Leave by $way";
        my $aborted = simulator_stats($sim)->{aborted};
        my $client = start_client($node, 'postgres',
            ($expected{before} // '') . "SELECT generate_workflow('$prompt')");
        ok(wait_for_in_flight($sim, 1), "the call hangs ($hang)") unless $expected{before};
        my $backend = $client->backend if $way eq 'a vanished client';
        $expected{act}->($client);
        my $end = $client->end;
        if ($expected{state}) {
            is($end->{sqlstate}, $expected{state}, "$way gets its own SQLSTATE ($hang)");
            is($end->{message}, $expected{message}, "$way gets PostgreSQL's message ($hang)");
        }
        ok(poll_until(sub {
                my $stats = simulator_stats($sim);
                $stats->{in_flight} == 0 && $stats->{aborted} == $aborted + 1;
            }, 10), "$way aborts the HTTP call ($hang)");
        is_quiet($node, 'postgres', $sim, "$way leaves no intent and no running request ($hang)");
        is(request($prompt), 'cancelled|57014', "$way is on record ($hang)");
        is(calls($prompt), 'cancelled|estimated|t', "$way does not make the call free ($hang)");
        ok(poll_until(sub { !is_alive($backend) }, 10), "$way ends the backend ($hang)")
            if $backend;
    }
    slots_are_free($way);
}
is_accounted($node, 'postgres', $sim,
    'a call that its caller left is estimated at least at its bill');

# ---- Left at other moments -----------------------------------------------------------------------
is($node->safe_psql('postgres', <<'SQL'), 't', 'a session that caught its timeout can call again');
SET statement_timeout = '300ms';
CREATE TEMP TABLE outcome (caught bool);
DO $$BEGIN
    PERFORM generate_workflow('[[sim:hang_headers]] Caught');
EXCEPTION WHEN query_canceled THEN
    INSERT INTO outcome VALUES (true);
END$$;
RESET statement_timeout;
SELECT caught AND generate_workflow('After it was caught') ? 'pilot_steps' FROM outcome;
SQL

my $waiting = start_client($node, 'postgres',
    "SELECT generate_workflow('[[sim:s429:20]] Leave during the wait for a retry')");
ok($node->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM llm_calls WHERE outcome = 'rate_limited'"),
    'the provider asks to wait 20 s');
$waiting->cancel;
is($waiting->end->{sqlstate}, '57014', 'a wait for a retry can be cancelled');
is_quiet($node, 'postgres', $sim, 'a cancelled wait leaves nothing running');
is(request('[[sim:s429:20]] Leave during the wait for a retry'),
    'cancelled|57014', 'a cancelled wait is on record');
is(calls('[[sim:s429:20]] Leave during the wait for a retry'),
    'rate_limited|unbilled|f', 'a cancelled wait adds no call');

$node->safe_psql('postgres', "ALTER SERVER sim_openai OPTIONS (ADD max_concurrency '1')");
my ($inside, $held) = map {
    my $client = start_client($node, 'postgres',
        "SELECT generate_workflow('[[sim:hang_headers]] $_')");
    $node->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM workflow_requests WHERE prompt LIKE '%] $_'");
    $client;
} ('Inside', 'Held back');
is(intents($node, 'postgres'), '1', 'a request that its server has no room for has no intent');
$held->cancel;
is($held->end->{sqlstate}, '57014', 'a request that is held back can be cancelled');
$inside->cancel;
is($inside->end->{sqlstate}, '57014', 'and so can the one before it');
is_quiet($node, 'postgres', $sim, 'nothing is left of either');
is(calls('[[sim:hang_headers]] Held back'), '', 'a request that was held back made no call');
$inside = start_client($node, 'postgres', "SELECT generate_workflow('[[sim:hang_headers]] Again')");
wait_for_in_flight($sim, 1);
my $next = start_client($node, 'postgres', "SELECT generate_workflow('The next one')");
$node->poll_query_until('postgres',
    "SELECT count(*) = 1 FROM workflow_requests WHERE prompt = 'The next one'");
$inside->cancel;
ok(poll_until(sub { !$next->is_running }, 10), 'the place of a cancelled request goes to the next');
like($next->end(1)->{out}, qr/pilot_steps/, 'and it is served');
$inside->end;
$node->safe_psql('postgres', 'ALTER SERVER sim_openai OPTIONS (DROP max_concurrency)');

# A worker that is stopped takes no slots.
my $worker = worker_pid($node, 'postgres');
kill 'STOP', $worker;
my $unseen = start_client($node, 'postgres', "SELECT generate_workflow('Nobody saw this')");
ok($node->poll_query_until('postgres',
        'SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = \'Extension\' '
            . "AND application_name = '$unseen->{name}'"),
    'the request waits for its worker');
$unseen->cancel;
is($unseen->end->{sqlstate}, '57014', 'a request that no worker has seen can be cancelled');
kill 'CONT', $worker;
slots_are_free('cancelled before the worker saw it');
is(request('Nobody saw this'), '', 'a request that no worker saw is neither made nor on record');
my $caller = start_client($node, 'postgres',
    "SELECT generate_workflow('[[sim:delay:500]] Go on') ->> 'generator_used'");
wait_for_in_flight($sim, 1);
$node->safe_psql('postgres', "SELECT pg_cancel_backend($worker)");
is($caller->end->{out}, "gpt-4o-mini\n", 'cancelling the worker cancels no request');
is(worker_pid($node, 'postgres'), $worker, 'none of this ended the worker');

# At any moment: the limit falls before, into and behind each step of a call.
my $script = '';
foreach my $n (1 .. 80) {
    my $limit = 1 + int(rand(40));
    my $delay = int(rand(20));
    $script .= "SET statement_timeout = $limit;\n"
        . "SELECT generate_workflow('[[sim:delay:$delay]] At random') \\g /dev/null\n";
}
$_->end foreach start_clients(3, $node, 'postgres', $script);
is_quiet($node, 'postgres', $sim, 'no timeout at any moment leaves an intent or a running request');
is_accounted($node, 'postgres', $sim, 'no timeout at any moment loses a call');
cmp_ok($node->safe_psql('postgres',
        "SELECT least(count(*) FILTER (WHERE status = 'succeeded'), "
            . "count(*) FILTER (WHERE status = 'cancelled')) "
            . "FROM workflow_requests WHERE prompt LIKE '%At random'"),
    '>', 0, 'some of them came in time and some did not');
slots_are_free('timeouts at random');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');

my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/PANIC|terminated by signal|could not write/, 'none of this shows in the log');
$node->stop;
done_testing();
