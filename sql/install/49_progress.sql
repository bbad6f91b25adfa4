-- What is being generated at the moment, as pg_stat_progress_* do it for commands.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE VIEW @extschema@.workflow_progress WITH (security_barrier) AS
SELECT p.request_id,
       p.role_name,
       p.state,
       p.model,
       p.server,
       p.purpose,
       p.attempt,
       p.calls_in_flight,
       p.submitted_at,
       p.run_at,
       clock_timestamp() - p.submitted_at AS elapsed,
       clock_timestamp() - p.call_started_at AS call_elapsed,
       p.input_tokens,
       p.output_tokens,
       p.cost_usd,
       p.worst_case_cost_usd
FROM (
    SELECT j.request_id,
           j.role_name,
           j.state,
           j.primary_model AS model,
           NULL::text AS server,
           NULL::text AS purpose,
           j.calls AS attempt,
           0 AS calls_in_flight,
           j.submitted_at,
           j.run_at,
           NULL::timestamptz AS call_started_at,
           j.input_tokens,
           j.output_tokens,
           j.cost_usd,
           NULL::numeric AS worst_case_cost_usd
    FROM @extschema@.workflow_jobs j
    WHERE j.state IN ('scheduled', 'queued')
    UNION ALL
    SELECT r.request_id,
           r.role_name,
           CASE WHEN flight.calls > 0 THEN 'calling' ELSE 'waiting' END,
           coalesce(flight.model, done.model),
           coalesce(flight.server, done.server),
           coalesce(flight.purpose, done.purpose),
           coalesce(greatest(flight.attempt, done.attempt), 0),
           flight.calls,
           r.submitted_at,
           NULL,
           flight.started_at,
           done.input_tokens,
           done.output_tokens,
           done.cost_usd,
           flight.worst_case_cost_usd
    FROM @extschema@.workflow_requests r
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS calls,
               (array_agg(i.model ORDER BY i.started_at DESC))[1] AS model,
               (array_agg(i.server ORDER BY i.started_at DESC))[1] AS server,
               (array_agg(i.purpose ORDER BY i.started_at DESC))[1] AS purpose,
               max(i.attempt) AS attempt,
               min(i.started_at) AS started_at,
               CASE WHEN count(*) = count(i.worst_case_cost_usd)
                   THEN sum(i.worst_case_cost_usd)
               END AS worst_case_cost_usd
        FROM @extschema@.llm_call_intents i
        WHERE i.request_id = r.request_id
    ) AS flight
    CROSS JOIN LATERAL (
        SELECT (array_agg(c.model ORDER BY c.started_at DESC))[1] AS model,
               (array_agg(c.server ORDER BY c.started_at DESC))[1] AS server,
               (array_agg(c.purpose ORDER BY c.started_at DESC))[1] AS purpose,
               max(c.attempt) AS attempt,
               coalesce(sum(c.input_tokens), 0)::bigint AS input_tokens,
               coalesce(sum(c.output_tokens), 0)::bigint AS output_tokens,
               CASE WHEN count(*) = count(c.cost_usd) THEN coalesce(sum(c.cost_usd), 0)
               END AS cost_usd
        FROM @extschema@.llm_calls c
        WHERE c.request_id = r.request_id
          AND c.started_at >= r.submitted_at
    ) AS done
    WHERE r.status = 'running'
) AS p
WHERE (SELECT @extschema@.llmw_reads_all_requests())
   OR p.role_name = ANY ((SELECT @extschema@.llmw_roles_of_caller())::name[]);

COMMENT ON VIEW @extschema@.workflow_progress IS
    'What is waiting or being generated now? A row for each request that has not ended. Roles see '
    'their own and those of roles they are in; those that may read workflow_requests see all.';
COMMENT ON COLUMN @extschema@.workflow_progress.state IS
    'scheduled: a job whose run_at lies ahead. queued: a job that is due. waiting: no call is on the '
    'wire, because of a limit, a delay between attempts, or work of the server. calling: the '
    'provider has it.';
COMMENT ON COLUMN @extschema@.workflow_progress.model IS
    'Of the latest call; of a job that has not begun, the model that is asked first.';
COMMENT ON COLUMN @extschema@.workflow_progress.server IS 'Of the latest call.';
COMMENT ON COLUMN @extschema@.workflow_progress.purpose IS
    'Of the latest call: primary, retry, repair, fallback or batch.';
COMMENT ON COLUMN @extschema@.workflow_progress.attempt IS
    'Number of the latest call of the request; 0 before the first.';
COMMENT ON COLUMN @extschema@.workflow_progress.calls_in_flight IS
    'Calls on the wire: more than one for the parts of a large document.';
COMMENT ON COLUMN @extschema@.workflow_progress.run_at IS
    'When the job is or was due; NULL when it is being worked on, and for sessions that wait.';
COMMENT ON COLUMN @extschema@.workflow_progress.elapsed IS 'Since submission.';
COMMENT ON COLUMN @extschema@.workflow_progress.call_elapsed IS
    'Since the oldest call on the wire began.';
COMMENT ON COLUMN @extschema@.workflow_progress.input_tokens IS 'Of the calls that have ended.';
COMMENT ON COLUMN @extschema@.workflow_progress.output_tokens IS 'Of the calls that have ended.';
COMMENT ON COLUMN @extschema@.workflow_progress.cost_usd IS
    'Of the calls that have ended; NULL when one has no known price.';
COMMENT ON COLUMN @extschema@.workflow_progress.worst_case_cost_usd IS
    'What the calls on the wire can cost at most; NULL when a price is not known.';
GRANT SELECT ON @extschema@.workflow_progress TO PUBLIC;
