-- Downgrades run by run: which are evidence and for whom, where the thresholds lie, and what the watch
-- makes of each. The way of a proposal, and who decides, is in proposals.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;
SELECT count(llmw_make_partition('public', t, format('%s_before', t)::name,
                                 date_trunc('month', localtimestamp) - interval '1 month'))
FROM unnest('{workflow_requests,llm_calls}'::name[]) t;
SELECT ensure_workflow_partitions(1) > 0 AS made;

-- n runs with the calls "model outcome", each of 2000 and 1500 tokens: one each second, from the
-- submission to the end. The model of the accepted call made the document.
CREATE FUNCTION write_runs(n int, calls text[], fields jsonb DEFAULT '{}',
                           at timestamptz DEFAULT now() - interval '1 h',
                           call_fields jsonb DEFAULT '{}')
    RETURNS void LANGUAGE sql AS $$
WITH given AS MATERIALIZED (
    SELECT gen_random_uuid() AS id FROM generate_series(1, n)
), asked AS MATERIALIZED (
    SELECT place, split_part(call, ' ', 1) AS model, split_part(call, ' ', 2) AS outcome,
           token_cost(split_part(call, ' ', 1), 2000, 1500) AS cost
    FROM unnest(calls) WITH ORDINALITY AS c (call, place)
), requests AS (
    INSERT INTO workflow_requests
    SELECT r.* FROM given g
    CROSS JOIN (SELECT sum(cost) AS cost, min(model) FILTER (WHERE outcome = 'ok') AS model
                FROM asked) AS s
    CROSS JOIN LATERAL jsonb_populate_record(NULL::workflow_requests, jsonb_build_object(
        'request_id', g.id, 'submitted_at', at,
        'finished_at', at + (cardinality(calls) - 1) * interval '1 s',
        'role_name', 'r', 'format', 'pilot', 'format_version', 1, 'prompt_sha256', '\x',
        'services', '[]'::jsonb, 'tags', '{}'::jsonb, 'warnings', '[]'::jsonb, 'category', 'bills',
        'status', CASE WHEN s.model IS NULL THEN 'failed' ELSE 'succeeded' END,
        'generator_used', s.model, 'cost_usd', s.cost, 'input_tokens', 2000, 'output_tokens', 1500)
        || fields) r
)
INSERT INTO llm_calls
SELECT c.* FROM given g CROSS JOIN asked a
CROSS JOIN LATERAL jsonb_populate_record(NULL::llm_calls, jsonb_build_object(
    'request_id', g.id, 'call_id', gen_random_uuid(), 'started_at', at + (a.place - 1) * interval '1 s',
    'finished_at', at + (a.place - 1) * interval '1 s', 'attempt', a.place,
    'purpose', CASE a.place WHEN 1 THEN 'primary' ELSE 'fallback' END, 'model', a.model,
    'server', 'openai', 'outcome', a.outcome, 'input_tokens', 2000, 'cached_input_tokens', 0,
    'cache_write_tokens', 0, 'output_tokens', 1500, 'reasoning_tokens', 0, 'cost_usd', a.cost,
    'cost_source', 'reported', 'service_tier', 'standard', 'latency_ms', 8000,
    'validation_codes', '[]'::jsonb, 'mends', '[]'::jsonb, 'max_output_tokens', 4096) || call_fields) c
$$;
-- What is known of gpt-4o-mini for requests of a category.
CREATE FUNCTION evidence(category text DEFAULT 'bills')
    RETURNS TABLE (subject text, from_model text, runs bigint, failed bigint, retried bigint,
                   seen text, missing text[]) LANGUAGE sql AS $$
SELECT d.subject, d.from_model, d.runs, d.failed_runs, d.retried_runs,
       (d.replay ->> 'runs') || ' and ' || (d.replay ->> 'replays'), d.missing
