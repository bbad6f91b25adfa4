-- Formats: what is shipped, what users make, what may change, and who may.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

SELECT name, version, max_output_tokens, enabled, builtin, created_by = CURRENT_USER AS own
FROM workflow_formats ORDER BY name;
SELECT bool_and(system_prompt <> ''), bool_and(description <> ''),
       bool_and(json_schema ->> 'type' = 'object'), bool_and(jsonb_typeof(rules) = 'object')
FROM workflow_formats;
-- The schema is kept as it was written: models write in the order of its keys.
SELECT json_object_keys(json_schema #> '{properties,stages,items,properties}')
FROM workflow_formats WHERE name = 'stages';

-- A format of one's own, with steps that depend on each other.
SELECT create_workflow_format('recipe', 'Turn a wish into a recipe.',
    '{"type": "object", "required": ["moves"], "additionalProperties": false, "properties": {
        "moves": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["key", "what"], "properties": {
                "key": {"type": "string"}, "what": {"type": "string", "maxLength": 20},
                "after": {"type": "array", "items": {"type": "string"}}}}}}}',
    '{"kind": "steps", "items": "moves", "id": "key", "text": "what", "depends_on": "after"}',
    2000, 'For cooks');
SELECT workflow_is_valid('{"moves": [{"key": "a", "what": "Boil water"},
                                     {"key": "b", "what": "Add pasta", "after": ["a"]}]}', 'recipe');
SELECT code, severity, path FROM validate_workflow(
    '{"moves": [{"key": "a", "what": "Boil water", "after": ["b"]},
                {"key": "b", "what": "Add pasta", "after": ["a"]}]}', 'recipe');
SELECT code, severity, path FROM validate_workflow(
    '{"moves": [{"key": "a", "what": "Boil water", "after": ["z"]},
                {"key": "a", "what": "Add far too much pasta to it", "hot": 1}], "x": 1}', 'recipe');
SELECT * FROM validate_workflow('{"moves": []}', 'recipe');

-- Schema checks only.
SELECT create_workflow_format('note', 'Write a note.',
    '{"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}');
SELECT code, path FROM validate_workflow('{"text": 1}', 'note');
SELECT workflow_is_valid('{"text": "a"}', 'note');

-- A new version is used from then on, in this transaction already; the older one stays.
BEGIN;
SELECT create_workflow_format('note', 'Write a note.',
    '{"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}');
SELECT workflow_is_valid('{"text": "a"}', 'note'), workflow_is_valid('{"title": "a"}', 'note');
SAVEPOINT three;
SELECT create_workflow_format('note', 'Write a note.', '{"type": "object"}');
SELECT workflow_is_valid('{}', 'note');
ROLLBACK TO three;
SELECT workflow_is_valid('{}', 'note');
COMMIT;
SELECT name, version, rules, max_output_tokens, description, enabled, builtin
FROM workflow_formats WHERE NOT builtin ORDER BY name, version;
-- One that is disabled is not the newest; with all of them disabled there is none.
UPDATE workflow_formats SET enabled = false WHERE name = 'note' AND version = 2;
SELECT workflow_is_valid('{"text": "a"}', 'note'), workflow_is_valid('{"title": "a"}', 'note');
UPDATE workflow_formats SET enabled = false, description = 'Old' WHERE name = 'note';
SELECT workflow_is_valid('{"text": "a"}', 'note');
SELECT generate_workflow('Hello', format => 'note');
SELECT create_workflow_format('note', 'Write a note.', '{"type": "object"}', NULL, 10);
SELECT workflow_is_valid('{}', 'note');
-- A version of a shipped format.
SELECT create_workflow_format('discovery', 'Explore.', '{"type": "object"}');
SELECT workflow_is_valid('{}', 'discovery');

-- Schemas that cannot be used: the error names the place and the keyword.
SELECT create_workflow_format('x', 'p', '{"type": "object", "properties": {"a": {"type": "text"}}}');
SELECT create_workflow_format('x', 'p',
    '{"type": "object", "properties": {"a": {"type": "integer", "minimumm": 1}}}');
SELECT create_workflow_format('x', 'p',
    '{"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}');
\set VERBOSITY sqlstate
SELECT create_workflow_format('x', 'p',
    '{"type": "object", "properties": {"a": {"type": "string", "pattern": "(a"}}}');
\set VERBOSITY default
SELECT create_workflow_format('x', 'p', '{"type": "array"}');
SELECT create_workflow_format('x', 'p', '{}');
SELECT create_workflow_format('x', 'p', 'true');
SELECT create_workflow_format('x', 'p', '{"type": ');

-- Rules that cannot be used.
SELECT create_workflow_format('x', 'p', '{"type": "object"}', '{"kind": "novel", "items": "a"}');
SELECT create_workflow_format('x', 'p', '{"type": "object"}', '{"kind": "steps"}');
SELECT create_workflow_format('x', 'p', '{"type": "object"}',
    '{"kind": "steps", "items": "a", "id": "id", "depend_on": "d"}');
SELECT create_workflow_format('x', 'p', '{"type": "object"}',
    '{"kind": "steps", "items": "a", "id": 1}');
SELECT create_workflow_format('x', 'p', '{"type": "object"}', '[]');

