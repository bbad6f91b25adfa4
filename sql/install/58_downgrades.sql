-- Which cheaper models could do, and proposals to use them.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_downgrade_evidence(since timestamptz) RETURNS TABLE (
    subject text,
    subject_agent text,
    subject_category text,
    subject_complexity text,
    takes_others_along boolean,
    from_model text,
    runs bigint,
    failed_runs bigint,
    retried_runs bigint,
    cost_usd numeric,
    to_model text,
    seen_runs bigint,
    seen_replays bigint,
    seen_failed bigint,
    seen_retried bigint,
    seen_cost_usd numeric,
    warnings numeric,
    first_at timestamptz,
    last_at timestamptz
)
    LANGUAGE sql STABLE COST 1000000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
WITH judged AS MATERIALIZED (
    SELECT * FROM @extschema@.llmw_subject_runs r WHERE r.submitted_at >= since
), subjects AS (
    SELECT r.subject, r.subject_agent, r.subject_category, r.subject_complexity,
           known.model IS NULL
               AND EXISTS (SELECT FROM judged o
                           WHERE o.follows_the_whole AND r.subject_complexity = ''
                             AND o.subject_category = r.subject_category) AS takes_others_along,
           -- Without a route the settings choose, each session's own: then it is where most runs
           -- went.
           coalesce(known.model,
                    CASE WHEN r.subject_agent IS NULL
                        THEN mode() WITHIN GROUP (ORDER BY r.model) END) AS from_model
    FROM judged r
    CROSS JOIN LATERAL (
        SELECT @extschema@.llmw_subject_model(
                   r.subject_agent, r.subject_category, r.subject_complexity) AS model
    ) AS known
    WHERE NOT r.is_replay
    GROUP BY r.subject, r.subject_agent, r.subject_category, r.subject_complexity, known.model
), present AS (
    SELECT s.*,
           count(*) AS runs,
           count(*) FILTER (WHERE r.has_failed) AS failed_runs,
           count(*) FILTER (WHERE r.was_retried) AS retried_runs,
           avg(r.cost_usd) AS cost_usd,
           avg(r.input_tokens)::bigint AS input_tokens,
           avg(r.output_tokens)::bigint AS output_tokens
    FROM subjects s
    JOIN judged r ON r.subject = s.subject AND r.model = s.from_model AND NOT r.is_replay
    GROUP BY s.subject, s.subject_agent, s.subject_category, s.subject_complexity,
             s.takes_others_along, s.from_model
), priced AS MATERIALIZED (
    SELECT m.name
    FROM @extschema@.llm_models m
    WHERE m.enabled
      AND m.server <> 'builtin'
      AND EXISTS (SELECT FROM @extschema@.llm_model_prices p
                  WHERE p.model = m.name AND p.service_tier = 'standard'
                    AND p.effective_from <= now())
), pairs AS (
    SELECT p.*, m.name AS to_model
    FROM present p
    JOIN priced m ON m.name <> p.from_model
    WHERE p.from_model IN (SELECT name FROM priced)
      AND @extschema@.token_cost(m.name, p.input_tokens, p.output_tokens)
          < @extschema@.token_cost(p.from_model, p.input_tokens, p.output_tokens)
), seen AS (
    -- What was decided is decided: only what was seen since counts.
    SELECT p.subject, p.to_model,
           count(*) AS runs,
           count(*) FILTER (WHERE r.is_replay) AS replays,
           count(*) FILTER (WHERE r.has_failed) AS failed_runs,
           count(*) FILTER (WHERE r.was_retried) AS retried_runs,
           avg(r.cost_usd) AS cost_usd,
           avg(r.warnings) FILTER (WHERE NOT r.has_failed) AS warnings,
           min(r.submitted_at) AS first_at,
           max(r.submitted_at) AS last_at
    FROM pairs p
    JOIN judged r ON r.subject = p.subject AND r.model = p.to_model
    WHERE r.submitted_at > coalesce((SELECT max(d.ended_at)
                                     FROM @extschema@.llm_model_proposals d
                                     WHERE d.status IN ('rejected', 'reverted')
                                       AND d.subject = p.subject AND d.to_model = p.to_model),
                                    '-infinity')
    GROUP BY p.subject, p.to_model
)
SELECT p.subject, p.subject_agent, p.subject_category, p.subject_complexity,
       p.takes_others_along, p.from_model, p.runs, p.failed_runs, p.retried_runs, p.cost_usd,
       p.to_model, coalesce(s.runs, 0), coalesce(s.replays, 0), coalesce(s.failed_runs, 0),
       coalesce(s.retried_runs, 0), s.cost_usd, s.warnings, s.first_at, s.last_at
