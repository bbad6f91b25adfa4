-- extract_json() and extract_json_detail(): the document in an answer.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;

SELECT extract_json('{"a": 1}');
SELECT extract_json(E'Here it is:\n```json\n{"a": {"b": [1, 2, "}"]}}\n```\nEnjoy!');
SELECT extract_json('Sure! {"a": "b"} is the workflow.');
SELECT extract_json(E'<think>{"a": 0}</think>\n{"a": 1}');
SELECT extract_json('No workflow today.');
SELECT extract_json('{"a": [1, 2');
SELECT extract_json('{"a": 1} or {"a": 2}');
SELECT extract_json('');
SELECT extract_json(NULL);
\set VERBOSITY sqlstate
SELECT extract_json('No workflow today.');
SELECT extract_json('{"a": [1, 2');
SELECT extract_json('{"a": "\u0000"}');
\set VERBOSITY default

-- What was done to find it. Never an error, whatever the answer is.
SELECT * FROM extract_json_detail('{"a": 1}');
SELECT * FROM extract_json_detail(E'```json\n{"a": [1, 2,],}\n```');
SELECT * FROM extract_json_detail('{"a": [1, {"b": 2}, {"c": ');
SELECT * FROM extract_json_detail('{"a": 1} or {"a": 2}');
SELECT * FROM extract_json_detail('No workflow today.');
SELECT * FROM extract_json_detail('');
SELECT * FROM extract_json_detail(NULL);
SELECT * FROM extract_json_detail('{"a": "\u0000"}');
SELECT status, document FROM extract_json_detail('{"a": 1e130000}');
SELECT status, document IS NULL AS nothing
FROM extract_json_detail(repeat('[', 20000) || repeat(']', 20000));
SELECT status, document IS NULL AS nothing FROM extract_json_detail(repeat('{"a":', 20000));
-- Every cut of a document is one of the three.
SELECT status, count(*)
FROM (SELECT '{"pilot_steps": [{"id": "a", "operation": "Say \"hé\"", "step_type": "transform", '
             '"depends_on": [], "n": -1.5e3, "t": true, "u": null}]}' AS whole) AS d,
     generate_series(1, length(whole)) AS n, extract_json_detail(left(whole, n)) AS found
GROUP BY status ORDER BY status;
-- What comes out is stored as jsonb whatever was in it.
SELECT count(*) FROM generate_series(1, 400) n,
    extract_json_detail(left(repeat('{"a\ud83d": "\ude00\\", ''b'': [01, .5, 1e400, NaN, // c' ||
                                    E'\n "\x01"}', 9), n)) AS found
WHERE found.status IS NULL;

-- Two documents: the schema of a format tells which one is meant.
SELECT status, document FROM extract_json_detail(
    'For example {"steps": 1}. Yours is {"pilot_steps": [{"id": "a", "operation": "x", '
    '"step_type": "transform"}]}', 'pilot');
SELECT extract_json_detail('{}', 'novel');

DROP EXTENSION llm_workflow;
