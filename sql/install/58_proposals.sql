-- Deciding on proposals, and what happens to those that were approved.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_write_proposal_event(
    action text,
    proposal @extschema@.llm_model_proposals,
    details jsonb,
    severity text DEFAULT 'info'
) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT @extschema@.llmw_write_plan_event(action, jsonb_build_object(
    'proposal_id', (proposal).proposal_id, 'subject', (proposal).subject,
    'from_model', (proposal).from_model, 'to_model', (proposal).to_model) || details, severity)
$$;
COMMENT ON FUNCTION @extschema@.llmw_write_proposal_event(
    text, @extschema@.llm_model_proposals, jsonb, text) IS 'Writes an event about a proposal.';
REVOKE ALL ON FUNCTION @extschema@.llmw_write_proposal_event(
    text, @extschema@.llm_model_proposals, jsonb, text) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_locked_proposal(proposal_id uuid, statuses text[])
    RETURNS @extschema@.llm_model_proposals
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    proposal @extschema@.llm_model_proposals;
BEGIN
    IF proposal_id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'the proposal must not be NULL';
    END IF;
    LOCK TABLE @extschema@.llm_model_proposals IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO proposal FROM @extschema@.llm_model_proposals p WHERE p.proposal_id = $1;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = format('proposal "%s" does not exist', proposal_id),
            HINT = 'Choose a proposal of the table llm_model_proposals.';
    ELSIF proposal.status <> ALL (statuses) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('proposal "%s" is %s', proposal_id, proposal.status);
    END IF;
    RETURN proposal;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_locked_proposal(uuid, text[]) IS
    'A proposal, with all of them locked against writers; an error for one that is not known or in '
    'none of these states.';
REVOKE ALL ON FUNCTION @extschema@.llmw_locked_proposal(uuid, text[]) FROM PUBLIC;

-- ---- What approval changes, and gives back ------------------------------------------------------

-- Agents and routes are not locked against readers and writers of other rows: a row is changed only
-- while it has the model that the change is about. apply_plan() and adopt_experiment() lock the
-- tables, and are waited for before a row is locked for which they would wait.
--
-- The former model is asked where the cheaper one fails: a downgrade may cost a call more, but no
-- document less.
CREATE FUNCTION @extschema@.llmw_downgrade_subject(proposal @extschema@.llm_model_proposals)
    RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    former_model text;
    former_fallbacks text[];
    fallbacks text[] := ARRAY[proposal.from_model];
