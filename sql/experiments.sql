-- Experiments: who may begin and end them, what their figures and verdicts are, what adoption
-- changes, and when they halt by themselves. Requests are written as the worker would write them.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- The error of a statement, with its detail and hint, without the times in it.
CREATE FUNCTION error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    IF SQLSTATE LIKE '23%' THEN
        detail := '';  -- the row has a time in it
    END IF;
    RETURN regexp_replace(concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, '')),
                          '\d{4}-\d\d-\d\d [0-9:.+]+', 'TIME', 'g');
END$$;

-- Of the month before too, when the test runs at its beginning.
SELECT count(llmw_make_partition('public', t, (t || '_before')::name,
                                 date_trunc('month', localtimestamp) - interval '1 month'))
FROM unnest('{workflow_requests,llm_calls}'::name[]) t;

-- So many requests of an arm in the last hour, and so many of them, evenly, in which something goes
-- wrong: repaired, repaired twice, retried, fallback, failed, issue, outcome.
CREATE FUNCTION write_requests(experiment text, arm text, requests int, wrong int, how text, ms int,
                               fields jsonb DEFAULT '{}')
    RETURNS void LANGUAGE sql AS $$
WITH given AS MATERIALIZED (
    SELECT md5(experiment || arm || i)::uuid AS id,
           now() - interval '1 h' + i * interval '3000 s' / requests AS ended,
           ms + i % 7 AS ms, i * wrong / requests > (i - 1) * wrong / requests AS is_wrong
    FROM generate_series(1, requests) AS i
), written AS (
    INSERT INTO workflow_requests
    SELECT r.* FROM given g, jsonb_populate_record(NULL::workflow_requests, jsonb_build_object(
        'request_id', g.id, 'submitted_at', g.ended - g.ms * interval '1 ms',
        'finished_at', g.ended, 'role_name', 'r', 'format', 'pilot', 'format_version', 1,
        'prompt_sha256', '\x', 'services', '[]'::jsonb, 'tags', '{}'::jsonb,
        'status', CASE WHEN g.is_wrong AND how = 'failed' THEN 'failed' ELSE 'succeeded' END,
        'fallback_reason', CASE WHEN g.is_wrong AND how = 'fallback' THEN 'validation_failed' END,
        'outcome_succeeded', CASE WHEN how = 'outcome' THEN NOT g.is_wrong END,
        'generation_time_ms', g.ms, 'input_tokens', 1000, 'output_tokens', 500,
        'cost_usd', 0.002, 'experiment', experiment, 'arm', arm) || fields) r
), noticed AS (
    INSERT INTO llm_issues (category, request_id, description)
    SELECT 'reports', g.id, 'A step is missing.' FROM given g WHERE g.is_wrong AND how = 'issue'
)
INSERT INTO llm_calls
SELECT c.* FROM given g
JOIN (VALUES ('repaired', 1, 'primary', 'validation_failed'), ('repaired', 2, 'repair', 'ok'),
             ('repaired twice', 1, 'primary', 'validation_failed'),
             ('repaired twice', 2, 'repair', 'validation_failed'), ('repaired twice', 3, 'repair', 'ok'),
             ('retried', 1, 'primary', 'rate_limited'), ('retried', 2, 'retry', 'ok'),
             ('fallback', 1, 'primary', 'validation_failed'), ('fallback', 2, 'fallback', 'ok'),
             ('failed', 1, 'primary', 'api_error'), ('right', 1, 'primary', 'ok'))
     AS s (way, attempt, purpose, outcome)
  ON s.way = CASE WHEN g.is_wrong AND how NOT IN ('issue', 'outcome') THEN how ELSE 'right' END,
jsonb_populate_record(NULL::llm_calls, jsonb_build_object(
    'request_id', g.id, 'call_id', gen_random_uuid(),
    'started_at', CASE s.attempt WHEN 1 THEN g.ended - g.ms * interval '1 ms' ELSE g.ended END,
    'finished_at', g.ended, 'attempt', s.attempt, 'purpose', s.purpose, 'model', 'm',
    'server', 's', 'outcome', s.outcome, 'input_tokens', 500, 'cached_input_tokens', 0,
    'cache_write_tokens', 0, 'output_tokens', 250, 'reasoning_tokens', 0,
    'cost_source', 'reported', 'service_tier', 'standard', 'latency_ms', 1,
    'validation_codes', '[]'::jsonb, 'mends', '[]'::jsonb)) c
