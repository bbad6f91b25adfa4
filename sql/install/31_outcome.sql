-- What became of a workflow when it was run, which only whoever ran it knows.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.record_workflow_outcome(
    request_id uuid,
    succeeded boolean,
    details jsonb DEFAULT '{}'
) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE CALLED ON NULL INPUT COST 1000
    AS 'MODULE_PATHNAME', 'llmw_record_workflow_outcome';
COMMENT ON FUNCTION @extschema@.record_workflow_outcome(uuid, boolean, jsonb) IS
    'Notes whether running the workflow of a request succeeded, in the caller''s transaction. What '
    'was noted last counts; each time is an event, with details. For the role that made the '
    'request, and for roles that may read workflow_requests.';
