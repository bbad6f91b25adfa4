-- A role without grants can neither spend, nor read what others asked, nor change what counts; and
-- objects planted in its way, or in the extension's, are never called.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions(0) > 0 AS made;
CREATE ROLE regress_llmw_nobody;
SET ROLE regress_llmw_nobody;

-- Spending.
SELECT generate_workflow('Send a mail');
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000001', 'Shorter');
SELECT has_server_privilege('openai', 'usage'), has_server_privilege('anthropic', 'usage'),
       has_server_privilege('local', 'usage'), has_server_privilege('builtin', 'usage'),
       has_foreign_data_wrapper_privilege('llm_provider', 'usage');
CREATE SERVER mine FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url 'https://x');
CREATE USER MAPPING FOR CURRENT_USER SERVER openai OPTIONS (api_key 'k');
ALTER SERVER openai OPTIONS (SET base_url 'https://evil.example');

-- Reading. Every table, partition and view; no grant of the column kind either.
SELECT c.relname
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
  AND (c.relname LIKE 'workflow\_%' OR c.relname LIKE 'llm\_%' OR c.relname LIKE 'audit\_%')
  AND (has_table_privilege(c.oid, 'select, insert, update, delete, truncate, references, trigger')
       OR has_any_column_privilege(c.oid, 'select, insert, update, references'));
SELECT prompt FROM workflow_requests;
SELECT details FROM audit_logs;
SELECT * FROM workflow_cost_savings;

-- Writing.
INSERT INTO audit_logs SELECT;
INSERT INTO llm_models (name, server) VALUES ('x', 'builtin');
SELECT create_workflow_format('x', 'p', '{"type": "object"}');
CREATE TRIGGER planted BEFORE INSERT ON workflow_requests
    FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
SELECT ensure_workflow_partitions();
SELECT llm_provider_validator('{}', 1417);

-- What everyone may do.
SELECT token_cost('gpt-4o-mini', 2000, 1500), workflow_is_valid('{}'), extract_json('{}');
SELECT code FROM validate_workflow('{}');
SELECT (extract_json_detail('{}', 'pilot')).status, count(*) > 0 AS codes
FROM workflow_validation_codes();
SELECT count(*) FROM workflow_limbo_zones('{}');
RESET ROLE;

-- A view that is granted needs no grant on what is behind it.
GRANT SELECT ON workflow_fallback_rate, workflow_cost_savings, workflow_costs_daily,
    workflow_validation_failures TO regress_llmw_nobody;
SET ROLE regress_llmw_nobody;
SELECT (SELECT count(*) FROM workflow_fallback_rate), (SELECT count(*) FROM workflow_cost_savings),
       (SELECT count(*) FROM workflow_costs_daily);
RESET ROLE;
DROP EXTENSION llm_workflow;
DROP ROLE regress_llmw_nobody;

-- Overloads that fit better than PostgreSQL's own, in the very schema of the extension and first in
-- the path of the caller. A call of one of them is an error.
CREATE SCHEMA trap;
CREATE FUNCTION trap.captured() RETURNS text LANGUAGE plpgsql AS
    $$BEGIN RAISE EXCEPTION 'captured'; END$$;
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT * FROM (VALUES
        ('now()', 'timestamptz'), ('round(numeric, int)', 'numeric'),
        ('trim_scale(numeric)', 'numeric'), ('scale(numeric)', 'int'),
        ('date_trunc(text, timestamp)', 'timestamp'),
        ('date_trunc(text, timestamptz)', 'timestamptz'),
        ('to_char(timestamp, text)', 'text'), ('to_regclass(text)', 'regclass'),
        ('current_setting(text, boolean)', 'text'), ('isfinite(timestamptz)', 'boolean'),
        ('format(text, text, text, text)', 'text'), ('format(text, name, text)', 'text'),
        ('format(text, name, text, text)', 'text'), ('format(text, text)', 'text'),
        ('format(text, name, text, text, text)', 'text'),
        ('format(text, text, timestamptz)', 'text'),
        ('timezone(text, timestamptz)', 'timestamp'), ('timezone(text, timestamp)', 'timestamptz'),
        ('generate_series(timestamp, timestamp, interval)', 'timestamp'),
        ('timestamp(date)', 'timestamp')) AS t (signature, result)
    LOOP
        EXECUTE format('CREATE FUNCTION trap.%s RETURNS %s LANGUAGE plpgsql AS %L',
                       one.signature, one.result, 'BEGIN RAISE EXCEPTION ''captured''; END');
    END LOOP;
    FOR one IN SELECT * FROM (VALUES
        ('=', 'text', 'text'), ('=', 'name', 'text'), ('<>', 'text', 'text'),
        ('||', 'text', 'text'), ('*', 'bigint', 'int'), ('*', 'numeric', 'bigint'),
        ('*', 'int', 'numeric'), ('/', 'numeric', 'bigint'), ('/', 'numeric', 'numeric'),
        ('-', 'numeric', 'numeric'), ('+', 'date', 'int'), ('+', 'timestamp', 'interval'),
        ('<', 'timestamptz', 'timestamptz'), ('>=', 'timestamptz', 'timestamptz'),
        ('<=', 'timestamptz', 'timestamptz'), ('>', 'timestamptz', 'timestamptz'),
        ('<=', 'bigint', 'int'), ('<', 'bigint', 'bigint'), ('=', 'uuid', 'uuid'),
        ('=', 'oid', 'oid'),
        ('>', 'int', 'int'), ('<', 'int', 'int'), ('>=', 'numeric', 'int'), ('!~', 'text', 'text'))
        AS t (name, a, b)
    LOOP
        EXECUTE format('CREATE FUNCTION trap.op(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L',
                       one.a, one.b, 'boolean', 'BEGIN RAISE EXCEPTION ''captured''; END');
        EXECUTE format('CREATE OPERATOR trap.%s (FUNCTION = trap.op, LEFTARG = %s, RIGHTARG = %s)',
                       one.name, one.a, one.b);
        EXECUTE format('ALTER FUNCTION trap.op(%s, %s) RENAME TO %I',
                       one.a, one.b, 'op' || one.name);
    END LOOP;