FROM downgrade_candidates() d
WHERE d.to_model = 'gpt-4o-mini' AND d.category = evidence.category ORDER BY d.subject
$$;
INSERT INTO llm_rules (rule, category, text) VALUES ('R1', 'bills', 'Amounts have a currency.');
INSERT INTO llm_issues (category, description, rule) SELECT 'bills', 'No currency.', 'R1'
FROM generate_series(1, 20);

-- ---- Runs ---------------------------------------------------------------------------------------
-- 20 runs are enough, and 19 are not. Where the first model gave no answer, what the others answered
-- says nothing of it.
SELECT write_runs(19, '{gpt-4o ok}');
SELECT * FROM evidence();
SELECT write_runs(1, '{gpt-4o ok}'),
       write_runs(9, '{gpt-4o api_error,claude-sonnet-4 ok}'),
       write_runs(9, '{gpt-4o rate_limited,claude-sonnet-4 validation_failed,claude-sonnet-4 ok}'),
       write_runs(9, '{gpt-4o api_error}');
SELECT * FROM evidence();
-- An agent without a model of its own goes by the route of its category.
BEGIN;
INSERT INTO llm_agents (agent, category) VALUES ('clerk', 'bills');
SELECT write_runs(5, '{gpt-4o ok}', '{"agent": "clerk"}');
SELECT subject, runs FROM evidence();
ROLLBACK;
-- Replays are evidence for the model that was asked: however many there are, they do not tell which
-- model is in use, and those with that model are no runs of it.
BEGIN;
SELECT write_runs(50, '{gpt-4o-mini ok}', '{"tags": {"replay": "1"}}'),
       write_runs(9, '{gpt-4o ok}', '{"tags": {"replay": "2"}}');
SELECT * FROM evidence();
ROLLBACK;

-- ---- Models -------------------------------------------------------------------------------------
-- Those that cost less, are enabled, and have a price that is in force.
BEGIN;
INSERT INTO llm_models (name, server) VALUES ('coming', 'openai'), ('same', 'openai'), ('free', 'openai');
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
SELECT 'coming', now() + interval '1 day', 0.01, 0.01
UNION ALL
SELECT 'same', now() - interval '1 day', input_per_million, output_per_million
FROM llm_model_prices WHERE model = 'gpt-4o';
UPDATE llm_models SET enabled = false WHERE name = 'openai/gpt-oss-20b';
SELECT bool_and(token_cost(to_model, 2000, 1500) < token_cost('gpt-4o', 2000, 1500)) AS all_cheaper,
       bool_or(to_model = 'gpt-4o-mini') AS mini, bool_or(to_model = 'openai/gpt-oss-120b') AS large,
       bool_or(to_model = 'openai/gpt-oss-20b') AS disabled, bool_or(to_model = 'coming') AS coming,
       bool_or(to_model = 'free') AS unpriced, bool_or(to_model = 'builtin-draft') AS builtin
FROM downgrade_candidates() WHERE category = 'bills';
ROLLBACK;

-- ---- Quality and cost ---------------------------------------------------------------------------
-- One failure in 20 is 5 points more, and that is too many; one in 21 is not.
BEGIN;
SELECT write_runs(19, '{gpt-4o-mini ok}', '{"tags": {"replay": "1"}}'),
       write_runs(1, '{gpt-4o-mini validation_failed}', '{"tags": {"replay": "1"}}');
SELECT seen, missing FROM evidence();
SELECT write_runs(1, '{gpt-4o-mini ok}', '{"tags": {"replay": "1"}}');
SELECT seen, missing FROM evidence();
ROLLBACK;
-- A saving of nothing is none.
BEGIN;
SELECT write_runs(20, '{gpt-4o-mini ok}', '{"tags": {"replay": "1"}, "cost_usd": 0.02}');
UPDATE workflow_requests SET cost_usd = 0.02;
SELECT missing FROM evidence();
UPDATE workflow_requests SET cost_usd = 0.020000000001 WHERE NOT tags ? 'replay';
SELECT missing FROM evidence();
-- The mean is that of the runs whose cost is known.
UPDATE workflow_requests SET cost_usd = NULL
WHERE request_id IN (SELECT request_id FROM llm_model_runs WHERE NOT is_replay LIMIT 10);
SELECT cost_per_run_usd FROM downgrade_candidates() WHERE category = 'bills' AND to_model = 'gpt-4o-mini';
ROLLBACK;

