# Budgets cannot be overshot: not by many sessions at once, not by a worker that is killed, not across
# the edge of a period. Each action and scope does what its word says, and a session's own limits on
# requests and statements hold. LLMW_SEED repeats a run's moments.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use Stats;
use Test::More;
use Time::HiRes qw(usleep);

my $sessions = 64;
my $requests_of_a_session = 4;
my $seed = $ENV{LLMW_SEED} || time() ^ $$;
srand($seed);
my $workers = 1 + int(rand(4));
note("LLMW_SEED=$seed: $workers workers");

my $node = new_node('budgets', restart_after_crash => 1, conf => <<"CONF");
llm_workflow.workers_per_database = $workers
llm_workflow.fallback_models = ''
llm_workflow.max_output_tokens = 4000
llm_workflow.retry_base_delay = 1
CONF
my $sim = start_simulator($node, seed => $seed % 1_000_000 + 1);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

sub query { return $node->safe_psql('postgres', @_) }

# Kills one of the workers, and with it the server, which comes back.
sub kill_a_worker {
    my ($worker) = split /\n/, worker_pid($node, 'postgres');
    kill 'KILL', $worker;
    poll_until(sub { !is_alive($worker) });
    return;
}

sub billed_calls { return scalar @{ read_bill($sim) } }

# 'ok' or the SQLSTATE with which a request ends.
sub generation {
    my ($prompt, $arguments) = @_;
    $arguments //= '';
    return "coalesce(generate_workflow('$prompt', throw_on_error => false $arguments) "
        . "#>> '{error,code}', 'ok')";
}

# One request with these settings; what came of it.
sub ask {
    my ($prompt, $arguments, %settings) = @_;
    my $sql = join '', map { "SET llm_workflow.$_ = '$settings{$_}';\n" } sort keys %settings;
    return query($sql . 'SELECT ' . generation($prompt, $arguments));
}

sub one_budget {
    my ($columns, $values) = @_;
    query("DELETE FROM llm_budgets; DELETE FROM llm_budget_usage;"
            . "INSERT INTO llm_budgets (budget, $columns) VALUES ('only', $values)");
    return;
}

# What is spent is what the ledger says of the calls since the last mark, and nothing is reserved.
sub usage_is_exact {
    my ($name) = @_;
    return is(query(<<"SQL"), 't|0|t|0', $name);
SELECT sum(u.spent_usd) = (SELECT coalesce(sum(cost_usd), 0) FROM calls),
       trim_scale(sum(u.reserved_usd)),
       sum(u.spent_tokens) = (SELECT coalesce(sum(input_tokens + output_tokens), 0) FROM calls),
       sum(u.reserved_tokens)
FROM llm_budget_usage u
SQL
}

# The calls since the last mark, as a view that usage_is_exact() reads.
query('CREATE TABLE marked (started_at timestamptz); INSERT INTO marked VALUES (now());'
        . 'CREATE VIEW calls AS SELECT c.* FROM llm_calls c '
        . 'WHERE c.started_at >= (SELECT started_at FROM marked)');
sub new_mark { query('UPDATE marked SET started_at = clock_timestamp()'); return }

# Every state that the worker writes of a budget is kept.
query(<<'SQL');
CREATE TABLE seen (budget text, spent numeric, reserved numeric, tokens bigint);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.seen VALUES (NEW.budget, NEW.spent_usd, NEW.reserved_usd,
                                    NEW.spent_tokens + NEW.reserved_tokens);
    RETURN NULL;
END$$;
CREATE TRIGGER see AFTER INSERT OR UPDATE ON llm_budget_usage
    FOR EACH ROW EXECUTE FUNCTION see();
SQL

# ---- Many sessions at once -----------------------------------------------------------------------
# A session holds the barrier until all wait at it.
sub run_at_once {
    my ($count, $sql) = @_;
    my $holder = start_client($node, 'postgres', 'SELECT pg_advisory_lock(1); SELECT pg_sleep(600)');
    my $advisory = "FROM pg_locks WHERE locktype = 'advisory' AND";
    $node->poll_query_until('postgres', "SELECT count(*) = 1 $advisory granted");
    my @clients = start_clients($count, $node, 'postgres', "SELECT pg_advisory_lock_shared(1);\n$sql");
    $node->poll_query_until('postgres', "SELECT count(*) = $count $advisory NOT granted")
        or BAIL_OUT('the sessions do not come to the barrier');
    $holder->terminate;
    my @ends = map { $_->end(300) } @clients;
    $holder->end;
    return @ends;
}

