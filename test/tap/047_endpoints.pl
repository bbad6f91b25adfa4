# Limits and circuits of endpoints: calls wait for their server, for the rate and after a 429 without
# using up anything; a server that is down is left alone but for one probe at a time.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos;
use FaultMatrix qw(start_session finish_session);
use IO::Socket::INET;
use JSON::PP ();
use LlmWorkflow;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = new_node('limits', conf => <<'CONF');
llm_workflow.fallback_models = ''
llm_workflow.max_retries = 0
CONF
my $sim = start_simulator($node);
create_extension($node, 'postgres');

sub query { return $node->safe_psql('postgres', @_) }

# A model of that name at a server of its own, so that no case sees the limits of another one.
sub create_endpoint {
    my ($name, $path, $options) = @_;
    $options = defined $options ? ", $options" : '';
    query(<<"SQL");
CREATE SERVER $name FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url '$sim->{url}/$name$path/v1', requires_key 'true'$options);
CREATE USER MAPPING FOR PUBLIC SERVER $name OPTIONS (api_key 'simulated-key');
INSERT INTO llm_models (name, server, remote_name, context_window, max_output_tokens)
VALUES ('$name', '$name', 'gpt-4o-mini', 128000, 4096);
INSERT INTO llm_model_prices (model, input_per_million, output_per_million) VALUES ('$name', 0, 0);
SQL
    return;
}

