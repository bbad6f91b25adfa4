-- The catalogue: models and what they cost.
--
-- Rows as shipped have builtin = true and are left out of dumps: CREATE EXTENSION makes them again.
-- A row becomes the user's own, and is dumped, as soon as it is changed. When a dump is restored,
-- the user's row meets the shipped one and takes its place (llmw_keep_model). Upgrades of the
-- extension change rows with builtin = true only, so what a user changed stays.

-- This part and the next two create objects in the first schema of the path, where operators of
-- others may stand. Each expression fits PostgreSQL's own exactly: numeric with numeric.
CREATE DOMAIN usd_per_million_tokens AS numeric
    CONSTRAINT usd_per_million_tokens_check
        CHECK (VALUE >= 0.0 AND VALUE < 1000000.0
               AND pg_catalog.scale(pg_catalog.trim_scale(VALUE)) <= 8);
COMMENT ON DOMAIN usd_per_million_tokens IS
    'A price in USD for a million tokens: from 0 to below 1,000,000, at most 8 decimals.';

CREATE TABLE llm_models (
    name text NOT NULL PRIMARY KEY,
    server text NOT NULL,
    remote_name text,
    context_window bigint,
    deployment_limit bigint,
    max_output_tokens bigint,
    structured_output text,
    tokenizer text,
    task_kind text,
    enabled boolean NOT NULL DEFAULT true,
    builtin boolean NOT NULL DEFAULT false,
    CONSTRAINT llm_models_name_check CHECK (name <> '' AND name !~ '[[:cntrl:]]'),
    CONSTRAINT llm_models_remote_name_check
        CHECK (remote_name <> '' AND remote_name !~ '[[:cntrl:]]'),
    CONSTRAINT llm_models_context_window_check CHECK (context_window > 0),
    CONSTRAINT llm_models_deployment_limit_check CHECK (deployment_limit > 0),
    CONSTRAINT llm_models_max_output_tokens_check CHECK (max_output_tokens > 0),
    CONSTRAINT llm_models_structured_output_check
        CHECK (structured_output IN ('json_schema', 'json_object', 'none'))
);

COMMENT ON TABLE llm_models IS
    'Models that requests may name. An insert under the name of a shipped row takes its place.';
COMMENT ON COLUMN llm_models.name IS 'The name in settings, the ledger and token_cost().';
COMMENT ON COLUMN llm_models.server IS 'The foreign server of llm_provider that serves it.';
COMMENT ON COLUMN llm_models.remote_name IS 'The provider''s own name of it; NULL: the same.';
COMMENT ON COLUMN llm_models.context_window IS
    'Tokens that input and output may have together; NULL: not known.';
COMMENT ON COLUMN llm_models.deployment_limit IS
    'The same as your deployment is set up (vLLM: max-model-len); the lower of both counts.';
COMMENT ON COLUMN llm_models.max_output_tokens IS
    'Tokens that one answer may have; NULL: not known.';
COMMENT ON COLUMN llm_models.structured_output IS
    'json_schema, json_object or none: what this model can do; NULL: as its server says.';
COMMENT ON COLUMN llm_models.tokenizer IS
    'How it counts tokens. Exactly by an encoding: o200k_base, o200k_harmony, cl100k_base, tekken. '
    'By an estimate: claude (up to 4.6), claude-4.7, mistral-v3, llama2. NULL and other names: an '
    'estimate for a vocabulary of about 100,000 entries.';
COMMENT ON COLUMN llm_models.task_kind IS
    'The kind of task for which it is the usual choice; NULL: none in particular.';
COMMENT ON COLUMN llm_models.enabled IS 'Whether requests may use it.';
COMMENT ON COLUMN llm_models.builtin IS
    'True while the row is as shipped. Kept by the extension: any change makes it false.';

CREATE TABLE llm_model_prices (
    model text NOT NULL,
    effective_from timestamptz NOT NULL DEFAULT pg_catalog.now(),
    service_tier text NOT NULL DEFAULT 'standard',
    above_input_tokens bigint NOT NULL DEFAULT 0,
    input_per_million usd_per_million_tokens NOT NULL,
    cached_input_per_million usd_per_million_tokens,
    cache_write_per_million usd_per_million_tokens,
    output_per_million usd_per_million_tokens NOT NULL,
    source text,
    builtin boolean NOT NULL DEFAULT false,
    PRIMARY KEY (model, service_tier, effective_from, above_input_tokens),
    CONSTRAINT llm_model_prices_model_fkey FOREIGN KEY (model) REFERENCES llm_models (name),
    CONSTRAINT llm_model_prices_service_tier_check
        CHECK (service_tier IN ('standard', 'batch', 'flex', 'priority')),
    CONSTRAINT llm_model_prices_effective_from_check CHECK (pg_catalog.isfinite(effective_from)),
    CONSTRAINT llm_model_prices_above_input_tokens_check CHECK (above_input_tokens >= 0)
);

