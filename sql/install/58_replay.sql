-- Stored prompts once more, with another model: what would it have answered?
--
-- A replay is a request as any other, made in the background, without fallbacks, and told apart by
-- its tag "replay". Its documents are checked as all are; llm_model_runs and downgrade_candidates()
-- count it as evidence for its model, and nothing else does.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_replayable(
    to_model text,
    agent text,
    category text,
    complexity text,
    since timestamptz
) RETURNS TABLE (
    request @extschema@.workflow_requests,
    input_tokens bigint,
    max_output_tokens bigint
)
    LANGUAGE sql STABLE ROWS 1000
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT r, called.input_tokens, called.max_output_tokens
FROM @extschema@.workflow_requests r
CROSS JOIN LATERAL (
    SELECT c.model, greatest(c.input_tokens, c.estimated_input_tokens) AS input_tokens,
           c.max_output_tokens
    FROM @extschema@.llm_calls c
    WHERE c.request_id = r.request_id
      AND c.started_at >= r.submitted_at
      AND c.started_at <= r.finished_at
    ORDER BY c.attempt
    LIMIT 1
) AS called
WHERE r.submitted_at >= $5
  AND r.status IN ('succeeded', 'failed')
  AND r.cached_from IS NULL
  AND r.parent_request_id IS NULL
  AND r.prompt IS NOT NULL
  AND NOT r.tags ? 'replay'
  AND ($2 IS NULL OR r.agent = $2)
  AND ($3 IS NULL OR r.category = $3)
  AND ($4 IS NULL OR coalesce(r.complexity, '') = $4)
  AND called.model <> $1
  AND called.max_output_tokens IS NOT NULL
$$;
COMMENT ON FUNCTION @extschema@.llmw_replayable(text, text, text, text, timestamptz) IS
    'Requests whose prompt is stored and that another model was asked first, with what their first '
    'call took and was allowed.';
REVOKE ALL ON FUNCTION
    @extschema@.llmw_replayable(text, text, text, text, timestamptz) FROM PUBLIC;

-- A repair is sent what was asked, the document, and what is wrong with it.
CREATE FUNCTION @extschema@.llmw_replay_cost(
    model text,
    input_tokens bigint,
    max_output_tokens bigint,
    repairs int
) RETURNS numeric
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT @extschema@.token_cost(model, asked.tokens, max_output_tokens)
           + repairs * @extschema@.token_cost(
               model, asked.tokens + max_output_tokens + 1000, max_output_tokens)
    -- Counted by another tokenizer, and perhaps with other rules.
    FROM (SELECT ceil(1.25 * input_tokens)::bigint + 1000 AS tokens) AS asked;
END;
COMMENT ON FUNCTION @extschema@.llmw_replay_cost(text, bigint, bigint, int) IS
    'The most that a replay may cost with a model, its repairs included; NULL and a warning when '
    'no price is known.';

CREATE FUNCTION @extschema@.llmw_check_replay(to_model text, sample int, budget_usd numeric)
    RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_model IS NULL OR sample IS NULL OR budget_usd IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'to_model, sample and budget_usd must not be NULL';
    ELSIF NOT EXISTS (SELECT FROM @extschema@.llm_models m WHERE m.name = to_model) THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = format('model "%s" does not exist', to_model),
            HINT = 'Choose a model of the table llm_models, or add a row to it.';
    ELSIF sample NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('sample must be between 1 and 10000: %s', sample);
    ELSIF NOT (budget_usd >= 0 AND budget_usd < 'infinity') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('budget_usd must be an amount: %s', budget_usd);
    ELSIF NOT EXISTS (SELECT FROM @extschema@.llm_model_prices p
                      WHERE p.model = to_model AND p.service_tier = 'standard'
                        AND p.effective_from <= now()) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('model "%s" has no price', to_model),
            HINT = 'Add a row to llm_model_prices: without one no budget can be kept.';
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_check_replay(text, int, numeric) IS
    'An error for arguments with which replay_requests() could not do anything.';
REVOKE ALL ON FUNCTION @extschema@.llmw_check_replay(text, int, numeric) FROM PUBLIC;

-- With the rights of the owner, who is also the role that the replays are charged to.
CREATE FUNCTION @extschema@.replay_requests(
    to_model text,
    sample int DEFAULT 20,
    budget_usd numeric DEFAULT 1,
    agent text DEFAULT NULL,
    category text DEFAULT NULL,
    complexity text DEFAULT NULL,
    since timestamptz DEFAULT now() - interval '90 days'
) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET llm_workflow.enable_fallback = off
    SET llm_workflow.max_request_cost = ''
    SET llm_workflow.complexity = ''
AS $$
DECLARE
    replay uuid := gen_random_uuid();
    repairs int := current_setting('llm_workflow.repair_attempts')::int;
    chosen record;
    original @extschema@.workflow_requests;
    found_requests int := 0;
    submitted int := 0;
    left_usd numeric := budget_usd;
