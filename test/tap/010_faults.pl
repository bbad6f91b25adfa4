# Every fault of the simulated providers, on the primary model of either protocol, on the fallback
# and on both. For each: what the caller sees, which calls were made, and that the ledger is the
# bill. Without repairs, which 031_repair.pl is about.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use FaultMatrix;
use LlmWorkflow;
use PostgreSQL::Test::Utils;
use Stats;
use Test::More;

my %sqlstate_of = (
    ok => '00000',
    validation_failed => 'LW001',
    api_error => 'LW002',
    timeout => 'LW003',
    rate_limited => 'LW004',
    truncated => 'LW005',
    refused => 'LW006',
    context_window_exceeded => 'LW007',
);

# fault => [outcome, how often it is asked in all, cost_source, error code of ours if any].
# A fifth element holds what differs when the protocol is anthropic, in the same order.
# At most 700 ms is waited for the faults of %hangs.
my %expected = (
    # The provider refuses: nothing is billed.
    s400 => [ 'api_error', 1, 'unbilled' ],
    s401 => [ 'api_error', 1, 'unbilled', 'authentication_error' ],
    s402 => [ 'api_error', 1, 'unbilled' ],
    s403 => [ 'api_error', 1, 'unbilled', 'permission_error' ],
    s404 => [ 'api_error', 1, 'unbilled' ],
    s408 => [ 'api_error', 3, 'unbilled' ],
    s409 => [ 'api_error', 3, 'unbilled' ],
    s413 => [ 'context_window_exceeded', 1, 'unbilled' ],
    s422 => [ 'api_error', 1, 'unbilled' ],
    s429 => [ 'rate_limited', 3, 'unbilled' ],
    s500 => [ 'api_error', 3, 'unbilled' ],
    s502 => [ 'api_error', 3, 'unbilled' ],
    s503 => [ 'api_error', 3, 'unbilled' ],
    s504 => [ 'api_error', 3, 'unbilled' ],
    s529 => [ 'api_error', 3, 'unbilled' ],
    overloaded => [ 'api_error', 3, 'unbilled' ],
    quota => [ 'rate_limited', 1, 'unbilled' ],
    context => [ 'context_window_exceeded', 1, 'unbilled' ],
    policy => [ 'refused', 1, 'unbilled' ],
    nonjson_413 => [ 'context_window_exceeded', 1, 'unbilled' ],
    echo_key => [ 'api_error', 1, 'unbilled', 'authentication_error' ],
    redirect => [ 'api_error', 1, 'unbilled', 'redirect_not_followed' ],
    'redirect:301' => [ 'api_error', 1, 'unbilled', 'redirect_not_followed' ],
    'redirect:307' => [ 'api_error', 1, 'unbilled', 'redirect_not_followed' ],
    'redirect:308' => [ 'api_error', 1, 'unbilled', 'redirect_not_followed' ],

    # The document.
    'items:40' => [ 'ok', 1, 'reported' ],
    fenced => [ 'ok', 1, 'reported' ],
    prose => [ 'ok', 1, 'reported' ],
    think => [ 'ok', 1, 'reported' ],
    trailing_comma => [ 'ok', 1, 'reported' ],
    single_quotes => [ 'ok', 1, 'reported' ],
    comments => [ 'ok', 1, 'reported' ],
    python => [ 'ok', 1, 'reported' ],
    json_in_string => [ 'ok', 1, 'reported' ],
    'say:7b7d' => [ 'validation_failed', 1, 'reported' ],
    elided => [ 'validation_failed', 1, 'reported' ],
    two_objects => [ 'validation_failed', 1, 'reported' ],
    no_zones => [ 'ok', 1, 'reported' ],
    cycle => [ 'validation_failed', 1, 'reported' ],
    dangling => [ 'validation_failed', 1, 'reported' ],
    bad_service => [ 'validation_failed', 1, 'reported' ],
    two_codes => [ 'validation_failed', 1, 'reported' ],
    bad_steps => [ 'validation_failed', 1, 'reported' ],
    bad_type => [ 'validation_failed', 1, 'reported' ],
    no_steps => [ 'validation_failed', 1, 'reported' ],
    too_many_steps => [ 'validation_failed', 1, 'reported' ],
    missing_operation => [ 'validation_failed', 1, 'reported' ],
    number_bomb => [ 'validation_failed', 1, 'reported' ],
    depth_content => [ 'validation_failed', 1, 'reported' ],
    invalid_utf8 => [ 'api_error', 1, 'reported', 'answer_bad_unicode' ],
    nul => [ 'api_error', 1, 'reported', 'answer_bad_unicode' ],
    u0000 => [ 'api_error', 1, 'reported', 'answer_bad_unicode' ],
    'u0000:inner' => [ 'validation_failed', 1, 'reported' ],
    lone_surrogate => [ 'api_error', 1, 'reported', 'answer_bad_unicode' ],
    'lone_surrogate:inner' => [ 'validation_failed', 1, 'reported' ],

    # Fields around the text.
    refusal => [ 'refused', 1, 'reported' ],
    content_filter => [ 'refused', 1, 'reported' ],
    length => [ 'truncated', 1, 'reported' ],
    window => [ 'truncated', 1, 'reported', undef, ['context_window_exceeded'] ],
    'cut:5' => [ 'truncated', 1, 'reported' ],
    wrong_model => [ 'ok', 1, 'reported' ],
    empty_choices => [ 'api_error', 1, 'reported', 'answer_has_no_text' ],
    null_content => [
        'api_error', 1, 'reported', 'answer_has_no_text',
        [ undef, undef, undef, 'answer_wrong_shape' ]
    ],

    # Usage that cannot be believed is estimated; the document counts all the same.
    usage_missing => [ 'ok', 1, 'estimated' ],
    usage_null => [ 'ok', 1, 'estimated' ],
    usage_negative => [ 'ok', 1, 'estimated' ],
    usage_absurd => [ 'ok', 1, 'estimated' ],
    usage_string => [ 'ok', 1, 'estimated' ],
    usage_float => [ 'ok', 1, 'estimated' ],
    usage_bool => [ 'ok', 1, 'estimated' ],
    usage_huge => [ 'ok', 1, 'estimated' ],
    usage_dup => [ 'ok', 1, 'estimated' ],
    cached => [ 'ok', 1, 'reported' ],

    # Another body.
    content_type => [ 'api_error', 1, 'estimated', 'answer_not_json' ],
    wrong_type_json => [ 'ok', 1, 'reported' ],
    not_json => [ 'api_error', 1, 'estimated', 'answer_not_json' ],
    empty => [ 'api_error', 1, 'estimated', 'answer_not_json' ],
    depth_bomb => [ 'api_error', 1, 'estimated', 'answer_too_deep' ],
    error_200 => [ 'api_error', 1, 'estimated', 'error_in_answer' ],

    # The wire.
    hang_headers => [ 'timeout', 1, 'estimated', 'timeout' ],
    hang_body => [ 'timeout', 1, 'estimated', 'timeout' ],
    drip => [ 'timeout', 1, 'estimated', 'timeout' ],
    reset => [ 'api_error', 3, 'estimated', 'connection_lost' ],
    reset_body => [ 'api_error', 3, 'estimated', 'connection_lost' ],
    close => [ 'api_error', 3, 'estimated', 'connection_lost' ],
    truncated => [ 'api_error', 3, 'estimated', 'truncated' ],
    'truncated:full' => [ 'api_error', 3, 'estimated', 'truncated' ],
    overlong => [ 'ok', 1, 'reported' ],
    dup_length => [ 'api_error', 1, 'estimated', 'malformed' ],
    bad_chunk => [ 'api_error', 1, 'estimated', 'malformed' ],
    gzip_bomb => [ 'api_error', 1, 'estimated', 'answer_not_json' ],
    body_1gb => [ 'api_error', 1, 'estimated', 'too_large' ],
    interim => [ 'ok', 1, 'reported' ],
    'interim:200' => [ 'ok', 1, 'reported' ],
    header_flood => [ 'api_error', 1, 'estimated', 'malformed' ],
    'delay:20-60' => [ 'ok', 1, 'reported' ],
    's503+drip:1' => [ 'api_error', 3, 'unbilled' ],
    'length+usage_missing' => [ 'truncated', 1, 'estimated' ],
    'refusal+usage_absurd' => [ 'refused', 1, 'estimated' ],
);
# What the calls for the rest of a document that was cut come to: of what is left half is given each
# time, until no whole step is in it, or five steps, until there are no more.
my %rest = (
    length => [ ('truncated') x 4 ],
    window => [ ('truncated') x 4 ],
    'length+usage_missing' => [ ('truncated') x 4 ],
    'cut:5' => [ 'truncated', 'ok' ],
);
my %hangs = map { $_ => 1 } qw(hang_headers hang_body drip);
my %of_connections = map { $_ => 1 } qw(close_idle dead_reuse);  # tested below, one by one

