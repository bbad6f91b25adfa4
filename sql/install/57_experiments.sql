-- Experiments begun, ended and acted upon.
--
-- With the rights of the owner: a role to which EXECUTE is granted need not be allowed to write the
-- tables or to read the ledger.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_check_experiment_arguments(
    experiment text,
    category text,
    agent text,
    share numeric,
    metric text,
    minimum_sample int,
    assignment_key text,
    points_per_doubling numeric
) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problem text[] := CASE
        WHEN experiment IS NULL OR experiment = '' OR experiment ~ '[[:cntrl:]]' THEN
            ARRAY['an experiment needs a name without control characters',
                  'Requests bear it in the ledger.']
        WHEN category IS NULL AND agent IS NULL THEN
            ARRAY['an experiment needs a category or an agent',
                  'Adopting its candidate changes the route of the one or the model of the other.']
        WHEN category = '' OR agent = '' THEN
            ARRAY['category and agent must not be empty', 'Use NULL for any.']
        WHEN (share > 0 AND share < 1) IS NOT TRUE THEN
            ARRAY['share must be more than 0 and less than 1', 'It is the part of the candidate.']
        WHEN (metric IN ('validation_success', 'outcome_success', 'fallback', 'retry'))
             IS NOT TRUE THEN
            ARRAY[format('unknown metric "%s"', metric),
                  'Valid metrics are validation_success, outcome_success, fallback and retry.']
        WHEN (minimum_sample > 0) IS NOT TRUE THEN
            ARRAY['minimum_sample must be at least 1',
                  'It is a number of requests of each arm.']
        WHEN (assignment_key IN ('request', 'prompt', 'role') OR assignment_key LIKE 'tag:_%')
             IS NOT TRUE THEN
            ARRAY[format('unknown assignment key "%s"', assignment_key),
                  'Valid assignment keys are request, prompt, role, and tag:KEY.']
        WHEN (points_per_doubling >= 0 AND points_per_doubling <> 'NaN') IS NOT TRUE THEN
            ARRAY['points_per_doubling must not be negative',
                  'It is a number of percentage points.']
    END;
BEGIN
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = problem[1], HINT = problem[2];
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_check_experiment_arguments(
    text, text, text, numeric, text, int, text, numeric) IS
    'An error in words for what the constraints of llm_experiments would refuse.';
REVOKE ALL ON FUNCTION @extschema@.llmw_check_experiment_arguments(
    text, text, text, numeric, text, int, text, numeric) FROM PUBLIC;

CREATE FUNCTION @extschema@.create_experiment(
    experiment text,
    category text,
    agent text,
    control_model text,
    candidate_model text,
    share numeric DEFAULT 0.5,
    metric text DEFAULT 'validation_success',
    minimum_sample int DEFAULT 100,
    assignment_key text DEFAULT 'request',
    points_per_doubling numeric DEFAULT 10
) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    control text := @extschema@.llmw_existing_model(control_model);
    candidate text := @extschema@.llmw_existing_model(candidate_model);
    hindrance text;
