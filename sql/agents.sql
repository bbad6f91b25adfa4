-- Agents: what a request takes from the row of its agent, what goes before it, who may use it.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- What would be asked. Nothing is: each job is rolled back with its transaction.
CREATE FUNCTION asked(agent text, format text DEFAULT NULL, mode text DEFAULT NULL,
                      output int DEFAULT NULL)
    RETURNS TABLE (models text, in_format text, in_mode text, max_output text, max_tokens text)
    LANGUAGE plpgsql AS $$
DECLARE
    id uuid := submit_workflow('Send a mail', '{}', format, agent, mode, output);
BEGIN
    RETURN QUERY SELECT translate(j.request ->> 'models', '[",]', ''),
        j.request ->> 'format', coalesce(j.request ->> 'response_mode', 'machine'),
        j.request ->> 'max_output_tokens', j.request ->> 'max_tokens'
    FROM workflow_jobs j WHERE j.request_id = id;
END$$;
-- The error of a statement, with its detail and hint, without the ids in it.
CREATE FUNCTION error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN regexp_replace(concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, '')),
                          '[0-9a-f]{8}-[-0-9a-f]{27}', 'ID', 'g');
END$$;

SELECT create_workflow_format('short', 'Answer shortly.', '{"type": "object"}',
                              max_output_tokens => 700);
SET llm_workflow.primary_model = 'gpt-4o-mini';
SET llm_workflow.fallback_models = 'claude-sonnet-4, gpt-4o';
SET llm_workflow.max_output_tokens = 5000;

-- A name without a row is a label.
BEGIN;
SELECT * FROM asked('nobody');
SELECT * FROM asked('');
SELECT * FROM asked(NULL);
SELECT request ->> 'agent' AS agent, count(*) FROM workflow_jobs GROUP BY 1 ORDER BY 1;
ROLLBACK;

-- The agent goes before the settings, and arguments before the agent.
INSERT INTO llm_agents (agent, model, fallback_models, max_tokens, max_output_tokens, response_mode,
                        format)
VALUES ('all', 'gpt-4o', '{builtin-draft,gpt-4o,builtin-draft}', 90000, 3000, 'human_debug',
        'short');
INSERT INTO llm_agents (agent) VALUES ('nothing');
INSERT INTO llm_agents (agent, model) VALUES ('model', 'claude-sonnet-4');
INSERT INTO llm_agents (agent, fallback_models) VALUES ('none', '{}');
INSERT INTO llm_agents (agent, format) VALUES ('format', 'short');
INSERT INTO llm_agents (agent, response_mode) VALUES ('machine', 'machine');
BEGIN;
SELECT a.agent, b.* FROM llm_agents a, asked(a.agent) b ORDER BY a.agent;
SELECT * FROM asked('all', 'pilot', 'machine', 20);
SELECT * FROM asked('format', output => 20);
SET LOCAL llm_workflow.response_mode = 'human_debug';
SELECT in_mode FROM asked('machine');
SET LOCAL llm_workflow.enable_fallback = off;
SELECT agent, models FROM llm_agents a, asked(a.agent) b ORDER BY agent;
ROLLBACK;

-- A change counts at once, and not when it is rolled back.
BEGIN;
UPDATE llm_agents SET model = 'gpt-4o', max_tokens = 5 WHERE agent = 'nothing';
SELECT models, max_tokens FROM asked('nothing');
ROLLBACK;
BEGIN;
SELECT models, max_tokens FROM asked('nothing');
TRUNCATE llm_agents;
SELECT models, max_tokens FROM asked('all');
ROLLBACK;

-- What cannot be used.
UPDATE llm_agents SET enabled = false WHERE agent = 'none';
SELECT error_of($$SELECT generate_workflow('Send a mail', agent => 'none')$$);
SELECT error_of($$SELECT submit_workflow('Send a mail', agent => 'none')$$);
SELECT error_of($$SELECT generate_workflows('{Send a mail}', agent => 'none')$$);
UPDATE llm_models SET enabled = false WHERE name = 'gpt-4o';
SELECT error_of($$SELECT submit_workflow('Send a mail', agent => 'all')$$);
UPDATE llm_models SET enabled = true WHERE name = 'gpt-4o';
UPDATE workflow_formats SET enabled = false WHERE name = 'short';
SELECT error_of($$SELECT submit_workflow('Send a mail', agent => 'format')$$);
UPDATE workflow_formats SET enabled = true WHERE name = 'short';

-- It is really asked; rules take no tokens, so no limit stands in their way.
INSERT INTO llm_agents (agent, model, fallback_models, max_tokens)
VALUES ('drafter', 'builtin-draft', '{}', 1);
SELECT generate_workflow('Send a mail to each customer', agent => 'drafter') ->> 'request_id' AS id
\gset
SELECT ordinal, result ->> 'generator_used' AS generator
FROM generate_workflows('{Send a mail,Sort the mail}', agent => 'drafter') ORDER BY ordinal;
SELECT submit_workflow('Send a mail', agent => 'drafter') AS job \gset
SELECT workflow_result(:'job', '1 min') ->> 'generator_used' AS generator;
SELECT agent, status, generator_used, count(*) FROM workflow_requests GROUP BY 1, 2, 3;

-- A request is made again by its agent as it is now.
SELECT regenerate_workflow(:'id', 'Shorter') ->> 'generator_used' AS generator;
UPDATE llm_agents SET enabled = false WHERE agent = 'drafter';
SELECT error_of(format('SELECT regenerate_workflow(%L, %L)', :'id', 'Shorter'));
UPDATE llm_agents SET enabled = true WHERE agent = 'drafter';

-- Another limit is another request.
SELECT generate_workflow('Send a mail', agent => 'drafter', idempotency_key => 'k')
       ->> 'request_id' AS id \gset
SELECT generate_workflow('Send a mail', agent => 'drafter', idempotency_key => 'k')
       ->> 'request_id' = :'id' AS same;
UPDATE llm_agents SET max_tokens = 2 WHERE agent = 'drafter';
SELECT error_of($$SELECT generate_workflow('Send a mail', agent => 'drafter',
                                           idempotency_key => 'k')$$);

-- The row is for everyone who may generate; what it says of models needs their servers.
CREATE ROLE regress_llmw_asker;
GRANT EXECUTE ON FUNCTION generate_workflow TO regress_llmw_asker;
GRANT USAGE ON FOREIGN SERVER builtin TO regress_llmw_asker;
ALTER TABLE llm_agents ENABLE ROW LEVEL SECURITY;
SET ROLE regress_llmw_asker;
SELECT agent FROM llm_agents;
SELECT generate_workflow('Send a mail', agent => 'drafter') ->> 'generator_used' AS generator;
SELECT error_of($$SELECT generate_workflow('Send a mail', agent => 'model')$$);
SET llm_workflow.primary_model = 'builtin-draft';
SELECT error_of($$SELECT generate_workflow('Send a mail', agent => 'model')$$);
SET llm_workflow.primary_model = 'gpt-4o-mini';
SELECT error_of($$SELECT generate_workflow('Send a mail', agent => 'nothing')$$);
RESET ROLE;

DROP FUNCTION asked, error_of;
DROP OWNED BY regress_llmw_asker;
DROP ROLE regress_llmw_asker;
DROP EXTENSION llm_workflow;
