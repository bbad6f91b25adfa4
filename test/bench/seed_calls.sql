-- A year of plausible calls, with the requests and events that belong to them, and roll-ups of all.
--
--   psql -v calls=10000000 [-v until="'2026-12-01 00:00+00'"] -f seed_calls.sql DATABASE
--
-- 12 models, 40 agents, 8 roles. Three times as much at the end of the year as at its beginning, less
-- at night and on Saturdays and Sundays. Most requests are answered at once by a cheap model; the
-- others retry, are repaired, fall back, fail, are cancelled or lost, or are answered from the ledger.
-- Times are log-normal. Rows go in by the order of time, as a worker writes them. The same variables
-- make the same rows, but for the part of ids that is random anyway. Twice the disk of a month is used
-- besides the rows, 1.3 GB for a million calls in all.
\set ON_ERROR_STOP on
\if :{?calls}
\else
  \set calls 10000000
\endif
\if :{?until}
\else
  \set until 'date_trunc(\'hour\', now())'
\endif
SET timezone = 'UTC';
SET synchronous_commit = off;
SET work_mem = '256MB';
SET jit = off;
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0; -- one process draws the numbers, in one order
CREATE EXTENSION IF NOT EXISTS llm_workflow;

-- ---- What can happen to a request -----------------------------------------------------------------
-- share: of 1000 requests. answered_by: model 1 is the primary, 2 the fallback, NULL nobody.
CREATE TEMP TABLE courses (course int, share float8, status text, answered_by int, fallback_reason text,
                           error_code text);
INSERT INTO courses VALUES
    (1, 780, 'succeeded', 1, NULL, NULL), -- answered at once
    (2, 60, 'succeeded', 1, NULL, NULL),  -- answered from the ledger
    (3, 30, 'succeeded', 1, NULL, NULL),
    (4, 20, 'succeeded', 1, NULL, NULL),
    (5, 40, 'succeeded', 1, NULL, NULL),  -- repaired
    (6, 20, 'succeeded', 2, 'validation_failed', NULL),
    (7, 10, 'succeeded', 2, 'timeout', NULL),
    (8, 8, 'succeeded', 2, 'truncated', NULL),
    (9, 3, 'succeeded', 2, 'refused', NULL),
    (10, 2, 'succeeded', 2, 'context_window_exceeded', NULL),
    (11, 5, 'succeeded', 2, 'rate_limited', NULL),
    (12, 4, 'succeeded', 2, 'api_error', NULL),
    (13, 6, 'failed', NULL, 'validation_failed', 'LW001'),
    (14, 5, 'failed', NULL, 'api_error', 'LW002'),
    (15, 6, 'cancelled', NULL, NULL, '57014'),
    (16, 1, 'failed', NULL, NULL, 'LW011');
CREATE TEMP TABLE steps (course int, attempt int, purpose text, model int, outcome text);
INSERT INTO steps VALUES
    (1, 1, 'primary', 1, 'ok'),
    (3, 1, 'primary', 1, 'rate_limited'), (3, 2, 'retry', 1, 'ok'),
    (4, 1, 'primary', 1, 'api_error'), (4, 2, 'retry', 1, 'ok'),
    (5, 1, 'primary', 1, 'validation_failed'), (5, 2, 'repair', 1, 'ok'),
    (6, 1, 'primary', 1, 'validation_failed'), (6, 2, 'repair', 1, 'validation_failed'),
    (6, 3, 'fallback', 2, 'ok'),
    (7, 1, 'primary', 1, 'timeout'), (7, 2, 'fallback', 2, 'ok'),
    (8, 1, 'primary', 1, 'truncated'), (8, 2, 'fallback', 2, 'ok'),
    (9, 1, 'primary', 1, 'refused'), (9, 2, 'fallback', 2, 'ok'),
    (10, 1, 'primary', 1, 'context_window_exceeded'), (10, 2, 'fallback', 2, 'ok'),
    (11, 1, 'primary', 1, 'rate_limited'), (11, 2, 'retry', 1, 'rate_limited'),
    (11, 3, 'fallback', 2, 'ok'),
    (12, 1, 'primary', 1, 'api_error'), (12, 2, 'fallback', 2, 'ok'),
    (13, 1, 'primary', 1, 'validation_failed'), (13, 2, 'repair', 1, 'validation_failed'),
    (13, 3, 'fallback', 2, 'validation_failed'),
    (14, 1, 'primary', 1, 'api_error'), (14, 2, 'retry', 1, 'api_error'),
    (14, 3, 'fallback', 2, 'api_error'),
    (15, 1, 'primary', 1, 'cancelled'),
    (16, 1, 'primary', 1, 'lost');
