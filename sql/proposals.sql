-- Downgrades: what is proposed and what is missing, who decides, what is changed and given back, and
-- the watch over what was approved.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- An empty database.
SELECT * FROM downgrade_candidates();
SELECT count(*) FROM propose_downgrades();
SELECT * FROM evaluate_proposals();
SELECT * FROM llm_proposal_tracking;
SELECT * FROM workflow_replays;
SELECT approve_proposal('00000000-0000-7000-8000-000000000001');

-- Runs of the months before, of this one and of the next.
SELECT count(llmw_make_partition('public', t, format('%s_%s', t, i)::name,
                                 date_trunc('month', localtimestamp) - make_interval(months => i)))
FROM unnest('{workflow_requests,llm_calls}'::name[]) t, generate_series(1, 4) i;
SELECT ensure_workflow_partitions(1) > 0 AS made;
-- n runs from a time on, a second each, of which the model gave a good answer, one that had to be
-- repaired, or none, so that gpt-4o had to give it.
CREATE FUNCTION write_runs(n int, kind text, model text, fields jsonb, begins timestamptz)
    RETURNS void LANGUAGE sql AS $$
WITH given AS (
    SELECT gen_random_uuid() AS id, begins + i * interval '1 s' AS at FROM generate_series(1, n) i
), called AS (
    SELECT g.id, c.attempt, c.purpose, c.model, c.outcome, c.input, c.output, g.at,
           token_cost(c.model, c.input, c.output) AS cost
    FROM given g
    CROSS JOIN LATERAL (VALUES
        (1, 'primary', write_runs.model, CASE kind WHEN 'good' THEN 'ok' WHEN 'lost' THEN 'api_error'
                                         ELSE 'validation_failed' END, 2000, 1500),
        (2, 'repair', write_runs.model, CASE kind WHEN 'repaired' THEN 'ok' END, 3600, 1500),
        (2, 'fallback', 'gpt-4o', CASE WHEN kind IN ('failed', 'lost') THEN 'ok' END, 2000, 1500))
        AS c (attempt, purpose, model, outcome, input, output)
    WHERE c.outcome IS NOT NULL
), requests AS (
    INSERT INTO workflow_requests
    SELECT r.* FROM given g
    CROSS JOIN LATERAL (SELECT sum(c.cost) AS cost, sum(c.input) AS input, sum(c.output) AS output
                        FROM called c WHERE c.id = g.id) AS s
    CROSS JOIN LATERAL jsonb_populate_record(NULL::workflow_requests, jsonb_build_object(
        'request_id', g.id, 'submitted_at', g.at, 'finished_at', g.at + interval '10 s',
        'role_name', 'r', 'format', 'pilot', 'format_version', 1, 'prompt_sha256', '\x',
        'services', '[]'::jsonb, 'tags', '{}'::jsonb, 'status', 'succeeded',
        'generator_used', CASE WHEN kind IN ('failed', 'lost') THEN 'gpt-4o'
                               ELSE write_runs.model END,
        'cost_usd', s.cost, 'input_tokens', s.input, 'output_tokens', s.output,
        'warnings', '[]'::jsonb) || fields) r
)
INSERT INTO llm_calls
SELECT c.* FROM called d, jsonb_populate_record(NULL::llm_calls, jsonb_build_object(
    'request_id', d.id, 'call_id', gen_random_uuid(), 'started_at', d.at + interval '1 s',
    'finished_at', d.at + interval '9 s', 'attempt', d.attempt, 'purpose', d.purpose,
    'model', d.model, 'server', 'openai', 'outcome', d.outcome, 'input_tokens', d.input,
    'cached_input_tokens', 0, 'cache_write_tokens', 0, 'output_tokens', d.output,
    'reasoning_tokens', 0, 'cost_usd', d.cost, 'cost_source', 'reported',
    'service_tier', 'standard', 'latency_ms', 8000, 'validation_codes', '[]'::jsonb,
    'mends', '[]'::jsonb, 'max_output_tokens', 4096)) c
