-- The roll-ups computed from the ledger: to verify them, and to make them anew.
--
-- A snapshot of the ledger and of the deltas shows the same facts, since both are written in one
-- transaction. So what one statement reads and takes away while others write is right to the last
-- call; and folds, which move deltas, are kept out by a lock taken before that statement.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_is_accepted(
    outcome text,
    started_at timestamptz,
    status text,
    cached_from uuid,
    finished_at timestamptz,
    generation_time_ms bigint
) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
RETURN outcome = 'ok' AND status = 'succeeded' AND cached_from IS NULL
   AND (generation_time_ms IS NULL
        OR started_at > finished_at - (generation_time_ms + 1) * interval '1 ms');
COMMENT ON FUNCTION
    @extschema@.llmw_is_accepted(text, timestamptz, text, uuid, timestamptz, bigint) IS
    'Whether a call with this outcome and start made the document of the request that has the '
    'others: an ok call of its last attempt.';

CREATE FUNCTION @extschema@.llmw_submitted_at(request_id uuid) RETURNS timestamptz
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'llmw_submitted_at';
COMMENT ON FUNCTION @extschema@.llmw_submitted_at(uuid) IS
    'When a request was submitted, by its id; NULL when that is no UUID of version 7.';

-- Ranges of time leave most of the ledger unread and decide nothing: they have a day to spare on
-- each side, for clocks that were set back. The first submission is the one that the ids of the
-- calls' requests tell; an id that cannot be right, as it was not made here, has all be searched.
DO $do$
DECLARE
    keys CONSTANT text := 'hour, model, format, agent, role_name, fallback_reason';
    of_calls text := (SELECT string_agg(CASE WHEN of_requests THEN nothing ELSE measure END, ', '
                                        ORDER BY place) FROM @extschema@.llmw_stats_measures);
    of_requests text := (SELECT string_agg(CASE WHEN of_requests THEN measure ELSE nothing END, ', '
                                           ORDER BY place) FROM @extschema@.llmw_stats_measures);
