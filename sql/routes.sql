-- Routes: which model requests of a category or a complexity go to, what goes before a route, who
-- may use and change it, and which experiment a request belongs to.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- What would be asked. Nothing is: each job is rolled back with its transaction.
CREATE FUNCTION asked(category text DEFAULT NULL, complexity text DEFAULT NULL,
                      agent text DEFAULT NULL, model text DEFAULT NULL,
                      prompt text DEFAULT 'Send a mail', output int DEFAULT NULL)
    RETURNS TABLE (of_category text, of_complexity text, models text, max_output text)
    LANGUAGE plpgsql AS $$
DECLARE
    id uuid := submit_workflow(prompt, agent => agent, max_output_tokens => output,
                               category => category, complexity => complexity, model => model);
BEGIN
    RETURN QUERY SELECT j.request ->> 'category', j.request ->> 'complexity',
        translate(j.request ->> 'models', '[",]', ''), j.request ->> 'max_output_tokens'
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

SET llm_workflow.primary_model = 'gpt-4o-mini';
SET llm_workflow.fallback_models = 'claude-sonnet-4, gpt-4o';
SET llm_workflow.max_output_tokens = 5000;

-- Complexities have the shipped routes; without one, nothing changes.
SELECT category, complexity, model, fallback_models, max_output_tokens, builtin FROM llm_routes
ORDER BY model;
BEGIN;
SELECT * FROM asked();
SELECT c.name, b.* FROM (VALUES ('low'), ('medium'), ('high')) c (name), asked(complexity => name) b;
SELECT * FROM asked('reports');
SELECT * FROM asked('reports', 'high');
ROLLBACK;

-- By the rule on the prompt.
SELECT prompt_complexity(prompt), left(prompt, 40) AS prompt FROM (VALUES
    ('Send a mail to each customer'),
    ('When an order comes in, check the stock; if it is low, reorder and tell the manager, '
     'otherwise confirm the order to the customer.'),
    (repeat('Sort the mail. ', 25)), (''), (NULL)) AS p (prompt);
SHOW llm_workflow.complexity;
BEGIN;
SET LOCAL llm_workflow.complexity = 'auto';
SELECT of_complexity, models FROM asked();
SELECT of_complexity, models FROM asked(prompt => repeat('Sort the mail. ', 9));
SELECT of_complexity, models FROM asked(prompt => repeat('Sort the mail. ', 25));
SELECT of_complexity, models FROM asked(complexity => 'low', prompt => repeat('Sort it. ', 25));
SET LOCAL llm_workflow.complexity = 'medium';
SELECT of_complexity, models FROM asked();
SET LOCAL llm_workflow.complexity = '';
SELECT of_complexity, models FROM asked();
ROLLBACK;
SET llm_workflow.complexity = 'extreme';

-- One row is taken whole: of both, else of the category, else of the complexity; the user's own
-- before the shipped one.
INSERT INTO llm_routes (category, complexity, model, fallback_models, max_output_tokens) VALUES
    ('reports', '', 'gpt-4o', '{gpt-4o-mini,gpt-4o,gpt-4o-mini}', 3000),
    ('reports', 'low', 'builtin-draft', '{}', NULL),
    ('', 'high', 'claude-sonnet-4', NULL, 7000);
BEGIN;
SELECT b.* FROM (VALUES ('reports', NULL), ('reports', 'low'), ('reports', 'medium'),
                        ('reports', 'high'), ('mails', 'high'), (NULL, 'high'), ('mails', 'low'),
                        ('Reports', NULL)) AS c (category, complexity),
    asked(category, complexity) b;
SET LOCAL llm_workflow.enable_fallback = off;
SELECT models FROM asked('reports');
ROLLBACK;

-- Arguments go before the agent, the agent before the route, the route before the settings.
INSERT INTO llm_agents (agent, category) VALUES ('reporter', 'reports');
INSERT INTO llm_agents (agent, category, model, fallback_models, max_output_tokens)
VALUES ('strong', 'reports', 'claude-sonnet-4', '{gpt-4}', 900);
INSERT INTO llm_agents (agent, category, max_output_tokens) VALUES ('short', 'reports', 800);
BEGIN;
SELECT a.agent, b.* FROM llm_agents a, asked(agent => a.agent) b ORDER BY a.agent;
SELECT * FROM asked('mails', agent => 'reporter');
SELECT * FROM asked(complexity => 'low', agent => 'reporter');
SELECT * FROM asked(agent => 'strong', model => 'gpt-4o', output => 20);
SELECT * FROM asked('reports', model => 'gpt-4-turbo-2024-04-09');
SELECT * FROM asked(model => 'claude-sonnet-4');
ROLLBACK;

-- A change counts at once, and not when it is rolled back.
BEGIN;
UPDATE llm_routes SET model = 'gpt-4' WHERE category = 'reports' AND complexity = '';
SELECT models FROM asked('reports');
DELETE FROM llm_routes WHERE complexity = 'high' AND NOT builtin;
SELECT models FROM asked(complexity => 'high');
ROLLBACK;
BEGIN;
SELECT models FROM asked('reports');
ROLLBACK;

