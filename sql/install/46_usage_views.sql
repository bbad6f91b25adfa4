-- Whether tokens were counted and limited well: estimates against bills, limits against answers.

SET LOCAL search_path TO pg_catalog, pg_temp;

-- The worker reads it each minute, so the rows are bounded and found by the index on started_at.
CREATE VIEW @extschema@.token_estimate_accuracy AS
WITH recent AS MATERIALIZED (
    SELECT c.model,
           c.estimated_input_tokens::float8 AS estimated,
           c.input_tokens::float8 AS counted
    FROM @extschema@.llm_calls c
    WHERE c.started_at > now() - interval '30 days'
      AND c.cost_source = 'reported'
      AND c.input_tokens > 0
      AND c.estimated_input_tokens > 0
    ORDER BY c.started_at DESC
    LIMIT 5000
), factors AS (
    SELECT r.model, sum(r.counted) / sum(r.estimated) AS factor
    FROM recent r
    GROUP BY r.model
    HAVING count(*) >= 20
), errors AS (
    SELECT r.model, f.factor,
           abs(r.estimated - r.counted) / r.counted AS error,
           abs(r.estimated * f.factor - r.counted) / r.counted AS learned_error
    FROM recent r
    LEFT JOIN factors f ON f.model = r.model
)
SELECT e.model,
       (SELECT m.tokenizer FROM @extschema@.llm_models m WHERE m.name = e.model) AS tokenizer,
       count(*) AS calls,
       round(100 * avg(e.error)::numeric, 2) AS mean_error,
       round(100 * (percentile_cont(0.95) WITHIN GROUP (ORDER BY e.error))::numeric, 2)
           AS p95_error,
       round(e.factor::numeric, 4) AS learned_factor,
       round(100 * avg(e.learned_error)::numeric, 2) AS learned_mean_error,
       round(100 * (percentile_cont(0.95) WITHIN GROUP (ORDER BY e.learned_error))::numeric, 2)
           AS learned_p95_error
FROM errors e
GROUP BY e.model, e.factor;

COMMENT ON VIEW @extschema@.token_estimate_accuracy IS
    'How far is our count of the input from the provider''s? By model, of the latest 5,000 calls '
    'of 30 days whose tokens the provider reported. The provider''s count holds the JSON Schema, '
    'where it is sent, and ours does not.';
COMMENT ON COLUMN @extschema@.token_estimate_accuracy.mean_error IS
    'Mean distance of our count from the provider''s, in percent of the latter.';
COMMENT ON COLUMN @extschema@.token_estimate_accuracy.p95_error IS
    'The distance that 95 % of the calls do not exceed, in percent.';
COMMENT ON COLUMN @extschema@.token_estimate_accuracy.learned_factor IS
    'Tokens of the provider for one of ours; NULL before 20 calls. Estimates are multiplied by it, '
    'counts by a public encoding are not.';
COMMENT ON COLUMN @extschema@.token_estimate_accuracy.learned_mean_error IS
    'The mean distance that is left after multiplying by learned_factor.';

CREATE FUNCTION @extschema@.learned_token_factor(model text) RETURNS numeric
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER COST 10000
    SET search_path = pg_catalog, pg_temp
RETURN (SELECT a.learned_factor
        FROM @extschema@.token_estimate_accuracy a
        WHERE a.model = learned_token_factor.model);
COMMENT ON FUNCTION @extschema@.learned_token_factor(text) IS
    'The learned_factor of a model in token_estimate_accuracy; NULL when too few calls are known. '
    'Anyone may ask: it says nothing else about the ledger.';

CREATE VIEW @extschema@.workflow_truncations AS
WITH windows AS MATERIALIZED (
    SELECT m.name AS model,
           least(m.context_window, m.deployment_limit,
                 (SELECT o.option_value::bigint
                  FROM pg_foreign_server s
                  CROSS JOIN LATERAL pg_options_to_table(s.srvoptions) o
                  WHERE s.srvname = m.server AND o.option_name = 'max_model_len')) AS tokens
    FROM @extschema@.llm_models m
)
SELECT days.day,
       summed.model,
       summed.answers,
       summed.truncated,
       round(100.0 * summed.truncated / summed.answers, 2) AS truncation_rate,
       summed.truncated - summed.window_full AS limit_too_low,
       summed.window_full,
       CASE
           WHEN summed.truncated * 20 <= summed.answers THEN NULL
           WHEN summed.window_full * 2 > summed.truncated
               THEN 'the context window is often full: shorten the prompt, or use a model with a '
                    'larger window'
           ELSE 'the limit often cuts answers: raise max_output_tokens, or ask for compact answers'
       END AS advice
FROM (SELECT min(started_at) AS first, max(started_at) AS last
      FROM @extschema@.llm_calls) AS span
