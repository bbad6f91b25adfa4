-- Budgets as their administrators see them: what the table takes, what it refuses and why, who may
-- change it, and what is left. Reserving and settling: test/tap/040_budgets.pl.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

INSERT INTO llm_budgets (budget, scope, tag_key, subject, period, limit_usd, limit_tokens, action)
VALUES ('all', 'database', NULL, NULL, 'month', 100, NULL, 'block'),
       ('ada', 'role', NULL, 'ada', 'day', 5, 1000000, 'warn'),
       ('planner', 'agent', NULL, 'planner', 'hour', NULL, 5000, 'block'),
       ('strong', 'model', NULL, 'claude-sonnet-4', 'week', 20, NULL, 'primary_only'),
       ('openai', 'server', NULL, 'openai', 'total', 1000, NULL, 'fallback_only'),
       ('team a', 'tag', 'team', 'a', 'month', 0.00000000000001, NULL, 'block'),
       ('nothing', 'tag', 'team', '', 'total', 0, 0, 'block');

-- Each refusal names the rule.
\set VERBOSITY terse
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('', 'database', 'day', 1);
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES (E'a\nb', 'database', 'day', 1);
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('all', 'database', 'day', 1);
INSERT INTO llm_budgets (budget, scope, subject, period, limit_usd)
VALUES ('x', 'team', 'a', 'day', 1);
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('x', 'role', 'day', 1);
INSERT INTO llm_budgets (budget, scope, subject, period, limit_usd)
VALUES ('x', 'database', 'ada', 'day', 1);
INSERT INTO llm_budgets (budget, scope, subject, period, limit_usd)
VALUES ('x', 'tag', 'a', 'day', 1);
INSERT INTO llm_budgets (budget, scope, tag_key, subject, period, limit_usd)
VALUES ('x', 'role', 'team', 'a', 'day', 1);
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('x', 'database', 'year', 1);
INSERT INTO llm_budgets (budget, scope, period) VALUES ('x', 'database', 'day');
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('x', 'database', 'day', -1);
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('x', 'database', 'day', 'NaN');
INSERT INTO llm_budgets (budget, scope, period, limit_usd)
VALUES ('x', 'database', 'day', 'Infinity');
INSERT INTO llm_budgets (budget, scope, period, limit_usd)
VALUES ('x', 'database', 'day', 0.000000000000001);
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('x', 'database', 'day', 1e12);
INSERT INTO llm_budgets (budget, scope, period, limit_tokens) VALUES ('x', 'database', 'day', -1);
INSERT INTO llm_budgets (budget, scope, period, limit_usd, action)
VALUES ('x', 'database', 'day', 1, 'stop');
\set VERBOSITY default

-- Limits and actions change; what a budget counts does not.
UPDATE llm_budgets SET limit_usd = 200, action = 'warn' WHERE budget = 'all';
UPDATE llm_budgets SET budget = 'every' WHERE budget = 'all';
UPDATE llm_budgets SET period = 'month' WHERE budget = 'ada';
SET session_replication_role = replica;
UPDATE llm_budgets SET subject = 'eve' WHERE budget = 'ada';
RESET session_replication_role;
UPDATE llm_budgets SET enabled = false WHERE budget = 'openai';

-- What is left, for periods in which nothing happened too. The past does not count.
INSERT INTO llm_budget_usage
SELECT budget, begins, spent, reserved, spent_tokens, reserved_tokens
FROM (VALUES
    ('all', date_trunc('month', now(), 'UTC'), 150.5, 9.5, 10, 0),
    ('all', date_trunc('month', now(), 'UTC') - interval '1 second', 1000, 0, 0, 0),
    ('ada', date_trunc('day', now(), 'UTC'), 1, 0, 900000, 100000),
    ('strong', date_trunc('week', now(), 'UTC'), 21, 1, 0, 0),
    ('openai', timestamptz '2000-01-01 00:00:00+00', 1, 2, 0, 0)
) AS used (budget, begins, spent, reserved, spent_tokens, reserved_tokens);
SELECT budget, scope, tag_key, subject, period, limit_usd, spent_usd, reserved_usd, remaining_usd
FROM llm_budget_status ORDER BY budget;
SELECT budget, limit_tokens, spent_tokens, reserved_tokens, remaining_tokens, used_percent, action,
       state