$$;

-- ---- What is missing ----------------------------------------------------------------------------
INSERT INTO llm_routes (category, complexity, model) VALUES ('billing', '', 'gpt-4o');
INSERT INTO llm_agents (agent, model, category) VALUES
    ('scout', 'claude-sonnet-4', 'research'), ('plain', 'gpt-4o', NULL);
SELECT write_runs(15, 'good', 'gpt-4o', '{"category": "billing"}', now() - interval '2 days');
SELECT to_model, runs, coverage, predicted_increase, missing
FROM downgrade_candidates() WHERE subject = 'category billing' AND to_model LIKE 'gpt-4o%';
-- Runs without a category, before since, of other models, cached or cancelled count for nothing; what
-- the model answered after an error counts.
SELECT write_runs(9, 'good', 'gpt-4o', '{}', now() - interval '2 days'),
       write_runs(9, 'good', 'gpt-4o', '{"category": "billing"}', now() - interval '91 days'),
       write_runs(9, 'good', 'claude-sonnet-4', '{"category": "billing"}', now() - interval '2 days'),
       write_runs(9, 'good', 'gpt-4o', '{"category": "billing", "status": "cancelled"}',
                  now() - interval '2 days'),
       write_runs(9, 'lost', 'gpt-4o', '{"category": "billing"}', now() - interval '2 days'),
       write_runs(9, 'good', 'gpt-4o', '{"category": "billing",
                  "cached_from": "00000000-0000-7000-8000-000000000001"}', now() - interval '2 days');
SELECT runs, failed_runs, retried_runs FROM downgrade_candidates()
WHERE subject = 'category billing' AND to_model = 'gpt-4o-mini';
SELECT write_runs(84, 'good', 'gpt-4o', '{"category": "billing"}', now() - interval '1 day'),
       write_runs(1, 'repaired', 'gpt-4o', '{"category": "billing"}', now() - interval '1 day');
INSERT INTO llm_rules (rule, category, text) VALUES ('R1', 'billing', 'Amounts have a currency.');
INSERT INTO llm_issues (category, description, rule, recorded_at)
SELECT 'billing', 'No currency.', CASE WHEN i > 6 THEN 'R1' END, now() - i * interval '1 minute'
FROM generate_series(1, 30) i;
SELECT runs, issues, coverage, stable_coverage, missing FROM downgrade_candidates()
WHERE subject = 'category billing' AND to_model = 'gpt-4o-mini';
-- Coverage that holds, but not all the time.
UPDATE llm_issues SET rule = 'R1' WHERE recorded_at > now() - interval '7 minutes';
UPDATE llm_issues SET rule = NULL WHERE recorded_at < now() - interval '24 minutes';
SELECT issues, coverage, stable_coverage, missing FROM downgrade_candidates()
WHERE subject = 'category billing' AND to_model = 'gpt-4o-mini';
UPDATE llm_issues SET rule = 'R1' WHERE recorded_at < now() - interval '28 minutes';
SELECT issues, coverage, stable_coverage, missing FROM downgrade_candidates()
WHERE subject = 'category billing' AND to_model = 'gpt-4o-mini';
-- Replays, first those of a model that is not good enough.
SELECT write_runs(18, 'good', 'gpt-4o-mini', '{"category": "billing", "tags": {"replay": "1"}}',
                  now() - interval '3 hours'),
       write_runs(2, 'repaired', 'gpt-4o-mini', '{"category": "billing", "tags": {"replay": "1"}}',
                  now() - interval '3 hours');
SELECT retry_rate, predicted_retry_rate, predicted_failure_rate, predicted_increase, increase_low,
       increase_high, missing
