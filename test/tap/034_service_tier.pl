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

# ---- What limits make of a cost that is not known ------------------------------------------------
# usage: twice(SETTINGS)    two requests of one statement to a tier without a price
sub twice {
    my ($settings) = @_;
    return $node->safe_psql('postgres', <<"SQL");
SET llm_workflow.primary_model = 'flex openai';
SET llm_workflow.fallback_models = '';
SET llm_workflow.max_output_tokens = 1000;
$settings
DO \$\$BEGIN
    FOR i IN 1 .. 2 LOOP
        PERFORM generate_workflow('Send a mail to each new customer');
    END LOOP;
    RAISE EXCEPTION 'all were answered';
EXCEPTION WHEN OTHERS THEN
    PERFORM set_config('test.error', SQLSTATE || ' ' || SQLERRM, false);
END\$\$;
SELECT current_setting('test.error');
SQL
}
like(twice('SET llm_workflow.max_statement_cost = 1;'),
    qr/LW010 what the statement has cost is not known/,
    'a cost that is not known is not nothing to the limit of a statement');
$node->safe_psql('postgres', <<'SQL');
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('all', 'database', 'total', 1);
SQL
like(twice(''), qr/P0001 all were answered/, 'a budget lets calls through whose worst case it knows');
is($node->safe_psql('postgres', <<'SQL'), 't|0', 'and takes the worst case of each for spent');
SELECT spent_usd >= 2 * 1000 * 8 / 1000000.0, reserved_usd FROM llm_budget_usage WHERE budget = 'all'
SQL

done_testing();