BEGIN
    PERFORM @extschema@.llmw_check_experiment_arguments(
        experiment, category, agent, share, metric, minimum_sample, assignment_key,
        points_per_doubling);
    IF control = candidate THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'control and candidate are the same model',
            HINT = 'Choose another candidate_model.';
    END IF;
    LOCK TABLE @extschema@.llm_experiments IN SHARE ROW EXCLUSIVE MODE;
    SELECT min(m.name) INTO hindrance
    FROM @extschema@.llm_models m
    WHERE m.name IN (control, candidate) AND NOT m.enabled;
    IF hindrance IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('model "%s" is disabled', hindrance),
            HINT = 'Set enabled in its row of llm_models, or choose another model.';
    END IF;
    IF EXISTS (SELECT FROM @extschema@.llm_experiments e WHERE e.experiment = $1) THEN
        RAISE EXCEPTION USING ERRCODE = 'duplicate_object',
            MESSAGE = format('experiment "%s" already exists', experiment),
            DETAIL = 'Requests in the ledger bear its name.';
    END IF;
    SELECT e.experiment INTO hindrance
    FROM @extschema@.llm_experiments e
    WHERE e.status = 'running'
      AND e.category IS NOT DISTINCT FROM $2
      AND e.agent IS NOT DISTINCT FROM $3
      AND e.control_model = control;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'object_in_use',
            MESSAGE = format('experiment "%s" has these requests', hindrance),
            DETAIL = 'A request is of one experiment at most.',
            HINT = 'Stop it with stop_experiment(), or choose another category or agent.';
    END IF;

    INSERT INTO @extschema@.llm_experiments (
        experiment, category, agent, control_model, candidate_model, share, metric, minimum_sample,
        assignment_key, points_per_doubling, created_by)
    VALUES (experiment, category, agent, control, candidate, share, metric, minimum_sample,
            assignment_key, points_per_doubling, session_user);
    PERFORM @extschema@.llmw_write_plan_event('EXPERIMENT_CREATED', jsonb_build_object(
        'experiment', experiment, 'category', category, 'agent', agent, 'control_model', control,
        'candidate_model', candidate, 'share', share, 'metric', metric,
        'minimum_sample', minimum_sample, 'assignment_key', assignment_key,
        'points_per_doubling', points_per_doubling));
END
$$;
COMMENT ON FUNCTION @extschema@.create_experiment(
    text, text, text, text, text, numeric, text, int, text, numeric) IS
    'Begins an experiment: from the commit on, a share of the requests of the category and the '
    'agent (NULL: of any, but not both) whose primary model would be control_model goes to '
    'candidate_model. Writes the event EXPERIMENT_CREATED. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.create_experiment(
    text, text, text, text, text, numeric, text, int, text, numeric) FROM PUBLIC;

-- Whoever ends an experiment waits for whoever does the same, and finds it ended.
CREATE FUNCTION @extschema@.llmw_lock_experiment(experiment text)
    RETURNS @extschema@.llm_experiments
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM @extschema@.llm_experiments e WHERE e.experiment = $1 FOR UPDATE;
    RETURN @extschema@.llmw_existing_experiment(experiment);
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_lock_experiment(text) IS
    'The row of the experiment, locked; an error for one that is not known.';
REVOKE ALL ON FUNCTION @extschema@.llmw_lock_experiment(text) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_end_experiment(experiment text, status text, details jsonb)
    RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    told jsonb;
BEGIN
    SELECT to_jsonb(v) || details INTO told FROM @extschema@.experiment_verdict($1) AS v;
    UPDATE @extschema@.llm_experiments e
    SET status = $2, ended_at = now(), ended_by = session_user, verdict = told ->> 'verdict',
        details = told
    WHERE e.experiment = $1
    RETURNING jsonb_build_object(
        'experiment', e.experiment, 'category', e.category, 'agent', e.agent,
        'control_model', e.control_model, 'candidate_model', e.candidate_model,
        'metric', e.metric) || told
    INTO told;
    RETURN told;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_end_experiment(text, text, jsonb) IS
    'Ends an experiment, with its verdict of now as far as details has no other; returns the '
    'details of the event.';
REVOKE ALL ON FUNCTION @extschema@.llmw_end_experiment(text, text, jsonb) FROM PUBLIC;