$$;
-- One that began before these requests.
CREATE FUNCTION begin_experiment(name text, category text, agent text, metric text,
                                 minimum_sample int DEFAULT 100)
    RETURNS void LANGUAGE sql AS $$
SELECT create_experiment(name, category, agent, 'gpt-4o', 'o1-mini-2024-09-12', metric => metric,
                         minimum_sample => minimum_sample);
UPDATE llm_experiments SET created_at = now() - interval '2 h' WHERE experiment = name
$$;

-- ---- Begun ----------------------------------------------------------------------------------------
SELECT error_of(format('SELECT create_experiment(%s)', arguments)) FROM unnest(ARRAY[
    $$'x', 'c', NULL, NULL, 'gpt-4o'$$,
    $$'x', 'c', NULL, 'gpt-4o', 'nobody'$$,
    $$'x', 'c', NULL, 'gpt-4o', 'gpt-4o'$$,
    $$'x', NULL, NULL, 'gpt-4o', 'gpt-4'$$,
    $$'x', '', NULL, 'gpt-4o', 'gpt-4'$$,
    $$'', 'c', NULL, 'gpt-4o', 'gpt-4'$$,
    $$NULL, 'c', NULL, 'gpt-4o', 'gpt-4'$$,
    $$'x', 'c', NULL, 'gpt-4o', 'gpt-4', 0$$,
    $$'x', 'c', NULL, 'gpt-4o', 'gpt-4', 1$$,
    $$'x', 'c', NULL, 'gpt-4o', 'gpt-4', 'NaN'$$,
    $$'x', 'c', NULL, 'gpt-4o', 'gpt-4', metric => 'beauty'$$,
    $$'x', 'c', NULL, 'gpt-4o', 'gpt-4', minimum_sample => 0$$,
    $$'x', 'c', NULL, 'gpt-4o', 'gpt-4', assignment_key => 'tag:'$$,
    $$'x', 'c', NULL, 'gpt-4o', 'gpt-4', assignment_key => 'moon'$$,
    $$'x', 'c', NULL, 'gpt-4o', 'gpt-4', points_per_doubling => -1$$,
    $$'x', 'c', NULL, 'gpt-4o', 'gpt-4', points_per_doubling => 'NaN'$$]) AS arguments;
UPDATE llm_models SET enabled = false WHERE name = 'gpt-4';
SELECT error_of($$SELECT create_experiment('x', 'c', NULL, 'gpt-4o', 'gpt-4')$$);
UPDATE llm_models SET enabled = true WHERE name = 'gpt-4';
SELECT create_experiment('first', 'algorithmic_core', NULL, 'claude-sonnet-4-20250514',
                         'o1-mini-2024-09-12', 0.2, 'retry', 50, 'tag:customer', 5);
SELECT error_of($$SELECT create_experiment('first', 'd', NULL, 'gpt-4o', 'gpt-4')$$);
SELECT error_of($$SELECT create_experiment('x', 'algorithmic_core', NULL, 'claude-sonnet-4', 'gpt-4')$$);
SELECT error_of($$INSERT INTO llm_experiments (experiment, category, control_model, candidate_model, share,
                                               assignment_key, metric, minimum_sample)
                  VALUES ('x', 'algorithmic_core', 'claude-sonnet-4', 'gpt-4', 0.5, 'request', 'retry', 1)$$);
SELECT error_of('UPDATE llm_experiments SET share = 20');
SELECT create_experiment('second', 'algorithmic_core', 'solver', 'claude-sonnet-4', 'gpt-4');
SELECT experiment, category, agent, control_model, candidate_model, share, assignment_key, metric,
       minimum_sample, points_per_doubling AS points, status, created_by = session_user AS mine
FROM llm_experiments ORDER BY experiment;