COMMENT ON TABLE llm_model_prices IS
    'Prices by date. A price change is a new row; old calls keep the cost that was recorded.';
COMMENT ON COLUMN llm_model_prices.model IS 'llm_models.name.';
COMMENT ON COLUMN llm_model_prices.effective_from IS
    'From when on the price holds, until a newer row of the same model, service_tier and '
    'above_input_tokens.';
COMMENT ON COLUMN llm_model_prices.service_tier IS
    'standard, batch, flex or priority: the class of service that the price is for.';
COMMENT ON COLUMN llm_model_prices.above_input_tokens IS
    'The tier: the price holds for all tokens of calls with strictly more input tokens than this. '
    '0: all calls. To end a tier, add a row of it with the prices of the tier below.';
COMMENT ON COLUMN llm_model_prices.input_per_million IS 'USD for a million input tokens.';
COMMENT ON COLUMN llm_model_prices.cached_input_per_million IS
    'USD for a million input tokens read from the provider''s cache; NULL: as input.';
COMMENT ON COLUMN llm_model_prices.cache_write_per_million IS
    'USD for a million input tokens written to the provider''s cache; NULL: as input.';
COMMENT ON COLUMN llm_model_prices.output_per_million IS
    'USD for a million output tokens, reasoning included.';
COMMENT ON COLUMN llm_model_prices.source IS 'Where the price was read.';
COMMENT ON COLUMN llm_model_prices.builtin IS 'True for shipped rows. Kept by the extension.';

INSERT INTO llm_models (name, server, remote_name, context_window, deployment_limit,
                        max_output_tokens, structured_output, tokenizer, task_kind, builtin)
VALUES
    ('builtin-draft', 'builtin', NULL, NULL, NULL, NULL, NULL, NULL, NULL, true),
    ('gpt-4o-mini', 'openai', NULL, 128000, NULL, 16384, NULL, 'o200k_base', 'low', true),
    ('gpt-4o', 'openai', NULL, 128000, NULL, 16384, NULL, 'o200k_base', 'medium', true),
    ('gpt-4-turbo-2024-04-09', 'openai', NULL, 128000, NULL, 4096, 'json_object', 'cl100k_base',
     'high', true),
    ('gpt-4', 'openai', NULL, 8192, NULL, 8192, 'none', 'cl100k_base', NULL, true),
    ('o1-mini-2024-09-12', 'openai', NULL, 128000, NULL, 65536, 'none', 'o200k_base',
     'algorithmic_core', true),
    ('claude-sonnet-4', 'anthropic', 'claude-sonnet-4-20250514', 200000, NULL, 64000, NULL,
     'claude', NULL, true),
    ('claude-3-5-sonnet-20241022', 'anthropic', NULL, 200000, NULL, 8192, NULL, 'claude', NULL,
     true),
    ('claude-3-5-haiku-20241022', 'anthropic', NULL, 200000, NULL, 8192, NULL, 'claude', NULL,
     true),
    ('openai/gpt-oss-20b', 'local', NULL, 131072, NULL, 65536, NULL, 'o200k_harmony', NULL, true),
    ('openai/gpt-oss-120b', 'local', NULL, 131072, NULL, 65536, NULL, 'o200k_harmony', NULL, true),
    ('mistralai/Mistral-7B-Instruct-v0.3', 'local', NULL, 8000, 8192, NULL, NULL, 'mistral-v3',
     NULL, true),
    ('mistralai/Mixtral-8x7B-Instruct-v0.1', 'local', NULL, 32768, NULL, NULL, NULL, 'mistral-v3',
     NULL, true),
    ('meta-llama/Llama-2-70b-chat-hf', 'local', NULL, 4096, NULL, NULL, NULL, 'llama2', NULL, true);

INSERT INTO llm_model_prices (model, effective_from, input_per_million, cached_input_per_million,
                              cache_write_per_million, output_per_million, source, builtin)
SELECT model, '2020-01-01 00:00:00+00', input, cached, written, output, source, true
FROM (VALUES
    ('builtin-draft', 0, NULL, NULL, 0, 'rules, no network'),
    ('gpt-4o-mini', 0.15, 0.075, NULL, 0.60, 'OpenAI list price'),
    ('gpt-4o', 2.50, 1.25, NULL, 10.00, 'OpenAI list price'),
    ('gpt-4-turbo-2024-04-09', 10.00, NULL, NULL, 30.00, 'OpenAI list price'),
    ('gpt-4', 30.00, NULL, NULL, 60.00, 'OpenAI list price'),
    ('o1-mini-2024-09-12', 3.00, 1.50, NULL, 12.00, 'OpenAI list price at release'),
    ('claude-sonnet-4', 3.00, 0.30, 3.75, 15.00, 'Anthropic list price'),
    ('claude-3-5-sonnet-20241022', 3.00, 0.30, 3.75, 15.00, 'Anthropic list price'),
    ('claude-3-5-haiku-20241022', 0.80, 0.08, 1.00, 4.00, 'Anthropic list price'),
    ('openai/gpt-oss-20b', 0.05, NULL, NULL, 0.20, 'list price of a host'),
    ('openai/gpt-oss-120b', 0.15, NULL, NULL, 0.75, 'list price of a host'),
    ('mistralai/Mistral-7B-Instruct-v0.3', 0, NULL, NULL, 0, 'self-hosted'),
    ('mistralai/Mixtral-8x7B-Instruct-v0.1', 0, NULL, NULL, 0, 'self-hosted'),
    ('meta-llama/Llama-2-70b-chat-hf', 0, NULL, NULL, 0, 'self-hosted')
) AS shipped (model, input, cached, written, output, source);