END
$$;
CREATE EXTENSION llm_workflow SCHEMA trap;
SET search_path = trap, pg_catalog;
-- The trap works.
SELECT now();
SELECT 'a'::text || 'b'::text;
-- Nothing of the extension falls into it.
SELECT ensure_workflow_partitions(1);
INSERT INTO llm_models (name, server) VALUES ('gpt-4', 'local'), ('mine', 'local');
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('mine', '2025-01-01', 1.5, 2), ('mine', '2999-01-01', 1, 2);
DELETE FROM llm_model_prices WHERE effective_from OPERATOR(pg_catalog.=) '2999-01-01';
DELETE FROM llm_model_prices WHERE model OPERATOR(pg_catalog.=) 'mine';
SELECT token_cost('mine', 1000, 1000, at => '2025-02-01');
CREATE TABLE trap.requests_2025 PARTITION OF workflow_requests
    FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE trap.calls_2025 PARTITION OF llm_calls
    FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format,
    format_version, prompt_sha256, status, generator_used, fallback_reason, cost_usd)
VALUES ('01941f29-7c00-7000-8000-000000000001', '2025-01-01', '2025-01-02', 'r', 'pilot', 1, '',
        'succeeded', 'gpt-4o-mini', 'timeout', 0.0012);
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model,
    server, outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, cost_usd, cost_source, latency_ms, validation_codes)
VALUES ('01941f29-7c00-7000-8000-000000000001', '01941f29-7c00-7000-8000-000000000002',
        '2025-01-01', '2025-01-02', 2, 'repair', 'gpt-4o-mini', 'openai', 'ok', 2000, 0, 0, 1500,
        0, 0.0012, 'reported', 1, '{}'),
       ('01941f29-7c00-7000-8000-000000000001', '01941f29-7c00-7000-8000-000000000003',
        '2025-01-01', '2025-01-02', 1, 'primary', 'gpt-4o-mini', 'openai', 'validation_failed',
        2000, 0, 0, 1500, 0, 0.0012, 'reported', 1, '{E03}');
SELECT create_workflow_format('trapped', 'p', '{"type": "object"}');
INSERT INTO workflow_formats (name, version, system_prompt, json_schema)
VALUES ('trapped', 2, 'p', '{"type": "object"}');
UPDATE workflow_formats SET enabled = false WHERE name OPERATOR(pg_catalog.=) 'trapped';
DELETE FROM workflow_formats WHERE name OPERATOR(pg_catalog.=) 'trapped';
SELECT requests, fallback_rate, advice FROM workflow_fallback_rate;
SELECT generator, cost_usd, saved_usd, saved_percent FROM workflow_cost_savings;
SELECT rebuild_workflow_stats(NULL, NULL) OPERATOR(pg_catalog.>) 0 AS rebuilt;
SELECT model, calls, cost_usd FROM workflow_costs_daily;
SELECT requests, cost_usd, saved_usd, cumulative_saved_usd FROM workflow_savings_daily;
SELECT requests, calls, fallback_rate, error_rate FROM workflow_summary_daily;
SELECT report_budgets(), evaluate_workflow_rules();
SELECT report_workflows() IS NOT NULL AS reported;
SELECT job, scheduled FROM schedule_llm_workflow_jobs('1 year');
SELECT code, calls, cost_usd, repaired FROM workflow_validation_failures;
UPDATE llm_calls SET cost_usd = 0;
SELECT action FROM llm_workflow_maintain('1 year', 1);
RESET search_path;
DROP EXTENSION llm_workflow;
SET client_min_messages = error;
DROP SCHEMA trap CASCADE;
