-- The workers of this database, as they are now: for whoever watches.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_worker_status(
    OUT ordinal int,
    OUT state text,
    OUT pid int,
    OUT started_at timestamptz,
    OUT heartbeat_at timestamptz,
    OUT requests bigint,
    OUT calls_in_flight bigint,
    OUT calls_held bigint,
    OUT jobs bigint,
    OUT waiting_slots int,
    OUT max_waiting_slots int,
    OUT payload_bytes bigint,
    OUT max_payload_bytes bigint,
    OUT last_error text,
    OUT last_error_at timestamptz,
    OUT enabled boolean,
    OUT at_home boolean
) RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL RESTRICTED ROWS 2
    AS 'MODULE_PATHNAME', 'llmw_worker_status';
COMMENT ON FUNCTION @extschema@.llmw_worker_status() IS
    'What shared memory says about the workers of this database. Read by llm_workflow_status.';
REVOKE ALL ON FUNCTION @extschema@.llmw_worker_status() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.llmw_worker_status() TO pg_monitor;

CREATE VIEW @extschema@.llm_workflow_status AS
SELECT w.ordinal,
       w.state,
       w.pid,
       w.started_at,
       w.heartbeat_at,
       w.requests,
       w.calls_in_flight,
       w.calls_held,
       w.jobs,
       queue.queue_length,
       clock_timestamp() - queue.due_since AS oldest_queued,
       w.waiting_slots,
       w.max_waiting_slots,
       w.payload_bytes,
       w.max_payload_bytes,
       w.last_error,
       w.last_error_at,
       w.enabled,
       w.at_home
FROM @extschema@.llmw_worker_status() w
CROSS JOIN (SELECT count(*) AS queue_length, min(j.run_at) AS due_since
            FROM @extschema@.workflow_jobs j
            WHERE j.state = 'queued') AS queue;

COMMENT ON VIEW @extschema@.llm_workflow_status IS
    'Is the work going on? A row for each worker of this database, and one when none runs.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.ordinal IS
    'From 0 to below llm_workflow.workers_per_database.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.state IS
    'running; starting; stopped: none is needed now, or llm_workflow is not preloaded.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.pid IS 'As in pg_stat_activity.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.started_at IS 'When the worker began.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.heartbeat_at IS
    'When the worker last said what it does: each second while it works, else each 10 seconds.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.requests IS
    'Requests that the worker has at once: of waiting sessions, and jobs.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.calls_in_flight IS 'Calls on the wire.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.calls_held IS
    'Calls that wait for a limit of their server.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.jobs IS 'Jobs among the requests.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.queue_length IS
    'Jobs of this database that are due and that no worker has taken.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.oldest_queued IS
    'For how long the longest waiting of them has been due.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.waiting_slots IS
    'Sessions of all databases that wait for a result.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.max_waiting_slots IS
    'llm_workflow.max_waiting_requests.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.payload_bytes IS
    'What prompts and results on their way take, of all databases.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.max_payload_bytes IS
    'llm_workflow.payload_memory, in bytes.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.last_error IS
    'What last went wrong in the worker of this ordinal; the server log has all.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.last_error_at IS 'When that was.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.enabled IS 'llm_workflow.enabled.';
COMMENT ON COLUMN @extschema@.llm_workflow_status.at_home IS
    'False in a copy of a database: it makes no calls until llm_workflow_allow_here().';
GRANT SELECT ON @extschema@.llm_workflow_status TO pg_monitor;