my @positions = (
    { name => 'primary', chain => [qw(gpt-4o-mini claude-sonnet-4)], faulty => [ 1, 0 ] },
    { name => 'anthropic primary', chain => [qw(claude-sonnet-4 gpt-4o-mini)], faulty => [ 1, 0 ] },
    { name => 'fallback', chain => [qw(gpt-4o-mini claude-sonnet-4)], faulty => [ 0, 1 ] },
    { name => 'both', chain => [qw(gpt-4o-mini claude-sonnet-4)], faulty => [ 1, 1 ] },
);

my %protocol_of = ('gpt-4o-mini' => 'openai', 'claude-sonnet-4' => 'anthropic');

# The row of %expected for a protocol: outcome, times, cost_source, code.
sub expectation {
    my ($fault, $protocol) = @_;
    my @row = @{ $expected{$fault} };
    my $differs = $row[4] // [];
    if ($protocol eq 'anthropic') {
        defined $differs->[$_] and $row[$_] = $differs->[$_] foreach 0 .. 3;
    }
    return @row[ 0 .. 3 ];
}

# The primary that has to fail for the fallback to be asked gives a document that is not valid.
sub prompt_of {
    my ($fault, $position) = @_;
    my @markers;
    foreach my $i (0, 1) {
        my $acting = $position->{faulty}[$i] ? $fault : $i == 0 ? 'bad_steps' : next;
        push @markers, "[[sim-$protocol_of{ $position->{chain}[$i] }:$acting]]";
    }
    return "@markers Process customer orders and send summary emails";
}