my $limit = '0.05';  # half of what all ask for
one_budget('scope, period, limit_usd', "'database', 'total', $limit");
new_mark();
my $delayed = '[[sim:delay:0-40]] Sort the mail of today';
my $short = ', max_output_tokens => 2000';  # so that many can be reserved at once
my @ends = run_at_once($sessions,
    join(";\n", map { 'SELECT ' . generation($delayed, $short) } 1 .. $requests_of_a_session));
my %outcomes;
$outcomes{$_}++ foreach grep { length } map { split /\n/, $_->{out} } @ends;
note(join ', ', map { "$_: $outcomes{$_}" } sort keys %outcomes);
is(join(' ', sort keys %outcomes), 'LW010 ok',
    'of many sessions some are answered and the others told that the budget is used up');
is($outcomes{ok} + $outcomes{LW010}, $sessions * $requests_of_a_session, 'each request ends');
is(query("SELECT max(spent + reserved) <= $limit FROM seen"), 't',
    'at no moment more was spent and reserved than the limit');
is(query('SELECT max(reserved) >= 10 * min(reserved) FILTER (WHERE reserved > 0) FROM seen'), 't',
    'while many calls were reserved at once');
usage_is_exact('what is spent is the sum of the calls, and nothing stays reserved');
is(query("SELECT count(*) FROM calls WHERE outcome = 'ok'"), $outcomes{ok},
    'each answer is one call');
is(scalar(grep { $_->{billed} } @{ read_bill($sim) }), $outcomes{ok},
    'and what was refused never reached a provider');
query(<<"SQL");
DO \$\$BEGIN
    WHILE generate_workflow('$delayed', throw_on_error => false $short) -> 'error' IS NULL LOOP
    END LOOP;
END\$\$
SQL
is(query("SELECT remaining_usd < (SELECT min(reserved) FROM seen WHERE reserved > 0) "
            . 'FROM llm_budget_status'), 't', 'one by one, nothing is refused that would have fitted');

# Tokens, with the same sessions.
one_budget('scope, period, limit_tokens', "'database', 'total', 100000");
query('TRUNCATE seen');
new_mark();
run_at_once($sessions, 'SELECT ' . generation($delayed));
is(query('SELECT max(tokens) <= 100000 FROM seen'), 't', 'a limit in tokens holds as well');
usage_is_exact('tokens are settled exactly');

# ---- A worker that is killed ---------------------------------------------------------------------
one_budget('scope, period, limit_usd', "'database', 'total', 1");
new_mark();
query('TRUNCATE seen');
foreach my $round (1 .. 3) {
    my @clients = start_clients(8, $node, 'postgres',
        'SELECT ' . generation('[[sim:delay:0-80]] Sort') . ";\nSELECT "
            . generation('[[sim:hang_headers]] Sort'));
    wait_for_in_flight($sim, 8);
    usleep(int(rand(50_000)));
    kill_a_worker();
    $_->end foreach @clients;
    poll_until(sub { ($node->psql('postgres', 'SELECT 1'))[0] == 0 })
        or BAIL_OUT('the server does not come back');
    is_quiet($node, 'postgres', $sim, "round $round: the next worker settles what was left");
    usage_is_exact("round $round: nothing stays reserved, and what was lost is spent");
}
cmp_ok(query("SELECT count(*) FROM calls WHERE outcome = 'lost'"), '>=', 3, 'calls were lost');
is(query('SELECT max(spent + reserved) <= 1 FROM seen'), 't', 'the limit held all the time');

# ---- The edge of a period ------------------------------------------------------------------------
one_budget('scope, period, limit_usd', "'database', 'month', 0.01");
query("INSERT INTO llm_budget_usage (budget, period_start, spent_usd) "
        . "VALUES ('only', date_trunc('month', date_trunc('month', now(), 'UTC') - interval '1 day', "
        . "'UTC'), 0.01)");
is(ask('Sort the mail'), 'ok', 'a budget that was used up last month is whole again');
is(query("SELECT trim_scale(spent_usd) FROM llm_budget_usage ORDER BY period_start LIMIT 1"), '0.01',
    'and last month stays as it was');
