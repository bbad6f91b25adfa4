-- Users, auditors, administrators: what each may do and see, by tables, views and functions.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions(0) > 0 AS made;

-- Roles are not made silently, and nobody but the owner makes policies.
SELECT grant_workflow_roles('regress_llmw_users', 'regress_llmw_auditors', 'regress_llmw_admins');
CREATE ROLE regress_llmw_users;
CREATE ROLE regress_llmw_auditors;
CREATE ROLE regress_llmw_admins;
CREATE ROLE regress_llmw_team;
CREATE ROLE regress_llmw_alice IN ROLE regress_llmw_users, regress_llmw_team;
CREATE ROLE regress_llmw_bob IN ROLE regress_llmw_users;
CREATE ROLE regress_llmw_olga IN ROLE regress_llmw_auditors;
CREATE ROLE regress_llmw_ada IN ROLE regress_llmw_admins;
SET ROLE regress_llmw_ada;
SELECT grant_workflow_roles('regress_llmw_users', 'regress_llmw_auditors', 'regress_llmw_admins');
SELECT revoke_workflow_roles('regress_llmw_users', 'regress_llmw_auditors', 'regress_llmw_admins');
RESET ROLE;
SELECT count(*) FROM llm_workflow_roles;

-- Each name in the list of privileges is one of the extension.
SELECT duty, privilege, count(*) AS objects FROM llmw_role_privileges() WHERE object IS NULL GROUP BY 1, 2;
SELECT duty, privilege, regexp_replace(object, '\(.*', '') AS object
FROM llmw_role_privileges() WHERE duty <> 'auditor' OR privilege <> 'SELECT'
ORDER BY duty, privilege, object COLLATE "C";

SELECT grant_workflow_roles('regress_llmw_users', 'regress_llmw_auditors', 'regress_llmw_admins');
-- Again: nothing changes.
SELECT grant_workflow_roles('regress_llmw_users', 'regress_llmw_auditors', 'regress_llmw_admins');
SELECT * FROM llm_workflow_roles ORDER BY duty;
SELECT polrelid::regclass AS table, polname, polroles::regrole[], polcmd
FROM pg_policy ORDER BY 1, 2;
SELECT relrowsecurity, relforcerowsecurity, relispartition, count(*) > 0 AS some
FROM pg_class WHERE relname ~ '^(workflow_requests|llm_calls|audit_logs)(_y.*)?$' AND relkind IN ('r', 'p')
GROUP BY 1, 2, 3 ORDER BY 3;

-- ---- Rows ---------------------------------------------------------------------------------------
-- What users do goes through a worker, which row-level security does not concern.
SET ROLE regress_llmw_alice;
SELECT generate_workflow('Send a mail for alice') ->> 'request_id' AS alices \gset
SET ROLE regress_llmw_bob;
SELECT generate_workflow('Send a mail for bob') ->> 'request_id' AS bobs \gset
RESET ROLE;
GRANT regress_llmw_users TO regress_llmw_team;
SET ROLE regress_llmw_team;
SELECT generate_workflow('Send a mail for the team') ->> 'request_id' AS teams \gset
RESET ROLE;
-- One that failed, one of a role that is gone, and an event without a request.
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format, format_version, prompt,
    prompt_sha256, status, error_code)
VALUES ('00000000-0000-7000-8000-000000000001', now(), now(), 'regress_llmw_gone', 'pilot', 1, 'Of somebody', '',
        'failed', 'LW001'),
       ('00000000-0000-7000-8000-000000000009', now(), now(), 'regress_llmw_bob', 'pilot', 1, 'Of bob', '',
        'failed', 'LW001');
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor)
VALUES (gen_random_uuid(), now(), 'WORKFLOW_REPORT', 'info', 'regress_llmw_alice');

CREATE FUNCTION seen() RETURNS TABLE (requests text, calls bigint, events bigint, failures bigint)
    LANGUAGE sql AS $$
SELECT (SELECT string_agg(replace(role_name, 'regress_llmw_', ''), ' ' ORDER BY role_name)
        FROM workflow_requests),
       (SELECT count(*) FROM llm_calls), (SELECT count(*) FROM audit_logs),
       (SELECT count(*) FROM workflow_failures)