CREATE FUNCTION @extschema@.stop_experiment(experiment text, why text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stopped @extschema@.llm_experiments := @extschema@.llmw_lock_experiment(experiment);
BEGIN
    IF stopped.status <> 'running' THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('experiment "%s" has ended', experiment),
            DETAIL = format('It was %s at %s.', stopped.status, stopped.ended_at);
    END IF;
    PERFORM @extschema@.llmw_write_plan_event('EXPERIMENT_STOPPED',
        @extschema@.llmw_end_experiment(experiment, 'stopped', jsonb_build_object('why', why)));
END
$$;
COMMENT ON FUNCTION @extschema@.stop_experiment(text, text) IS
    'Ends an experiment: from the commit on all requests go to the control. Writes the event '
    'EXPERIMENT_STOPPED. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.stop_experiment(text, text) FROM PUBLIC;

-- ---- Adoption -----------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.llmw_adopt_for_agent(e @extschema@.llm_experiments) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    former @extschema@.llm_agents;
    present @extschema@.llm_agents;
BEGIN
    LOCK TABLE @extschema@.llm_agents IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO former FROM @extschema@.llm_agents a WHERE a.agent = e.agent;
    IF former.model <> e.control_model THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('agent "%s" no longer has the control model', e.agent),
            DETAIL = format('Its model is "%s", and was "%s".', former.model, e.control_model);
    END IF;
    INSERT INTO @extschema@.llm_agents AS a (agent, model)
    VALUES (e.agent, e.candidate_model)
    ON CONFLICT (agent) DO UPDATE
    SET model = e.candidate_model,
        fallback_models = array_remove(a.fallback_models, e.candidate_model)
    RETURNING * INTO present;
    RETURN jsonb_build_array(jsonb_build_object(
        'agent', e.agent,
        'before', CASE WHEN former.agent IS NOT NULL THEN jsonb_build_object(
            'model', former.model, 'fallback_models', former.fallback_models) END,
        'after', jsonb_build_object(
            'model', present.model, 'fallback_models', present.fallback_models)));
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_adopt_for_agent(@extschema@.llm_experiments) IS
    'Makes the candidate the model of the agent; returns what changed.';
REVOKE ALL ON FUNCTION @extschema@.llmw_adopt_for_agent(@extschema@.llm_experiments) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_adopt_for_category(e @extschema@.llm_experiments) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changes jsonb;
BEGIN
    LOCK TABLE @extschema@.llm_routes IN SHARE ROW EXCLUSIVE MODE;
    WITH former AS MATERIALIZED (
        SELECT r.complexity, r.model, r.fallback_models
        FROM @extschema@.llm_routes r
        WHERE r.category = e.category AND NOT r.builtin
    ), changed AS (
        UPDATE @extschema@.llm_routes r
        SET model = e.candidate_model,
            fallback_models = array_remove(r.fallback_models, e.candidate_model)
        WHERE r.category = e.category AND NOT r.builtin AND r.model = e.control_model
        RETURNING r.complexity, r.model, r.fallback_models
    ), added AS (
        INSERT INTO @extschema@.llm_routes AS r (category, complexity, model)
        SELECT e.category, '', e.candidate_model
        WHERE NOT EXISTS (SELECT FROM former f WHERE f.complexity = '')
        RETURNING r.complexity, r.model, r.fallback_models
    )
    SELECT jsonb_agg(jsonb_build_object(
               'category', e.category, 'complexity', c.complexity,
               'before', CASE WHEN f.complexity IS NOT NULL THEN jsonb_build_object(
                   'model', f.model, 'fallback_models', f.fallback_models) END,
               'after', jsonb_build_object('model', c.model, 'fallback_models', c.fallback_models))
           ORDER BY c.complexity)
    INTO changes
    FROM (TABLE changed UNION ALL TABLE added) AS c
    LEFT JOIN former f ON f.complexity = c.complexity;
    IF changes IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('no route of category "%s" has the control model', e.category),
            DETAIL = format('The control model is "%s".', e.control_model);
    END IF;
    RETURN changes;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_adopt_for_category(@extschema@.llm_experiments) IS
    'Makes the candidate the model of the category''s route, which is added when there is none, and '
    'of its routes for a complexity that have the control; returns what changed.';
REVOKE ALL ON FUNCTION @extschema@.llmw_adopt_for_category(@extschema@.llm_experiments) FROM PUBLIC;

CREATE FUNCTION @extschema@.adopt_experiment(experiment text, force boolean DEFAULT false)
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    adopted @extschema@.llm_experiments := @extschema@.llmw_lock_experiment(experiment);
    found_verdict text;
    why text;
    changes jsonb;
BEGIN
    SELECT v.verdict, v.reason INTO found_verdict, why
    FROM @extschema@.experiment_verdict(experiment) AS v;
    IF adopted.status = 'adopted' THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('experiment "%s" was adopted already', experiment),
            DETAIL = format('It was at %s.', adopted.ended_at);
    ELSIF adopted.status = 'halted' AND force IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('experiment "%s" was halted', experiment),
            DETAIL = format('It was at %s, as the candidate was worse.', adopted.ended_at),
            HINT = 'To adopt the candidate all the same: adopt_experiment(..., force => true).';
    ELSIF found_verdict <> 'adopt' AND force IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('the verdict of experiment "%s" is not to adopt', experiment),
            DETAIL = format('It is to %s: %s.', found_verdict, why),
            HINT = 'To adopt the candidate all the same: adopt_experiment(..., force => true).';
    END IF;
    IF NOT (SELECT m.enabled FROM @extschema@.llm_models m WHERE m.name = adopted.candidate_model) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('model "%s" is disabled', adopted.candidate_model),
            HINT = 'Set enabled in its row of llm_models.';
    END IF;
    changes := CASE WHEN adopted.agent IS NOT NULL
        THEN @extschema@.llmw_adopt_for_agent(adopted)
        ELSE @extschema@.llmw_adopt_for_category(adopted) END;
    PERFORM @extschema@.llmw_write_plan_event('EXPERIMENT_ADOPTED',
        @extschema@.llmw_end_experiment(experiment, 'adopted', jsonb_build_object(
            'forced', found_verdict <> 'adopt' OR adopted.status = 'halted', 'changes', changes)));
    RETURN jsonb_array_length(changes);
END
$$;
COMMENT ON FUNCTION @extschema@.adopt_experiment(text, boolean) IS
    'Makes the candidate the model of the experiment''s agent, else of the routes of its category, '
    'and ends it; returns how many rows changed. An error unless the verdict is adopt, or force. '
    'Writes the event EXPERIMENT_ADOPTED. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.adopt_experiment(text, boolean) FROM PUBLIC;

-- ---- Guard --------------------------------------------------------------------------------------

-- Equal arms are halted with probability 1 % at most, ever: two measures with 0.5 % each, so 200.
CREATE FUNCTION @extschema@.llmw_guard_experiments(
    OUT subject text,
    OUT former text,
    OUT advice text,
    OUT details jsonb
) RETURNS SETOF record
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    suspect record;
BEGIN
    FOR suspect IN
        SELECT DISTINCT ON (e.experiment)
               e.experiment, e.candidate_model, c.measure,
               round((100 * c.control)::numeric, 2) AS control,
               round((100 * c.candidate)::numeric, 2) AS candidate
        FROM @extschema@.llm_experiments e
        CROSS JOIN LATERAL @extschema@.llmw_compare_experiment(e) AS c
        WHERE e.status = 'running'
          AND c.measure IN ('success', @extschema@.llmw_metric_measure(e.metric))
          AND c.high < 0
          AND c.evidence >= 200
        ORDER BY e.experiment, c.evidence DESC, c.place
    LOOP
        CONTINUE WHEN (@extschema@.llmw_lock_experiment(suspect.experiment)).status <> 'running';
        subject := suspect.experiment;
        former := 'running';
        advice := format('halted: %s has %s %% %s, the control %s %%', suspect.candidate_model,
                         suspect.candidate, suspect.measure, suspect.control);
        details := @extschema@.llmw_end_experiment(suspect.experiment, 'halted', jsonb_build_object(
            'verdict', 'keep', 'reason', advice, 'measure', suspect.measure,
            'control', suspect.control, 'candidate', suspect.candidate));
        PERFORM @extschema@.llmw_write_event('EXPERIMENT_HALTED', details, 'warning');
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_guard_experiments() IS
    'Halts experiments whose candidate is clearly worse, in accepted workflows or in the metric, '
    'and writes the event EXPERIMENT_HALTED; returns the changes. Needs no minimum_sample.';
REVOKE ALL ON FUNCTION @extschema@.llmw_guard_experiments() FROM PUBLIC;