-- ---- Nothing yet ----------------------------------------------------------------------------------
SELECT * FROM experiment_results('first');
SELECT * FROM experiment_comparison('first');
SELECT * FROM experiment_verdict('first');
SELECT error_of('SELECT * FROM experiment_results(''nobody'')');
SELECT error_of('SELECT * FROM experiment_comparison(NULL)');
SELECT error_of('SELECT * FROM experiment_verdict(''nobody'')');
SELECT error_of('SELECT adopt_experiment(''first'')');
SELECT error_of('SELECT stop_experiment(''nobody'')');
SELECT * FROM evaluate_workflow_rules();

-- ---- Stopped --------------------------------------------------------------------------------------
SELECT stop_experiment('first', 'The customers complain.');
SELECT stop_experiment('second');
SELECT error_of('SELECT stop_experiment(''first'', ''again'')');
SELECT experiment, status, ended_at = now() AS now, ended_by = session_user AS mine, verdict,
       details ->> 'why' AS why
FROM llm_experiments ORDER BY experiment;
-- Its requests are free for another one.
SELECT create_experiment('third', 'algorithmic_core', 'solver', 'claude-sonnet-4', 'gpt-4',
                         points_per_doubling => 0);
SELECT stop_experiment('third');

-- ---- Better, for an agent -------------------------------------------------------------------------
INSERT INTO llm_agents (agent, model, fallback_models, max_tokens)
VALUES ('planner', 'gpt-4o', '{o1-mini-2024-09-12,gpt-4o-mini}', 5000);
SELECT begin_experiment('better', NULL, 'planner', 'validation_success');
SELECT write_requests('better', 'control', 500, 100, 'repaired', 2000),
       write_requests('better', 'candidate', 500, 25, 'repaired', 1500);
-- These count for nothing.
SELECT write_requests('better', 'candidate', 1, 0, 'right', 1, f || jsonb_build_object(
           'request_id', gen_random_uuid()))
FROM unnest(ARRAY['{"status": "cancelled"}', '{"status": "running", "finished_at": null}',
                  '{"cached_from": "00000000-0000-7000-8000-000000000001"}']::jsonb[]) AS f;
\x on
SELECT * FROM experiment_results('better');
\x off
SELECT measure, is_metric AS metric, control_requests AS n0, candidate_requests AS n1, control,
       candidate, difference AS diff, difference_low AS low, difference_high AS high,
       evidence, finding
FROM experiment_comparison('better');
SELECT * FROM experiment_verdict('better');
-- Each arm needs minimum_sample requests.
UPDATE llm_experiments SET minimum_sample = 501 WHERE experiment = 'better';
SELECT verdict, reason FROM experiment_verdict('better');
UPDATE llm_experiments SET minimum_sample = 500 WHERE experiment = 'better';
SELECT verdict, reason FROM experiment_verdict('better');
-- What was halted is not adopted for its verdict.
BEGIN;
UPDATE llm_experiments SET status = 'halted', ended_at = now() WHERE experiment = 'better';
SELECT error_of('SELECT adopt_experiment(''better'')');
ROLLBACK;
-- Nothing to halt.
SELECT * FROM evaluate_workflow_rules();
UPDATE llm_agents SET model = 'gpt-4' WHERE agent = 'planner';
SELECT error_of('SELECT adopt_experiment(''better'')');
UPDATE llm_agents SET model = 'gpt-4o' WHERE agent = 'planner';
UPDATE llm_models SET enabled = false WHERE name = 'o1-mini-2024-09-12';
SELECT error_of('SELECT adopt_experiment(''better'')');
UPDATE llm_models SET enabled = true WHERE name = 'o1-mini-2024-09-12';
BEGIN READ ONLY;
SELECT error_of('SELECT adopt_experiment(''better'')');
ROLLBACK;
SELECT adopt_experiment('better');
SELECT agent, model, fallback_models, max_tokens FROM llm_agents;
SELECT status, verdict, ended_by = session_user AS mine,
       jsonb_pretty(details - 'control_requests' - 'candidate_requests') AS details
FROM llm_experiments WHERE experiment = 'better';
SELECT error_of('SELECT adopt_experiment(''better'')');
SELECT error_of('SELECT adopt_experiment(''better'', force => true)');
SELECT error_of('SELECT stop_experiment(''better'')');

