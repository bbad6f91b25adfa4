-- The extension installs into the schema that the user picks, gives PUBLIC nothing but what is
-- listed here, and says of each of its objects what it is for.
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- A schema whose name needs quotes.
CREATE SCHEMA "LLM Tools";
CREATE EXTENSION llm_workflow SCHEMA "LLM Tools";
SELECT "LLM Tools".token_cost('gpt-4o-mini', 2000, 1500);
SELECT "LLM Tools".ensure_workflow_partitions(0);
SELECT count(*) FROM "LLM Tools".workflow_fallback_rate;
SELECT count(*) FROM "LLM Tools".workflow_cost_savings;
SELECT count(*) FROM "LLM Tools".workflow_costs_daily;
SELECT count(*) FROM "LLM Tools".workflow_validation_failures;
SELECT "LLM Tools".create_workflow_format('mine', 'p', '{"type": "object"}');
SELECT "LLM Tools".workflow_is_valid('{}', 'mine');
UPDATE "LLM Tools".llm_models SET enabled = false WHERE name = 'gpt-4';
ALTER EXTENSION llm_workflow SET SCHEMA public;
DROP EXTENSION llm_workflow;
SELECT count(*) FROM pg_class WHERE relnamespace = '"LLM Tools"'::regnamespace;
DROP SCHEMA "LLM Tools";

-- Nothing is taken over that stands there already.
CREATE TABLE llm_models (name text);
CREATE EXTENSION llm_workflow;
DROP TABLE llm_models;

-- The usual way.
CREATE EXTENSION llm_workflow;
SELECT extnamespace::regnamespace, extrelocatable FROM pg_extension WHERE extname = 'llm_workflow';

CREATE VIEW members AS
SELECT d.classid, d.objid,
       replace(pg_describe_object(d.classid, d.objid, 0), 'timestamp with time zone', 'timestamptz')
           AS object
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'llm_workflow'
  -- From 16 on, the row types of tables and views and all array types are members too.
  AND NOT EXISTS (SELECT FROM pg_type t
                  WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid AND t.typtype <> 'd'
                    AND (t.typrelid <> 0 OR t.typelem <> 0));

-- Objects without a comment: none.
SELECT object FROM members
WHERE obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)) IS NULL
ORDER BY object COLLATE "C";

-- Columns of the catalogue without a comment: none.
SELECT attrelid::regclass, attname FROM pg_attribute
WHERE attrelid IN ('llm_models'::regclass, 'llm_model_prices'::regclass,
                   'workflow_formats'::regclass, 'workflow_jobs'::regclass,
                   'workflow_cancellations'::regclass, 'workflow_workers'::regclass,
                   'workflow_idempotency_keys'::regclass)
  AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL;

-- What PUBLIC may do.
SELECT m.object, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS privileges
FROM members m
LEFT JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
LEFT JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
LEFT JOIN pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
LEFT JOIN pg_foreign_server s ON m.classid = 'pg_foreign_server'::regclass AND s.oid = m.objid
LEFT JOIN pg_foreign_data_wrapper w
       ON m.classid = 'pg_foreign_data_wrapper'::regclass AND w.oid = m.objid
CROSS JOIN LATERAL aclexplode(CASE
    WHEN p.oid IS NOT NULL THEN coalesce(p.proacl, acldefault('f', p.proowner))
    WHEN c.oid IS NOT NULL THEN coalesce(c.relacl, acldefault('r', c.relowner))
    WHEN t.oid IS NOT NULL THEN coalesce(t.typacl, acldefault('T', t.typowner))
    WHEN s.oid IS NOT NULL THEN coalesce(s.srvacl, acldefault('S', s.srvowner))
    WHEN w.oid IS NOT NULL THEN coalesce(w.fdwacl, acldefault('F', w.fdwowner))
END) AS a
WHERE a.grantee = 0
GROUP BY m.object
ORDER BY m.object COLLATE "C";

-- Functions that run with the rights of the owner, and in the search path of the caller: none.
SELECT m.object FROM members m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
WHERE p.prosecdef AND 'search_path=pg_catalog, pg_temp' <> ALL (coalesce(p.proconfig, '{""}'))
ORDER BY m.object COLLATE "C";

-- Labels of the functions that users call.
SELECT proname, provolatile AS volatility, proparallel AS parallel, proisstrict AS strict,
       procost AS cost, prosecdef AS definer, proconfig AS config
FROM members m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
WHERE proname NOT LIKE 'llmw\_%'
ORDER BY proname COLLATE "C";

SELECT pg_get_function_arguments('generate_workflow'::regproc),
       pg_get_function_result('generate_workflow'::regproc);
SELECT pg_get_function_arguments('regenerate_workflow'::regproc),
       pg_get_function_result('regenerate_workflow'::regproc);

DROP VIEW members;
DROP EXTENSION llm_workflow;
