# Large documents: an answer that was cut is continued, a large one is asked for by outline and in
# parts at once. It stays one request, and each of its calls is accounted for, whatever happens to it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos;
use JSON::PP ();
use LlmWorkflow;
use Stats;
use Test::More;

my $node = new_node('large', restart_after_crash => 1, conf => <<'CONF');
llm_workflow.retry_base_delay = '1ms'
llm_workflow.max_retries = 1
CONF
my $sim = start_simulator($node, keep_requests => 1);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

my ($primary, $fallback) = qw(gpt-4o-mini claude-sonnet-4);
my @steps = map { "step_$_" } 1 .. 30;
my @stages = map { "stage_$_" } 1 .. 30;

sub query { return $node->safe_psql('postgres', @_) }

# Generates and returns the result; dies when that fails.
sub generate {
    my ($prompt, %settings) = @_;
    my $set = join '', map { "SET llm_workflow.$_ = '$settings{$_}';" } keys %settings;
    return JSON::PP::decode_json(query("$set SELECT generate_workflow('$prompt')"));
}

sub ids { return [map { $_->{id} } @{ $_[0] }] }

# The calls of the requests with that prompt, a line each: those of one moment in no order.
sub calls {
    my ($prompt) = @_;
    return query(<<"SQL");
SELECT concat_ws(' ', c.purpose, c.model, c.outcome, c.cost_source) AS call
FROM llm_calls c JOIN workflow_requests r USING (request_id)
WHERE r.prompt = '$prompt' ORDER BY c.purpose = 'batch', c.purpose <> 'primary', call
SQL
}

# One test: the calls with that prompt are these, in the order of calls().
sub calls_are {
    my ($prompt, $name, @expected) = @_;
    return is(calls($prompt), join("\n", @expected), $name);
}