sub question {
    my ($fault, $position) = @_;
    my ($primary, $fallback) = @{ $position->{chain} };
    my %settings = (
        'llm_workflow.primary_model' => $primary,
        'llm_workflow.fallback_models' => $fallback,
    );
    $settings{'llm_workflow.request_timeout'} = '700ms' if $hangs{$fault};
    return {
        name => "$fault on $position->{name}",
        prompt => prompt_of($fault, $position),
        services => ['mailbox'],
        settings => \%settings,
    };
}

# What must come of a question: state, fallback_reason, generator and the calls.
sub should_be {
    my ($fault, $position) = @_;
    my %result = (state => '00000', fallback_reason => undef, generator => undef, calls => []);
    foreach my $i (0, 1) {
        my $model = $position->{chain}[$i];
        my ($outcome, $times, $source, $code) =
              $position->{faulty}[$i] ? expectation($fault, $protocol_of{$model})
            : $i == 0                 ? ('validation_failed', 1, 'reported')
            :                           ('ok', 1, 'reported');
        my $first = $i == 0 ? 'primary' : 'fallback';
        foreach my $time (1 .. $times) {
            my $purpose = $time == 1 ? $first : 'retry';
            push @{ $result{calls} },
                join ' ', $purpose, $model, $outcome, $source, defined $code ? $code : ();
        }
        my @rest = $position->{faulty}[$i] && $outcome eq 'truncated' ? @{ $rest{$fault} } : ();
        push @{ $result{calls} }, "batch $model $_ $source" foreach @rest;
        $outcome = $rest[-1] if @rest;
        $result{state} = $sqlstate_of{$outcome};
        if ($outcome eq 'ok') {
            $result{generator} = $model;
            last;
        }
        $result{fallback_reason} = $outcome if $i == 0;
    }
    return \%result;
}

