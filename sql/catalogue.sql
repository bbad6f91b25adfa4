-- Models and prices: what is shipped, what may change, and what stays.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

SELECT m.name, m.server, m.remote_name, m.context_window AS context, m.deployment_limit AS "limit",
       m.max_output_tokens AS max_output, p.input_per_million AS input,
       p.output_per_million AS output
FROM llm_models m JOIN llm_model_prices p ON p.model = m.name
ORDER BY m.name COLLATE "C";
SELECT bool_and(m.builtin AND p.builtin AND m.enabled), bool_and(p.source <> ''),
       min(p.effective_from), max(p.effective_from)
FROM llm_models m JOIN llm_model_prices p ON p.model = m.name;

-- What a dump holds: rows of the user, not those as shipped.
SELECT c.relname, e.condition
FROM pg_extension x, unnest(x.extconfig, x.extcondition) AS e (oid, condition)
JOIN pg_class c ON c.oid = e.oid
WHERE x.extname = 'llm_workflow' AND c.relname LIKE 'llm\_model%'
ORDER BY c.relname;
INSERT INTO llm_models (name, server, builtin) VALUES ('mine', 'local', true);
INSERT INTO llm_model_prices (model, input_per_million, output_per_million, builtin)
VALUES ('mine', 1.5, 2, true);
UPDATE llm_models SET enabled = false WHERE name = 'gpt-4';
SELECT name, enabled FROM llm_models WHERE NOT builtin ORDER BY name;
SELECT model, above_input_tokens, input_per_million FROM llm_model_prices WHERE NOT builtin;

-- A restore: a row that the user had changed meets the shipped one.
BEGIN;
CREATE TEMP TABLE dumped AS SELECT * FROM llm_models WHERE NOT builtin;
DROP EXTENSION llm_workflow;
CREATE EXTENSION llm_workflow;
INSERT INTO llm_models SELECT * FROM dumped;
SELECT name, server, enabled, builtin, context_window FROM llm_models WHERE NOT builtin
ORDER BY name;
ROLLBACK;

-- A shipped row cannot go: a restore would bring it back.
DELETE FROM llm_models WHERE name = 'gpt-4o';
-- A model with prices cannot go: what was spent on it refers to them.
DELETE FROM llm_models WHERE name = 'mine';
INSERT INTO llm_models (name, server) VALUES ('short-lived', 'local');
DELETE FROM llm_models WHERE name = 'short-lived';

-- A price that was in force stays; one of the future may still be taken back.
UPDATE llm_model_prices SET input_per_million = 0 WHERE model = 'mine';
UPDATE llm_model_prices SET input_per_million = 0 WHERE false;
TRUNCATE llm_model_prices;
DELETE FROM llm_model_prices WHERE model = 'gpt-4o-mini';
SET session_replication_role = replica;
UPDATE llm_model_prices SET input_per_million = 0 WHERE model = 'mine';
RESET session_replication_role;
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('mine', '2999-01-01', 1, 1);
DELETE FROM llm_model_prices WHERE model = 'mine' AND effective_from > now();

-- Prices that are none.
\set VERBOSITY terse
INSERT INTO llm_model_prices (model, input_per_million, output_per_million) VALUES ('mine', -1, 0);
INSERT INTO llm_model_prices (model, input_per_million, output_per_million)
VALUES ('mine', 0, 'NaN');
INSERT INTO llm_model_prices (model, input_per_million, output_per_million)
VALUES ('mine', 0, 'Infinity');
INSERT INTO llm_model_prices (model, input_per_million, output_per_million)
VALUES ('mine', 1000000, 0);
INSERT INTO llm_model_prices (model, input_per_million, output_per_million)
VALUES ('mine', 0.123456789, 0);
INSERT INTO llm_model_prices (model, input_per_million, output_per_million)
VALUES ('mine', NULL, 0);
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('mine', 'infinity', 0, 0);
INSERT INTO llm_model_prices (model, above_input_tokens, input_per_million, output_per_million)
VALUES ('mine', -1, 0, 0);
INSERT INTO llm_model_prices (model, input_per_million, output_per_million)
VALUES ('nobody', 0, 0);
INSERT INTO llm_model_prices (model, service_tier, input_per_million, output_per_million)
VALUES ('mine', 'fast', 0, 0);
-- The same day and tier twice: ranges cannot overlap.
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('gpt-4', '2020-01-01 00:00:00+00', 1, 1);
-- The most and the finest.
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('mine', '2021-01-01', 999999.99999999, 0.00000001000);
SELECT token_cost('mine', 1, 0, at => '2021-01-02'), token_cost('mine', 0, 1, at => '2021-01-02'),
       token_cost('mine', 9223372036854775807, 0, at => '2021-01-02');

-- Models that are none.
INSERT INTO llm_models (name, server) VALUES ('', 'local');
INSERT INTO llm_models (name, server) VALUES (E'two\nlines', 'local');
INSERT INTO llm_models (name, server, context_window) VALUES ('x', 'local', 0);
INSERT INTO llm_models (name, server, structured_output) VALUES ('x', 'local', 'yaml');

DROP EXTENSION llm_workflow;