FROM downgrade_candidates() WHERE subject = 'category billing' AND to_model = 'gpt-4o-mini';
SELECT count(*) FROM propose_downgrades();
SELECT write_runs(19, 'good', 'gpt-4o-mini', '{"category": "billing", "tags": {"replay": "1"}}',
                  now() - interval '2 hours'),
       write_runs(1, 'failed', 'gpt-4o-mini', '{"category": "billing", "tags": {"replay": "1"},
                  "status": "failed", "generator_used": null}', now() - interval '2 hours');
SELECT retry_rate, predicted_retry_rate, predicted_failure_rate, missing
FROM downgrade_candidates() WHERE subject = 'category billing' AND to_model = 'gpt-4o-mini';
SELECT write_runs(40, 'good', 'gpt-4o-mini', '{"category": "billing", "tags": {"replay": "1"}}',
                  now() - interval '1 hour');

-- ---- Proposing ----------------------------------------------------------------------------------
SELECT subject, from_model, to_model, status, runs, failed_runs, failure_rate, failure_low,
       failure_high, retry_rate, coverage, stable_coverage, replay - 'first_at' - 'last_at' AS replay
FROM propose_downgrades();
SELECT predicted_failure_rate AS failures, predicted_retry_rate AS retries, predicted_increase AS
       increase, increase_low AS low, increase_high AS high, cost_per_run_usd AS cost,
       predicted_cost_per_run_usd AS predicted, expected_saving_usd AS saving
FROM llm_model_proposals;
-- Once.
SELECT count(*) FROM propose_downgrades();
SELECT missing FROM downgrade_candidates()
WHERE subject = 'category billing' AND to_model = 'gpt-4o-mini';
SELECT model, fallback_models FROM llm_routes WHERE category = 'billing';

-- ---- Rejecting ----------------------------------------------------------------------------------
SELECT proposal_id AS id FROM llm_model_proposals WHERE status = 'proposed' \gset
\set VERBOSITY terse
SELECT reject_proposal(:'id', ' ');
SELECT reject_proposal(:'id', NULL);
SELECT reject_proposal(NULL, 'why');
-- Its id is in the message.
\set VERBOSITY sqlstate
SELECT revert_proposal(:'id', 'why');
\set VERBOSITY default
SELECT reject_proposal(:'id', 'Not before the end of the year.');
SELECT status, decided_by = session_user AS by_me, reason, ended_at IS NOT NULL AS ended
FROM llm_model_proposals;
-- What was seen before the decision does not count again.
SELECT predicted_failure_rate, missing FROM downgrade_candidates()
WHERE subject = 'category billing' AND to_model = 'gpt-4o-mini';
SELECT write_runs(20, 'good', 'gpt-4o-mini', '{"category": "billing", "tags": {"replay": "2"}}',
                  now());
SELECT subject, to_model, predicted_failure_rate, predicted_increase FROM propose_downgrades();

-- ---- Approving ----------------------------------------------------------------------------------
SELECT proposal_id AS id FROM llm_model_proposals WHERE status = 'proposed' \gset
UPDATE llm_models SET enabled = false WHERE name = 'gpt-4o-mini';
SELECT approve_proposal(:'id');
UPDATE llm_models SET enabled = true WHERE name = 'gpt-4o-mini';
UPDATE llm_routes SET fallback_models = '{claude-sonnet-4,gpt-4o-mini}' WHERE category = 'billing';
SELECT approve_proposal(:'id');
SELECT category, complexity, model, fallback_models FROM llm_routes WHERE NOT builtin;
SELECT status, decided_by = session_user AS by_me, former, ended_at FROM llm_model_proposals
WHERE proposal_id = :'id';
SELECT action, severity, actor = session_user AS mine, details - 'proposal_id' - 'replay' AS details
FROM audit_logs WHERE action LIKE 'PROPOSAL%' ORDER BY "timestamp", action;
SELECT tracked, runs, failure_rate_before, failure_rate, alarm_percent FROM llm_proposal_tracking;