$$;
SELECT * FROM seen();
SET ROLE regress_llmw_alice;
SELECT * FROM seen();
SET ROLE regress_llmw_bob;
SELECT * FROM seen();
SELECT prompt FROM workflow_requests ORDER BY submitted_at, status;
SET ROLE regress_llmw_olga;
SELECT * FROM seen();
SET ROLE regress_llmw_ada;
SELECT * FROM seen();
-- A role that may read the table, and is none of the three, sees its own rows.
RESET ROLE;
CREATE ROLE regress_llmw_reader;
GRANT SELECT ON workflow_requests, llm_calls, audit_logs, llmw_request_days, workflow_failures TO regress_llmw_reader;
SET ROLE regress_llmw_reader;
SELECT * FROM seen();
-- Nor do those of a role count whose privileges it does not have.
RESET ROLE;
CREATE ROLE regress_llmw_carl NOINHERIT IN ROLE regress_llmw_team;
GRANT SELECT ON workflow_requests, llm_calls, audit_logs, llmw_request_days, workflow_failures TO regress_llmw_carl;
SET ROLE regress_llmw_carl;
SELECT * FROM seen();
SET ROLE regress_llmw_reader;
-- Whoever would have all rows or an error gets the error.
SET row_security = off;
SELECT count(*) FROM workflow_requests;
RESET row_security;

-- No condition of the caller is asked of rows of others.
SET ROLE regress_llmw_bob;
CREATE FUNCTION pg_temp.leak(text) RETURNS boolean COST 0.0001 LANGUAGE plpgsql AS
    $$BEGIN RAISE WARNING '%', $1; RETURN true; END$$;
SELECT count(*) FROM workflow_requests WHERE pg_temp.leak(role_name);
SELECT count(*) FROM llm_calls WHERE pg_temp.leak(model);
SELECT count(*) FROM audit_logs WHERE pg_temp.leak(action);
SELECT count(*) FROM workflow_failures WHERE pg_temp.leak(prompt);

-- A partition shows nothing by its own name, not even to whom it is granted; nor does a new one.
RESET ROLE;
SELECT relname AS partition FROM pg_class WHERE relname ~ '^workflow_requests_y' LIMIT 1 \gset
SET ROLE regress_llmw_olga;
\set VERBOSITY sqlstate
SELECT count(*) FROM :partition;
RESET ROLE;
\set VERBOSITY default
GRANT SELECT ON :partition TO regress_llmw_olga, regress_llmw_alice;
SET ROLE regress_llmw_olga;
SELECT count(*) FROM :partition;
SET ROLE regress_llmw_alice;
SELECT count(*) FROM :partition;
RESET ROLE;
SELECT ensure_workflow_partitions(3) > 0 AS made;
SELECT count(*) FROM pg_class WHERE relname ~ '^(workflow_requests|llm_calls|audit_logs)_y' AND relkind = 'r'
    AND NOT relrowsecurity;

-- ---- Functions ----------------------------------------------------------------------------------
SET ROLE regress_llmw_bob;
SELECT workflow_result(:'bobs') ->> 'generator_used';
\set VERBOSITY sqlstate
SELECT workflow_result(:'alices') ->> 'generator_used';
SELECT regenerate_workflow(:'alices', 'Shorter');
SELECT record_workflow_outcome(:'alices', true);
SELECT erase_request(:'bobs');
\set VERBOSITY default
SET ROLE regress_llmw_alice;
SELECT workflow_result(:'teams') ->> 'generator_used';
SELECT regenerate_workflow(:'teams', 'Shorter') ->> 'generator_used';
SET ROLE regress_llmw_olga;
SELECT workflow_result(:'bobs') ->> 'generator_used';
SET ROLE regress_llmw_reader;
\set VERBOSITY sqlstate
SELECT workflow_result(:'bobs') ->> 'generator_used';
\set VERBOSITY default
-- A policy of the administrator's own that takes rows away counts everywhere.
RESET ROLE;
BEGIN;
INSERT INTO workflow_jobs (request_id, submitted_at, role_name, state, run_at, primary_model, request)
VALUES ('00000000-0000-7000-8000-000000000002', now(), 'regress_llmw_bob', 'scheduled', now() + interval '1 h',
        'gpt-4o', '{}'),
       ('00000000-0000-7000-8000-000000000003', now(), 'regress_llmw_team', 'scheduled', now() + interval '1 h',
        'gpt-4o', '{}');
