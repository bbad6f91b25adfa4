-- validate_workflow(), workflow_is_valid() and extract_json() without a generation.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;

CREATE FUNCTION steps(n int) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('pilot_steps', coalesce(jsonb_agg(jsonb_build_object(
        'id', 's' || g, 'operation', 'Do ' || g, 'step_type', 'transform')), '[]'))
    FROM generate_series(1, n) g
$$;

-- 1 to 50 steps.
SELECT n, workflow_is_valid(steps(n)) FROM unnest(ARRAY[0, 1, 50, 51]) AS n;
SELECT * FROM validate_workflow(steps(50));
SELECT * FROM validate_workflow(steps(51));

-- The four types and no other.
SELECT t, workflow_is_valid(jsonb_set(steps(1), '{pilot_steps,0,step_type}', to_jsonb(t)))
FROM unnest(ARRAY['llm_decision', 'transform', 'conditional', 'api_call', 'Transform', 'loop',
    '']) AS t;

-- Each fault with its place.
SELECT code, severity, path, message FROM validate_workflow('[]');
SELECT code, severity, path, message FROM validate_workflow('{}');
SELECT code, severity, path, message FROM validate_workflow('{"pilot_steps": {}}');
SELECT code, severity, path, message FROM validate_workflow('{"pilot_steps": [
    {"id": "a", "operation": "x", "step_type": "transform"},
    {"id": "a", "operation": "x", "step_type": "transform"},
    {"id": 3, "operation": "x", "step_type": "transform"},
    {"operation": "x", "step_type": "transform"},
    {"id": "b", "operation": null, "step_type": "transform"},
    {"id": "c", "step_type": "api"},
    "step"]}');
SELECT code, hint FROM validate_workflow('{"pilot_steps": [{"id": "a", "operation": "x"}]}');

-- A service that was not given is a warning, which leaves the document valid.
SELECT code, severity, path FROM validate_workflow(
    '{"pilot_steps": [{"id": "a", "operation": "x", "step_type": "api_call", "service": "fax"}]}',
    services => '{google-mail}');
SELECT workflow_is_valid(
    '{"pilot_steps": [{"id": "a", "operation": "x", "step_type": "api_call", "service": "fax"}]}',
    services => '{google-mail}');

-- Arguments that are none.
SELECT * FROM validate_workflow('{}', 'novel');
SELECT workflow_is_valid('{}', services => ARRAY['a', NULL]);
SELECT workflow_is_valid(NULL), workflow_is_valid('{}', NULL);
SELECT * FROM validate_workflow(NULL);

-- A document nested deeper than the product reads is a finding, not a crash.
SELECT code, severity FROM validate_workflow((repeat('[', 2000) || repeat(']', 2000))::jsonb);

-- As a constraint.
CREATE TABLE kept (workflow jsonb CHECK (workflow_is_valid(workflow)));
INSERT INTO kept SELECT steps(3);
\set VERBOSITY terse
INSERT INTO kept VALUES ('{"pilot_steps": []}');
\set VERBOSITY default
DROP TABLE kept;

-- The document in an answer.
SELECT extract_json('{"a": 1}');
SELECT extract_json(E'Here it is:\n```json\n{"a": {"b": [1, 2, "}"]}}\n```\nEnjoy!');
SELECT extract_json('Sure! {"a": "b"} is the workflow.');
SELECT extract_json('No workflow today.');
SELECT extract_json('{"a": [1, 2');
SELECT extract_json('{"a": 1} or {"a": 2}');
SELECT extract_json(NULL);
\set VERBOSITY sqlstate
SELECT extract_json('No workflow today.');
SELECT extract_json('{"a": "\u0000"}');
\set VERBOSITY default

DROP FUNCTION steps(int);
DROP EXTENSION llm_workflow;
