-- workflow_limbo_zones(): where work waits between the stages of a document.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;

CREATE TABLE documents (name text, document jsonb);
INSERT INTO documents VALUES ('factory', '{"stages": [
    {"id": "cutting", "name": "Cutting", "type": "sequential", "team": "cutters",
     "depends_on": [], "outputs": ["panels", "offcuts"]},
    {"id": "buttons", "name": "Buttons", "type": "parallel", "outputs": ["buttons"]},
    {"id": "sewing", "name": "Sewing", "type": "sequential", "team": "sewers",
     "depends_on": ["cutting", "buttons"], "inputs": ["panels", "buttons"], "outputs": ["jeans"]},
    {"id": "packing", "name": "Packing", "type": "sequential",
     "depends_on": ["cutting", "sewing"], "inputs": ["jeans"]}]}');
INSERT INTO documents VALUES ('alone', '{"stages": [
    {"id": "only", "name": "Only", "type": "sequential"}]}');
INSERT INTO documents VALUES ('circular', '{"stages": [
    {"id": "a", "name": "A", "type": "sequential", "depends_on": ["b"]},
    {"id": "b", "name": "B", "type": "sequential", "depends_on": ["a"]}]}');
INSERT INTO documents VALUES ('no stages', '{}'), ('no object', '[1]'), ('empty', NULL);

SELECT from_stage, to_stage, payload, join_rule, from_team, to_team
FROM documents, workflow_limbo_zones(document) WHERE name = 'factory';
SELECT count(*) AS zones, count(DISTINCT zone) AS names, bool_and(zone <> '') AS named
FROM documents, workflow_limbo_zones(document) WHERE name = 'factory';
SELECT name, (SELECT count(*) FROM workflow_limbo_zones(document)) AS zones
FROM documents ORDER BY name;

-- A format without zones has none; one of one's own has those of its fields.
SELECT count(*) FROM documents, workflow_limbo_zones(document, 'pilot');
SELECT create_workflow_format('line', 'Describe a production line.', '{"type": "object"}',
    '{"kind": "stages", "items": "cells", "id": "key", "text": "title", "depends_on": "after",
      "zones": "buffers"}');
SELECT from_stage, to_stage, payload, from_team FROM workflow_limbo_zones(
    '{"cells": [{"key": "a", "title": "A"}, {"key": "b", "title": "B", "after": ["a"]}]}', 'line');

SELECT * FROM workflow_limbo_zones('{}', 'novel');
SELECT * FROM workflow_limbo_zones((repeat('[', 2000) || repeat(']', 2000))::jsonb);

DROP TABLE documents;
DROP EXTENSION llm_workflow;
