-- What came of an approved proposal: a watch that never ends while it is in effect.
--
-- Two CUSUM charts for single runs, one of failures and one of retries (M. R. Reynolds and Z. G.
-- Stoumbos, A CUSUM chart for monitoring a proportion when inspecting continuously, Journal of
-- Quality Technology 31, 1999). Each run moves a score by the logarithm of how much likelier it is
-- at a rate that is too high than at one that is tolerated: a failure up, any other run a little
-- down, but never below 0. A score that reaches the limit reverts the proposal. Scores begin half
-- way up (J. M. Lucas and R. B. Crosier, Fast initial response for CUSUM quality-control schemes,
-- Technometrics 24, 1982), as a bad proposal is bad at once.
--
-- The rates are half and one and a half times the allowed increase above the rate with the former
-- model, so that a score rises in the long run only where the increase is exceeded.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_watch_limit() RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
RETURN ln(200::double precision);
COMMENT ON FUNCTION @extschema@.llmw_watch_limit() IS
    'The score that reverts a proposal: ln(200), so that at a rate that is tolerated a chart that '
    'begins at 0 runs for 200 runs at least before it is wrong, in the mean (G. Lorden, Procedures '
    'for reacting to a change in distribution, Annals of Mathematical Statistics 42, 1971).';

CREATE FUNCTION @extschema@.llmw_watch_steps(
    bad_runs bigint,
    runs bigint,
    OUT bad double precision,
    OUT good double precision
) RETURNS record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT ln(rate.too_high / rate.tolerated), ln((1 - rate.too_high) / (1 - rate.tolerated))
    FROM @extschema@.llmw_downgrade_thresholds() AS t
    CROSS JOIN LATERAL (
        -- Half a run more of each kind: no rate is 0 for certain.
        SELECT least((llmw_watch_steps.bad_runs + 0.5) / (llmw_watch_steps.runs + 1.0), 0.9)
                   ::double precision AS before,
               (t.increase / 100)::double precision AS increase
    ) AS known
    CROSS JOIN LATERAL (
        SELECT known.before + known.increase / 2 AS tolerated,
               known.before + known.increase * 1.5 AS too_high
    ) AS rate;
END;
COMMENT ON FUNCTION @extschema@.llmw_watch_steps(bigint, bigint) IS
    'By how much a bad run and a good one move a score, where bad_runs of so many runs were bad '
    'before.';

-- Returns the proposal with the sums and scores of the runs that it does not count yet. A score
-- that reached the limit stays there; the sums go on, as the runs after it were made and paid.
--
-- It tells what is spent, so it is for nobody until granted; who may call it need not be able to
-- read what it reads, hence SECURITY DEFINER.
CREATE FUNCTION @extschema@.llmw_watched(
    proposal @extschema@.llm_model_proposals,
    until timestamptz DEFAULT 'infinity'
) RETURNS @extschema@.llm_model_proposals
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    watched @extschema@.llm_model_proposals := proposal;
    failure record := @extschema@.llmw_watch_steps(proposal.failed_runs, proposal.runs);
    retry record := @extschema@.llmw_watch_steps(proposal.retried_runs, proposal.runs);
    run record;
    sums jsonb;
BEGIN
    FOR run IN
        SELECT r.submitted_at, r.has_failed, r.was_retried,
               -- One cost that is not known makes the sums unknown.
               r.cost_usd AS paid_usd,
               -- A run without a document saves nothing.
               CASE WHEN r.output_tokens IS NULL THEN 0
                    ELSE @extschema@.token_cost(
                             proposal.from_model, r.input_tokens, r.output_tokens,
                             r.cached_input_tokens, r.cache_write_tokens, r.submitted_at)
                         - r.accepted_cost_usd
               END AS saved_usd,
               r.cost_usd - r.accepted_cost_usd AS lost_usd
        FROM @extschema@.llmw_subject_runs r
        WHERE r.submitted_at > proposal.watched_until
          AND r.submitted_at <= until
          AND r.subject = proposal.subject
          -- What the subject says, in columns of the requests: calls of others are not looked up.
          AND CASE WHEN proposal.agent IS NULL THEN r.category = proposal.category
                   ELSE r.agent = proposal.agent END
          AND r.model = proposal.to_model
          AND NOT r.is_replay
        ORDER BY r.submitted_at, r.request_id
    LOOP
        watched.watched_until := run.submitted_at;
        watched.watched_runs := watched.watched_runs + 1;
        watched.watched_failed_runs := watched.watched_failed_runs + run.has_failed::int;
        watched.watched_retried_runs := watched.watched_retried_runs + run.was_retried::int;
        watched.paid_usd := watched.paid_usd + run.paid_usd;
        watched.saved_usd := watched.saved_usd + run.saved_usd;
        watched.lost_usd := watched.lost_usd + run.lost_usd;
        IF greatest(watched.failure_score, watched.retry_score)
           < @extschema@.llmw_watch_limit() THEN
            watched.failure_score := greatest(0, watched.failure_score
                + CASE WHEN run.has_failed THEN failure.bad ELSE failure.good END);
            watched.failure_stretch := watched.failure_stretch + 1;
            watched.failures_in_stretch := watched.failures_in_stretch + run.has_failed::int;
            IF watched.failure_score = 0 THEN
                watched.failure_stretch := 0;
                watched.failures_in_stretch := 0;
            END IF;
            watched.retry_score := greatest(0, watched.retry_score
                + CASE WHEN run.was_retried THEN retry.bad ELSE retry.good END);
            watched.retry_stretch := watched.retry_stretch + 1;
            watched.retries_in_stretch := watched.retries_in_stretch + run.was_retried::int;
            IF watched.retry_score = 0 THEN
                watched.retry_stretch := 0;
                watched.retries_in_stretch := 0;
            END IF;
        END IF;
        IF watched.watched_runs IN (5, 20) THEN
            sums := @extschema@.llmw_watch_sums(watched);
            watched.first_5 := coalesce(watched.first_5, sums);
            IF watched.watched_runs = 20 THEN
                watched.first_20 := sums;
            END IF;
        END IF;
    END LOOP;
    RETURN watched;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_watched(@extschema@.llm_model_proposals, timestamptz) IS
    'The proposal as it is when the runs are counted that were submitted until a time.';
