# Rate limits, concurrency and circuits of servers: jobs wait for a limit without consuming attempts,
# a server that is down is left alone and tried again by one call, and who has nowhere to go is told.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use IO::Socket::INET;
use PostgreSQL::Test::Utils;
use Stats;
use Test::More;

my $node = new_node('limits', conf => <<'CONF');
llm_workflow.retry_base_delay = 20
llm_workflow.enable_fallback = off
CONF
my $sim = start_simulator($node);
create_extension($node, 'postgres');

# A server at that URL with a model of its own, both called NAME.
sub create_server {
    my ($name, $url, $options) = @_;
    $options = defined $options ? ", $options" : '';
    $node->safe_psql('postgres', <<"SQL");
CREATE SERVER $name FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url '$url/v1'$options);
CREATE USER MAPPING FOR PUBLIC SERVER $name OPTIONS (api_key 'simulated-key');
INSERT INTO llm_models (name, server, remote_name, context_window, max_output_tokens)
    VALUES ('$name', '$name', 'gpt-4o-mini', 128000, 16384);
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
    VALUES ('$name', '2024-01-01', 0.15, 0.60);
SQL
    return;
}

# Has the simulator act on the requests under that path: 'faults/s503', 'clear'.
sub order {
    my ($path, $order) = @_;
    my $target = "$path/control/$order";
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $sim->{port})
        or die "cannot reach the simulator: $!";
    print {$socket} "POST $target HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n"
        . "Connection: close\r\n\r\n";
    my $answer = join('', <$socket>);
    return $answer =~ m{^HTTP/1.1 200} || die "\"$target\": $answer";
}

sub submit {
    my ($model, $count, $prompt) = @_;
    $node->safe_psql('postgres', "SET llm_workflow.primary_model = '$model'; "
            . "SELECT count(submit_workflow('$prompt, part ' || i)) FROM generate_series(1, $count) i");
    return;
}

sub all_end {
    my ($name) = @_;
    return ok($node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM workflow_jobs)'),
        $name);
}

sub value { my ($sql) = @_; return $node->safe_psql('postgres', $sql) }

# The calls of a model by outcome: "ok 3, rate_limited 1".
sub outcomes {
    my ($model) = @_;
    return value("SELECT coalesce(string_agg(outcome || ' ' || n, ', ' ORDER BY outcome), '') "
            . "FROM (SELECT outcome, count(*) AS n FROM llm_calls WHERE model = '$model' GROUP BY 1) c");
}

# How many calls the outage met.
sub met_outage { return scalar grep { $_->{fault} =~ /s503/ } @{ read_bill($sim) } }

# ---- Rate limits ---------------------------------------------------------------------------------
# The server option says it.
create_server('told', "$sim->{url}/told/rpm/600", "requests_per_minute '600'");
submit('told', 40, 'told');
all_end('jobs over a limit that is set all end');
is(outcomes('told'), 'ok 40', 'no call is made that would be refused');
is(value("SELECT count(*) FROM workflow_requests WHERE prompt LIKE 'told%' AND status = 'succeeded'"),
    40, 'and all succeed');

# Nobody says it: the headers do.
create_server('learned', "$sim->{url}/learned/rpm/120");
submit('learned', 1, 'first');
all_end('the first call learns the limit');
my $before = simulator_stats($sim)->{rate_limited};
submit('learned', 125, 'learned');
all_end('jobs over a limit that was learned all end');
my $refused = simulator_stats($sim)->{rate_limited} - $before;
cmp_ok($refused, '<=', 6, "few calls are refused: $refused");
is(value("SELECT count(*), count(*) FILTER (WHERE status = 'succeeded') FROM workflow_requests "
            . "WHERE prompt LIKE 'learned%'"),
    '125|125', 'all succeed');
is(value('SELECT count(*) FROM workflow_requests r WHERE (SELECT count(*) FROM llm_calls c '
            . "WHERE c.request_id = r.request_id AND c.outcome = 'ok') <> 1"),
    0, 'each job has one call that was answered');

# Tokens: an answer takes about 1,500.
create_server('tokens', "$sim->{url}/tokens/tpm/30000");
submit('tokens', 1, 'first');
all_end('the first call learns the limit of tokens');
$before = simulator_stats($sim)->{rate_limited};
submit('tokens', 12, 'tokens');
all_end('jobs over a limit of tokens all end');
cmp_ok(simulator_stats($sim)->{rate_limited} - $before, '<=', 3, 'few are refused');
is(value("SELECT count(*) FROM workflow_requests WHERE prompt LIKE 'tokens%' AND status = 'succeeded'"),
    12, 'all succeed');

