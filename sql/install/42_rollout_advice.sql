-- Whether the cheap model does well enough to be trusted with more, by the owner's thresholds.
--
-- A rate of a few requests says little: 0 of 20 may well be 10 % of all that come. So advice is
-- given only when the 95 % confidence interval lies on one side of the threshold. It is Wilson's
-- score interval (E. B. Wilson, Probable inference, the law of succession, and statistical
-- inference, JASA 22, 1927), which holds for small samples and for rates near 0, where the usual
-- one does not. A threshold t lies in it as long as |rate - t| <= z * sqrt(t * (1 - t) / n), which
-- solved for n tells how many requests are missing, if the rate stays. Fewer than 20 tell nothing.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_wilson_interval(
    hits bigint,
    trials bigint,
    OUT low numeric,
    OUT high numeric
) RETURNS record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 100 * (middle - half) / total, 100 * (middle + half) / total
    FROM (SELECT power(1.959964, 2) AS square) AS z
    CROSS JOIN LATERAL (
        SELECT hits + square / 2 AS middle,
               trials + square AS total,
               sqrt(square * (hits::numeric * (trials - hits) / nullif(trials, 0) + square / 4))
                   AS half
    ) AS parts;
END;
COMMENT ON FUNCTION @extschema@.llmw_wilson_interval(bigint, bigint) IS
    'Wilson''s 95 % confidence interval of a rate, in percent; NULL for no trials.';

CREATE FUNCTION @extschema@.llmw_trials_to_tell(hits bigint, trials bigint, threshold numeric)
    RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10
    SET search_path = pg_catalog, pg_temp
RETURN floor(power(1.959964, 2) * threshold * (100 - threshold)
             / nullif(power(100.0 * hits / nullif(trials, 0) - threshold, 2), 0)) + 1;
COMMENT ON FUNCTION @extschema@.llmw_trials_to_tell(bigint, bigint, numeric) IS
    'How many trials it takes in all, at the rate so far, until llmw_wilson_interval() lies on one '
    'side of a threshold in percent; NULL for no trials, and when the rate is the threshold.';

