-- How fast and how sure providers and requests are. Days are days in UTC, read one by one, as in
-- the views before. Percentiles are exact: of the sorted times, interpolated.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE VIEW @extschema@.llm_latency AS
SELECT days.day,
       timed.model,
       timed.calls,
       round(timed.mean, 1) AS mean_ms,
       round(timed.percentiles[1]::numeric, 1) AS p50_ms,
       round(timed.percentiles[2]::numeric, 1) AS p95_ms,
       round(timed.percentiles[3]::numeric, 1) AS p99_ms,
       timed.max_ms
FROM @extschema@.llmw_call_days AS days
CROSS JOIN LATERAL (
    SELECT c.model,
           count(*) AS calls,
           avg(c.latency_ms) AS mean,
           percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY c.latency_ms)
               AS percentiles,
           max(c.latency_ms) AS max_ms
    FROM @extschema@.llm_calls c
    WHERE c.started_at >= days.begins
      AND c.started_at < days.ends
      AND c.outcome NOT IN ('cancelled', 'lost')
    GROUP BY c.model
) AS timed;

COMMENT ON VIEW @extschema@.llm_latency IS
    'How long do providers take? By day and model, of all calls but those that were cancelled or '
    'lost: timeouts count with the time that was waited.';
COMMENT ON COLUMN @extschema@.llm_latency.day IS 'Day in UTC on which the calls started.';
COMMENT ON COLUMN @extschema@.llm_latency.mean_ms IS 'Milliseconds, as all times here.';
COMMENT ON COLUMN @extschema@.llm_latency.p95_ms IS
    'The time that 95 % of the calls do not exceed.';

CREATE VIEW @extschema@.workflow_latency AS
SELECT days.day,
       timed.requests,
       round(timed.mean_total, 1) AS mean_total_ms,
       round(timed.total[1]::numeric, 1) AS p50_total_ms,
       round(timed.total[2]::numeric, 1) AS p95_total_ms,
       round(timed.total[3]::numeric, 1) AS p99_total_ms,
       round(timed.mean_queue, 1) AS mean_queue_ms,
       round(timed.queue[1]::numeric, 1) AS p50_queue_ms,
       round(timed.queue[2]::numeric, 1) AS p95_queue_ms,
       round(timed.queue[3]::numeric, 1) AS p99_queue_ms
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    SELECT count(*) AS requests,
           avg(r.total_time_ms) AS mean_total,
           percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY r.total_time_ms)
               AS total,
           avg(r.queue_time_ms) AS mean_queue,
           percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY r.queue_time_ms)
               AS queue
    FROM @extschema@.workflow_requests r
    WHERE r.submitted_at >= days.begins
      AND r.submitted_at < days.ends
      AND r.status IN ('succeeded', 'failed')
      AND r.cached_from IS NULL
      AND r.total_time_ms IS NOT NULL
      AND r.queue_time_ms IS NOT NULL
) AS timed
WHERE timed.requests > 0;

COMMENT ON VIEW @extschema@.workflow_latency IS
    'How long do requests take, and how long of that do they wait for the worker? By day, of the '
    'requests that succeeded or failed and were not answered from the ledger.';
COMMENT ON COLUMN @extschema@.workflow_latency.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_latency.mean_total_ms IS
    'Milliseconds from when the request was due to its end (workflow_requests.total_time_ms).';
COMMENT ON COLUMN @extschema@.workflow_latency.p95_total_ms IS
    'The time that 95 % of the requests do not exceed.';
COMMENT ON COLUMN @extschema@.workflow_latency.mean_queue_ms IS
    'Milliseconds of that until the worker took it (workflow_requests.queue_time_ms).';

CREATE VIEW @extschema@.llm_error_rate AS
SELECT days.day,
       counted.model,
       counted.calls,
       counted.api_error_calls + counted.timeout_calls + counted.rate_limited_calls
           + counted.lost_calls AS error_calls,
       round(100.0 * (counted.api_error_calls + counted.timeout_calls + counted.rate_limited_calls
                      + counted.lost_calls) / counted.calls, 2) AS error_rate,
       counted.api_error_calls,
       counted.timeout_calls,
       counted.rate_limited_calls,
       counted.lost_calls
FROM @extschema@.llmw_call_days AS days
CROSS JOIN LATERAL (
    SELECT c.model,
           count(*) AS calls,
           count(*) FILTER (WHERE c.outcome = 'api_error') AS api_error_calls,
           count(*) FILTER (WHERE c.outcome = 'timeout') AS timeout_calls,
           count(*) FILTER (WHERE c.outcome = 'rate_limited') AS rate_limited_calls,
           count(*) FILTER (WHERE c.outcome = 'lost') AS lost_calls
    FROM @extschema@.llm_calls c
    WHERE c.started_at >= days.begins
      AND c.started_at < days.ends
      AND c.outcome <> 'cancelled'
    GROUP BY c.model
) AS counted;

COMMENT ON VIEW @extschema@.llm_error_rate IS
    'How often do providers fail? By day and model, by class; llm_errors says more of each.';
