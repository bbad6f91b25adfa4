-- llm_endpoint_status: what it shows of an endpoint that is down, and who may look.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions(0) > 0 AS made;

-- Nobody listens there.
CREATE SERVER down FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url 'http://127.0.0.1:1/v1', requires_key 'false',
             requests_per_minute '1000', tokens_per_minute '1000000');
INSERT INTO llm_models (name, server, remote_name, context_window, max_output_tokens)
VALUES ('down-model', 'down', 'm', 8192, 1024);
SET llm_workflow.primary_model = 'down-model';
SET llm_workflow.fallback_models = '';
SET llm_workflow.max_retries = 0;
SELECT generate_workflow('Send a mail', throw_on_error => false) -> 'error' ->> 'code' AS code
FROM generate_series(1, 4);
\x on
SELECT server, model, state, in_flight, held, requests_last_minute, error_rate, p50_ms, p95_ms,
       opened_at, retry_at, last_error <> '' AS has_error
FROM llm_endpoint_status
WHERE server = 'down';
-- The fifth failure in a row opens the circuit.
SELECT generate_workflow('Send a mail', throw_on_error => false) -> 'error' ->> 'code' AS code;
SELECT server, model, state, in_flight, error_rate, opened_at <= now() AS opened,
       retry_at > now() AND retry_at <= now() + interval '5 s' AS waits
FROM llm_endpoint_status
WHERE server = 'down';
\x off

-- The rules need no network and are no endpoint.
SET llm_workflow.primary_model = 'builtin-draft';
SELECT generate_workflow('Send a mail') IS NOT NULL AS drafted;
SELECT count(*) FROM llm_endpoint_status WHERE server = 'builtin';

-- Who may look: those who monitor, and nobody else.
CREATE ROLE regress_llmw_nobody;
CREATE ROLE regress_llmw_monitor IN ROLE pg_monitor;
SET ROLE regress_llmw_nobody;
SELECT count(*) FROM llm_endpoint_status;
SELECT count(*) FROM llmw_endpoint_status();
SET ROLE regress_llmw_monitor;
SELECT count(*) FROM llm_endpoint_status WHERE server = 'down';
SELECT prompt FROM workflow_requests;
RESET ROLE;
DROP ROLE regress_llmw_nobody, regress_llmw_monitor;
DROP EXTENSION llm_workflow CASCADE;