-- ---- The owner's rule: the gain must outweigh the latency -----------------------------------------
-- Eight times as slow is three doublings, 30 points.
SELECT begin_experiment('slow', 'reports', NULL, 'retry');
SELECT write_requests('slow', 'control', 400, 100, 'retried', 2000),
       write_requests('slow', 'candidate', 400, 20, 'retried', 16000);
SELECT verdict, reason, gain, gain_low AS low, gain_high AS high, time_ratio AS ratio,
       required_gain AS required
FROM experiment_verdict('slow');
SELECT measure, control, candidate, difference, difference_low, difference_high, finding
FROM experiment_comparison('slow') WHERE measure LIKE '%\_ms';
-- What a doubling costs is the owner's to say.
UPDATE llm_experiments SET points_per_doubling = 0 WHERE experiment = 'slow';
SELECT verdict, reason FROM experiment_verdict('slow');
UPDATE llm_experiments SET points_per_doubling = 3 WHERE experiment = 'slow';
SELECT verdict, reason FROM experiment_verdict('slow');
UPDATE llm_experiments SET points_per_doubling = 6 WHERE experiment = 'slow';
SELECT verdict, reason FROM experiment_verdict('slow');
UPDATE llm_experiments SET points_per_doubling = 11 WHERE experiment = 'slow';
SELECT verdict, reason FROM experiment_verdict('slow');
-- A gain that may be just what it costs is not below it; one that is at least that is enough.
UPDATE llm_experiments SET points_per_doubling = 10.446 WHERE experiment = 'slow';
SELECT verdict, gain_high = required_gain AS at_the_upper_end FROM experiment_verdict('slow');
UPDATE llm_experiments SET points_per_doubling = 3.209 WHERE experiment = 'slow';
SELECT verdict, gain_low = required_gain AS at_the_lower_end FROM experiment_verdict('slow');
UPDATE llm_experiments SET minimum_sample = 401 WHERE experiment = 'slow';
SELECT verdict, reason FROM experiment_verdict('slow');
SELECT stop_experiment('slow');

-- ---- Better in one thing and worse in another -----------------------------------------------------
SELECT begin_experiment('mixed', 'reports', NULL, 'fallback');
SELECT write_requests('mixed', 'control', 300, 60, 'fallback', 2000, '{"outcome_succeeded": true}'),
       write_requests('mixed', 'candidate', 300, 45, 'outcome', 2000);
SELECT verdict, reason, gain FROM experiment_verdict('mixed');
SELECT measure, finding FROM experiment_comparison('mixed');
SELECT error_of('SELECT adopt_experiment(''mixed'')');
SELECT error_of('SELECT adopt_experiment(''mixed'', NULL)');
SELECT stop_experiment('mixed');
SELECT begin_experiment('issues', 'reports', NULL, 'validation_success');
SELECT write_requests('issues', 'control', 300, 60, 'repaired', 2000),
       write_requests('issues', 'candidate', 300, 45, 'issue', 2000);
SELECT verdict, reason FROM experiment_verdict('issues');
SELECT arm, issues, validation_success_rate, cost_per_accepted_usd FROM experiment_results('issues');
SELECT stop_experiment('issues');

-- ---- Failures, and what is counted of them ---------------------------------------------------------
-- A request counts once however often it was repaired. One that failed took no time, has no issue, and
-- did not do without a retry or a fallback.
SELECT begin_experiment('rates', 'reports', NULL, 'fallback');
SELECT write_requests('rates', 'control', 10, 2, 'repaired twice', 2000),
       write_requests('rates', 'candidate', 10, 0, 'repaired', 2000);
SELECT write_requests('rates', 'candidate', 1, 1, 'failed', 60000,
                      jsonb_build_object('request_id', gen_random_uuid()))
FROM generate_series(1, 15);
SELECT arm, requests, accepted_workflows AS accepted, success_rate, validation_success_rate AS valid,
       retries, retry_rate, fallback_rate, p50_ms, p95_ms, cost_per_accepted_usd AS cost
FROM experiment_results('rates');
SELECT measure, control_requests AS n0, candidate_requests AS n1, control, candidate
FROM experiment_comparison('rates');
SELECT stop_experiment('rates');

