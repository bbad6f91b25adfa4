-- Plans: compared to the exact figures of the documents, applied, reverted, and held against what
-- agents really take.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- An empty database.
SELECT * FROM compare_plans('before', 'phase_1');
SELECT apply_plan('before');
SELECT revert_plan();
SELECT * FROM plan_usage();
SELECT * FROM llm_agent_usage;
SELECT * FROM llm_agent_requests;

-- The example, twice.
\getenv abs_srcdir PG_ABS_SRCDIR
\set example :abs_srcdir '/examples/agents.sql'
\set ECHO none
\i :example
\i :example
\set ECHO all
SELECT count(*) AS agents, sum(max_tokens) AS tokens FROM llm_agents;
SELECT plan, count(*) AS agents, sum(max_tokens) AS tokens FROM llm_plan_agents GROUP BY plan;

-- The owner's tables, one query each. Budgets:
SELECT item AS agent, tokens_before AS before, tokens_after AS after,
       tokens_saved_percent AS reduction
FROM compare_plans('before', 'phase_1') WHERE section = 'agent';
-- Agents that change their model:
SELECT item AS agent, model_before, model_after, cost_before, cost_after, cost_saved_percent
FROM compare_plans('before', 'phase_1') WHERE section = 'agent' AND model_before <> model_after;
-- Tokens by model:
SELECT item AS model, agents_before, tokens_before, agents_after, tokens_after
FROM compare_plans('before', 'phase_1') WHERE section = 'model' AND direction IS NULL;
-- Cost by model and direction:
SELECT item AS model, direction, tokens_before, cost_before, tokens_after, cost_after
FROM compare_plans('before', 'phase_1') WHERE section = 'model' AND direction IS NOT NULL;
-- Totals of a run, and of a year:
SELECT direction, agents_before, agents_after, tokens_before, tokens_after, tokens_saved,
       tokens_saved_percent
FROM compare_plans('before', 'phase_1') WHERE section = 'run';
SELECT direction, cost_before, cost_after, cost_saved, cost_saved_percent
FROM compare_plans('before', 'phase_1') WHERE section = 'run';
SELECT cost_before, cost_after, cost_saved, cost_saved_percent, tokens_saved
FROM compare_plans('before', 'phase_1') WHERE section = 'year';
-- What a million tokens cost:
SELECT * FROM compare_model_costs(1000000, 0, '{claude-3-5-sonnet-20241022,
                                                claude-3-5-haiku-20241022}');

-- Sums of parts are the whole, in each section.
SELECT section, sum(tokens_before) AS tokens_before, sum(tokens_after) AS tokens_after,
       sum(cost_before) AS cost_before, sum(cost_after) AS cost_after
FROM compare_plans('before', 'phase_1', input_share => 0.3333, runs_per_year => 1)
WHERE direction IS NULL GROUP BY section ORDER BY section;
SELECT section, sum(tokens_before) AS tokens_before, sum(tokens_after) AS tokens_after,
       sum(cost_before) AS cost_before, sum(cost_after) AS cost_after
FROM compare_plans('before', 'phase_1', input_share => 0.3333)
WHERE direction IS NOT NULL GROUP BY section ORDER BY section;
-- All input, all output, no run.
SELECT share, direction, cost_before, cost_after, cost_saved_percent
FROM unnest('{0,1}'::numeric[]) AS share,
     compare_plans('before', 'phase_1', share) WHERE section = 'run';
SELECT * FROM compare_plans('before', 'before', runs_per_year => 0) WHERE section = 'year';

-- Agents that one of the plans lacks; models at no price and without one; an odd budget.
INSERT INTO llm_models (name, server) VALUES ('unpriced', 'local');
INSERT INTO llm_plans (plan) VALUES ('other'), ('free'), ('empty');
INSERT INTO llm_plan_agents VALUES ('other', 'planner', 'unpriced', 10),
    ('other', 'newcomer', 'gpt-4o-mini', 999), ('free', 'newcomer', 'builtin-draft', 1);
SET client_min_messages = error;  -- the warning tells the time
SELECT section, item, direction, model_before, model_after, agents_before AS a_b,
       agents_after AS a_a, tokens_before AS t_b, tokens_after AS t_a, tokens_saved AS t_s,
       tokens_saved_percent AS t_p, cost_before AS c_b, cost_after AS c_a, cost_saved AS c_s,
       cost_saved_percent AS c_p
