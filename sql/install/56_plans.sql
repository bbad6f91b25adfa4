-- Plans compared, applied and reverted.
--
-- Plans are put into effect and reverted one at a time: both lock llm_agents, so that until they
-- commit others read it and nobody writes it. What they record as former is what they replaced, and
-- what they compare with stays as it is.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_existing_plan(plan text) RETURNS text
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF plan IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'the plan must not be NULL';
    ELSIF NOT EXISTS (SELECT FROM @extschema@.llm_plans p WHERE p.plan = $1) THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = format('plan "%s" does not exist', plan),
            HINT = 'Choose a plan of the table llm_plans, or add a row to it.';
    END IF;
    RETURN plan;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_existing_plan(text) IS
    'The plan; an error for one that is not known.';

CREATE FUNCTION @extschema@.llmw_check_input_share(input_share numeric) RETURNS void
    LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF input_share IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'input_share must not be NULL';
    ELSIF input_share NOT BETWEEN 0 AND 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('input_share must be between 0 and 1: %s', input_share);
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_check_input_share(numeric) IS
    'An error unless it is a share, from 0 to 1.';

-- The price of output may depend on how much input there is, so it is what the output adds.
CREATE FUNCTION @extschema@.llmw_budget_cost(
    model text,
    max_tokens bigint,
    input_share numeric,
    OUT input_tokens bigint,
    OUT output_tokens bigint,
    OUT input_cost numeric,
    OUT output_cost numeric
) RETURNS record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 100
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT split.input, split.output, cost.input, cost.whole - cost.input
    FROM (SELECT round(max_tokens * input_share)::bigint AS input,
                 max_tokens - round(max_tokens * input_share)::bigint AS output) AS split
    CROSS JOIN LATERAL (
        SELECT @extschema@.token_cost(model, split.input, 0) AS input,
               @extschema@.token_cost(model, split.input, split.output) AS whole
    ) AS cost;
END;
COMMENT ON FUNCTION @extschema@.llmw_budget_cost(text, bigint, numeric) IS
    'What a budget of tokens costs when all of it is used, a share of it for input, at the prices '
    'of now. NULL and a warning when no price is known.';

CREATE FUNCTION @extschema@.compare_plans(
    before text,
    after text,
    input_share numeric DEFAULT 0.5,
    runs_per_year int DEFAULT 50
) RETURNS TABLE (
    section text,
    item text,
    direction text,
    model_before text,
    model_after text,
    agents_before bigint,
    agents_after bigint,
    tokens_before numeric,
    tokens_after numeric,
    tokens_saved numeric,
    tokens_saved_percent numeric,
    cost_before numeric,
    cost_after numeric,
    cost_saved numeric,
    cost_saved_percent numeric
)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 10000 ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM @extschema@.llmw_existing_plan(before), @extschema@.llmw_existing_plan(after),
            @extschema@.llmw_check_input_share(input_share);
    IF runs_per_year IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'runs_per_year must not be NULL';
    ELSIF runs_per_year < 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('runs_per_year must not be negative: %s', runs_per_year);
    END IF;

    RETURN QUERY
    WITH planned AS MATERIALIZED (
        SELECT side.is_after, a.agent, a.model, parts.direction, parts.tokens, parts.cost
        FROM (VALUES (false, before), (true, after)) AS side (is_after, plan)
        JOIN @extschema@.llm_plan_agents a ON a.plan = side.plan
        CROSS JOIN LATERAL @extschema@.llmw_budget_cost(a.model, a.max_tokens, input_share)
            AS budget
        CROSS JOIN LATERAL (VALUES ('input', budget.input_tokens, budget.input_cost),
                                   ('output', budget.output_tokens, budget.output_cost))
            AS parts (direction, tokens, cost)
    ), placed AS (
        SELECT p.*, g.section, g.place, g.item, g.of_direction, g.times
        FROM planned p
        CROSS JOIN LATERAL (VALUES
            ('agent', 1, p.agent, NULL, 1),
            ('model', 2, p.model, p.direction, 1),
            ('model', 2, p.model, NULL, 1),
            ('run', 3, NULL, p.direction, 1),
            ('run', 3, NULL, NULL, 1),
            ('year', 4, NULL, NULL, runs_per_year))
            AS g (section, place, item, of_direction, times)
        -- A plan without agents has a run and a year too.
        UNION ALL
        SELECT side.is_after, NULL, NULL, NULL, 0, 0, g.section, g.place, NULL, NULL, 1
        FROM (VALUES (false), (true)) AS side (is_after)
        CROSS JOIN (VALUES ('run', 3), ('year', 4)) AS g (section, place)
    ), summed AS (
        SELECT p.section, p.place, p.item, p.of_direction,
               min(p.model) FILTER (WHERE NOT p.is_after AND p.section = 'agent') AS model_before,
               min(p.model) FILTER (WHERE p.is_after AND p.section = 'agent') AS model_after,
               count(DISTINCT p.agent) FILTER (WHERE NOT p.is_after) AS agents_before,
               count(DISTINCT p.agent) FILTER (WHERE p.is_after) AS agents_after,
               coalesce(sum(p.times * p.tokens) FILTER (WHERE NOT p.is_after), 0) AS tokens_before,
               coalesce(sum(p.times * p.tokens) FILTER (WHERE p.is_after), 0) AS tokens_after,
               -- One cost that is not known makes the sum unknown.
               CASE WHEN count(*) FILTER (WHERE NOT p.is_after AND p.cost IS NULL) = 0
                   THEN coalesce(sum(p.times * p.cost) FILTER (WHERE NOT p.is_after), 0) END
                   AS cost_before,
               CASE WHEN count(*) FILTER (WHERE p.is_after AND p.cost IS NULL) = 0
                   THEN coalesce(sum(p.times * p.cost) FILTER (WHERE p.is_after), 0) END
                   AS cost_after
        FROM placed p
        GROUP BY p.section, p.place, p.item, p.of_direction
    )
    SELECT s.section, s.item, s.of_direction, s.model_before, s.model_after,
           s.agents_before, s.agents_after,
           s.tokens_before, s.tokens_after, s.tokens_before - s.tokens_after,
           round(100 * (s.tokens_before - s.tokens_after) / nullif(s.tokens_before, 0), 2),
           trim_scale(s.cost_before), trim_scale(s.cost_after),
           trim_scale(s.cost_before - s.cost_after),
           round(100 * (s.cost_before - s.cost_after) / nullif(s.cost_before, 0), 2)
    FROM summed s
    ORDER BY s.place,
             CASE s.section WHEN 'agent' THEN greatest(s.tokens_before, s.tokens_after) END DESC,
             s.item, s.of_direction NULLS LAST;
