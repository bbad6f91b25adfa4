-- Pictures of documents. What they look like is tested by test/unit and test/browser.

CREATE EXTENSION llm_workflow;
\set SHOW_CONTEXT never

-- Steps: types have shapes, branches have labels, what nothing follows ends.
\set pilot '{"pilot_steps": [{"id": "read", "operation": "Read unread mails", "step_type": "api_call", "service": "google-mail"}, {"id": "sort", "operation": "Decide whether it is a complaint", "step_type": "llm_decision", "depends_on": ["read"]}, {"id": "check", "operation": "Check the amount", "step_type": "conditional", "condition": "amount > 500", "depends_on": ["sort"], "branches": [{"when": "amount > 500", "next": "ask"}, {"when": "else", "next": null}]}, {"id": "ask", "operation": "Ask the \\"head\\" of sales", "step_type": "transform", "depends_on": ["check", "read"]}]}'
SELECT mermaid FROM workflow_diagram(:'pilot') \g (format=unaligned tuples_only=on)

-- Stages: a limbo zone on each dependency, whether declared or not; a frame for a team of several.
\set stages '{"stages": [{"id": "cut", "name": "Cut", "type": "sequential", "team": "Cutting", "sequence": 1, "outputs": ["parts"]}, {"id": "sew", "name": "Sew", "type": "parallel", "team": "Sewing", "sequence": 2, "depends_on": ["cut"], "inputs": ["parts"], "outputs": ["jeans"], "parallel_with": ["sub"]}, {"id": "sub", "name": "Subcontract", "type": "parallel", "team": "Desk", "sequence": 2, "depends_on": ["cut"], "inputs": ["parts"], "parallel_with": ["sew"]}, {"id": "pack", "name": "Pack", "type": "conditional", "team": "Sewing", "sequence": 3, "depends_on": ["sew", "sub"], "inputs": ["jeans"]}], "limbo_zones": [{"id": "z1", "from": "cut", "to": "sew", "payload": ["parts"], "exit_condition": "Signed for", "max_wait": "2 days"}]}'
SELECT mermaid FROM workflow_diagram(:'stages') \g (format=unaligned tuples_only=on)

-- The SVG is one element with a title, a description and every text.
SELECT svg LIKE '<svg xmlns="http://www.w3.org/2000/svg" %' AS starts, svg LIKE E'%</svg>\n' AS ends,
       svg LIKE '%>4 stages, 4 limbo zones, 3 teams</title>%' AS title,
       svg LIKE '%prefers-color-scheme:dark%' AS dark, svg NOT LIKE '%<script%' AS no_script,
       (SELECT count(DISTINCT t.name) FROM unnest(ARRAY['Cut', 'Sew', 'Subcontract', 'Pack']) t(name)
        WHERE svg LIKE '%>' || t.name || '</text>%') AS stages
FROM workflow_diagram(:'stages');

-- The same for the result of generate_workflow(), which holds the document and more.
SELECT (workflow_diagram(:'stages')).mermaid = (workflow_diagram(
           :'stages'::jsonb || '{"format": "stages", "request_id": "x", "warnings": []}')).mermaid AS same;
-- A key of that name may mean something else.
SELECT (workflow_diagram(:'stages')).mermaid = (workflow_diagram(
           :'stages'::jsonb || '{"format": "pdf"}')).mermaid AS same;
SELECT (workflow_diagram(:'stages')).mermaid = (workflow_diagram(
           :'stages'::jsonb || '{"format": "pilot"}')).mermaid AS same;

-- A format of one's own, told by the array that its rules name.
SELECT create_workflow_format('recipe', 'Answer with one JSON object: {"moves": [...]}',
    '{"type": "object", "properties": {"moves": {"type": "array"}}}',
    '{"kind": "steps", "items": "moves", "id": "key", "text": "what", "depends_on": "after"}');
SELECT mermaid FROM workflow_diagram('{"moves": [{"key": "a", "what": "Boil"}, {"key": "b", "what": "Serve", "after": ["a"]}]}')
    \g (format=unaligned tuples_only=on)

-- A document without steps: its topics.
SELECT create_workflow_format('memo', 'Answer with one JSON object.',
    '{"type": "object", "properties": {"problem": {"type": "object"}, "next_steps": {"type": "array"}}, "required": ["problem"]}');
SELECT mermaid FROM workflow_diagram('{"problem": {"summary": "Mails get lost", "findings": ["3 a day"], "open_questions": ["Since when?"]}, "next_steps": ["Look"]}')
    \g (format=unaligned tuples_only=on)

-- An invalid document is drawn as far as it can be.
SELECT mermaid FROM workflow_diagram('{"pilot_steps": [7, {"operation": 3}, {"id": "a", "operation": "A", "step_type": "??", "depends_on": ["b", "gone"]}, {"id": "b", "operation": "B", "depends_on": ["a", "b"]}, {"id": "b"}]}')
    \g (format=unaligned tuples_only=on)
SELECT mermaid FROM workflow_diagram('{"pilot_steps": []}') \g (format=unaligned tuples_only=on)

-- Text of the document stays text.
SELECT mermaid FROM workflow_diagram('{"pilot_steps": [{"id": "a", "operation": "x\"]; end\nclick n1 call alert() `<b>` #quot; %%{init}%% 1. http://x.y", "step_type": "transform"}]}')
    \g (format=unaligned tuples_only=on)
SELECT svg NOT LIKE '%<script>%' AND svg LIKE '%&lt;script&gt;%' AS escaped
FROM workflow_diagram('{"pilot_steps": [{"id": "a", "operation": "</title><script>alert(1)</script>", "step_type": "transform"}]}');

-- Nothing for nothing, and errors for what is no document.
SELECT mermaid IS NULL AND svg IS NULL AS nothing FROM workflow_diagram(NULL);
SELECT workflow_diagram('{"a": 1}');
SELECT workflow_diagram('[1]');
SELECT workflow_diagram('"text"', 'pilot');
SELECT workflow_diagram('{"stages": {}}', 'stages');
SELECT workflow_diagram('{}', 'memo');
SELECT workflow_diagram('{}', 'none_such');
\set VERBOSITY sqlstate
SELECT workflow_diagram(jsonb_build_object('pilot_steps', jsonb_agg(jsonb_build_object('id', 's' || n))))
FROM generate_series(1, 10000) n;
\set VERBOSITY default
SELECT workflow_diagram(jsonb_build_object('pilot_steps', jsonb_build_array((repeat('[', 200) || repeat(']', 200))::jsonb)));

-- Whoever may have no rights at all: the function tells nothing that is not in its argument.
CREATE ROLE regress_viewer;
SET ROLE regress_viewer;
SELECT mermaid LIKE 'flowchart TD%' AS drawn FROM workflow_diagram(:'pilot');
RESET ROLE;
DROP ROLE regress_viewer;
DROP EXTENSION llm_workflow;
