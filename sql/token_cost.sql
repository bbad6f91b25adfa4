-- token_cost(): the figures of the documents to the last digit, and the rules behind them.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- One workflow of document 000: 861 tokens in, 5683 out; and a thousand of them.
SELECT token_cost('openai/gpt-oss-20b', 861, 5683) AS one,
       token_cost('openai/gpt-oss-20b', 861, 5683) * 1000 AS thousand,
       token_cost('openai/gpt-oss-120b', 861, 5683) AS stronger;

-- Document 003: 2000 in, 1500 out, on both models; the saving; 10,000 with 5 % fallback.
SELECT mini, sonnet, sonnet - mini AS saved,
       round(100 * (sonnet - mini) / sonnet, 2) AS saved_percent,
       10000 * sonnet AS before, 10000 * mini + 500 * sonnet AS after,
       10000 * sonnet - (10000 * mini + 500 * sonnet) AS saved_a_month
FROM (SELECT token_cost('gpt-4o-mini', 2000, 1500) AS mini,
             token_cost('claude-sonnet-4', 2000, 1500) AS sonnet) AS one;

-- Document 001: ten agents before and after, half input, half output; a year of 50 runs.
WITH agents (agent, before, after, model_after) AS (VALUES
    ('planner', 200, 150, 'claude-sonnet-4'), ('brainstormer', 150, 110, 'claude-sonnet-4'),
    ('ux_feature_scout', 150, 110, 'claude-sonnet-4'),
    ('marketing_pack', 200, 150, 'claude-sonnet-4'), ('postmortem', 100, 75, 'claude-sonnet-4'),
    ('risk_budget_calibrator', 80, 60, 'claude-sonnet-4'),
    ('rule_promotion_agent', 100, 75, 'claude-sonnet-4'),
    ('cost_tuning_agent', 80, 60, 'claude-3-5-haiku-20241022'),
    ('ci_flakiness_agent', 80, 60, 'claude-3-5-haiku-20241022'),
    ('integration_discovery_agent', 120, 90, 'claude-sonnet-4')
), cost AS (
    SELECT sum(before) * 1000 AS tokens_before, sum(after) * 1000 AS tokens_after,
           sum(token_cost('claude-sonnet-4', before * 500, before * 500)) AS usd_before,
           sum(token_cost(model_after, after * 500, after * 500)) AS usd_after
    FROM agents
)
SELECT tokens_before, tokens_after,
       round(100.0 * (tokens_before - tokens_after) / tokens_before, 2) AS percent,
       usd_before, usd_after, usd_before - usd_after AS saved,
       round(100 * (usd_before - usd_after) / usd_before, 2) AS saved_percent,
       50 * (usd_before - usd_after) AS saved_a_year
FROM cost;

-- Every shipped model: a million in, a million out.
SELECT name, token_cost(name, 1000000, 0) AS input, token_cost(name, 0, 1000000) AS output
FROM llm_models ORDER BY name COLLATE "C";

-- Every way in which drivers and people call it finds the one function.
CREATE TEMP TABLE counts (model text, s smallint, i int, b bigint);
INSERT INTO counts VALUES ('gpt-4o-mini', 2000, 2000, 2000);
SELECT token_cost(model, s, s), token_cost(model, i, s), token_cost(model, b, b),
       token_cost(model, i, b), token_cost(model, i, i, 0), token_cost(model, i, i, 0, s),
       token_cost('gpt-4o-mini', '2000', '2000')
FROM counts;
SELECT token_cost(NULL, NULL, NULL), token_cost('gpt-4o-mini', NULL, 1),
       token_cost('gpt-4o-mini', 1, NULL), token_cost('gpt-4o-mini', 1, 1, NULL),
       token_cost('gpt-4o-mini', 1, 1, at => NULL);
PREPARE untyped AS SELECT token_cost($1, $2, $3);
EXECUTE untyped('gpt-4o-mini', 2000, 1500);
SELECT token_cost(output_tokens => 1500, input_tokens => 2000, model => 'gpt-4o-mini');