END
$$;
COMMENT ON FUNCTION @extschema@.compare_plans(text, text, numeric, int) IS
    'What would one plan save against another, if all budgets were used? Sections: agent (a row '
    'each), model (a row for input, one for output and one for both), run (the same for all '
    'agents, each with one request), year (runs_per_year runs). USD at the prices of now, with '
    'input_share of each budget for input; NULL and a warning for a model without a price.';

CREATE FUNCTION @extschema@.llmw_write_plan_event(
    action text,
    details jsonb,
    severity text DEFAULT 'info'
) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM @extschema@.llmw_need_event_partition();
    PERFORM @extschema@.llmw_write_event(action, details, severity);
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_write_plan_event(text, jsonb, text) IS
    'Writes an event that belongs to no request, and makes the partition for it when there is '
    'none.';
REVOKE ALL ON FUNCTION @extschema@.llmw_write_plan_event(text, jsonb, text) FROM PUBLIC;

-- With the rights of the owner: a role to which EXECUTE is granted need not be allowed to write the
-- tables.
CREATE FUNCTION @extschema@.apply_plan(plan text) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    disabled text;
    changed_agents jsonb;
    number int;
BEGIN
    LOCK TABLE @extschema@.llm_agents IN SHARE ROW EXCLUSIVE MODE;
    PERFORM @extschema@.llmw_existing_plan(plan);
    IF NOT EXISTS (SELECT FROM @extschema@.llm_plan_agents p WHERE p.plan = $1) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('plan "%s" has no agents', plan),
            HINT = 'Add its agents to llm_plan_agents.';
    END IF;
    SELECT min(m.name) INTO disabled
    FROM @extschema@.llm_plan_agents p
    JOIN @extschema@.llm_models m ON m.name = p.model
    WHERE p.plan = $1 AND NOT m.enabled;
    IF disabled IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('model "%s" of plan "%s" is disabled', disabled, plan),
            HINT = 'Set enabled in its row of llm_models, or name another model in the plan.';
    END IF;

    WITH planned AS MATERIALIZED (
        SELECT p.agent, p.model, p.max_tokens,
               CASE WHEN a.agent IS NOT NULL
                   THEN jsonb_build_object('model', a.model, 'max_tokens', a.max_tokens) END
                   AS former
        FROM @extschema@.llm_plan_agents p
        LEFT JOIN @extschema@.llm_agents a ON a.agent = p.agent
        WHERE p.plan = $1
          AND (a.agent IS NULL OR (a.model, a.max_tokens) IS DISTINCT FROM (p.model, p.max_tokens))
    ), changed AS (
        UPDATE @extschema@.llm_agents a
        SET model = p.model, max_tokens = p.max_tokens
        FROM planned p
        WHERE a.agent = p.agent AND p.former IS NOT NULL
        RETURNING a.agent, p.former,
                  jsonb_build_object('model', a.model, 'max_tokens', a.max_tokens) AS present
    ), added AS (
        INSERT INTO @extschema@.llm_agents AS a (agent, model, max_tokens)
        SELECT p.agent, p.model, p.max_tokens FROM planned p WHERE p.former IS NULL
        RETURNING a.agent, NULL::jsonb, to_jsonb(a)
    )
    SELECT jsonb_agg(jsonb_build_object('agent', c.agent, 'before', c.former, 'after', c.present)
                     ORDER BY c.agent)
    INTO changed_agents
    FROM (TABLE changed UNION ALL TABLE added) AS c;
    IF changed_agents IS NULL THEN
        RETURN 0;
    END IF;

    INSERT INTO @extschema@.llm_applied_plans (application, plan, applied_at, applied_by, changes)
    SELECT coalesce(max(l.application), 0) + 1, $1, now(), session_user, changed_agents
    FROM @extschema@.llm_applied_plans l
    RETURNING application INTO number;
    PERFORM @extschema@.llmw_write_plan_event('PLAN_APPLIED', jsonb_build_object(
        'plan', plan, 'application', number, 'agents_changed', jsonb_array_length(changed_agents),
        'changes', changed_agents));
    RETURN jsonb_array_length(changed_agents);