FROM pairs p
LEFT JOIN seen s ON s.subject = p.subject AND s.to_model = p.to_model
$$;
COMMENT ON FUNCTION @extschema@.llmw_downgrade_evidence(timestamptz) IS
    'For each subject with runs since a time and each cheaper model: what the model in use did, '
    'and what the cheaper one was seen to do. takes_others_along: a new route for the subject '
    'would be followed by requests of other subjects.';
REVOKE ALL ON FUNCTION @extschema@.llmw_downgrade_evidence(timestamptz) FROM PUBLIC;

-- With the rights of the owner, as all that follow: a program that may propose need not be allowed
-- to read the ledger.
CREATE FUNCTION @extschema@.downgrade_candidates(
    since timestamptz DEFAULT now() - interval '90 days'
) RETURNS TABLE (
    subject text,
    agent text,
    category text,
    complexity text,
    from_model text,
    to_model text,
    runs bigint,
    failed_runs bigint,
    failure_rate numeric,
    failure_low numeric,
    failure_high numeric,
    retried_runs bigint,
    retry_rate numeric,
    issues bigint,
    coverage numeric,
    stable_coverage numeric,
    predicted_failure_rate numeric,
    predicted_retry_rate numeric,
    predicted_increase numeric,
    increase_low numeric,
    increase_high numeric,
    cost_per_run_usd numeric,
    predicted_cost_per_run_usd numeric,
    expected_saving_usd numeric,
    replay jsonb,
    missing text[]
)
    LANGUAGE sql STABLE SECURITY DEFINER CALLED ON NULL INPUT COST 1000000 ROWS 20
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
SELECT e.subject, e.subject_agent, e.subject_category, e.subject_complexity, e.from_model,
       e.to_model,
       e.runs, e.failed_runs, round(100.0 * e.failed_runs / e.runs, 2),
       round(failed.low, 2), round(failed.high, 2),
       e.retried_runs, round(100.0 * e.retried_runs / e.runs, 2),
       coalesce(rules.issues, 0), rules.coverage, rules.stable_coverage,
       round(100.0 * e.seen_failed / nullif(e.seen_runs, 0), 2),
       round(100.0 * e.seen_retried / nullif(e.seen_runs, 0), 2),
       round(worse.increase, 2), round(worse.low, 2), round(worse.high, 2),
       trim_scale(round(e.cost_usd, 12)), trim_scale(round(predicted.cost_usd, 12)),
       trim_scale(round(e.runs * (e.cost_usd - predicted.cost_usd), 12)),
       jsonb_build_object(
           'runs', e.seen_runs - e.seen_replays, 'replays', e.seen_replays,
           'failed_runs', e.seen_failed, 'retried_runs', e.seen_retried,
           'cost_usd', trim_scale(round(e.seen_cost_usd * e.seen_runs, 12)),
           'warnings_per_document', round(e.warnings, 2), 'first_at', e.first_at,
           'last_at', e.last_at),
       array_remove(ARRAY[
           CASE WHEN e.subject_category IS NULL THEN 'a category of the agent' END,
           CASE WHEN e.runs < t.runs THEN format('runs: %s of %s', e.runs, t.runs) END,
           CASE WHEN rules.coverage >= t.coverage THEN NULL
                WHEN e.subject_category IS NOT NULL
                    THEN format('rule coverage: %s %% of %s %%', coalesce(rules.coverage, 0),
                                t.coverage)
           END,
           CASE WHEN rules.stable_coverage >= t.stable_coverage THEN NULL
                WHEN e.subject_category IS NOT NULL
                    THEN format('stable rule coverage: %s %% of %s %%',
                                coalesce(rules.stable_coverage, 0), t.stable_coverage)
           END,
           CASE WHEN e.seen_runs < t.runs
                    THEN format('replays: %s of %s', e.seen_runs, t.runs) END,
           CASE WHEN worse.increase >= t.increase
                    THEN format('quality: %s points more %s, fewer than %s allowed',
                                round(worse.increase, 2), worse.what, t.increase)
           END,
           CASE WHEN e.cost_usd <= predicted.cost_usd THEN 'saving: it would cost more'
                WHEN e.seen_runs > 0 AND num_nulls(e.cost_usd, predicted.cost_usd) > 0
                    THEN 'saving: what runs cost is not known'
           END,
           CASE WHEN e.takes_others_along
                    THEN 'routes for the complexities that requests of the category name'
           END,
           CASE WHEN EXISTS (SELECT FROM @extschema@.llm_model_proposals o
                             WHERE o.subject = e.subject AND o.status IN ('proposed', 'approved'))
                    THEN 'the end of the proposal before it'
           END], NULL)