-- No trailing zeros, and exact beyond 64 bits.
SELECT token_cost('gpt-4o-mini', 0, 0), token_cost('gpt-4o', 400000, 0),
       token_cost('gpt-4o-mini', 1, 0), token_cost('gpt-4o-mini', 1, 1),
       token_cost('gpt-4', 9223372036854775807, 9223372036854775807);
SELECT count(*) AS wrong FROM (
    SELECT g * 7919 % 100003 AS i, g * 104729 % 70001 AS o FROM generate_series(1, 20000) g
) AS t
WHERE token_cost('gpt-4o-mini', i, o) <> (i * 0.15 + o * 0.60) / 1000000
   OR scale(token_cost('gpt-4o-mini', i, o)) <> min_scale(token_cost('gpt-4o-mini', i, o));

-- Counts that cannot be.
SELECT token_cost('gpt-4o-mini', -1, 0);
SELECT token_cost('gpt-4o-mini', 0, -1);
SELECT token_cost('gpt-4o-mini', 0, 0, -1);
SELECT token_cost('gpt-4o-mini', 0, 0, 0, -1);
SELECT token_cost('gpt-4o-mini', 10, 0, 6, 5);
SELECT token_cost('gpt-4o-mini', 9223372036854775807, 0, 9223372036854775807, 1);
\set VERBOSITY sqlstate
SELECT token_cost('gpt-4o-mini', -1, 0);
\set VERBOSITY default

-- Unknown is NULL and never 0, with one warning for a statement.
SELECT token_cost('gpt-5000', g, g) FROM generate_series(1, 3) g;
SELECT token_cost('gpt-5000', 1, 1), token_cost('gpt-5001', 1, 1);
INSERT INTO llm_models (name, server) VALUES ('unpriced', 'local');
SELECT token_cost('unpriced', g, g, at => '2026-01-01') FROM generate_series(1, 3) g;
SELECT token_cost('gpt-4o', 1, 1, at => '2019-12-31 00:00:00+00');
SELECT token_cost('', 1, 1);

-- Cached input: part of the input, at its own rate; without such a rate at that of input.
SELECT token_cost('claude-sonnet-4', 10000, 0, 8000, 1000) AS anthropic,
       token_cost('gpt-4o-mini', 10000, 0, 8000) AS openai,
       token_cost('gpt-4', 10000, 0, 8000) AS no_rate,
       token_cost('gpt-4', 10000, 0) AS same;

-- A price change is a new row: the past keeps its price.
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('gpt-4o-mini', '2025-06-01 00:00:00+00', 0.30, 1.20),
       ('gpt-4o-mini', '2999-01-01 00:00:00+00', 9, 9);
SELECT at, token_cost('gpt-4o-mini', 2000, 1500, at => at) FROM (VALUES
    ('2025-05-31 23:59:59.999999+00'::timestamptz), ('2025-06-01 00:00:00+00'),
    ('2998-12-31 23:59:59+00'), ('2999-01-01 00:00:00+00'), ('infinity')) AS t (at);
SELECT token_cost('gpt-4o-mini', 2000, 1500) AS now;

-- Tiers: strictly above the threshold, for all tokens of the call; each tier has its own history.
INSERT INTO llm_models (name, server) VALUES ('tiered', 'local');
INSERT INTO llm_model_prices
    (model, effective_from, above_input_tokens, input_per_million, output_per_million)
VALUES ('tiered', '2025-01-01', 0, 1, 10), ('tiered', '2025-01-01', 200000, 2, 20),
       ('tiered', '2025-01-01', 400000, 4, 40), ('tiered', '2025-07-01', 200000, 3, 30),
       ('tiered', '2025-08-01', 0, 0.5, 5);
SELECT i, token_cost('tiered', i, 100000, at => '2025-02-01') AS february,
       token_cost('tiered', i, 100000, at => '2025-07-01') AS july,
       token_cost('tiered', i, 100000, at => '2025-09-01') AS september
FROM unnest(ARRAY[0, 1, 200000, 200001, 400000, 400001, 200000, 0]) AS i;
-- A tier alone says nothing about calls below it.
INSERT INTO llm_models (name, server) VALUES ('only-above', 'local');
INSERT INTO llm_model_prices
    (model, effective_from, above_input_tokens, input_per_million, output_per_million)