BEGIN
    LOCK TABLE @extschema@.llm_agents, @extschema@.llm_routes IN ROW EXCLUSIVE MODE;
    IF proposal.agent IS NOT NULL THEN
        SELECT a.model, a.fallback_models INTO former_model, former_fallbacks
        FROM @extschema@.llm_agents a
        WHERE a.agent = proposal.agent
        FOR UPDATE;
    ELSE
        SELECT r.model, r.fallback_models INTO former_model, former_fallbacks
        FROM @extschema@.llm_routes r
        WHERE r.category = proposal.category AND r.complexity = proposal.complexity
          AND NOT r.builtin
        FOR UPDATE;
    END IF;
    -- Without a route the settings chose the model, and approval makes one.
    IF former_model <> proposal.from_model
       OR former_model IS NULL AND (FOUND OR proposal.agent IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('%s was changed since the proposal', proposal.subject),
            DETAIL = format('It is about model "%s"; now it is "%s".', proposal.from_model,
                            coalesce(former_model, 'none')),
            HINT = 'propose_downgrades() ends the proposal, and makes one for what is now.';
    END IF;
    fallbacks := fallbacks || array_remove(
        array_remove(coalesce(former_fallbacks, '{}'), proposal.from_model), proposal.to_model);
    IF proposal.agent IS NOT NULL THEN
        UPDATE @extschema@.llm_agents a
        SET model = proposal.to_model, fallback_models = fallbacks
        WHERE a.agent = proposal.agent;
    ELSIF former_model IS NULL THEN
        INSERT INTO @extschema@.llm_routes (category, complexity, model, fallback_models)
        VALUES (proposal.category, proposal.complexity, proposal.to_model, fallbacks);
    ELSE
        UPDATE @extschema@.llm_routes r
        SET model = proposal.to_model, fallback_models = fallbacks
        WHERE r.category = proposal.category AND r.complexity = proposal.complexity
          AND NOT r.builtin;
    END IF;
    RETURN jsonb_build_object('model', former_model, 'fallback_models', former_fallbacks);
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_downgrade_subject(@extschema@.llm_model_proposals) IS
    'Gives the agent or route of a proposal the cheaper model, and the former one as its first '
    'fallback; returns what it had.';
REVOKE ALL ON FUNCTION
    @extschema@.llmw_downgrade_subject(@extschema@.llm_model_proposals) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_restore_subject(proposal @extschema@.llm_model_proposals)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    former_model text := proposal.former ->> 'model';
    former_fallbacks text[] := CASE WHEN proposal.former -> 'fallback_models' <> 'null' THEN ARRAY(
        SELECT jsonb_array_elements_text(proposal.former -> 'fallback_models')) END;
BEGIN
    IF proposal.agent IS NOT NULL THEN
        UPDATE @extschema@.llm_agents a
        SET model = former_model, fallback_models = former_fallbacks
        WHERE a.agent = proposal.agent AND a.model = proposal.to_model;
    ELSIF former_model IS NULL THEN
        DELETE FROM @extschema@.llm_routes r
        WHERE r.category = proposal.category AND r.complexity = proposal.complexity
          AND NOT r.builtin AND r.model = proposal.to_model;
    ELSE
        UPDATE @extschema@.llm_routes r
        SET model = former_model, fallback_models = former_fallbacks
        WHERE r.category = proposal.category AND r.complexity = proposal.complexity
          AND NOT r.builtin AND r.model = proposal.to_model;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('%s was changed since the approval', proposal.subject),
            HINT = 'evaluate_proposals() ends the proposal; to change the model, change its row.';
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_restore_subject(@extschema@.llm_model_proposals) IS
    'Gives the agent or route of a proposal back what approval took.';
REVOKE ALL ON FUNCTION
    @extschema@.llmw_restore_subject(@extschema@.llm_model_proposals) FROM PUBLIC;

-- ---- People -------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.approve_proposal(proposal_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    proposal @extschema@.llm_model_proposals :=
        @extschema@.llmw_locked_proposal(proposal_id, '{proposed}');
BEGIN
    IF NOT EXISTS (SELECT FROM @extschema@.llm_models m
                   WHERE m.name = proposal.to_model AND m.enabled) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('model "%s" of the proposal is disabled or gone', proposal.to_model);
    END IF;
    proposal.former := @extschema@.llmw_downgrade_subject(proposal);
    UPDATE @extschema@.llm_model_proposals p
    SET status = 'approved', decided_at = now(), decided_by = session_user,
        former = proposal.former, watched_until = now(),
        failure_score = @extschema@.llmw_watch_limit() / 2,
        retry_score = @extschema@.llmw_watch_limit() / 2
    WHERE p.proposal_id = $1;
    PERFORM @extschema@.llmw_write_proposal_event('PROPOSAL_APPROVED', proposal, jsonb_build_object(
        'former', proposal.former, 'predicted_increase', proposal.predicted_increase,
        'expected_saving_usd', proposal.expected_saving_usd));
END
$$;
COMMENT ON FUNCTION @extschema@.approve_proposal(uuid) IS
    'Puts a proposal into effect: its agent or route takes the cheaper model, with the former one '
    'as first fallback, and evaluate_proposals() watches over it. For people; nothing calls it. '
    'Writes the event PROPOSAL_APPROVED. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.approve_proposal(uuid) FROM PUBLIC;

CREATE FUNCTION @extschema@.reject_proposal(proposal_id uuid, why text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    proposal @extschema@.llm_model_proposals :=
        @extschema@.llmw_locked_proposal(proposal_id, '{proposed}');
BEGIN
    PERFORM @extschema@.llmw_check_reason(why);
    UPDATE @extschema@.llm_model_proposals p
    SET status = 'rejected', decided_at = now(), decided_by = session_user, ended_at = now(),
        reason = why
    WHERE p.proposal_id = $1;
    PERFORM @extschema@.llmw_write_proposal_event(
        'PROPOSAL_REJECTED', proposal, jsonb_build_object('reason', why));
END
$$;
COMMENT ON FUNCTION @extschema@.reject_proposal(uuid, text) IS
    'Refuses a proposal. The same is proposed again only for what the cheaper model is seen to do '
    'from now on. Writes the event PROPOSAL_REJECTED. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.reject_proposal(uuid, text) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_check_reason(why text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF why IS NULL OR why !~ '[^[:space:]]' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'a reason is needed';
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_check_reason(text) IS
    'An error for a reason that says nothing.';
REVOKE ALL ON FUNCTION @extschema@.llmw_check_reason(text) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_end_proposal(
    proposal @extschema@.llm_model_proposals,
    status text,
    reason text
) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    details jsonb := @extschema@.llmw_watch_sums(proposal) || jsonb_build_object(
        'reason', reason, 'approved_by', proposal.decided_by, 'former', proposal.former,
        'net_saving_usd', trim_scale(proposal.saved_usd - proposal.lost_usd));
BEGIN
    IF status = 'reverted' THEN
        PERFORM @extschema@.llmw_restore_subject(proposal);
    END IF;
    UPDATE @extschema@.llm_model_proposals p
    SET status = $2, reason = $3, ended_at = now(), watched_until = proposal.watched_until,
        watched_runs = proposal.watched_runs, watched_failed_runs = proposal.watched_failed_runs,
        watched_retried_runs = proposal.watched_retried_runs,
        failure_score = proposal.failure_score, failure_stretch = proposal.failure_stretch,
        failures_in_stretch = proposal.failures_in_stretch,
        retry_score = proposal.retry_score, retry_stretch = proposal.retry_stretch,
        retries_in_stretch = proposal.retries_in_stretch,
        paid_usd = proposal.paid_usd, saved_usd = proposal.saved_usd, lost_usd = proposal.lost_usd,
        first_5 = proposal.first_5, first_20 = proposal.first_20
    WHERE p.proposal_id = proposal.proposal_id;
    PERFORM @extschema@.llmw_write_proposal_event(
        'PROPOSAL_' || upper(status), proposal, details, 'warning');
    RETURN details;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_end_proposal(
    @extschema@.llm_model_proposals, text, text) IS
    'Ends a proposal with the figures that it has got to, as reverted or superseded; returns the '
    'details of the event.';
REVOKE ALL ON FUNCTION @extschema@.llmw_end_proposal(
    @extschema@.llm_model_proposals, text, text) FROM PUBLIC;

CREATE FUNCTION @extschema@.revert_proposal(proposal_id uuid, why text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    proposal @extschema@.llm_model_proposals :=
        @extschema@.llmw_locked_proposal(proposal_id, '{approved,kept}');
BEGIN
    PERFORM @extschema@.llmw_check_reason(why);
    PERFORM @extschema@.llmw_end_proposal(@extschema@.llmw_watched(proposal), 'reverted', why);
END
$$;
COMMENT ON FUNCTION @extschema@.revert_proposal(uuid, text) IS
    'Gives the agent or route of a proposal that was approved its former model back. Writes the '
    'event PROPOSAL_REVERTED. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.revert_proposal(uuid, text) FROM PUBLIC;

-- ---- By itself ----------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.llmw_supersede_proposals() RETURNS SETOF @extschema@.llm_model_proposals
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    proposal @extschema@.llm_model_proposals;
    model text;
BEGIN
    FOR proposal IN
        SELECT * FROM @extschema@.llm_model_proposals p
        WHERE p.status IN ('proposed', 'approved', 'kept')
        ORDER BY p.created_at, p.proposal_id
    LOOP
        model := @extschema@.llmw_subject_model(
            proposal.agent, proposal.category, proposal.complexity);
        -- Where the settings choose the model there is no route to look at.
        CONTINUE WHEN model = CASE proposal.status WHEN 'proposed' THEN proposal.from_model
                                                   ELSE proposal.to_model END
                   OR model IS NULL AND proposal.agent IS NULL AND proposal.status = 'proposed';
        proposal.reason := format('%s has %s', proposal.subject,
                                  CASE WHEN model IS NULL THEN 'no model any more'
                                       ELSE format('model "%s" now', model) END);
        IF proposal.status <> 'proposed' THEN
            proposal := @extschema@.llmw_watched(proposal);
        END IF;
        PERFORM @extschema@.llmw_end_proposal(proposal, 'superseded', proposal.reason);
        RETURN NEXT proposal;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_supersede_proposals() IS
    'Ends the proposals whose agent or route was changed by somebody else, and writes the event '
    'PROPOSAL_SUPERSEDED for each; returns them as they were.';
REVOKE ALL ON FUNCTION @extschema@.llmw_supersede_proposals() FROM PUBLIC;
