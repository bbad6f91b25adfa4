-- :rows rows, half of them calls and half events, as the worker writes them for requests that are answered
-- at once; every tenth call failed.
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions(0);
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server, returned_model,
    provider_request_id, http_status, outcome, error_code, error_message, finish_reason, input_tokens,
    cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, cost_source,
    price_effective_from, latency_ms, estimated_input_tokens, max_output_tokens, role_name)
SELECT gen_random_uuid(), gen_random_uuid(), now(), now() + interval '1 second', 1, 'primary', 'gpt-4o-mini', 'openai',
       'gpt-4o-mini-2024-07-18', 'req_' || md5(n::text), 200, CASE n % 10 WHEN 0 THEN 'api_error' ELSE 'ok' END,
       CASE n % 10 WHEN 0 THEN 'server_error' END,
       CASE n % 10 WHEN 0 THEN 'The server had an error while processing your request.' END, 'stop', 1000 + n % 500, 0,
       0, 300 + n % 100, 0, 0.000345 + n * 0.00000001, 'reported', '2024-01-01', 1000, 1020, 12000, 'app'
FROM generate_series(1, :rows / 2) n;
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor, request_id, details)
SELECT gen_random_uuid(), now(), 'WORKFLOW_GENERATED', 'info', 'app', gen_random_uuid(),
       jsonb_build_object('primary_model', 'gpt-4o-mini', 'generator_used', 'gpt-4o-mini', 'input_tokens', 1000 + n % 500,
                          'output_tokens', 300 + n % 100, 'cost_usd', 0.000345 + n * 0.00000001, 'calls', 1,
                          'generation_time_ms', 1000, 'fallback_reason', NULL)
FROM generate_series(1, :rows / 2) n;
