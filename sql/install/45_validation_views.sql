-- What invalid documents cost. Days are days in UTC, read one by one, as in the views before.

CREATE VIEW @extschema@.workflow_validation_failures AS
SELECT days.day, summed.*
FROM (SELECT min(submitted_at) AS first, max(submitted_at) AS last
      FROM @extschema@.workflow_requests) AS span
CROSS JOIN LATERAL @extschema@.llmw_days(span.first, span.last) AS days (day)
-- Jobs are called long after they were submitted: how long is looked up, to bound the calls read.
CROSS JOIN LATERAL (
    SELECT max(r.finished_at) AS at
    FROM @extschema@.workflow_requests r
    WHERE r.submitted_at >= days.day::timestamp AT TIME ZONE 'UTC'
      AND r.submitted_at < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
) AS last_finish
CROSS JOIN LATERAL (
    SELECT failed.format,
           failed.model,
           failed.code,
           CASE
               WHEN starts_with(failed.code, 'schema_')
                   THEN 'the document breaks the keyword ' || substr(failed.code, 8)
                        || ' of its format''s JSON Schema'
               ELSE max(known.meaning)
           END AS meaning,
           sum(failed.calls)::bigint AS calls,
           count(*) AS requests,
           trim_scale(coalesce(sum(failed.cost_usd), 0)) AS cost_usd,
           sum(failed.unpriced_calls)::bigint AS unpriced_calls,
           count(*) FILTER (WHERE later.repaired) AS repaired,
           count(*) FILTER (WHERE later.fell_back) AS fell_back
    FROM (
        SELECT r.request_id, r.finished_at, r.format, c.model, codes.code,
               count(*) AS calls,
               sum(c.cost_usd) AS cost_usd,
               count(*) FILTER (WHERE c.cost_usd IS NULL) AS unpriced_calls,
               max(c.attempt) AS last_attempt
        FROM @extschema@.workflow_requests r
        JOIN @extschema@.llm_calls c
          ON c.request_id = r.request_id
         AND c.outcome = 'validation_failed'
         AND c.started_at >= days.day::timestamp AT TIME ZONE 'UTC'
         AND c.started_at <= last_finish.at
         AND c.started_at >= r.submitted_at
         AND c.started_at <= r.finished_at
        CROSS JOIN LATERAL (SELECT DISTINCT unnest(c.validation_codes)) AS codes (code)
        WHERE r.submitted_at >= days.day::timestamp AT TIME ZONE 'UTC'
          AND r.submitted_at < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
          AND r.status NOT IN ('queued', 'running')
        GROUP BY r.request_id, r.finished_at, r.format, c.model, codes.code
    ) AS failed
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(c.purpose = 'repair' AND c.outcome = 'ok'
                                AND c.model = failed.model), false) AS repaired,
               coalesce(bool_or(c.model <> failed.model), false) AS fell_back
        FROM @extschema@.llm_calls c
        WHERE c.request_id = failed.request_id
          AND c.attempt > failed.last_attempt
          AND c.started_at >= days.day::timestamp AT TIME ZONE 'UTC'
          AND c.started_at <= last_finish.at
          AND c.started_at <= failed.finished_at
    ) AS later
    LEFT JOIN @extschema@.workflow_validation_codes() AS known ON known.code = failed.code
    GROUP BY failed.format, failed.model, failed.code
) AS summed;

COMMENT ON VIEW @extschema@.workflow_validation_failures IS
    'Which faults of documents cost how much? By day, format, model and code, of the calls whose '
    'document was not accepted. A call with two codes counts in the rows of both, so sums over '
    'codes count it twice; workflow_costs_daily has the sums.';
COMMENT ON COLUMN @extschema@.workflow_validation_failures.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_validation_failures.meaning IS
    'As workflow_validation_codes() says; NULL for a code that it does not know.';
COMMENT ON COLUMN @extschema@.workflow_validation_failures.calls IS
    'Calls of the model whose document had the code.';
COMMENT ON COLUMN @extschema@.workflow_validation_failures.requests IS
    'Requests with such calls; one that was told the code twice counts once.';
COMMENT ON COLUMN @extschema@.workflow_validation_failures.cost_usd IS 'What these calls cost.';
COMMENT ON COLUMN @extschema@.workflow_validation_failures.unpriced_calls IS
    'Those of them whose price was not known: in no sum.';
COMMENT ON COLUMN @extschema@.workflow_validation_failures.repaired IS
    'Requests in which the same model then repaired its document: a later repair call was accepted.';
COMMENT ON COLUMN @extschema@.workflow_validation_failures.fell_back IS
    'Requests in which another model was then asked.';