-- ---- Watching -----------------------------------------------------------------------------------
-- The scores that failures and other runs give.
SELECT r.bad, r.of, round(s.bad::numeric, 4) AS failure, round(s.good::numeric, 4) AS other,
       round((-s.good / (s.bad - s.good))::numeric, 4) AS rises_above
FROM (VALUES (0, 20), (1, 100), (50, 1000), (300, 1000), (20, 20)) r (bad, of)
CROSS JOIN LATERAL llmw_watch_steps(r.bad, r.of) s;
-- 300 watches over 500 runs each, where 2 % were bad before: how many revert, and how soon?
CREATE FUNCTION watch(rate float8, OUT reverted numeric, OUT mean_runs numeric) LANGUAGE plpgsql AS $$
DECLARE
    step record := llmw_watch_steps(20, 1000);
    score float8;
    runs int;
BEGIN
    reverted := 0;
    mean_runs := 0;
    FOR i IN 1 .. 300 LOOP
        score := llmw_watch_limit() / 2;
        runs := 0;
        WHILE score < llmw_watch_limit() AND runs < 500 LOOP
            score := greatest(0, score + CASE WHEN random() < rate THEN step.bad ELSE step.good END);
            runs := runs + 1;
        END LOOP;
        IF score >= llmw_watch_limit() THEN
            reverted := reverted + 1;
            mean_runs := mean_runs + runs;
        END IF;
    END LOOP;
    reverted := reverted / 300;
    mean_runs := mean_runs / nullif(300 * reverted, 0);
END
$$;
SELECT setseed(0.5);
SELECT reverted = 0 AS never FROM watch(0.02);
SELECT reverted < 0.06 AS hardly_ever FROM watch(0.04);
SELECT reverted = 1 AS always, mean_runs BETWEEN 25 AND 60 AS soon FROM watch(0.16);
SELECT reverted = 1 AS always, mean_runs < 10 AS at_once FROM watch(0.5);
DROP FUNCTION watch;
SELECT * FROM evaluate_proposals();
-- Those submitted before count for nothing, nor do replays and other models.
SELECT write_runs(9, 'failed', 'gpt-4o-mini', '{"category": "billing"}', now() - interval '1 hour'),
       write_runs(9, 'failed', 'gpt-4o-mini', '{"category": "billing", "tags": {"replay": "3"}}',
                  now() + interval '1 s'),
       write_runs(9, 'failed', 'claude-sonnet-4', '{"category": "billing"}',
                  now() + interval '1 s');
SELECT write_runs(6, 'good', 'gpt-4o-mini', '{"category": "billing"}', now() + interval '10 s'),
       write_runs(2, 'failed', 'gpt-4o-mini', '{"category": "billing"}', now() + interval '17 s');
SELECT * FROM evaluate_proposals();
SELECT tracked, runs, failure_rate_before AS before, failure_rate AS failures, retry_rate, paid_usd,
       saved_usd, lost_usd, net_saving_usd, alarm_percent
FROM llm_proposal_tracking;
SELECT write_runs(12, 'good', 'gpt-4o-mini', '{"category": "billing"}', now() + interval '30 s');
SELECT tracked, runs, failure_rate AS failures, net_saving_usd, alarm_percent
FROM llm_proposal_tracking;
-- After 20 runs it is not yet as good as it has to be; after some more it is.
SELECT * FROM evaluate_proposals();
SELECT write_runs(30, 'good', 'gpt-4o-mini', '{"category": "billing"}', now() + interval '60 s');
SELECT rule, subject, former, advice, details FROM evaluate_workflow_rules()
WHERE rule = 'proposals';
SELECT status, kept_at IS NOT NULL AS kept, first_5 ->> 'runs' AS five, first_20 FROM
llm_model_proposals WHERE proposal_id = :'id';
SELECT * FROM evaluate_proposals();
-- A person may still revert it.
BEGIN;
SELECT revert_proposal(:'id', 'The customers complain.');
SELECT status, (SELECT model FROM llm_routes WHERE category = 'billing') AS model
FROM llm_model_proposals WHERE proposal_id = :'id';
ROLLBACK;
-- Long after, and by itself: one in four has to be repaired.
SELECT write_runs(1, 'repaired', 'gpt-4o-mini', '{"category": "billing"}',
                  now() + interval '100 s' + i * interval '10 s'),
       write_runs(3, 'good', 'gpt-4o-mini', '{"category": "billing"}',
                  now() + interval '101 s' + i * interval '10 s')