-- Names and values that are none.
\set VERBOSITY terse
SELECT create_workflow_format('', 'p', '{"type": "object"}');
SELECT create_workflow_format('my format', 'p', '{"type": "object"}');
SELECT create_workflow_format('ä', 'p', '{"type": "object"}');
SELECT create_workflow_format(repeat('a', 65), 'p', '{"type": "object"}');
SELECT create_workflow_format('x', '', '{"type": "object"}');
SELECT create_workflow_format('x', 'p', '{"type": "object"}', NULL, 0);
SELECT create_workflow_format(NULL, 'p', '{"type": "object"}');
SELECT create_workflow_format('x', NULL, '{"type": "object"}');
SELECT create_workflow_format('x', 'p', NULL);
-- A row is checked the same when it is inserted past the function.
INSERT INTO workflow_formats (name, version, system_prompt, json_schema)
VALUES ('x', 1, 'p', '{"type": "object", "minimumm": 1}');
INSERT INTO workflow_formats (name, version, system_prompt, json_schema)
VALUES ('x', 0, 'p', '{"type": "object"}');
INSERT INTO workflow_formats (name, version, system_prompt, json_schema)
VALUES ('note', 1, 'p', '{"type": "object"}');
SELECT llmw_check_format();
\set VERBOSITY default
SELECT count(*) FROM workflow_formats WHERE name = 'x';

-- What was made stays as it was.
UPDATE workflow_formats SET system_prompt = 'Other.' WHERE name = 'recipe';
UPDATE workflow_formats SET json_schema = '{"type": "object"}' WHERE name = 'recipe';
UPDATE workflow_formats SET rules = NULL WHERE name = 'recipe';
UPDATE workflow_formats SET rules = '{}' WHERE name = 'note' AND version = 1;
UPDATE workflow_formats SET max_output_tokens = 1 WHERE name = 'recipe';
UPDATE workflow_formats SET version = 7 WHERE name = 'recipe';
UPDATE workflow_formats SET name = 'meal' WHERE name = 'recipe';
UPDATE workflow_formats SET system_prompt = 'Other.' WHERE name = 'pilot';
SET session_replication_role = replica;
UPDATE workflow_formats SET system_prompt = 'Other.' WHERE name = 'recipe';
RESET session_replication_role;
TRUNCATE workflow_formats;
DELETE FROM workflow_formats WHERE name = 'pilot';
-- A version that a request used, too; others may go.
CREATE TABLE requests_2025 PARTITION OF workflow_requests
    FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO workflow_requests (request_id, submitted_at, role_name, format, format_version,
    prompt_sha256, status)
VALUES ('01941f29-7c00-7000-8000-000000000001', '2025-01-01', 'r', 'note', 1, '', 'failed');
DELETE FROM workflow_formats WHERE name = 'note' AND version = 1;
DELETE FROM workflow_formats WHERE name = 'note' AND version = 2;
SELECT name, version FROM workflow_formats WHERE name = 'note' ORDER BY version;

-- What a dump holds, and a restore: a row that the user had changed meets the shipped one.
SELECT c.relname, e.condition
FROM pg_extension x, unnest(x.extconfig, x.extcondition) AS e (oid, condition)
JOIN pg_class c ON c.oid = e.oid
WHERE x.extname = 'llm_workflow' AND c.relname = 'workflow_formats';
UPDATE workflow_formats SET enabled = false WHERE name = 'stages';
CREATE TABLE dumped AS SELECT * FROM workflow_formats WHERE NOT builtin;
DROP TABLE requests_2025;
DROP EXTENSION llm_workflow;
CREATE EXTENSION llm_workflow;
INSERT INTO workflow_formats SELECT * FROM dumped;
SELECT name, version, enabled, builtin FROM workflow_formats ORDER BY name, version;
SELECT count(*) FROM dumped d JOIN workflow_formats f USING (name, version)
WHERE d.json_schema::text = f.json_schema::text AND d.created_at = f.created_at;
DROP TABLE dumped;
-- What this process had compiled of the extension before is forgotten.
SELECT workflow_is_valid('{"moves": []}', 'recipe');

-- Who may: nobody until granted, then by the privileges on the table.
CREATE ROLE regress_llmw_author;
SET ROLE regress_llmw_author;
SELECT create_workflow_format('memo', 'p', '{"type": "object"}');
SELECT system_prompt FROM workflow_formats;
SELECT * FROM llmw_builtin_formats();
RESET ROLE;
GRANT SELECT, INSERT ON workflow_formats TO regress_llmw_author;
SET ROLE regress_llmw_author;
SELECT create_workflow_format('memo', 'p', '{"type": "object"}');
SELECT created_by, enabled FROM workflow_formats WHERE name = 'memo';
UPDATE workflow_formats SET enabled = false;
DELETE FROM workflow_formats WHERE name = 'memo';
RESET ROLE;
-- The ledger is asked on behalf of a role that may not read it.
GRANT DELETE ON workflow_formats TO regress_llmw_author;
SET ROLE regress_llmw_author;
DELETE FROM workflow_formats WHERE name = 'memo';
RESET ROLE;

-- In workers of a parallel statement.
CREATE TABLE many AS
SELECT jsonb_build_object('moves', jsonb_build_array(jsonb_build_object('key', 'k', 'what', g::text)))
    AS workflow
FROM generate_series(1, 2000) g;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*) FROM many WHERE workflow_is_valid(workflow, 'recipe');
DROP TABLE many;

DROP OWNED BY regress_llmw_author;
DROP ROLE regress_llmw_author;
DROP EXTENSION llm_workflow;