BEGIN
    EXECUTE format($create$
CREATE FUNCTION %1$s.llmw_stats_from_ledger(since timestamptz, until timestamptz)
    RETURNS SETOF %1$s.workflow_stats_deltas
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
DECLARE
    first_submission timestamptz;
BEGIN
    SELECT min(CASE WHEN r.submitted_at BETWEEN '2020-01-01' AND c.started_at + interval '1 day'
                   THEN r.submitted_at ELSE '-infinity' END)
    INTO first_submission
    FROM %1$s.llm_calls c
    CROSS JOIN LATERAL (SELECT %1$s.llmw_submitted_at(c.request_id) AS submitted_at) AS r
    WHERE c.started_at >= since AND c.started_at < until;
    RETURN QUERY
    WITH calls AS (
        SELECT date_trunc('hour', c.started_at, 'UTC') AS hour,
               c.model,
               coalesce(r.format, '') AS format,
               coalesce(r.agent, '') AS agent,
               coalesce(r.role_name::text, '') AS role_name,
               '' AS fallback_reason,
               count(*) AS calls,
               count(*) FILTER (WHERE c.outcome = 'ok') AS ok_calls,
               count(*) FILTER (WHERE c.outcome = 'validation_failed') AS validation_failed_calls,
               count(*) FILTER (WHERE c.outcome = 'api_error') AS api_error_calls,
               count(*) FILTER (WHERE c.outcome = 'timeout') AS timeout_calls,
               count(*) FILTER (WHERE c.outcome = 'rate_limited') AS rate_limited_calls,
               count(*) FILTER (WHERE c.outcome = 'truncated') AS truncated_calls,
               count(*) FILTER (WHERE c.outcome = 'refused') AS refused_calls,
               count(*) FILTER (WHERE c.outcome = 'context_window_exceeded')
                   AS context_window_exceeded_calls,
               count(*) FILTER (WHERE c.outcome = 'cancelled') AS cancelled_calls,
               count(*) FILTER (WHERE c.outcome = 'lost') AS lost_calls,
               sum(c.input_tokens)::bigint AS input_tokens,
               sum(c.cached_input_tokens)::bigint AS cached_input_tokens,
               sum(c.cache_write_tokens)::bigint AS cache_write_tokens,
               sum(c.output_tokens)::bigint AS output_tokens,
               sum(c.reasoning_tokens)::bigint AS reasoning_tokens,
               coalesce(sum(c.cost_usd), 0) AS cost_usd,
               coalesce(sum(c.cost_usd) FILTER (WHERE c.cost_source = 'estimated'), 0)
                   AS estimated_cost_usd,
               count(*) FILTER (WHERE c.cost_usd IS NULL) AS unpriced_calls,
               coalesce(sum(c.latency_ms) FILTER (WHERE one.has_latency), 0)::bigint AS provider_ms,
               %1$s.latency_histogram(c.latency_ms) FILTER (WHERE one.has_latency)
                   AS provider_times,
               count(*) FILTER (WHERE one.accepted) AS accepted_calls,
               coalesce(sum(c.input_tokens) FILTER (WHERE one.accepted), 0)::bigint
                   AS accepted_input_tokens,
               coalesce(sum(c.cached_input_tokens) FILTER (WHERE one.accepted), 0)::bigint
                   AS accepted_cached_input_tokens,
               coalesce(sum(c.cache_write_tokens) FILTER (WHERE one.accepted), 0)::bigint
                   AS accepted_cache_write_tokens,
               coalesce(sum(c.output_tokens) FILTER (WHERE one.accepted), 0)::bigint
                   AS accepted_output_tokens,
               coalesce(max(c.input_tokens) FILTER (WHERE one.accepted), 0)
                   AS largest_accepted_input_tokens
        FROM %1$s.llm_calls c
        LEFT JOIN %1$s.workflow_requests r
               ON r.request_id = c.request_id
              AND r.submitted_at >= first_submission - interval '1 day'
              AND r.submitted_at < until + interval '1 day'
        CROSS JOIN LATERAL (
            SELECT c.outcome NOT IN ('cancelled', 'lost') AS has_latency,
                   %1$s.llmw_is_accepted(c.outcome, c.started_at, r.status, r.cached_from,
                                         r.finished_at, r.generation_time_ms) AS accepted
        ) AS one
        WHERE c.started_at >= since AND c.started_at < until
        GROUP BY 1, 2, 3, 4, 5
    ), requests AS (
        SELECT date_trunc('hour', r.submitted_at, 'UTC') AS hour,
               coalesce(r.generator_used, '') AS model,
               r.format,
               coalesce(r.agent, '') AS agent,
               r.role_name::text AS role_name,
               coalesce(r.fallback_reason, '') AS fallback_reason,
               count(*) AS requests,
               count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded_requests,
               count(*) FILTER (WHERE r.status = 'failed') AS failed_requests,
               count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled_requests,
               count(*) FILTER (WHERE r.status = 'succeeded' AND r.cached_from IS NOT NULL)
                   AS cached_requests,
               count(r.fallback_reason) FILTER (WHERE one.was_generated) AS fallback_requests,
               count(r.parent_request_id) AS regenerated_requests,
               coalesce(sum(r.items_generated) FILTER (WHERE one.was_generated), 0)::bigint
                   AS items,
               coalesce(sum(answer.output_tokens) FILTER (WHERE r.items_generated IS NOT NULL),
                        0)::bigint AS item_output_tokens,
               coalesce(sum(r.zones_generated) FILTER (WHERE one.was_generated), 0)::bigint
                   AS zones,
               coalesce(sum(answer.output_tokens) FILTER (WHERE r.zones_generated IS NOT NULL),
                        0)::bigint AS zone_output_tokens,
               count(*) FILTER (WHERE r.outcome_succeeded) AS outcomes_succeeded,
               count(*) FILTER (WHERE NOT r.outcome_succeeded) AS outcomes_failed,
               count(*) FILTER (WHERE one.is_timed) AS timed_requests,
               coalesce(sum(r.total_time_ms) FILTER (WHERE one.is_timed), 0)::bigint AS total_ms,
               %1$s.latency_histogram(r.total_time_ms) FILTER (WHERE one.is_timed) AS total_times,
               coalesce(sum(r.queue_time_ms) FILTER (WHERE one.is_timed), 0)::bigint AS queue_ms,
               %1$s.latency_histogram(r.queue_time_ms) FILTER (WHERE one.is_timed) AS queue_times
        FROM %1$s.workflow_requests r
        CROSS JOIN LATERAL (
            SELECT r.status = 'succeeded' AND r.cached_from IS NULL AS was_generated,
                   r.status IN ('succeeded', 'failed') AND r.cached_from IS NULL
                       AND r.total_time_ms IS NOT NULL AND r.queue_time_ms IS NOT NULL AS is_timed
        ) AS one
        LEFT JOIN LATERAL (
            SELECT sum(c.output_tokens) AS output_tokens
            FROM %1$s.llm_calls c
            WHERE one.was_generated
              AND c.request_id = r.request_id
              AND c.started_at > r.submitted_at - interval '1 day'
              AND c.started_at < r.finished_at + interval '1 day'
              AND %1$s.llmw_is_accepted(c.outcome, c.started_at, r.status, r.cached_from,
                                        r.finished_at, r.generation_time_ms)
        ) AS answer ON true
        WHERE r.submitted_at >= since AND r.submitted_at < until
          AND r.status IN ('succeeded', 'failed', 'cancelled')
        GROUP BY 1, 2, 3, 4, 5, 6
    )
    SELECT %2$s, %3$s FROM calls
    UNION ALL
    SELECT %2$s, %4$s FROM requests;
END
$function$ $create$, '@extschema@', keys, of_calls, of_requests);
END
$do$;
COMMENT ON FUNCTION @extschema@.llmw_stats_from_ledger(timestamptz, timestamptz) IS
    'What the roll-ups must count for the facts of a span of time, as rows of '
    'workflow_stats_deltas. Calls whose request is not kept have no role_name.';