END
$$;
COMMENT ON FUNCTION @extschema@.apply_plan(text) IS
    'Gives the agents of a plan its models and budgets, and adds those that llm_agents lacks; '
    'returns how many changed. 0: the plan was in effect already, and nothing is recorded. Writes '
    'the event PLAN_APPLIED. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.apply_plan(text) FROM PUBLIC;

CREATE FUNCTION @extschema@.revert_plan(force boolean DEFAULT false) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    applied @extschema@.llm_applied_plans;
    changed_since text;
    reverted int;
BEGIN
    LOCK TABLE @extschema@.llm_agents IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO applied
    FROM @extschema@.llm_applied_plans l
    WHERE l.reverted_at IS NULL
    ORDER BY l.application DESC
    LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'there is no plan to revert',
            DETAIL = 'None was applied, or all that were have been reverted.';
    END IF;
    SELECT string_agg(format('"%s"', c.change ->> 'agent'), ', ' ORDER BY c.change ->> 'agent')
    INTO changed_since
    FROM jsonb_array_elements(applied.changes) AS c (change)
    LEFT JOIN @extschema@.llm_agents a ON a.agent = c.change ->> 'agent'
    WHERE a.agent IS NULL OR NOT to_jsonb(a) @> (c.change -> 'after');
    IF changed_since IS NOT NULL AND force IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('agents were changed since plan "%s" was applied', applied.plan),
            DETAIL = format('Changed since: %s.', changed_since),
            HINT = 'To give up these changes: revert_plan(force => true).';
    END IF;

    WITH restored AS (
        UPDATE @extschema@.llm_agents a
        SET model = c.change #>> '{before,model}',
            max_tokens = (c.change #>> '{before,max_tokens}')::bigint
        FROM jsonb_array_elements(applied.changes) AS c (change)
        WHERE a.agent = c.change ->> 'agent' AND c.change -> 'before' <> 'null'
        RETURNING a.agent
    ), removed AS (
        DELETE FROM @extschema@.llm_agents a
        USING jsonb_array_elements(applied.changes) AS c (change)
        WHERE a.agent = c.change ->> 'agent' AND c.change -> 'before' = 'null'
        RETURNING a.agent
    )
    SELECT count(*) INTO reverted FROM (TABLE restored UNION ALL TABLE removed) AS r;
    UPDATE @extschema@.llm_applied_plans l
    SET reverted_at = now(), reverted_by = session_user
    WHERE l.application = applied.application;
    PERFORM @extschema@.llmw_write_plan_event('PLAN_REVERTED', jsonb_build_object(
        'plan', applied.plan, 'application', applied.application, 'agents_changed', reverted,
        'applied_at', applied.applied_at, 'applied_by', applied.applied_by,
        'changes', applied.changes, 'changed_since', changed_since));
    RETURN reverted;
END
$$;
COMMENT ON FUNCTION @extschema@.revert_plan(boolean) IS
    'Gives the agents back what the last plan that was applied and not reverted took from them, '
    'and removes those that it added; returns how many changed. An error when one was changed '
    'since, unless force: then that change is lost, but for agents that were deleted. Writes the '
    'event PLAN_REVERTED. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.revert_plan(boolean) FROM PUBLIC;
