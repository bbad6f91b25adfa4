package FaultMatrix;

# Asks many named questions at once and tells what came of each: the error that the caller saw, the
# request, its calls, and whether the ledger says what the simulated providers billed.
#
#   create_ask($node, 'postgres');
#   ask_all($node, 'postgres', 8, { name => 's500', prompt => '[[sim:s500]] Sort the mail' }, ...);
#                                                     # and settings => {...}, services => [...]
#   my $seen = outcomes($node, 'postgres');            # by name
#   my $wrong = bill_problems($node, 'postgres', $sim);
#
# The name of a question stands in the tags of its request, so that rows and questions meet again.

use strict;
use warnings;

use Exporter 'import';
use HTTP::Tiny ();
use IO::Socket::INET;
use IPC::Run ();
use JSON::PP ();
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;

use LlmWorkflow;

our @EXPORT = qw(
    create_ask ask ask_all start_session finish_session outcomes bill_problems simulator_stats
    start_capture sql_literal
);

my $json = JSON::PP->new->utf8;

# The table asked and the function ask(name, prompt, settings, services): calls generate_workflow
# under the settings and keeps its result or its error.
sub create_ask {
    my ($node, $database) = @_;
    $node->safe_psql($database, <<'SQL');
CREATE TABLE asked (name text PRIMARY KEY, state text NOT NULL, message text, detail text,
                    hint text, result jsonb);
CREATE FUNCTION ask(name text, prompt text, settings jsonb, services text[] DEFAULT '{}')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    answer jsonb;
    message text;
    detail text;
    hint text;
BEGIN
    PERFORM set_config(key, value, true) FROM jsonb_each_text(settings);
    answer := generate_workflow(prompt, services, tags => jsonb_build_object('name', name));
    INSERT INTO asked VALUES (name, '00000', NULL, NULL, NULL, answer);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
                            hint = PG_EXCEPTION_HINT;
    INSERT INTO asked VALUES (name, SQLSTATE, message, detail, hint, NULL);
END
$$;
SQL
    return;
}

sub sql_literal {
    my ($text) = @_;
    $text =~ s/'/''/g;
    return "'$text'";
}

sub _ask_statement {
    my ($question) = @_;
    my $settings = $json->encode($question->{settings} // {});
    my $services = join ',', @{ $question->{services} // [] };
    return 'SELECT ask(' . join(', ', map { sql_literal($_) } $question->{name},
        $question->{prompt}, $settings, "{$services}") . ");\n";
}

# Starts psql on a script and returns at once; finish_session() waits for it and returns all that it
# wrote. Files in between, because a session must not depend on being read from.
sub start_session {
    my ($node, $database, $script) = @_;
    my $folder = PostgreSQL::Test::Utils::tempdir();
    append_to_file("$folder/script", $script);
    my $harness = IPC::Run::start(
        [ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr($database), '-f', "$folder/script" ],
        '>', "$folder/output", '2>&1');
    return { harness => $harness, output => "$folder/output" };
}

sub finish_session {
    my ($session) = @_;
    $session->{harness}->finish;
    return slurp_file($session->{output});
}

# Asks all questions, spread over that many sessions at once.
sub ask_all {
    my ($node, $database, $sessions, @questions) = @_;
    my @scripts = ('') x $sessions;
    my $next = 0;
    $scripts[ $next++ % $sessions ] .= _ask_statement($_) foreach @questions;
    my @running = map { start_session($node, $database, $_) } grep { length } @scripts;
    my $complaints = join '', map { finish_session($_) } @running;
    $complaints =~ s/^\n//mg;
    BAIL_OUT("a session of ask_all() failed: $complaints") if $complaints =~ /\S/;
    return;
}

# Asks one question and returns what outcomes() says of it.
sub ask {
    my ($node, $database, $name, $prompt, %settings) = @_;
    ask_all($node, $database, 1, { name => $name, prompt => $prompt, settings => \%settings });
    return outcomes($node, $database)->{$name};
}

# By name: state, message, detail, hint, result as the caller saw them; the row of the request as
# `request`; `calls` in order, each a hash of its columns and `gap`, the seconds since the end of
# the call before it. Costs are texts, exact.
sub outcomes {
    my ($node, $database) = @_;
    my $rows = $node->safe_psql($database, <<'SQL');
SELECT jsonb_build_object(
    'name', a.name, 'state', a.state, 'message', a.message, 'detail', a.detail, 'hint', a.hint,
    'result', a.result,
    'request', to_jsonb(r) || jsonb_build_object('cost_usd', r.cost_usd::text),
    'calls', coalesce(c.calls, '[]'))
FROM asked a
LEFT JOIN workflow_requests r ON r.tags ->> 'name' = a.name
LEFT JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object('cost_usd', c.cost_usd::text)
                     ORDER BY c.attempt) AS calls
    FROM (SELECT *, extract(epoch FROM started_at - lag(finished_at) OVER (ORDER BY attempt)) AS gap
          FROM llm_calls WHERE llm_calls.request_id = r.request_id) AS c
) AS c ON true
SQL
    my %seen;
    foreach my $line (split /\n/, $rows) {
        my $row = $json->decode($line);
        $seen{ $row->{name} } = $row;
    }
    return \%seen;
}

