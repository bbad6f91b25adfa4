-- How the endpoints are, as the workers see them now. For those who monitor.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_endpoint_status(
    OUT server text,
    OUT model text,
    OUT state text,
    OUT in_flight int,
    OUT held int,
    OUT requests_last_minute int,
    OUT error_rate float8,
    OUT p50_ms bigint,
    OUT p95_ms bigint,
    OUT remaining_requests bigint,
    OUT remaining_tokens bigint,
    OUT opened_at timestamptz,
    OUT retry_at timestamptz,
    OUT last_error text
) RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL RESTRICTED STRICT ROWS 20
    AS 'MODULE_PATHNAME', 'llmw_endpoint_status';
COMMENT ON FUNCTION @extschema@.llmw_endpoint_status() IS
    'What llm_endpoint_status shows. Whoever is granted the view needs EXECUTE on it as well.';
REVOKE ALL ON FUNCTION @extschema@.llmw_endpoint_status() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.llmw_endpoint_status() TO pg_monitor;

CREATE VIEW @extschema@.llm_endpoint_status AS
SELECT e.server,
       e.model,
       e.state,
       e.in_flight,
       e.held,
       e.requests_last_minute,
       round(100 * e.error_rate::numeric, 2) AS error_rate,
       e.p50_ms,
       e.p95_ms,
       e.remaining_requests,
       e.remaining_tokens,
       e.opened_at,
       e.retry_at,
       e.last_error
FROM @extschema@.llmw_endpoint_status() e
ORDER BY e.server, e.model;
GRANT SELECT ON @extschema@.llm_endpoint_status TO pg_monitor;

COMMENT ON VIEW @extschema@.llm_endpoint_status IS
    'Which models at which servers are up, and what is left of their limits? The endpoints of this '
    'database that were called since the server started, as the workers see them now.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.state IS
    'Of the circuit: closed (calls go), open (calls are turned away), half_open (one call probes).';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.in_flight IS 'Calls on the wire.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.held IS
    'Calls that wait for a limit: of the server, of the rate, or after a 429.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.requests_last_minute IS
    'Calls that were sent within the last minute.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.error_rate IS
    'Of the calls that ended within the last minute, and since the circuit closed, those that '
    'count as failures, in percent; NULL when none ended.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.p50_ms IS
    'Milliseconds that half of the answers took at most. Old ones count less: half for each minute.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.p95_ms IS
    'Milliseconds that 95 % of the answers took at most.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.remaining_requests IS
    'Calls that the limits leave: the lower of requests_per_minute and what the provider said; '
    'NULL when there is neither.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.remaining_tokens IS
    'Tokens that the limits leave: the lower of tokens_per_minute and what the provider said; NULL '
    'when there is neither. Calls on the wire count with the most that they can take.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.opened_at IS
    'When the circuit left the state closed; NULL when it is closed.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.retry_at IS
    'When a call may go again: the end of the cool-down or of the wait after a 429; NULL: now.';
COMMENT ON COLUMN @extschema@.llm_endpoint_status.last_error IS
    'The latest failure or 429 since the server started.';
