-- Tokens of texts: what is paid for, counted as the models count.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.count_tokens(
    content text,
    model text DEFAULT NULL
) RETURNS int
    LANGUAGE c STABLE PARALLEL SAFE CALLED ON NULL INPUT COST 1000
    AS 'MODULE_PATHNAME', 'llmw_count_tokens';
COMMENT ON FUNCTION @extschema@.count_tokens(text, text) IS
    'Number of tokens of a text as a model counts them; without a model that of '
    'llm_workflow.primary_model. Exact where the tokenizer is public, else an estimate: '
    'count_tokens_detail() tells which.';

CREATE FUNCTION @extschema@.truncate_to_tokens(
    content text,
    max_tokens int,
    model text DEFAULT NULL
) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE CALLED ON NULL INPUT COST 1000
    AS 'MODULE_PATHNAME', 'llmw_truncate_to_tokens';
COMMENT ON FUNCTION @extschema@.truncate_to_tokens(text, int, text) IS
    'The beginning of a text that has at most this many tokens by count_tokens(). Cuts no '
    'character.';

CREATE FUNCTION @extschema@.encode_tokens(
    content text,
    encoding text DEFAULT 'o200k_base'
) RETURNS int[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'llmw_encode_tokens';
COMMENT ON FUNCTION @extschema@.encode_tokens(text, text) IS
    'The tokens of a text in an encoding: o200k_base, cl100k_base or tekken. What looks like a '
    'special token is plain text.';

CREATE FUNCTION @extschema@.decode_tokens(
    tokens int[],
    encoding text DEFAULT 'o200k_base'
) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'llmw_decode_tokens';
COMMENT ON FUNCTION @extschema@.decode_tokens(int[], text) IS
    'The text of tokens. U+FFFD stands for what is no text, such as a part of a character.';