CROSS JOIN LATERAL @extschema@.llmw_days(span.first, span.last) AS days (day)
CROSS JOIN LATERAL (
    SELECT c.model,
           count(*) AS answers,
           count(*) FILTER (WHERE c.outcome = 'truncated') AS truncated,
           count(*) FILTER (
               WHERE c.outcome = 'truncated'
                 AND (c.finish_reason = 'model_context_window_exceeded'
                      OR c.cost_source = 'reported'
                         AND c.output_tokens < 0.95 * c.max_output_tokens
                      OR greatest(c.input_tokens, c.estimated_input_tokens) + c.max_output_tokens
                         >= 0.95 * w.tokens)
           ) AS window_full
    FROM @extschema@.llm_calls c
    LEFT JOIN windows w ON w.model = c.model
    WHERE c.started_at >= days.day::timestamp AT TIME ZONE 'UTC'
      AND c.started_at < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
      AND c.outcome IN ('ok', 'validation_failed', 'truncated')
      AND c.max_output_tokens IS NOT NULL
    GROUP BY c.model
) AS summed;

COMMENT ON VIEW @extschema@.workflow_truncations IS
    'How often were answers cut, and why? By day and model, of the calls that were answered.';
COMMENT ON COLUMN @extschema@.workflow_truncations.day IS 'Day in UTC on which the calls started.';
COMMENT ON COLUMN @extschema@.workflow_truncations.truncation_rate IS 'In percent of answers.';
COMMENT ON COLUMN @extschema@.workflow_truncations.limit_too_low IS
    'Cut answers that had all the tokens which were asked for: max_output_tokens was too low.';
COMMENT ON COLUMN @extschema@.workflow_truncations.window_full IS
    'Cut answers for which the context window, as it is set up now, was the limit: the provider '
    'says so, or stopped before max_output_tokens, or input and max_output_tokens made 95 % of it.';
COMMENT ON COLUMN @extschema@.workflow_truncations.advice IS
    'What to do when more than 5 % are cut; NULL when not.';

CREATE VIEW @extschema@.workflow_output_usage AS
SELECT summed.format,
       summed.agent,
       summed.answers,
       summed.mean_max_output_tokens,
       summed.mean_used,
       summed.p95_used,
       summed.truncated,
       round(100.0 * summed.truncated / summed.answers, 2) AS truncation_rate,
       CASE advised.advice
           WHEN 'raise' THEN 2 * summed.mean_max_output_tokens
           WHEN 'tighten' THEN 100 * ceil(summed.p95_output_tokens * 1.25 / 100)::bigint
       END AS suggested_max_output_tokens,
       CASE advised.advice
           WHEN 'wait' THEN 'too few answers to tell: 20 are needed'
           WHEN 'raise' THEN 'often cut: raise max_output_tokens'
           WHEN 'tighten' THEN 'below 70 % used: tighten max_output_tokens'
           WHEN 'keep' THEN 'keep max_output_tokens'
       END AS advice
FROM (
    SELECT r.format,
           r.agent,
           count(*) AS answers,
           round(avg(c.max_output_tokens))::bigint AS mean_max_output_tokens,
           round(100 * avg(c.output_tokens::numeric / c.max_output_tokens), 2) AS mean_used,
           round(100 * (percentile_cont(0.95) WITHIN GROUP (
                            ORDER BY c.output_tokens::float8 / c.max_output_tokens))::numeric, 2)
               AS p95_used,
           percentile_disc(0.95) WITHIN GROUP (ORDER BY c.output_tokens) AS p95_output_tokens,
           count(*) FILTER (WHERE c.outcome = 'truncated') AS truncated
    FROM @extschema@.llm_calls c
    JOIN @extschema@.workflow_requests r
      ON r.request_id = c.request_id
     AND r.submitted_at <= c.started_at
     AND r.submitted_at > now() - interval '60 days'
    WHERE c.started_at > now() - interval '30 days'
      AND c.outcome IN ('ok', 'validation_failed', 'truncated')
      AND c.cost_source = 'reported'
      AND c.max_output_tokens IS NOT NULL
    GROUP BY r.format, r.agent
) AS summed
CROSS JOIN LATERAL (
    SELECT CASE
               WHEN summed.answers < 20 THEN 'wait'
               WHEN summed.truncated * 20 > summed.answers THEN 'raise'
               WHEN summed.p95_used < 70.0 THEN 'tighten'
               ELSE 'keep'
           END AS advice
) AS advised;

COMMENT ON VIEW @extschema@.workflow_output_usage IS
    'How much of max_output_tokens do answers use? By format and agent, of the answers of 30 days '
    'whose tokens the provider reported.';
COMMENT ON COLUMN @extschema@.workflow_output_usage.mean_used IS
    'Mean of output_tokens in percent of max_output_tokens of the call.';