FROM generate_series(1, 20) i;
SELECT subject, former, advice, details - 'approved_by' AS details FROM evaluate_proposals();
SELECT category, complexity, model, fallback_models FROM llm_routes WHERE NOT builtin;
SELECT tracked, status, runs, failure_rate AS failures, retry_rate, saved_usd, lost_usd,
       alarm_percent
FROM llm_proposal_tracking;
SELECT action, severity, details ->> 'reason' AS reason FROM audit_logs
WHERE action IN ('PROPOSAL_KEPT', 'PROPOSAL_REVERTED') ORDER BY action;
SELECT * FROM evaluate_proposals();

-- ---- Agents, and a person who reverts ------------------------------------------------------------
INSERT INTO llm_rules (rule, category, text) VALUES ('R2', 'research', 'Name the sources.');
INSERT INTO llm_issues (category, description, rule, recorded_at)
SELECT 'research', 'No source.', 'R2', now() - i * interval '1 minute' FROM generate_series(1, 30) i;
SELECT write_runs(30, 'good', 'claude-sonnet-4', '{"agent": "scout"}', now() - interval '1 day'),
       write_runs(30, 'good', 'gpt-4o', '{"agent": "plain"}', now() - interval '1 day'),
       write_runs(30, 'good', 'gpt-4o-mini',
                  '{"tags": {"replay": "4", "replay_agent": "scout"}}', now() - interval '1 hour'),
       -- Experiments and arguments bring real runs of the other model.
       write_runs(30, 'good', 'gpt-4o',
                  '{"agent": "scout", "experiment": "e", "arm": "candidate"}',
                  now() - interval '1 hour');
SELECT to_model, replay ->> 'runs' AS runs, replay ->> 'replays' AS replays, missing
FROM downgrade_candidates() WHERE agent = 'scout' AND replay ->> 'first_at' IS NOT NULL;
SELECT DISTINCT missing FROM downgrade_candidates() WHERE agent = 'plain';
-- One whose cost is not known saves nothing for certain.
BEGIN;
UPDATE workflow_requests SET cost_usd = NULL WHERE tags ->> 'replay' = '4';
SELECT to_model, expected_saving_usd, missing
FROM downgrade_candidates() WHERE agent = 'scout' AND to_model = 'gpt-4o-mini';
SELECT subject, to_model FROM propose_downgrades();
ROLLBACK;
-- The one that saves most.
SELECT subject, category, complexity, from_model, to_model, expected_saving_usd
FROM propose_downgrades();
SELECT proposal_id AS id FROM llm_model_proposals WHERE status = 'proposed' \gset
SELECT approve_proposal(:'id');
SELECT model, fallback_models FROM llm_agents WHERE agent = 'scout';
\set VERBOSITY terse
SELECT revert_proposal(:'id', NULL);
SELECT revert_proposal(:'id', 'The sources got worse.');
\set VERBOSITY default
SELECT model, fallback_models FROM llm_agents WHERE agent = 'scout';
SELECT status, reason, watched_runs FROM llm_model_proposals WHERE proposal_id = :'id';

