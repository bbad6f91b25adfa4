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
    throw_on_error boolean DEFAULT true,
    idempotency_key text DEFAULT NULL,
    cache_for interval DEFAULT NULL,
    category text DEFAULT NULL,
    complexity text DEFAULT NULL,
    model text DEFAULT NULL
) RETURNS jsonb
    LANGUAGE c VOLATILE PARALLEL UNSAFE CALLED ON NULL INPUT COST 1000000
    AS 'MODULE_PATHNAME', 'llmw_generate_workflow';
COMMENT ON FUNCTION @extschema@.generate_workflow(
    text, text[], text, text, text, int, jsonb, boolean, text, interval, text, text, text) IS
    'Turns a description into a checked workflow document. Spends money: EXECUTE is granted to '
    'nobody. What it does is on record even when the caller rolls back.';
REVOKE ALL ON FUNCTION @extschema@.generate_workflow(
    text, text[], text, text, text, int, jsonb, boolean, text, interval, text, text, text)
    FROM PUBLIC;

CREATE FUNCTION @extschema@.generate_workflows(
    prompts text[],
    services text[] DEFAULT '{}',
    format text DEFAULT NULL,
    agent text DEFAULT NULL,
    response_mode text DEFAULT NULL,
    max_output_tokens int DEFAULT NULL,
    tags jsonb DEFAULT '{}',
    cache_for interval DEFAULT NULL,
    category text DEFAULT NULL,
    complexity text DEFAULT NULL,
    model text DEFAULT NULL,
    OUT ordinal int,
    OUT result jsonb
) RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE CALLED ON NULL INPUT COST 1000000 ROWS 100
    AS 'MODULE_PATHNAME', 'llmw_generate_workflows';
COMMENT ON FUNCTION @extschema@.generate_workflows(
    text[], text[], text, text, text, int, jsonb, interval, text, text, text) IS
    'Generates a workflow for each prompt, all at once, and returns them as they finish: ordinal is '
    'the place of the prompt in the array, result what generate_workflow() returns with '
    'throw_on_error off. Spends money: EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.generate_workflows(
    text[], text[], text, text, text, int, jsonb, interval, text, text, text) FROM PUBLIC;

CREATE FUNCTION @extschema@.submit_workflow(
    prompt text,
    services text[] DEFAULT '{}',
    format text DEFAULT NULL,
    agent text DEFAULT NULL,
    response_mode text DEFAULT NULL,
    max_output_tokens int DEFAULT NULL,
    tags jsonb DEFAULT '{}',
    priority int DEFAULT 0,
    run_at timestamptz DEFAULT NULL,
    idempotency_key text DEFAULT NULL,
    cache_for interval DEFAULT NULL,
    category text DEFAULT NULL,
    complexity text DEFAULT NULL,
    model text DEFAULT NULL
) RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL UNSAFE CALLED ON NULL INPUT COST 1000
    AS 'MODULE_PATHNAME', 'llmw_submit_workflow';
COMMENT ON FUNCTION @extschema@.submit_workflow(
    text, text[], text, text, text, int, jsonb, int, timestamptz, text, interval, text, text, text) IS
    'Writes a request down as a job, in the caller''s transaction, and returns its id. It runs once '
    'that commits, from run_at on. Spends money: EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.submit_workflow(
    text, text[], text, text, text, int, jsonb, int, timestamptz, text, interval, text, text, text)
    FROM PUBLIC;

CREATE FUNCTION @extschema@.workflow_result(request_id uuid, wait interval DEFAULT '0')
    RETURNS jsonb
    LANGUAGE c VOLATILE PARALLEL UNSAFE CALLED ON NULL INPUT COST 1000
    AS 'MODULE_PATHNAME', 'llmw_workflow_result';
COMMENT ON FUNCTION @extschema@.workflow_result(uuid, interval) IS
    'What generate_workflow() returns for the request, with throw_on_error off; NULL when it has '
    'not ended within wait. For the role that made the request, and for roles that may read '
    'workflow_requests.';

CREATE FUNCTION @extschema@.cancel_workflow(request_id uuid) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE CALLED ON NULL INPUT COST 1000
    AS 'MODULE_PATHNAME', 'llmw_cancel_workflow';
COMMENT ON FUNCTION @extschema@.cancel_workflow(uuid) IS
    'Ends a job, when the caller''s transaction commits. False: it has ended already. For the role '
    'that submitted it, and for roles that have its privileges.';

