-- Agents: names under which requests are made, with the model, the limits and the format of each.

CREATE TABLE llm_agents (
    agent text NOT NULL PRIMARY KEY,
    description text,
    task_kind text NOT NULL DEFAULT 'reasoning',
    model text,
    fallback_models text[],
    max_tokens bigint,
    max_output_tokens int,
    response_mode text,
    format text,
    category text,
    enabled boolean NOT NULL DEFAULT true,
    CONSTRAINT llm_agents_agent_check CHECK (agent <> '' AND agent !~ '[[:cntrl:]]'),
    CONSTRAINT llm_agents_task_kind_check CHECK (task_kind IN ('mechanical', 'reasoning')),
    CONSTRAINT llm_agents_model_fkey FOREIGN KEY (model) REFERENCES llm_models (name),
    CONSTRAINT llm_agents_max_tokens_check CHECK (max_tokens > 0),
    CONSTRAINT llm_agents_max_output_tokens_check CHECK (max_output_tokens > 0),
    CONSTRAINT llm_agents_response_mode_check CHECK (response_mode IN ('machine', 'human_debug')),
    CONSTRAINT llm_agents_category_check CHECK (category <> '')
);

COMMENT ON TABLE llm_agents IS
    'What requests with argument agent take, as far as their other arguments do not say. An agent '
    'without a row is a label and nothing else.';
COMMENT ON COLUMN llm_agents.agent IS 'Its name, in the argument agent and in the ledger.';
COMMENT ON COLUMN llm_agents.description IS 'What the agent is for.';
COMMENT ON COLUMN llm_agents.task_kind IS
    'mechanical: figures, logs and patterns, for which a cheap model will do. reasoning: judgement, '
    'for which it may not.';
COMMENT ON COLUMN llm_agents.model IS
    'llm_models.name of the model that is asked first; NULL: as the route or the settings say.';
COMMENT ON COLUMN llm_agents.fallback_models IS
    'The models that are asked after it, in this order; {}: none; NULL: as the route or the '
    'settings say.';
COMMENT ON COLUMN llm_agents.max_tokens IS
    'Input and output tokens that one request may take, all its calls together. A call that could '
    'take more is not made. NULL: no such limit.';
COMMENT ON COLUMN llm_agents.max_output_tokens IS
    'Tokens that an answer may have; NULL: as the route, the format or the settings say.';
COMMENT ON COLUMN llm_agents.response_mode IS
    'machine: the document alone. human_debug: an explanation with it. NULL: as the settings say.';
COMMENT ON COLUMN llm_agents.format IS 'workflow_formats.name; NULL: as the settings say.';
COMMENT ON COLUMN llm_agents.category IS
    'The kind of work, in words of your own: requests have it where their caller does not say.';
COMMENT ON COLUMN llm_agents.enabled IS 'False: requests take nothing from the row.';

SELECT pg_catalog.pg_extension_config_dump('llm_agents', '');

-- Elements of an array can have no foreign key.
CREATE FUNCTION llmw_check_fallback_models(fallback_models text[], owner text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing text;
BEGIN
    SELECT coalesce(given.name, 'NULL') INTO missing
    FROM unnest(fallback_models) AS given (name)
    WHERE NOT EXISTS (SELECT FROM @extschema@.llm_models m WHERE m.name = given.name)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation',
            MESSAGE = format('fallback model "%s" of %s does not exist', missing, owner),
            HINT = 'Choose a model of the table llm_models, or add a row to it.';
    END IF;
END
$$;
COMMENT ON FUNCTION llmw_check_fallback_models(text[], text) IS
    'Refuses models that do not exist; owner is what has them, for the message.';
REVOKE ALL ON FUNCTION llmw_check_fallback_models(text[], text) FROM PUBLIC;

-- Dumps hold the rows of llm_agents before those of workflow_formats. pg_dump turns
-- check_function_bodies off for what refers to things that are restored later, which is this.
CREATE FUNCTION llmw_check_agent() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT current_setting('check_function_bodies')::boolean THEN
        RETURN NEW;
    END IF;
    PERFORM @extschema@.llmw_check_fallback_models(NEW.fallback_models,
                                                   format('agent "%s"', NEW.agent));
    IF NEW.format IS NOT NULL
       AND NOT EXISTS (SELECT FROM @extschema@.workflow_formats f WHERE f.name = NEW.format) THEN
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation',
            MESSAGE = format('format "%s" of agent "%s" does not exist', NEW.format, NEW.agent),
            HINT = 'Choose a format of the table workflow_formats, or make it with '
                   'create_workflow_format().';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION llmw_check_agent() IS
    'Trigger of llm_agents: refuses fallback models and formats that do not exist.';
REVOKE ALL ON FUNCTION llmw_check_agent() FROM PUBLIC;

CREATE TRIGGER check_agent BEFORE INSERT OR UPDATE OF fallback_models, format ON llm_agents
    FOR EACH ROW EXECUTE FUNCTION llmw_check_agent();

CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE ON llm_agents
    FOR EACH ROW EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE llm_agents ENABLE ALWAYS TRIGGER catalogue_changed;
CREATE TRIGGER catalogue_emptied AFTER TRUNCATE ON llm_agents
    FOR EACH STATEMENT EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE llm_agents ENABLE ALWAYS TRIGGER catalogue_emptied;
