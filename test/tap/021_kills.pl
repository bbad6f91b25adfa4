# kill -9 at random moments, of a client's backend, of the database's worker, of the launcher and of
# the postmaster in turn, while clients generate: the ledger still accounts for every call that the
# providers billed. LLMW_KILLS says how many kills; LLMW_SEED repeats a run's moments.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use PostgreSQL::Test::Utils;
use Stats;
use SteadyClients;
use Test::More;
use Time::HiRes qw(usleep);

my $client_count = 6;
my $kills = kills();
my $seed = $ENV{LLMW_SEED} || time() ^ $$;
my $workers = 1 + $seed % 3;
diag("$kills kills, $workers workers a database, LLMW_SEED=$seed");
srand($seed);

my $node = new_node('kills', restart_after_crash => 1, conf => <<"CONF");
llm_workflow.workers_per_database = $workers
llm_workflow.retry_base_delay = 20
llm_workflow.request_timeout = 2s
CONF
my $sim = start_simulator($node, seed => $seed % 1_000_000 + 1);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

# ---- Clients -------------------------------------------------------------------------------------
# What a client asks for, one after the other: most are answered at once or soon, some never.
my @markers = (
    '', '', '[[sim:delay:0-30]]', '[[sim:delay:0-30]]', '[[sim:delay:100-400]]',
    '[[sim:delay:100-400]]', '[[sim-openai:s503:none@2]]', '[[sim-openai:bad_steps]]',
    '[[sim-openai:reset_body]]', '[[sim-openai:s500]]', '[[sim-openai:usage_missing]]',
    '[[sim-openai:truncated]]', '[[sim-openai:dead_reuse]]',
    '[[sim:hang_headers@p=20]]', '[[sim-openai:refusal]]', '[[sim-openai:bad_type@unless=repair]]',
    '[[sim:items:14+cut:6]]', '[[sim:items:24+delay:0-200]] In 24 steps:',
);

sub script {
    return [ map { sprintf("SELECT generate_workflow('%s Handle orders, part %d') ->> 'request_id';",
                $markers[ int(rand(@markers)) ], $_) } 1 .. 400 ];
}

start_steady_clients($node, map { $_ => script() } 1 .. $client_count);

# ---- Kills ---------------------------------------------------------------------------------------
# The pid of a process to kill, '' when the server or the process is not there yet.
sub find_victim {
    my ($kind) = @_;
    my $where = $kind eq 'backend'
        ? "application_name LIKE 'client%' AND wait_event_type = 'Extension'"
        : "backend_type = 'llm_workflow $kind' AND coalesce(datname, 'postgres') = 'postgres'";
    my ($status, $out) = $node->psql('postgres', "SELECT pid FROM pg_stat_activity WHERE $where "
            . 'ORDER BY random() LIMIT 1');
    return defined $status && $status == 0 ? $out : '';
}

sub count_bill { return scalar @{ read_bill($sim) } }

# Not before the clients are served again; then at a random moment.
sub kill_one {
    my ($kind) = @_;
    my $billed = count_bill();
    my $victim = '';
    poll_until(sub {
        return 0 if count_bill() < $billed + $client_count;
        $victim = $kind eq 'postmaster' ? $node->{_pid} : find_victim($kind);
        return $victim;
    }) or return 0;
    usleep(int(rand(150_000)));
    return 1 if !is_alive($victim);    # a backend may have ended by itself
    return kill_postmaster() if $kind eq 'postmaster';
    kill 'KILL', $victim;
    return poll_until(sub { !is_alive($victim) });
}

# Its children notice by themselves; a new one cannot start before they are gone.
sub kill_postmaster {
    my @children = children_of($node->{_pid});
    my $postmaster = $node->{_pid};
    $node->kill9;
    my $gone = poll_until(sub { !grep { is_alive($_) } @children }, 20);
    poll_until(sub { !kill 0, $postmaster });    # even as a zombie it would keep its lock file
    ok($gone, 'no process outlives its postmaster') || diag("@children");
    return $node->start;
}

my @kinds = qw(backend worker launcher postmaster);
my %killed;
foreach my $n (1 .. $kills) {
    my $kind = $kinds[ $n % @kinds ];
    last unless kill_one($kind);
    $killed{$kind}++;
}
is(eval { my $sum = 0; $sum += $_ foreach values %killed; $sum }, $kills,
    'the clients are served again after each kill');

$node->poll_query_until('postgres', 'SELECT true') or BAIL_OUT('the server does not come back');
end_steady_clients($node);