REVOKE ALL ON FUNCTION @extschema@.llmw_stats_from_ledger(timestamptz, timestamptz) FROM PUBLIC;

-- Day by day, so that the work fits in memory however long the span.
CREATE FUNCTION @extschema@.llmw_kept_days(since timestamptz, until timestamptz)
    RETURNS TABLE (first timestamptz, last timestamptz)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO, YMD'
AS $$
DECLARE
    oldest timestamptz;
    newest timestamptz;
BEGIN
    SELECT max(parent.oldest) INTO oldest
    FROM (SELECT min(substring(pg_get_expr(p.relpartbound, p.oid)
                               FROM 'FROM \(''([^'']+)''\)')::timestamptz) AS oldest
          FROM pg_inherits i
          JOIN pg_class p ON p.oid = i.inhrelid
          WHERE i.inhparent IN ('@extschema@.llm_calls'::regclass,
                                '@extschema@.workflow_requests'::regclass)
          GROUP BY i.inhparent) AS parent;
    IF since > until THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'since must not be after until';
    END IF;
    IF oldest IS NULL THEN -- no partition: nothing to count anew, and nothing to hold sums against
        RETURN;
    END IF;
    IF since < oldest THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('facts before %s are not kept', oldest),
            HINT = 'Give a later since, or NULL for all that is kept.';
    END IF;
    SELECT max(one.hour) INTO newest
    FROM (SELECT max(started_at) AS hour FROM @extschema@.llm_calls
          UNION ALL
          SELECT max(submitted_at) FROM @extschema@.workflow_requests
          UNION ALL
          SELECT max(d.hour) FROM @extschema@.workflow_stats_deltas d
          UNION ALL
          SELECT (SELECT max(h.hour) FROM @extschema@.workflow_stats_hours h WHERE h.facet = f)
          FROM unnest(ARRAY['total', 'model', 'agent', 'role', 'reason']) AS f
          UNION ALL
          SELECT (SELECT max(d.day) FROM @extschema@.workflow_stats_days d WHERE d.facet = f)
          FROM unnest(ARRAY['total', 'model', 'agent', 'role', 'reason']) AS f) AS one;
    since := date_trunc('hour', coalesce(since, oldest));
    newest := date_trunc('day', newest) + interval '24 hours';
    IF until > date_trunc('hour', until) THEN
        until := date_trunc('hour', until) + interval '1 hour';
    END IF;
    until := least(until, newest);
    RETURN QUERY
    SELECT piece.first, piece.last
    FROM generate_series(date_trunc('day', since), until - interval '1 hour',
                         interval '24 hours') AS day
    CROSS JOIN LATERAL (
        SELECT greatest(day, since) AS first, least(day + interval '24 hours', until) AS last
    ) AS piece
    WHERE since < until
      AND (EXISTS (SELECT FROM @extschema@.llm_calls c
                   WHERE c.started_at >= piece.first AND c.started_at < piece.last)
           OR EXISTS (SELECT FROM @extschema@.workflow_requests r
                      WHERE r.submitted_at >= piece.first AND r.submitted_at < piece.last)
           OR EXISTS (SELECT FROM @extschema@.workflow_stats_deltas d
                      WHERE d.hour >= piece.first AND d.hour < piece.last)
           OR EXISTS (SELECT FROM @extschema@.workflow_stats_hours h
                      WHERE h.facet = ANY ('{total,model,agent,role,reason}')
                        AND h.hour >= piece.first AND h.hour < piece.last)
           OR EXISTS (SELECT FROM @extschema@.workflow_stats_days d
                      WHERE d.facet = ANY ('{total,model,agent,role,reason}')
                        AND d.day = piece.first::date));
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_kept_days(timestamptz, timestamptz) IS
    'The hours that a span of time touches, divided into days, without days on which nothing was; '
    'NULL is where the ledger begins or ends. Refuses hours that the ledger does not keep.';
