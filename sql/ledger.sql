-- The ledger keeps what was written, whoever asks for a change, and partitions come and go.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- This month and those ahead, for three tables; a second time there is nothing to do.
SELECT ensure_workflow_partitions(1);
SELECT ensure_workflow_partitions(1);
SELECT ensure_workflow_partitions();
SELECT ensure_workflow_partitions(-1);
SELECT ensure_workflow_partitions(NULL);
SELECT parent.relname, count(*) AS partitions,
       bool_and(child.relname = parent.relname || to_char(
           split_part(pg_get_expr(child.relpartbound, child.oid), '''', 2)::timestamptz
               AT TIME ZONE 'UTC', '"_y"YYYY"m"MM')) AS named_by_month,
       bool_or(EXISTS (SELECT FROM pg_depend d WHERE d.objid = child.oid AND d.deptype = 'e'))
           AS owned_by_extension
FROM pg_inherits i JOIN pg_class child ON child.oid = i.inhrelid
JOIN pg_class parent ON parent.oid = i.inhparent
WHERE parent.relname IN ('workflow_requests', 'llm_calls', 'audit_logs') AND parent.relkind = 'p'
GROUP BY parent.relname ORDER BY parent.relname;

INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor)
VALUES (gen_random_uuid(), now(), 'WORKFLOW_GENERATED', 'info', 'someone');
CREATE TABLE calls_2025 (LIKE llm_calls INCLUDING ALL);
ALTER TABLE llm_calls ATTACH PARTITION calls_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model,
    server, outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, cost_usd, cost_source, latency_ms)
VALUES ('01941f29-7c00-7000-8000-000000000001', '01941f29-7c00-7000-8000-000000000002',
        '2025-01-01', '2025-01-02', 1, 'primary', 'gpt-4o-mini', 'openai', 'ok', 2000, 0, 0, 1500,
        0, 0.0012, 'reported', 1);

-- No change by anyone: this is the superuser.
UPDATE audit_logs SET actor = 'someone else';
DELETE FROM audit_logs;
DELETE FROM audit_logs WHERE false;
TRUNCATE audit_logs;
UPDATE llm_calls SET cost_usd = 0;
DELETE FROM llm_calls;
TRUNCATE llm_calls;
MERGE INTO llm_calls c USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE;
WITH gone AS (DELETE FROM audit_logs RETURNING 1) SELECT count(*) FROM gone;
SET session_replication_role = replica;
UPDATE audit_logs SET actor = 'someone else';
TRUNCATE llm_calls;
RESET session_replication_role;

-- Nor on a partition by its own name.
SELECT tableoid::regclass AS partition FROM audit_logs LIMIT 1 \gset
\set VERBOSITY sqlstate
UPDATE :partition SET actor = 'someone else';
DELETE FROM :partition;
TRUNCATE :partition;
SET session_replication_role = replica;
DELETE FROM :partition;
RESET session_replication_role;
SELECT replace(:'partition', 'audit_logs', 'llm_calls') AS partition \gset
UPDATE :partition SET cost_usd = 0;
DELETE FROM :partition;
TRUNCATE :partition;
\set VERBOSITY default
SELECT actor, compliance FROM audit_logs;
SELECT cost_usd FROM llm_calls;

-- A price change leaves the cost of old calls as it was.
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('gpt-4o-mini', '2025-06-01', 100, 100);
SELECT cost_usd, token_cost(model, input_tokens, output_tokens, at => started_at) AS then,
       token_cost(model, input_tokens, output_tokens) AS now
FROM llm_calls;

-- Old months go as partitions.
ALTER TABLE llm_calls DETACH PARTITION calls_2025;
DROP TABLE calls_2025;
SELECT count(*) FROM llm_calls;

-- Values that would make the ledger unreadable: check_violation.
\set VERBOSITY sqlstate
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor)
VALUES (gen_random_uuid(), now(), 'X', 'fatal', 'someone');
INSERT INTO workflow_requests (request_id, submitted_at, role_name, format, format_version,
    prompt_sha256, status)
VALUES (gen_random_uuid(), now(), 'r', 'pilot', 1, '', 'lost');

-- Partitions belong to nobody's privileges but the owner's, and go with the extension.
SELECT count(*) FROM pg_class WHERE relname ~ '_y\d{4}m\d\d$' AND relacl IS NOT NULL;
DROP EXTENSION llm_workflow;
SELECT count(*) FROM pg_class WHERE relname ~ '_y\d{4}m\d\d$';
