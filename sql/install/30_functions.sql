-- Functions. What spends is for nobody until granted; the others read neither prompts nor ledger.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.generate_workflow(
    prompt text,
    services text[] DEFAULT '{}',
    format text DEFAULT NULL,
    agent text DEFAULT NULL,
    response_mode text DEFAULT NULL,
    max_output_tokens int DEFAULT NULL,
    tags jsonb DEFAULT '{}',
    throw_on_error boolean DEFAULT true
) RETURNS jsonb
    LANGUAGE c VOLATILE PARALLEL UNSAFE CALLED ON NULL INPUT COST 1000000
    AS 'MODULE_PATHNAME', 'llmw_generate_workflow';
COMMENT ON FUNCTION @extschema@.generate_workflow(
    text, text[], text, text, text, int, jsonb, boolean) IS
    'Turns a description into a checked workflow document. Spends money: EXECUTE is granted to '
    'nobody. What it does is on record even when the caller rolls back.';
REVOKE ALL ON FUNCTION @extschema@.generate_workflow(
    text, text[], text, text, text, int, jsonb, boolean) FROM PUBLIC;

-- One function for the short and the long form. Two would be ambiguous for arguments without a type
-- and for smallint, which is what drivers send.
CREATE FUNCTION @extschema@.token_cost(
    model text,
    input_tokens bigint,
    output_tokens bigint,
    cached_input_tokens bigint DEFAULT 0,
    cache_write_tokens bigint DEFAULT 0,
    at timestamptz DEFAULT now()
) RETURNS numeric
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'llmw_token_cost';
COMMENT ON FUNCTION @extschema@.token_cost(text, bigint, bigint, bigint, bigint, timestamptz) IS
    'Exact cost in USD of one call at the price in force at a time. input_tokens counts every '
    'input token, cached ones included. NULL and a warning when no price is known.';

CREATE FUNCTION @extschema@.validate_workflow(
    workflow jsonb,
    format text DEFAULT 'pilot',
    services text[] DEFAULT '{}',
    OUT code text,
    OUT severity text,
    OUT path text,
    OUT message text,
    OUT hint text
) RETURNS SETOF record
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1000 ROWS 5
    AS 'MODULE_PATHNAME', 'llmw_validate_workflow';
COMMENT ON FUNCTION @extschema@.validate_workflow(jsonb, text, text[]) IS
    'What is wrong with a workflow document, errors first; no row when nothing is.';

CREATE FUNCTION @extschema@.workflow_is_valid(
    workflow jsonb,
    format text DEFAULT 'pilot',
    services text[] DEFAULT '{}'
) RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'llmw_workflow_is_valid';
COMMENT ON FUNCTION @extschema@.workflow_is_valid(jsonb, text, text[]) IS
    'Whether validate_workflow() has no error; warnings do not count.';

CREATE FUNCTION @extschema@.extract_json(answer text) RETURNS jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'llmw_extract_json';
COMMENT ON FUNCTION @extschema@.extract_json(text) IS
    'The JSON document in a model''s answer, out of its fence or the prose around it.';