FROM llm_budget_status ORDER BY budget;
SELECT budget, resets_at > now() AS ahead,
       resets_at = date_trunc(period, resets_at, 'UTC') AS on_edge,
       resets_at - now() <= ('1 ' || period)::interval AS near
FROM llm_budget_status WHERE budget IN ('ada', 'planner') ORDER BY budget;
SELECT budget, resets_at FROM llm_budget_status WHERE period = 'total' ORDER BY budget;
SELECT resets_at > now() AS ahead, extract(isodow FROM resets_at) AS weekday,
       resets_at - now() <= interval '7 days' AS near
FROM llm_budget_status WHERE budget = 'strong';
SELECT resets_at > now() AS ahead, extract(day FROM resets_at) AS day,
       resets_at - now() <= interval '31 days' AS near
FROM llm_budget_status WHERE budget = 'all';
-- Not in the zone of the session.
SET timezone = 'Asia/Kolkata';
SELECT budget, spent_usd,
       resets_at = date_trunc(period, resets_at, 'UTC') AS on_edge
FROM llm_budget_status WHERE budget IN ('all', 'ada', 'planner', 'strong') ORDER BY budget;
SET timezone = 'UTC';

-- A budget may go while something is spent or reserved in it, and its usage stays.
DELETE FROM llm_budgets WHERE budget = 'all';
SELECT count(*) FROM llm_budget_usage WHERE budget = 'all';
\set VERBOSITY terse
UPDATE llm_budget_usage SET spent_usd = -1;
UPDATE llm_budget_usage SET reserved_usd = 'NaN';
\set VERBOSITY default

-- The worker settles by these columns after a crash.
SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
WHERE attrelid = 'llm_call_intents'::regclass AND attname LIKE 'reserved%' ORDER BY attnum;

-- Nobody may see or change any of it who was not granted it; who was granted the rules still cannot
-- write the usage.
CREATE ROLE regress_llmw_nobody;
CREATE ROLE regress_llmw_accountant;
GRANT SELECT, INSERT, UPDATE, DELETE ON llm_budgets TO regress_llmw_accountant;
GRANT SELECT ON llm_budget_status TO regress_llmw_accountant;
SET ROLE regress_llmw_nobody;
SELECT * FROM llm_budgets;
SELECT * FROM llm_budget_status;
UPDATE llm_budgets SET limit_usd = 1e9;
DELETE FROM llm_budgets;
TRUNCATE llm_budgets;
INSERT INTO llm_budget_usage VALUES ('ada', now());
SELECT llmw_keep_budget();
RESET ROLE;
SET ROLE regress_llmw_accountant;
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('new', 'database', 'day', 1);
UPDATE llm_budgets SET limit_usd = 2 WHERE budget = 'new';
SELECT budget, remaining_usd FROM llm_budget_status WHERE budget = 'new';
DELETE FROM llm_budgets WHERE budget = 'new';
UPDATE llm_budget_usage SET spent_usd = 0;
DELETE FROM llm_budget_usage;
RESET ROLE;

-- Limits that a session sets for itself.
SHOW llm_workflow.max_request_cost;
SET llm_workflow.max_request_cost = '0.05';
SET llm_workflow.max_statement_cost = '';
SET llm_workflow.max_statement_cost = '12';
SET llm_workflow.max_request_cost = '-1';
SET llm_workflow.max_request_cost = '1e3';
SET llm_workflow.max_statement_cost = '0.000000000000001';
SET llm_workflow.max_statement_cost = 'much';
SELECT current_setting('llm_workflow.max_request_cost') AS request,
       current_setting('llm_workflow.max_statement_cost') AS statement;

DROP EXTENSION llm_workflow;
DROP ROLE regress_llmw_nobody, regress_llmw_accountant;