-- What an outcome leaves behind. takes_ms: NULL is as long as the answer takes. output: tokens of
-- answer, by whom counted: as drawn, all that was asked for, or none.
CREATE TEMP TABLE endings (outcome text, http_status int, takes_ms int, cost_source text, output text,
                           finish_reason text, error_code text, validation_codes text[]);
INSERT INTO endings VALUES
    ('ok', 200, NULL, 'reported', 'drawn', 'stop', NULL, '{}'),
    ('validation_failed', 200, NULL, 'reported', 'drawn', 'stop', NULL, '{E07}'),
    ('truncated', 200, NULL, 'reported', 'all', 'length', NULL, '{}'),
    ('refused', 200, 900, 'reported', 'drawn', 'refusal', NULL, '{}'),
    ('api_error', 503, 240, 'unbilled', 'none', NULL, '503', '{}'),
    ('rate_limited', 429, 80, 'unbilled', 'none', NULL, '429', '{}'),
    ('context_window_exceeded', 400, 120, 'unbilled', 'none', NULL, '400', '{}'),
    ('timeout', NULL, 30000, 'estimated', 'all', NULL, 'timeout', '{}'),
    ('cancelled', NULL, 700, 'estimated', 'all', NULL, 'cancelled', '{}'),
    ('lost', NULL, 0, 'estimated', 'all', NULL, 'lost', '{}');

-- ---- Who asks whom --------------------------------------------------------------------------------
CREATE TEMP TABLE agents AS
SELECT a AS agent_number,
       1.0 / (a + 3) AS share,
       CASE WHEN a < 40 THEN 'agent_' || to_char(a, 'FM00') END AS agent,
       ('app_' || a % 8)::name AS role_name,
       (ARRAY['pilot', 'pilot', 'stages', 'discovery'])[a % 4 + 1] AS format,
       cheap.name AS model_1,
       strong.name AS model_2,
       jsonb_build_object('team', 'team_' || a % 6, 'tier', (ARRAY['free', 'paid'])[a % 2 + 1]) AS tags,
       800 + 140 * (a % 9) AS usual_input,
       ln(300 + 60 * (a % 13)) AS log_output,
       ln(700 + 150 * (a % 7)) AS log_ms
FROM generate_series(0, 40) AS a -- the last has no name
JOIN unnest(ARRAY['gpt-4o-mini', 'gpt-4o-mini', 'claude-3-5-haiku-20241022', 'openai/gpt-oss-20b',
                  'openai/gpt-oss-120b', 'mistralai/Mistral-7B-Instruct-v0.3',
                  'mistralai/Mixtral-8x7B-Instruct-v0.1', 'o1-mini-2024-09-12'])
     WITH ORDINALITY AS cheap (name, place) ON cheap.place = a % 8 + 1
JOIN unnest(ARRAY['claude-sonnet-4', 'gpt-4o', 'claude-3-5-sonnet-20241022', 'gpt-4-turbo-2024-04-09',
                  'gpt-4'])
     WITH ORDINALITY AS strong (name, place) ON strong.place = a % 5 + 1;

