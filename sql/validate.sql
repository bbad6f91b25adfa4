-- validate_workflow() and workflow_is_valid() without a generation.
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

-- A service that was not given; without services any will do. A warning leaves a document valid.
SELECT code, severity, path FROM validate_workflow(
    '{"pilot_steps": [{"id": "a", "operation": "x", "step_type": "api_call", "service": "fax"}]}',
    services => '{google-mail}');
SELECT workflow_is_valid(
    '{"pilot_steps": [{"id": "a", "operation": "x", "step_type": "api_call", "service": "fax"}]}');
SELECT code, severity, path FROM validate_workflow('{"pilot_steps": [
    {"id": "a", "operation": "x", "step_type": "transform"},
    {"id": "b", "operation": "x", "step_type": "transform"}]}');
SELECT workflow_is_valid('{"pilot_steps": [
    {"id": "a", "operation": "x", "step_type": "transform"},
    {"id": "b", "operation": "x", "step_type": "transform"}]}');

-- What goes beyond shape: references, circles, branches, data.
SELECT code, severity, path FROM validate_workflow('{"pilot_steps": [
    {"id": "a", "operation": "Read the order", "step_type": "api_call", "depends_on": ["c"]},
    {"id": "b", "operation": "Check the order", "step_type": "transform", "depends_on": ["z"],
     "inputs": ["order"]},
    {"id": "c", "operation": "Is it large?", "step_type": "conditional", "depends_on": ["a"],
     "branches": [{"when": "yes", "next": "y"}]}]}');

-- The other formats.
SELECT code, severity, path FROM validate_workflow('{"stages": [
    {"id": "a", "name": "A", "type": "sequential", "depends_on": ["b"], "parallel_with": ["b"]},
    {"id": "b", "name": "B", "type": "gardening"}]}', 'stages');
SELECT code, severity, path FROM validate_workflow('{"stages": [
    {"id": "a", "name": "A", "type": "sequential", "outputs": ["x"]},
    {"id": "b", "name": "B", "type": "sequential", "depends_on": ["a"], "inputs": ["x"]}]}', 'stages');
SELECT workflow_is_valid('{"stages": [
    {"id": "a", "name": "A", "type": "sequential", "sequence": 1, "outputs": ["x"]},
    {"id": "b", "name": "B", "type": "sequential", "sequence": 2, "depends_on": ["a"],
     "inputs": ["x"]}],
    "limbo_zones": [{"id": "z", "from": "a", "to": "b", "payload": ["x"],
     "entry_condition": "x is cut", "exit_condition": "x is checked", "max_wait": "2 days",
     "owner": "B"}]}', 'stages');
SELECT code, severity, path FROM validate_workflow('{"problem_analysis": {"summary": ""}}',
                                                   'discovery');

-- At most a hundred findings.
SELECT count(*) FROM validate_workflow((SELECT jsonb_build_object('pilot_steps',
    jsonb_agg(jsonb_build_object('id', g))) FROM generate_series(1, 200) g));

-- Every code that was met is in the catalogue of codes or names a keyword of the schema.
SELECT DISTINCT code FROM validate_workflow('{"pilot_steps": [{}, 1, {"id": ""}], "x": 1}')
WHERE code NOT LIKE 'schema\_%' AND code NOT IN (SELECT code FROM workflow_validation_codes());

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

DROP FUNCTION steps(int);
DROP EXTENSION llm_workflow;