-- ---- The same twice -------------------------------------------------------------------------------
SELECT begin_experiment('same', 'reports', NULL, 'outcome_success');
SELECT write_requests('same', 'control', 400, 40, 'outcome', 2000),
       write_requests('same', 'candidate', 400, 40, 'outcome', 2000);
SELECT arm, outcomes, outcome_success_rate FROM experiment_results('same');
SELECT verdict, reason, gain, gain_low < -3 AS low, gain_high > 3 AS high FROM experiment_verdict('same');
SELECT * FROM evaluate_workflow_rules();
SELECT error_of('SELECT adopt_experiment(''same'')');

-- ---- Adopted for a category -----------------------------------------------------------------------
-- Without a route of its own it gets one; only what had the control is changed.
INSERT INTO llm_routes (category, complexity, model, fallback_models, max_output_tokens) VALUES
    ('reports', 'high', 'gpt-4o', '{o1-mini-2024-09-12}', 9000), ('reports', 'low', 'gpt-4o-mini', NULL, NULL),
    ('other', '', 'gpt-4o', NULL, NULL);
SELECT adopt_experiment('same', force => true);
SELECT category, complexity, model, fallback_models, max_output_tokens FROM llm_routes
WHERE NOT builtin ORDER BY category, complexity;
SELECT verdict, jsonb_pretty(details -> 'changes') AS changes, details -> 'forced' AS forced
FROM llm_experiments WHERE experiment = 'same';
-- With one that has another model nothing is left to change.
SELECT begin_experiment('late', 'reports', NULL, 'fallback');
SELECT error_of('SELECT adopt_experiment(''late'', force => true)');
UPDATE llm_routes SET model = 'gpt-4o' WHERE category = 'reports' AND complexity = '';
SELECT adopt_experiment('late', true);
SELECT complexity, model FROM llm_routes WHERE category = 'reports' ORDER BY complexity;
-- An agent without a row gets one.
SELECT begin_experiment('newcomer', 'reports', 'newcomer', 'fallback');
SELECT adopt_experiment('newcomer', true);
SELECT agent, model, fallback_models FROM llm_agents WHERE agent = 'newcomer';
-- With the transaction that adopted goes everything.
SELECT begin_experiment('undone', 'other', NULL, 'fallback');
BEGIN;
SELECT adopt_experiment('undone', true);
ROLLBACK;
SELECT status, (SELECT model FROM llm_routes WHERE category = 'other') AS model
FROM llm_experiments WHERE experiment = 'undone';
SELECT stop_experiment('undone');

-- ---- Halted ---------------------------------------------------------------------------------------
-- Long before minimum_sample, also when the control has no failure at all. One that only might be
-- worse goes on.
SELECT begin_experiment('broken', 'reports', NULL, 'retry', 100000);
SELECT write_requests('broken', 'control', 100, 0, 'failed', 2000),
       write_requests('broken', 'candidate', 100, 50, 'failed', 200);
SELECT begin_experiment('doubtful', 'other', NULL, 'retry', 100000);
SELECT write_requests('doubtful', 'control', 100, 5, 'retried', 2000),
       write_requests('doubtful', 'candidate', 100, 12, 'retried', 2000);
SELECT begin_experiment('suspect', 'suspect', NULL, 'retry', 100000);
SELECT write_requests('suspect', 'control', 100, 5, 'retried', 2000),
       write_requests('suspect', 'candidate', 100, 22, 'retried', 2000);
SELECT finding, evidence FROM experiment_comparison('suspect') WHERE is_metric;
SELECT rule, subject, former, advice FROM evaluate_workflow_rules();
SELECT * FROM evaluate_workflow_rules();
SELECT experiment, status, verdict, ended_by = session_user AS mine, details ->> 'measure' AS measure
FROM llm_experiments WHERE experiment IN ('broken', 'doubtful') ORDER BY experiment;
-- The ledger has what it came to since; the time of failures is not a time of workflows.
SELECT arm, requests, accepted_workflows AS accepted, success_rate, p50_ms, cost_usd,
       cost_per_accepted_usd