VALUES ('only-above', '2025-01-01', 1000, 1, 1);
SELECT i, token_cost('only-above', i, 0, at => '2026-01-01') FROM (VALUES (1000), (1001)) AS t (i);

-- Service tiers: each with its own prices, thresholds and history; none stands in for another.
INSERT INTO llm_model_prices
    (model, effective_from, service_tier, above_input_tokens, input_per_million,
     output_per_million)
VALUES ('tiered', '2025-01-01', 'batch', 0, 0.5, 5), ('tiered', '2025-01-01', 'batch', 200000, 1, 10),
       ('tiered', '2025-03-01', 'batch', 0, 0.25, 2.5), ('tiered', '2025-01-01', 'priority', 0, 2, 20);
SELECT tier, token_cost('tiered', 1000, 0, at => '2025-02-01', service_tier => tier) AS february,
       token_cost('tiered', 1000, 0, at => '2025-03-01', service_tier => tier) AS march,
       token_cost('tiered', 300000, 0, at => '2025-03-01', service_tier => tier) AS long
FROM unnest(ARRAY['standard', 'batch', 'priority', 'batch', 'standard']) AS tier;
SELECT token_cost('tiered', 1, 1, at => '2025-02-01', service_tier => 'flex');
SELECT token_cost('gpt-4o', 1, 1, 0, 0, '2025-02-01', NULL);
SELECT token_cost('gpt-4o', 1, 1, service_tier => 'Batch');
SELECT token_cost('gpt-4o', 1, 1, service_tier => '');

-- What is remembered between rows is forgotten with the change: in the transaction, after its end,
-- after a subtransaction's.
BEGIN;
INSERT INTO llm_model_prices (model, input_per_million, output_per_million) VALUES ('gpt-4o', 1, 1);
SELECT token_cost('gpt-4o', 1000000, 0) AS changed;
ROLLBACK;
SELECT token_cost('gpt-4o', 1000000, 0) AS as_before;
BEGIN;
SAVEPOINT s;
INSERT INTO llm_model_prices (model, input_per_million, output_per_million) VALUES ('gpt-4o', 1, 1);
SELECT token_cost('gpt-4o', 1000000, 0) AS changed;
ROLLBACK TO s;
SELECT token_cost('gpt-4o', 1000000, 0) AS as_before;
COMMIT;
-- Within one statement that keeps its state, too.
CREATE FUNCTION cost_in_loop() RETURNS SETOF numeric LANGUAGE plpgsql AS $$
DECLARE
    price numeric;
BEGIN
    FOREACH price IN ARRAY ARRAY[1, 2, 3] LOOP
        INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
        VALUES ('unpriced', '2025-01-01'::timestamptz + price * interval '1 day', price, 0);
        RETURN NEXT token_cost('unpriced', 1000000, 0);
    END LOOP;
END
$$;
SELECT cost_in_loop();
DROP FUNCTION cost_in_loop();

-- More models in one statement than are remembered.
SELECT sum(token_cost(name, 1000, g)) FROM generate_series(1, 50) g,
    (SELECT name FROM llm_models WHERE builtin) AS m;
SELECT sum(1000 * p.input_per_million + g * p.output_per_million) / 1000000
FROM generate_series(1, 50) g, llm_model_prices p WHERE p.builtin AND p.model <> 'gpt-4o-mini';
SELECT sum(token_cost('gpt-4o-mini', 1000, g)) FROM generate_series(1, 50) g;

-- In workers of a parallel statement.
CREATE TABLE many AS SELECT CASE g % 2 WHEN 0 THEN 'gpt-4o' ELSE 'gpt-4' END AS model, g
FROM generate_series(1, 10000) g;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT sum(token_cost(model, g, g)) FROM many;
SET max_parallel_workers_per_gather = 0;
SELECT sum(token_cost(model, g, g)) FROM many;
DROP TABLE many;

DROP EXTENSION llm_workflow;