sub requests_since {
    my ($before) = @_;
    my @all = @{ read_requests($sim) };
    return map { $_->{body}{messages} } @all[ $before .. $#all ];
}

# ---- Cut answers ---------------------------------------------------------------------------------
my $prompt = '[[sim:items:25+cut:10]] Do it all';
my $result = generate($prompt);
is_deeply(ids($result->{pilot_steps}), [@steps[0 .. 24]], 'a cut answer is continued, step by step');
calls_are($prompt, 'by further calls of the same request', "primary $primary truncated reported",
    "batch $primary ok reported", "batch $primary truncated reported");
is(query("SELECT count(*), min(status), min(fallback_reason) FROM workflow_requests "
            . "WHERE prompt = '$prompt'"),
    '1|succeeded|', 'which is one request, without a fallback');
my (undef, $second, $third) = requests_since(0);
is_deeply(ids(JSON::PP::decode_json($second->[2]{content})->{pilot_steps}),
    [@steps[0 .. 9]], 'the model is shown what it wrote, but for the half step');
like($third->[-1]{content}, qr/"step_20"/, 'and told what is there');
is($result->{tokens_used}{total}, query("SELECT sum(input_tokens + output_tokens) FROM llm_calls"),
    'the result counts the tokens of all calls');

$prompt = '[[sim:items:14+cut:6]] Run the factory';
$result = generate($prompt, format => 'stages');
is_deeply(ids($result->{stages}), [@stages[0 .. 13]], 'a cut answer of stages is continued');
is(scalar @{ $result->{limbo_zones} }, 14, 'with all limbo zones');
is(scalar(grep { $_->{origin} eq 'derived' } @{ $result->{limbo_zones} }),
    12, 'of which those are derived that the model had no room for');

my @names = qw(Cutting Sewing Washing Packing);
my $whole = JSON::PP->new->canonical->encode({ stages => [ map { {
            id => "s$_", name => $names[ $_ - 1 ], type => 'sequential', team => 'Hall', sequence => $_,
            depends_on => $_ > 1 ? ['s' . ($_ - 1)] : [], parallel_with => [],
            inputs => $_ > 1 ? ["g" . ($_ - 1)] : [], outputs => ["g$_"],
        } } 1 .. 4 ] });
(my $half_a_zone = $whole) =~ s/\}\z/,"limbo_zones":[{"id":"z1","from":"s1","to":"s2"},{"id":"z/;
$prompt = '[[sim:' . say($half_a_zone . ' ' x length $half_a_zone) . '+length]] Cut late';
$result = generate($prompt, format => 'stages');
calls_are($prompt, 'when only zones were cut, nothing is asked again',
    "primary $primary truncated reported");
is_deeply([map { "$_->{from} $_->{origin}" } @{ $result->{limbo_zones} }],
    [ 's1 declared', 's2 derived', 's3 derived' ], 'the zones that are missing are derived');

# ---- Outline and parts ---------------------------------------------------------------------------
my $before = @{ read_requests($sim) };
$prompt = '[[sim:items:30+delay:200]] Describe the factory in 30 stages';
$result = generate($prompt, format => 'stages');
is_deeply(ids($result->{stages}), \@stages, 'a large document has all stages, in order');
is(scalar @{ $result->{limbo_zones} }, 30, 'and all limbo zones');
calls_are($prompt, 'it is asked for by outline and parts', "primary $primary ok reported",
    ("batch $primary ok reported") x 3);
is(simulator_stats($sim)->{peak_in_flight}, 3, 'the parts are on the wire at once');
my ($outline, @parts) = requests_since($before);
like($outline->[-1]{content}, qr/Outline: list every stage/, 'the first call asks for the outline');
is(scalar(grep { $_->[-1]{content} =~ /^stage_1: .*^stage_30: /ms } @parts),
    3, 'each part is told the whole outline');

$prompt = '[[sim:items:30+s500@part@first=1]] Do it in 30 steps';
is_deeply(ids(generate($prompt)->{pilot_steps}), \@steps, 'a part that failed once is asked again');
calls_are($prompt, 'and only this part', "primary $primary ok reported", "retry $primary ok reported",
    "batch $primary api_error unbilled", ("batch $primary ok reported") x 2);
$prompt = '[[sim:items:30+no_steps@part@first=1]] Do it in 30 steps';
is_deeply(ids(generate($prompt)->{pilot_steps}), \@steps, 'what a part left out is asked for again');
calls_are($prompt, 'by one more part', "primary $primary ok reported",
    ("batch $primary ok reported") x 4);
$prompt = '[[sim:items:30+cut:7@part@first=1]] Do it in 30 steps';
is_deeply(ids(generate($prompt)->{pilot_steps}), \@steps, 'what was cut off a part, too');

$prompt = '[[sim:items:30]] [[sim-openai:s500@part]] Do it in 30 steps';
$result = generate($prompt, max_retries => 0);
is("$result->{generator_used} $result->{fallback_reason}",
    "$fallback api_error", 'when a part never comes, the fallback is asked');
is_deeply(ids($result->{pilot_steps}), \@steps, 'for all of it');
calls_are($prompt, 'in parts of its own', "primary $primary ok reported",
    "fallback $fallback ok reported", ("batch $fallback ok reported") x 3,
    ("batch $primary api_error unbilled") x 3);
$prompt = '[[sim:items:30+elided@outline]] Do it in 30 steps';
is_deeply(ids(generate($prompt)->{pilot_steps}),
    \@steps, 'without a readable outline it is asked for in one piece');
calls_are($prompt, 'by the same model', "primary $primary validation_failed reported",
    "batch $primary ok reported");
is_accounted($node, 'postgres', $sim, 'the ledger is the bill, call by call');

# ---- Left and killed while parts are on the wire -------------------------------------------------
my $hanging = '[[sim:items:30+hang_headers@part]] %s in 30 steps';

$prompt = sprintf $hanging, 'Cancel';
my $aborted = simulator_stats($sim)->{aborted};
my $client = start_client($node, 'postgres',
    "SET statement_timeout = '3s'; SELECT generate_workflow('$prompt')");
is($client->end->{sqlstate}, '57014', 'statement_timeout ends a request with parts on the wire');
ok(poll_until(sub { simulator_stats($sim)->{aborted} == $aborted + 3 }, 10), 'and aborts all of them');
is_quiet($node, 'postgres', $sim, 'nothing of them is left');
calls_are($prompt, 'each is on record', "primary $primary ok reported",
    ("batch $primary cancelled estimated") x 3);

query("ALTER SERVER sim_openai OPTIONS (ADD max_concurrency '2')");
$prompt = sprintf $hanging, 'Wait for each other';
$client = start_client($node, 'postgres', "SELECT generate_workflow('$prompt')");
ok(wait_for_in_flight($sim, 2), 'max_concurrency holds parts of one request back');
is(intents($node, 'postgres'), '2', 'those that are held back have no intent');
$client->cancel;
is($client->end->{sqlstate}, '57014', 'and can be cancelled');
is_quiet($node, 'postgres', $sim, 'with those that are under way');
calls_are($prompt, 'a part that was never sent is no call', "primary $primary ok reported",
    ("batch $primary cancelled estimated") x 2);
query('ALTER SERVER sim_openai OPTIONS (DROP max_concurrency)');

$prompt = sprintf $hanging, 'Die';
$client = start_client($node, 'postgres', "SELECT generate_workflow('$prompt')");
ok(wait_for_in_flight($sim, 3), 'three parts are on the wire');
kill 'KILL', worker_pid($node, 'postgres');
$client->end;
$node->poll_query_until('postgres', 'SELECT true') or BAIL_OUT('the server does not come back');
is_quiet($node, 'postgres', $sim, 'no intent and no running request outlives the worker');
calls_are($prompt, 'each call that the worker had out is on record as lost',
    "primary $primary ok reported", ("batch $primary lost estimated") x 3);
is(query("SELECT count(*), min(status) FROM workflow_requests WHERE prompt = '$prompt'"),
    '1|failed', 'and their request failed');
is_accounted($node, 'postgres', $sim, 'no billed call is unaccounted for');
is(query(<<'SQL'), '0', 'each request costs what its calls cost');
SELECT count(*) FROM workflow_requests r
WHERE r.cost_usd IS DISTINCT FROM
    (SELECT coalesce(sum(c.cost_usd), 0) FROM llm_calls c WHERE c.request_id = r.request_id)
SQL
is(simulator_stats($sim)->{unknown_faults}, 0, 'the faults of this test are known');

stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
$node->stop;
done_testing();