-- ---- Changed by somebody else --------------------------------------------------------------------
-- Of the other model nothing was decided.
SELECT subject, to_model FROM propose_downgrades();
SELECT proposal_id AS id FROM llm_model_proposals WHERE status = 'proposed' \gset
UPDATE llm_agents SET model = 'claude-3-5-sonnet-20241022' WHERE agent = 'scout';
\set VERBOSITY terse
SELECT approve_proposal(:'id');
\set VERBOSITY default
SELECT count(*) FROM propose_downgrades();
SELECT status, reason FROM llm_model_proposals WHERE proposal_id = :'id';
UPDATE llm_agents SET model = 'claude-sonnet-4' WHERE agent = 'scout';
SELECT subject, to_model FROM propose_downgrades();
SELECT proposal_id AS id FROM llm_model_proposals WHERE status = 'proposed' \gset
SELECT approve_proposal(:'id');
SELECT write_runs(3, 'good', 'gpt-4o', '{"agent": "scout"}', now() + interval '1 s');
DELETE FROM llm_agents WHERE agent = 'scout';
\set VERBOSITY terse
SELECT revert_proposal(:'id', 'Too late.');
\set VERBOSITY default
SELECT subject, former, advice FROM evaluate_proposals();
SELECT status, reason FROM llm_model_proposals WHERE proposal_id = :'id';

-- ---- Routes --------------------------------------------------------------------------------------
-- Without a row the settings or the complexity decide: the proposal makes one.
INSERT INTO llm_rules (rule, category, text) VALUES ('R3', 'mail', 'Name the sender.');
INSERT INTO llm_issues (category, description, rule, recorded_at)
SELECT 'mail', 'No sender.', 'R3', now() - i * interval '1 minute' FROM generate_series(1, 30) i;
SELECT write_runs(30, 'good', 'gpt-4o', '{"category": "mail"}', now() - interval '1 day'),
       write_runs(30, 'good', 'gpt-4-turbo-2024-04-09',
                  '{"category": "mail", "complexity": "high"}', now() - interval '1 day'),
       write_runs(30, 'good', 'gpt-4o-mini', '{"category": "mail", "tags": {"replay": "5"}}',
                  now() - interval '1 hour'),
       write_runs(30, 'good', 'gpt-4o',
                  '{"category": "mail", "complexity": "high", "tags": {"replay": "6"}}',
                  now() - interval '1 hour');
-- A route of the whole category would take the requests of high complexity too.
SELECT subject, from_model, to_model, missing FROM downgrade_candidates()
WHERE category = 'mail' AND replay ->> 'replays' <> '0';
SELECT subject, category, complexity, from_model, to_model FROM propose_downgrades();
SELECT proposal_id AS id FROM llm_model_proposals WHERE status = 'proposed' \gset
SELECT approve_proposal(:'id');
SELECT complexity, model, fallback_models FROM llm_routes WHERE category = 'mail';
SELECT subject, missing FROM downgrade_candidates()
WHERE category = 'mail' AND complexity = '' AND replay ->> 'replays' <> '0';
-- And removes it: five of five have to be repaired.
SELECT write_runs(5, 'repaired', 'gpt-4o', '{"category": "mail", "complexity": "high"}',
                  now() + interval '1 s');
SELECT subject, former, advice, details -> 'net_saving_usd' AS net FROM evaluate_proposals();
SELECT count(*) FROM llm_routes WHERE category = 'mail';

-- ---- Over months ---------------------------------------------------------------------------------
-- A proposal of 50 days ago. What is older than a day is counted once and for all.
SELECT subject, to_model FROM propose_downgrades();
INSERT INTO llm_routes (category, complexity, model) VALUES ('mail', 'high', 'gpt-4o');
SELECT subject, to_model FROM propose_downgrades();
SELECT proposal_id AS id FROM llm_model_proposals WHERE status = 'proposed' \gset
SELECT approve_proposal(:'id');
UPDATE llm_model_proposals
SET decided_at = now() - interval '50 days', watched_until = now() - interval '50 days'
WHERE proposal_id = :'id';
SELECT write_runs(25, 'good', 'gpt-4o-mini', '{"category": "mail"}', now() - interval '40 days'),
       write_runs(10, 'good', 'gpt-4o-mini', '{"category": "mail"}', now() - interval '30 days'),
       write_runs(4, 'good', 'gpt-4o-mini', '{"category": "mail"}', now() - interval '3 hours');