-- ---- How many in which hour -----------------------------------------------------------------------
CREATE TEMP TABLE hours AS
WITH weighted AS (
    SELECT hour,
           (1 + 2 * extract(epoch FROM hour - (u.until - interval '1 year')) / 31536000)::float8
               * CASE WHEN extract(isodow FROM hour) > 5 THEN 0.4 ELSE 1 END
               * (0.25 + power(sin(pi() * ((extract(hour FROM hour) + 20)::int % 24) / 24), 2))
               AS weight
    FROM (SELECT (:until)::timestamptz AS until) AS u,
         generate_series(date_trunc('hour', u.until) - interval '1 year',
                         date_trunc('hour', u.until) - interval '1 hour', interval '1 hour') AS hour
), cumulated AS (
    SELECT hour, (sum(weight) OVER (ORDER BY hour) / sum(weight) OVER ()
                  * round(:calls / made.calls_of_request)) AS upto
    FROM weighted,
         (SELECT sum(c.share * coalesce(s.steps, 0)) / sum(c.share) AS calls_of_request
          FROM courses c LEFT JOIN (SELECT course, count(*) AS steps FROM steps GROUP BY 1) AS s
               USING (course)) AS made
)
SELECT hour, (round(upto) - coalesce(lag(round(upto)) OVER (ORDER BY hour), 0))::int AS requests
FROM cumulated;

CREATE FUNCTION pg_temp.uuid7(micros bigint, random float8) RETURNS uuid
    LANGUAGE sql VOLATILE
RETURN (lpad(to_hex(micros / 1000), 12, '0') || '7' || lpad(to_hex(micros % 1000 * 4096 / 1000), 3, '0')
        || '8' || lpad(to_hex((random * 1152921504606846975)::bigint), 15, '0'))::uuid;

