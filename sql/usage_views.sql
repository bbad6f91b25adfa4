-- The views on tokens: estimates against bills, limits against answers; the parts of prompts.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions() > 0 AS made;
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_11', '2025-11-01');

SELECT * FROM token_estimate_accuracy;
SELECT * FROM workflow_truncations;
SELECT * FROM workflow_output_usage;
SELECT * FROM prompt_token_breakdown();

-- `calls` calls that are equal but for their ids, of one request.
CREATE FUNCTION write_calls(at timestamptz, model text, calls int, input bigint, output bigint,
    maximum bigint, outcome text DEFAULT 'ok', estimated bigint DEFAULT NULL,
    finish_reason text DEFAULT NULL, source text DEFAULT 'reported', request uuid DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
    outcome, finish_reason, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, cost_source, latency_ms, estimated_input_tokens, max_output_tokens)
SELECT coalesce(request, gen_random_uuid()), gen_random_uuid(), at, at, 1, 'primary', model, 'local',
    outcome, finish_reason, input, 0, 0, output, 0, source, 1, estimated, maximum
FROM generate_series(1, calls)
$$;

-- Accuracy. The error is a share of the provider's count; half of the calls of `even` are 10 % off
-- to either side, so that nothing can be learned from them.
SELECT write_calls(now(), 'even', 10, 1000, 1, 10, estimated => 900);
SELECT write_calls(now(), 'even', 10, 1000, 1, 10, estimated => 1100);
SELECT write_calls(now(), 'gpt-4o-mini', 19, 1250, 1, 10, estimated => 1000);
SELECT write_calls(now(), 'claude-sonnet-4', 20, 1250, 1, 10, estimated => 1000);
-- Neither what we estimated ourselves nor calls without an estimate nor old ones tell anything.
SELECT write_calls(now(), 'claude-sonnet-4', 5, 9999, 1, 10, estimated => 1, source => 'estimated');
SELECT write_calls(now(), 'claude-sonnet-4', 5, 9999, 1, 10);
SELECT write_calls(now(), 'claude-sonnet-4', 1, 0, 1, 10, estimated => 1000);
SELECT write_calls(now(), 'claude-sonnet-4', 1, 9999, 1, 10, estimated => 0);
SELECT write_calls('2025-11-04 12:00+00', 'claude-sonnet-4', 50, 9999, 1, 10, estimated => 1);
SELECT model, tokenizer, calls, mean_error, p95_error, learned_factor, learned_mean_error,
       learned_p95_error
FROM token_estimate_accuracy ORDER BY model COLLATE "C";

-- Truncation, by cause. The window of `small` is that of its server.
INSERT INTO llm_models (name, server, context_window) VALUES ('small', 'local', 8000);
ALTER SERVER local OPTIONS (ADD max_model_len '4000');
SELECT write_calls('2025-11-05 00:00+00', 'small', 10, 1000, 500, 1000);
SELECT write_calls('2025-11-05 12:00+00', 'small', 1, 1000, 1000, 1000, 'truncated');
SELECT write_calls('2025-11-05 12:00+00', 'small', 1, 3000, 1000, 1000, 'truncated');
SELECT write_calls('2025-11-05 12:00+00', 'small', 1, 1000, 100, 1000, 'truncated');
SELECT write_calls('2025-11-05 12:00+00', 'small', 1, 1000, 1000, 1000, 'truncated',
    finish_reason => 'model_context_window_exceeded');
SELECT write_calls('2025-11-05 12:00+00', 'gone', 19, 1000, 500, 1000, 'validation_failed');
SELECT write_calls('2025-11-05 23:59:59+00', 'gone', 1, 1000, 1000, 1000, 'truncated');
SELECT write_calls('2025-11-06 00:00+00', 'gone', 1, 1000, 1000, 1000, 'truncated');
-- Calls that were not answered, and those to nobody, do not count.
SELECT write_calls('2025-11-06 00:00+00', 'gone', 5, 0, 0, 1000, 'timeout');
SELECT write_calls('2025-11-06 00:00+00', 'builtin-draft', 5, 0, 0, NULL);
SELECT day, model, answers, truncated, truncation_rate AS rate, limit_too_low AS low,
       window_full AS full, advice
FROM workflow_truncations WHERE day BETWEEN '2025-11-05' AND '2025-11-30' ORDER BY day, model;

