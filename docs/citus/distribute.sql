-- Moves closed months of the ledger into tables that Citus spreads over nodes. docs/scale.md says
-- what goes where, and why.
--
--   psql -X -d mydb -v keep_months=3 -f distribute.sql
--
-- Run it on the coordinator, as owner of the extension and with the right to create schemas, once a
-- month. keep_months whole months before the current one stay where they are (default 3). What breaks
-- off is taken up by the next run: each month is detached in one transaction, and copied, counted and
-- dropped in another.

\set ON_ERROR_STOP on
\set QUIET on
\if :{?keep_months}
\else
    \set keep_months 3
\endif

SET client_min_messages = warning;
-- Detaching waits for whoever uses the table, and all others wait behind it: rather try again later.
SET lock_timeout = '10s';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'llm_workflow') THEN
        RAISE EXCEPTION 'llm_workflow is not installed in this database';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_proc WHERE proname = 'create_distributed_table') THEN
        RAISE EXCEPTION 'citus is not installed in this database'
            USING HINT = 'Run CREATE EXTENSION citus, on the coordinator and on each worker node.';
    END IF;
END
$$;

SELECT n.nspname AS home
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'llm_workflow' \gset
SELECT date_trunc('month', now() AT TIME ZONE 'UTC')::date
       - make_interval(months => :keep_months) AS until \gset

-- ---- The tables -----------------------------------------------------------------------------------
-- They belong to no extension. One request is on one node with its calls and events: all three are
-- distributed by its id. Events of no request have none, hence placed_by.

SELECT to_regclass('llm_workflow_archive.workflow_requests') IS NULL AS is_new \gset
\if :is_new
BEGIN;
CREATE SCHEMA IF NOT EXISTS llm_workflow_archive;
COMMENT ON SCHEMA llm_workflow_archive IS
    'Closed months of the ledger of llm_workflow, distributed by Citus.';

CREATE TABLE llm_workflow_archive.workflow_requests (
    LIKE :"home".workflow_requests INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS,
    PRIMARY KEY (request_id, submitted_at)
) PARTITION BY RANGE (submitted_at);
CREATE INDEX ON llm_workflow_archive.workflow_requests (submitted_at);