CREATE FUNCTION @extschema@.regenerate_workflow(
    request_id uuid,
    feedback text,
    throw_on_error boolean DEFAULT true
) RETURNS jsonb
    LANGUAGE c VOLATILE PARALLEL UNSAFE CALLED ON NULL INPUT COST 1000000
    AS 'MODULE_PATHNAME', 'llmw_regenerate_workflow';
COMMENT ON FUNCTION @extschema@.regenerate_workflow(uuid, text, boolean) IS
    'Generates a document again, told what should be different. The new request has the old one as '
    'its parent, and its agent, category and complexity. For the role that made the old one, and for roles that may read '
    'workflow_requests. Spends money: EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.regenerate_workflow(uuid, text, boolean) FROM PUBLIC;

CREATE FUNCTION @extschema@.prompt_complexity(prompt text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'llmw_prompt_complexity';
COMMENT ON FUNCTION @extschema@.prompt_complexity(text) IS
    'low, medium or high: how complex the workflow is that a prompt asks for, by the parts, the '
    'branching words and the length of the prompt. llm_workflow.complexity = auto goes by it.';

-- One function for the short and the long form. Two would be ambiguous for arguments without a type
-- and for smallint, which is what drivers send.
CREATE FUNCTION @extschema@.token_cost(
    model text,
    input_tokens bigint,
    output_tokens bigint,
    cached_input_tokens bigint DEFAULT 0,
    cache_write_tokens bigint DEFAULT 0,
    at timestamptz DEFAULT now(),
    service_tier text DEFAULT 'standard'
) RETURNS numeric
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'llmw_token_cost';
COMMENT ON FUNCTION @extschema@.token_cost(
    text, bigint, bigint, bigint, bigint, timestamptz, text) IS
    'Exact cost in USD of one call at the price in force at a time. input_tokens counts every '
    'input token, cached ones included. The model may go by any name that resolve_model_name() '
    'takes. NULL and a warning when no price is known.';

CREATE FUNCTION @extschema@.resolve_model_name(name text) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'llmw_resolve_model_name';
COMMENT ON FUNCTION @extschema@.resolve_model_name(text) IS
    'The name in llm_models of the model that a name means: the same name, or without a date at its '
    'end (-2024-08-06, -20240806), or without the name of the model''s server before it (openai/). '
    'NULL when there is none.';

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

CREATE FUNCTION @extschema@.workflow_validation_codes(
    OUT code text,
    OUT severity text,
    OUT meaning text
) RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 60
    AS 'MODULE_PATHNAME', 'llmw_validation_codes';
COMMENT ON FUNCTION @extschema@.workflow_validation_codes() IS
    'Every code that validation can give, and what it means.';

CREATE FUNCTION @extschema@.workflow_limbo_zones(
    document jsonb,
    format text DEFAULT 'stages',
    OUT zone text,
    OUT from_stage text,
    OUT to_stage text,
    OUT payload text[],
    OUT join_rule text,
    OUT from_team text,
    OUT to_team text
) RETURNS SETOF record
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1000 ROWS 10
    AS 'MODULE_PATHNAME', 'llmw_limbo_zones';
COMMENT ON FUNCTION @extschema@.workflow_limbo_zones(jsonb, text) IS
    'Where work waits between two stages, as it follows from the stages'' dependencies: one row '
    'for each hand-over, with what is handed over. No row for a format without zones.';

CREATE FUNCTION @extschema@.extract_json(answer text) RETURNS jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'llmw_extract_json';
COMMENT ON FUNCTION @extschema@.extract_json(text) IS
    'The JSON document in a model''s answer, out of its fence or the prose around it; an error when '
    'there is none.';

CREATE FUNCTION @extschema@.extract_json_detail(
    answer text,
    format text DEFAULT NULL,
    OUT status text,
    OUT document jsonb,
    OUT mends text[],
    OUT message text
) RETURNS record
    LANGUAGE c STABLE PARALLEL SAFE CALLED ON NULL INPUT COST 100
    AS 'MODULE_PATHNAME', 'llmw_extract_json_detail';
COMMENT ON FUNCTION @extschema@.extract_json_detail(text, text) IS
    'What extract_json() finds and how, never an error for an answer: status is ok, truncated '
    '(document then holds what was complete) or reject; mends tells what was mended, message why '
    'it is not ok. With a format, its schema tells which of several documents is meant.';
