# When a model is asked again, after which wait, and when it is not: Retry-After in all the forms
# that providers send, limits of retries, and errors that pass.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use FaultMatrix;
use LlmWorkflow;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('retry_after', conf => "llm_workflow.retry_base_delay = '1ms'\n");
my $simulator = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $simulator);
create_ask($node, 'postgres');

my $base_delay = 'llm_workflow.retry_base_delay';
my $timeout = 'llm_workflow.request_timeout';
my $retries = 'llm_workflow.max_retries';
my $once = 'primary gpt-4o-mini ok';
my $again = 'primary gpt-4o-mini rate_limited, retry gpt-4o-mini ok';
my $moved_on = 'primary gpt-4o-mini rate_limited, fallback claude-sonnet-4 ok';
my $unavailable = 'primary gpt-4o-mini api_error';

# name, fault of the primary, calls, [shortest, longest] seconds before the second call, settings.
# The longest wait is that of a wrong reading with much room for a slow machine. A base delay of a
# minute makes a wait by our own choice too long to be taken for the provider's; only faults whose
# header must be ignored have the default of this test, a millisecond.
my %far = ($base_delay => '1min');
my @cases = (
    [ 'seconds are waited for', 's429:1@first=1', $again, [ 1, 20 ], {%far} ],
    [ 'no wait is asked for by 0', 's429:0@first=1', $again, [ 0, 20 ], {%far} ],
    [ 'decimals are seconds', 's429:0.4@first=1', $again, [ 0.4, 20 ], {%far} ],
    [ 'a date is waited for', 's429:date@first=1', $again, [ 1, 20 ], {%far} ],
    [ 'retry-after-ms is milliseconds', 's429:ms=400@first=1', $again, [ 0.4, 20 ], {%far} ],
    [ 'a server that is unavailable is waited for', 's503:1@first=1',
        "$unavailable, retry gpt-4o-mini ok", [ 1, 20 ], {%far} ],
    [ 'a negative wait is ignored', 's429:negative@first=1', $again, [ 0, 20 ] ],
    [ 'a wait that is no number is ignored', 's429:garbage@first=1', $again, [ 0, 20 ] ],
    [ 'an absurd wait moves on', 's429:absurd', $moved_on, [ 0, 20 ], {%far} ],
    [ 'a wait beyond the timeout moves on', 's429:40', $moved_on, [ 0, 20 ], {%far} ],
    [ 'the timeout of the session is the limit', 's429:3', $moved_on, [ 0, 3 ],
        { %far, $timeout => '2s' } ],
    [ 'a wait beyond it is not cut short on 503', 's503:40',
        "$unavailable, fallback claude-sonnet-4 ok", [ 0, 20 ], {%far} ],
    [ 'a used up quota is not asked again', 'quota', $moved_on, [ 0, 20 ], {%far} ],
    [ 'without retries the next model is asked', 's429', $moved_on, [ 0, 20 ], { $retries => 0 } ],
    [ 'one retry is one', 's429@first=2',
        'primary gpt-4o-mini rate_limited, retry gpt-4o-mini rate_limited, '
            . 'fallback claude-sonnet-4 ok', [ 0, 20 ], { $retries => 1 } ],
    [ 'no base delay is no wait', 's429@first=1', $again, [ 0, 20 ], { $base_delay => 0 } ],
);

# ---- Errors that pass: the same model answers, and that is no fallback ---------------------------
my %outcome_of = (s429 => 'rate_limited');
foreach my $fault (qw(s408 s409 s429 s500 s502 s503 s504 s529 reset close reset_body truncated)) {
    my $outcome = $outcome_of{$fault} // 'api_error';
    push @cases, [ "$fault twice, then an answer", "$fault\@first=2",
        "primary gpt-4o-mini $outcome, retry gpt-4o-mini $outcome, retry gpt-4o-mini ok",
        [ 0, 20 ] ];
}
push @cases, [ 'a right answer is not asked for again', 's500@after=1', $once ];

