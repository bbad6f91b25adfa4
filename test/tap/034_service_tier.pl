# Service tiers: a call costs what the tier costs by which the provider says it billed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use LlmWorkflow;
use Test::More;

my $node = new_node('service_tier');
create_extension($node, 'postgres');
my %tier_of = (fast => 'priority', flex => 'flex', scale => 'standard');
foreach my $word (sort keys %tier_of) {
    my $simulator = start_simulator($node, service_tier => $word);
    create_sim_servers($node, 'postgres', $simulator, prefix => $word);
    foreach my $protocol (qw(openai anthropic)) {
        $node->safe_psql('postgres', <<"SQL");
INSERT INTO llm_models (name, server) VALUES ('$word $protocol', '${word}_$protocol');
INSERT INTO llm_model_prices
    (model, service_tier, above_input_tokens, input_per_million, output_per_million)
VALUES ('$word $protocol', 'standard', 0, 2, 8), ('$word $protocol', 'priority', 0, 1, 1),
       ('$word $protocol', 'priority', 10, 5, 20);
SQL
    }
}

# The cost of one call of the model, that at the prices in SQL, and what is on record beside it.
sub costs_of {
    my ($model, $input, $output) = @_;
    return $node->safe_psql('postgres', <<"SQL");
SET llm_workflow.primary_model = '$model';
SET llm_workflow.fallback_models = '';
SELECT generate_workflow('Send a mail to each new customer') IS NULL;
SELECT cost_usd = (input_tokens * $input + output_tokens * $output) / 1000000.0, service_tier,
       cost_source, price_effective_from IS NOT NULL,
       cost_usd IS NOT DISTINCT FROM token_cost(model, input_tokens, output_tokens,
           at => started_at, service_tier => service_tier)
FROM llm_calls WHERE model = '$model';
SQL
}

foreach my $protocol (qw(openai anthropic)) {
    is(costs_of("fast $protocol", 5, 20), "f\nt|priority|reported|t|t",
        "$protocol: a call with priority costs what its tier costs at its length");
    is(costs_of("scale $protocol", 2, 8), "f\nt|standard|reported|t|t",
        "$protocol: a tier that no price list knows costs the standard price");
    is(costs_of("flex $protocol", 2, 8), "f\n|flex|unknown_price|f|t",
        "$protocol: a tier without a price has no cost, not that of another tier");
}

done_testing();
