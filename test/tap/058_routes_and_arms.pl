# Routes and experiments against providers: requests go to the model that arguments, agent, route and
# settings say, in this order; of an experiment, each to the model of its arm, of which the candidate
# has its share; and a job keeps its arm through retries and restarts of the server.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos qw(psql_error is_quiet);
use LlmWorkflow;
use Stats;
use Test::More;

my $node = new_node('routes', conf => <<'CONF');
llm_workflow.primary_model = 'gpt-4o-mini'
llm_workflow.fallback_models = ''
llm_workflow.retry_base_delay = 1
llm_workflow.job_retry_delay = 1
CONF
my $sim = start_simulator($node, keep_requests => 1);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

sub query { return $node->safe_psql('postgres', @_) }

my $prompt = 'Sort the mail of today';
query(<<'SQL');
INSERT INTO llm_routes (category, complexity, model, max_output_tokens) VALUES
    ('reports', '', 'gpt-4o', 3000), ('reports', 'high', 'claude-sonnet-4', NULL);
INSERT INTO llm_agents (agent, category, model) VALUES
    ('reporter', 'reports', NULL), ('thinker', 'reports', 'claude-sonnet-4');
SQL

# The bodies of the requests to providers since the last call of this function.
my $seen = 0;

sub asked_bodies {
    my @requests = @{ read_requests($sim) };
    my @bodies = map { $_->{body} } @requests[ $seen .. $#requests ];
    $seen = @requests;
    return @bodies;
}

# The models that were asked, without the dates at their ends.
sub asked_models {
    return join ' ', map { $_->{model} =~ s/-20\d\d-?\d\d-?\d\d$//r } asked_bodies();
}

# 'ok' or the SQLSTATE of a request with those arguments.
sub ask {
    my ($arguments, $text) = @_;
    return query("SELECT coalesce(generate_workflow('" . ($text // $prompt) . q{'}
            . ($arguments ? ", $arguments" : '')
            . q{, throw_on_error => false) #>> '{error,code}', 'ok')});
}

# One test: the request is answered by that model, the only one that is asked.
sub goes_to {
    my ($model, $arguments, $name) = @_;
    is(ask($arguments) . ' ' . asked_models(), "ok $model", $name);
    return;
}

# ---- Routes --------------------------------------------------------------------------------------
goes_to('gpt-4o-mini', '', 'without category and complexity the settings say');
goes_to('gpt-4o', q{complexity => 'medium'}, 'a complexity has its shipped route');
goes_to('gpt-4-turbo', q{complexity => 'high'}, 'another one another');
goes_to('gpt-4o', q{category => 'reports'}, 'a category has the route that the user made');
goes_to('claude-sonnet-4', q{category => 'reports', complexity => 'high'}, 'both have their own');
goes_to('gpt-4o', q{agent => 'reporter'}, 'the category can be that of the agent');
goes_to('gpt-4o-mini', q{agent => 'reporter', category => 'mails'}, 'and the caller may say another');
goes_to('claude-sonnet-4', q{agent => 'thinker'}, 'a model of the agent goes before the route');
goes_to('gpt-4', q{agent => 'thinker', model => 'gpt-4'}, 'and one of the caller before both');
is(ask(q{category => 'reports'}), 'ok', 'once more with the route');
is((asked_bodies())[0]{max_tokens}, 3000, 'whose limit of output tokens is sent');

query(q{ALTER SYSTEM SET llm_workflow.complexity = 'auto'});
query('SELECT pg_reload_conf()');
$node->poll_query_until('postgres', q{SELECT current_setting('llm_workflow.complexity') = 'auto'});
ask('', $_) foreach $prompt, "$prompt. " x 9, "$prompt. " x 25;
is(asked_models(), 'gpt-4o-mini gpt-4o gpt-4-turbo', 'by the rule on the prompt, each goes to its model');
is(query(<<"SQL"), 'gpt-4o-mini gpt-4-turbo-2024-04-09', 'also in one statement');
SELECT string_agg(result ->> 'generator_used', ' ' ORDER BY ordinal)
FROM generate_workflows(ARRAY['$prompt', repeat('$prompt. ', 25)])
SQL
asked_models();
query('ALTER SYSTEM RESET llm_workflow.complexity');
query('SELECT pg_reload_conf()');
$node->poll_query_until('postgres', q{SELECT current_setting('llm_workflow.complexity') = ''});

is(query(q{SELECT category, complexity, agent, count(*) FROM workflow_requests GROUP BY 1, 2, 3 ORDER BY 1, 2, 3}),
    <<'ROWS' =~ s/\n$//r, 'the ledger has category and complexity of all');
mails||reporter|1
reports|high||1
reports||reporter|1
reports||thinker|2
reports|||2
|high||3
|low||2
|medium||2
|||1
ROWS

# ---- The share of arms ---------------------------------------------------------------------------
query(<<'SQL');
CREATE FUNCTION expected_arm(experiment text, value text, share numeric) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN sum(get_byte(hash, i) * power(256::numeric, 7 - i)) / power(2::numeric, 64)
                     < share
                THEN 'candidate' ELSE 'control' END
    FROM sha256(convert_to(experiment || chr(31) || value, 'UTF8')) AS hash,
         generate_series(0, 7) AS i $$;
INSERT INTO llm_experiments (experiment, category, control_model, candidate_model, share,
                             assignment_key, metric, minimum_sample)
VALUES ('share', 'trial', 'gpt-4o-mini', 'claude-sonnet-4', 0.3, 'request', 'validation_success', 1);
SQL
my $requests = 400;
query(<<"SQL");
SELECT submit_workflow('$prompt ' || n, category => 'trial') FROM generate_series(1, $requests) AS n
SQL
$node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM workflow_jobs)');
my $of_arms = q{FROM workflow_requests JOIN llm_experiments USING (experiment) WHERE experiment = 'share'};
is(query("SELECT count(*) $of_arms"), $requests, 'every request of the category is in the experiment');
is(query("SELECT count(*) $of_arms AND arm <> expected_arm(experiment, request_id::text, share)"),
    '0', 'each in the arm that the hash of its id says');
is(query("SELECT count(*) $of_arms AND generator_used <> CASE arm WHEN 'candidate' "
            . 'THEN candidate_model ELSE control_model END'),
    '0', 'and was answered by the model of its arm');
my $candidates = query("SELECT count(*) $of_arms AND arm = 'candidate'");
# Six standard deviations: by chance once in 500 million runs.
cmp_ok(abs($candidates - 0.3 * $requests), '<', 6 * sqrt($requests * 0.3 * 0.7),
    "the candidate has its share of $requests requests: $candidates");
my @asked = split / /, asked_models();
is(scalar(grep { /^claude/ } @asked), $candidates, 'and so does the bill of the providers');
is(scalar(@asked), $requests, 'each request was asked once');

# ---- The candidate in the chain ------------------------------------------------------------------
query(<<'SQL');
UPDATE llm_experiments SET status = 'stopped';
INSERT INTO llm_experiments (experiment, agent, control_model, candidate_model, share,
                             assignment_key, metric, minimum_sample)
VALUES ('chain', 'chained', 'gpt-4o-mini', 'claude-sonnet-4', 0.999999999, 'prompt',
        'validation_success', 1);
INSERT INTO llm_agents (agent, model, fallback_models)
VALUES ('chained', 'gpt-4o-mini', '{claude-sonnet-4,gpt-4o}');
SQL
is(ask(q{agent => 'chained'}, '[[sim-anthropic:s400]] ' . $prompt), 'ok', 'when the candidate fails');
is(asked_models(), 'claude-sonnet-4 gpt-4o', 'the fallbacks are asked, the candidate not again');
is(query('SELECT experiment, arm, generator_used, fallback_reason FROM workflow_requests '
            . 'ORDER BY submitted_at DESC LIMIT 1'),
    'chain|candidate|gpt-4o|api_error', 'and the request stays in its arm');
goes_to('gpt-4o-mini', q{agent => 'chained', model => 'gpt-4o-mini'}, 'a model that is named is asked');
my $id = query('SELECT request_id FROM workflow_requests WHERE arm = $$candidate$$ '
        . 'ORDER BY submitted_at DESC LIMIT 1');
query("SELECT regenerate_workflow('$id', 'Shorter')");
asked_models();
is(query("SELECT experiment, arm FROM workflow_requests WHERE parent_request_id = '$id'"),
    'chain|candidate', 'the same prompt is in the same arm when it is regenerated');

# ---- Roles ---------------------------------------------------------------------------------------
query(<<'SQL');
CREATE ROLE clerk LOGIN;
GRANT EXECUTE ON FUNCTION generate_workflow TO clerk;
GRANT USAGE ON FOREIGN SERVER sim_openai TO clerk;
SQL

sub ask_as_clerk {
    my ($arguments) = @_;
    return $node->safe_psql('postgres',
        "SELECT generate_workflow('$prompt', $arguments) ->> 'generator_used'",
        extra_params => [ '-U', 'clerk' ]);
}
is(ask_as_clerk(q{agent => 'chained'}), 'gpt-4o-mini', 'a role without the candidate has the control');
is(query(q{SELECT count(*), count(experiment) FROM workflow_requests WHERE role_name = 'clerk'}),
    '1|0', 'outside of the experiment');
my $denied = psql_error($node, 'postgres',
    "SELECT generate_workflow('$prompt', category => 'reports', complexity => 'high')",
    extra_params => [ '-U', 'clerk' ]);
is($denied->{sqlstate}, '42501', 'a route to a server that the role may not use is refused');
like($denied->{hint}, qr/another model of the route/, 'and says where the model came from');
asked_models();
query('GRANT USAGE ON FOREIGN SERVER sim_anthropic TO clerk');
is(ask_as_clerk(q{agent => 'chained'}), 'claude-sonnet-4', 'with the grant it takes part');

# ---- Jobs keep their arm -------------------------------------------------------------------------
query(<<'SQL');
UPDATE llm_experiments SET status = 'stopped';
INSERT INTO llm_experiments (experiment, category, control_model, candidate_model, share,
                             assignment_key, metric, minimum_sample)
VALUES ('kept', 'kept', 'gpt-4o-mini', 'claude-sonnet-4', 0.5, 'request', 'validation_success', 1);
SQL
# The first attempt of each fails. Before the second the server is stopped, the experiment ends and
# the settings change.
query('ALTER SYSTEM SET llm_workflow.job_retry_delay = $$1h$$');
query('SELECT pg_reload_conf()');
asked_models();
query(<<"SQL");
SET llm_workflow.max_retries = 0;
SELECT submit_workflow('[[sim:s503\@first=1#' || n || ']] $prompt', category => 'kept')
FROM generate_series(1, 20) AS n
SQL
$node->poll_query_until('postgres',
    'SELECT count(*) = 20 FROM workflow_jobs WHERE worker IS NULL AND attempts = 1');
my $first = query('SELECT request_id, arm FROM workflow_requests WHERE experiment = $$kept$$ ORDER BY 1');
like($first, qr/candidate.*control|control.*candidate/s, 'both arms have jobs that wait for another attempt');
my @first_asked = sort split / /, asked_models();
query(<<'SQL');
UPDATE llm_experiments SET status = 'stopped';
UPDATE workflow_jobs SET run_at = now();
SQL
query('ALTER SYSTEM SET llm_workflow.primary_model = $$gpt-4o$$');
$node->restart;
$node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM workflow_jobs)');
is(query('SELECT request_id, arm FROM workflow_requests WHERE experiment = $$kept$$ ORDER BY 1'),
    $first, 'after a restart each has the arm that it had');
is_deeply([ sort split / /, asked_models() ], \@first_asked, 'and asked the same model again');
is(query(<<'SQL'), '20|20', 'all were answered by the model of their arm');
SELECT count(*), count(*) FILTER (WHERE generator_used = CASE arm
    WHEN 'candidate' THEN 'claude-sonnet-4' ELSE 'gpt-4o-mini' END)
FROM workflow_requests WHERE experiment = 'kept'
SQL

# ---- Changes of other sessions -------------------------------------------------------------------
my $session = $node->background_psql('postgres');
my $generator = q{SELECT generate_workflow('Sort the mail', category => 'late') ->> 'generator_used'};
is($session->query_safe($generator), 'gpt-4o', 'a session knows no route');
query(q{INSERT INTO llm_routes (category, model) VALUES ('late', 'gpt-4o-mini')});
is($session->query_safe($generator), 'gpt-4o-mini', 'and hears of one that another session makes');
query(<<'SQL');
INSERT INTO llm_experiments (experiment, category, control_model, candidate_model, share,
                             assignment_key, metric, minimum_sample)
VALUES ('late', 'late', 'gpt-4o-mini', 'claude-sonnet-4', 0.999999999, 'prompt', 'retry', 1)
SQL
is($session->query_safe($generator), 'claude-sonnet-4', 'as well as of an experiment');
query(q{DELETE FROM llm_experiments WHERE experiment = 'late'});
is($session->query_safe($generator), 'gpt-4o-mini', 'and of its end');
$session->quit;

# ---- A dump --------------------------------------------------------------------------------------
# Own rows, with a model of the user's own, are restored beside the shipped ones.
query(<<'SQL');
INSERT INTO llm_models (name, server) VALUES ('zz model', 'sim_openai');
INSERT INTO llm_routes (category, complexity, model, fallback_models)
VALUES ('aa', 'low', 'zz model', '{zz model}'), ('', 'low', 'zz model', NULL);
CREATE DATABASE copy;
SQL
my $dump = $node->basedir . '/home.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('postgres') ], 'pg_dump works');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('copy'), $dump ], 'pg_restore works');
foreach my $table (qw(llm_routes llm_experiments)) {
    my $rows = "SELECT t.* FROM $table t ORDER BY t::text";
    is($node->safe_psql('copy', $rows), query($rows), "$table is restored");
}

is_deeply(ledger_totals($node, 'postgres'), bill_totals($sim), 'the ledger is the bill');
is_quiet($node, 'postgres', $sim, 'nothing is left behind');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
done_testing();
