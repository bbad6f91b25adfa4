-- What invalid documents cost. Days are days in UTC, read one by one, as in the views before.

-- Calls are read once for all requests of a day that had an invalid document: looking up what came
-- after each such call would take a look-up for each.
CREATE VIEW @extschema@.workflow_validation_failures AS
SELECT days.day, summed.*
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    WITH requests AS MATERIALIZED (
        SELECT r.request_id, r.submitted_at, r.finished_at, r.format
        FROM @extschema@.workflow_requests r
        WHERE r.submitted_at >= days.begins
          AND r.submitted_at < days.ends
          AND r.status NOT IN ('queued', 'running')
    ), last_finish AS MATERIALIZED (
        -- Jobs are called long after they were submitted: how long is looked up, to bound the calls.
        SELECT max(finished_at) AS at FROM requests
    ), invalid AS MATERIALIZED (
        SELECT DISTINCT c.request_id
        FROM @extschema@.llm_calls c
        WHERE c.outcome = 'validation_failed'
          AND c.started_at >= days.begins
          AND c.started_at <= (SELECT at FROM last_finish)
    ), calls AS (
        SELECT c.request_id, r.format, c.model, c.outcome, c.validation_codes, c.cost_usd,
               bool_or(c.purpose = 'repair' AND c.outcome = 'ok') OVER later_of_model
                   AS repaired_later,
               count(*) OVER later > count(*) OVER later_of_model AS another_later
        FROM invalid
        JOIN requests r ON r.request_id = invalid.request_id
        JOIN @extschema@.llm_calls c
          ON c.request_id = r.request_id
         AND c.started_at >= days.begins
         AND c.started_at <= (SELECT at FROM last_finish)
         AND c.started_at >= r.submitted_at
         AND c.started_at <= r.finished_at
        WINDOW later AS (PARTITION BY c.request_id ORDER BY c.attempt
                         ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
               later_of_model AS (PARTITION BY c.request_id, c.model ORDER BY c.attempt
                                  ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
    ), failed AS (
        -- What came after the last call with a code came after each of them.
        SELECT c.request_id, c.format, c.model, codes.code,
               count(*) AS calls,
               sum(c.cost_usd) AS cost_usd,
               count(*) FILTER (WHERE c.cost_usd IS NULL) AS unpriced_calls,
               bool_and(coalesce(c.repaired_later, false)) AS repaired,
               bool_and(c.another_later) AS fell_back
        FROM calls c
        CROSS JOIN LATERAL (SELECT DISTINCT unnest(c.validation_codes)) AS codes (code)
        WHERE c.outcome = 'validation_failed'
        GROUP BY c.request_id, c.format, c.model, codes.code
    )
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
           count(*) FILTER (WHERE failed.repaired) AS repaired,
           count(*) FILTER (WHERE failed.fell_back) AS fell_back
    FROM failed
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