FROM @extschema@.llmw_downgrade_evidence(since) e
CROSS JOIN @extschema@.llmw_downgrade_thresholds() AS t
LEFT JOIN @extschema@.rule_coverage rules ON rules.category = e.subject_category
CROSS JOIN LATERAL @extschema@.llmw_wilson_interval(e.failed_runs, e.runs) AS failed
CROSS JOIN LATERAL (
    SELECT e.seen_cost_usd + e.cost_usd * e.seen_failed / nullif(e.seen_runs, 0) AS cost_usd
) AS predicted
CROSS JOIN LATERAL (
    SELECT 'failures' AS what, i.*
    FROM @extschema@.llmw_increase_interval(e.failed_runs, e.runs, e.seen_failed, e.seen_runs) i
    UNION ALL
    SELECT 'retries', i.*
    FROM @extschema@.llmw_increase_interval(e.retried_runs, e.runs, e.seen_retried, e.seen_runs) i
    ORDER BY increase DESC, what
    LIMIT 1
) AS worse
ORDER BY e.subject, e.to_model
$$;
COMMENT ON FUNCTION @extschema@.downgrade_candidates(timestamptz) IS
    'For each agent with a model and each category with runs since a time: the cheaper models, '
    'what is known of them, and what is missing until propose_downgrades() proposes one. Columns '
    'as in llm_model_proposals. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.downgrade_candidates(timestamptz) FROM PUBLIC;

CREATE FUNCTION @extschema@.propose_downgrades(
    since timestamptz DEFAULT now() - interval '90 days'
) RETURNS SETOF @extschema@.llm_model_proposals
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    proposal @extschema@.llm_model_proposals;
BEGIN
    LOCK TABLE @extschema@.llm_model_proposals IN SHARE ROW EXCLUSIVE MODE;
    PERFORM @extschema@.llmw_supersede_proposals();
    FOR proposal IN
        INSERT INTO @extschema@.llm_model_proposals (
            agent, category, complexity, from_model, to_model, runs, failed_runs, failure_rate,
            failure_low, failure_high, retried_runs, retry_rate, issues, coverage, stable_coverage,
            predicted_failure_rate, predicted_retry_rate, predicted_increase, increase_low,
            increase_high, cost_per_run_usd, predicted_cost_per_run_usd, expected_saving_usd,
            replay)
        SELECT DISTINCT ON (c.subject)
               c.agent, c.category, c.complexity, c.from_model, c.to_model, c.runs, c.failed_runs,
               c.failure_rate, c.failure_low, c.failure_high, c.retried_runs, c.retry_rate,
               c.issues, c.coverage, c.stable_coverage, c.predicted_failure_rate,
               c.predicted_retry_rate, c.predicted_increase, c.increase_low, c.increase_high,
               c.cost_per_run_usd, c.predicted_cost_per_run_usd, c.expected_saving_usd, c.replay
        FROM @extschema@.downgrade_candidates(since) c
        WHERE c.missing = '{}'
        ORDER BY c.subject, c.expected_saving_usd DESC, c.to_model
        RETURNING *
    LOOP
        PERFORM @extschema@.llmw_write_proposal_event(
            'PROPOSAL_CREATED', proposal, jsonb_build_object(
            'runs', proposal.runs, 'failure_rate', proposal.failure_rate,
            'retry_rate', proposal.retry_rate, 'coverage', proposal.coverage,
            'stable_coverage', proposal.stable_coverage,
            'predicted_failure_rate', proposal.predicted_failure_rate,
            'predicted_retry_rate', proposal.predicted_retry_rate,
            'predicted_increase', proposal.predicted_increase,
            'expected_saving_usd', proposal.expected_saving_usd, 'replay', proposal.replay));
        RETURN NEXT proposal;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.propose_downgrades(timestamptz) IS
    'Proposes for each agent and category the cheaper model that would have saved most since a '
    'time, of those of which downgrade_candidates() misses nothing. Nothing changes until a person '
    'approves it. Writes the event PROPOSAL_CREATED. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.propose_downgrades(timestamptz) FROM PUBLIC;