query("UPDATE llm_budget_usage SET spent_usd = 0.01 WHERE period_start > now() - interval '31 days' "
        . "AND period_start = date_trunc('month', now(), 'UTC')");
my $refused = psql_error($node, 'postgres', "SELECT generate_workflow('Sort the mail')");
is($refused->{sqlstate}, 'LW010', 'this month it is used up');
like($refused->{err}, qr/budget "only" does not allow the call/, 'the error names the budget');
like($refused->{err}, qr/[Ss]pent 0\.01 USD, reserved 0 USD, limit 0\.01 USD/,
    'and what is spent, reserved and allowed');
my $resets = query("SELECT to_char(resets_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"') "
        . 'FROM llm_budget_status');
like($refused->{err}, qr/resets at \Q$resets\E/, 'and when it resets');
unlike($refused->{err}, qr/429|rate.limit/i, 'and cannot be taken for a rate limit of the provider');

# A reservation belongs to the period in which it was made, also when it is settled after a crash.
one_budget('scope, period, limit_usd', "'database', 'month', 1");
my $client = start_client($node, 'postgres', 'SELECT ' . generation('[[sim:hang_headers]] Sort'));
wait_for_in_flight($sim, 1);
query(<<'SQL');
UPDATE llm_budget_usage SET period_start = period_start - interval '40 days';
UPDATE llm_call_intents SET reserved_periods = ARRAY[reserved_periods[1] - interval '40 days'];
SQL
kill_a_worker();
$client->end;
poll_until(sub { ($node->psql('postgres', 'SELECT 1'))[0] == 0 });
is_quiet($node, 'postgres', $sim, 'the reservation of a former period is settled');
is(query('SELECT count(*), bool_and(reserved_usd = 0 AND spent_usd > 0), '
            . "max(period_start) < now() - interval '31 days' FROM llm_budget_usage"), '1|t|t',
    'in that period');

# ---- Changes while calls are on the wire ---------------------------------------------------------
one_budget('scope, period, limit_usd', "'database', 'total', 1");
new_mark();
$client = start_client($node, 'postgres', 'SELECT ' . generation('[[sim:delay:700]] Sort'));
wait_for_in_flight($sim, 1);
query('DELETE FROM llm_budgets');
is($client->end->{out}, "ok\n", 'a budget may be deleted while a call is reserved in it');
usage_is_exact('the call is settled all the same');

one_budget('scope, period, limit_usd', "'database', 'total', 0");
is(ask('Sort'), 'LW010', 'a limit of 0 allows nothing that costs');
query('UPDATE llm_budgets SET limit_usd = 1');
is(ask('Sort'), 'ok', 'a limit that is raised counts at once');
query('UPDATE llm_budgets SET limit_usd = 0, enabled = false');
is(ask('Sort'), 'ok', 'a budget that is not enabled does not count');

# ---- Actions -------------------------------------------------------------------------------------
my @chain = (primary_model => 'gpt-4o-mini', fallback_models => 'claude-sonnet-4');

