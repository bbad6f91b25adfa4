-- Formats: what a model is told, and what its documents must hold to.
--
-- Shipped rows have builtin = true and are left out of dumps, as those of llm_models. A version that
-- was made stays as it is, because requests refer to it by its number; what may change is whether it
-- is used.

CREATE TABLE workflow_formats (
    name text NOT NULL,
    version int NOT NULL,
    description text,
    system_prompt text NOT NULL,
    json_schema json NOT NULL,
    rules jsonb,
    max_output_tokens int,
    enabled boolean NOT NULL DEFAULT true,
    builtin boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    created_by name NOT NULL DEFAULT CURRENT_USER,
    PRIMARY KEY (name, version),
    CONSTRAINT workflow_formats_name_check CHECK (name ~ '^[a-zA-Z0-9_-]{1,64}$'),
    CONSTRAINT workflow_formats_version_check CHECK (version >= 1),
    CONSTRAINT workflow_formats_system_prompt_check CHECK (system_prompt <> ''),
    CONSTRAINT workflow_formats_max_output_tokens_check CHECK (max_output_tokens > 0)
);

COMMENT ON TABLE workflow_formats IS
    'Formats of documents. Requests use the newest enabled version of the format that they name. A '
    'new version is made by create_workflow_format(). An insert under the name and version of a '
    'shipped row takes its place.';
COMMENT ON COLUMN workflow_formats.name IS
    'The name in settings and requests; sent to providers as the name of the schema.';
COMMENT ON COLUMN workflow_formats.version IS 'Counts the versions of the format, from 1.';
COMMENT ON COLUMN workflow_formats.description IS 'What the format is for.';
COMMENT ON COLUMN workflow_formats.system_prompt IS 'What a model is told before the description.';
COMMENT ON COLUMN workflow_formats.json_schema IS
    'JSON Schema of the documents. Its keys keep their order, which is the order in which models '
    'write.';
COMMENT ON COLUMN workflow_formats.rules IS
    'Which fields carry ids, dependencies, branches and so on, for the checks beyond the schema; '
    'NULL: none. docs/validation.md lists them.';
COMMENT ON COLUMN workflow_formats.max_output_tokens IS
    'Tokens that an answer may have when the request does not say; NULL: as '
    'llm_workflow.max_output_tokens says.';
COMMENT ON COLUMN workflow_formats.enabled IS 'Whether new requests may use this version.';
COMMENT ON COLUMN workflow_formats.builtin IS
    'True while the row is as shipped. Kept by the extension: any change makes it false.';
COMMENT ON COLUMN workflow_formats.created_at IS 'When the version was made.';
COMMENT ON COLUMN workflow_formats.created_by IS 'The role that made the version.';

CREATE FUNCTION llmw_builtin_formats(
    OUT name text,
    OUT version int,
    OUT description text,
    OUT system_prompt text,
    OUT json_schema json,
    OUT rules jsonb,
    OUT max_output_tokens int
) RETURNS SETOF record
    LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 3
    AS 'MODULE_PATHNAME', 'llmw_builtin_formats';
COMMENT ON FUNCTION llmw_builtin_formats() IS 'The formats that come with the extension.';
REVOKE ALL ON FUNCTION llmw_builtin_formats() FROM PUBLIC;

INSERT INTO workflow_formats (name, version, description, system_prompt, json_schema, rules,
                              max_output_tokens, builtin)
SELECT name, version, description, system_prompt, json_schema, rules, max_output_tokens, true
FROM llmw_builtin_formats();

SELECT pg_catalog.pg_extension_config_dump('workflow_formats', 'WHERE NOT builtin');

CREATE FUNCTION llmw_check_format() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'llmw_check_format';
COMMENT ON FUNCTION llmw_check_format() IS
    'Trigger of workflow_formats: refuses a schema or rules that cannot be used.';
REVOKE ALL ON FUNCTION llmw_check_format() FROM PUBLIC;

