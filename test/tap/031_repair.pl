# Repairs: a document with errors goes back to its model, told what is wrong and nothing else, when
# that is the cheaper way; and what a repair cost is on record, also when it was of no use.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos qw(start_client wait_for_in_flight is_quiet);
use FaultMatrix qw(create_ask ask outcomes bill_problems simulator_stats);
use LlmWorkflow;
use Stats;
use Test::More;

my $node = new_node('repair', restart_after_crash => 1,
    conf => "llm_workflow.retry_base_delay = '1ms'\n");
my $sim = start_simulator($node, keep_requests => 1);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);
create_ask($node, 'postgres');

my ($cheap, $strong) = qw(gpt-4o-mini claude-sonnet-4);

sub query { return $node->safe_psql('postgres', @_) }

# Asks with these faults under settings (without the prefix); the name is that of the faults.
sub ask_with {
    my ($faults, %settings) = @_;
    my %full = map { ("llm_workflow.$_" => $settings{$_}) } keys %settings;
    return ask($node, 'postgres', join(' ', $faults, %settings), "[[sim:$faults]] Sort the mail",
        %full);
}

sub calls_are {
    my ($seen, $name, @expected) = @_;
    my @calls = map {
        join ' ', $_->{purpose}, $_->{model}, $_->{outcome}, @{ $_->{validation_codes} }
    } @{ $seen->{calls} };
    return is_deeply(\@calls, \@expected, $name) || diag($seen->{message}, $seen->{detail});
}

sub fallback_detail {
    my ($seen) = @_;
    return query("SELECT details ->> 'detail' FROM audit_logs WHERE request_id = "
            . "'$seen->{request}{request_id}' AND action = 'WORKFLOW_GENERATION_FALLBACK'");
}

# ---- Repaired ------------------------------------------------------------------------------------
my $seen = ask_with('two_codes@unless=repair');
calls_are($seen, 'one repair by the same model is enough',
    "primary $cheap validation_failed E06 E02", "repair $cheap ok");
is($seen->{result}{generator_used}, $cheap, 'the primary is the generator');
is($seen->{request}{fallback_reason}, undef, 'a repair is no fallback');
ok(!exists $seen->{result}{fallback_reason}, 'and the result calls it none');
is(fallback_detail($seen), '', 'nor is there an event of one');
ok($seen->{request}{validation_passed}, 'the document is valid');

my ($asked, $repair) = map { $_->{body}{messages} } @{ read_requests($sim) };
is_deeply([@{$repair}[0, 1]], $asked, 'a repair begins as the first call did, for the cache');
is(join(' ', map { $_->{role} } @$repair), 'system user assistant user', 'then comes the answer');
is(scalar(() = $repair->[2]{content} =~ /"id":"step_1"/g), 2, 'as the model gave it');
my @told = split /\n/, $repair->[3]{content};
my @findings = grep { /^E/ } @told;
like($findings[0], qr{^E06 at /pilot_steps/2/depends_on/1: \S}, 'it is told code, path and hint');
like($findings[1], qr{^E02 at /pilot_steps/11/id: \S}, 'of each error');
is(scalar @told, @findings + 2, 'and nothing else but what to do');
unlike($repair->[3]{content}, qr/mail|step_9999/, 'neither the description nor the document again');

$seen = ask_with('bad_type@unless=repair', primary_model => $strong, enable_fallback => 'off');
calls_are($seen, 'Anthropic repairs too', "primary $strong validation_failed E03",
    "repair $strong ok");
is(join(' ', map { $_->{role} } @{ read_requests($sim)->[-1]{body}{messages} }),
    'user assistant user', 'by the same conversation');
$seen = ask_with('elided@unless=repair');
calls_are($seen, 'an answer without a document is repaired',
    "primary $cheap validation_failed document_not_found", "repair $cheap ok");
$seen = ask_with('bad_type@unless=repair+s500@repair@first=1');
calls_are($seen, 'a repair is retried like any call', "primary $cheap validation_failed E03",
    "repair $cheap api_error", "retry $cheap ok");

# ---- Not repaired --------------------------------------------------------------------------------
$seen = ask_with('bad_type@unless=repair', repair_attempts => 0, primary_model => $cheap);
calls_are($seen, 'repair_attempts = 0: no repair', "primary $cheap validation_failed E03",
    "fallback $strong validation_failed E03");