CREATE FUNCTION waiting() RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(replace(role_name, 'regress_llmw_', ''), ' ' ORDER BY role_name) FROM workflow_progress$$;
SET ROLE regress_llmw_alice;
SELECT waiting();
SET ROLE regress_llmw_bob;
SELECT waiting();
SET ROLE regress_llmw_reader;
SELECT waiting();
SET ROLE regress_llmw_olga;
SELECT waiting();
RESET ROLE;
CREATE POLICY not_bobs ON workflow_requests AS RESTRICTIVE TO regress_llmw_auditors
    USING (role_name <> 'regress_llmw_bob');
SET ROLE regress_llmw_olga;
SELECT waiting();
SELECT workflow_result(:'alices') ->> 'generator_used';
SELECT requests, calls FROM seen();
\set VERBOSITY sqlstate
SELECT workflow_result(:'bobs') ->> 'generator_used';
\set VERBOSITY default
ROLLBACK;

-- ---- Auditors: everything, and no more than reading ---------------------------------------------
CREATE FUNCTION members(kinds "char"[]) RETURNS SETOF regclass LANGUAGE sql AS $$
SELECT c.oid::regclass FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.classid = 'pg_class'::regclass
JOIN pg_extension e ON e.oid = d.refobjid AND d.deptype = 'e' AND e.extname = 'llm_workflow'
WHERE c.relkind = ANY (kinds) ORDER BY c.relname
$$;
-- Users have no such view: it would show them what others spend.
SELECT t AS users_read FROM members('{r,p,v}') AS m (t)
WHERE has_table_privilege('regress_llmw_bob', t, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
ORDER BY t::text COLLATE "C";
SELECT bool_or(has_table_privilege('regress_llmw_bob', t, 'INSERT, UPDATE, DELETE, TRUNCATE')) AS users_write
FROM members('{r,p,v}') AS m (t);
SET ROLE regress_llmw_olga;
DO $$
DECLARE
    one regclass;
BEGIN
    FOR one IN SELECT * FROM members('{r,p,v}') LOOP
        EXECUTE format('SELECT count(*) FROM %s', one);
        IF has_table_privilege(one, 'INSERT, UPDATE, DELETE, TRUNCATE') THEN
            RAISE WARNING 'may write %', one;
        END IF;
    END LOOP;
END
$$;
SELECT count(*) > 0 AS told FROM verify_workflow_stats();
SELECT workflow_report(now() - interval '1 day', now()) LIKE '%</html>%' AS page;
\set VERBOSITY sqlstate
SELECT generate_workflow('Send a mail');
SELECT submit_workflow('Send a mail');
SELECT regenerate_workflow(:'bobs', 'Shorter');
SELECT erase_request(:'bobs');
SELECT apply_plan('none');
SELECT llm_workflow_maintain();
\set VERBOSITY default
SELECT has_parameter_privilege('llm_workflow.primary_model', 'ALTER SYSTEM') AS auditor;

-- ---- Administrators -----------------------------------------------------------------------------
SET ROLE regress_llmw_ada;
INSERT INTO llm_models (name, server) VALUES ('mine', 'builtin');
UPDATE llm_models SET enabled = false WHERE name = 'gpt-4';
INSERT INTO llm_model_prices (model, input_per_million, output_per_million) VALUES ('mine', 1, 2);
SELECT create_workflow_format('mine', 'Answer.', '{"type": "object"}');
UPDATE workflow_formats SET enabled = false WHERE name = 'mine';
INSERT INTO llm_agents (agent, model, fallback_models) VALUES ('a', 'mine', '{gpt-4o}');
INSERT INTO llm_routes (category, model) VALUES ('c', 'mine');
INSERT INTO llm_rules (rule, category, text) VALUES ('R1', 'c', 'Ask first.');
SELECT create_experiment('e', 'c', NULL, 'mine', 'gpt-4o'), stop_experiment('e', 'Enough.');
SELECT count(*) FROM propose_downgrades();
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('b', 'database', 'day', 5);
UPDATE llm_budgets SET limit_usd = 6;
INSERT INTO llm_plans (plan) VALUES ('p');
INSERT INTO llm_plan_agents (plan, agent, model, max_tokens) VALUES ('p', 'a', 'mine', 500);
SELECT apply_plan('p'), revert_plan(force => true);
DELETE FROM llm_budgets;
SELECT name, has_parameter_privilege(name, 'ALTER SYSTEM') AS may
FROM pg_settings WHERE name IN ('llm_workflow.enabled', 'llm_workflow.primary_model', 'llm_workflow.crash_point',
                                'work_mem') ORDER BY 1;
SELECT has_parameter_privilege('llm_workflow.audit_digest_target', 'ALTER SYSTEM') AS may_name_a_file;
\set VERBOSITY sqlstate
SELECT generate_workflow('Send a mail');
UPDATE workflow_requests SET cost_usd = 0;
DELETE FROM llm_calls;
SELECT llm_workflow_maintain();
SELECT llm_workflow_allow_here();
\set VERBOSITY default

-- Rights to settings are for superusers to give: others give the rest, without an error.
RESET ROLE;
GRANT EXECUTE ON FUNCTION llmw_change_settings_right TO regress_llmw_ada;
SET ROLE regress_llmw_ada;
SELECT llmw_change_settings_right('regress_llmw_bob', 'GRANT %s TO %I');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION llmw_change_settings_right FROM regress_llmw_ada;

-- ---- Further roles, and taking back -------------------------------------------------------------
RESET ROLE;
SELECT grant_workflow_roles(NULL, 'regress_llmw_reader', NULL);
SET ROLE regress_llmw_reader;
SELECT requests FROM seen();
SET ROLE regress_llmw_olga;
SELECT requests FROM seen();
RESET ROLE;
-- Of two duties one is taken, and the other stays with all that it needs.
SELECT grant_workflow_roles('regress_llmw_reader', NULL, NULL);
SELECT revoke_workflow_roles('regress_llmw_reader', NULL, NULL);
SELECT duty FROM llm_workflow_roles WHERE role_name = 'regress_llmw_reader';
SELECT has_function_privilege('regress_llmw_reader', oid, 'EXECUTE') AS asks
FROM pg_proc WHERE proname = 'generate_workflow';
SET ROLE regress_llmw_reader;
SELECT requests FROM seen();
RESET ROLE;
SELECT revoke_workflow_roles(NULL, 'regress_llmw_reader', NULL);
SET ROLE regress_llmw_reader;
\set VERBOSITY sqlstate
SELECT requests FROM seen();
\set VERBOSITY default
RESET ROLE;
SELECT revoke_workflow_roles('regress_llmw_users', 'regress_llmw_auditors', 'regress_llmw_admins');
-- Users alone are enough that nobody sees the rows of others.
SELECT grant_workflow_roles('regress_llmw_users', NULL, NULL);
SET ROLE regress_llmw_carl;
SELECT * FROM seen();
RESET ROLE;
SELECT revoke_workflow_roles('regress_llmw_users', NULL, NULL);
-- As before: whoever may read the tables sees all.
SELECT count(*) FROM llm_workflow_roles;
GRANT SELECT ON workflow_requests, llm_calls, audit_logs, workflow_failures, llmw_request_days TO regress_llmw_reader;
SET ROLE regress_llmw_reader;
SELECT requests FROM seen();
SELECT workflow_result(:'bobs') ->> 'generator_used';
RESET ROLE;
-- All that is left is the schema: the roles can go but for that.
SELECT count(*) FROM members('{r,p,v}') AS m (t)
WHERE has_table_privilege('regress_llmw_admins', t, 'SELECT, INSERT, UPDATE, DELETE')
  AND NOT has_table_privilege('public', t, 'SELECT');
SELECT has_parameter_privilege('regress_llmw_admins', 'llm_workflow.enabled', 'ALTER SYSTEM') AS may;
DROP OWNED BY regress_llmw_users, regress_llmw_auditors, regress_llmw_admins, regress_llmw_reader,
    regress_llmw_carl, regress_llmw_alice, regress_llmw_bob, regress_llmw_olga, regress_llmw_ada, regress_llmw_team;
DROP ROLE regress_llmw_users, regress_llmw_auditors, regress_llmw_admins, regress_llmw_reader,
    regress_llmw_carl, regress_llmw_alice, regress_llmw_bob, regress_llmw_olga, regress_llmw_ada, regress_llmw_team;

DROP FUNCTION seen, members;
DROP EXTENSION llm_workflow;