-- ---- Decisions ----------------------------------------------------------------------------------
-- What was seen before the last decision was decided upon, whatever was decided before that.
SELECT write_runs(20, '{gpt-4o-mini ok}', '{"tags": {"replay": "1"}}');
SELECT reject_proposal(p.proposal_id, 'Not now.') FROM propose_downgrades() p;
SELECT seen FROM evidence();
SELECT write_runs(20, '{gpt-4o-mini ok}', '{"tags": {"replay": "2"}}', now());
SELECT seen FROM evidence();
SELECT reject_proposal(p.proposal_id, 'Nor now.') FROM propose_downgrades() p WHERE to_model = 'gpt-4o-mini';
SELECT seen FROM evidence();
-- While one is being decided on or tracked there is no other, not even for who writes the table.
SELECT write_runs(20, '{gpt-4o-mini ok}', '{"tags": {"replay": "3"}}', now());
SELECT approve_proposal(p.proposal_id) FROM propose_downgrades() p;
SELECT write_runs(20, '{gpt-4o-mini ok}', at => now()),
       write_runs(20, '{openai/gpt-oss-20b ok}', '{"tags": {"replay": "4"}}', now());
SELECT from_model, runs, missing FROM downgrade_candidates()
WHERE category = 'bills' AND to_model = 'openai/gpt-oss-20b';
SELECT subject, to_model FROM propose_downgrades();
\set VERBOSITY terse
INSERT INTO llm_model_proposals (category, complexity, from_model, to_model, runs, failed_runs,
    failure_rate, failure_low, failure_high, retried_runs, retry_rate, issues, coverage,
    stable_coverage, predicted_failure_rate, predicted_retry_rate, predicted_increase, increase_low,
    increase_high, replay)
SELECT category, complexity, to_model, 'openai/gpt-oss-20b', runs, failed_runs, failure_rate,
       failure_low, failure_high, retried_runs, retry_rate, issues, coverage, stable_coverage,
       predicted_failure_rate, predicted_retry_rate, predicted_increase, increase_low, increase_high,
       replay
FROM llm_model_proposals WHERE status = 'approved';
\set VERBOSITY default

-- ---- The watch ----------------------------------------------------------------------------------
-- What a run saves is what its accepted call would have cost with the former model, cached tokens as
-- cached; what was paid beside that is lost. A run without a document saves nothing.
CREATE VIEW tracked AS
SELECT runs, failure_rate AS failures, retry_rate AS retries, paid_usd AS paid, saved_usd AS saved, lost_usd AS lost,
       net_saving_usd AS net, alarm_percent AS alarm
FROM llm_proposal_tracking WHERE tracked = 'all';
DELETE FROM llm_model_proposals WHERE status <> 'approved';
UPDATE llm_model_proposals SET watched_until = now() + interval '1 min';
SELECT * FROM tracked;
-- The twentieth good run is enough to keep it, and no run before that.
BEGIN;
SELECT write_runs(19, '{gpt-4o-mini ok}', at => now() + interval '2 min');
SELECT advice FROM evaluate_proposals();
SELECT write_runs(1, '{gpt-4o-mini ok}', at => now() + interval '3 min');
SELECT advice FROM evaluate_proposals();
ROLLBACK;
SELECT write_runs(1, '{gpt-4o-mini ok}', '{"cost_usd": 0.001}', now() + interval '2 min',
                  '{"cached_input_tokens": 1000, "cache_write_tokens": 500, "cost_usd": 0.001}');