FROM compare_plans('free', 'other');
SET client_min_messages = warning;
SELECT section, agents_after, tokens_before, tokens_after, tokens_saved_percent, cost_before,
       cost_after, cost_saved, cost_saved_percent
FROM compare_plans('before', 'empty') WHERE section IN ('run', 'year') AND direction IS NULL;
SELECT section, tokens_before, tokens_saved_percent, cost_saved, cost_saved_percent
FROM compare_plans('empty', 'empty');
-- The tier by input tokens counts for output too.
INSERT INTO llm_model_prices (model, above_input_tokens, effective_from, input_per_million,
                              output_per_million)
VALUES ('unpriced', 0, '2025-01-01', 1, 2), ('unpriced', 400, '2025-01-01', 10, 20);
UPDATE llm_plan_agents SET max_tokens = 1000 WHERE model = 'unpriced';
SELECT direction, tokens_after, cost_after FROM compare_plans('free', 'other', 0.4)
WHERE section = 'model' AND item = 'unpriced';
SELECT direction, tokens_after, cost_after FROM compare_plans('free', 'other', 0.5)
WHERE section = 'model' AND item = 'unpriced';

-- What is refused.
\set VERBOSITY terse
SELECT * FROM compare_plans('before', 'nobody');
SELECT * FROM compare_plans(NULL, 'before');
SELECT * FROM compare_plans('before', 'phase_1', NULL);
SELECT * FROM compare_plans('before', 'phase_1', 1.01);
SELECT * FROM compare_plans('before', 'phase_1', -0.01);
SELECT * FROM compare_plans('before', 'phase_1', 'NaN');
SELECT * FROM compare_plans('before', 'phase_1', 0.5, -1);
SELECT * FROM compare_plans('before', 'phase_1', 0.5, NULL);
INSERT INTO llm_plans (plan) VALUES ('');
INSERT INTO llm_plan_agents VALUES ('before', 'x', 'nobody', 1);
INSERT INTO llm_plan_agents VALUES ('nobody', 'x', 'gpt-4o', 1);
INSERT INTO llm_plan_agents VALUES ('before', 'x', 'gpt-4o', 0);
INSERT INTO llm_plan_agents VALUES ('before', 'x', 'gpt-4o', NULL);
INSERT INTO llm_plan_agents VALUES ('before', 'planner', 'gpt-4o', 1);
INSERT INTO llm_agents (agent) VALUES (E'a\nb');
INSERT INTO llm_agents (agent, task_kind) VALUES ('x', 'dull');
INSERT INTO llm_agents (agent, model) VALUES ('x', 'nobody');
INSERT INTO llm_agents (agent, fallback_models) VALUES ('x', '{gpt-4o,nobody}');
INSERT INTO llm_agents (agent, fallback_models) VALUES ('x', '{NULL}');
INSERT INTO llm_agents (agent, max_tokens) VALUES ('x', 0);
INSERT INTO llm_agents (agent, max_output_tokens) VALUES ('x', 0);
INSERT INTO llm_agents (agent, response_mode) VALUES ('x', 'chatty');
INSERT INTO llm_agents (agent, format) VALUES ('x', 'nothing');
INSERT INTO llm_agents (agent, category) VALUES ('x', '');
UPDATE llm_agents SET format = 'nothing' WHERE agent = 'planner';
DELETE FROM llm_models WHERE name = 'unpriced';
\set VERBOSITY default
-- What is taken.
INSERT INTO llm_agents (agent, fallback_models, format, response_mode)
VALUES ('taken', '{gpt-4o,gpt-4o-mini}', 'pilot', 'machine'), ('bare', '{}', NULL, NULL);
DELETE FROM llm_agents WHERE agent IN ('taken', 'bare');
-- A restore has agents before formats.
SET check_function_bodies = off;
INSERT INTO llm_agents (agent, format) VALUES ('restored', 'later');
RESET check_function_bodies;
DELETE FROM llm_agents WHERE agent = 'restored';

-- Applied: what changes and nothing else. Again: nothing.
UPDATE llm_agents SET category = 'kept', enabled = false WHERE agent = 'planner';
SELECT apply_plan('phase_1');
SELECT apply_plan('phase_1');
SELECT sum(max_tokens) AS tokens,
       sum(max_tokens) FILTER (WHERE model = 'claude-3-5-haiku-20241022') AS cheap
