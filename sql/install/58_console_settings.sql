-- Settings of databases and roles: what is in force, where it comes from, and changes that leave an event.
--
-- PostgreSQL keeps them in pg_db_role_setting and has rules for who may change them. Neither is
-- replaced here: set_workflow_setting() runs ALTER DATABASE and ALTER ROLE with the caller's rights.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.workflow_setting_values(
    OUT setting text,
    OUT scope text,
    OUT role name,
    OUT value text,
    OUT place int
) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT split_part(item, '=', 1),
           CASE WHEN s.setrole = 0 AND s.setdatabase = 0 THEN 'all roles'
                WHEN s.setrole = 0 THEN 'database'
                WHEN s.setdatabase = 0 THEN 'role'
                ELSE 'role in database' END,
           CASE WHEN s.setrole <> 0 THEN pg_get_userbyid(s.setrole) END,
           substr(item, strpos(item, '=') + 1),
           CASE WHEN s.setrole <> 0 THEN 1 ELSE 3 END + CASE WHEN s.setdatabase <> 0 THEN 0 ELSE 1 END
    FROM pg_db_role_setting s
    CROSS JOIN unnest(s.setconfig) AS item
    WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
      AND starts_with(item, 'llm_workflow.');
END;
COMMENT ON FUNCTION @extschema@.workflow_setting_values() IS
    'The settings of llm_workflow that ALTER DATABASE and ALTER ROLE have set for this database: '
    'scope is database, role, role in database, or all roles; the lowest place goes first.';

CREATE FUNCTION @extschema@.workflow_settings(for_role name DEFAULT current_user)
    RETURNS TABLE (
        setting text,
        value text,
        source text,
        default_value text,
        kind text,
        unit text,
        lowest text,
        highest text,
        choices text[],
        can_be_set boolean,
        description text
    )
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 40
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT g.name,
           CASE WHEN changed.source IS NOT NULL THEN changed.value
                WHEN g.source IN ('default', 'configuration file', 'environment variable',
                                  'command line')
                    THEN current_setting(g.name) END,
           coalesce(changed.source,
                    CASE g.source WHEN 'default' THEN 'default' ELSE 'server' END),
           g.boot_val, g.vartype, g.unit, g.min_val, g.max_val, g.enumvals,
           g.context IN ('user', 'superuser'),
           g.short_desc
    FROM pg_settings g
    LEFT JOIN LATERAL (
        SELECT v.scope AS source, v.value
        FROM @extschema@.workflow_setting_values() v
        WHERE v.setting = g.name AND (v.role IS NULL OR v.role = for_role)
          AND g.context IN ('user', 'superuser')
        ORDER BY v.place
        LIMIT 1
    ) AS changed ON true
    WHERE starts_with(g.name, 'llm_workflow.')
    ORDER BY g.name;
END;
COMMENT ON FUNCTION @extschema@.workflow_settings(name) IS
    'The settings that the next session of a role in this database begins with, and where each comes '
    'from: role in database, role, database, all roles, server (its configuration), or default. '
    'value is NULL when the server''s is hidden by a setting of this session.';

CREATE FUNCTION @extschema@.llmw_check_setting(setting text, value text, scope text, role name)
    RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing text;
BEGIN
    IF setting IS NULL OR scope IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'setting and scope must not be NULL';
    ELSIF NOT EXISTS (SELECT FROM @extschema@.workflow_settings() s
                      WHERE s.setting = $1 AND s.can_be_set) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('"%s" is no setting of llm_workflow for databases and roles', setting),
            HINT = 'Choose one from workflow_settings() where can_be_set.';
    ELSIF scope NOT IN ('database', 'role', 'role in database') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('scope "%s" is none of database, role, role in database', scope);
    ELSIF (scope = 'database') <> (role IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = CASE WHEN role IS NULL THEN format('scope "%s" needs a role', scope)
                           ELSE 'scope "database" has no role' END;
    END IF;
    -- A model that does not exist would be found out by each request, one by one.
    SELECT name INTO missing
    FROM string_to_table(
        CASE WHEN setting IN ('llm_workflow.primary_model', 'llm_workflow.fallback_models',
                              'llm_workflow.baseline_model') THEN value END, ',') AS listed,
         btrim(listed) AS name
    WHERE name <> '' AND @extschema@.resolve_model_name(name) IS DISTINCT FROM name
    LIMIT 1;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = format('model "%s" does not exist', missing),
            HINT = 'Choose a model of the table llm_models, or add a row to it.';
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_check_setting(text, text, text, name) IS
    'An error for arguments with which set_workflow_setting() could do nothing good.';

CREATE FUNCTION @extschema@.llmw_setting_change(
    setting text,
    value text,
    scope text,
    role name,
    OUT statement text,
    OUT former text
)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM @extschema@.llmw_check_setting(setting, value, scope, role);
    SELECT v.value INTO former
    FROM @extschema@.workflow_setting_values() v
    WHERE v.setting = $1 AND v.scope = $3 AND v.role IS NOT DISTINCT FROM $4;
    IF value IS DISTINCT FROM former THEN
        statement := concat_ws(' ',
            CASE scope WHEN 'database' THEN format('ALTER DATABASE %I', current_database())
                       ELSE format('ALTER ROLE %I', role) END,
            CASE scope WHEN 'role in database'
                THEN format('IN DATABASE %I', current_database()) END,
            CASE WHEN value IS NULL THEN format('RESET %s', setting)
                 ELSE format('SET %s = %L', setting, value) END);
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_setting_change(text, text, text, name) IS
    'The statement by which set_workflow_setting() sets a value, NULL when it is so already, and '
    'what is there now.';

CREATE FUNCTION @extschema@.set_workflow_setting(
    setting text,
    value text,
    scope text DEFAULT 'database',
    role name DEFAULT NULL
) RETURNS void
    LANGUAGE c COST 1000
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'llmw_set_workflow_setting';
COMMENT ON FUNCTION @extschema@.set_workflow_setting(text, text, text, name) IS
    'Sets a setting of llm_workflow for this database, for a role, or for a role in this database; '
    'NULL removes it there. New sessions begin with it. With the rights of the caller, as ALTER '
    'DATABASE and ALTER ROLE have them. Writes the event SETTING_CHANGED, unless it was so already.';