-- What cannot be asked.
SELECT error_of($$SELECT asked('')$$);
SELECT error_of($$SELECT asked(complexity => 'Low')$$);
SELECT error_of($$SELECT asked(complexity => 'auto')$$);
SELECT error_of($$SELECT asked(complexity => '')$$);
SELECT error_of($$SELECT asked(model => 'nobody')$$);
SELECT error_of($$SELECT generate_workflow('x', category => '')$$);
SELECT error_of($$SELECT generate_workflows('{x}', complexity => 'none')$$);
UPDATE llm_models SET enabled = false WHERE name = 'gpt-4';
SELECT error_of($$SELECT asked(model => 'gpt-4')$$);
UPDATE llm_models SET enabled = true WHERE name = 'gpt-4';

-- Shipped rows stay as they are; nothing else is one.
SELECT error_of($$UPDATE llm_routes SET model = 'gpt-4' WHERE builtin$$);
SELECT error_of($$DELETE FROM llm_routes WHERE complexity = 'low' AND builtin$$);
SELECT error_of($$TRUNCATE llm_routes$$);
SET session_replication_role = replica;
SELECT left(error_of($$DELETE FROM llm_routes WHERE builtin$$), 5);
RESET session_replication_role;
BEGIN;
INSERT INTO llm_routes (complexity, model, builtin) VALUES ('low', 'gpt-4', true) RETURNING builtin;
UPDATE llm_routes SET builtin = true WHERE NOT builtin RETURNING builtin;
SELECT models FROM asked(complexity => 'low');
ROLLBACK;
SELECT error_of($$INSERT INTO llm_routes (category, model) VALUES ('x', 'nobody')$$);
SELECT error_of($$INSERT INTO llm_routes (category, complexity, model, fallback_models)
                  VALUES ('x', 'low', 'gpt-4', '{gpt-4o,nobody}')$$);
SELECT error_of($$UPDATE llm_routes SET fallback_models = '{NULL}' WHERE category = 'reports'
                  AND complexity = ''$$);
SELECT error_of($$INSERT INTO llm_routes (model) VALUES ('gpt-4')$$);
SELECT error_of($$INSERT INTO llm_routes (complexity, model) VALUES ('auto', 'gpt-4')$$);
SELECT error_of($$INSERT INTO llm_routes (category, model, max_output_tokens)
                  VALUES ('x', 'gpt-4', 0)$$);

-- The ledger has it; a request that is made again takes it over, and the routes as they are now.
INSERT INTO llm_routes (category, model, fallback_models) VALUES ('drafts', 'builtin-draft', '{}');
SELECT generate_workflow('Send a mail', category => 'drafts', complexity => 'high')
       ->> 'request_id' AS id \gset
SELECT regenerate_workflow(:'id', 'Shorter') ->> 'generator_used' AS generator;
SELECT ordinal, result ->> 'generator_used' AS generator
FROM generate_workflows('{Send a mail,Sort the mail}', category => 'drafts') ORDER BY ordinal;
SELECT submit_workflow('Send a mail', category => 'drafts', complexity => 'low') AS job \gset
SELECT workflow_result(:'job', '1 min') ->> 'generator_used' AS generator;
SELECT generate_workflow('Send a mail', model => 'builtin-draft') ->> 'generator_used' AS generator;
SELECT category, complexity, experiment, arm, generator_used, count(*), count(parent_request_id)
FROM workflow_requests GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2;

-- Prompts of one statement can take different routes; each is looked at before any is asked.
BEGIN;
SET LOCAL llm_workflow.complexity = 'auto';
INSERT INTO llm_routes (complexity, model, fallback_models) VALUES ('low', 'builtin-draft', '{}'),
    ('medium', 'builtin-draft', '{}');
SELECT ordinal, result ->> 'generator_used' AS generator
FROM generate_workflows(ARRAY['Send a mail', repeat('Sort the mail. ', 9), NULL, ' '])
ORDER BY ordinal;
UPDATE llm_models SET enabled = false WHERE name = 'claude-sonnet-4';
SELECT error_of($$SELECT generate_workflows(ARRAY['Send a mail', repeat('Sort it. ', 25)])$$);
ROLLBACK;
SELECT complexity, count(*) FROM workflow_requests GROUP BY 1 ORDER BY 1;

-- A key is for one request, whichever route it was that chose the models.
SELECT generate_workflow('Send a mail', category => 'drafts', idempotency_key => 'k')
       ->> 'request_id' AS id \gset
SELECT generate_workflow('Send a mail', category => 'drafts', idempotency_key => 'k')
       ->> 'request_id' = :'id' AS same;
SELECT error_of($$SELECT generate_workflow('Send a mail', complexity => 'low',
                                           idempotency_key => 'k')$$);

-- Experiments share requests out by a hash of a key: here of the prompt.
INSERT INTO llm_experiments (experiment, category, agent, control_model, candidate_model, share,
                             assignment_key, metric, minimum_sample)
