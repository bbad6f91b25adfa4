-- The same figures as those of the views by day, computed from the ledger by statements written for
-- nothing else, over the year that seed_calls.sql made: what the roll-ups save. The table `directly`
-- names the view that each stands beside.
\set ON_ERROR_STOP on
CREATE TABLE directly (view text, query text);

INSERT INTO directly VALUES
('workflow_costs_daily', $$
SELECT (c.started_at AT TIME ZONE 'UTC')::date AS day, c.model, count(*),
       count(*) FILTER (WHERE c.outcome <> 'ok'), sum(c.input_tokens), sum(c.cached_input_tokens),
       sum(c.output_tokens), sum(c.cost_usd), sum(c.cost_usd) FILTER (WHERE c.cost_source = 'estimated'),
       count(*) FILTER (WHERE c.cost_usd IS NULL)
FROM llm_calls c WHERE c.started_at >= now() - interval '1 year' GROUP BY 1, 2
$$),
('workflow_errors_daily', $$
SELECT day, model, outcome, calls, sum(calls) OVER (PARTITION BY day, model)
FROM (SELECT (c.started_at AT TIME ZONE 'UTC')::date AS day, c.model, c.outcome, count(*) AS calls
      FROM llm_calls c
      WHERE c.started_at >= now() - interval '1 year' AND c.outcome <> 'cancelled'
      GROUP BY 1, 2, 3) AS counted
$$),
('workflow_fallbacks_daily', $$
SELECT (r.submitted_at AT TIME ZONE 'UTC')::date AS day, r.fallback_reason,
       count(*) FILTER (WHERE r.status = 'succeeded' AND r.cached_from IS NULL),
       count(*) FILTER (WHERE r.status = 'failed')
FROM workflow_requests r
WHERE r.submitted_at >= now() - interval '1 year' AND r.status IN ('succeeded', 'failed')
GROUP BY 1, 2
$$),
('workflow_latency_daily', $$
SELECT *
FROM (SELECT (r.submitted_at AT TIME ZONE 'UTC')::date AS day, count(*), avg(r.total_time_ms),
             percentile_cont('{0.5,0.95,0.99}'::float8[]) WITHIN GROUP (ORDER BY r.total_time_ms),
             avg(r.queue_time_ms),
             percentile_cont('{0.5,0.95,0.99}'::float8[]) WITHIN GROUP (ORDER BY r.queue_time_ms)
      FROM workflow_requests r
      WHERE r.submitted_at >= now() - interval '1 year' AND r.status IN ('succeeded', 'failed')
        AND r.cached_from IS NULL
      GROUP BY 1) AS r
FULL JOIN (SELECT (c.started_at AT TIME ZONE 'UTC')::date AS day, count(*), avg(c.latency_ms),
                  percentile_cont('{0.5,0.95,0.99}'::float8[]) WITHIN GROUP (ORDER BY c.latency_ms)
           FROM llm_calls c
           WHERE c.started_at >= now() - interval '1 year' AND c.outcome NOT IN ('cancelled', 'lost')
           GROUP BY 1) AS c USING (day)
$$),
('workflow_quality_daily', $$
SELECT *
FROM (SELECT (c.started_at AT TIME ZONE 'UTC')::date AS day, c.model, r.format, count(*),
             count(*) FILTER (WHERE c.outcome = 'ok'),
             count(*) FILTER (WHERE c.outcome = 'validation_failed'),
             count(*) FILTER (WHERE c.outcome = 'truncated'),
             count(*) FILTER (WHERE c.outcome = 'refused')
      FROM llm_calls c JOIN workflow_requests r USING (request_id)
      WHERE c.started_at >= now() - interval '1 year' GROUP BY 1, 2, 3) AS c
FULL JOIN (SELECT (r.submitted_at AT TIME ZONE 'UTC')::date AS day, r.generator_used AS model, r.format,
                  count(r.outcome_succeeded), count(*) FILTER (WHERE r.outcome_succeeded)
           FROM workflow_requests r
           WHERE r.submitted_at >= now() - interval '1 year' GROUP BY 1, 2, 3) AS r
    USING (day, model, format)
$$);

-- By agent, role and format.
INSERT INTO directly
SELECT format('workflow_%ss_daily', name), format($$
SELECT *
FROM (SELECT (r.submitted_at AT TIME ZONE 'UTC')::date AS day, r.%1$I, count(*),
             count(*) FILTER (WHERE r.status = 'succeeded'),
             count(*) FILTER (WHERE r.status = 'succeeded' AND r.cached_from IS NULL),
             count(r.fallback_reason) FILTER (WHERE r.status = 'succeeded' AND r.cached_from IS NULL),
             count(r.parent_request_id), sum(r.items_generated), sum(r.zones_generated)
      FROM workflow_requests r
      WHERE r.submitted_at >= now() - interval '1 year'
        AND r.status IN ('succeeded', 'failed', 'cancelled')
      GROUP BY 1, 2) AS r
FULL JOIN (SELECT (c.started_at AT TIME ZONE 'UTC')::date AS day, r.%1$I, count(*),
                  count(*) FILTER (WHERE c.outcome = 'ok'),
                  count(*) FILTER (WHERE c.outcome = 'validation_failed'),
                  sum(c.input_tokens), sum(c.output_tokens), sum(c.cost_usd),
                  count(*) FILTER (WHERE c.cost_usd IS NULL)
           FROM llm_calls c JOIN workflow_requests r USING (request_id)
           WHERE c.started_at >= now() - interval '1 year' GROUP BY 1, 2) AS c
    USING (day, %1$I)
$$, key)
FROM (VALUES ('agent', 'agent'), ('role', 'role_name'), ('format', 'format')) AS dimensions (name, key);

-- What was saved, and the day at a glance: each accepted call at the price of the baseline model.
INSERT INTO directly
SELECT view, $$
SELECT *
FROM (SELECT (r.submitted_at AT TIME ZONE 'UTC')::date AS day, count(*),
             count(*) FILTER (WHERE r.status = 'succeeded'),
             count(*) FILTER (WHERE r.status = 'failed'),
             count(r.fallback_reason) FILTER (WHERE r.status = 'succeeded' AND r.cached_from IS NULL)
$$ || times || $$
      FROM workflow_requests r
      WHERE r.submitted_at >= now() - interval '1 year'
        AND r.status IN ('succeeded', 'failed', 'cancelled')
      GROUP BY 1) AS r
FULL JOIN (SELECT (c.started_at AT TIME ZONE 'UTC')::date AS day, count(*), sum(c.input_tokens),
                  sum(c.output_tokens), sum(c.cost_usd), count(*) FILTER (WHERE c.cost_usd IS NULL),
                  sum(token_cost(current_setting('llm_workflow.baseline_model'), c.input_tokens,
                                 c.output_tokens, c.cached_input_tokens, c.cache_write_tokens,
                                 c.started_at))
                      FILTER (WHERE c.outcome = 'ok' AND r.status = 'succeeded')
           FROM llm_calls c JOIN workflow_requests r USING (request_id)
           WHERE c.started_at >= now() - interval '1 year' GROUP BY 1) AS c USING (day)
$$
FROM (VALUES ('workflow_savings_daily', ''),
             ('workflow_summary_daily', ', avg(r.total_time_ms), percentile_cont(
                  ''{0.5,0.95,0.99}''::float8[]) WITHIN GROUP (ORDER BY r.total_time_ms)')
     ) AS views (view, times);
