-- workflow_report(): the public views as one HTML page. SQL gathers, C++ draws.
--
-- Whoever calls these functions needs SELECT on the views that they read. Days are days in UTC, as in
-- the views: all that the period touches, each as a whole, so that a number here is the view's.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_report_unit(first date, last date) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN last - first < 100 THEN 'day' WHEN last - first < 732 THEN 'week' ELSE 'month' END;
COMMENT ON FUNCTION @extschema@.llmw_report_unit(date, date) IS
    'What a point of a chart stands for, so that a chart of these days is readable.';

CREATE FUNCTION @extschema@.llmw_report_start(day date, unit text, first date) RETURNS date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN greatest(date_trunc(unit, day::timestamp)::date, first);
COMMENT ON FUNCTION @extschema@.llmw_report_start(date, text, date) IS
    'The first day, from first on, of the day, week (from Monday) or month that day is in.';

CREATE FUNCTION @extschema@.llmw_report_spans(first date, last date, unit text) RETURNS SETOF date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
RETURN greatest(generate_series(date_trunc(unit, first::timestamp), last::timestamp,
                                ('1 ' || unit)::interval)::date, first);
COMMENT ON FUNCTION @extschema@.llmw_report_spans(date, date, text) IS
    'The first days of the days, weeks or months from first to last.';

-- What is known of some days only is summed up over these: baseline and savings, never a part of one.
CREATE FUNCTION @extschema@.llmw_report_trend(first date, last date, unit text) RETURNS jsonb
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH summed AS (
        SELECT @extschema@.llmw_report_start(s.day, unit, first) AS start,
               sum(s.requests) AS requests,
               sum(s.generated_requests) AS generated,
               sum(s.fallback_requests) AS fallback_requests,
               sum(s.cost_usd) AS cost_usd,
               sum(s.baseline_cost_usd) AS baseline_cost_usd,
               sum(s.saved_usd) AS saved_usd
        FROM @extschema@.workflow_summary_daily s
        WHERE s.day BETWEEN first AND last
        GROUP BY 1
    ), spans AS (
        SELECT span.start,
               coalesce(t.requests, 0) AS requests,
               coalesce(t.generated, 0) AS generated,
               coalesce(t.fallback_requests, 0) AS fallback_requests,
               coalesce(t.cost_usd, 0) AS cost_usd,
               CASE WHEN t.start IS NULL THEN 0 ELSE t.baseline_cost_usd END AS baseline_cost_usd,
               CASE WHEN t.start IS NULL THEN 0 ELSE t.saved_usd END AS saved_usd,
               coalesce(sum(t.saved_usd) OVER (ORDER BY span.start), 0) AS cumulative_saved_usd
        FROM @extschema@.llmw_report_spans(first, last, unit) AS span (start)
        LEFT JOIN summed t ON t.start = span.start
    )
    SELECT jsonb_agg(jsonb_build_object(
               'from', s.start,
               'requests', s.requests,
               'generated', s.generated,
               'fallback_requests', s.fallback_requests,
               'fallback_rate', round(100.0 * s.fallback_requests / nullif(s.generated, 0), 2),
               'cost_usd', trim_scale(s.cost_usd),
               'baseline_cost_usd', trim_scale(s.baseline_cost_usd),
               'saved_usd', trim_scale(s.saved_usd),
               'cumulative_saved_usd', trim_scale(s.cumulative_saved_usd)) ORDER BY s.start)
    FROM spans s
    WHERE EXISTS (SELECT FROM summed);
END;
COMMENT ON FUNCTION @extschema@.llmw_report_trend(date, date, text) IS
    'Requests, fallbacks, cost and savings by day, week or month; NULL when there is nothing at all.';