CREATE FUNCTION llmw_keep_format() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('%s is not allowed on table "%s"', TG_OP, TG_TABLE_NAME),
            DETAIL = 'Requests refer to versions by their number.',
            HINT = 'Set enabled to false, or delete versions that no request used.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.builtin THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
                MESSAGE = format('format "%s" is shipped with the extension and cannot be deleted',
                                 OLD.name),
                DETAIL = 'It would be back after the next restore of a dump.',
                HINT = 'Set enabled to false.';
        END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        -- From builtin to not builtin: a user's row takes the place of a shipped one, see below.
        IF (NEW.name, NEW.version, NEW.system_prompt, NEW.json_schema::text, NEW.rules,
            NEW.max_output_tokens)
                IS DISTINCT FROM (OLD.name, OLD.version, OLD.system_prompt, OLD.json_schema::text,
                                  OLD.rules, OLD.max_output_tokens)
           AND (NEW.builtin OR NOT OLD.builtin) THEN
            RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
                MESSAGE = format('version %s of format "%s" cannot be changed', OLD.version,
                                 OLD.name),
                DETAIL = 'Requests refer to versions by their number. Only enabled and '
                         'description may change.',
                HINT = 'Make a new version: create_workflow_format().';
        END IF;
        NEW.builtin := false;
        RETURN NEW;
    END IF;
    NEW.builtin := false;
    IF NOT EXISTS (SELECT FROM @extschema@.workflow_formats
                   WHERE name = NEW.name AND version = NEW.version AND builtin) THEN
        RETURN NEW;
    END IF;
    -- A user's row meets the shipped one: after a restore, or as meant.
    UPDATE @extschema@.workflow_formats
    SET (description, system_prompt, json_schema, rules, max_output_tokens, enabled, builtin,
         created_at, created_by)
        = (NEW.description, NEW.system_prompt, NEW.json_schema, NEW.rules, NEW.max_output_tokens,
           NEW.enabled, false, NEW.created_at, NEW.created_by)
    WHERE name = NEW.name AND version = NEW.version AND builtin;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION llmw_keep_format() IS
    'Trigger of workflow_formats: versions stay as they were made, shipped ones stay at all.';
REVOKE ALL ON FUNCTION llmw_keep_format() FROM PUBLIC;

-- Asks the ledger, which the role that deletes need not be allowed to read.
CREATE FUNCTION llmw_keep_used_format() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM @extschema@.workflow_requests r
               WHERE r.format = OLD.name AND r.format_version = OLD.version) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_in_use',
            MESSAGE = format('version %s of format "%s" was used and cannot be deleted',
                             OLD.version, OLD.name),
            DETAIL = 'Requests refer to versions by their number.',
            HINT = 'Set enabled to false.';
    END IF;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION llmw_keep_used_format() IS
    'Trigger of workflow_formats: a version that a request used is not deleted.';
REVOKE ALL ON FUNCTION llmw_keep_used_format() FROM PUBLIC;

CREATE TRIGGER check_format BEFORE INSERT ON workflow_formats
    FOR EACH ROW EXECUTE FUNCTION llmw_check_format();
ALTER TABLE workflow_formats ENABLE ALWAYS TRIGGER check_format;
CREATE TRIGGER keep BEFORE INSERT OR UPDATE OR DELETE ON workflow_formats
    FOR EACH ROW EXECUTE FUNCTION llmw_keep_format();
ALTER TABLE workflow_formats ENABLE ALWAYS TRIGGER keep;
CREATE TRIGGER keep_all BEFORE TRUNCATE ON workflow_formats
    FOR EACH STATEMENT EXECUTE FUNCTION llmw_keep_format();
ALTER TABLE workflow_formats ENABLE ALWAYS TRIGGER keep_all;
CREATE TRIGGER keep_used BEFORE DELETE ON workflow_formats
    FOR EACH ROW EXECUTE FUNCTION llmw_keep_used_format();
ALTER TABLE workflow_formats ENABLE ALWAYS TRIGGER keep_used;
CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE ON workflow_formats
    FOR EACH ROW EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE workflow_formats ENABLE ALWAYS TRIGGER catalogue_changed;

-- With the privileges of the caller: who may insert into the table may make formats.
CREATE FUNCTION create_workflow_format(
    name text,
    system_prompt text,
    json_schema json,
    rules jsonb DEFAULT NULL,
    max_output_tokens int DEFAULT NULL,
    description text DEFAULT NULL
) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    made int;
BEGIN
    -- A version that another transaction makes at this time is waited for; then the next is tried.
    LOOP
        INSERT INTO @extschema@.workflow_formats
            (name, version, system_prompt, json_schema, rules, max_output_tokens, description)
        SELECT $1, coalesce(max(f.version), 0) + 1, $2, $3, $4, $5, $6
        FROM @extschema@.workflow_formats f WHERE f.name = $1
        ON CONFLICT DO NOTHING
        RETURNING version INTO made;
        IF made IS NOT NULL THEN
            RETURN made;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION create_workflow_format(text, text, json, jsonb, int, text) IS
    'Makes a format, or a new version of one, and returns the version. Needs INSERT and SELECT on '
    'workflow_formats. Requests of other sessions use it once the transaction is committed.';