CREATE TABLE llm_workflow_archive.llm_calls (
    LIKE :"home".llm_calls INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS,
    PRIMARY KEY (request_id, call_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX ON llm_workflow_archive.llm_calls (started_at);

CREATE TABLE llm_workflow_archive.audit_logs (
    LIKE :"home".audit_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS,
    placed_by uuid NOT NULL
) PARTITION BY RANGE ("timestamp");
CREATE INDEX ON llm_workflow_archive.audit_logs ("timestamp");
CREATE INDEX ON llm_workflow_archive.audit_logs (placed_by);
COMMENT ON COLUMN llm_workflow_archive.audit_logs.placed_by IS
    'request_id, or event_id for events of no request. Join requests and calls by it.';

-- Copies without domains and triggers of the extension: the nodes need none of it.
CREATE TABLE llm_workflow_archive.llm_models (
    name text PRIMARY KEY,
    server text NOT NULL,
    task_kind text
);
CREATE TABLE llm_workflow_archive.llm_model_prices (
    model text NOT NULL,
    service_tier text NOT NULL,
    effective_from timestamptz NOT NULL,
    above_input_tokens bigint NOT NULL,
    input_per_million numeric NOT NULL,
    cached_input_per_million numeric,
    cache_write_per_million numeric,
    output_per_million numeric NOT NULL,
    PRIMARY KEY (model, service_tier, effective_from, above_input_tokens)
);
CREATE TABLE llm_workflow_archive.workflow_formats (
    name text NOT NULL,
    version int NOT NULL,
    description text,
    system_prompt text NOT NULL,
    json_schema json NOT NULL,
    PRIMARY KEY (name, version)
);

SELECT create_distributed_table('llm_workflow_archive.workflow_requests', 'request_id') \g /dev/null
SELECT create_distributed_table('llm_workflow_archive.llm_calls', 'request_id',
                                colocate_with => 'llm_workflow_archive.workflow_requests')
\g /dev/null
SELECT create_distributed_table('llm_workflow_archive.audit_logs', 'placed_by',
                                colocate_with => 'llm_workflow_archive.workflow_requests')
\g /dev/null
SELECT create_reference_table('llm_workflow_archive.llm_models') \g /dev/null
SELECT create_reference_table('llm_workflow_archive.llm_model_prices') \g /dev/null
SELECT create_reference_table('llm_workflow_archive.workflow_formats') \g /dev/null
COMMIT;
\endif

-- Columns that a newer version of the extension has added.
SELECT format('ALTER TABLE llm_workflow_archive.%I ADD COLUMN %I %s', kinds.kind, a.attname,
              format_type(a.atttypid, a.atttypmod))
FROM (VALUES ('workflow_requests'), ('llm_calls'), ('audit_logs')) AS kinds (kind)
JOIN pg_class c ON c.oid = to_regclass(format('%I.%I', :'home', kinds.kind))
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE NOT EXISTS (
    SELECT FROM pg_attribute kept
    WHERE kept.attrelid = to_regclass(format('llm_workflow_archive.%I', kinds.kind))
      AND kept.attname = a.attname) \gexec

BEGIN;
DELETE FROM llm_workflow_archive.llm_models;
INSERT INTO llm_workflow_archive.llm_models
SELECT m.name, m.server, m.task_kind FROM :"home".llm_models m;
DELETE FROM llm_workflow_archive.llm_model_prices;
INSERT INTO llm_workflow_archive.llm_model_prices
SELECT p.model, p.service_tier, p.effective_from, p.above_input_tokens, p.input_per_million::numeric,
       p.cached_input_per_million::numeric, p.cache_write_per_million::numeric,
       p.output_per_million::numeric
FROM :"home".llm_model_prices p;
DELETE FROM llm_workflow_archive.workflow_formats;
INSERT INTO llm_workflow_archive.workflow_formats
SELECT f.name, f.version, f.description, f.system_prompt, f.json_schema
FROM :"home".workflow_formats f;
COMMIT;

-- ---- The months -----------------------------------------------------------------------------------
-- A month is closed when all its requests and calls have ended. What has not keeps it, and all later
-- ones, where it is.

CREATE TEMP VIEW months AS
SELECT c.oid::regclass AS partition,
       c.relispartition AS attached,
       found.kind,
       make_date(found.year::int, found.month::int, 1) AS first_day
FROM pg_class c
CROSS JOIN LATERAL (
    SELECT parts[1] AS kind, parts[2] AS year, parts[3] AS month
    FROM regexp_match(c.relname,
                      '^(workflow_requests|llm_calls|audit_logs)_y(\d{4})m(\d{2})$') AS parts
) AS found
WHERE c.relnamespace = (SELECT e.extnamespace FROM pg_extension e WHERE e.extname = 'llm_workflow')
  AND c.relkind = 'r'
  AND found.kind IS NOT NULL;

SELECT least(:'until'::date, date_trunc('month', min(open.at) AT TIME ZONE 'UTC')::date) AS until
FROM (SELECT r.submitted_at AS at FROM :"home".workflow_requests r
      WHERE r.status = 'running'
      UNION ALL
      SELECT j.submitted_at FROM :"home".workflow_jobs j
      UNION ALL
      SELECT least(i.started_at, i.request_submitted_at) FROM :"home".llm_call_intents i) AS open
\gset

SELECT format('ALTER TABLE %I.%I DETACH PARTITION %s', :'home', m.kind, m.partition)
FROM months m
WHERE m.attached AND m.first_day < :'until'
ORDER BY m.first_day, m.kind \gexec

SELECT format('CREATE TABLE IF NOT EXISTS llm_workflow_archive.%I '
              'PARTITION OF llm_workflow_archive.%I FOR VALUES FROM (%L) TO (%L)',
              m.kind || to_char(m.first_day, '"_y"YYYY"m"MM'), m.kind,
              to_char(m.first_day, 'YYYY-MM-DD 00:00:00+00'),
              to_char(m.first_day + interval '1 month', 'YYYY-MM-DD 00:00:00+00'))
FROM months m
WHERE NOT m.attached
ORDER BY m.first_day, m.kind \gexec

CREATE FUNCTION pg_temp.move_month(source regclass, kind text) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    name text := (SELECT relname FROM pg_class WHERE oid = source);
    target text := format('llm_workflow_archive.%I', name);
    columns text := (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                     WHERE attrelid = source AND attnum > 0 AND NOT attisdropped);
    wanted bigint;
    found bigint;
BEGIN
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', source);
    IF kind = 'audit_logs' THEN
        EXECUTE format('INSERT INTO %s (%s, placed_by) '
                       'SELECT %2$s, coalesce(request_id, event_id) FROM %s', target, columns, source);
    ELSE
        EXECUTE format('INSERT INTO %s (%s) SELECT %2$s FROM %s', target, columns, source);
    END IF;
    EXECUTE format('SELECT count(*) FROM %s', source) INTO wanted;
    EXECUTE format('SELECT count(*) FROM %s', target) INTO found;
    IF found <> wanted THEN
        RAISE EXCEPTION '% has % rows, but % has %', target, found, source, wanted;
    END IF;
    EXECUTE format('DROP TABLE %s', source);
    -- Else verify_audit_chain() would miss its rows.
    EXECUTE (SELECT format('SELECT %s.retire_audit_chains(%L)', extnamespace::regnamespace, name)
             FROM pg_extension WHERE extname = 'llm_workflow');
    RETURN wanted;
END
$$;

SELECT format('SELECT %L AS moved, pg_temp.move_month(%1$L, %L) AS rows', m.partition, m.kind)
FROM months m
WHERE NOT m.attached
ORDER BY m.first_day, m.kind \gexec

DROP VIEW pg_temp.months;
DROP FUNCTION pg_temp.move_month(regclass, text);
