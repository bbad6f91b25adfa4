-- Roles: what users, auditors and administrators may do. Nothing is granted until
-- grant_workflow_roles() is called. Whose rows they see stands in 48_whose_rows.sql.

SET LOCAL search_path TO pg_catalog, pg_temp;

-- ---- Who may be granted what --------------------------------------------------------------------

CREATE FUNCTION @extschema@.llmw_role_privileges(
    OUT duty text,
    OUT privilege text,
    OUT object text
) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 300
    SET search_path = pg_catalog, pg_temp
AS $$
WITH members AS (
    SELECT d.classid, d.objid
    FROM pg_depend d
    JOIN pg_extension e ON e.oid = d.refobjid
    WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
      AND e.extname = 'llm_workflow'
), tables AS (
    SELECT c.relname, format('TABLE %s', c.oid::regclass) AS object
    FROM members m
    JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
    WHERE c.relkind IN ('r', 'p', 'v')
), functions AS (
    SELECT p.proname, format('FUNCTION %s', p.oid::regprocedure) AS object
    FROM members m
    JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
), granted (duty, privilege, name) AS (VALUES
    ('user', 'EXECUTE', ARRAY['generate_workflow', 'generate_workflows', 'submit_workflow',
                              'regenerate_workflow']),
    ('user', 'SELECT', ARRAY['workflow_requests', 'llm_calls', 'audit_logs', 'workflow_failures',
                             'llmw_request_days', 'llm_models', 'llm_model_prices']),
    ('auditor', 'EXECUTE', ARRAY['llmw_baseline_by_hours', 'llmw_worker_status',
                                'llmw_endpoint_status', 'verify_workflow_stats',
                                'verify_audit_chain', 'audit_digest',
                                'llmw_stats_from_ledger', 'llmw_kept_days',
                                'downgrade_candidates', 'llmw_watched']),
    ('admin', 'INSERT, UPDATE, DELETE', ARRAY['llm_models', 'workflow_formats', 'llm_agents',
                                              'llm_plans', 'llm_plan_agents', 'llm_budgets',
                                              'llm_routes', 'llm_rules']),
    ('admin', 'INSERT, DELETE', ARRAY['llm_model_prices']),
    ('admin', 'EXECUTE', ARRAY['apply_plan', 'revert_plan', 'create_experiment',
                               'stop_experiment', 'adopt_experiment', 'propose_downgrades',
                               'approve_proposal', 'reject_proposal', 'revert_proposal',
                               'erase_request', 'erase_requests_before',
                               'llmw_check_fallback_models'])
)
SELECT g.duty, g.privilege, coalesce(t.object, f.object)
FROM granted g
CROSS JOIN LATERAL unnest(g.name) AS wanted (name)
LEFT JOIN tables t ON g.privilege <> 'EXECUTE' AND t.relname = wanted.name
LEFT JOIN functions f ON g.privilege = 'EXECUTE' AND f.proname = wanted.name
UNION ALL
SELECT 'auditor', 'SELECT', t.object FROM tables t
$$;
COMMENT ON FUNCTION @extschema@.llmw_role_privileges() IS
    'What grant_workflow_roles() grants: to users, to auditors, and to administrators beside what '
    'auditors get.';
REVOKE ALL ON FUNCTION @extschema@.llmw_role_privileges() FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_role_statements(
    verb text,
    preposition text,
    roles name[],
    duties text[]
) RETURNS SETOF text
    LANGUAGE sql STABLE ROWS 300
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT DISTINCT format('%s %s ON %s %s %I', verb, p.privilege, p.object, preposition, given.role)
FROM unnest(roles, duties) AS given (role, duty)
JOIN @extschema@.llmw_role_privileges() p
  ON p.duty = given.duty OR given.duty = 'admin' AND p.duty = 'auditor'
WHERE given.role IS NOT NULL
$$;
COMMENT ON FUNCTION @extschema@.llmw_role_statements(text, text, name[], text[]) IS
    'The statements that grant to roles what their duties need, or revoke it.';
REVOKE ALL ON FUNCTION @extschema@.llmw_role_statements(text, text, name[], text[]) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_check_roles(roles name[]) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing name := (SELECT given.name
                     FROM unnest(roles) WITH ORDINALITY AS given (name, place)
                     WHERE given.name IS NOT NULL
                       AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = given.name)
                     ORDER BY given.place
                     LIMIT 1);
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = format('role "%s" does not exist', missing),
            DETAIL = 'Roles belong to the whole server, so none is made here.',
            HINT = format('Run CREATE ROLE %I NOLOGIN, name another role, or give NULL for none.',
                          missing);
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_check_roles(name[]) IS
    'Raises the error 42704 for a role that does not exist.';
REVOKE ALL ON FUNCTION @extschema@.llmw_check_roles(name[]) FROM PUBLIC;

-- ---- Settings -----------------------------------------------------------------------------------