CREATE FUNCTION @extschema@.llmw_report_latency(first date, last date, unit text) RETURNS jsonb
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH merged AS (
        SELECT @extschema@.llmw_report_start(s.day, unit, first) AS start,
               sum(s.timed_requests) AS timed_requests,
               @extschema@.latency_histogram_merge(s.total_times) AS total,
               sum(s.calls - s.cancelled_calls - s.lost_calls) AS timed_calls,
               @extschema@.latency_histogram_merge(s.provider_times) AS provider
        FROM @extschema@.llmw_stats_daily s
        WHERE s.facet = 'total' AND s.day BETWEEN first AND last
        GROUP BY 1
    )
    SELECT jsonb_agg(jsonb_build_object(
               'from', span.start,
               'timed_requests', coalesce(m.timed_requests, 0),
               'total_p50_ms', round(@extschema@.latency_percentile(m.total, 0.5)::numeric, 1),
               'total_p95_ms', round(@extschema@.latency_percentile(m.total, 0.95)::numeric, 1),
               'total_p99_ms', round(@extschema@.latency_percentile(m.total, 0.99)::numeric, 1),
               'timed_calls', coalesce(m.timed_calls, 0),
               'provider_p50_ms', round(@extschema@.latency_percentile(m.provider, 0.5)::numeric, 1),
               'provider_p95_ms', round(@extschema@.latency_percentile(m.provider, 0.95)::numeric, 1),
               'provider_p99_ms', round(@extschema@.latency_percentile(m.provider, 0.99)::numeric, 1)
           ) ORDER BY span.start)
    FROM @extschema@.llmw_report_spans(first, last, unit) AS span (start)
    LEFT JOIN merged m ON m.start = span.start
    WHERE EXISTS (SELECT FROM merged);
END;
COMMENT ON FUNCTION @extschema@.llmw_report_latency(date, date, text) IS
    'Percentiles of times by day, week or month; NULL when there is nothing at all.';

CREATE FUNCTION @extschema@.llmw_report_summary(first date, last date) RETURNS jsonb
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH total AS (
        SELECT coalesce(sum(s.requests), 0) AS requests,
               coalesce(sum(s.succeeded_requests), 0) AS succeeded_requests,
               coalesce(sum(s.failed_requests), 0) AS failed_requests,
               coalesce(sum(s.cancelled_requests), 0) AS cancelled_requests,
               coalesce(sum(s.cached_requests), 0) AS cached_requests,
               coalesce(sum(s.generated_requests), 0) AS generated,
               coalesce(sum(s.fallback_requests), 0) AS fallback_requests,
               CASE WHEN count(*) = 0 THEN 0 ELSE sum(s.baseline_cost_usd) END AS baseline_cost_usd,
               CASE WHEN count(*) = 0 THEN 0 ELSE sum(s.saved_usd) END AS saved_usd,
               count(*) - count(s.baseline_cost_usd) AS days_without_baseline
        FROM @extschema@.workflow_summary_daily s
        WHERE s.day BETWEEN first AND last
    ), cost AS (
        SELECT coalesce(sum(c.calls), 0) AS calls,
               coalesce(sum(c.cost_usd), 0) AS cost_usd,
               coalesce(sum(c.estimated_cost_usd), 0) AS estimated_cost_usd,
               coalesce(sum(c.unpriced_calls), 0) AS unpriced_calls
        FROM @extschema@.workflow_costs_daily c
        WHERE c.day BETWEEN first AND last
    ), times AS (
        SELECT coalesce(sum(s.timed_requests), 0) AS timed_requests,
               @extschema@.latency_histogram_merge(s.total_times) AS total
        FROM @extschema@.llmw_stats_daily s
        WHERE s.facet = 'total' AND s.day BETWEEN first AND last
    )
    SELECT jsonb_build_object(
               'requests', t.requests,
               'succeeded_requests', t.succeeded_requests,
               'failed_requests', t.failed_requests,
               'cancelled_requests', t.cancelled_requests,
               'cached_requests', t.cached_requests,
               'generated', t.generated,
               'fallback_requests', t.fallback_requests,
               'fallback_rate', round(100.0 * t.fallback_requests / nullif(t.generated, 0), 2),
               'calls', c.calls,
               'cost_usd', trim_scale(c.cost_usd),
               'estimated_cost_usd', trim_scale(c.estimated_cost_usd),
               'unpriced_calls', c.unpriced_calls,
               'baseline_cost_usd', trim_scale(t.baseline_cost_usd),
               'saved_usd', trim_scale(t.saved_usd),
               'saved_percent', round(100 * t.saved_usd / nullif(t.baseline_cost_usd, 0), 2),
               'days_without_baseline', t.days_without_baseline,
               'timed_requests', m.timed_requests,
               'p50_ms', round(@extschema@.latency_percentile(m.total, 0.5)::numeric, 1),
               'p95_ms', round(@extschema@.latency_percentile(m.total, 0.95)::numeric, 1),
               'p99_ms', round(@extschema@.latency_percentile(m.total, 0.99)::numeric, 1))
    FROM total t, cost c, times m;