# What comes of a request, and the models that were asked.
sub asked {
    my ($prompt, %settings) = @_;
    my $before = billed_calls();
    my $outcome = ask($prompt, '', %settings);
    my @lines = @{ read_bill($sim) };
    return join ' ', $outcome, map { $_->{model} =~ /^(gpt|claude)/ } @lines[ $before .. $#lines ];
}

sub with_action {
    my ($action) = @_;
    one_budget('scope, period, limit_usd, action', "'database', 'total', 0, '$action'");
    return;
}
with_action('block');
is(asked('Sort', @chain), 'LW010', 'block: no model is asked');
with_action('warn');
is(asked('Sort', @chain), 'ok gpt', 'warn: the call is made');
is(query("SELECT count(*) > 0 FROM audit_logs WHERE action = 'BUDGET_EXCEEDED'"), 't',
    'and an event says so');
with_action('primary_only');
is(asked('Sort', @chain), 'ok gpt', 'primary_only: the primary model is asked');
like(asked('[[sim-openai:s400]] Sort', @chain), qr/^LW0\d\d gpt$/, 'and its fallback is not');
with_action('fallback_only');
is(asked('Sort', @chain), 'ok claude', 'fallback_only: only the fallback is asked');
one_budget('scope, subject, period, limit_usd', "'model', 'gpt-4o-mini', 'total', 0");
is(asked('Sort', @chain), 'ok claude', 'a model whose budget is used up is left for the next one');

# ---- Prices --------------------------------------------------------------------------------------
query("INSERT INTO llm_models (name, server, remote_name) VALUES "
        . "('unpriced', 'sim_openai', 'gpt-4o-mini'), ('free', 'sim_openai', 'gpt-4o-mini');"
        . "INSERT INTO llm_model_prices (model, effective_from, input_per_million, "
        . "output_per_million) VALUES ('free', '2020-01-01', 0, 0)");
one_budget('scope, period, limit_usd', "'database', 'total', 1000");
my $error = psql_error($node, 'postgres', "SET llm_workflow.primary_model = 'unpriced';\n"
        . "SELECT generate_workflow('Sort')");
is($error->{sqlstate}, 'LW010', 'without a price no call is made under a limit in USD');
like($error->{hint}, qr/Add a price/, 'and the hint says what to do');
one_budget('scope, period, limit_tokens', "'database', 'total', 1000000");
is(ask('Sort', '', primary_model => 'unpriced'), 'ok', 'a limit in tokens needs no price');
one_budget('scope, period, limit_usd, limit_tokens', "'database', 'total', 0.000001, 1000000");
is(ask('Sort', '', primary_model => 'free'), 'ok', 'what is free passes a limit in USD');
is(query('SELECT spent_tokens > 0, trim_scale(spent_usd) FROM llm_budget_usage'), 't|0',
    'and its tokens count');
is(ask('Sort'), 'LW010', 'and the limit still holds for what is not');

# ---- Scopes --------------------------------------------------------------------------------------
my $role = query('SELECT current_user');
my %scopes = (
    "'role', NULL, '$role'" => '',
    "'agent', NULL, 'planner'" => ", agent => 'planner'",
    "'server', NULL, 'sim_openai'" => '',
    "'tag', 'customer', '17'" => q(, tags => '{"customer": 17}'),
    "'tag', 'customer', 'a'" => q(, tags => '{"customer": "a"}'),
);
foreach my $scope (sort keys %scopes) {
    one_budget('scope, tag_key, subject, period, limit_tokens', "$scope, 'total', 0");
    is(ask('Sort', $scopes{$scope}), 'LW010', "counted by $scope");
    (my $other = $scope) =~ s/'[^']*'$/'another'/;
    one_budget('scope, tag_key, subject, period, limit_tokens', "$other, 'total', 0");
    is(ask('Sort', $scopes{$scope}), 'ok', "not counted by $other");
}
query('DELETE FROM llm_budgets');

# ---- A session's own limits ----------------------------------------------------------------------
my $before = billed_calls();
is(ask('Sort', '', max_request_cost => '0.000001'), 'LW010', 'a request over its limit fails');
is(billed_calls(), $before, 'before anything is sent');
is(ask('Sort', '', max_request_cost => '0.1'), 'ok', 'and one below it does not');
is(ask('Sort', '', max_request_cost => '1', primary_model => 'unpriced'), 'LW010',
    'what has no price cannot be limited');

new_mark();
my $statement = 'SELECT count(generate_workflow(format($$Sort mail %s$$, i))) '
    . 'FROM generate_series(1, 50) AS i';
$error = psql_error($node, 'postgres', "SET llm_workflow.max_statement_cost = '0.006';\n$statement");
is($error->{sqlstate}, 'LW010', 'a statement over its limit fails');
is(query("SELECT count(*) > 1, sum(cost_usd) <= 0.006 FROM calls"), 't|t',
    'after the rows that fitted');
is(query("SET llm_workflow.max_statement_cost = '0.006';\n"
            . join(";\n", map { 'SELECT ' . generation('Sort') } 1 .. 8)),
    join("\n", ('ok') x 8), 'the next statement begins anew');

is(query('SELECT count(*) FROM llm_call_intents'), 0, 'no intent is left');
is(query('SELECT coalesce(sum(reserved_usd), 0) + coalesce(sum(reserved_tokens), 0) '
            . 'FROM llm_budget_usage'), 0, 'and nothing reserved');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
done_testing();