CREATE VIEW @extschema@.workflow_rollout_advice AS
WITH counted AS (
    SELECT CASE grouping(s.agent) WHEN 1 THEN 'all' ELSE 'agent' END AS scope,
           s.agent,
           coalesce(sum(s.succeeded_requests - s.cached_requests), 0)::bigint AS requests,
           coalesce(sum(s.fallback_requests), 0)::bigint AS fallback_requests,
           min(s.day) FILTER (WHERE s.succeeded_requests > s.cached_requests) AS first_day
    FROM @extschema@.llmw_stats_daily s
    WHERE s.facet = 'agent'
      AND s.day > (now() AT TIME ZONE 'UTC')::date - 28
    GROUP BY GROUPING SETS ((), (s.agent))
    HAVING grouping(s.agent) = 1
        OR s.agent <> '' AND sum(s.succeeded_requests - s.cached_requests) > 0
), measured AS (
    SELECT c.*,
           CASE
               WHEN c.first_day > (now() AT TIME ZONE 'UTC')::date - 7 THEN 1
               WHEN c.first_day > (now() AT TIME ZONE 'UTC')::date - 21 THEN 2
               ELSE 3
           END AS phase,
           interval_of.low,
           interval_of.high
    FROM counted c
    CROSS JOIN LATERAL @extschema@.llmw_wilson_interval(c.fallback_requests, c.requests)
        AS interval_of
), judged AS (
    SELECT m.*,
           CASE
               WHEN m.requests = 0 THEN 'no workflow was generated'
               WHEN m.requests < 20 THEN NULL
               WHEN m.low > 10 THEN 'above 10 %: improve the prompts of the primary model'
               WHEN m.phase = 1 AND m.high < 5 THEN 'below the target of 5 %: go on'
               WHEN m.phase = 1 AND m.low > 5
                   THEN 'above the target of 5 %: see workflow_fallback_reasons'
               WHEN m.phase = 2 AND m.high < 10 THEN 'not above 10 %: go on'
               WHEN m.phase = 3 AND m.high < 2
                   THEN 'below 2 %: consider removing the fallback for simple agents'
               WHEN m.phase = 3 AND m.high < 5
                   THEN 'below 5 %: consider disabling the fallback for some agents'
               WHEN m.phase = 3 AND m.low > 5 AND m.high < 10
                   THEN '5 to 10 %: keep the fallback and watch the rate'
           END AS advice
    FROM measured m
), told AS (
    SELECT j.*, missing.requests AS more_requests
    FROM judged j
    CROSS JOIN LATERAL (
        SELECT CASE
                   WHEN j.advice IS NULL AND count(*) = count(needed.trials)
                       THEN greatest(max(needed.trials) - j.requests, 20 - j.requests, 1)
               END AS requests
        FROM (VALUES (5, ARRAY[1, 3]), (10, ARRAY[2, 3])) AS asked (threshold, phases)
        CROSS JOIN LATERAL (
            SELECT @extschema@.llmw_trials_to_tell(j.fallback_requests, j.requests,
                                                   asked.threshold) AS trials
        ) AS needed
        WHERE j.phase = ANY (asked.phases)
          AND asked.threshold BETWEEN j.low AND j.high
    ) AS missing
)
SELECT t.scope,
       t.agent,
       t.requests,
       t.fallback_requests,
       round(100.0 * t.fallback_requests / nullif(t.requests, 0), 2) AS fallback_rate,
       round(t.low, 2) AS rate_low,
       round(t.high, 2) AS rate_high,
       t.first_day,
       CASE
           WHEN t.requests = 0 THEN NULL
           ELSE (ARRAY['1: soft launch', '2: confidence building', '3: cost optimization'])[t.phase]
       END AS phase,
       coalesce(t.advice,
                'too few requests to tell: ' || coalesce(t.more_requests || ' more at this rate',
                                                         'the rate is at the threshold')) AS advice,
       t.more_requests
FROM told t;

COMMENT ON VIEW @extschema@.workflow_rollout_advice IS
    'Is the fallback still needed? For all requests of the last 28 days, and for those of each '
    'agent: the fallback rate with its confidence interval, the phase of the roll-out, and what to '
    'do. Reads the roll-ups.';
COMMENT ON COLUMN @extschema@.workflow_rollout_advice.scope IS
    'all, or agent; requests without an agent are in all only.';
COMMENT ON COLUMN @extschema@.workflow_rollout_advice.requests IS
    'Generated requests: those that succeeded and were not answered from the ledger.';
COMMENT ON COLUMN @extschema@.workflow_rollout_advice.fallback_requests IS
    'Of requests those for which the primary model was left.';
COMMENT ON COLUMN @extschema@.workflow_rollout_advice.fallback_rate IS
    'fallback_requests in percent of requests; NULL when there are none.';
COMMENT ON COLUMN @extschema@.workflow_rollout_advice.rate_low IS
    'Lower end of Wilson''s 95 % confidence interval of the rate, in percent.';
COMMENT ON COLUMN @extschema@.workflow_rollout_advice.rate_high IS 'Its upper end, in percent.';
COMMENT ON COLUMN @extschema@.workflow_rollout_advice.first_day IS
    'The first of the 28 days with a generated request.';
COMMENT ON COLUMN @extschema@.workflow_rollout_advice.phase IS
    'By the weeks since first_day: the first is the soft launch, two and three build confidence, '
    'from the fourth on costs are optimized. The target of the first is below 5 %, of the second '
    'not above 10 %; the third asks below 2 % and below 5 %.';
COMMENT ON COLUMN @extschema@.workflow_rollout_advice.advice IS
    'What is sure: given only for 20 requests and more, when the whole interval is on one side of '
    'the phase''s threshold.';
COMMENT ON COLUMN @extschema@.workflow_rollout_advice.more_requests IS
    'When it is not sure: how many requests more make it so, if the rate stays; NULL when it is '
    'sure, and when the rate is the threshold.';