# The same of what was seen. An error code is shown where the expectation names one.
sub came_of {
    my ($seen, $should) = @_;
    my @calls;
    foreach my $call (@{ $seen->{calls} }) {
        my $wanted = $should->{calls}[@calls] // '';
        my $with_code = (split / /, $wanted) > 4;
        push @calls, join ' ', @$call{qw(purpose model outcome cost_source)},
            $with_code ? $call->{error_code} // '-' : ();
    }
    return {
        state => $seen->{state},
        fallback_reason => $seen->{request}{fallback_reason},
        generator => $seen->{request}{generator_used},
        calls => \@calls,
    };
}

# The names of the catalogue, from its source.
sub catalogue {
    my $source = slurp_file("$FindBin::RealBin/../provider/fault.cpp");
    return sort $source =~ /^\s+\{"(\w+)", FaultId::/mg;
}

my $node = new_node('faults', conf => <<'CONF');
llm_workflow.retry_base_delay = '1ms'
llm_workflow.repair_attempts = 0
CONF
my $simulator = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $simulator);
create_ask($node, 'postgres');

# ---- Nothing of the catalogue is left out --------------------------------------------------------
my %tested = map { /^(\w+)/ => 1 } keys %expected;
is_deeply([ grep { !$tested{$_} && !$of_connections{$_} } catalogue() ], [],
    'no fault of the catalogue lacks an expectation');