COMMENT ON COLUMN @extschema@.workflow_output_usage.p95_used IS
    'The share that 95 % of the answers do not exceed, in percent.';
COMMENT ON COLUMN @extschema@.workflow_output_usage.suggested_max_output_tokens IS
    'To tighten: the tokens of 95 % of the answers and a quarter more. To raise: twice what was '
    'asked for. Else NULL.';
COMMENT ON COLUMN @extschema@.workflow_output_usage.advice IS
    'More than 5 % cut: raise. Below 70 % used by 95 % of the answers: tighten. Else keep.';

-- The prompt of a request counts once for each model that was asked, its calls share the count.
CREATE FUNCTION @extschema@.prompt_token_breakdown(
    since timestamptz DEFAULT now() - interval '30 days',
    OUT format text,
    OUT model text,
    OUT calls bigint,
    OUT input_tokens bigint,
    OUT system_prompt_tokens bigint,
    OUT services_tokens bigint,
    OUT user_text_tokens bigint,
    OUT other_tokens bigint,
    OUT system_prompt_share numeric,
    OUT system_prompt_cost_usd numeric,
    OUT saved_usd_per_100_tokens numeric
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1000000 ROWS 20
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH asked AS (
        SELECT r.request_id, r.format, r.format_version, c.model, r.prompt, r.services,
               count(*) AS calls,
               sum(c.input_tokens) AS input_tokens
        FROM @extschema@.llm_calls c
        JOIN @extschema@.llm_models m ON m.name = c.model
        JOIN @extschema@.workflow_requests r
          ON r.request_id = c.request_id
         AND r.submitted_at <= c.started_at
         AND r.submitted_at > prompt_token_breakdown.since - interval '30 days'
        WHERE c.started_at >= prompt_token_breakdown.since
          AND c.cost_source = 'reported'
          AND c.max_output_tokens IS NOT NULL
        GROUP BY r.request_id, r.submitted_at, r.format, r.format_version, c.model, r.prompt,
                 r.services
    ), system_prompts AS MATERIALIZED (
        SELECT used.format, used.format_version, used.model,
               (@extschema@.count_tokens_detail(f.system_prompt, used.model)).tokens AS tokens
        FROM (SELECT DISTINCT a.format, a.format_version, a.model FROM asked a) AS used
        JOIN @extschema@.workflow_formats f
          ON f.name = used.format AND f.version = used.format_version
    ), summed AS (
        SELECT a.format, a.model,
               sum(a.calls)::bigint AS calls,
               sum(a.input_tokens)::bigint AS input_tokens,
               sum(a.calls * s.tokens) AS system_tokens,
               sum(a.calls * coalesce(listed.tokens, 0)) AS services_tokens,
               sum(a.calls * written.tokens) AS user_tokens,
               count(a.prompt) < count(*) AS prompts_missing
        FROM asked a
        JOIN system_prompts s
          ON s.format = a.format AND s.format_version = a.format_version AND s.model = a.model
        LEFT JOIN LATERAL @extschema@.count_tokens_detail(
            'Services: "' || nullif(array_to_string(a.services, '", "'), '') || '"',
            a.model) AS listed
          ON true
        LEFT JOIN LATERAL @extschema@.count_tokens_detail(a.prompt, a.model) AS written ON true
        GROUP BY a.format, a.model
    )
    SELECT s.format, s.model, s.calls, s.input_tokens,
           round(s.system_tokens / s.calls)::bigint,
           round(s.services_tokens / s.calls)::bigint,
           CASE WHEN NOT s.prompts_missing THEN round(s.user_tokens / s.calls)::bigint END,
           CASE WHEN NOT s.prompts_missing
               THEN round((s.input_tokens - s.system_tokens - s.services_tokens - s.user_tokens)
                          / s.calls)::bigint
           END,
           round(100.0 * s.system_tokens / nullif(s.input_tokens, 0), 2),
           trim_scale(@extschema@.token_cost(s.model, s.system_tokens::bigint, 0::bigint)),
           trim_scale(@extschema@.token_cost(s.model, 100 * s.calls, 0::bigint))
    FROM summed s
    ORDER BY s.input_tokens DESC, s.format, s.model;
END;
COMMENT ON FUNCTION @extschema@.prompt_token_breakdown(timestamptz) IS
    'What do prompts consist of, and what would a shorter system prompt save? By format and model, '
    'of the calls since then whose tokens the provider reported. system_prompt_tokens to '
    'other_tokens are means of a call: the format''s system prompt, the services, the description '
    '(NULL when a prompt was not stored), and the rest: instructions on the answer, rules, JSON '
    'Schema, earlier answers. system_prompt_share is in percent. What the system prompts cost, and '
    'what 100 tokens less in each call would have cost less, is at the present price of input that '
    'is not cached.';