CREATE TEMPORARY TABLE before AS SELECT * FROM llm_proposal_tracking;
SELECT subject, former, advice FROM evaluate_proposals();
SELECT watched_runs, now() - watched_until <= interval '1 day 1 hour' AS until_yesterday
FROM llm_model_proposals WHERE proposal_id = :'id';
-- The same is told, counted anew or not.
SELECT count(*) FROM (SELECT proposal_id, tracked, runs, failure_rate, saved_usd, alarm_percent
                      FROM before EXCEPT
                      SELECT proposal_id, tracked, runs, failure_rate, saved_usd, alarm_percent
                      FROM llm_proposal_tracking) AS different;
-- Where the cost of one run is not known, nor are the sums; the watch goes on.
BEGIN;
SELECT write_runs(1, 'good', 'gpt-4o-mini', '{"category": "mail", "cost_usd": null}',
                  now() - interval '3 hours');
SELECT paid_usd, saved_usd IS NOT NULL AS saved, lost_usd, net_saving_usd FROM llm_proposal_tracking
WHERE proposal_id = :'id' AND tracked = 'all';
INSERT INTO llm_calls
SELECT another.* FROM workflow_requests r
JOIN llm_calls c ON c.request_id = r.request_id
CROSS JOIN LATERAL jsonb_populate_record(c, jsonb_build_object(
    'call_id', gen_random_uuid(), 'attempt', 2, 'cost_usd', NULL, 'cost_source', 'unknown_price'))
    AS another
WHERE r.category = 'mail' AND r.cost_usd IS NULL;
SELECT paid_usd, saved_usd, lost_usd, net_saving_usd FROM llm_proposal_tracking
WHERE proposal_id = :'id' AND tracked = 'all';
SELECT subject, former, advice FROM evaluate_proposals();
ROLLBACK;
-- What begins to fail after a good time is reverted all the same.
SELECT write_runs(12, 'failed', 'gpt-4o-mini', '{"category": "mail"}', now() - interval '2 hours');
SELECT subject, former, advice FROM evaluate_proposals();

-- ---- Replays -------------------------------------------------------------------------------------
\set VERBOSITY terse
SELECT replay_requests('gpt-4o-mini', category => 'billing');
SELECT replay_requests(NULL);
SELECT replay_requests('nobody');
SELECT replay_requests('gpt-4o-mini', 0);
SELECT replay_requests('gpt-4o-mini', 20, -1);
SELECT replay_requests('gpt-4o-mini', 20, 'NaN');
SELECT replay_requests('gpt-4o-mini', 20, 'infinity');
INSERT INTO llm_models (name, server) VALUES ('unpriced', 'local');
SELECT replay_requests('unpriced');
\set VERBOSITY default
UPDATE workflow_requests
SET prompt = 'Send the bill', services = '{google-mail}', complexity = 'low', agent = 'clerk'
WHERE category = 'billing' AND generator_used = 'gpt-4o' AND NOT tags ? 'replay';
SELECT replay_requests('gpt-4o-mini', 5, 0.001, category => 'billing');
-- With a price for long prompts alone what short ones cost is not known: no budget could be kept.
BEGIN;
SET LOCAL client_min_messages = error;
INSERT INTO llm_model_prices (model, effective_from, above_input_tokens, input_per_million,
                              output_per_million)
VALUES ('unpriced', now() - interval '1 day', 200000, 1, 1);
SELECT replay_requests('unpriced', 5, 1, category => 'billing');
ROLLBACK;
BEGIN;
SET LOCAL llm_workflow.max_request_cost = '0.000001';
SELECT replay_requests('gpt-4o-mini', 5, 1, category => 'billing') IS NOT NULL AS replayed;
SELECT count(*), min(priority) AS priority, count(DISTINCT request ->> 'prompt') AS prompts,
       count(DISTINCT role_name) AS roles, min(primary_model) AS model
