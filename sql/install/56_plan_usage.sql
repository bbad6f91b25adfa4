-- Budgets of agents against what their requests took.
--
-- A budget is tightened when all but the largest requests use less than 70 % of it, and raised when
-- more than 5 % are cut: the whole confidence interval of the rate, as in workflow_rollout_advice,
-- must be above. Fewer than 20 requests tell nothing.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE VIEW @extschema@.llm_agent_requests AS
SELECT r.agent,
       r.submitted_at,
       r.request_id,
       r.generator_used,
       r.input_tokens,
       r.output_tokens,
       r.input_tokens + r.output_tokens AS tokens,
       calls.reserved_tokens,
       ended.was_cut,
       r.cost_usd
FROM @extschema@.workflow_requests r
CROSS JOIN LATERAL (
    SELECT coalesce(r.fallback_reason IN ('budget', 'truncated'), false)
        OR coalesce(r.error_code IN ('LW005', 'LW010'), false) AS was_cut
) AS ended
CROSS JOIN LATERAL (
    SELECT max(c.tokens_before + c.worst_case) AS reserved_tokens
    FROM (
        SELECT coalesce(sum(c.input_tokens + c.output_tokens) OVER earlier, 0)::bigint
                   AS tokens_before,
               greatest(c.input_tokens, c.estimated_input_tokens)
                   + coalesce(c.max_output_tokens, c.output_tokens) AS worst_case
        FROM @extschema@.llm_calls c
        WHERE c.request_id = r.request_id
          AND c.started_at >= r.submitted_at
          AND c.started_at <= r.finished_at
        WINDOW earlier AS (ORDER BY c.attempt
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) AS c
) AS calls
WHERE r.agent <> ''
  AND r.status IN ('succeeded', 'failed')
  AND r.cached_from IS NULL
  AND (r.input_tokens + r.output_tokens > 0 OR ended.was_cut);

COMMENT ON VIEW @extschema@.llm_agent_requests IS
    'What did each request of an agent take? Those that ended and took tokens, or were cut. '
    'Requests that were cancelled, answered from the ledger, or failed before a token was spent '
    'say nothing about a budget.';
COMMENT ON COLUMN @extschema@.llm_agent_requests.tokens IS 'input_tokens + output_tokens.';
COMMENT ON COLUMN @extschema@.llm_agent_requests.reserved_tokens IS
    'What the request could have taken: with max_output_tokens for an answer instead of what it '
    'had, for the call where that is most. A lower budget would have refused a call. NULL: it made '
    'no call.';
COMMENT ON COLUMN @extschema@.llm_agent_requests.was_cut IS
    'Whether a call was refused for a limit (budget) or an answer was cut off (truncated), so that '
    'the primary model was left or the request failed.';

CREATE FUNCTION @extschema@.llmw_budget_advice(
    max_tokens bigint,
    requests bigint,
    cut_requests bigint,
    p95_tokens bigint,
    reserved_tokens bigint,
    OUT advice text,
    OUT suggested_max_tokens bigint
) RETURNS record
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT told.advice,
           CASE told.advice
               WHEN 'raise'
                   THEN greatest(ceil(1.25 * max_tokens / 1000)::bigint * 1000, fits.budget)
               WHEN 'tighten' THEN fits.budget
               WHEN 'set' THEN fits.budget
           END
    FROM @extschema@.llmw_wilson_interval(cut_requests, requests) AS cut
    CROSS JOIN LATERAL (
        -- 80 % of it are used by all but the largest requests, and none would have been refused.
        SELECT ceil(greatest(p95_tokens / 0.8, reserved_tokens) / 1000)::bigint * 1000 AS budget
    ) AS fits
    CROSS JOIN LATERAL (
        SELECT CASE
                   WHEN requests < 20 THEN 'wait'
                   WHEN max_tokens IS NULL THEN 'set'
                   WHEN cut.low > 5 THEN 'raise'
                   WHEN p95_tokens >= 0.7 * max_tokens THEN 'keep'
                   WHEN fits.budget < max_tokens THEN 'tighten'
                   WHEN reserved_tokens > p95_tokens / 0.8 THEN 'lower max_output_tokens'
                   ELSE 'keep'
               END AS advice
    ) AS told;
END;
COMMENT ON FUNCTION @extschema@.llmw_budget_advice(bigint, bigint, bigint, bigint, bigint) IS
    'What to do with a budget, and which would do.';

CREATE FUNCTION @extschema@.plan_usage(
    plan text DEFAULT NULL,
    since timestamptz DEFAULT now() - interval '30 days',
    input_share numeric DEFAULT 0.5
) RETURNS TABLE (
    agent text,
    model text,
    max_tokens bigint,
    requests bigint,
    mean_tokens numeric,
    p95_tokens bigint,
    highest_tokens bigint,
    reserved_tokens bigint,
    used_percent numeric,
    cut_requests bigint,
    cut_percent numeric,
    observed_input_share numeric,
    planned_cost_usd numeric,
    observed_cost_usd numeric,
    advice text,
    suggested_max_tokens bigint
)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF plan IS NOT NULL THEN
        PERFORM @extschema@.llmw_existing_plan(plan);
    END IF;
    IF since IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'since must not be NULL';
    END IF;
    PERFORM @extschema@.llmw_check_input_share(input_share);

    RETURN QUERY
    WITH budgets AS MATERIALIZED (
        SELECT a.agent, a.model, a.max_tokens
        FROM @extschema@.llm_agents a
        WHERE plan_usage.plan IS NULL
        UNION ALL
        SELECT p.agent, p.model, p.max_tokens
        FROM @extschema@.llm_plan_agents p
        WHERE p.plan = plan_usage.plan
    ), observed AS MATERIALIZED (
        SELECT b.agent,
               count(*) AS requests,
               avg(r.tokens) FILTER (WHERE r.tokens > 0) AS mean_tokens,
               percentile_disc(0.95) WITHIN GROUP (ORDER BY r.tokens)
                   FILTER (WHERE r.tokens > 0) AS p95_tokens,
               max(r.tokens) FILTER (WHERE r.tokens > 0) AS highest_tokens,
               max(r.reserved_tokens) AS reserved_tokens,
               count(*) FILTER (WHERE r.was_cut OR r.reserved_tokens > b.max_tokens)
                   AS cut_requests,
               sum(r.input_tokens) / nullif(sum(r.tokens), 0) AS share_of_input,
               avg(r.cost_usd) FILTER (WHERE r.tokens > 0) AS cost_usd
        FROM budgets b
        JOIN @extschema@.llm_agent_requests r ON r.agent = b.agent
        WHERE r.submitted_at >= plan_usage.since
        GROUP BY b.agent
    )
    SELECT b.agent, b.model, b.max_tokens,
           coalesce(o.requests, 0), round(o.mean_tokens, 1), o.p95_tokens, o.highest_tokens,
           o.reserved_tokens, round(100.0 * o.p95_tokens / b.max_tokens, 1),
           coalesce(o.cut_requests, 0), round(100.0 * o.cut_requests / o.requests, 2),
           round(o.share_of_input, 4), trim_scale(planned.input_cost + planned.output_cost),
           trim_scale(round(o.cost_usd, 12)), told.advice, told.suggested_max_tokens
    FROM budgets b
    LEFT JOIN observed o ON o.agent = b.agent
    LEFT JOIN LATERAL @extschema@.llmw_budget_cost(
        b.model, b.max_tokens, plan_usage.input_share) AS planned ON true
    CROSS JOIN LATERAL @extschema@.llmw_budget_advice(
        b.max_tokens, coalesce(o.requests, 0), coalesce(o.cut_requests, 0), o.p95_tokens,
        o.reserved_tokens) AS told
    ORDER BY b.agent;
END
$$;
COMMENT ON FUNCTION @extschema@.plan_usage(text, timestamptz, numeric) IS
    'How much of their budgets do the agents use? One row for each agent of a plan, or without one '
    'of llm_agents, with its requests since a time: tokens a request, those that were cut or '
    'would be by this budget, what one costs against what the whole budget would, and the advice: '
    'wait, keep, tighten, lower max_output_tokens, raise or set.';

CREATE VIEW @extschema@.llm_agent_usage AS
SELECT * FROM @extschema@.plan_usage();

COMMENT ON VIEW @extschema@.llm_agent_usage IS
    'How much of their budgets do the agents use? plan_usage() for llm_agents and the last 30 '
    'days; who reads it needs SELECT on llm_agents and llm_agent_requests as well.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.max_tokens IS 'The budget; NULL: none.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.requests IS 'Rows of llm_agent_requests.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.mean_tokens IS
    'Input and output tokens of a request that took any.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.p95_tokens IS
    '95 of 100 of these requests took at most this.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.reserved_tokens IS
    'The most that one could have taken. A budget below it refuses calls, unless '
    'max_output_tokens is lowered.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.used_percent IS
    'p95_tokens in percent of max_tokens.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.cut_requests IS
    'Requests that were cut, or could have taken more than max_tokens, so that it would have '
    'refused a call.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.observed_input_share IS
    'Input tokens as a share of all: what to give compare_plans() as input_share.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.planned_cost_usd IS
    'What a request costs that uses its whole budget, half of it for input, with this model.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.observed_cost_usd IS
    'What a request that took tokens cost, in the mean, with whichever models answered.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.advice IS
    'wait: fewer than 20 requests. raise: more than 5 % are cut, for sure. tighten: p95_tokens is '
    'below 70 % of max_tokens. lower max_output_tokens: it is, but a lower budget would refuse '
    'calls. set: there is no budget. keep: else.';
COMMENT ON COLUMN @extschema@.llm_agent_usage.suggested_max_tokens IS
    'For tighten and set: p95_tokens are 80 % of it, and no request would have been refused. For '
    'raise: a quarter more, and at least that. Rounded up to a thousand.';
