-- What the SQL in the docs takes for granted. See 080_docs.pl.

CREATE ROLE app;
CREATE ROLE reporting;
CREATE ROLE reporter;
CREATE ROLE cost_managers;
CREATE ROLE cost_tuning_agent;
CREATE SCHEMA llm;

CREATE TABLE big_table AS SELECT 1 AS id, 'Sort the mail'::text AS description;
CREATE TABLE ideas AS SELECT 'Answer the mail'::text AS description;
CREATE TABLE inbox AS SELECT 7 AS id, 'Sort the mail'::text AS body;
CREATE TABLE articles AS SELECT 'It rained all day.'::text AS body;
CREATE TABLE my_workflows AS SELECT 'refunds'::text AS name, '{"pilot_steps": []}'::jsonb AS document;

CREATE SERVER gateway FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url 'http://127.0.0.1:9/v1');

SELECT create_workflow_format(
    name => 'recipe',
    system_prompt => 'Turn a wish into a recipe.',
    json_schema => '{"type": "object", "properties": {"moves": {"type": "array"}}, "required": ["moves"]}',
    rules => '{"kind": "steps", "items": "moves", "id": "key", "text": "what", "depends_on": "after"}');