FROM llm_agents;
SELECT category, enabled FROM llm_agents WHERE agent = 'planner';
SELECT application, plan, applied_by = session_user AS mine, jsonb_array_length(changes) AS changes,
       reverted_at
FROM llm_applied_plans;
-- A second one on top, with an agent that it adds; both are reverted, the last one first.
SELECT apply_plan('other');
SELECT agent, model, max_tokens, task_kind, enabled FROM llm_agents
WHERE agent IN ('planner', 'newcomer') ORDER BY agent;
SELECT revert_plan();
SELECT agent, model, max_tokens FROM llm_agents
WHERE agent IN ('planner', 'newcomer') ORDER BY agent;
SELECT revert_plan();
SELECT sum(max_tokens) AS tokens, count(DISTINCT model) AS models FROM llm_agents;
SELECT revert_plan();
SELECT action, severity, actor = session_user AS mine, details ->> 'plan' AS plan,
       details ->> 'agents_changed' AS changed, details ->> 'application' AS application
FROM audit_logs ORDER BY details ->> 'application', action;
SELECT jsonb_pretty(details - 'applied_at' - 'applied_by' #- '{changes,0,after}')
FROM audit_logs WHERE action = 'PLAN_REVERTED' AND details ->> 'plan' = 'other';
-- With the transaction that applied it goes everything.
BEGIN;
SELECT apply_plan('phase_1');
ROLLBACK;
SELECT count(*) FROM llm_applied_plans;

-- Somebody changed an agent since.
SELECT apply_plan('other');
UPDATE llm_agents SET max_tokens = 5 WHERE agent = 'planner';
UPDATE llm_agents SET category = 'important' WHERE agent = 'newcomer';
SELECT revert_plan();
SELECT revert_plan(NULL);
SELECT count(*) FROM llm_applied_plans WHERE reverted_at IS NULL;
SELECT revert_plan(force => true);
SELECT agent, model, max_tokens FROM llm_agents
WHERE agent IN ('planner', 'newcomer') ORDER BY agent;
-- What a plan does not touch is nobody's conflict; a deleted agent is, and stays deleted.
SELECT apply_plan('other');
UPDATE llm_agents SET category = 'other' WHERE agent = 'planner';
SELECT revert_plan();
SELECT apply_plan('other');
DELETE FROM llm_agents WHERE agent = 'planner';
SELECT revert_plan();
SELECT revert_plan(true);
SELECT agent FROM llm_agents WHERE agent IN ('planner', 'newcomer');
-- A plan may be deleted while it is in effect.
SELECT apply_plan('other');
DELETE FROM llm_plans WHERE plan = 'other';
SELECT count(*) FROM llm_plan_agents WHERE plan = 'other';
SELECT revert_plan();
-- An agent without a model and a budget gets none back.
INSERT INTO llm_agents (agent) VALUES ('newcomer');
SELECT apply_plan('free');
SELECT agent, model, max_tokens FROM llm_agents WHERE agent = 'newcomer';
SELECT revert_plan();
SELECT agent, model, max_tokens FROM llm_agents WHERE agent = 'newcomer';
-- Plans that cannot be applied.
SELECT apply_plan('nobody');
SELECT apply_plan(NULL);
SELECT apply_plan('empty');
UPDATE llm_models SET enabled = false WHERE name = 'builtin-draft';
SELECT apply_plan('free');
UPDATE llm_models SET enabled = true WHERE name = 'builtin-draft';
BEGIN READ ONLY;
SELECT apply_plan('free');
ROLLBACK;

-- Against reality.
TRUNCATE llm_agents, llm_plan_agents;
INSERT INTO llm_agents (agent, model, max_tokens) VALUES
    ('wasteful', 'claude-sonnet-4', 100000), ('fitting', 'claude-sonnet-4', 10000),
    ('cut', 'gpt-4o-mini', 10000), ('new', 'gpt-4o-mini', 10000), ('idle', 'gpt-4o', 10000),
    ('roomy', 'claude-sonnet-4', 20000), ('unlimited', 'claude-sonnet-4', NULL),
    ('refused', NULL, 3000);
CREATE FUNCTION write_requests(agent text, n int, input int, output int, allowed int, fields jsonb)
    RETURNS void LANGUAGE sql AS $$
WITH given AS (
    SELECT gen_random_uuid() AS id, now() - interval '1 h' - i * interval '1 s' AS at
    FROM generate_series(1, n) AS i
), requests AS (
    INSERT INTO workflow_requests
    SELECT r.* FROM given g, jsonb_populate_record(NULL::workflow_requests, jsonb_build_object(
        'request_id', g.id, 'submitted_at', g.at, 'finished_at', g.at + interval '10 s',
        'role_name', 'r', 'format', 'pilot', 'format_version', 1, 'prompt_sha256', '\x',
        'services', '[]'::jsonb, 'tags', '{}'::jsonb, 'status', 'succeeded', 'agent', agent,
        'input_tokens', input, 'output_tokens', output,
        'cost_usd', token_cost('claude-sonnet-4', input, output)) || fields) r
)
INSERT INTO llm_calls
SELECT c.* FROM given g, jsonb_populate_record(NULL::llm_calls, jsonb_build_object(
    'request_id', g.id, 'call_id', gen_random_uuid(), 'started_at', g.at + interval '1 s',
    'finished_at', g.at + interval '9 s', 'attempt', 1, 'purpose', 'primary',
    'model', 'claude-sonnet-4', 'server', 'anthropic', 'outcome', 'ok', 'input_tokens', input,
    'cached_input_tokens', 0, 'cache_write_tokens', 0, 'output_tokens', output,
    'reasoning_tokens', 0, 'cost_source', 'reported', 'service_tier', 'standard',
    'latency_ms', 8000, 'validation_codes', '[]'::jsonb, 'mends', '[]'::jsonb,
    'max_output_tokens', allowed)) c
WHERE allowed IS NOT NULL
$$;
-- Of the month before too, when the test runs at its beginning.
SELECT count(llmw_make_partition('public', t, (t || '_before')::name,
                                 date_trunc('month', localtimestamp) - interval '1 month'))
FROM unnest('{workflow_requests,llm_calls}'::name[]) t;
SELECT write_requests('wasteful', 95, 10000, 10000, 16000, '{}'),
       write_requests('wasteful', 5, 10000, 30000, 40000, '{}'),
       write_requests('fitting', 20, 2000, 6000, 8000, '{}'),
       write_requests('cut', 20, 2000, 4000, 4096, '{}'),
       write_requests('cut', 6, 0, 0, NULL, '{"status": "failed", "error_code": "LW010"}'),
       write_requests('cut', 4, 4000, 5000, 5000, '{"fallback_reason": "truncated"}'),
       write_requests('new', 19, 1000, 1000, 2000, '{}'),
       write_requests('roomy', 30, 2000, 1500, 16000, '{}'),
       write_requests('unlimited', 30, 2000, 1500, 4000, '{}'),
       write_requests('refused', 20, 0, 0, NULL,
                      '{"status": "failed", "error_code": "LW010", "cost_usd": 0}'),
       -- These count for nothing.
       write_requests('idle', 30, 9, 9, 9,
                      '{"cached_from": "00000000-0000-7000-8000-000000000001"}'),
       write_requests('idle', 30, 9, 9, 9, '{"status": "cancelled"}'),
       write_requests('idle', 30, 0, 0, 9, '{"status": "failed", "error_code": "LW002"}');
SELECT agent, max_tokens, requests, mean_tokens, p95_tokens AS p95, highest_tokens AS highest,
       reserved_tokens AS reserved, used_percent AS used, cut_requests AS cut, cut_percent
FROM plan_usage();
SELECT agent, model, observed_input_share AS input_share, planned_cost_usd AS planned,
       observed_cost_usd AS observed, advice, suggested_max_tokens AS suggested
FROM plan_usage();
SELECT count(*) FROM (TABLE llm_agent_usage EXCEPT SELECT * FROM plan_usage()) AS different;
-- A second call of a request counts with what the first took.
INSERT INTO llm_calls
SELECT (jsonb_populate_record(c, jsonb_build_object(
    'call_id', gen_random_uuid(), 'attempt', 2, 'purpose', 'repair',
    'estimated_input_tokens', 2500))).*
FROM llm_calls c JOIN llm_agent_requests r USING (request_id)
WHERE r.agent = 'unlimited' ORDER BY c.started_at LIMIT 1;
SELECT max(reserved_tokens) FROM llm_agent_requests WHERE agent = 'unlimited';
-- A plan, before it is applied: who would be cut by it?
INSERT INTO llm_plans (plan) VALUES ('tight');
INSERT INTO llm_plan_agents VALUES ('tight', 'wasteful', 'gpt-4o-mini', 30000),
    ('tight', 'roomy', 'gpt-4o-mini', 3000), ('tight', 'unknown', 'gpt-4o-mini', 1000);
SELECT agent, max_tokens, requests, cut_requests, advice, suggested_max_tokens AS suggested,
       planned_cost_usd AS planned, observed_cost_usd AS observed
FROM plan_usage('tight');
SELECT sum(planned_cost_usd) AS planned, sum(observed_cost_usd) AS observed
FROM plan_usage('tight', input_share => 0.2) WHERE observed_cost_usd IS NOT NULL;
SELECT sum(requests) FROM plan_usage(since => now());
SELECT plan_usage('nobody');
SELECT plan_usage(NULL, NULL);
SELECT plan_usage(NULL, now(), 2);
SELECT plan_usage(NULL, now(), NULL);

-- Document 003: 10,000 a month, 5 % of them fall back.
SELECT baseline_cost, cost, saving, percent
FROM project_savings(10000, 2000, 1500, 'gpt-4o-mini', 'claude-sonnet-4', 0.05);
SELECT baseline_cost_per_year, cost_per_year, saving_per_year
FROM project_savings(10000, 2000, 1500, 'gpt-4o-mini', 'claude-sonnet-4', 0.05);
SELECT * FROM project_savings(1, 2000, 1500, 'gpt-4o-mini', 'claude-sonnet-4', 0);
SELECT * FROM project_savings(1, 2000, 1500, 'gpt-4o-mini', 'claude-sonnet-4', 1);
SELECT * FROM project_savings(0, 2000, 1500, 'gpt-4o-mini', 'claude-sonnet-4', 0.05);
SELECT * FROM project_savings(10, 2000, 1500, 'gpt-4o-mini', 'builtin-draft', 0.05);
SELECT * FROM project_savings(9223372036854775807, 9223372036854775807, 0, 'gpt-4o-mini',
                              'claude-sonnet-4', 0.05);
\set VERBOSITY terse
SELECT project_savings(-1, 2000, 1500, 'gpt-4o-mini', 'claude-sonnet-4', 0.05);
SELECT project_savings(1, -1, 1500, 'gpt-4o-mini', 'claude-sonnet-4', 0.05);
SELECT project_savings(1, 2000, -1, 'gpt-4o-mini', 'claude-sonnet-4', 0.05);
SELECT project_savings(1, 2000, 1500, 'gpt-4o-mini', 'claude-sonnet-4', 5);
SELECT project_savings(1, 2000, 1500, 'gpt-4o-mini', 'claude-sonnet-4', 'NaN');
SELECT project_savings(1, 2000, 1500, NULL, 'claude-sonnet-4', 0.05);
SELECT project_savings(1, 2000, 1500, 'nobody', 'claude-sonnet-4', 0.05);
\set VERBOSITY default

-- Rights: reading is granted by table and view, applying by function.
CREATE ROLE regress_llmw_nobody;
CREATE ROLE regress_llmw_planner;
GRANT SELECT ON llm_plans, llm_plan_agents, llm_agents, llm_agent_requests, llm_agent_usage
    TO regress_llmw_planner;
GRANT EXECUTE ON FUNCTION apply_plan(text), revert_plan(boolean) TO regress_llmw_planner;
SET ROLE regress_llmw_nobody;
SELECT apply_plan('tight');
SELECT revert_plan();
SELECT compare_plans('tight', 'tight');
SELECT plan_usage();
SELECT * FROM llm_agent_usage;
SELECT * FROM llm_applied_plans;
SELECT saving FROM project_savings(1, 2000, 1500, 'gpt-4o-mini', 'claude-sonnet-4', 0);
SET ROLE regress_llmw_planner;
SELECT apply_plan('tight');
SELECT count(*) FROM llm_agent_usage;
SELECT cost_saved FROM compare_plans('tight', 'tight') WHERE section = 'year';
UPDATE llm_agents SET max_tokens = 1;
SELECT revert_plan();
RESET ROLE;

DROP FUNCTION write_requests;
DROP EXTENSION llm_workflow;
DROP ROLE regress_llmw_nobody, regress_llmw_planner;
