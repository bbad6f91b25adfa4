-- How good the documents are: accepted at once, cut, refused, asked for again, run with success.
-- Days are days in UTC, read one by one, as in the views before.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE VIEW @extschema@.workflow_fallback_reasons AS
SELECT days.day,
       counted.reason,
       counted.fallback_requests,
       counted.generated_requests,
       round(100.0 * counted.fallback_requests / counted.generated_requests, 2) AS fallback_rate
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    SELECT r.fallback_reason AS reason,
           count(*) AS fallback_requests,
           (sum(count(*)) OVER ())::bigint AS generated_requests
    FROM @extschema@.workflow_requests r
    WHERE r.submitted_at >= days.begins
      AND r.submitted_at < days.ends
      AND r.status = 'succeeded'
      AND r.cached_from IS NULL
    GROUP BY r.fallback_reason
) AS counted
WHERE counted.reason IS NOT NULL;

COMMENT ON VIEW @extschema@.workflow_fallback_reasons IS
    'Why was the primary model left? By day and reason, of the requests that were generated; the '
    'rates of a day''s reasons add up to its rate in workflow_fallback_rate.';
COMMENT ON COLUMN @extschema@.workflow_fallback_reasons.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_fallback_reasons.fallback_requests IS
    'Generated requests for which the primary model was left for this reason.';
COMMENT ON COLUMN @extschema@.workflow_fallback_reasons.generated_requests IS
    'All generated requests of the day.';
COMMENT ON COLUMN @extschema@.workflow_fallback_reasons.fallback_rate IS
    'fallback_requests in percent of generated_requests.';

CREATE VIEW @extschema@.workflow_quality AS
SELECT days.day,
       counted.model,
       counted.format,
       counted.answers,
       counted.checked_answers,
       counted.valid_answers,
       round(100.0 * counted.valid_answers / nullif(counted.checked_answers, 0), 2)
           AS validation_success_rate,
       counted.truncated_answers,
       round(100.0 * counted.truncated_answers / counted.answers, 2) AS truncation_rate,
       counted.refused_answers,
       round(100.0 * counted.refused_answers / counted.answers, 2) AS refusal_rate
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    WITH ended AS MATERIALIZED (
        SELECT r.request_id, r.finished_at, r.format
        FROM @extschema@.workflow_requests r
        WHERE r.submitted_at >= days.begins
          AND r.submitted_at < days.ends
          AND r.status NOT IN ('queued', 'running')
    )
    SELECT c.model,
           e.format,
           count(*) AS answers,
           count(*) FILTER (WHERE c.outcome IN ('ok', 'validation_failed')) AS checked_answers,
           count(*) FILTER (WHERE c.outcome = 'ok') AS valid_answers,
           count(*) FILTER (WHERE c.outcome = 'truncated') AS truncated_answers,
           count(*) FILTER (WHERE c.outcome = 'refused') AS refused_answers
    FROM ended e
    JOIN @extschema@.llm_calls c
      ON c.request_id = e.request_id
     AND c.outcome IN ('ok', 'validation_failed', 'truncated', 'refused')
     AND c.started_at >= days.begins
     AND c.started_at <= (SELECT max(finished_at) FROM ended)
    GROUP BY c.model, e.format
) AS counted;

COMMENT ON VIEW @extschema@.workflow_quality IS
    'How often are a model''s answers valid, cut or refused? By day, model and format, of the '
    'calls that were answered, of requests that ended.';
COMMENT ON COLUMN @extschema@.workflow_quality.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_quality.answers IS
    'Calls with the outcome ok, validation_failed, truncated or refused.';
COMMENT ON COLUMN @extschema@.workflow_quality.checked_answers IS
    'Answers that were neither cut nor refused: their document was checked.';
COMMENT ON COLUMN @extschema@.workflow_quality.validation_success_rate IS
    'valid_answers in percent of checked_answers; NULL when none was checked.';
COMMENT ON COLUMN @extschema@.workflow_quality.truncation_rate IS
    'truncated_answers in percent of answers.';
COMMENT ON COLUMN @extschema@.workflow_quality.refusal_rate IS
    'refused_answers in percent of answers.';

CREATE VIEW @extschema@.workflow_regenerations AS
SELECT days.day,
       counted.format,
       counted.requests,
       counted.regenerations,
       round(100.0 * counted.regenerations / counted.requests, 2) AS regeneration_rate
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    SELECT r.format,
           count(*) AS requests,
           count(r.parent_request_id) AS regenerations
    FROM @extschema@.workflow_requests r
    WHERE r.submitted_at >= days.begins
      AND r.submitted_at < days.ends
      AND r.status NOT IN ('queued', 'running')
    GROUP BY r.format
) AS counted;

COMMENT ON VIEW @extschema@.workflow_regenerations IS
    'How often was a workflow not as wanted, and made again by regenerate_workflow()? By day and '
    'format, of the requests that ended.';
COMMENT ON COLUMN @extschema@.workflow_regenerations.day IS
    'Day in UTC of submission; of a regeneration, not of what it regenerates.';
COMMENT ON COLUMN @extschema@.workflow_regenerations.regenerations IS
    'Of requests those that regenerate another one.';
COMMENT ON COLUMN @extschema@.workflow_regenerations.regeneration_rate IS
    'regenerations in percent of requests.';

CREATE VIEW @extschema@.workflow_outcomes AS
SELECT days.day,
       counted.generator,
       counted.workflows,
       counted.recorded_outcomes,
       counted.succeeded_outcomes,
       round(100.0 * counted.succeeded_outcomes / nullif(counted.recorded_outcomes, 0), 2)
           AS outcome_success_rate
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    SELECT r.generator_used AS generator,
           count(*) AS workflows,
           count(r.outcome_succeeded) AS recorded_outcomes,
           count(*) FILTER (WHERE r.outcome_succeeded) AS succeeded_outcomes
    FROM @extschema@.workflow_requests r
    WHERE r.submitted_at >= days.begins
      AND r.submitted_at < days.ends
      AND r.status = 'succeeded'
    GROUP BY r.generator_used
) AS counted;

COMMENT ON VIEW @extschema@.workflow_outcomes IS
    'How often did running the workflow succeed? By day and the model that made it, as '
    'record_workflow_outcome() was told.';
COMMENT ON COLUMN @extschema@.workflow_outcomes.day IS
    'Day in UTC on which the workflow was asked for, not of its run.';
COMMENT ON COLUMN @extschema@.workflow_outcomes.workflows IS
    'Requests that succeeded, answered from the ledger or not: what could be run.';
COMMENT ON COLUMN @extschema@.workflow_outcomes.recorded_outcomes IS
    'Those of them of which the outcome is known.';
COMMENT ON COLUMN @extschema@.workflow_outcomes.outcome_success_rate IS
    'succeeded_outcomes in percent of recorded_outcomes; NULL when none is known.';