SELECT *, token_cost('gpt-4o', 2000, 1500, 1000, 500) - 0.001 AS expected FROM tracked;
SELECT write_runs(1, '{gpt-4o-mini validation_failed,gpt-4o refused}', at => now() + interval '3 min');
SELECT * FROM tracked;
-- Good runs excuse no more than was bad before them: a score never falls below 0.
SELECT write_runs(300, '{gpt-4o-mini ok}', at => now() + interval '4 min');
SELECT runs, alarm FROM tracked;
BEGIN;
SELECT write_runs(8, '{gpt-4o-mini validation_failed,gpt-4o ok}', at => now() + interval '5 min');
SELECT runs, alarm FROM tracked;
SELECT advice FROM evaluate_proposals();
ROLLBACK;
SELECT write_runs(8, '{gpt-4o-mini validation_failed,gpt-4o-mini ok}', at => now() + interval '5 min');
SELECT runs, alarm FROM tracked;
SELECT advice FROM evaluate_proposals();

-- ---- What is replayed ---------------------------------------------------------------------------
-- First answers of another model to a stored prompt: nothing that was a replay itself, had an earlier
-- document in its prompt, or came from the ledger; and each with the model alone.
SELECT write_runs(1, '{gpt-4o ok}', '{"agent": "clerk", "complexity": "low"}' || jsonb_build_object('prompt', prompt)
                                     || fields)
FROM (VALUES
    ('asked', '{}'::jsonb), ('asked', '{}'), ('failed', '{"status": "failed", "generator_used": null}'),
    ('replay', '{"tags": {"replay": "9"}}'), ('not stored', '{"prompt": null}'),
    ('regenerated', '{"parent_request_id": "00000000-0000-7000-8000-000000000001"}'),
    ('cached', '{"cached_from": "00000000-0000-7000-8000-000000000001"}'),
    ('cancelled', '{"status": "cancelled"}'), ('other category', '{"category": "mail"}'),
    ('other agent', '{"agent": "scout"}'), ('no agent', '{"agent": null}'),
    ('other complexity', '{"complexity": "high"}')) AS r (prompt, fields);
SELECT write_runs(1, '{gpt-4o-mini ok}', '{"prompt": "same model", "agent": "clerk", "complexity": "low"}'),
       write_runs(1, '{gpt-4o ok}', '{"prompt": "too old", "agent": "clerk", "complexity": "low"}',
                  now() - interval '3 h');
CREATE FUNCTION replayed(agent text, category text, complexity text, since timestamptz)
    RETURNS TABLE (prompt text, requests bigint, models text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM replay_requests('gpt-4o-mini', 100, 1, agent, category, complexity, since);
    RETURN QUERY SELECT j.request ->> 'prompt', count(*), min(j.request ->> 'models')
    FROM workflow_jobs j GROUP BY 1 ORDER BY 1;
    DELETE FROM workflow_jobs;
END
$$;
BEGIN;
SET LOCAL llm_workflow.fallback_models = 'gpt-4o';
SELECT * FROM replayed('clerk', 'bills', 'low', now() - interval '2 h');
SELECT prompt FROM replayed(NULL, NULL, NULL, now() - interval '1 day');
-- A sample of all, not the first that come.
SELECT write_runs(50, '{gpt-4o ok}', '{"prompt": "early", "agent": "many"}', now() - interval '2 h'),
       write_runs(50, '{gpt-4o ok}', '{"prompt": "late", "agent": "many"}');
SELECT replay_requests('gpt-4o-mini', 30, 1, 'many') IS NOT NULL AS replayed;
SELECT request ->> 'prompt' AS prompt, count(*) > 0 AS some FROM workflow_jobs GROUP BY 1 ORDER BY 1;
ROLLBACK;

DROP FUNCTION replayed;
DROP VIEW tracked;
DROP FUNCTION evidence, write_runs;
DROP EXTENSION llm_workflow;