-- ---- A month of it --------------------------------------------------------------------------------
CREATE PROCEDURE pg_temp.draw_requests(month timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    agents float8[] := (SELECT array_agg(upto ORDER BY agent_number)
                        FROM (SELECT agent_number, sum(share) OVER (ORDER BY agent_number)
                                                   / sum(share) OVER () AS upto FROM agents) AS a);
    courses float8[] := (SELECT array_agg(upto ORDER BY course)
                         FROM (SELECT course, sum(share) OVER (ORDER BY course)
                                              / sum(share) OVER () AS upto FROM courses) AS c);
BEGIN
    PERFORM setseed(extract(epoch FROM month) % 1000000 / 1000000); -- whatever was drawn before
    DROP TABLE IF EXISTS drawn;
    CREATE TEMP TABLE drawn AS
    SELECT d.number, d.micros, to_timestamp(d.micros / 1000000.0) AS submitted_at,
           pg_temp.uuid7(d.micros, d.id) AS request_id,
           c.*, a.agent, a.role_name, a.format, a.tags, ARRAY[a.model_1, a.model_2] AS models,
           d.new, d.prompt, d.has_document, d.outcome,
           round(exp(1.5 + 1.2 * d.waits))::bigint AS queue_ms,
           (a.usual_input * (0.8 + 0.4 * d.new) + 100 * exp(d.tokens))::bigint AS input_tokens,
           CASE WHEN d.cached < 0.4 THEN 0.6 ELSE 0 END AS cached_share,
           least(4000, exp(a.log_output + 0.4 * d.tokens))::bigint AS output_tokens,
           -- Of up to three calls, each somewhat longer than the one before.
           ARRAY[exp(a.log_ms + 0.5 * d.takes), exp(a.log_ms + 0.1 + 0.4 * d.takes),
                 exp(a.log_ms + 0.5 + 0.3 * d.takes)]::bigint[] AS ms
    FROM (
        SELECT h.first + i AS number,
               (extract(epoch FROM h.hour) * 1000000
                    + ((i - random()) * 3600000000 / h.requests))::bigint AS micros,
               random() AS id, random() AS new, random() AS prompt, random() AS cached,
               random() < 0.02 AS has_document, random() AS outcome,
               width_bucket(random(), agents) AS agent_number,
               width_bucket(random(), courses) + 1 AS course,
               sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS waits,
               sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS tokens,
               sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS takes
        FROM (SELECT hour, requests, sum(requests) OVER (ORDER BY hour) - requests AS first
              FROM hours
              WHERE hour >= month AND hour < month + interval '1 month'
              ORDER BY hour) AS h
        CROSS JOIN LATERAL generate_series(1, h.requests) AS i
    ) AS d
    JOIN agents a USING (agent_number)
    JOIN courses c ON c.course = d.course;
END
$$;

CREATE PROCEDURE pg_temp.write_calls() LANGUAGE plpgsql AS $$
BEGIN
    DROP TABLE IF EXISTS called;
    CREATE TEMP TABLE called AS
    SELECT d.number, d.request_id, pg_temp.uuid7(t.start, random()) AS call_id,
           to_timestamp(t.start / 1000000.0) AS started_at,
           to_timestamp((t.start + t.ms * 1000) / 1000000.0) AS finished_at,
           s.attempt, s.purpose, one.model, m.server, e.*, one.input_tokens, one.cached_tokens,
           one.output_tokens, t.ms,
           CASE e.cost_source
               WHEN 'unbilled' THEN 0
               ELSE token_cost(one.model, one.input_tokens, one.output_tokens, one.cached_tokens)
           END AS cost_usd
    FROM drawn d
    JOIN steps s ON s.course = d.course
    JOIN endings e ON e.outcome = s.outcome
    CROSS JOIN LATERAL (
        SELECT d.models[s.model] AS model,
               CASE e.cost_source WHEN 'unbilled' THEN 0
                    ELSE d.input_tokens + CASE s.purpose WHEN 'repair' THEN d.output_tokens + 150
                                                         ELSE 0 END END AS input_tokens,
               CASE e.cost_source WHEN 'reported' THEN floor(d.input_tokens * d.cached_share)::bigint
                    ELSE 0 END AS cached_tokens,
               CASE e.output WHEN 'drawn' THEN d.output_tokens WHEN 'all' THEN 4096 ELSE 0 END
                   AS output_tokens
        OFFSET 0
    ) AS one
    CROSS JOIN LATERAL (
        SELECT d.micros + 1000 * (d.queue_ms + 1
                   + CASE WHEN s.attempt > 1 THEN d.ms[1] + 50 ELSE 0 END
                   + CASE WHEN s.attempt > 2 THEN d.ms[2] + 50 ELSE 0 END) AS start,
               coalesce(e.takes_ms, d.ms[s.attempt]) AS ms
        OFFSET 0
    ) AS t
    JOIN llm_models m ON m.name = one.model;

    INSERT INTO llm_calls
        (request_id, call_id, started_at, finished_at, attempt, purpose, model, server, returned_model,
         provider_request_id, http_status, outcome, error_code, finish_reason, input_tokens,
         cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, cost_source,
         price_effective_from, latency_ms, validation_codes, estimated_input_tokens, max_output_tokens)
    SELECT request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
           CASE WHEN http_status = 200 THEN model END,
           CASE WHEN http_status = 200 THEN 'req_' || left(call_id::text, 18) END,
           http_status, outcome, error_code, finish_reason, input_tokens, cached_tokens, 0,
           output_tokens, 0, cost_usd, cost_source, '2020-01-01', ms, validation_codes,
           (input_tokens * 0.97)::bigint, 4096
    FROM called;
END
$$;

-- The requests, whose sums are those of their calls, and an event for the end of each.
CREATE PROCEDURE pg_temp.write_requests() LANGUAGE plpgsql AS $$
BEGIN
    WITH ended AS (
        INSERT INTO workflow_requests
            (request_id, submitted_at, finished_at, parent_request_id, role_name, format,
             format_version, prompt_sha256, services, agent, tags, status, generator_used,
             validation_passed, fallback_reason, input_tokens, output_tokens, cost_usd,
             generation_time_ms, document, error_code, error_message, outcome_succeeded, fingerprint,
             cached_from, queue_time_ms, total_time_ms, items_generated, zones_generated)
        SELECT d.request_id, d.submitted_at,
               d.submitted_at + t.total_ms * interval '1 ms',
               CASE WHEN d.new < 0.04 THEN d.earlier END,
               d.role_name, d.format, 1, sha256(float8send(d.prompt)), '{google-mail,google-sheets}',
               d.agent, d.tags, d.status, d.models[d.answered_by],
               CASE WHEN d.status = 'succeeded' THEN true END,
               d.fallback_reason, coalesce(s.input_tokens, 0), coalesce(s.output_tokens, 0),
               coalesce(s.cost_usd, 0), t.total_ms,
               CASE WHEN d.has_document AND d.status = 'succeeded'
                   THEN jsonb_build_object('name', 'Workflow ' || d.number, 'steps', '[]'::jsonb) END,
               d.error_code, CASE WHEN d.error_code <> '' THEN 'no document was accepted' END,
               CASE WHEN d.outcome < 0.25 AND d.status = 'succeeded' THEN d.outcome < 0.23 END,
               md5(d.prompt::text)::uuid,
               CASE WHEN d.course = 2 THEN d.earlier END,
               d.queue_ms, t.total_ms,
               CASE WHEN d.status = 'succeeded' AND d.format <> 'discovery'
                   THEN 2 + (d.output_tokens / 90)::int END,
               CASE WHEN d.status = 'succeeded' AND d.format = 'pilot' THEN (d.number % 4)::int END
        FROM (SELECT *, lag(request_id, 40, request_id) OVER () AS earlier FROM drawn) AS d
        LEFT JOIN (SELECT number, sum(input_tokens)::bigint AS input_tokens,
                          sum(output_tokens)::bigint AS output_tokens, sum(cost_usd) AS cost_usd,
                          (extract(epoch FROM max(finished_at)) * 1000)::bigint AS until_ms
                   FROM called GROUP BY number) AS s USING (number)
        CROSS JOIN LATERAL (
            SELECT coalesce(s.until_ms + 4 - d.micros / 1000, d.queue_ms + 3) AS total_ms
        ) AS t
        RETURNING *
    )
    INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor, request_id, details)
    SELECT gen_random_uuid(), e.finished_at, made.action, made.severity, e.role_name, e.request_id,
           made.details
    FROM ended e
    CROSS JOIN LATERAL (
        SELECT CASE WHEN e.cached_from IS NOT NULL THEN 'WORKFLOW_CACHED'
                    WHEN e.status = 'succeeded' THEN 'WORKFLOW_GENERATED'
                    ELSE 'WORKFLOW_GENERATION_FAILED' END AS action,
               CASE e.status WHEN 'succeeded' THEN 'info' WHEN 'failed' THEN 'error'
                    ELSE 'warning' END AS severity,
               jsonb_build_object('generator_used', e.generator_used,
                                  'tokens_used', e.input_tokens + e.output_tokens,
                                  'cost_usd', e.cost_usd,
                                  'generation_time_ms', e.generation_time_ms) AS details
        UNION ALL
        SELECT 'WORKFLOW_GENERATION_FALLBACK', 'warning',
               jsonb_build_object('fallback_model', e.generator_used, 'reason', e.fallback_reason)
        WHERE e.fallback_reason IS NOT NULL
    ) AS made;
