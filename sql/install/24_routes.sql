-- Routes: which model requests of a category or a complexity go to.

CREATE TABLE llm_routes (
    category text NOT NULL DEFAULT '',
    complexity text NOT NULL DEFAULT '',
    model text NOT NULL,
    fallback_models text[],
    max_output_tokens int,
    builtin boolean NOT NULL DEFAULT false,
    PRIMARY KEY (category, complexity, builtin),
    CONSTRAINT llm_routes_category_check CHECK (category !~ '[[:cntrl:]]'),
    CONSTRAINT llm_routes_complexity_check CHECK (complexity IN ('', 'low', 'medium', 'high')),
    CONSTRAINT llm_routes_which_check CHECK (category <> '' OR complexity <> ''),
    CONSTRAINT llm_routes_model_fkey FOREIGN KEY (model) REFERENCES llm_models (name),
    CONSTRAINT llm_routes_max_output_tokens_check CHECK (max_output_tokens > 0)
);

COMMENT ON TABLE llm_routes IS
    'What requests of a category or a complexity take where neither their arguments nor their agent '
    'say. Of the rows that match, one that names both goes before one that names the category, and '
    'that before one that names the complexity.';
COMMENT ON COLUMN llm_routes.category IS 'Of which requests; empty: of every category.';
COMMENT ON COLUMN llm_routes.complexity IS
    'low, medium or high; empty: of every complexity, also of requests without one.';
COMMENT ON COLUMN llm_routes.model IS 'llm_models.name of the model that is asked first.';
COMMENT ON COLUMN llm_routes.fallback_models IS
    'The models that are asked after it, in this order; {}: none; NULL: as the settings say.';
COMMENT ON COLUMN llm_routes.max_output_tokens IS
    'Tokens that an answer may have; NULL: as the format or the settings say.';
COMMENT ON COLUMN llm_routes.builtin IS
    'Shipped with the extension. Your own row for the same goes before it.';

INSERT INTO llm_routes (complexity, model, builtin) VALUES
    ('low', 'gpt-4o-mini', true),
    ('medium', 'gpt-4o', true),
    ('high', 'gpt-4-turbo-2024-04-09', true);

SELECT pg_catalog.pg_extension_config_dump('llm_routes', 'WHERE NOT builtin');

-- Dumps leave the shipped rows out, so no other row may look like one.
CREATE FUNCTION llmw_keep_route() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'TRUNCATE is not allowed on table "llm_routes"',
            DETAIL = 'It has rows that are shipped with the extension.',
            HINT = 'Delete your own: DELETE FROM llm_routes WHERE NOT builtin.';
    ELSIF TG_OP <> 'INSERT' THEN
        IF OLD.builtin THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                MESSAGE = format('the route of complexity "%s" is shipped with the extension and '
                                 'cannot be changed', OLD.complexity),
                DETAIL = 'It would be as before after the next restore of a dump.',
                HINT = 'Insert a row of your own for the same: it goes before the shipped one.';
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    NEW.builtin := false;
    PERFORM @extschema@.llmw_check_fallback_models(NEW.fallback_models,
        format('the route of category "%s" and complexity "%s"', NEW.category, NEW.complexity));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION llmw_keep_route() IS
    'Trigger of llm_routes: keeps the shipped rows, and refuses fallback models that do not exist.';
REVOKE ALL ON FUNCTION llmw_keep_route() FROM PUBLIC;

-- ENABLE ALWAYS: session_replication_role and logical replication switch none of them off.
CREATE TRIGGER keep BEFORE INSERT OR UPDATE OR DELETE ON llm_routes
    FOR EACH ROW EXECUTE FUNCTION llmw_keep_route();
ALTER TABLE llm_routes ENABLE ALWAYS TRIGGER keep;
CREATE TRIGGER keep_all BEFORE TRUNCATE ON llm_routes
    FOR EACH STATEMENT EXECUTE FUNCTION llmw_keep_route();
ALTER TABLE llm_routes ENABLE ALWAYS TRIGGER keep_all;
CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE ON llm_routes
    FOR EACH ROW EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE llm_routes ENABLE ALWAYS TRIGGER catalogue_changed;