FROM workflow_jobs;
SHOW llm_workflow.max_request_cost;
SHOW llm_workflow.enable_fallback;
SELECT details - 'replay' AS details FROM audit_logs WHERE action = 'REPLAY_SUBMITTED';
SELECT model, category, requests, ended, valid_documents, cost_usd FROM workflow_replays;
-- What those cost that ended, unless that of one is not known.
SELECT write_runs(1, 'good', 'gpt-4o-mini', jsonb_build_object('tags', jsonb_build_object('replay', replay)),
                  now() - interval '1 s')  -- submitted when the replay was
FROM workflow_replays;
SELECT ended, valid_documents AS valid, valid_percent AS percent, cost_usd FROM workflow_replays;
UPDATE workflow_requests SET cost_usd = NULL WHERE tags ->> 'replay' = (SELECT replay FROM workflow_replays);
SELECT ended, cost_usd FROM workflow_replays;
-- As many as the budget allows: half of it, and just enough.
SELECT replay_requests('gpt-4o-mini', 5, highest / 2, category => 'billing') IS NOT NULL AS half,
       replay_requests('gpt-4o-mini', 5, highest, category => 'billing') IS NOT NULL AS enough
FROM (SELECT (details ->> 'highest_cost_usd')::numeric AS highest
      FROM audit_logs WHERE action = 'REPLAY_SUBMITTED') AS e;
SELECT requests, (SELECT min((request ->> 'max_cost')::numeric) > 0 FROM workflow_jobs) AS limited,
       budget_usd >= (SELECT sum((request ->> 'max_cost')::numeric)
                                FROM workflow_jobs
                                WHERE (request ->> 'tags')::jsonb ->> 'replay' = replay) AS within_budget
FROM workflow_replays ORDER BY requests;
ROLLBACK;

-- ---- Rights --------------------------------------------------------------------------------------
CREATE ROLE regress_llmw_nobody;
CREATE ROLE regress_llmw_tuner;
CREATE ROLE regress_llmw_manager;
GRANT EXECUTE ON FUNCTION propose_downgrades(timestamptz),
    replay_requests(text, int, numeric, text, text, text, timestamptz) TO regress_llmw_tuner;
GRANT EXECUTE ON FUNCTION approve_proposal(uuid), reject_proposal(uuid, text),
    revert_proposal(uuid, text),
    llmw_watched(llm_model_proposals, timestamptz) TO regress_llmw_manager;
GRANT SELECT ON llm_model_proposals, llm_proposal_tracking TO regress_llmw_manager;
SET ROLE regress_llmw_nobody;
SELECT downgrade_candidates();
SELECT propose_downgrades();
SELECT approve_proposal(gen_random_uuid());
SELECT reject_proposal(gen_random_uuid(), 'no');
SELECT revert_proposal(gen_random_uuid(), 'no');
SELECT evaluate_proposals();
SELECT replay_requests('gpt-4o-mini');
SELECT * FROM llm_model_proposals;
SELECT * FROM llm_proposal_tracking;
SELECT * FROM workflow_replays;
SET ROLE regress_llmw_tuner;
SELECT count(*) FROM propose_downgrades();
SELECT approve_proposal(gen_random_uuid());
BEGIN;
SELECT replay_requests('gpt-4o-mini', 1) IS NOT NULL AS replayed;
ROLLBACK;
SET ROLE regress_llmw_manager;
SELECT count(*) > 0 AS tracked FROM llm_proposal_tracking;
SELECT approve_proposal('00000000-0000-7000-8000-000000000001');
UPDATE llm_model_proposals SET status = 'approved';
SELECT evaluate_proposals();
RESET ROLE;

DROP FUNCTION write_runs;
DROP EXTENSION llm_workflow;
DROP ROLE regress_llmw_nobody, regress_llmw_tuner, regress_llmw_manager;