# ---- The matrix ----------------------------------------------------------------------------------
my @faults = sort { ($hangs{$b} // 0) <=> ($hangs{$a} // 0) || $a cmp $b } keys %expected;
my @questions;
foreach my $fault (@faults) {
    push @questions, question($fault, $_) foreach @positions;
}
ask_all($node, 'postgres', 8, @questions);

my $seen = outcomes($node, 'postgres');
my $problems = bill_problems($node, 'postgres', $simulator);
foreach my $fault (@faults) {
    foreach my $position (@positions) {
        my $name = "$fault on $position->{name}";
        my $should = should_be($fault, $position);
        is_deeply(came_of($seen->{$name}, $should), $should,
            "$name: calls, fallback_reason and SQLSTATE are right")
            or diag($seen->{$name}{message} // "no error");
        is_deeply($problems->{$name} // [], [], "$name: the ledger does not differ from the bill");
    }
}
is_deeply($problems->{''} // [], [], 'no line of the bill is without its call');

# ---- What the faults leave behind ----------------------------------------------------------------
my @errors = grep { $_->{state} ne '00000' } values %$seen;
my @hiding = grep { ($_->{detail} // '') !~ /gpt-4o-mini.*claude-sonnet-4/s } @errors;
is_deeply([ map { $_->{name} } @hiding ], [],
    'no error hides one of its calls in its detail');
is_deeply([ map { $_->{name} } grep { $_->{request}{error_code} ne $_->{state} } @errors ], [],
    'no request is stored with another SQLSTATE than the caller saw');
is($node->safe_psql('postgres', 'SELECT count(*) FROM llm_call_intents'), 0,
    'no fault leaves an intent behind');
is($node->safe_psql('postgres', "SELECT count(*) FROM workflow_requests WHERE status = 'running'"),
    0, 'no fault leaves a request running');
is($node->safe_psql('postgres', <<'SQL'), 0, 'a request has either a document or an error');
SELECT count(*) FROM workflow_requests
WHERE (status = 'succeeded') IS DISTINCT FROM (document IS NOT NULL)
   OR (status = 'succeeded') IS DISTINCT FROM (error_code IS NULL)
SQL
is($node->safe_psql('postgres', <<'SQL'), '', 'no fallback is without its event, and none has two');
SELECT r.tags ->> 'name'
FROM workflow_requests r
LEFT JOIN audit_logs e ON e.request_id = r.request_id AND e.action = 'WORKFLOW_GENERATION_FALLBACK'
GROUP BY r.request_id, r.tags, r.fallback_reason
HAVING count(e.event_id) <> CASE WHEN r.fallback_reason IS NULL THEN 0 ELSE 1 END
    OR bool_or(e.details ->> 'reason' <> r.fallback_reason)
SQL
is($node->safe_psql('postgres', <<'SQL'), '', 'tokens_wasted is what the primary reported');
SELECT r.tags ->> 'name', e.details ->> 'tokens_wasted', c.tokens
FROM workflow_requests r
JOIN audit_logs e ON e.request_id = r.request_id AND e.action = 'WORKFLOW_GENERATION_FALLBACK'
CROSS JOIN LATERAL (
    SELECT coalesce(sum(input_tokens + output_tokens), 0) AS tokens
    FROM llm_calls c
    WHERE c.request_id = r.request_id AND c.model = e.details ->> 'primary_model'
      AND c.cost_source = 'reported') AS c
WHERE (e.details ->> 'tokens_wasted')::bigint <> c.tokens
SQL

is($seen->{'wrong_model on primary'}{calls}[0]{returned_model}, 'gpt-3.5-turbo-0125',
    'a model that the provider put in place of ours is on record');
foreach my $name ('cached on primary', 'cached on anthropic primary') {
    is($seen->{$name}{calls}[0]{cached_input_tokens}, 1024, "$name: cached tokens are not lost");
}
is_deeply($seen->{'bad_steps on primary'}{calls}[0]{validation_codes}, ['E02'],
    'the reason why a document was refused is on record');
is($node->safe_psql('postgres', 'SELECT count(*) FROM llm_calls WHERE error_message LIKE '
            . "'%simulated-key%'"), 0, 'a key that the provider repeats is not stored');

my $stats = simulator_stats($simulator);
is($stats->{unknown_faults}, 0, 'no fault of this test is misspelt');
is($stats->{redirects_followed}, 0, 'no redirect is followed');
my $bill = read_bill($simulator);
my %acted = map { $_ => 1 } map { split /\+/, $_->{fault} } @$bill;
is_deeply([ grep { !$acted{$_} } grep { !$of_connections{$_} } catalogue() ], [],
    'no fault stayed without effect');

# ---- Connections that die between two requests ---------------------------------------------------
# Each fault has a provider of its own, so that no other request disturbs its connections.
foreach my $fault (qw(close_idle dead_reuse)) {
    my $other = start_simulator($node);
    create_sim_servers($node, 'postgres', $other, prefix => $fault, path => "/f/$fault");
    $node->safe_psql('postgres', "UPDATE llm_models SET server = '${fault}_' || "
            . "CASE WHEN name LIKE 'claude%' THEN 'anthropic' ELSE 'openai' END "
            . "WHERE name IN ('gpt-4o-mini', 'claude-sonnet-4')");
    ask_all($node, 'postgres', 1,
        map { { name => "$fault $_", prompt => 'Sort the mail', settings => {} } } 1 .. 30);
    ask_all($node, 'postgres', 6,
        map { { name => "$fault $_", prompt => 'Sort the mail', settings => {} } } 31 .. 150);
    my $wrong = bill_problems($node, 'postgres', $other, unseen_allowed => 1);
    is_deeply($wrong, {}, "$fault: no request is sent twice, and the ledger is the bill");
    my $lines = read_bill($other);
    cmp_ok(scalar @$lines, '>=', 150, "$fault: the requests arrived");
    my $after = outcomes($node, 'postgres');
    my @failed = grep { $_->{name} =~ /^$fault / && $_->{state} ne '00000' } values %$after;
    is_deeply([ map { "$_->{name}: $_->{state} $_->{message}" } @failed ], [],
        "$fault: no request fails because a connection died");
    if ($fault eq 'dead_reuse') {
        ok(scalar(grep { $_->{fault} eq 'dead_reuse' } @$lines),
            'dead_reuse: it acted, so connections are reused');
    }
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM llm_call_intents'), 0,
    'dead connections leave no intent behind');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');

done_testing();