FROM experiment_results('broken');
SELECT error_of('SELECT adopt_experiment(''broken'')');
SELECT error_of('SELECT stop_experiment(''broken'')');
SELECT stop_experiment('doubtful');
-- A cost that is not known makes the sum unknown.
UPDATE workflow_requests SET cost_usd = NULL
WHERE request_id = (SELECT min(request_id::text)::uuid FROM workflow_requests WHERE experiment = 'broken');
SELECT count(cost_usd) FROM experiment_results('broken');

-- ---- Events ---------------------------------------------------------------------------------------
SELECT action, severity, actor = session_user AS mine, details ->> 'experiment' AS experiment,
       details ->> 'verdict' AS verdict, details ->> 'forced' AS forced
FROM audit_logs ORDER BY "timestamp", action, details ->> 'experiment';
SELECT jsonb_pretty(details) FROM audit_logs WHERE action = 'EXPERIMENT_HALTED';
SELECT jsonb_pretty(details) FROM audit_logs
WHERE action = 'EXPERIMENT_CREATED' AND details ->> 'experiment' = 'first';

-- ---- The statistics -------------------------------------------------------------------------------
SELECT llmw_compare_arms(NULL, true) IS NOT NULL AS state, count(*) FROM generate_series(1, 3);
SELECT llmw_compare_arms(true, true) FROM generate_series(1, 0);
SELECT round(r[1]::numeric, 3) AS evidence, round(r[2]::numeric, 3) AS low, round(r[3]::numeric, 3) AS high
FROM (SELECT llmw_compare_arms(i % 2 = 0, i % 2 = 0 OR i % 4 = 1 ORDER BY i) AS r
      FROM generate_series(1, 200) i) t;
SELECT llmw_quantile_ranks(1000, 0.5, 0.05), llmw_quantile_ranks(1000, 0.95, 0.05),
       llmw_quantile_ranks(0, 0.5, 0.05);
SELECT error_of('SELECT llmw_quantile_ranks(10, 1, 0.05)');
SELECT error_of('SELECT llmw_quantile_ranks(10, 0.5, 0)');
SELECT error_of('SELECT llmw_quantile_ranks(-1, 0.5, 0.05)');
SELECT error_of('SELECT llmw_arms_add(NULL, true, true)');

-- ---- Rights ---------------------------------------------------------------------------------------
CREATE ROLE regress_llmw_nobody;
CREATE ROLE regress_llmw_experimenter;
GRANT EXECUTE ON FUNCTION
    create_experiment(text, text, text, text, text, numeric, text, int, text, numeric),
    stop_experiment(text, text), adopt_experiment(text, boolean) TO regress_llmw_experimenter;
GRANT EXECUTE ON FUNCTION error_of(text) TO PUBLIC;
SET ROLE regress_llmw_nobody;
SELECT error_of(statement) FROM unnest(ARRAY[
    $$SELECT create_experiment('x', 'c', NULL, 'gpt-4o', 'gpt-4')$$,
    $$SELECT stop_experiment('same')$$, $$SELECT adopt_experiment('same', true)$$,
    $$SELECT * FROM experiment_results('same')$$, $$SELECT * FROM experiment_comparison('same')$$,
    $$SELECT * FROM experiment_verdict('same')$$, $$SELECT * FROM llm_experiments$$,
    $$SELECT * FROM llm_experiment_requests$$, $$SELECT * FROM llmw_guard_experiments()$$,
    $$SELECT llmw_end_experiment('same', 'stopped', '{}')$$,
    $$SELECT * FROM evaluate_workflow_rules()$$]) AS statement;
SET ROLE regress_llmw_experimenter;
SELECT create_experiment('granted', 'other', NULL, 'gpt-4o', 'gpt-4');
SELECT adopt_experiment('granted', true);
SELECT create_experiment('granted too', 'other', NULL, 'gpt-4', 'gpt-4o');
SELECT stop_experiment('granted too');
SELECT error_of('UPDATE llm_experiments SET share = 0.1');
RESET ROLE;
SELECT model FROM llm_routes WHERE category = 'other';

DROP FUNCTION write_requests, begin_experiment, error_of;
DROP EXTENSION llm_workflow;
DROP ROLE regress_llmw_nobody, regress_llmw_experimenter;
