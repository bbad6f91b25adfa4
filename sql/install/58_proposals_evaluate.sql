-- The rule that keeps proposals or reverts them.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_alarm(proposal @extschema@.llm_model_proposals) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
RETURN CASE
    WHEN (proposal).failure_score >= @extschema@.llmw_watch_limit()
        THEN format('failures rose: %s in %s runs, %s %% before', (proposal).failures_in_stretch,
                    (proposal).failure_stretch, (proposal).failure_rate)
    WHEN (proposal).retry_score >= @extschema@.llmw_watch_limit()
        THEN format('retries rose: %s in %s runs, %s %% before', (proposal).retries_in_stretch,
                    (proposal).retry_stretch, (proposal).retry_rate)
END;
COMMENT ON FUNCTION @extschema@.llmw_alarm(@extschema@.llm_model_proposals) IS
    'Why the proposal is to be reverted; NULL: it is not.';

-- Sums are put down for good a day late: until then requests may end that were submitted before
-- others that have ended.
CREATE FUNCTION @extschema@.llmw_put_down_watch(
    proposal @extschema@.llm_model_proposals,
    watched @extschema@.llm_model_proposals
) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    settled @extschema@.llm_model_proposals := proposal;
BEGIN
    IF proposal.watched_until < now() - interval '2 days' THEN
        settled := @extschema@.llmw_watched(proposal, now() - interval '1 day');
        settled.watched_until := greatest(settled.watched_until, now() - interval '1 day');
    END IF;
    UPDATE @extschema@.llm_model_proposals p
    SET watched_until = settled.watched_until, watched_runs = settled.watched_runs,
        watched_failed_runs = settled.watched_failed_runs,
        watched_retried_runs = settled.watched_retried_runs,
        failure_score = settled.failure_score, failure_stretch = settled.failure_stretch,
        failures_in_stretch = settled.failures_in_stretch,
        retry_score = settled.retry_score, retry_stretch = settled.retry_stretch,
        retries_in_stretch = settled.retries_in_stretch,
        paid_usd = settled.paid_usd, saved_usd = settled.saved_usd, lost_usd = settled.lost_usd,
        first_5 = watched.first_5, first_20 = watched.first_20
    WHERE p.proposal_id = proposal.proposal_id
      AND (p.watched_until, p.first_5, p.first_20) IS DISTINCT FROM
          (settled.watched_until, watched.first_5, watched.first_20);
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_put_down_watch(
    @extschema@.llm_model_proposals, @extschema@.llm_model_proposals) IS
    'Writes down how far a proposal has got.';
REVOKE ALL ON FUNCTION @extschema@.llmw_put_down_watch(
    @extschema@.llm_model_proposals, @extschema@.llm_model_proposals) FROM PUBLIC;

CREATE FUNCTION @extschema@.evaluate_proposals(
    OUT subject text,
    OUT former text,
    OUT advice text,
    OUT details jsonb
) RETURNS SETOF record
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    proposal @extschema@.llm_model_proposals;
    watched @extschema@.llm_model_proposals;
BEGIN
    PERFORM @extschema@.llmw_begin_report();
    LOCK TABLE @extschema@.llm_model_proposals IN SHARE ROW EXCLUSIVE MODE;
    FOR proposal IN SELECT * FROM @extschema@.llmw_supersede_proposals() LOOP
        subject := proposal.subject;
        former := proposal.status;
        advice := 'superseded: ' || proposal.reason;
        details := @extschema@.llmw_watch_sums(proposal);
        RETURN NEXT;
    END LOOP;
    FOR proposal IN
        SELECT * FROM @extschema@.llm_model_proposals p
        WHERE p.status IN ('approved', 'kept')
        ORDER BY p.decided_at, p.proposal_id
    LOOP
        watched := @extschema@.llmw_watched(proposal);
        subject := proposal.subject;
        former := proposal.status;
        IF @extschema@.llmw_alarm(watched) IS NOT NULL THEN
            advice := 'reverted: ' || @extschema@.llmw_alarm(watched);
            details := @extschema@.llmw_end_proposal(
                watched, 'reverted', @extschema@.llmw_alarm(watched));
            RETURN NEXT;
            CONTINUE;
        END IF;
        PERFORM @extschema@.llmw_put_down_watch(proposal, watched);
        IF proposal.status = 'approved'
           AND watched.watched_runs >= (@extschema@.llmw_downgrade_thresholds()).runs
           AND greatest(watched.failure_score, watched.retry_score)
               <= @extschema@.llmw_watch_limit() / 2 THEN
            UPDATE @extschema@.llm_model_proposals p
            SET status = 'kept', kept_at = now()
            WHERE p.proposal_id = proposal.proposal_id;
            advice := format('kept: %s runs went well', watched.watched_runs);
            details := @extschema@.llmw_watch_sums(watched);
            PERFORM @extschema@.llmw_write_proposal_event('PROPOSAL_KEPT', proposal, details);
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.evaluate_proposals() IS
    'Counts the runs of the proposals in effect. Reverts those whose failures or retries rose, '
    'keeps those whose first 20 runs went well and watches them on, and ends those whose agent or '
    'route was changed; writes the events PROPOSAL_REVERTED, PROPOSAL_KEPT and '
    'PROPOSAL_SUPERSEDED and returns the changes. evaluate_workflow_rules() calls it. EXECUTE is '
    'granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.evaluate_proposals() FROM PUBLIC;