END
$$;

CREATE FUNCTION pg_temp.make_partitions(month timestamptz) RETURNS void LANGUAGE sql
RETURN (
    SELECT count(llmw_make_partition(n.nspname, parent, parent || to_char(month, '"_y"YYYY"m"MM'),
                                     month::timestamp))
    FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace,
         unnest(ARRAY['workflow_requests', 'llm_calls', 'audit_logs']) AS parent
    WHERE e.extname = 'llm_workflow'
      AND to_regclass(format('%I.%I', n.nspname, parent || to_char(month, '"_y"YYYY"m"MM'))) IS NULL);

SELECT count(pg_temp.make_partitions(month))
FROM (SELECT DISTINCT date_trunc('month', hour) AS month FROM hours
      UNION SELECT date_trunc('month', max(hour)) + interval '1 month' FROM hours) AS months;
SELECT format('CALL pg_temp.draw_requests(%L)', month), 'ANALYZE drawn', 'CALL pg_temp.write_calls()',
       'ANALYZE called', 'CALL pg_temp.write_requests()'
FROM (SELECT DISTINCT date_trunc('month', hour) AS month FROM hours) AS months
ORDER BY month \gexec
DROP TABLE drawn, called;
VACUUM (ANALYZE) workflow_requests, llm_calls, audit_logs;
SELECT format('SELECT rebuild_workflow_stats(%L, %L)', greatest(month, first),
              least(month + interval '1 month', last + interval '2 days'))
FROM (SELECT date_trunc('month', hour) AS month, min(min(hour)) OVER () AS first,
             max(max(hour)) OVER () AS last
      FROM hours GROUP BY 1) AS months
ORDER BY month \gexec
VACUUM (ANALYZE) workflow_stats_deltas, workflow_stats_hours, workflow_stats_days;
