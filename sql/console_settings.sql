-- Settings of databases and roles: what is in force and why, who may change it, and what is told of it.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;
CREATE ROLE llmw_settings_user LOGIN;
CREATE ROLE llmw_settings_maker CREATEROLE;

-- The server's configuration, and what nobody has set.
SELECT setting, value, source, default_value, kind, unit, lowest, highest, choices, can_be_set
FROM workflow_settings()
WHERE setting IN ('llm_workflow.primary_model', 'llm_workflow.request_timeout', 'llm_workflow.enabled',
                  'llm_workflow.enable_fallback', 'llm_workflow.response_mode');
SELECT count(*) = (SELECT count(*) FROM pg_settings WHERE name LIKE 'llm_workflow.%') AS all_of_them,
       bool_and(description <> '') AS described
FROM workflow_settings();
SELECT * FROM workflow_setting_values();

-- From the widest to the narrowest place: the narrowest counts, and only for whom it is.
SELECT set_workflow_setting('llm_workflow.primary_model', 'gpt-4o');
SELECT set_workflow_setting('llm_workflow.primary_model', 'claude-sonnet-4', 'role', 'llmw_settings_user');
SELECT setting, value, source FROM workflow_settings() WHERE setting ~ 'primary';
SELECT setting, value, source FROM workflow_settings('llmw_settings_user') WHERE setting ~ 'primary';
SELECT set_workflow_setting('llm_workflow.primary_model', 'gpt-4o-mini', 'role in database', 'llmw_settings_user');
SELECT setting, value, source FROM workflow_settings('llmw_settings_user') WHERE setting ~ 'primary';
ALTER ROLE ALL SET llm_workflow.max_retries = 5;
SELECT setting, value, source FROM workflow_settings('llmw_settings_user') WHERE setting ~ 'max_retries';
ALTER ROLE ALL RESET llm_workflow.max_retries;
SELECT setting, scope, role, value FROM workflow_setting_values() ORDER BY place;

-- The next session begins with what it says, and so does one after a reset.
\c
SET client_min_messages = warning;
SHOW llm_workflow.primary_model;
SELECT set_workflow_setting('llm_workflow.primary_model', NULL);
SELECT set_workflow_setting('llm_workflow.primary_model', NULL);
\c
SET client_min_messages = warning;
SHOW llm_workflow.primary_model;

-- Everybody may look. A role may change its own, as PostgreSQL has it, and nobody else's.
SET SESSION AUTHORIZATION llmw_settings_user;
SELECT setting, value, source FROM workflow_settings() WHERE setting ~ 'primary';
SELECT set_workflow_setting('llm_workflow.max_retries', '4', 'role', 'llmw_settings_user');
\set VERBOSITY sqlstate
SELECT set_workflow_setting('llm_workflow.max_retries', '4', 'role', 'llmw_settings_maker');
SELECT set_workflow_setting('llm_workflow.max_retries', '4');
\set VERBOSITY default
-- The change alone has its event written: nobody can have one written of what was never there.
SELECT p.oid::regprocedure AS function FROM pg_proc p
WHERE has_function_privilege(p.oid, 'EXECUTE') AND p.prosrc LIKE '%SETTING\_CHANGED%';
SELECT llmw_write_plan_event('SETTING_CHANGED', '{"former": "never there"}');
-- What finds the statement for it changes nothing, and runs nothing.
SELECT * FROM llmw_setting_change('llm_workflow.max_retries', '3', 'role', 'llmw_settings_user');
SELECT * FROM llmw_setting_change('anything', '3', 'role', 'llmw_settings_user');
RESET SESSION AUTHORIZATION;

-- What cannot be meant.
SELECT set_workflow_setting('llm_workflow.primary_model', 'no such model');
SELECT set_workflow_setting('llm_workflow.fallback_models', 'gpt-4o, no such model');
SELECT set_workflow_setting('llm_workflow.max_retries', 'many');
SELECT set_workflow_setting('llm_workflow.response_mode', 'loud');
SELECT set_workflow_setting('llm_workflow.max_workers', '3');
SELECT set_workflow_setting('work_mem', '1GB');
SELECT set_workflow_setting('llm_workflow.max_retries; DROP TABLE llm_models', '1');
SELECT set_workflow_setting(NULL, '1');
SELECT set_workflow_setting('llm_workflow.max_retries', '1', 'cluster');
SELECT set_workflow_setting('llm_workflow.max_retries', '1', 'role');
SELECT set_workflow_setting('llm_workflow.max_retries', '1', 'database', 'llmw_settings_user');
SELECT set_workflow_setting('llm_workflow.max_retries', '1', 'role', 'llmw_nobody');
-- A value is a value, whatever is in it; models may have spaces between them, or be none.
SELECT set_workflow_setting('llm_workflow.format', $$'; DROP TABLE llm_models; --$$, 'role', 'llmw_settings_user');
SELECT set_workflow_setting('llm_workflow.fallback_models', ' gpt-4o , claude-sonnet-4', 'role', 'llmw_settings_user');
SELECT set_workflow_setting('llm_workflow.fallback_models', '', 'role', 'llmw_settings_user');
-- Who may not change a setting may have a function that changes it for him: the event tells who did.
CREATE FUNCTION llmw_settings_button() RETURNS void SECURITY DEFINER LANGUAGE sql
RETURN set_workflow_setting('llm_workflow.max_retries', '1', 'role', 'llmw_settings_maker');
SET SESSION AUTHORIZATION llmw_settings_user;
SELECT llmw_settings_button();
RESET SESSION AUTHORIZATION;
DROP FUNCTION llmw_settings_button();
-- Twice in one statement: each event has what was there right before.
SELECT set_workflow_setting('llm_workflow.max_retries', n::text, 'role', 'llmw_settings_maker')
FROM generate_series(2, 3) n;
SELECT setting, scope, role, value FROM workflow_setting_values() ORDER BY setting, place, role;

-- Each change is an event; what was so already is none.
SELECT CASE actor WHEN session_user THEN 'us' ELSE actor END AS actor, details
FROM audit_logs WHERE action = 'SETTING_CHANGED' ORDER BY "timestamp", details ->> 'value';

DROP EXTENSION llm_workflow;
DROP ROLE llmw_settings_user, llmw_settings_maker;