COMMENT ON COLUMN @extschema@.llm_error_rate.day IS 'Day in UTC on which the calls started.';
COMMENT ON COLUMN @extschema@.llm_error_rate.calls IS 'All calls that were not cancelled.';
COMMENT ON COLUMN @extschema@.llm_error_rate.error_calls IS
    'Calls with the outcome api_error, timeout, rate_limited or lost.';
COMMENT ON COLUMN @extschema@.llm_error_rate.error_rate IS 'error_calls in percent of calls.';

CREATE VIEW @extschema@.llm_errors AS
SELECT days.day,
       counted.model,
       counted.outcome,
       counted.http_status,
       counted.error_code,
       counted.error_calls,
       counted.calls,
       round(100.0 * counted.error_calls / counted.calls, 2) AS error_rate
FROM @extschema@.llmw_call_days AS days
CROSS JOIN LATERAL (
    SELECT c.model,
           c.outcome,
           c.http_status,
           c.error_code,
           count(*) AS error_calls,
           (sum(count(*)) OVER (PARTITION BY c.model))::bigint AS calls
    FROM @extschema@.llm_calls c
    WHERE c.started_at >= days.begins
      AND c.started_at < days.ends
      AND c.outcome <> 'cancelled'
    GROUP BY c.model, c.outcome, c.http_status, c.error_code
) AS counted
WHERE counted.outcome IN ('api_error', 'timeout', 'rate_limited', 'lost');

COMMENT ON VIEW @extschema@.llm_errors IS
    'With what do providers fail? By day, model, outcome, HTTP status and error code.';
COMMENT ON COLUMN @extschema@.llm_errors.day IS 'Day in UTC on which the calls started.';
COMMENT ON COLUMN @extschema@.llm_errors.http_status IS 'NULL: no answer came.';
COMMENT ON COLUMN @extschema@.llm_errors.error_code IS 'llm_calls.error_code.';
COMMENT ON COLUMN @extschema@.llm_errors.calls IS
    'All calls of the model on that day that were not cancelled.';
COMMENT ON COLUMN @extschema@.llm_errors.error_rate IS 'error_calls in percent of calls.';

-- It shows texts of single requests: what the caller may not read of the tables is not here either.
CREATE VIEW @extschema@.workflow_failures WITH (security_invoker) AS
SELECT days.day, failed.*
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    SELECT r.submitted_at,
           r.finished_at,
           r.request_id,
           r.role_name,
           r.agent,
           r.format,
           CASE r.error_code
               WHEN 'LW001' THEN 'validation_failed'
               WHEN 'LW002' THEN 'api_error'
               WHEN 'LW003' THEN 'timeout'
               WHEN 'LW004' THEN 'rate_limited'
               WHEN 'LW005' THEN 'truncated'
               WHEN 'LW006' THEN 'refused'
               WHEN 'LW007' THEN 'context_window_exceeded'
               WHEN 'LW008' THEN 'circuit_open'
               WHEN 'LW009' THEN 'credentials_missing'
               WHEN 'LW010' THEN 'budget'
               WHEN 'LW011' THEN 'lost'
               WHEN 'LW012' THEN 'set_aside'
           END AS reason,
           r.error_code,
           r.error_message,
           latest.attempt AS calls,
           latest.model,
           latest.http_status,
           r.cost_usd,
           left(r.prompt, 200) AS prompt
    FROM @extschema@.workflow_requests r
    LEFT JOIN LATERAL (
        SELECT c.attempt, c.model, c.http_status
        FROM @extschema@.llm_calls c
        WHERE c.request_id = r.request_id
          AND c.started_at >= r.submitted_at
          AND c.started_at <= r.finished_at
        ORDER BY c.attempt DESC
        LIMIT 1
    ) AS latest ON true
    WHERE r.submitted_at >= days.begins
      AND r.submitted_at < days.ends
      AND r.status = 'failed'
    OFFSET 0  -- planned by itself, for a day: else for a ninth of all days, and so compiled
) AS failed;

COMMENT ON VIEW @extschema@.workflow_failures IS
    'Which requests failed, and why? One row each; ORDER BY submitted_at DESC for the latest.';
COMMENT ON COLUMN @extschema@.workflow_failures.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_failures.reason IS
    'What error_code means, in a word; NULL for PostgreSQL''s own. docs/errors.md lists both.';
COMMENT ON COLUMN @extschema@.workflow_failures.calls IS 'How many calls it took; NULL: none.';
COMMENT ON COLUMN @extschema@.workflow_failures.model IS 'The model that was asked last.';
COMMENT ON COLUMN @extschema@.workflow_failures.http_status IS
    'That of the last answer; NULL when there was none.';
COMMENT ON COLUMN @extschema@.workflow_failures.cost_usd IS
    'What the request cost all the same; NULL when a price was not known.';
COMMENT ON COLUMN @extschema@.workflow_failures.prompt IS
    'The first 200 characters of the description; NULL when it was not stored.';
