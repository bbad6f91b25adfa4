-- token_budget() and count_tokens_detail(), and what generate_workflow() makes of a full window.
-- Each " hello" is one token of o200k_base; the frame of a chat adds 12.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions() > 0 AS made;

CREATE FUNCTION hello(tokens int) RETURNS text LANGUAGE sql IMMUTABLE RETURN repeat(' hello', tokens);
INSERT INTO llm_models (name, server, context_window, max_output_tokens, tokenizer)
VALUES ('small', 'local', 8000, 4096, 'o200k_base');

-- The figures of the documents: input 3000, 2000 and 6500 of a window of 8000.
SELECT b.* FROM (VALUES (1, 2000), (2, 1000), (3, 5500)) AS asked (n, tokens),
    token_budget('small', hello(988), hello(asked.tokens), 4096, 1000) AS b ORDER BY n;
-- The lower limit counts, whoever sets it.
UPDATE llm_models SET deployment_limit = 2048 WHERE name = 'small';
SELECT * FROM token_budget('small', hello(988), hello(2000));
UPDATE llm_models SET deployment_limit = NULL WHERE name = 'small';
ALTER SERVER local OPTIONS (ADD max_model_len '2048');
SELECT * FROM token_budget('small', hello(988), hello(2000));
UPDATE llm_models SET deployment_limit = 1024 WHERE name = 'small';
SELECT deployment_limit, fits FROM token_budget('small', hello(988), hello(2000));
ALTER SERVER local OPTIONS (SET max_model_len '9000');
UPDATE llm_models SET deployment_limit = NULL WHERE name = 'small';
SELECT deployment_limit, available, max_output_tokens, fits, advice
FROM token_budget('small', hello(988), hello(2000), reserve => 1000);
-- A long system prompt is the first to be shortened; a short answer that is wanted is enough.
SELECT available, advice FROM token_budget('small', hello(6000), hello(1000));
SELECT available, max_output_tokens, advice
FROM token_budget('small', hello(6000), hello(1000), 500);

-- What is not known is not checked, and says so.
INSERT INTO llm_models (name, server) VALUES ('unknown', 'local');
ALTER SERVER local OPTIONS (DROP max_model_len);
SELECT * FROM token_budget('unknown', hello(988), hello(2000));
SELECT max_output_tokens FROM token_budget('unknown', NULL, NULL, 4096);
SELECT input_tokens, fits FROM token_budget('small', NULL, NULL, NULL, NULL);

-- Bad input.
SELECT token_budget(NULL, 'a', 'b');
SELECT token_budget('no such model', 'a', 'b');
SELECT token_budget('small', 'a', 'b', 0);
SELECT token_budget('small', 'a', 'b', 1, -1);
SELECT count_tokens_detail('a', 'no such model');
SELECT count_tokens_detail(NULL, 'small') IS NULL AS of_null;
-- Without a model it is that of llm_workflow.primary_model.
SELECT count_tokens_detail(hello(7)), current_setting('llm_workflow.primary_model') AS model;

-- Exact where the tokenizer is public, else by a factor of the text's kind.
SELECT m.name, c.* FROM llm_models m, count_tokens_detail(hello(1000), m.name) AS c
WHERE m.name IN ('gpt-4o-mini', 'claude-sonnet-4', 'mistralai/Mistral-7B-Instruct-v0.3',
                 'meta-llama/Llama-2-70b-chat-hf', 'unknown') ORDER BY m.name COLLATE "C";
SELECT count_tokens_detail('', 'claude-sonnet-4');
-- A text that only looks like a special token is text.
SELECT (count_tokens_detail('<|endoftext|>', 'gpt-4o-mini')).tokens > 0 AS counted;

-- What the provider counted is learned from, once there are 20 calls. Each process keeps it.
CREATE FUNCTION write_calls(model text, calls int, counted bigint, estimated bigint)
RETURNS void LANGUAGE sql AS $$
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
    outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
    cost_source, latency_ms, estimated_input_tokens)
SELECT gen_random_uuid(), gen_random_uuid(), now(), now(), 1, 'primary', model, 'server', 'ok',
    counted, 0, 0, 1, 0, 'reported', 1, estimated
FROM generate_series(1, calls)
$$;
SELECT write_calls('claude-sonnet-4', 19, 1200, 1000);
SELECT write_calls('gpt-4o-mini', 20, 1200, 1000);
SELECT learned_token_factor('claude-sonnet-4') AS claude,
       learned_token_factor('gpt-4o-mini') AS openai,
       learned_token_factor('no such model') AS none;
SELECT write_calls('claude-sonnet-4', 1, 1200, 1000);
SELECT learned_token_factor('claude-sonnet-4');
\c
SELECT * FROM count_tokens_detail(hello(1000), 'claude-sonnet-4');
SELECT * FROM count_tokens_detail(hello(1000), 'gpt-4o-mini');
SELECT input_tokens, input_exact FROM token_budget('claude-sonnet-4', hello(900), hello(100));

-- Anyone may count, nobody sees the ledger by it; parallel workers count too.
CREATE ROLE regress_token_counter;
SET ROLE regress_token_counter;
SELECT tokens, exact FROM count_tokens_detail(hello(10), 'claude-sonnet-4');  -- 10 * 1.15 * 1.2
SELECT fits FROM token_budget('small', 'a', 'b');
SELECT count(*) FROM token_estimate_accuracy;
RESET ROLE;
DROP ROLE regress_token_counter;
CREATE TABLE texts AS SELECT hello(n) AS body FROM generate_series(1, 2000) AS n;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT sum((count_tokens_detail(body, 'claude-sonnet-4')).tokens) FROM texts;
SELECT sum((count_tokens_detail(body, 'gpt-4o-mini')).tokens) FROM texts;

-- A prompt that does not fit costs nothing: no call is made.
ALTER SERVER local OPTIONS (ADD max_model_len '2048');
SET llm_workflow.primary_model = 'small';
SET llm_workflow.fallback_models = '';
SELECT count(*) AS calls FROM llm_calls \gset
SELECT answer -> 'error' ->> 'code' AS code
FROM generate_workflow(hello(3000), throw_on_error => false) AS answer;
SELECT count(*) - :calls AS new_calls FROM llm_calls;
SELECT status, error_code, cost_usd FROM workflow_requests;
SELECT action, details ->> 'reason' AS reason FROM audit_logs;

DROP TABLE texts;
DROP FUNCTION hello(int);
DROP FUNCTION write_calls(text, int, bigint, bigint);
DROP EXTENSION llm_workflow;
