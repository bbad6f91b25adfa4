-- What a request would ask of each model, and what that can cost, before it is made.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.preview_workflow(
    prompt text,
    services text[] DEFAULT '{}',
    format text DEFAULT NULL,
    agent text DEFAULT NULL,
    response_mode text DEFAULT NULL,
    max_output_tokens int DEFAULT NULL,
    tags jsonb DEFAULT '{}',
    category text DEFAULT NULL,
    complexity text DEFAULT NULL,
    model text DEFAULT NULL,
    OUT "position" int,
    OUT asked_model text,
    OUT server text,
    OUT input_tokens int,
    OUT input_exact boolean,
    OUT answer_tokens int,
    OUT worst_case_cost_usd numeric,
    OUT obstacle text
) RETURNS SETOF record
    LANGUAGE c STABLE PARALLEL SAFE CALLED ON NULL INPUT COST 10000 ROWS 3
    AS 'MODULE_PATHNAME', 'llmw_preview_workflow';
COMMENT ON FUNCTION @extschema@.preview_workflow(
    text, text[], text, text, text, int, jsonb, text, text, text) IS
    'What generate_workflow() with these arguments would ask: a row for each model, in the order in '
    'which they are asked, with the tokens of the first call to it (input_exact: its tokenizer is '
    'public), the tokens that its answer may have, and what that call can cost at most; NULL: no '
    'price is known. obstacle says why a model would not be asked. Sends and writes nothing. '
    'Retries, repairs and the parts of a large document are further calls.';