# What is wrong between the ledger and the bill, by name; '' is for what belongs to no question.
# Nothing is wrong when each call has one line of the bill and the other way round, and
#  - reported: tokens are the bill's, and the cost is that of the bill's tokens, to the last digit;
#  - estimated: the cost is not below that of the bill;
#  - unbilled: the bill says so too.
# A call may lack its line only when `unseen_allowed` is given and its connection was lost: a
# request written to a dead connection never arrived.
sub bill_problems {
    my ($node, $database, $simulator, %options) = @_;
    my $unseen = $options{unseen_allowed} ? 'true' : 'false';
    my $values = join ",\n", map {
        "('$_->{attempt_id}', $_->{input_tokens}, $_->{output_tokens}, $_->{billed})"
    } @{ read_bill($simulator) };
    my $filled = length $values ? "INSERT INTO bill VALUES $values;" : '';
    my $server = sql_literal($simulator->{url});
    my $rows = $node->safe_psql($database, <<"SQL");
BEGIN;
CREATE TEMP TABLE bill (attempt_id text, input bigint, output bigint, billed int) ON COMMIT DROP;
$filled
WITH ours AS (
    SELECT c.*, r.tags ->> 'name' AS name
    FROM llm_calls c LEFT JOIN workflow_requests r USING (request_id)
    WHERE c.server IN (SELECT s.srvname FROM pg_foreign_server s
                       WHERE array_to_string(s.srvoptions, ' ') LIKE '%' || $server || '/%')
), priced AS (
    SELECT o.name, o.attempt, o.call_id, o.outcome, o.error_code, o.cost_source, o.cost_usd,
           o.input_tokens, o.output_tokens, b.attempt_id, b.input, b.output, b.billed,
           token_cost(o.model, b.input, b.output, o.cached_input_tokens, o.cache_write_tokens,
                      o.started_at) AS bill_cost
    FROM ours o FULL JOIN bill b ON b.attempt_id = o.call_id::text
), problems AS (
    SELECT name, attempt, CASE
        WHEN call_id IS NULL THEN 'a bill line without a call: ' || attempt_id
        WHEN attempt_id IS NULL AND NOT ($unseen AND outcome = 'api_error'
                                         AND error_code = 'connection_lost'
                                         AND cost_source = 'estimated')
            THEN 'a call without a bill line'
        WHEN attempt_id IS NULL THEN NULL
        WHEN cost_source = 'reported' AND billed = 0 THEN 'reported, but not billed'
        WHEN cost_source = 'reported' AND (input_tokens, output_tokens) <> (input, output)
            THEN format('tokens %s + %s, bill %s + %s', input_tokens, output_tokens, input, output)
        WHEN cost_source = 'reported' AND cost_usd IS DISTINCT FROM bill_cost
            THEN format('cost %s, bill %s', cost_usd, bill_cost)
        WHEN cost_source = 'estimated' AND NOT coalesce(cost_usd >= bill_cost, false)
            THEN format('estimated at %s, below the bill: %s', cost_usd, bill_cost)
        WHEN cost_source = 'unbilled' AND billed = 1 THEN 'said to be unbilled, but billed'
        WHEN cost_source = 'unbilled' AND cost_usd IS DISTINCT FROM 0 THEN 'unbilled with a cost'
    END AS problem
    FROM priced
    UNION ALL
    SELECT NULL, NULL, 'billed ' || count(*) || ' times: ' || attempt_id
    FROM bill GROUP BY attempt_id HAVING count(*) > 1
    UNION ALL
    SELECT r.tags ->> 'name', NULL, 'the request is not the sum of its calls'
    FROM workflow_requests r
    LEFT JOIN LATERAL (
        SELECT sum(input_tokens) AS input, sum(output_tokens) AS output, sum(cost_usd) AS cost,
               bool_or(cost_usd IS NULL) AS unknown
        FROM llm_calls c WHERE c.request_id = r.request_id) AS s ON true
    WHERE (r.input_tokens, r.output_tokens) <> (coalesce(s.input, 0), coalesce(s.output, 0))
       OR r.cost_usd IS DISTINCT FROM CASE WHEN s.unknown THEN NULL ELSE coalesce(s.cost, 0) END
    UNION ALL
    SELECT a.name, NULL, 'the result names another cost than the request'
    FROM asked a JOIN workflow_requests r ON r.tags ->> 'name' = a.name
    WHERE a.result IS NOT NULL
      AND (a.result ->> 'cost_usd')::numeric IS DISTINCT FROM r.cost_usd
)
SELECT coalesce(name, '') || E'\\t' || coalesce('call ' || attempt || ': ', '') || problem
FROM problems WHERE problem IS NOT NULL ORDER BY name, attempt, problem;
COMMIT;
SQL
    my %problems;
    foreach my $line (split /\n/, $rows) {
        my ($name, $problem) = split /\t/, $line, 2;
        push @{ $problems{$name} }, $problem;
    }
    return \%problems;
}

