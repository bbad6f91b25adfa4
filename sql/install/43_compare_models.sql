-- Two models against each other, and any number by price.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_existing_model(name text) RETURNS text
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    model text := @extschema@.resolve_model_name(name);
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'the model must not be NULL';
    ELSIF model IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = format('model "%s" does not exist', name),
            HINT = 'Choose a model of the table llm_models, or add a row to it.';
    END IF;
    RETURN model;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_existing_model(text) IS
    'What resolve_model_name() says; an error for a model that is not known.';

CREATE FUNCTION @extschema@.compare_model_costs(
    input_tokens bigint,
    output_tokens bigint,
    models text[],
    at timestamptz DEFAULT now(),
    OUT model text,
    OUT cost_usd numeric,
    OUT cost_per_1000 numeric,
    OUT change_percent numeric
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1000 ROWS 5
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT priced.model,
           priced.cost_usd,
           trim_scale(1000 * priced.cost_usd),
           round(100 * (priced.cost_usd - priced.first_cost)
                     / nullif(priced.first_cost, 0), 2)
    FROM (
        SELECT found.model, costs.cost_usd, listed.place,
               first_value(costs.cost_usd) OVER (ORDER BY listed.place) AS first_cost
        FROM unnest(compare_model_costs.models) WITH ORDINALITY AS listed (name, place)
        CROSS JOIN LATERAL @extschema@.llmw_existing_model(listed.name) AS found (model)
        CROSS JOIN LATERAL (
            SELECT @extschema@.token_cost(
                       found.model, compare_model_costs.input_tokens,
                       compare_model_costs.output_tokens, at => compare_model_costs.at) AS cost_usd
        ) AS costs
    ) AS priced
    ORDER BY priced.place;
END;
COMMENT ON FUNCTION @extschema@.compare_model_costs(bigint, bigint, text[], timestamptz) IS
    'What would the same tokens cost with each of these models? One row a model, in their order; '
    'change_percent is against the first. NULL and a warning for a model without a price.';

CREATE FUNCTION @extschema@.llmw_measured_model(
    model text,
    since timestamptz,
    OUT answers bigint,
    OUT input_tokens numeric,
    OUT output_tokens numeric,
    OUT cost_usd numeric,
    OUT cost_per_accepted numeric,
    OUT tokens_per_item numeric,
    OUT mean_ms numeric,
    OUT p95_ms numeric,
    OUT validation_success_rate numeric
) RETURNS record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1000000
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH called AS (
        SELECT count(*) FILTER (WHERE t.is_answer) AS answers,
               avg(c.input_tokens) FILTER (WHERE t.is_answer) AS input_tokens,
               avg(c.output_tokens) FILTER (WHERE t.is_answer) AS output_tokens,
               avg(c.cost_usd) FILTER (WHERE t.is_answer) AS cost_usd,
               -- One cost that is not known makes the sum unknown.
               CASE WHEN count(*) = count(c.cost_usd) THEN sum(c.cost_usd) END AS whole_cost_usd,
               avg(c.latency_ms) FILTER (WHERE t.is_answer) AS mean_ms,
               percentile_cont(0.95) WITHIN GROUP (ORDER BY c.latency_ms)
                   FILTER (WHERE t.is_answer) AS p95_ms,
               count(*) FILTER (WHERE c.outcome = 'ok') AS valid_answers,
               count(*) FILTER (WHERE c.outcome IN ('ok', 'validation_failed')) AS checked_answers
        FROM @extschema@.llm_calls c
        CROSS JOIN LATERAL (
            SELECT c.outcome IN ('ok', 'validation_failed', 'truncated', 'refused') AS is_answer
        ) AS t
        WHERE c.started_at >= llmw_measured_model.since
          AND c.model = llmw_measured_model.model
    ), accepted AS (
        SELECT count(*) AS workflows
        FROM @extschema@.workflow_requests r
        WHERE r.submitted_at >= llmw_measured_model.since
          AND r.generator_used = llmw_measured_model.model
          AND r.status = 'succeeded'
          AND r.cached_from IS NULL
    ), latest AS (
        SELECT r.request_id, r.submitted_at, r.finished_at, r.generation_time_ms,
               r.items_generated AS items
        FROM @extschema@.workflow_requests r
        WHERE r.submitted_at >= llmw_measured_model.since
          AND r.generator_used = llmw_measured_model.model
          AND r.status = 'succeeded'
          AND r.cached_from IS NULL
          AND r.items_generated > 0
        ORDER BY r.submitted_at DESC
        LIMIT 5000
    )
    SELECT called.answers,
           called.input_tokens,
           called.output_tokens,
           called.cost_usd,
           called.whole_cost_usd / nullif(accepted.workflows, 0),
           (SELECT sum(spent.output_tokens) / sum(l.items)
            FROM latest l
            CROSS JOIN LATERAL (
                SELECT sum(c.output_tokens) AS output_tokens
                FROM @extschema@.llm_calls c
                WHERE c.request_id = l.request_id
                  AND c.outcome = 'ok'
                  AND c.started_at >= l.submitted_at
                  AND c.started_at <= l.finished_at
                  AND (l.generation_time_ms IS NULL
                       OR c.started_at > l.finished_at
                                         - (l.generation_time_ms + 1) * interval '1 millisecond')
            ) AS spent),
           called.mean_ms,
           called.p95_ms::numeric,
           100.0 * called.valid_answers / nullif(called.checked_answers, 0)
    FROM called
    CROSS JOIN accepted;
END;
COMMENT ON FUNCTION @extschema@.llmw_measured_model(text, timestamptz) IS
    'The figures of a model in compare_models(), from the calls since a time.';

-- The instructions, rules and schema that a call holds besides the description are not stored with
-- it. Where the other model was asked they are in its input, which is then taken in proportion.
CREATE FUNCTION @extschema@.llmw_estimated_model(
    model text,
    other text,
    since timestamptz,
    other_input numeric,
    other_output numeric,
    OUT input_tokens numeric,
    OUT output_tokens numeric,
    OUT note text
) RETURNS record
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000000
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH prompts AS MATERIALIZED (
        SELECT r.prompt, r.format, r.format_version
        FROM @extschema@.workflow_requests r
        WHERE r.submitted_at >= llmw_estimated_model.since
          AND r.prompt IS NOT NULL
        ORDER BY r.submitted_at DESC
        LIMIT 100
    ), formats AS MATERIALIZED (
        SELECT f.name, f.version,
               @extschema@.count_tokens(f.system_prompt, llmw_estimated_model.model) AS tokens,
               @extschema@.count_tokens(f.system_prompt, llmw_estimated_model.other)
                   AS other_tokens
        FROM @extschema@.workflow_formats f
        WHERE EXISTS (SELECT FROM prompts p
                      WHERE p.format = f.name AND p.format_version = f.version)
    ), counted AS (
        SELECT count(*) AS prompts,
               avg(f.tokens + @extschema@.count_tokens(p.prompt, llmw_estimated_model.model))
                   AS tokens,
               avg(f.other_tokens + @extschema@.count_tokens(p.prompt, llmw_estimated_model.other))
                   AS other_tokens
        FROM prompts p
        JOIN formats f ON f.name = p.format AND f.version = p.format_version
    ), known AS (
        SELECT nullif(llmw_estimated_model.other_input, 0) AS input,
               nullif(llmw_estimated_model.other_output, 0) AS output
    )
    SELECT coalesce(k.input * coalesce(c.tokens / nullif(c.other_tokens, 0), 1), c.tokens),
           k.output,
           format('%s: %s, %s',
                  llmw_estimated_model.model,
                  CASE
                      WHEN k.input IS NULL AND c.prompts = 0 THEN 'input unknown'
                      WHEN k.input IS NULL
                          THEN format('input is system prompt and description as it counts them, '
                                      'in %s requests', c.prompts)
                      WHEN c.prompts = 0
                          THEN format('input as %s had', llmw_estimated_model.other)
                      ELSE format('input as %s had, times %s as it counts the prompts of %s '
                                  'requests', llmw_estimated_model.other,
                                  round(c.tokens / nullif(c.other_tokens, 0), 4), c.prompts)
                  END,
                  CASE
                      WHEN k.output IS NULL THEN 'output unknown'
                      ELSE format('output as %s wrote', llmw_estimated_model.other)
                  END)
    FROM counted c
    CROSS JOIN known k;
END;
COMMENT ON FUNCTION @extschema@.llmw_estimated_model(text, text, timestamptz, numeric, numeric) IS
    'The tokens that a model without calls would have taken, in compare_models(): from the latest '
    '100 stored prompts and from what the other model took.';

CREATE FUNCTION @extschema@.compare_models(
    model_a text,
    model_b text,
    since timestamptz DEFAULT now() - interval '30 days'
) RETURNS TABLE (
    metric text,
    model_a numeric,
    model_b numeric,
    difference numeric,
    change_percent numeric,
    source text,
    note text
)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000000 ROWS 12
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH named AS MATERIALIZED (
        SELECT @extschema@.llmw_existing_model(compare_models.model_a) AS a,
               @extschema@.llmw_existing_model(compare_models.model_b) AS b
    ), sides AS MATERIALIZED (
        SELECT side.place, side.model, side.other, measured.*
        FROM named n
        CROSS JOIN LATERAL (VALUES (1, n.a, n.b), (2, n.b, n.a)) AS side (place, model, other)
        CROSS JOIN LATERAL @extschema@.llmw_measured_model(side.model, compare_models.since)
            AS measured
    ), completed AS MATERIALIZED (
        SELECT s.place,
               s.answers,
               s.answers = 0 AS is_estimated,
               coalesce(s.input_tokens, estimated.input_tokens) AS input_tokens,
               coalesce(s.output_tokens, estimated.output_tokens) AS output_tokens,
               CASE s.answers
                   WHEN 0 THEN @extschema@.token_cost(
                                   s.model, round(estimated.input_tokens)::bigint,
                                   round(estimated.output_tokens)::bigint)
                   ELSE s.cost_usd
               END AS cost_usd,
               s.cost_per_accepted, s.tokens_per_item, s.mean_ms, s.p95_ms,
               s.validation_success_rate,
               estimated.note
        FROM sides s
        JOIN sides o ON o.place <> s.place
        LEFT JOIN LATERAL @extschema@.llmw_estimated_model(
                              s.model, s.other, compare_models.since, o.input_tokens,
                              o.output_tokens) AS estimated
               ON s.answers = 0
    ), figures AS (
        SELECT f.*,
               (a.is_estimated OR b.is_estimated) AND f.can_be_estimated
                   AND coalesce(f.a, f.b) IS NOT NULL AS is_estimated,
               concat_ws('; ', a.note, b.note) AS note
        FROM completed a
        JOIN completed b ON a.place = 1 AND b.place = 2
        CROSS JOIN LATERAL (VALUES
            (1, 'answered calls', a.answers::numeric, b.answers::numeric, 0, false),
            (2, 'input tokens', a.input_tokens, b.input_tokens, 2, true),
            (3, 'output tokens', a.output_tokens, b.output_tokens, 2, true),
            (4, 'total tokens', a.input_tokens + a.output_tokens,
             b.input_tokens + b.output_tokens, 2, true),
            (5, 'cost per request', a.cost_usd, b.cost_usd, 12, true),
            (6, 'cost per 1,000 requests', 1000 * a.cost_usd, 1000 * b.cost_usd, 12, true),
            (7, 'cost per accepted workflow', a.cost_per_accepted, b.cost_per_accepted, 12, false),
            (8, 'output tokens per step or stage', a.tokens_per_item, b.tokens_per_item, 2, false),
            (9, 'mean latency, ms', a.mean_ms, b.mean_ms, 1, false),
            (10, 'p95 latency, ms', a.p95_ms, b.p95_ms, 1, false),
            (11, 'validation success, %', a.validation_success_rate, b.validation_success_rate, 2,
             false)
        ) AS f (place, metric, a, b, digits, can_be_estimated)
    )
    SELECT f.metric,
           trim_scale(round(f.a, f.digits)),
           trim_scale(round(f.b, f.digits)),
           trim_scale(round(f.b, f.digits) - round(f.a, f.digits)),
           round(100 * (f.b - f.a) / nullif(f.a, 0), 2),
           CASE
               WHEN f.is_estimated THEN 'estimate'
               WHEN coalesce(f.a, f.b) IS NOT NULL THEN 'ledger'
           END,
           CASE WHEN f.is_estimated THEN f.note END
    FROM figures f
    ORDER BY f.place;
END;
COMMENT ON FUNCTION @extschema@.compare_models(text, text, timestamptz) IS
    'How do two models compare? One row a figure: those of model a and of model b, b less a, and '
    'that in percent of a. From the ledger since a time: tokens, cost and latency are means of an '
    'answered call; the cost of an accepted workflow holds all calls to the model; tokens per step '
    'or stage are those of the latest 5,000 workflows. Of a model without answers tokens and cost '
    'are estimated, from the latest 100 stored prompts and the other model''s calls: source and '
    'note say so. NULL: not known.';