REVOKE ALL ON FUNCTION
    @extschema@.llmw_watched(@extschema@.llm_model_proposals, timestamptz) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_watch_sums(proposal @extschema@.llm_model_proposals) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
RETURN jsonb_build_object(
    'runs', (proposal).watched_runs, 'failed_runs', (proposal).watched_failed_runs,
    'retried_runs', (proposal).watched_retried_runs, 'paid_usd', trim_scale((proposal).paid_usd),
    'saved_usd', trim_scale((proposal).saved_usd), 'lost_usd', trim_scale((proposal).lost_usd));
COMMENT ON FUNCTION @extschema@.llmw_watch_sums(@extschema@.llm_model_proposals) IS
    'What a proposal has counted since it was approved.';

CREATE VIEW @extschema@.llm_proposal_tracking AS
SELECT p.proposal_id,
       p.subject,
       p.from_model,
       p.to_model,
       p.status,
       p.decided_at,
       stage.tracked,
       stage.runs,
       p.failure_rate AS failure_rate_before,
       round(100.0 * stage.failed_runs / nullif(stage.runs, 0), 2) AS failure_rate,
       p.retry_rate AS retry_rate_before,
       round(100.0 * stage.retried_runs / nullif(stage.runs, 0), 2) AS retry_rate,
       trim_scale(stage.paid_usd) AS paid_usd,
       trim_scale(stage.saved_usd) AS saved_usd,
       trim_scale(stage.lost_usd) AS lost_usd,
       trim_scale(stage.saved_usd - stage.lost_usd) AS net_saving_usd,
       CASE stage.tracked WHEN 'all' THEN round(
           (100 * greatest(p.failure_score, p.retry_score)
            / @extschema@.llmw_watch_limit())::numeric, 1) END AS alarm_percent
FROM (
    SELECT (watched.proposal).*
    FROM @extschema@.llm_model_proposals open
    CROSS JOIN LATERAL (SELECT @extschema@.llmw_watched(open) AS proposal OFFSET 0) AS watched
    WHERE open.status IN ('approved', 'kept')
    UNION ALL
    SELECT ended.*
    FROM @extschema@.llm_model_proposals ended
    WHERE ended.status NOT IN ('approved', 'kept') AND ended.watched_until IS NOT NULL
) AS p
CROSS JOIN LATERAL (VALUES
    (1, '5', p.first_5),
    (2, '20', p.first_20),
    (3, 'all', @extschema@.llmw_watch_sums(p))) AS counted (place, tracked, sums)
CROSS JOIN LATERAL (
    SELECT counted.place, counted.tracked, s.*
    FROM jsonb_to_record(counted.sums) AS s (
        runs bigint, failed_runs bigint, retried_runs bigint, paid_usd numeric, saved_usd numeric,
        lost_usd numeric)
) AS stage
WHERE counted.sums IS NOT NULL
ORDER BY p.decided_at, p.proposal_id, stage.place;

COMMENT ON VIEW @extschema@.llm_proposal_tracking IS
    'What came of the proposals that were approved? After the first 5 runs, the first 20, and all '
    'so far. Who reads it needs EXECUTE on llmw_watched() as well.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.tracked IS '5, 20 or all.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.runs IS
    'Runs since the approval with to_model first.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.failure_rate_before IS
    'That of from_model when it was proposed, in percent.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.failure_rate IS
    'Of runs those that failed, in percent.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.retry_rate_before IS
    'That of from_model when it was proposed, in percent.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.retry_rate IS
    'Of runs those with an answer of to_model that was not accepted, in percent.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.paid_usd IS
    'What the runs cost; NULL, as in the columns after it: a price was not known.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.saved_usd IS
    'What the accepted answers would have cost more with from_model.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.lost_usd IS
    'What was paid for answers that were not accepted.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.net_saving_usd IS 'saved_usd - lost_usd.';
COMMENT ON COLUMN @extschema@.llm_proposal_tracking.alarm_percent IS
    'The higher of the two scores, in percent of the one that reverts the proposal.';