# ---- Concurrency ---------------------------------------------------------------------------------
# The most in flight is that of a simulator of its own.
my $narrow_sim = start_simulator($node, delay_ms => 100, bill => $sim->{bill});
create_server('narrow', $narrow_sim->{url}, "max_concurrency '5'");
$node->append_conf('postgresql.conf', 'llm_workflow.workers_per_database = 2');
$node->reload;
submit('narrow', 40, 'narrow');
ok($node->poll_query_until('postgres', "SELECT count(*) = 2 FROM pg_stat_activity "
            . "WHERE backend_type = 'llm_workflow worker'"), 'two workers run');
all_end('jobs of a server with max_concurrency all end');
is(simulator_stats($narrow_sim)->{peak_in_flight}, 5, 'five at once, of both workers together');

# ---- Circuits ------------------------------------------------------------------------------------
create_server('down', "$sim->{url}/down");
create_server('other', "$sim->{url}/other");
sub generate {
    my ($prompt, $fallbacks) = @_;
    my $result = psql_error($node, 'postgres', <<"SQL");
SET llm_workflow.primary_model = 'down';
SET llm_workflow.fallback_models = '$fallbacks';
SET llm_workflow.enable_fallback = on;
SET llm_workflow.max_retries = 0;
SELECT generate_workflow('$prompt') ->> 'request_id' AS id \\gset
SELECT generator_used, fallback_reason FROM workflow_requests WHERE request_id = :'id';
SQL
    return $result;
}
sub circuit {
    my ($server) = @_;
    return value("SELECT state FROM llm_endpoint_status WHERE server = '$server' AND model = '$server'");
}
sub events {
    return value("SELECT string_agg(substr(action, 9), ' ' ORDER BY \"timestamp\", event_id) "
            . "FROM audit_logs WHERE action LIKE 'CIRCUIT%' AND details ->> 'server' = 'down'");
}

is(generate('works', 'other')->{out}, 'down|', 'a server that works answers');
is(circuit('down'), 'closed', 'its circuit is closed');
order('/down', 'faults/s503:none');
is(generate("outage $_", 'other')->{out}, 'other|api_error', "failure $_ moves on") foreach 1 .. 5;
is(circuit('down'), 'open', 'failures in a row open the circuit');
my $calls = met_outage();
is(generate('while open', 'other')->{out}, 'other|circuit_open', 'the fallback says why');
is(met_outage(), $calls, 'a server that is down is left alone');
my $nothing_left = generate('nowhere to go', '');
is($nothing_left->{sqlstate}, 'LW008', 'without a fallback the error says so')
    || diag($nothing_left->{err});

# After the cool-down one call looks whether the server is back.
ok($node->poll_query_until('postgres',
        "SELECT state = 'open' AND coalesce(retry_at <= now(), true) FROM llm_endpoint_status "
            . "WHERE server = 'down' AND model = 'down'"),
    'the view says when it may be tried again');
order('/down', 'faults/s503:none+delay:300');
$calls = met_outage();
my @clients = start_clients(4, $node, 'postgres', "SET llm_workflow.primary_model = 'down'; "
        . "SET llm_workflow.fallback_models = 'other'; SET llm_workflow.enable_fallback = on; "
        . "SET llm_workflow.max_retries = 0; SELECT generate_workflow('probe') ->> 'request_id'");
$_->end foreach @clients;
is(met_outage() - $calls, 1, 'one call probes, the others go elsewhere');
is(circuit('down'), 'open', 'the probe failed: open again');
order('/down', 'clear');
ok($node->poll_query_until('postgres',
        "SELECT state = 'open' AND coalesce(retry_at <= now(), true) FROM llm_endpoint_status "
            . "WHERE server = 'down' AND model = 'down'"),
    'a longer cool-down is over');
is(generate('back', 'other')->{out}, 'down|', 'a probe that is answered');
is(circuit('down'), 'closed', 'closes the circuit');
is(events(), 'OPENED OPENED CLOSED', 'what happened to it are events');
is_quiet($node, 'postgres', $sim, 'nothing is left over');
is_accounted($node, 'postgres', $sim, 'the ledger is the bill');
is(simulator_stats($sim)->{unknown_faults}, 0, 'the faults of this test are known');

stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
$node->stop;
done_testing();