sub request {
    my ($model, $settings) = @_;
    return "SET llm_workflow.primary_model = '$model'; " . ($settings // '')
        . "SELECT coalesce(generate_workflow('Sort the mail', throw_on_error => false) "
        . "#>> '{error,code}', 'ok');\n";
}

# How one request ends.
sub ask { return query(request(@_)) }

# How that many requests at once end, sorted.
sub ask_at_once {
    my ($count, $model) = @_;
    my @sessions = map { start_session($node, 'postgres', request($model)) } 1 .. $count;
    return sort map { my $out = finish_session($_); $out =~ s/\s+$//; $out } @sessions;
}

sub status {
    my ($model, $columns) = @_;
    return query("SELECT $columns FROM llm_endpoint_status WHERE model = '$model'");
}

sub sent { my ($model) = @_; return query("SELECT count(*) FROM llm_calls WHERE model = '$model'") }

sub events {
    my ($model) = @_;
    return query('SELECT string_agg(action, \' \' ORDER BY "timestamp", event_id) FROM audit_logs '
            . "WHERE action LIKE 'CIRCUIT%' AND details ->> 'model' = '$model'");
}

# ---- Places of a server --------------------------------------------------------------------------
create_endpoint('places', '/d/100', "max_concurrency '3'");
is_deeply([ ask_at_once(12, 'places') ], [ ('ok') x 12 ], 'calls wait for a place, none fails');
is(simulator_stats($sim)->{peak_in_flight}, 3, 'no more than max_concurrency are with the server');
is(status('places', 'in_flight, held'), '0|0', 'all places are free again');

# ---- Requests per minute -------------------------------------------------------------------------
create_endpoint('rate', '', "requests_per_minute '60'");
my $began = time();
my @sessions = map { start_session($node, 'postgres', request('rate')) } 1 .. 8;
ok(poll_until(sub { status('rate', 'held > 0') eq 't' }, 30), 'calls over the rate are held');
finish_session($_) foreach @sessions;
cmp_ok(time() - $began, '>=', 1, 'a burst of a tenth of the minute, then one each second');
is(query("SELECT count(*), max(attempt), string_agg(DISTINCT outcome, ',') FROM llm_calls "
            . "WHERE model = 'rate'"), '8|1|ok', 'waiting uses up no attempt');
is(status('rate', 'remaining_requests'), 52, 'the view says what is left');

# ---- 429 -----------------------------------------------------------------------------------------
create_endpoint('limited', '/f/s429:2@first=1');
is(ask('limited'), 'LW004', 'the call that got a 429 fails');
is(status('limited', 'retry_at > now(), state'), 't|closed', 'its endpoint waits, and is not down');
is_deeply([ ask_at_once(3, 'limited') ], [ ('ok') x 3 ], 'later calls wait, and then are answered');
is(query(<<'SQL'), 't', 'none of them left before Retry-After was over');
SELECT min(started_at) FILTER (WHERE outcome = 'ok')
       >= max(finished_at) FILTER (WHERE outcome <> 'ok') + interval '1.9 s'
FROM llm_calls WHERE model = 'limited'
SQL

# ---- Limits that a provider tells ----------------------------------------------------------------
# 20 requests and 10 more each second; each answer says what is left, as OpenAI's do. Returns the URL.
# Each request leaves its status in the file.
sub start_limited_provider {
    my ($file, $document) = @_;
    my ($limit, $per_second) = (20, 10);
    my $ok = JSON::PP::encode_json({ id => 'x', model => 'm', choices => [ { index => 0,
                message => { role => 'assistant', content => $document }, finish_reason => 'stop' } ],
        usage => { prompt_tokens => 10, completion_tokens => 10, total_tokens => 20 } });
    my $refusal = '{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}';
    my $listener = IO::Socket::INET->new(Listen => 128, LocalAddr => '127.0.0.1', Proto => 'tcp')
        or BAIL_OUT("cannot listen: $!");
    my $pid = fork() // BAIL_OUT("cannot fork: $!");
    if ($pid == 0) {
        my ($level, $at) = ($limit, time());
        while (my $socket = $listener->accept) {
            my $request = '';
            until ($request =~ /^content-length: (\d+).*?\r\n\r\n(.*)/ims && length $2 >= $1) {
                sysread($socket, $request, 65536, length $request) or last;
            }
            my $now = time();
            $level += $per_second * ($now - $at);
            ($level, $at) = ($level > $limit ? $limit : $level, $now);
            my $fits = $level >= 1;
            $level -= 1 if $fits;
            my ($status, $body) = $fits ? ('200 OK', $ok) : ('429 Too Many Requests', $refusal);
            append_to_file($file, "$status\n");
            print {$socket} "HTTP/1.1 $status\r\nContent-Type: application/json\r\n"
                . "Connection: close\r\nContent-Length: " . length($body) . "\r\n"
                . "x-ratelimit-limit-requests: $limit\r\n"
                . 'x-ratelimit-remaining-requests: ' . int($level) . "\r\n"
                . 'x-ratelimit-reset-requests: ' . int(($limit - $level) * 1000 / $per_second)
                . "ms\r\n\r\n$body";
            close $socket;
        }
        POSIX::_exit(0);
    }
    return ('http://127.0.0.1:' . $listener->sockport . '/v1', $pid);
}

my $statuses = $node->basedir . '/statuses';
my $document = query("SET llm_workflow.primary_model = 'builtin-draft'; "
        . "SELECT jsonb_build_object('pilot_steps', generate_workflow('Sort mail') -> 'pilot_steps')");
my ($url, $provider) = start_limited_provider($statuses, $document);
create_endpoint('learned', '');
query("ALTER SERVER learned OPTIONS (SET base_url '$url')");
my $ten = join '', map { request('learned', 'SET llm_workflow.max_retries = 2; ') } 1 .. 10;
@sessions = map { start_session($node, 'postgres', $ten) } 1 .. 8;
my $answers = join '', map { finish_session($_) } @sessions;
kill 'KILL', $provider;
waitpid $provider, 0;
is($answers, "ok\n" x 80, 'all requests to a provider with a limit are answered');
my $refused = () = slurp_file($statuses) =~ /^429/mg;
cmp_ok($refused, '<=', 4, 'what its answers say keeps calls from being refused');
note("$refused of 80 calls were refused");

# ---- The circuit ---------------------------------------------------------------------------------
create_endpoint('down', '/d/3000/f/s503@first=6');
is_deeply([ ask_at_once(5, 'down') ], [ ('LW002') x 5 ], 'failures are reported');
is(status('down', 'state, error_rate, last_error'), 'open|100.00|HTTP 503', 'five open the circuit');
is(ask('down'), 'LW008', 'then the caller is told at once');
is(sent('down'), 5, 'and nothing is sent');

create_endpoint('spare', '');
is(ask('down', "SET llm_workflow.fallback_models = 'spare'; "), 'ok', 'another model is asked');
is(query("SELECT fallback_reason FROM workflow_requests WHERE generator_used = 'spare'"),
    'circuit_open', 'the request says why');

# How the probe ends.
sub probe {
    ok(poll_until(sub { status('down', 'retry_at IS NULL') eq 't' }, 60), 'the cool-down ends');
    my $session = start_session($node, 'postgres', request('down'));
    ok(poll_until(sub { status('down', 'state') eq 'half_open' }, 60), 'the next call is the probe');
    is(ask('down'), 'LW008', 'others are turned away while it is out');
    (my $end = finish_session($session)) =~ s/\s+$//;
    return $end;
}
is(probe(), 'LW002', 'the probe fails');
is(sent('down'), 6, 'exactly one call went');
is(status('down', "retry_at - now() BETWEEN interval '5 s' AND interval '10 s'"), 't',
    'the next cool-down is twice as long');
is(probe(), 'ok', 'the probe is answered');
is_deeply([ ask_at_once(6, 'down') ], [ ('ok') x 6 ], 'after it all are');
is(status('down', 'state, opened_at IS NULL'), 'closed|t', 'the circuit is closed');
is(events('down'), 'CIRCUIT_OPENED CIRCUIT_OPENED CIRCUIT_CLOSED', 'each change is an event');

# ---- A server that opted out ---------------------------------------------------------------------
create_endpoint('fixed', '/f/s503@first=7', "adaptive 'false'");
is(ask('fixed'), 'LW002', "its failure $_ closes nothing") foreach 1 .. 7;
is(ask('fixed'), 'ok', 'the next call goes');

# ---- A worker that ends --------------------------------------------------------------------------
create_endpoint('slow', '/d/60000', "max_concurrency '1'");
my @waiting = map { start_session($node, 'postgres', request('slow')) } 1 .. 2;
ok(poll_until(sub { status('slow', 'in_flight, held') eq '1|1' }, 60), 'one call goes, one is held');
query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        . "WHERE backend_type = 'llm_workflow worker'");
ok(poll_until(sub { status('slow', 'in_flight, held') eq '0|0' }, 60),
    'a worker that ends takes its counts with it');
finish_session($_) foreach @waiting;

done_testing();
