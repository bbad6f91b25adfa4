-- What is known of the models that requests of a kind could go to.
--
-- A run is a request of which the model that was asked first gave an answer, good or bad. Where it
-- gave none, the network or a limit was to blame, and that says nothing about the model.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE VIEW @extschema@.llm_model_runs AS
SELECT r.request_id,
       r.submitted_at,
       r.finished_at,
       CASE WHEN r.tags ? 'replay' THEN r.tags ->> 'replay_agent' ELSE r.agent END AS agent,
       r.category,
       r.complexity,
       r.tags ? 'replay' AS is_replay,
       calls.model,
       calls.was_retried,
       judged.has_failed,
       r.cost_usd,
       calls.accepted_cost_usd,
       calls.input_tokens,
       calls.cached_input_tokens,
       calls.cache_write_tokens,
       calls.output_tokens,
       CASE jsonb_typeof(r.warnings) WHEN 'array' THEN jsonb_array_length(r.warnings) ELSE 0 END
           AS warnings
FROM @extschema@.workflow_requests r
CROSS JOIN LATERAL (
    SELECT min(c.first_model) AS model,
           coalesce(bool_or(c.model = c.first_model
                            AND c.outcome IN ('validation_failed', 'truncated', 'refused',
                                              'timeout', 'context_window_exceeded')), false)
               AS was_retried,
           CASE WHEN count(*) FILTER (WHERE c.outcome = 'ok' AND c.cost_usd IS NULL) = 0
               THEN coalesce(sum(c.cost_usd) FILTER (WHERE c.outcome = 'ok'), 0)
           END AS accepted_cost_usd,
           -- A repair is asked with the document in hand, which a good first answer spares.
           CASE WHEN bool_or(c.place > 1 AND c.outcome = 'ok')
                     AND bool_or(c.place = 1 AND c.outcome <> 'ok')
                    THEN sum(c.input_tokens) FILTER (WHERE c.place = 1)
                    ELSE sum(c.input_tokens) FILTER (WHERE c.outcome = 'ok')
           END::bigint AS input_tokens,
           CASE WHEN bool_or(c.place = 1 AND c.outcome <> 'ok') THEN 0
                ELSE sum(c.cached_input_tokens) FILTER (WHERE c.outcome = 'ok')
           END::bigint AS cached_input_tokens,
           CASE WHEN bool_or(c.place = 1 AND c.outcome <> 'ok') THEN 0
                ELSE sum(c.cache_write_tokens) FILTER (WHERE c.outcome = 'ok')
           END::bigint AS cache_write_tokens,
           (sum(c.output_tokens) FILTER (WHERE c.outcome = 'ok'))::bigint AS output_tokens
    FROM (
        SELECT c.*,
               first_value(c.model) OVER by_attempt AS first_model,
               row_number() OVER by_attempt AS place
        FROM @extschema@.llm_calls c
        WHERE c.request_id = r.request_id
          AND c.started_at >= r.submitted_at
          AND c.started_at <= r.finished_at
        WINDOW by_attempt AS (ORDER BY c.attempt, c.started_at)
    ) AS c
) AS calls
CROSS JOIN LATERAL (
    SELECT r.status = 'failed' OR r.generator_used IS DISTINCT FROM calls.model AS has_failed
) AS judged
WHERE r.status IN ('succeeded', 'failed')
  AND r.cached_from IS NULL
  AND (calls.was_retried OR NOT judged.has_failed);

COMMENT ON VIEW @extschema@.llm_model_runs IS
    'How did the model that was asked first do? One row for each request that ended and of which '
    'it gave an answer. Where it gave none, the network or a limit was to blame.';
COMMENT ON COLUMN @extschema@.llm_model_runs.agent IS
    'workflow_requests.agent; of a replay, that of the request that was replayed.';
COMMENT ON COLUMN @extschema@.llm_model_runs.is_replay IS 'Whether replay_requests() made it.';
COMMENT ON COLUMN @extschema@.llm_model_runs.model IS 'The model that was asked first.';
COMMENT ON COLUMN @extschema@.llm_model_runs.was_retried IS
    'Whether an answer of it was not accepted: invalid, cut off, refused, or too late.';
COMMENT ON COLUMN @extschema@.llm_model_runs.has_failed IS
    'Whether it gave no document in the end: another model had to, or the request failed.';
COMMENT ON COLUMN @extschema@.llm_model_runs.cost_usd IS 'All calls of the request.';
COMMENT ON COLUMN @extschema@.llm_model_runs.accepted_cost_usd IS
    'The calls whose answers were accepted; NULL: a price was not known.';
COMMENT ON COLUMN @extschema@.llm_model_runs.input_tokens IS
    'Of the accepted calls; where the first answer was not accepted, of the first call. NULL: no '
    'answer was accepted.';
