-- What came of an experiment so far, and what to conclude from it.
--
-- The statistics are those of src/core/sequential_test.hpp: they hold however often one looks.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_arms_add(internal, boolean, boolean) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE CALLED ON NULL INPUT
    AS 'MODULE_PATHNAME', 'llmw_arms_add';
COMMENT ON FUNCTION @extschema@.llmw_arms_add(internal, boolean, boolean) IS
    'Transition function of llmw_compare_arms().';

CREATE FUNCTION @extschema@.llmw_arms_compare(internal) RETURNS float8[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE CALLED ON NULL INPUT
    AS 'MODULE_PATHNAME', 'llmw_arms_compare';
COMMENT ON FUNCTION @extschema@.llmw_arms_compare(internal) IS
    'Final function of llmw_compare_arms().';

-- Combining the blocks of parallel workers would change which requests are in a block.
CREATE AGGREGATE @extschema@.llmw_compare_arms(is_candidate boolean, went_well boolean) (
    SFUNC = @extschema@.llmw_arms_add,
    STYPE = internal,
    SSPACE = 4000,
    FINALFUNC = @extschema@.llmw_arms_compare,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.llmw_compare_arms(boolean, boolean) IS
    'Compares how many requests of two arms went well, in the order in which they ended: the '
    'evidence that the arms differ, which for equal arms ever reaches 1/alpha with probability '
    'alpha at most, and the 95 % interval of the rate of the candidate less that of the control. '
    'NULL is not counted.';

CREATE FUNCTION @extschema@.llmw_quantile_ranks(count bigint, fraction float8, alpha float8)
    RETURNS bigint[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT
    AS 'MODULE_PATHNAME', 'llmw_quantile_ranks';
COMMENT ON FUNCTION @extschema@.llmw_quantile_ranks(bigint, float8, float8) IS
    'The ranks, from 1, of the two values between which a quantile lies, for all numbers of values '
    'at once; 0 and count + 1: no bound.';

CREATE FUNCTION @extschema@.llmw_existing_experiment(experiment text)
    RETURNS @extschema@.llm_experiments
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_row @extschema@.llm_experiments;
BEGIN
    IF experiment IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'the experiment must not be NULL';
    END IF;
    SELECT * INTO found_row FROM @extschema@.llm_experiments e WHERE e.experiment = $1;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = format('experiment "%s" does not exist', experiment),
            HINT = 'Choose an experiment of the table llm_experiments, or make it with '
                   'create_experiment().';
    END IF;
    RETURN found_row;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_existing_experiment(text) IS
    'The row of the experiment; an error for one that is not known.';

-- ---- Requests -----------------------------------------------------------------------------------

CREATE VIEW @extschema@.llm_experiment_requests AS
SELECT e.experiment,
       r.arm,
       r.request_id,
       r.submitted_at,
       r.finished_at,
       r.status = 'succeeded' AS succeeded,
       r.status = 'succeeded' AND r.fallback_reason IS NULL AND calls.rejected_answers = 0
           AS validation_success,
       r.fallback_reason IS NOT NULL AS fell_back,
       calls.retries,
       found.issues,
       r.outcome_succeeded,
       r.generation_time_ms,
       r.input_tokens,
       r.output_tokens,
       r.cost_usd
FROM @extschema@.llm_experiments e
JOIN @extschema@.workflow_requests r
  ON r.experiment = e.experiment AND r.submitted_at >= e.created_at
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE c.purpose IN ('retry', 'repair')) AS retries,
           count(*) FILTER (WHERE c.outcome IN ('validation_failed', 'truncated', 'refused'))
               AS rejected_answers
    FROM @extschema@.llm_calls c
    WHERE c.request_id = r.request_id
      AND c.started_at >= r.submitted_at
      AND c.started_at <= r.finished_at
) AS calls
CROSS JOIN LATERAL (
    SELECT count(*) AS issues
    FROM @extschema@.llm_issues i
    WHERE i.request_id = r.request_id
) AS found
WHERE r.status IN ('succeeded', 'failed')
  AND r.cached_from IS NULL;

COMMENT ON VIEW @extschema@.llm_experiment_requests IS
    'The requests of experiments that ended: those that were answered from the ledger or cancelled '
    'say nothing about a model. Reads the ledger.';
COMMENT ON COLUMN @extschema@.llm_experiment_requests.arm IS 'control or candidate.';
COMMENT ON COLUMN @extschema@.llm_experiment_requests.succeeded IS 'There is a workflow.';
COMMENT ON COLUMN @extschema@.llm_experiment_requests.validation_success IS
    'The model of the arm wrote it, and no answer was invalid, cut off or refused.';
COMMENT ON COLUMN @extschema@.llm_experiment_requests.fell_back IS
    'The model of the arm was left for another.';
COMMENT ON COLUMN @extschema@.llm_experiment_requests.retries IS 'Calls with purpose retry or repair.';
COMMENT ON COLUMN @extschema@.llm_experiment_requests.issues IS
    'Rows of llm_issues about its workflow.';

CREATE FUNCTION @extschema@.experiment_results(experiment text)
    RETURNS TABLE (
        arm text,
        model text,
        requests bigint,
        accepted_workflows bigint,
        success_rate numeric,
        validation_success_rate numeric,
        retries bigint,
        retry_rate numeric,
        fallbacks bigint,
        fallback_rate numeric,
        issues bigint,
        outcomes bigint,
        outcome_success_rate numeric,
        p50_ms bigint,
        p95_ms bigint,
        input_tokens numeric,
        output_tokens numeric,
        cost_usd numeric,
        cost_per_accepted_usd numeric
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000000 ROWS 2
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT a.arm,
       a.model,
       s.requests,
       s.accepted,
       round(100.0 * s.accepted / nullif(s.requests, 0), 2),
       round(100.0 * s.valid / nullif(s.requests, 0), 2),
       coalesce(s.retries, 0),
       round(100.0 * s.retried / nullif(s.requests, 0), 2),
       s.fallbacks,
       round(100.0 * s.fallbacks / nullif(s.requests, 0), 2),
       coalesce(s.issues, 0),
       s.outcomes,
       round(100.0 * s.good_outcomes / nullif(s.outcomes, 0), 2),
       s.p50_ms,
       s.p95_ms,
       coalesce(s.input_tokens, 0),
       coalesce(s.output_tokens, 0),
       trim_scale(s.cost_usd),
       trim_scale(round(s.cost_usd / nullif(s.accepted, 0), 12))
FROM @extschema@.llmw_existing_experiment(experiment_results.experiment) AS e
CROSS JOIN LATERAL (VALUES (1, 'control', e.control_model), (2, 'candidate', e.candidate_model))
    AS a (place, arm, model)
CROSS JOIN LATERAL (
    SELECT count(*) AS requests,
           count(*) FILTER (WHERE r.succeeded) AS accepted,
           count(*) FILTER (WHERE r.validation_success) AS valid,
           sum(r.retries)::bigint AS retries,
           count(*) FILTER (WHERE r.retries > 0) AS retried,
           count(*) FILTER (WHERE r.fell_back) AS fallbacks,
           sum(r.issues)::bigint AS issues,
           count(r.outcome_succeeded) AS outcomes,
           count(*) FILTER (WHERE r.outcome_succeeded) AS good_outcomes,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY r.generation_time_ms)
               FILTER (WHERE r.succeeded) AS p50_ms,
           percentile_disc(0.95) WITHIN GROUP (ORDER BY r.generation_time_ms)
               FILTER (WHERE r.succeeded) AS p95_ms,
           sum(r.input_tokens) AS input_tokens,
           sum(r.output_tokens) AS output_tokens,
           -- One cost that is not known makes the sum unknown.
           CASE WHEN count(*) = count(r.cost_usd) THEN coalesce(sum(r.cost_usd), 0) END AS cost_usd
    FROM @extschema@.llm_experiment_requests r
    WHERE r.experiment = e.experiment
      AND r.submitted_at >= e.created_at
      AND r.arm = a.arm
) AS s
ORDER BY a.place
$$;
COMMENT ON FUNCTION @extschema@.experiment_results(text) IS
    'The figures of both arms: requests that ended, accepted workflows, rates in percent of '
    'requests (outcome_success_rate: of outcomes), retries and fallbacks, median and 95th '
    'percentile of the time of an accepted workflow, tokens and cost of all calls.';

-- ---- Comparison ---------------------------------------------------------------------------------

-- Good is more in all measures. A request that failed did not do without a retry or a fallback.
CREATE FUNCTION @extschema@.llmw_compare_experiment(
    e @extschema@.llm_experiments,
    OUT place int,
    OUT measure text,
    OUT control_requests bigint,
    OUT candidate_requests bigint,
    OUT control float8,
    OUT candidate float8,
    OUT low float8,
    OUT high float8,
    OUT evidence float8
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1000000 ROWS 6
    SET search_path = pg_catalog, pg_temp
AS $$
WITH measured AS (
    SELECT m.place, m.measure, r.arm, m.went_well, r.finished_at, r.request_id
    FROM @extschema@.llm_experiment_requests r
    CROSS JOIN LATERAL (VALUES
        (1, 'validation_success', r.validation_success),
        (2, 'success', r.succeeded),
        (3, 'no_retry', r.succeeded AND r.retries = 0),
        (4, 'no_fallback', r.succeeded AND NOT r.fell_back),
        (5, 'no_issue', CASE WHEN r.succeeded THEN r.issues = 0 END),
        (6, 'outcome_success', r.outcome_succeeded)
    ) AS m (place, measure, went_well)
    WHERE r.experiment = e.experiment
      AND r.submitted_at >= e.created_at
      AND m.went_well IS NOT NULL
), compared AS (
    SELECT m.place, m.measure,
           count(*) FILTER (WHERE m.arm = 'control') AS control_requests,
           count(*) FILTER (WHERE m.arm = 'candidate') AS candidate_requests,
           avg(m.went_well::int) FILTER (WHERE m.arm = 'control') AS control,
           avg(m.went_well::int) FILTER (WHERE m.arm = 'candidate') AS candidate,
           @extschema@.llmw_compare_arms(m.arm = 'candidate', m.went_well
                                         ORDER BY m.finished_at, m.request_id) AS result
    FROM measured m
    GROUP BY m.place, m.measure
)
SELECT c.place, c.measure, c.control_requests, c.candidate_requests, c.control, c.candidate,
       c.result[2], c.result[3], c.result[1]
FROM compared c
ORDER BY c.place
$$;
COMMENT ON FUNCTION @extschema@.llmw_compare_experiment(@extschema@.llm_experiments) IS
    'Each measure of an experiment: the rates of the arms, as shares, the interval of their '
    'difference and the evidence that they differ.';

CREATE FUNCTION @extschema@.llmw_compare_times(
    e @extschema@.llm_experiments,
    OUT place int,
    OUT measure text,
    OUT control_requests bigint,
    OUT candidate_requests bigint,
    OUT control bigint,
    OUT candidate bigint,
    OUT low bigint,
    OUT high bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1000000 ROWS 2
    SET search_path = pg_catalog, pg_temp
AS $$
WITH times AS (
    SELECT count(*) FILTER (WHERE r.arm = 'control') AS controls,
           count(*) FILTER (WHERE r.arm = 'candidate') AS candidates,
           array_agg(r.generation_time_ms ORDER BY r.generation_time_ms)
               FILTER (WHERE r.arm = 'control') AS control,
           array_agg(r.generation_time_ms ORDER BY r.generation_time_ms)
               FILTER (WHERE r.arm = 'candidate') AS candidate
    FROM @extschema@.llm_experiment_requests r
    WHERE r.experiment = e.experiment
      AND r.submitted_at >= e.created_at
      AND r.succeeded
      AND r.generation_time_ms IS NOT NULL
)
-- 2.5 % for each arm are 5 % for their difference. There is nothing at ranks 0 and count + 1.
SELECT q.place, q.measure, t.controls, t.candidates,
       t.control[ceil(t.controls * q.fraction)::int],
       t.candidate[ceil(t.candidates * q.fraction)::int],
       t.candidate[candidate_ranks.of[1]] - t.control[control_ranks.of[2]],
       t.candidate[candidate_ranks.of[2]] - t.control[control_ranks.of[1]]
FROM times t
CROSS JOIN (VALUES (7, 'p50_ms', 0.5), (8, 'p95_ms', 0.95)) AS q (place, measure, fraction)
CROSS JOIN LATERAL (
    SELECT @extschema@.llmw_quantile_ranks(t.controls, q.fraction, 0.025)) AS control_ranks (of)
CROSS JOIN LATERAL (
    SELECT @extschema@.llmw_quantile_ranks(t.candidates, q.fraction, 0.025)) AS candidate_ranks (of)
ORDER BY q.place
$$;
COMMENT ON FUNCTION @extschema@.llmw_compare_times(@extschema@.llm_experiments) IS
    'Quantiles of the time of an accepted workflow in both arms, in milliseconds, and the 95 % '
    'interval of their difference.';

CREATE FUNCTION @extschema@.llmw_metric_measure(metric text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
RETURN CASE metric WHEN 'retry' THEN 'no_retry' WHEN 'fallback' THEN 'no_fallback' ELSE metric END;
COMMENT ON FUNCTION @extschema@.llmw_metric_measure(text) IS
    'The measure that is llm_experiments.metric, so that more of it is better.';

CREATE FUNCTION @extschema@.experiment_comparison(experiment text)
    RETURNS TABLE (
        measure text,
        is_metric boolean,
        control_requests bigint,
        candidate_requests bigint,
        control numeric,
        candidate numeric,
        difference numeric,
        difference_low numeric,
        difference_high numeric,
        evidence numeric,
        finding text
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000000 ROWS 8
    SET search_path = pg_catalog, pg_temp
AS $$
WITH compared AS (
    SELECT c.place, c.measure, c.measure = @extschema@.llmw_metric_measure(e.metric) AS is_metric,
           c.control_requests, c.candidate_requests,
           (100 * c.control)::numeric AS control, (100 * c.candidate)::numeric AS candidate,
           (100 * (c.candidate - c.control))::numeric AS difference,
           (100 * c.low)::numeric AS low, (100 * c.high)::numeric AS high,
           c.evidence::numeric AS evidence,
           CASE WHEN c.low > 0 THEN 'better' WHEN c.high < 0 THEN 'worse' ELSE 'not clear' END
               AS finding
    FROM @extschema@.llmw_existing_experiment(experiment_comparison.experiment) AS e
    CROSS JOIN LATERAL @extschema@.llmw_compare_experiment(e) AS c
    UNION ALL
    SELECT t.place, t.measure, false, t.control_requests, t.candidate_requests, t.control,
           t.candidate, t.candidate - t.control, t.low, t.high, NULL,
           CASE WHEN t.low > 0 THEN 'slower' WHEN t.high < 0 THEN 'faster' ELSE 'not clear' END
    FROM @extschema@.llmw_existing_experiment(experiment_comparison.experiment) AS e
    CROSS JOIN LATERAL @extschema@.llmw_compare_times(e) AS t
)
SELECT c.measure, c.is_metric, c.control_requests, c.candidate_requests, round(c.control, d.digits),
       round(c.candidate, d.digits), round(c.difference, d.digits), round(c.low, d.digits),
       round(c.high, d.digits), trim_scale(round(c.evidence, 2)), c.finding
FROM compared c
CROSS JOIN LATERAL (SELECT CASE WHEN c.evidence IS NULL THEN 0 ELSE 2 END AS digits) AS d
ORDER BY c.place
$$;
COMMENT ON FUNCTION @extschema@.experiment_comparison(text) IS
    'How do the arms compare? A row a measure. Rates are in percent of the requests that went well '
    'by it, differences are candidate less control in percentage points; times are in '
    'milliseconds. The intervals hold at 95 % for each measure, however often one looks. evidence: '
    'that the arms differ; equal arms ever reach 1/alpha with probability alpha at most.';

-- ---- Verdict ------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.experiment_verdict(
    experiment text,
    OUT verdict text,
    OUT reason text,
    OUT control_requests bigint,
    OUT candidate_requests bigint,
    OUT gain numeric,
    OUT gain_low numeric,
    OUT gain_high numeric,
    OUT time_ratio numeric,
    OUT required_gain numeric
) RETURNS record
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000000
    SET search_path = pg_catalog, pg_temp
AS $$
WITH asked AS MATERIALIZED (
    SELECT e.*, @extschema@.llmw_metric_measure(e.metric) AS measure
    FROM @extschema@.llmw_existing_experiment(experiment_verdict.experiment) AS e
), compared AS MATERIALIZED (
    SELECT c.*
    FROM @extschema@.experiment_comparison(experiment_verdict.experiment) AS c
), figures AS (
    SELECT a.minimum_sample, a.measure,
           coalesce(m.control_requests, 0) AS controls,
           coalesce(m.candidate_requests, 0) AS candidates,
           m.difference AS gain, m.difference_low AS low, m.difference_high AS high,
           t.candidate / nullif(t.control, 0) AS ratio,
           round(a.points_per_doubling
                 * greatest(0, coalesce(log(2, nullif(t.candidate / nullif(t.control, 0), 0)), 0)),
                 2) AS required,
           (SELECT string_agg(c.measure, ', ') FROM compared c WHERE c.finding = 'worse') AS worse
    FROM asked a
    LEFT JOIN compared m ON m.measure = a.measure
    LEFT JOIN compared t ON t.measure = 'p50_ms'
)
SELECT v.verdict, v.reason, f.controls, f.candidates, f.gain, f.low, f.high, round(f.ratio, 2),
       f.required
FROM figures f
CROSS JOIN LATERAL (
    SELECT CASE
               WHEN least(f.controls, f.candidates) < f.minimum_sample THEN 'wait'
               WHEN f.worse IS NOT NULL OR f.high < f.required THEN 'keep'
               WHEN f.low > 0 AND f.low >= f.required THEN 'adopt'
               ELSE 'wait'
           END,
           CASE
               WHEN least(f.controls, f.candidates) < f.minimum_sample
                   THEN format('too few requests: %s and %s of %s', f.controls, f.candidates,
                               f.minimum_sample)
               WHEN f.worse IS NOT NULL
                   THEN format('the candidate is worse: %s', f.worse)
               WHEN f.high < f.required
                   THEN format('its gain is below the %s points that being %s times as slow costs',
                               f.required, round(f.ratio, 2))
               WHEN f.low > 0 AND f.low >= f.required AND f.required > 0
                   THEN format('its gain is above the %s points that being %s times as slow costs',
                               f.required, round(f.ratio, 2))
               WHEN f.low > 0 AND f.low >= f.required
                   THEN concat('it gains', CASE WHEN f.ratio <= 1 THEN ', and takes no longer' END)
               WHEN f.low > 0
                   THEN format('it gains, but maybe not the %s points that being %s times as slow '
                               'costs', f.required, round(f.ratio, 2))
               ELSE 'whether the candidate gains is not clear'
           END
) AS v (verdict, reason)
$$;
COMMENT ON FUNCTION @extschema@.experiment_verdict(text) IS
    'What to do: adopt, keep (the control) or wait, and why. gain is that of the metric in '
    'percentage points with its interval, time_ratio the median time of the candidate as a '
    'multiple of the control''s, and required_gain what being slower costs. adopt: the whole '
    'interval is above 0 and not below required_gain, both arms have minimum_sample requests, and '
    'no measure is clearly worse. Holds however often one looks.';