END;
COMMENT ON FUNCTION @extschema@.llmw_report_summary(date, date) IS 'The headline figures of a report.';

CREATE FUNCTION @extschema@.llmw_report_reasons(first date, last date, generated bigint) RETURNS jsonb
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_agg(jsonb_build_object(
               'reason', r.reason,
               'requests', r.requests,
               'percent', round(100.0 * r.requests / nullif(generated, 0), 2))
               ORDER BY r.requests DESC, r.reason)
    FROM (SELECT f.reason, sum(f.fallback_requests) AS requests
          FROM @extschema@.workflow_fallbacks_daily f
          WHERE f.day BETWEEN first AND last
          GROUP BY f.reason
          HAVING sum(f.fallback_requests) > 0) AS r;
END;
COMMENT ON FUNCTION @extschema@.llmw_report_reasons(date, date, bigint) IS
    'Why the primary model was left, most frequent first.';

CREATE FUNCTION @extschema@.llmw_report_agents(first date, last date) RETURNS jsonb
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH agents AS (
        SELECT a.agent,
               sum(a.requests) AS requests,
               sum(a.generated_requests) AS generated,
               sum(a.fallback_requests) AS fallback_requests,
               sum(a.cost_usd) AS cost_usd
        FROM @extschema@.workflow_agents_daily a
        WHERE a.day BETWEEN first AND last
        GROUP BY a.agent
    ), top AS (
        SELECT * FROM agents a ORDER BY a.cost_usd DESC, a.requests DESC, a.agent LIMIT 12
    )
    SELECT jsonb_build_object(
               'agent_count', (SELECT count(*) FROM agents),
               'agents', coalesce(jsonb_agg(jsonb_build_object(
                   'agent', t.agent,
                   'requests', t.requests,
                   'generated', t.generated,
                   'fallback_requests', t.fallback_requests,
                   'fallback_rate', round(100.0 * t.fallback_requests / nullif(t.generated, 0), 2),
                   'cost_usd', trim_scale(t.cost_usd),
                   'cost_per_request_usd', @extschema@.llmw_cost_of_one(t.cost_usd, t.requests::bigint))
                   ORDER BY t.cost_usd DESC, t.requests DESC, t.agent), '[]'))
    FROM top t;
END;
COMMENT ON FUNCTION @extschema@.llmw_report_agents(date, date) IS
    'The dozen agents that cost most, and how many there are.';

CREATE FUNCTION @extschema@.llmw_report_models(first date, last date) RETURNS jsonb
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_agg(jsonb_build_object(
               'model', m.model,
               'calls', m.calls,
               'ok_calls', m.ok_calls,
               'validated_calls', m.validated_calls,
               'validation_success_rate', round(100.0 * m.ok_calls / nullif(m.validated_calls, 0), 2),
               'error_calls', m.error_calls,
               'ended_calls', m.ended_calls,
               'error_rate', round(100.0 * m.error_calls / nullif(m.ended_calls, 0), 2),
               'input_tokens', m.input_tokens,
               'output_tokens', m.output_tokens,
               'cost_usd', trim_scale(m.cost_usd)) ORDER BY m.cost_usd DESC, m.calls DESC, m.model)
    FROM (SELECT s.model,
                 sum(s.calls) AS calls,
                 sum(s.ok_calls) AS ok_calls,
                 sum(s.ok_calls + s.validation_failed_calls) AS validated_calls,
                 sum(s.api_error_calls + s.timeout_calls + s.rate_limited_calls + s.lost_calls)
                     AS error_calls,
                 sum(s.calls - s.cancelled_calls) AS ended_calls,
                 sum(s.input_tokens) AS input_tokens,
                 sum(s.output_tokens) AS output_tokens,
                 sum(s.cost_usd) AS cost_usd
          FROM @extschema@.llmw_stats_daily s
          WHERE s.facet = 'model' AND s.day BETWEEN first AND last
          GROUP BY s.model
          HAVING sum(s.calls) > 0) AS m;
END;
COMMENT ON FUNCTION @extschema@.llmw_report_models(date, date) IS
    'What each model did, the one that cost most first.';