# ---- The ledger against the bill -----------------------------------------------------------------
is_quiet($node, 'postgres', $sim, 'no intent and no running request outlives the kills');
my $bill = read_bill($sim);
my $calls = read_calls($node, 'postgres');
my $billed = grep { $_->{billed} } @$bill;
my $lost = grep { $_->{outcome} eq 'lost' } @$calls;
diag(@$bill . " calls on the bill, $billed of them billed; " . @$calls . " in the ledger, $lost lost");
is_accounted($node, 'postgres', $sim,
    'every call on the bill is in the ledger, once, and with what it cost at least');
is(scalar(grep { $_->{attempt_id} !~ /^[0-9a-f-]{36}$/ } @$bill), 0, 'every call carries its id');
is(simulator_stats($sim)->{unknown_faults}, 0, 'the faults of this test are known');
cmp_ok($lost, '>', 0, 'some calls were on the wire when the kill came');
is($node->safe_psql('postgres',
        "SELECT coalesce(sum((details ->> 'lost_calls')::int), 0) FROM audit_logs "
            . "WHERE action = 'WORKER_RECOVERED'"),
    $lost, 'events say how many calls were lost');
is($node->safe_psql('postgres', <<'SQL'), '0', 'each request costs what its calls cost');
SELECT count(*) FROM workflow_requests r
WHERE r.cost_usd IS DISTINCT FROM
    (SELECT coalesce(sum(c.cost_usd), 0) FROM llm_calls c WHERE c.request_id = r.request_id)
SQL
is($node->safe_psql('postgres', <<'SQL'), '0', 'each request that ended has its event');
SELECT count(*) FROM workflow_requests r
WHERE (SELECT count(*) FROM audit_logs a WHERE a.request_id = r.request_id
       AND a.action IN ('WORKFLOW_GENERATED', 'WORKFLOW_GENERATION_FAILED')) <> 1
SQL

# A result that a client has seen was committed before.
my %succeeded = map { $_ => 1 } split /\n/,
    $node->safe_psql('postgres',
        "SELECT request_id FROM workflow_requests WHERE status = 'succeeded'");
my @received = grep { /^[0-9a-f-]{36}$/ } steady_results($node);
is(scalar(grep { !$succeeded{$_} } @received), 0, 'every result that a client has is on record');
cmp_ok(scalar @received, '>', $kills, 'clients were served between the kills');
unlike(steady_errors($node), qr/could not be started/,
    'no worker that comes and goes is taken for one that cannot start');
unlike(slurp_file($node->logfile), qr/PANIC|signal (?!9: Killed)(\d+)/,
    'no process crashed by itself');

# ---- The comparison itself -----------------------------------------------------------------------
# With one thing changed in a copy it must find that one more.
my $before = @{ bill_problems($bill, $calls) };
sub found { return @{ bill_problems(@_) } - $before }

my ($line) = grep { $_->{billed} } @$bill;
my %reported = map { $_->{call_id} => 1 } grep { $_->{cost_source} eq 'reported' } @$calls;
my ($reported_line) = grep { $_->{billed} && $reported{ $_->{attempt_id} } } @$bill;
my ($estimated) = grep { $_->{outcome} eq 'lost' } @$calls;
my $without_call = [ grep { $_->{call_id} ne $line->{attempt_id} } @$calls ];
is(found($bill, $without_call), 1, 'a missing call would be found');
my $without_line = [ grep { $_ != $reported_line } @$bill ];
is(found($without_line, $calls), 1, 'a call without a bill would be found');
is(found([ @$bill, $line ], $calls), 1, 'a call made twice would be found');
is(found($bill, [ @$calls, $calls->[0] ]), 1, 'a doubled call would be found');
my $costlier = [ map { $_ == $reported_line ? { %$_, output_tokens => $_->{output_tokens} + 1 } : $_ }
        @$bill ];
is(found($costlier, $calls), 1, 'one token too few would be found');
my $cheap = [ map { $_ == $estimated ? { %$_, cost_source => 'unbilled' } : $_ } @$calls ];
cmp_ok(found($bill, $cheap), '>', 0, 'a lost call for free would be found');
my $underpriced = [ map { $_->{call_id} eq $reported_line->{attempt_id}
            ? { %$_, units => $_->{units} - 1 } : $_ } @$calls ];
is(found($bill, $underpriced), 1, 'a wrong cost would be found');

stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
$node->stop;
done_testing();