# Labels (#) give each case a count of its own.
my $number = 0;
my @questions = map {
    my ($name, $fault, undef, undef, $settings) = @$_;
    $number++;
    my $prompt = "[[sim-openai:$fault#$number]] Sort the mail";
    { name => $name, prompt => $prompt, settings => $settings };
} @cases;
ask_all($node, 'postgres', 7, @questions);

sub calls_of {
    my ($seen) = @_;
    return join ', ', map { "$_->{purpose} $_->{model} $_->{outcome}" } @{ $seen->{calls} };
}

my $seen = outcomes($node, 'postgres');
foreach my $case (@cases) {
    my ($name, undef, $calls, $gap) = @$case;
    my $came = $seen->{$name};
    is(calls_of($came), $calls, "$name: calls") or diag($came->{message} // 'no error');
    is($came->{state}, '00000', "$name: no error");
    my $same_model = $calls !~ /fallback/;
    is($came->{request}{generator_used}, $same_model ? 'gpt-4o-mini' : 'claude-sonnet-4',
        "$name: generator_used is who answered");
    my $reason = $same_model ? undef : $calls =~ /rate_limited/ ? 'rate_limited' : 'api_error';
    is($came->{request}{fallback_reason}, $reason, "$name: a retry is no fallback");
    is(exists $came->{result}{fallback_reason} ? 1 : 0, $same_model ? 0 : 1,
        "$name: the result says the same");
    next unless $gap;
    my $waited = $came->{calls}[1]{gap};
    ok($waited >= $gap->[0] && $waited < $gap->[1],
        "$name: the second call is not made before $gap->[0] s nor after $gap->[1] s")
        or diag("after $waited s");
}

# ---- The fallback is asked again as well ---------------------------------------------------------
my $both = ask($node, 'postgres', 'the fallback is asked again',
    '[[sim-openai:s400]] [[sim-anthropic:s529@first=2#again]] Sort the mail');
is(calls_of($both), 'primary gpt-4o-mini api_error, fallback claude-sonnet-4 api_error, '
        . 'retry claude-sonnet-4 api_error, retry claude-sonnet-4 ok',
    'the retries of the primary are not counted against the fallback');
is($both->{request}{fallback_reason}, 'api_error', 'its retries do not hide why it was asked');
is_deeply([ map { $_->{attempt} } @{ $both->{calls} } ], [ 1 .. 4 ], 'attempts have no gaps');

my $worn = ask($node, 'postgres', 'both are worn out',
    '[[sim-openai:s429:ms=1]] [[sim-anthropic:s429:ms=1]] Sort the mail', $retries => 1);
is($worn->{state}, 'LW004', 'a rate limit of the last model is told apart from other errors');
is(scalar @{ $worn->{calls} }, 4, 'both models have their own retries');

# ---- Waits that nobody asked for stay within bounds ----------------------------------------------
ask_all($node, 'postgres', 5, map { {
    name => "jitter $_",
    prompt => "[[sim-openai:s500\@first=2#jitter$_]] Sort the mail",
    settings => { $base_delay => '40ms' },
} } 1 .. 20);
$seen = outcomes($node, 'postgres');
my @gaps = map { $seen->{"jitter $_"}{calls}[1]{gap} } 1 .. 20;
my %different = map { int($_ * 1000) => 1 } @gaps;
cmp_ok(scalar keys %different, '>', 3, 'waits are random: clients do not come back all at once');

# ---- The bill ------------------------------------------------------------------------------------
is_deeply(bill_problems($node, 'postgres', $simulator), {},
    'retries: the ledger does not differ from the bill');
is($node->safe_psql('postgres', 'SELECT count(*) FROM llm_call_intents'), 0,
    'retries leave no intent behind');
is($node->safe_psql('postgres', "SELECT count(*) FROM audit_logs a JOIN workflow_requests r "
            . "USING (request_id) WHERE a.action = 'WORKFLOW_GENERATION_FALLBACK' "
            . 'AND r.fallback_reason IS NULL'), 0, 'no retry is reported as a fallback');
is(simulator_stats($simulator)->{unknown_faults}, 0, 'no fault of this test is misspelt');

done_testing();