SELECT pg_catalog.pg_extension_config_dump('llm_models', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('llm_model_prices', 'WHERE NOT builtin');

CREATE FUNCTION llmw_catalogue_changed() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'llmw_catalogue_changed';
COMMENT ON FUNCTION llmw_catalogue_changed() IS
    'Trigger of the catalogue: makes every process read the catalogue anew.';
REVOKE ALL ON FUNCTION llmw_catalogue_changed() FROM PUBLIC;

CREATE FUNCTION llmw_keep_model() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.builtin THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                MESSAGE = format('model "%s" is shipped with the extension and cannot be deleted',
                                 OLD.name),
                DETAIL = 'It would be back after the next restore of a dump.',
                HINT = 'Set enabled to false.';
        END IF;
        RETURN OLD;
    END IF;
    NEW.builtin := false;
    IF TG_OP = 'INSERT' THEN
        -- A user's row meets the shipped one: after a restore, or as meant.
        UPDATE @extschema@.llm_models
        SET (server, remote_name, context_window, deployment_limit, max_output_tokens,
             structured_output, tokenizer, task_kind, enabled)
            = (NEW.server, NEW.remote_name, NEW.context_window, NEW.deployment_limit,
               NEW.max_output_tokens, NEW.structured_output, NEW.tokenizer, NEW.task_kind,
               NEW.enabled)
        WHERE name = NEW.name AND builtin;
        IF FOUND THEN
            RETURN NULL;
        END IF;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION llmw_keep_model() IS
    'Trigger of llm_models: tells shipped rows from the user''s own.';
REVOKE ALL ON FUNCTION llmw_keep_model() FROM PUBLIC;

CREATE FUNCTION llmw_keep_price() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.builtin := false;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.effective_from > now() THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('the price of model "%s" from %s on has been in force', OLD.model,
                             OLD.effective_from),
            DETAIL = 'The price history is not rewritten.',
            HINT = 'Insert a row with a later effective_from; it takes over from then on.';
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
        MESSAGE = format('%s is not allowed on table "%s"', TG_OP, TG_TABLE_NAME),
        DETAIL = 'The price history is not rewritten.',
        HINT = 'Insert a row with a later effective_from; it takes over from then on. A row that '
               'is not in force yet can be deleted.';
END
$$;
COMMENT ON FUNCTION llmw_keep_price() IS
    'Trigger of llm_model_prices: prices that were in force stay as they are.';
REVOKE ALL ON FUNCTION llmw_keep_price() FROM PUBLIC;

-- ENABLE ALWAYS: session_replication_role and logical replication switch none of them off. The
-- invalidation is a row trigger, as logical replication fires no statement triggers.

CREATE TRIGGER keep BEFORE INSERT OR UPDATE OR DELETE ON llm_models
    FOR EACH ROW EXECUTE FUNCTION llmw_keep_model();
ALTER TABLE llm_models ENABLE ALWAYS TRIGGER keep;
CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE ON llm_models
    FOR EACH ROW EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE llm_models ENABLE ALWAYS TRIGGER catalogue_changed;
CREATE TRIGGER catalogue_emptied AFTER TRUNCATE ON llm_models
    FOR EACH STATEMENT EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE llm_models ENABLE ALWAYS TRIGGER catalogue_emptied;

CREATE TRIGGER keep BEFORE INSERT OR DELETE ON llm_model_prices
    FOR EACH ROW EXECUTE FUNCTION llmw_keep_price();
ALTER TABLE llm_model_prices ENABLE ALWAYS TRIGGER keep;
CREATE TRIGGER keep_all BEFORE UPDATE OR TRUNCATE ON llm_model_prices
    FOR EACH STATEMENT EXECUTE FUNCTION llmw_keep_price();
ALTER TABLE llm_model_prices ENABLE ALWAYS TRIGGER keep_all;
CREATE TRIGGER catalogue_changed AFTER INSERT OR DELETE ON llm_model_prices
    FOR EACH ROW EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE llm_model_prices ENABLE ALWAYS TRIGGER catalogue_changed;