REVOKE ALL ON FUNCTION @extschema@.llmw_kept_days(timestamptz, timestamptz) FROM PUBLIC;

-- All facets are named where rows are looked up by time: their primary key begins with the facet.
DO $do$
DECLARE
    keys CONSTANT text := 'model, format, agent, role_name, fallback_reason';
    facets CONSTANT text := '''{total,model,agent,role,reason}''';
    measures text := (SELECT string_agg(measure, ', ' ORDER BY place)
                      FROM @extschema@.llmw_stats_measures);
    totals text := (SELECT string_agg(total, ', ' ORDER BY place)
                    FROM @extschema@.llmw_stats_measures);
    values text := (SELECT string_agg(format('%1$I = excluded.%1$I', measure), ', ' ORDER BY place)
                    FROM @extschema@.llmw_stats_measures);
BEGIN
    EXECUTE format($create$
CREATE FUNCTION %1$s.rebuild_workflow_stats(since timestamptz, until timestamptz) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    first timestamptz;
    last timestamptz;
    sums bigint;
    rebuilt bigint := 0;
    without_request timestamptz;
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = 'rebuild_workflow_stats() needs the isolation level read committed',
            DETAIL = 'It must see what was folded until it holds its lock.';
    END IF;
    -- Retention waits, and folds do nothing; each statement from here on sees all that they did.
    LOCK TABLE %1$s.workflow_requests, %1$s.llm_calls IN ACCESS SHARE MODE;
    LOCK TABLE %1$s.workflow_stats_deltas IN SHARE UPDATE EXCLUSIVE MODE;
    FOR first, last IN SELECT * FROM %1$s.llmw_kept_days(since, until) LOOP
        -- One statement, hence one snapshot, for the facts and for the deltas that they replace.
        WITH deltas AS (
            DELETE FROM %1$s.workflow_stats_deltas d WHERE d.hour >= first AND d.hour < last
        ), ledger AS MATERIALIZED (
            SELECT * FROM %1$s.llmw_stats_from_ledger(first, last)
        ), summed AS MATERIALIZED (
            %7$s
        ), gone AS (
            DELETE FROM %1$s.workflow_stats_hours h
            WHERE h.facet = ANY (%3$s) AND h.hour >= first AND h.hour < last
              AND NOT EXISTS (
                  SELECT FROM summed s
                  WHERE (s.facet, s.hour, s.model, s.format, s.agent, s.role_name,
                         s.fallback_reason)
                      = (h.facet, h.hour, h.model, h.format, h.agent, h.role_name,
                         h.fallback_reason))
        ), made AS (
            INSERT INTO %1$s.workflow_stats_hours (facet, hour, %2$s, %4$s)
            SELECT facet, hour, %2$s, %4$s FROM summed
            ON CONFLICT (facet, hour, %2$s) DO UPDATE SET %6$s
        )
        SELECT count(*), max(hour) FILTER (WHERE role_name = '')
        INTO sums, without_request
        FROM ledger;
        IF without_request IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
                MESSAGE = format('there are calls in the hour of %%s whose requests are not kept',
                                 without_request),
                HINT = 'Rebuild from the next hour on.';
        END IF;
        rebuilt := rebuilt + sums;
        DELETE FROM %1$s.workflow_stats_days d
        WHERE d.facet = ANY (%3$s) AND d.day = (first AT TIME ZONE 'UTC')::date;
        INSERT INTO %1$s.workflow_stats_days (facet, day, %2$s, %4$s)
        SELECT facet, (first AT TIME ZONE 'UTC')::date, %2$s, %5$s
        FROM %1$s.workflow_stats_hours h
        WHERE h.facet = ANY (%3$s)
          AND h.hour >= date_trunc('day', first, 'UTC')
          AND h.hour < date_trunc('day', first, 'UTC') + interval '24 hours'
        GROUP BY facet, %2$s;
    END LOOP;
    RETURN rebuilt;
END
$function$ $create$,
        '@extschema@', keys, facets, measures, totals, values,
        @extschema@.llmw_stats_facets('ledger', true));

    EXECUTE format($create$
CREATE FUNCTION %1$s.verify_workflow_stats(
    since timestamptz DEFAULT NULL,
    until timestamptz DEFAULT NULL
) RETURNS TABLE (
    roll_up text,
    hour timestamptz,
    facet text,
    model text,
    format text,
    agent text,
    role_name text,
    fallback_reason text,
    measure text,
    in_stats text,
    in_ledger text
)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    first timestamptz;
    last timestamptz;
BEGIN
    FOR first, last IN SELECT * FROM %1$s.llmw_kept_days(since, until) LOOP
        RETURN QUERY
        WITH ledger AS MATERIALIZED (
            SELECT * FROM %1$s.llmw_stats_from_ledger(first, last)
        ), summed AS MATERIALIZED (
            %6$s
        ), known AS MATERIALIZED (
            SELECT 'hour' AS roll_up, hour, facet, %2$s, %4$s FROM summed
            UNION ALL
            SELECT 'day', date_trunc('day', first, 'UTC'), facet, %2$s, %5$s FROM summed
            WHERE last - first = interval '24 hours'
            GROUP BY facet, %2$s
        ), shown AS MATERIALIZED (
            SELECT 'hour' AS roll_up, hour, facet, %2$s, %4$s FROM %1$s.workflow_stats_hourly
            WHERE facet = ANY (%3$s) AND hour >= first AND hour < last
            UNION ALL
            SELECT 'day', date_trunc('day', first, 'UTC'), facet, %2$s, %4$s
            FROM %1$s.workflow_stats_daily
            WHERE facet = ANY (%3$s) AND day = (first AT TIME ZONE 'UTC')::date
              AND last - first = interval '24 hours'
        ), differing AS (
            SELECT roll_up, hour, facet, %2$s, to_jsonb(s) AS stats, to_jsonb(k) AS facts
            FROM shown s FULL JOIN known k USING (roll_up, hour, facet, %2$s)
            WHERE s IS DISTINCT FROM k
        )
        SELECT d.roll_up, d.hour, d.facet, d.model, d.format, d.agent, d.role_name,
               d.fallback_reason, m.measure::text, one.in_stats #>> '{}', one.in_ledger #>> '{}'
        FROM differing d
        CROSS JOIN %1$s.llmw_stats_measures m
        CROSS JOIN LATERAL (
            SELECT coalesce(d.stats -> m.measure, m.nothing_as_json) AS in_stats,
                   coalesce(d.facts -> m.measure, m.nothing_as_json) AS in_ledger
        ) AS one
        WHERE one.in_stats <> one.in_ledger
          AND NOT EXISTS (SELECT FROM ledger l
                          WHERE l.role_name = ''
                            AND date_trunc(d.roll_up, l.hour, 'UTC') = d.hour)
        ORDER BY d.hour, d.roll_up, d.facet, d.model, d.format, d.agent, d.role_name,
                 d.fallback_reason, m.place;
    END LOOP;
END
$function$ $create$,
        '@extschema@', keys, facets, measures, totals,
        @extschema@.llmw_stats_facets('ledger', true));
END
$do$;

COMMENT ON FUNCTION @extschema@.rebuild_workflow_stats(timestamptz, timestamptz) IS
    'Makes the roll-ups of the hours that a span touches anew from the ledger, while others write; '
    'returns from how many sums. NULL is where the ledger begins or ends.';
REVOKE ALL ON FUNCTION @extschema@.rebuild_workflow_stats(timestamptz, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.verify_workflow_stats(timestamptz, timestamptz) IS
    'Where the roll-ups differ from the ledger in the hours that a span touches, and in the days '
    'that it covers: no row means that they are right. Hours with calls whose requests are not '
    'kept any more are left out.';
REVOKE ALL ON FUNCTION @extschema@.verify_workflow_stats(timestamptz, timestamptz) FROM PUBLIC;