sub simulator_stats {
    my ($simulator) = @_;
    my $reply = HTTP::Tiny->new(proxy => undef, http_proxy => undef, timeout => 30)
        ->get("$simulator->{url}/stats");
    BAIL_OUT("the simulator gives no stats: $reply->{status}") unless $reply->{success};
    return $json->decode($reply->{content});
}

# A server on 127.0.0.1 that keeps each HTTP request it gets and refuses it with status 400.
# The answer: {url, port} with ->requests: a list of {head, body}. It ends with this test.
sub start_capture {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 50, ReuseAddr => 1)
        or BAIL_OUT("cannot listen: $@");
    my $capture = bless { port => $listener->sockport, owner => $$,
            file => PostgreSQL::Test::Utils::tempdir() . '/requests' }, 'FaultMatrix::Capture';
    $capture->{url} = "http://127.0.0.1:$capture->{port}";
    my $parent = $$;
    my $pid = fork() // BAIL_OUT("cannot fork: $!");
    if ($pid == 0) {
        $SIG{TERM} = 'DEFAULT';
        FaultMatrix::Capture::serve($listener, $capture->{file}, $parent);
        POSIX::_exit(0);
    }
    $capture->{pid} = $pid;
    return $capture;
}

package FaultMatrix::Capture;

use strict;
use warnings;

use IO::Select ();

sub serve {
    my ($listener, $file, $parent) = @_;
    my $select = IO::Select->new($listener);
    while (getppid() == $parent) {
        next unless $select->can_read(1);
        my $client = $listener->accept or next;
        my ($head, $length) = ('', 0);
        while (defined(my $line = <$client>)) {
            last if $line =~ /^\r?\n$/;
            $head .= $line;
            $length = $1 if $line =~ /^content-length:\s*(\d+)/i;
        }
        my $body = '';
        read($client, $body, $length) if $length;
        open(my $out, '>>', $file) or last;
        print {$out} unpack('H*', $head), ' ', unpack('H*', $body), "\n";
        close($out);
        print {$client} "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
            . "Content-Length: 2\r\nConnection: close\r\n\r\n{}";
        close($client);
    }
    return;
}

sub requests {
    my ($self) = @_;
    return [] unless -e $self->{file};
    open(my $in, '<', $self->{file}) or die "$self->{file}: $!";
    my @requests;
    while (my $line = <$in>) {
        chomp $line;
        my ($head, $body) = map { pack 'H*', $_ } split / /, $line, -1;
        push @requests, { head => $head, body => $body };
    }
    return \@requests;
}

sub DESTROY {
    my ($self) = @_;
    return unless $self->{pid} && $self->{owner} == $$;
    local ($?, $!);
    kill 'TERM', $self->{pid};
    waitpid($self->{pid}, 0);
    return;
}

1;
