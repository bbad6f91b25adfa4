# Agents against providers: each one's model is asked, its max_tokens is never exceeded by all calls
# of a request together, budgets count it, and a job keeps the limits that it was submitted with.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos qw(psql_error is_quiet);
use LlmWorkflow;
use Stats;
use Test::More;

my $node = new_node('agents', conf => <<'CONF');
llm_workflow.primary_model = 'gpt-4o'
llm_workflow.fallback_models = ''
llm_workflow.retry_base_delay = 1
llm_workflow.job_retry_delay = 1
CONF
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

sub query { return $node->safe_psql('postgres', @_) }

my $prompt = 'Sort the mail of today';
query(<<'SQL');
INSERT INTO llm_agents (agent, model, max_tokens, max_output_tokens) VALUES
    ('cheap', 'gpt-4o-mini', NULL, NULL),
    ('strong', 'claude-sonnet-4', NULL, NULL),
    ('capped', 'gpt-4o-mini', 20000, 2000),
    ('tight', 'gpt-4o-mini', 1000, NULL);
SQL

# The models that were asked since the last call of this function.
my $seen = 0;

sub asked_models {
    my @lines = @{ read_bill($sim) };
    my @models = map { $_->{model} } @lines[ $seen .. $#lines ];
    $seen = @lines;
    return join ' ', @models;
}

# 'ok' or the SQLSTATE of a request of the agent.
sub ask {
    my ($agent, $faults, $arguments) = @_;
    my $text = ($faults ? "[[sim:$faults]] " : '') . $prompt;
    return query("SELECT coalesce(generate_workflow('$text', agent => '$agent', "
            . 'throw_on_error => false' . ($arguments // '') . q{) #>> '{error,code}', 'ok')});
}

# ---- Models --------------------------------------------------------------------------------------
is(ask('cheap'), 'ok', 'an agent gets its document');
like(asked_models(), qr/^gpt-4o-mini\S*$/, 'from its model');
is(ask('strong'), 'ok', 'another one too');
like(asked_models(), qr/^claude-sonnet-4\S*$/, 'from another model');
is(ask('a label'), 'ok', 'a name without a row is a label');
unlike(asked_models(), qr/mini|claude/, 'and the model is that of the settings');
is(query('SELECT agent, generator_used FROM workflow_requests ORDER BY submitted_at'),
    "cheap|gpt-4o-mini\nstrong|claude-sonnet-4\na label|gpt-4o", 'and the ledger has each agent');

# ---- max_tokens ----------------------------------------------------------------------------------
my $error = psql_error($node, 'postgres',
    "SELECT generate_workflow('$prompt', agent => 'tight')");
is($error->{sqlstate}, 'LW010', 'a call that could exceed the limit is refused');
like($error->{message}, qr/token limit of a request of agent "tight"/, 'the error names the agent');
like($error->{err},
    qr/DETAIL:  Agent "tight": used 0 tokens, limit 1000 tokens; the call may take up to \d+ tokens\./,
    'its detail says what was used, the limit and what the call may take');
like($error->{hint}, qr/max_tokens in the agent's row/, 'and the hint what to do');
is(asked_models(), '', 'before anything is sent: max_output_tokens is not lowered to fit');
is(query(<<'SQL'), 'failed|LW010|0|0|0', 'the ledger has the request, and no call of it');
SELECT status, error_code, input_tokens, output_tokens,
       (SELECT count(*) FROM llm_calls c WHERE c.request_id = r.request_id)
FROM workflow_requests r WHERE agent = 'tight'
SQL

# The worst case of a first call, from the budget of a call that was refused.
my ($worst) = $error->{err} =~ /may take up to (\d+) tokens/;
query("UPDATE llm_agents SET max_tokens = $worst - 1 WHERE agent = 'tight'");
is(ask('tight'), 'LW010', 'one token less than the worst case is refused');
query("UPDATE llm_agents SET max_tokens = $worst WHERE agent = 'tight'");
is(ask('tight'), 'ok', 'and exactly the worst case is not');
query("UPDATE llm_agents SET max_tokens = $worst - 1 WHERE agent = 'tight'");
is(ask('tight', '', ', max_output_tokens => 3000'), 'ok', 'a lower max_output_tokens fits again');
asked_models();

# All calls of a request together: documents with errors are repaired until nothing is left.
query('UPDATE llm_agents SET max_tokens = 5000 WHERE agent = $$capped$$');
my $capped = psql_error($node, 'postgres', 'SET llm_workflow.repair_attempts = 3;'
        . "SELECT generate_workflow('[[sim:bad_type]] $prompt', agent => 'capped')");
is($capped->{sqlstate}, 'LW010', 'a request whose repairs do not fit fails');
like($capped->{err}, qr/used [1-9]\d* tokens, limit 5000 tokens/, 'and tells what it used before');
my $calls = query(<<'SQL');
SELECT count(*) FROM llm_calls JOIN workflow_requests USING (request_id)
WHERE workflow_requests.agent = 'capped'
SQL
cmp_ok($calls, '>=', 1, 'after the calls that fitted');
cmp_ok($calls, '<', 4, 'and before all that the settings allow');
is(query(<<'SQL'), 't', 'no request ever took more than its limit');
SELECT bool_and(input_tokens + output_tokens <= max_tokens)
FROM workflow_requests JOIN llm_agents USING (agent) WHERE max_tokens IS NOT NULL
SQL
asked_models();

# A call that may have been billed has taken its worst case; a retry must fit what is left then.
query("UPDATE llm_agents SET max_tokens = 2 * $worst WHERE agent = 'tight'");
my $lost = psql_error($node, 'postgres',
    "SELECT generate_workflow('[[sim:truncated]] $prompt', agent => 'tight')");
is($lost->{sqlstate}, 'LW010', 'a call whose answer was lost counts');
like($lost->{err}, qr/used 1\d{4} tokens, limit \d+ tokens/, 'with its worst case');
is(query("SELECT calls, cost_source FROM (SELECT count(*) AS calls, max(cost_source) AS cost_source "
            . "FROM llm_calls GROUP BY request_id ORDER BY min(started_at) DESC LIMIT 1) AS c"),
    '1|estimated', 'and there was one');
asked_models();

# A fallback has what the models before it have left.
query("UPDATE llm_agents SET fallback_models = '{claude-sonnet-4}', max_tokens = 1000 "
        . "WHERE agent = 'capped'");
is(ask('capped'), 'LW010', 'no model of the chain may exceed the limit');
is(asked_models(), '', 'and none is asked');
query("UPDATE llm_agents SET max_tokens = 20000 WHERE agent = 'capped'");
is(ask('capped', 's400@first=1'), 'ok', 'the fallback of the agent is asked');
like(asked_models(), qr/claude-sonnet-4\S*$/, 'after its primary');

# ---- Budgets -------------------------------------------------------------------------------------
query("INSERT INTO llm_budgets (budget, scope, subject, period, limit_tokens) "
        . "VALUES ('b', 'agent', 'cheap', 'total', 1000000)");
is(ask('cheap'), 'ok', 'a budget of the agent allows the call');
ask('strong');
is(query(<<'SQL'), 't|0', 'and counts it and no other');
SELECT spent_tokens = (SELECT input_tokens + output_tokens FROM workflow_requests
                       WHERE agent = 'cheap' ORDER BY submitted_at DESC LIMIT 1), reserved_tokens
FROM llm_budget_usage
SQL
query('UPDATE llm_budgets SET limit_tokens = 0');
asked_models();
is(ask('cheap'), 'LW010', 'when it is used up the agent is refused');
is(ask('strong'), 'ok', 'and another is not');
like(asked_models(), qr/^claude\S*$/, 'only the other was asked');
query('DELETE FROM llm_budgets');

# ---- Jobs ----------------------------------------------------------------------------------------
# A job is what was asked for when it was submitted; its agent may have changed before it runs.
sub job_end {
    my ($id) = @_;
    return query("SELECT coalesce(workflow_result('$id', '1 min') #>> '{error,code}', 'ok')");
}
query("UPDATE llm_agents SET max_tokens = 100, fallback_models = '{}' WHERE agent = 'capped'");
my $id = query(<<"SQL");
BEGIN;
SELECT submit_workflow('$prompt', agent => 'capped');
UPDATE llm_agents SET max_tokens = NULL, model = 'claude-sonnet-4' WHERE agent = 'capped';
COMMIT;
SQL
is(job_end($id), 'LW010', 'a job keeps the limit of its agent');
is(asked_models(), '', 'and asks nobody');
is(query("SELECT status, error_code FROM workflow_requests WHERE request_id = '$id'"),
    'failed|LW010', 'it fails for good');
$id = query(<<"SQL");
UPDATE llm_agents SET model = 'gpt-4o-mini' WHERE agent = 'capped';
BEGIN;
SELECT submit_workflow('$prompt', agent => 'capped');
UPDATE llm_agents SET max_tokens = 1, enabled = false WHERE agent = 'capped';
COMMIT;
SQL
is(job_end($id), 'ok', 'a job whose agent is disabled later still runs');
like(asked_models(), qr/^gpt-4o-mini\S*$/, 'with the model that the agent had');

# What an attempt took is not there for the next one.
query("UPDATE llm_agents SET max_tokens = 2 * $worst WHERE agent = 'tight'");
$id = query(<<"SQL");
SET llm_workflow.max_retries = 0;
SELECT submit_workflow('[[sim:truncated\@first=1]] $prompt again', agent => 'tight');
SQL
is(job_end($id), 'LW010', 'the attempts of a job have one limit together');
is(query("SELECT count(*) FROM llm_calls WHERE request_id = '$id'"), '1', 'the second was refused');
query("UPDATE llm_agents SET max_tokens = 3 * $worst WHERE agent = 'tight'");
$id = query(<<"SQL");
SET llm_workflow.max_retries = 0;
SELECT submit_workflow('[[sim:truncated\@first=1]] $prompt once more', agent => 'tight');
SQL
is(job_end($id), 'ok', 'when it is wide enough the second attempt is made');
asked_models();

# ---- Changes of other sessions -------------------------------------------------------------------
my $session = $node->background_psql('postgres');
my $generator = q{SELECT generate_workflow('Sort the mail', agent => 'cheap') ->> 'generator_used'};
is($session->query_safe($generator), 'gpt-4o-mini', 'a session knows the agent');
query("UPDATE llm_agents SET model = 'gpt-4o' WHERE agent = 'cheap'");
is($session->query_safe($generator), 'gpt-4o', 'and hears of what another session changes');
$session->quit;

is_quiet($node, 'postgres', $sim, 'nothing is left behind');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
done_testing();
