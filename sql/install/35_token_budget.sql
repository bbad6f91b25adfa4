-- Tokens before the call: what a text counts, and what the context window leaves for the answer.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.token_budget(
    model text,
    system_prompt text,
    user_prompt text,
    wanted_output int DEFAULT NULL,
    reserve int DEFAULT 0,
    OUT context_window int,
    OUT deployment_limit int,
    OUT input_tokens int,
    OUT input_exact boolean,
    OUT available int,
    OUT max_output_tokens int,
    OUT fits boolean,
    OUT advice text
) RETURNS record
    LANGUAGE c STABLE PARALLEL SAFE CALLED ON NULL INPUT COST 1000
    AS 'MODULE_PATHNAME', 'llmw_token_budget';
COMMENT ON FUNCTION @extschema@.token_budget(text, text, text, int, int) IS
    'How many tokens a model may answer with after these prompts. deployment_limit is the lower of '
    'the model''s and of max_model_len of its server; available is what the window leaves after '
    'input and reserve, max_output_tokens what to ask for; advice is NULL when nothing is wrong. '
    'Limits that are not known are NULL and not checked. Without wanted_output it is the most that '
    'the model gives.';

CREATE FUNCTION @extschema@.count_tokens_detail(
    content text,
    model text DEFAULT NULL,
    OUT tokens int,
    OUT exact boolean,
    OUT encoding text,
    OUT factor numeric
) RETURNS record
    LANGUAGE c STABLE PARALLEL SAFE CALLED ON NULL INPUT COST 1000
    AS 'MODULE_PATHNAME', 'llmw_count_tokens_detail';
COMMENT ON FUNCTION @extschema@.count_tokens_detail(text, text) IS
    'What count_tokens() gives, and how it is known: exact by a public encoding, or '
    'the count of that encoding times a factor, which depends on the text, on llm_models.tokenizer '
    'and on what the provider counted lately.';