-- Privileges on settings belong to the server and are for superusers to give. crash_point is for
-- tests; what it does is no administrator's business, and audit_digest_target names a file that the
-- server writes.
CREATE FUNCTION @extschema@.llmw_change_settings_right(admin_role name, statement text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    settings text;
BEGIN
    SELECT string_agg(s.name, ', ' ORDER BY s.name) INTO settings
    FROM pg_settings s
    WHERE s.name LIKE 'llm\_workflow.%' AND s.name NOT IN ('llm_workflow.crash_point', 'llm_workflow.audit_digest_target')
      AND admin_role IS NOT NULL
      AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = current_user AND r.rolsuper);
    IF settings IS NOT NULL THEN
        EXECUTE format(statement, 'ALTER SYSTEM ON PARAMETER ' || settings, admin_role);
        EXECUTE format(statement, 'EXECUTE ON FUNCTION pg_reload_conf()', admin_role);
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_change_settings_right(name, text) IS
    'Grants to administrators, or takes from them, the right to ALTER SYSTEM the settings of the '
    'extension; nothing when no superuser calls it.';
REVOKE ALL ON FUNCTION @extschema@.llmw_change_settings_right(name, text) FROM PUBLIC;

-- ---- What is called -----------------------------------------------------------------------------

CREATE FUNCTION @extschema@.grant_workflow_roles(
    user_role name DEFAULT 'llm_workflow_user',
    auditor_role name DEFAULT 'llm_workflow_auditor',
    admin_role name DEFAULT 'llm_workflow_admin'
) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    roles name[] := ARRAY[user_role, auditor_role, admin_role];
    duties text[] := ARRAY['user', 'auditor', 'admin'];
    statement text;
BEGIN
    PERFORM @extschema@.llmw_check_roles(roles);
    INSERT INTO @extschema@.llm_workflow_roles (role_name, duty)
    SELECT given.role, given.duty
    FROM unnest(roles, duties) AS given (role, duty)
    WHERE given.role IS NOT NULL
    ON CONFLICT DO NOTHING;
    FOR statement IN
        SELECT s FROM @extschema@.llmw_role_statements('GRANT', 'TO', roles, duties) AS s
        UNION ALL
        SELECT format('GRANT USAGE ON SCHEMA %s TO %I', e.extnamespace::regnamespace, given.role)
        FROM unnest(roles) AS given (role)
        JOIN pg_extension e ON e.extname = 'llm_workflow'
        WHERE given.role IS NOT NULL
    LOOP
        EXECUTE statement;
    END LOOP;
    PERFORM @extschema@.llmw_change_settings_right(admin_role, 'GRANT %s TO %I');
END
$$;
COMMENT ON FUNCTION @extschema@.grant_workflow_roles(name, name, name) IS
    'Grants three roles, which must exist, what users, auditors and administrators need, and has '
    'row-level security tell them apart: a role sees the rows of its own requests and of those of '
    'roles it is in, auditors and administrators see all. NULL: no such role. Another call adds '
    'others. docs/roles.md lists the grants. For the owner of the tables.';
REVOKE ALL ON FUNCTION @extschema@.grant_workflow_roles(name, name, name) FROM PUBLIC;

CREATE FUNCTION @extschema@.revoke_workflow_roles(
    user_role name DEFAULT 'llm_workflow_user',
    auditor_role name DEFAULT 'llm_workflow_auditor',
    admin_role name DEFAULT 'llm_workflow_admin'
) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    roles name[] := ARRAY[user_role, auditor_role, admin_role];
    duties text[] := ARRAY['user', 'auditor', 'admin'];
    statement text;
BEGIN
    PERFORM @extschema@.llmw_check_roles(roles);
    DELETE FROM @extschema@.llm_workflow_roles w
    USING unnest(roles, duties) AS given (role, duty)
    WHERE w.role_name = given.role AND w.duty = given.duty;
    FOR statement IN
        SELECT s FROM @extschema@.llmw_role_statements('REVOKE', 'FROM', roles, duties) AS s
        EXCEPT
        -- What a role needs for another duty stays.
        SELECT s
        FROM @extschema@.llm_workflow_roles w
        CROSS JOIN LATERAL @extschema@.llmw_role_statements(
            'REVOKE', 'FROM', ARRAY[w.role_name], ARRAY[w.duty]) AS s
        WHERE w.role_name = ANY (roles)
    LOOP
        EXECUTE statement;
    END LOOP;
    PERFORM @extschema@.llmw_change_settings_right(admin_role, 'REVOKE %s FROM %I');
END
$$;
COMMENT ON FUNCTION @extschema@.revoke_workflow_roles(name, name, name) IS
    'Takes from roles what grant_workflow_roles() granted them, but for USAGE on the schema and '
    'what they need for another duty. When no role is left, whoever may read the tables sees all '
    'rows again. For the owner of the tables.';
REVOKE ALL ON FUNCTION @extschema@.revoke_workflow_roles(name, name, name) FROM PUBLIC;
