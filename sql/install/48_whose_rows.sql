-- Whose rows a role sees: those of each role whose privileges it has, and all when it is an auditor
-- or an administrator. Until somebody is, whoever may read the tables sees all.
--
-- Row-level security stands here from the start, and who sees all stands in a table: pg_dump dumps
-- the rights on an extension's tables, but no policies of them. Were these made at run time, a
-- restored database would show everything to everybody with those rights.
--
-- The worker writes as the owner, whom policies do not concern. A partition has row-level security
-- and no policy: by its own name it shows nothing to anybody else.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE TABLE @extschema@.llm_workflow_roles (
    role_name name NOT NULL,
    duty text NOT NULL,
    PRIMARY KEY (role_name, duty),
    CONSTRAINT llm_workflow_roles_duty_check CHECK (duty IN ('user', 'auditor', 'admin'))
);

COMMENT ON TABLE @extschema@.llm_workflow_roles IS
    'Roles that grant_workflow_roles() was given, and for what. While there is one, roles see the '
    'rows of their own requests, auditors and administrators all.';
COMMENT ON COLUMN @extschema@.llm_workflow_roles.role_name IS 'The role.';
COMMENT ON COLUMN @extschema@.llm_workflow_roles.duty IS 'user, auditor or admin.';
SELECT pg_catalog.pg_extension_config_dump('@extschema@.llm_workflow_roles', '');
GRANT SELECT ON @extschema@.llm_workflow_roles TO PUBLIC;

-- These run with the rights of whoever reads, who need not be allowed to use the schema: their
-- bodies are parsed now.

CREATE FUNCTION @extschema@.llmw_roles_of_caller() RETURNS name[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
RETURN ARRAY(SELECT r.rolname FROM pg_roles r WHERE pg_has_role(r.oid, 'USAGE'));
COMMENT ON FUNCTION @extschema@.llmw_roles_of_caller() IS
    'The current role, and those whose privileges it has. Used by policies and views.';

CREATE FUNCTION @extschema@.llmw_sees_all_rows() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
RETURN NOT EXISTS (SELECT FROM @extschema@.llm_workflow_roles)
    OR EXISTS (SELECT
               FROM @extschema@.llm_workflow_roles w
               JOIN pg_roles r ON r.rolname = w.role_name
               WHERE w.duty IN ('auditor', 'admin') AND pg_has_role(r.oid, 'USAGE'));
COMMENT ON FUNCTION @extschema@.llmw_sees_all_rows() IS
    'Whether the current role sees the rows of all in the tables that it may read. Used by '
    'policies.';

-- A policy that takes rows away is none of ours, and may take any.
CREATE FUNCTION @extschema@.llmw_reads_all_requests() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
RETURN has_table_privilege('@extschema@.workflow_requests'::regclass, 'SELECT')
    AND (NOT row_security_active('@extschema@.workflow_requests'::regclass)
         OR @extschema@.llmw_sees_all_rows()
            AND NOT EXISTS (SELECT
                            FROM pg_policy p
                            CROSS JOIN LATERAL unnest(p.polroles) AS given (role)
                            WHERE p.polrelid = '@extschema@.workflow_requests'::regclass
                              AND NOT p.polpermissive
                              AND (given.role = 0 OR pg_has_role(given.role, 'USAGE'))));
COMMENT ON FUNCTION @extschema@.llmw_reads_all_requests() IS
    'Whether the current role may read every row of workflow_requests. Used by views.';

-- Each row says whose it is: to ask workflow_requests for each call would take fifty times as long.
-- The functions are called once in a statement, as uncorrelated subqueries.

CREATE POLICY llm_workflow_rows ON @extschema@.workflow_requests FOR SELECT
    USING ((SELECT @extschema@.llmw_sees_all_rows())
           OR role_name = ANY ((SELECT @extschema@.llmw_roles_of_caller())::name[]));
ALTER TABLE @extschema@.workflow_requests ENABLE ROW LEVEL SECURITY;

CREATE POLICY llm_workflow_rows ON @extschema@.llm_calls FOR SELECT
    USING ((SELECT @extschema@.llmw_sees_all_rows())
           OR role_name = ANY ((SELECT @extschema@.llmw_roles_of_caller()::text[])::text[]));
ALTER TABLE @extschema@.llm_calls ENABLE ROW LEVEL SECURITY;

CREATE POLICY llm_workflow_rows ON @extschema@.audit_logs FOR SELECT
    USING ((SELECT @extschema@.llmw_sees_all_rows())
           OR actor = ANY ((SELECT @extschema@.llmw_roles_of_caller()::text[])::text[]));
ALTER TABLE @extschema@.audit_logs ENABLE ROW LEVEL SECURITY;

COMMENT ON POLICY llm_workflow_rows ON @extschema@.workflow_requests IS
    'Requests of the role itself and of roles it is in; for auditors and administrators all.';
COMMENT ON POLICY llm_workflow_rows ON @extschema@.llm_calls IS
    'Calls for requests of the role itself and of roles it is in; for auditors and administrators '
    'all.';
COMMENT ON POLICY llm_workflow_rows ON @extschema@.audit_logs IS
    'Events of the role itself and of roles it is in; for auditors and administrators all.';