COMMENT ON COLUMN @extschema@.llm_model_runs.output_tokens IS 'Of the accepted calls.';
COMMENT ON COLUMN @extschema@.llm_model_runs.warnings IS 'Warnings about the document.';

-- ---- Which row decides their model --------------------------------------------------------------

-- An agent with a model of its own is a subject. All other requests go by the route of their
-- category, the one that names their complexity before the one that does not.
CREATE VIEW @extschema@.llmw_subject_runs AS
SELECT @extschema@.llmw_subject(taken.agent, taken.category, taken.complexity) AS subject,
       taken.agent AS subject_agent,
       taken.category AS subject_category,
       taken.complexity AS subject_complexity,
       a.agent IS NULL AND own.model IS NULL AND r.complexity IS NOT NULL AS follows_the_whole,
       r.*
FROM @extschema@.llm_model_runs r
LEFT JOIN @extschema@.llm_agents a ON a.agent = r.agent AND a.model IS NOT NULL
LEFT JOIN @extschema@.llm_routes own
       ON own.category = r.category AND own.complexity = r.complexity AND NOT own.builtin
LEFT JOIN @extschema@.llm_routes whole
       ON whole.category = r.category AND whole.complexity = '' AND NOT whole.builtin
CROSS JOIN LATERAL (
    SELECT a.agent,
           CASE WHEN a.agent IS NULL THEN r.category ELSE a.category END AS category,
           CASE WHEN a.agent IS NOT NULL THEN NULL
                WHEN own.model IS NULL AND whole.model IS NOT NULL THEN ''
                ELSE coalesce(r.complexity, '')
           END AS complexity
) AS taken
WHERE a.agent IS NOT NULL OR r.category IS NOT NULL;

COMMENT ON VIEW @extschema@.llmw_subject_runs IS
    'llm_model_runs with the agent or the route whose model they take. follows_the_whole: the '
    'route names a complexity and has no row, so that a new route of the whole category would go '
    'before it. Used by the functions about downgrades.';

CREATE FUNCTION @extschema@.llmw_subject_model(agent text, category text, complexity text)
    RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE WHEN $1 IS NOT NULL
           THEN (SELECT a.model FROM @extschema@.llm_agents a WHERE a.agent = $1)
           ELSE (SELECT r.model FROM @extschema@.llm_routes r
                 WHERE r.category = $2 AND r.complexity = $3 AND NOT r.builtin)
       END
$$;
COMMENT ON FUNCTION @extschema@.llmw_subject_model(text, text, text) IS
    'The model of an agent, or of a route of one''s own; NULL: there is no such row.';
REVOKE ALL ON FUNCTION @extschema@.llmw_subject_model(text, text, text) FROM PUBLIC;

-- ---- Thresholds and intervals -------------------------------------------------------------------

CREATE FUNCTION @extschema@.llmw_downgrade_thresholds(
    OUT runs bigint,
    OUT coverage numeric,
    OUT stable_coverage numeric,
    OUT increase numeric
) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 20::bigint, 80::numeric, 70::numeric, 5::numeric;
END;
COMMENT ON FUNCTION @extschema@.llmw_downgrade_thresholds() IS
    'When a downgrade is proposed: for runs and more of either model, with coverage and more of '
    'the issues covered, at no time lately less than stable_coverage, and if failures and retries '
    'rise by less than increase points. All but runs in percent.';

-- R. G. Newcombe, Interval estimation for the difference between independent proportions,
-- Statistics in Medicine 17, 1998, method 10: from the Wilson intervals of the two rates.
CREATE FUNCTION @extschema@.llmw_increase_interval(
    hits_before bigint,
    trials_before bigint,
    hits_after bigint,
    trials_after bigint,
    OUT increase numeric,
    OUT low numeric,
    OUT high numeric
) RETURNS record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT rate.after - rate.before,
           rate.after - rate.before
               - sqrt(power(rate.after - now.low, 2) + power(past.high - rate.before, 2)),
           rate.after - rate.before
               + sqrt(power(now.high - rate.after, 2) + power(rate.before - past.low, 2))
    FROM @extschema@.llmw_wilson_interval(hits_before, trials_before) AS past
    CROSS JOIN @extschema@.llmw_wilson_interval(hits_after, trials_after) AS now
    CROSS JOIN (SELECT 100.0 * hits_before / nullif(trials_before, 0) AS before,
                       100.0 * hits_after / nullif(trials_after, 0) AS after) AS rate;
END;
COMMENT ON FUNCTION @extschema@.llmw_increase_interval(bigint, bigint, bigint, bigint) IS
    'By how many points a rate rose, with Newcombe''s 95 % confidence interval; NULL without '
    'trials.';