$seen = ask($node, 'postgres', 'stays bad', '[[sim-openai:bad_type]] Sort the mail');
calls_are($seen, 'a repair that is no better leads to the fallback',
    "primary $cheap validation_failed E03", "repair $cheap validation_failed E03",
    "fallback $strong ok");
is("$seen->{request}{fallback_reason} $seen->{result}{generator_used}",
    "validation_failed $strong", 'the request says why');
is(fallback_detail($seen), 'E03', 'the event names the code');
is(query("SELECT details ->> 'tokens_wasted' FROM audit_logs WHERE request_id = "
            . "'$seen->{request}{request_id}' AND action = 'WORKFLOW_GENERATION_FALLBACK'"),
    eval {
        my $sum = 0;
        $sum += $_->{input_tokens} + $_->{output_tokens} foreach @{ $seen->{calls} }[0, 1];
        $sum;
    },
    'the event counts the tokens of the repair among the wasted');
$seen = ask_with('bad_type@unless=repair+dangling@repair@first=1', repair_attempts => 2);
calls_are($seen, 'repair_attempts = 2: a second repair', "primary $cheap validation_failed E03",
    "repair $cheap validation_failed E06", "repair $cheap ok");
$seen = ask_with('bad_type', enable_fallback => 'off');
is($seen->{state}, 'LW001', 'without a fallback the request fails');
like($seen->{detail}, qr/E03.*\n.*E03/, 'and tells of both calls');

# ---- What is cheaper -----------------------------------------------------------------------------
my %expensive_first = (primary_model => $strong, fallback_models => $cheap);
$seen = ask_with('bad_type@first=1', %expensive_first);
calls_are($seen, 'an expensive repair is skipped for a cheap fallback',
    "primary $strong validation_failed E03", "fallback $cheap ok");
is(fallback_detail($seen), 'E03; not repaired: the fallback is expected to cost less',
    'the event says so');
query("INSERT INTO llm_models (name, server) VALUES ('unpriced', 'sim_openai')");
$seen = ask_with('bad_type@unless=repair', primary_model => $strong, fallback_models => 'unpriced');
calls_are($seen, 'against a fallback without a price it is tried',
    "primary $strong validation_failed E03", "repair $strong ok");
$seen = ask_with('bad_type@unless=repair', primary_model => $strong,
    fallback_models => 'builtin-draft');
calls_are($seen, 'a draft by rules is no alternative', "primary $strong validation_failed E03",
    "repair $strong ok");

# ---- On record -----------------------------------------------------------------------------------
is(query(<<'SQL'), 't', 'workflow_validation_failures tells what was repaired');
SELECT sum(repaired) > 0 AND sum(fell_back) > 0 FROM workflow_validation_failures
WHERE model = 'gpt-4o-mini' AND code = 'E03'
SQL
is_deeply(bill_problems($node, 'postgres', $sim), {}, 'the ledger is the bill');

my $prompt = '[[sim:bad_type@unless=repair+hang_headers@repair]] Die in a repair';
my $client = start_client($node, 'postgres', "SELECT generate_workflow('$prompt')");
ok(wait_for_in_flight($sim, 1) && $node->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM llm_call_intents WHERE purpose = 'repair'"),
    'a repair is on the wire');
kill 'KILL', worker_pid($node, 'postgres');
$client->end;
$node->poll_query_until('postgres', 'SELECT true') or BAIL_OUT('the server does not come back');
is_quiet($node, 'postgres', $sim, 'no intent and no running request outlives the worker');
is(query(<<"SQL"), "primary|validation_failed|reported\nrepair|lost|estimated",
SELECT c.purpose, c.outcome, c.cost_source
FROM llm_calls c JOIN workflow_requests r USING (request_id)
WHERE r.prompt = '$prompt' ORDER BY c.attempt
SQL
    'a repair whose worker was killed is on record as lost');
is_deeply(bill_problems($node, 'postgres', $sim), {}, 'and costs what it may have cost');
is(simulator_stats($sim)->{unknown_faults}, 0, 'the faults of this test are known');

stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
$node->stop;
done_testing();
