-- Providers. Until GRANT USAGE, nobody but superusers may make servers or spend on one.
--
-- The servers made here belong to the extension, so a dump carries their grants but neither changed
-- options nor user mappings. A server that must survive dump and restore with its own URL or key is
-- made by CREATE SERVER, and llm_models.server names it.

CREATE FUNCTION llm_provider_validator(options text[], catalog oid) RETURNS void
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'llmw_provider_options';
COMMENT ON FUNCTION llm_provider_validator(text[], oid) IS
    'Checks the options of servers and user mappings of the wrapper llm_provider.';
REVOKE ALL ON FUNCTION llm_provider_validator(text[], oid) FROM PUBLIC;

CREATE FOREIGN DATA WRAPPER llm_provider NO HANDLER VALIDATOR llm_provider_validator;
COMMENT ON FOREIGN DATA WRAPPER llm_provider IS
    'Providers of language models. USAGE on it allows to name new URLs: think before granting it.';

CREATE SERVER openai FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url 'https://api.openai.com/v1',
             api_key_env 'OPENAI_API_KEY', structured_output 'json_schema');
COMMENT ON SERVER openai IS 'OpenAI. GRANT USAGE on it decides who may spend there.';

CREATE SERVER anthropic FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'anthropic', base_url 'https://api.anthropic.com/v1',
             api_key_env 'ANTHROPIC_API_KEY', structured_output 'none');
COMMENT ON SERVER anthropic IS 'Anthropic. GRANT USAGE on it decides who may spend there.';

CREATE SERVER local FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url 'http://127.0.0.1:8000/v1', requires_key 'false',
             structured_output 'json_schema');
COMMENT ON SERVER local IS
    'A server of your own that speaks OpenAI''s protocol: vLLM, llama.cpp, Ollama and others.';

CREATE SERVER builtin FOREIGN DATA WRAPPER llm_provider OPTIONS (protocol 'builtin');
COMMENT ON SERVER builtin IS
    'The generator by rules inside the extension. It calls nobody and costs nothing.';
GRANT USAGE ON FOREIGN SERVER builtin TO PUBLIC;