VALUES ('by prompt', 'drafts', NULL, 'builtin-draft', 'gpt-4o', 0.25, 'prompt',
        'validation_success', 10),
       ('by tag', NULL, 'reporter', 'gpt-4o', 'gpt-4o-mini', 0.5, 'tag:team',
        'validation_success', 10);
CREATE FUNCTION assigned(prompt text, category text DEFAULT 'drafts', agent text DEFAULT NULL,
                         tags jsonb DEFAULT '{}', model text DEFAULT NULL)
    RETURNS TABLE (experiment text, arm text, models text) LANGUAGE plpgsql AS $$
DECLARE
    id uuid := submit_workflow(prompt, agent => agent, tags => tags, category => category,
                               model => model);
BEGIN
    RETURN QUERY SELECT j.request ->> 'experiment', j.request ->> 'arm',
        translate(j.request ->> 'models', '[",]', '')
    FROM workflow_jobs j WHERE j.request_id = id;
END$$;
-- As docs/routes.md says: the first eight bytes of the hash as a fraction.
CREATE FUNCTION expected_arm(experiment text, value text, share numeric) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN sum(get_byte(hash, i) * power(256::numeric, 7 - i)) / power(2::numeric, 64)
                     < share
                THEN 'candidate' ELSE 'control' END
    FROM sha256(convert_to(experiment || chr(31) || value, 'UTF8')) AS hash,
         generate_series(0, 7) AS i $$;
BEGIN;
SELECT b.arm = expected_arm('by prompt', 'Mail ' || n, 0.25) AS as_expected, b.experiment, b.arm,
       b.models, count(*)
FROM generate_series(1, 400) AS n, assigned('Mail ' || n) AS b GROUP BY 1, 2, 3, 4 ORDER BY 3;
SELECT count(*), count(DISTINCT b.*) FROM generate_series(1, 5), assigned('Mail 1') AS b;
-- The candidate takes the place of the first model, and is not asked twice.
SELECT b.arm = expected_arm('by tag', t.team, 0.5) AS as_expected, b.*
FROM (VALUES ('a'), ('b'), ('7')) AS t (team),
     assigned('x', NULL, 'reporter', jsonb_build_object('team', t.team)) AS b ORDER BY b.arm, b.*;
SELECT * FROM assigned('x', NULL, 'reporter');
SELECT * FROM assigned('x', NULL, 'reporter', '{"team": null}');
-- None for another category or agent, another first model, or one that the caller names.
SELECT * FROM assigned('Mail 1', 'reports');
SELECT * FROM assigned('Mail 1', NULL, 'strong', '{"team": "a"}');
SELECT * FROM assigned('Mail 1', 'drafts', model => 'builtin-draft');
SELECT * FROM assigned('Mail 1', 'drafts');
-- None when its candidate cannot be asked, and when it has ended.
UPDATE llm_models SET enabled = false WHERE name = 'gpt-4o';
SELECT * FROM assigned('Mail 1');
UPDATE llm_models SET enabled = true WHERE name = 'gpt-4o';
UPDATE llm_experiments SET status = 'stopped' WHERE experiment = 'by prompt';
SELECT * FROM assigned('Mail 1');
ROLLBACK;
-- The arm is no part of what a key stands for.
UPDATE llm_experiments SET assignment_key = 'request', share = 0.999999 WHERE category = 'drafts';
SELECT generate_workflow('Send a mail', category => 'drafts', idempotency_key => 'k')
       ->> 'request_id' = :'id' AS same;

-- Routes are for everyone who may generate; what they say of models needs their servers.
CREATE ROLE regress_llmw_routed;
GRANT EXECUTE ON FUNCTION generate_workflow, submit_workflow TO regress_llmw_routed;
GRANT USAGE ON FOREIGN SERVER builtin TO regress_llmw_routed;
ALTER TABLE llm_routes ENABLE ROW LEVEL SECURITY;
ALTER TABLE llm_experiments ENABLE ROW LEVEL SECURITY;
SET ROLE regress_llmw_routed;
SELECT error_of('SELECT model FROM llm_routes');
SELECT error_of($$INSERT INTO llm_routes (category, model) VALUES ('mine', 'gpt-4')$$);
SELECT generate_workflow('Send a mail', category => 'drafts') ->> 'generator_used' AS generator;
SELECT error_of($$SELECT generate_workflow('Send a mail', category => 'reports')$$);
SELECT error_of($$SELECT generate_workflow('Send a mail', category => 'drafts', model => 'gpt-4o')$$);
RESET ROLE;
-- Its candidate may not be used by that role: no experiment.
SELECT experiment, arm, count(*) FROM workflow_requests WHERE role_name = 'regress_llmw_routed'
GROUP BY 1, 2;

DROP FUNCTION asked, assigned, expected_arm, error_of;
DROP OWNED BY regress_llmw_routed;
DROP ROLE regress_llmw_routed;
DROP EXTENSION llm_workflow;