-- Use of the limit, by format and agent.
CREATE FUNCTION write_request(format text, agent text, prompt text DEFAULT NULL,
    services text[] DEFAULT '{}') RETURNS uuid LANGUAGE sql AS $$
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format,
    format_version, prompt, prompt_sha256, services, agent, status)
VALUES (gen_random_uuid(), now(), now(), 'r', format, 1, prompt, '', services, agent, 'succeeded')
RETURNING request_id
$$;
BEGIN;  -- so that the calls begin when the requests are submitted
SELECT write_request('pilot', 'planner') AS planner, write_request('pilot', 'scout') AS scout,
       write_request('pilot', 'calibrator') AS calibrator, write_request('stages', NULL) AS other,
       write_request('pilot', 'at 5 %') AS at_5_percent
\gset
SELECT write_calls(now(), 'small', 19, 100, 650, 1000, request => :'planner');
SELECT write_calls(now(), 'small', 1, 100, 990, 1000, request => :'planner');
COMMIT;
SELECT write_calls(now(), 'small', 18, 100, 900, 1000, request => :'scout');
SELECT write_calls(now(), 'small', 2, 100, 1000, 1000, 'truncated', request => :'scout');
SELECT write_calls(now(), 'small', 20, 100, 700, 1000, request => :'calibrator');
SELECT write_calls(now(), 'small', 19, 100, 900, 1000, request => :'at_5_percent');
SELECT write_calls(now(), 'small', 1, 100, 1000, 1000, 'truncated', request => :'at_5_percent');
SELECT write_calls(now(), 'small', 19, 100, 10, 1000, request => :'other');
SELECT write_calls(now(), 'small', 9, 100, 10, 1000, 'api_error', request => :'other');
SELECT format, agent, answers, mean_max_output_tokens AS asked, mean_used, p95_used, truncated,
       truncation_rate AS rate, suggested_max_output_tokens AS suggested, advice
FROM workflow_output_usage ORDER BY format, agent;

-- Parts of prompts: each " hello" is one token.
CREATE FUNCTION hello(tokens int) RETURNS text LANGUAGE sql IMMUTABLE RETURN repeat(' hello', tokens);
SELECT create_workflow_format('greeting', hello(400), '{"type": "object"}') > 0 AS made;
INSERT INTO llm_models (name, server, tokenizer) VALUES ('priced', 'local', 'o200k_base');
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('priced', '2025-01-01', 10, 20), ('small', '2025-01-01', 0, 0);
SELECT write_calls(now(), 'priced', 10, 1000, 1, 10, request =>
    write_request('greeting', NULL, hello(100)));
SELECT write_calls(now(), 'priced', 10, 1000, 1, 10, request =>
    write_request('greeting', NULL, hello(200)));
SELECT calls, input_tokens AS input, system_prompt_tokens AS system, services_tokens AS services,
       user_text_tokens AS text, other_tokens AS other, system_prompt_share AS share,
       system_prompt_cost_usd AS cost, saved_usd_per_100_tokens AS saved
FROM prompt_token_breakdown() WHERE format = 'greeting';
-- A prompt that was not stored leaves its part unknown; services are a part of their own.
SELECT write_calls(now(), 'priced', 20, 1000, 1, 10, request =>
    write_request('greeting', NULL, NULL, '{google-mail,slack}'));
SELECT calls, system_prompt_tokens AS system, services_tokens > 1 AS services,
       user_text_tokens AS text, other_tokens AS other, system_prompt_share AS share
FROM prompt_token_breakdown() WHERE format = 'greeting';
SELECT * FROM prompt_token_breakdown(now() + interval '1 second');
SELECT * FROM prompt_token_breakdown(NULL);

-- The function is for those who may read the ledger.
CREATE ROLE regress_usage_reader;
SET ROLE regress_usage_reader;
SELECT * FROM prompt_token_breakdown();
SELECT * FROM workflow_output_usage;
RESET ROLE;
DROP ROLE regress_usage_reader;

DROP FUNCTION hello(int);
DROP FUNCTION write_request(text, text, text, text[]);
DROP FUNCTION write_calls(timestamptz, text, int, bigint, bigint, bigint, text, bigint, text, text,
                          uuid);
DROP EXTENSION llm_workflow;
