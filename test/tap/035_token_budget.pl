# Token budgets: the limit of a deployment shrinks the answer that is asked for, or spares the call;
# and what a provider counted is learned from.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use FaultMatrix qw(create_ask ask);
use LlmWorkflow;
use Test::More;

my $node = new_node('token_budget', conf => "llm_workflow.fallback_models = ''\n");
my $sim = start_simulator($node, keep_requests => 1);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);
create_ask($node, 'postgres');

sub query { return $node->safe_psql('postgres', @_) }

# Asks `model`; returns what came of it, and the body of the only call.
sub ask_model {
    my ($name, $model) = @_;
    my $before = @{ read_requests($sim) };
    my $seen = ask($node, 'postgres', $name, 'Sort the mail',
        'llm_workflow.primary_model' => $model);
    my @requests = @{ read_requests($sim) };
    return ($seen, map { $_->{body} } @requests[$before .. $#requests]);
}

sub call_of {
    my ($seen) = @_;
    return split /\|/, query('SELECT estimated_input_tokens, max_output_tokens FROM llm_calls '
            . "WHERE request_id = '$seen->{request}{request_id}'");
}

# ---- A deployment limit --------------------------------------------------------------------------
my ($seen, $body) = ask_model('unlimited', 'gpt-4o-mini');
my ($input, $asked) = call_of($seen);
cmp_ok($input, '>', 12, 'the call has our count of its input');
is($asked, 12000, 'and the limit that was asked for, which the model and its window allow');
is($body->{max_tokens}, $asked, 'it is the one that was sent');

query("ALTER SERVER sim_openai OPTIONS (ADD max_model_len '" . ($input + 3000) . "')");
($seen, $body) = ask_model('limited', 'gpt-4o-mini');
is($seen->{state}, '00000', 'with a lower limit there is an answer');
is($body->{max_tokens}, 3000, 'of what the window leaves after the input');
is((call_of($seen))[1], 3000, 'which is on record');

query("ALTER SERVER sim_openai OPTIONS (SET max_model_len '$input')");
my @bodies;
($seen, @bodies) = ask_model('full', 'gpt-4o-mini');
is($seen->{state}, 'LW007', 'an input that fills the window is refused');
is(scalar @bodies, 0, 'without a call');
is($seen->{request}{cost_usd}, '0', 'and for nothing');
like($seen->{hint}, qr/token_budget\(\)/, 'with a hint on what tells beforehand');

# ---- What the provider counted -------------------------------------------------------------------
# Twenty calls of which the provider counted twice as many tokens as we. The worker reads them when
# it starts.
query(<<'SQL');
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model,
    server, outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, cost_source, latency_ms, estimated_input_tokens)
SELECT gen_random_uuid(), gen_random_uuid(), now(), now(), 1, 'primary', 'claude-sonnet-4',
    'sim_anthropic', 'ok', 2000, 0, 0, 1, 0, 'reported', 1, 1000
FROM generate_series(1, 20);
UPDATE llm_models SET deployment_limit = 10000 WHERE name = 'claude-sonnet-4';
SQL
$node->restart;
($seen, $body) = ask_model('learned', 'claude-sonnet-4');
($input, $asked) = call_of($seen);
is($asked, 10000 - 2 * $input, 'an estimate is corrected by what the provider counted lately');
is($body->{max_tokens}, $asked, 'it is the one that was sent');

done_testing();