BEGIN
    PERFORM @extschema@.llmw_check_replay(to_model, sample, budget_usd);
    FOR chosen IN
        SELECT r.request, r.max_output_tokens,
               @extschema@.llmw_replay_cost(to_model, r.input_tokens, r.max_output_tokens, repairs)
                   AS highest_cost
        FROM @extschema@.llmw_replayable(to_model, agent, category, complexity, since) r
        ORDER BY random()
        LIMIT sample
    LOOP
        found_requests := found_requests + 1;
        -- A prompt can be shorter than any that the model has a price for.
        CONTINUE WHEN (chosen.highest_cost <= left_usd) IS NOT TRUE;
        original := chosen.request;
        -- The worker holds each replay to what was set aside for it.
        PERFORM set_config('llm_workflow.max_request_cost',
                           coalesce(nullif(round(chosen.highest_cost, 12), 0)::text, ''), true);
        PERFORM @extschema@.submit_workflow(
            original.prompt, original.services, original.format,
            max_output_tokens => chosen.max_output_tokens::int,
            tags => jsonb_strip_nulls(jsonb_build_object(
                'replay', replay, 'replay_agent', original.agent)),
            priority => -10, category => original.category, complexity => original.complexity,
            model => to_model);
        submitted := submitted + 1;
        left_usd := left_usd - chosen.highest_cost;
    END LOOP;
    IF submitted = 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'there is nothing to replay',
            DETAIL = CASE found_requests
                WHEN 0 THEN 'No such request has a stored prompt and went to another model.'
                ELSE format('A replay with "%s" may cost more than %s USD, or its price is not known.',
                            to_model, budget_usd)
            END;
    END IF;
    PERFORM @extschema@.llmw_write_plan_event('REPLAY_SUBMITTED', jsonb_build_object(
        'replay', replay, 'to_model', to_model, 'agent', agent, 'category', category,
        'complexity', complexity, 'requests', submitted, 'budget_usd', budget_usd,
        'highest_cost_usd', trim_scale(budget_usd - left_usd)));
    RETURN replay;
END
$$;
COMMENT ON FUNCTION @extschema@.replay_requests(
    text, int, numeric, text, text, text, timestamptz) IS
    'Submits a random sample of stored prompts, of an agent or a category or all, to a model, in '
    'the background and without fallbacks; fewer when they could cost more than budget_usd '
    'together. Returns the id of the replay: workflow_replays tells what came of it. Charged to '
    'the owner of the extension. Writes the event REPLAY_SUBMITTED. Spends money: EXECUTE is '
    'granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.replay_requests(
    text, int, numeric, text, text, text, timestamptz) FROM PUBLIC;

CREATE VIEW @extschema@.workflow_replays AS
SELECT e.details ->> 'replay' AS replay,
       e."timestamp" AS submitted_at,
       e.actor AS submitted_by,
       e.details ->> 'to_model' AS model,
       e.details ->> 'agent' AS agent,
       e.details ->> 'category' AS category,
       e.details ->> 'complexity' AS complexity,
       (e.details ->> 'requests')::bigint AS requests,
       replayed.ended,
       replayed.valid_documents,
       round(100.0 * replayed.valid_documents / nullif(replayed.ended, 0), 2) AS valid_percent,
       replayed.warnings_per_document,
       replayed.cost_usd,
       (e.details ->> 'budget_usd')::numeric AS budget_usd
FROM @extschema@.audit_logs e
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.status NOT IN ('queued', 'running')) AS ended,
           count(*) FILTER (WHERE r.status = 'succeeded') AS valid_documents,
           round(avg(jsonb_array_length(r.warnings)) FILTER (WHERE r.status = 'succeeded'), 2)
               AS warnings_per_document,
           -- One cost that is not known makes the sum unknown; what is running has none yet.
           CASE WHEN count(*) FILTER (WHERE r.status NOT IN ('queued', 'running')
                                        AND r.cost_usd IS NULL) = 0
               THEN trim_scale(coalesce(sum(r.cost_usd), 0)) END AS cost_usd
    FROM @extschema@.workflow_requests r
    WHERE r.tags ->> 'replay' = e.details ->> 'replay'
      AND r.submitted_at >= e."timestamp"
      -- All of them are submitted in one statement.
      AND r.submitted_at < e."timestamp" + interval '1 day'
) AS replayed
WHERE e.request_id IS NULL AND e.action = 'REPLAY_SUBMITTED';

COMMENT ON VIEW @extschema@.workflow_replays IS
    'What came of replay_requests()? One row for each, with how many of its requests ended, and '
    'how many of them with a valid document.';
COMMENT ON COLUMN @extschema@.workflow_replays.replay IS
    'Its id: the tag "replay" of its requests.';
COMMENT ON COLUMN @extschema@.workflow_replays.model IS 'The model that was asked.';
COMMENT ON COLUMN @extschema@.workflow_replays.agent IS 'As it was given.';
COMMENT ON COLUMN @extschema@.workflow_replays.requests IS 'Requests that were submitted.';
COMMENT ON COLUMN @extschema@.workflow_replays.ended IS 'Of these, those that ended.';
COMMENT ON COLUMN @extschema@.workflow_replays.valid_documents IS
    'Those whose document passed validation, repaired or not; others gave none.';
COMMENT ON COLUMN @extschema@.workflow_replays.cost_usd IS
    'What those cost that ended; NULL: a price was not known.';