-- Day by day from the last one on, and no further than it takes: a day's failures are read at once.
CREATE FUNCTION @extschema@.llmw_report_failures(first date, last date) RETURNS jsonb
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_agg(jsonb_build_object(
               'at', to_char(f.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'),
               'agent', f.agent,
               'error_code', f.error_code,
               'message', f.error_message,
               'prompt', f.prompt,
               'request_id', f.request_id) ORDER BY f.submitted_at DESC, f.request_id)
    FROM (SELECT latest.*
          FROM generate_series(last::timestamp, first::timestamp, interval '-1 day') AS days (at)
          CROSS JOIN LATERAL (
              SELECT *
              FROM @extschema@.workflow_failures v
              WHERE v.day = days.at::date
              ORDER BY v.submitted_at DESC, v.request_id
              LIMIT 10
          ) AS latest
          LIMIT 10) AS f;
END;
COMMENT ON FUNCTION @extschema@.llmw_report_failures(date, date) IS 'The ten latest failures.';

-- Not everybody who may read the ledger may read the state of the endpoints; and there is none without
-- shared memory.
CREATE FUNCTION @extschema@.llmw_report_endpoints() RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.server, e.model), '[]')
            FROM @extschema@.llm_endpoint_status e);
EXCEPTION WHEN insufficient_privilege OR object_not_in_prerequisite_state THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_report_endpoints() IS
    'llm_endpoint_status as JSON; NULL when it cannot be read.';

CREATE FUNCTION @extschema@.workflow_report_data(
    since timestamptz DEFAULT now() - interval '30 days',
    until timestamptz DEFAULT now()
) RETURNS jsonb
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    first date;
    last date;
    unit text;
    summary jsonb;
BEGIN
    IF since IS NULL OR until IS NULL THEN
        RAISE EXCEPTION 'since and until must not be null' USING ERRCODE = '22004';
    END IF;
    IF NOT isfinite(since) OR NOT isfinite(until) OR until - since > interval '36525 days' THEN
        RAISE EXCEPTION 'the period of a report must not be longer than a hundred years'
            USING ERRCODE = '22023';
    END IF;
    IF since >= until THEN
        RAISE EXCEPTION 'since must be before until' USING ERRCODE = '22023';
    END IF;
    first := (since AT TIME ZONE 'UTC')::date;
    last := ((until - interval '1 microsecond') AT TIME ZONE 'UTC')::date;
    unit := @extschema@.llmw_report_unit(first, last);
    summary := @extschema@.llmw_report_summary(first, last);
    RETURN jsonb_build_object(
        'database', current_database(),
        'version', (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'llm_workflow'),
        'generated_at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'),
        'first_day', first,
        'last_day', last,
        'unit', unit,
        'baseline_model', current_setting('llm_workflow.baseline_model', true),
        'summary', summary,
        'trend', @extschema@.llmw_report_trend(first, last, unit),
        'fallback_reasons',
            @extschema@.llmw_report_reasons(first, last, (summary ->> 'generated')::bigint),
        'latency', @extschema@.llmw_report_latency(first, last, unit),
        'models', @extschema@.llmw_report_models(first, last),
        'budgets', (SELECT jsonb_agg(to_jsonb(b) ORDER BY b.used_percent DESC NULLS LAST, b.budget)
                    FROM @extschema@.llm_budget_status b),
        'endpoints', @extschema@.llmw_report_endpoints(),
        'failures', @extschema@.llmw_report_failures(first, last)
    ) || @extschema@.llmw_report_agents(first, last);
END
$$;
COMMENT ON FUNCTION @extschema@.workflow_report_data(timestamptz, timestamptz) IS
    'The numbers of workflow_report() as JSON: those of the views, of the days in UTC that the '
    'period touches. By day up to 100 days, by week up to two years, else by month.';

CREATE FUNCTION @extschema@.llmw_render_report(data jsonb) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'llmw_render_report';
COMMENT ON FUNCTION @extschema@.llmw_render_report(jsonb) IS
    'The page that shows what workflow_report_data() returned.';

CREATE FUNCTION @extschema@.workflow_report(
    since timestamptz DEFAULT now() - interval '30 days',
    until timestamptz DEFAULT now()
) RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT
    SET search_path = pg_catalog, pg_temp
RETURN @extschema@.llmw_render_report(@extschema@.workflow_report_data(since, until));
COMMENT ON FUNCTION @extschema@.workflow_report(timestamptz, timestamptz) IS
    'A page of HTML that needs nothing but itself: cost, savings, fallbacks, latency, agents, models, '
    'budgets, endpoints and failures. psql -At -c "select workflow_report()" > report.html';
