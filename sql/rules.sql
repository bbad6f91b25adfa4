-- Learned rules: which ones a request is told, issues and who may record them, coverage.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- The error of a statement, with its detail and hint, without the ids in it.
CREATE FUNCTION error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    IF SQLSTATE = '23514' THEN
        detail := '';  -- the row has a time in it
    END IF;
    RETURN regexp_replace(concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, '')),
                          '[0-9a-f]{8}-[-0-9a-f]{27}', 'ID', 'g');
END$$;
-- The rules that a job would be told. Nothing is asked: each is rolled back with its transaction.
CREATE FUNCTION told(category text, agent text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    id uuid := submit_workflow('Send a mail', agent => agent, category => category);
BEGIN
    RETURN (SELECT coalesce(string_agg(r ->> 'rule', ' ' ORDER BY place), 'none')
            FROM workflow_jobs j, jsonb_array_elements(j.request -> 'rules')
                 WITH ORDINALITY AS t (r, place)
            WHERE j.request_id = id);
END$$;

-- ---- What a rule may be ---------------------------------------------------------------------------
SELECT error_of('INSERT INTO llm_rules VALUES (''r1'', ''c'', ''t'')');
SELECT error_of('INSERT INTO llm_rules VALUES (''R12345678'', ''c'', ''t'')');
SELECT error_of('INSERT INTO llm_rules VALUES (''E03'', ''c'', ''t'')');
SELECT error_of('INSERT INTO llm_rules VALUES (''R1'', '''', ''t'')');
SELECT error_of('INSERT INTO llm_rules VALUES (''R1'', ''c'', '' '')');
SELECT error_of('INSERT INTO llm_rules VALUES (''R1'', ''c'', E''a\nR2 b'')');
SELECT error_of('INSERT INTO llm_rules VALUES (''R1'', ''c'', repeat(''x'', 301))');
SELECT error_of('INSERT INTO llm_rules VALUES (''R1'', ''c'', ''t'', ''W02'')');
SELECT error_of('INSERT INTO llm_rules VALUES (''R1'', ''c'', ''t'', ''E03''), '
                '(''R2'', ''c'', ''t'', ''E03'')');
SELECT error_of('INSERT INTO llm_rules VALUES (''R1'', ''c'', ''t'', ''schema_$ref'')');
DELETE FROM llm_rules;

INSERT INTO llm_rules (rule, category, text, code, active) VALUES
    ('R10', 'invoices', 'Amounts are in EUR.', NULL, true),
    ('R2', 'invoices', 'Whoever pays does not approve.', NULL, true),
    ('R1', 'invoices', 'Type each step.', 'E03', true),
    ('R3', 'invoices', 'Archive each invoice.', NULL, false),
    ('R4', 'invoices', 'Be kind.', 'E03', false),
    ('B1', 'bookings', 'Größe in m².', NULL, true);
SELECT created_by = current_user AS mine, created_at <= now() AS now, count(*)
FROM llm_rules GROUP BY 1, 2;
SELECT error_of('UPDATE llm_rules SET active = true WHERE rule = ''R4''');

-- ---- The legend -----------------------------------------------------------------------------------
SELECT rule_legend('invoices');
SELECT rule_legend('bookings');
SELECT rule_legend('nobody') = '' AS nothing, rule_legend(NULL) IS NULL AS null;
SELECT model, count_tokens(rule_legend('invoices'), model) AS tokens
FROM unnest('{gpt-4o-mini,gpt-4}'::text[]) AS model;

-- ---- What a request is told -----------------------------------------------------------------------
INSERT INTO llm_agents (agent, category) VALUES ('clerk', 'invoices');
BEGIN;
SELECT told('invoices') AS invoices, told('bookings') AS bookings, told('nobody') AS nobody,
       told(NULL) AS none, told(NULL, 'clerk') AS by_agent, told('bookings', 'clerk') AS by_argument;
-- A job keeps what it was told, whatever becomes of the rule.
SELECT submit_workflow('Send a mail', category => 'bookings') AS job \gset
UPDATE llm_rules SET active = false WHERE rule = 'B1';
SELECT request -> 'rules' AS rules FROM workflow_jobs WHERE request_id = :'job';
SELECT told('bookings');
UPDATE llm_rules SET category = 'bookings' WHERE rule = 'R2';
SELECT told('invoices') AS invoices, told('bookings') AS bookings;
TRUNCATE llm_rules CASCADE;
SELECT told('invoices');
ROLLBACK;
SELECT rule_legend('bookings');

-- Other rules make another request.
SELECT generate_workflow('Send a mail', category => 'bookings', idempotency_key => 'k')
       ->> 'request_id' AS id \gset
SELECT generate_workflow('Send a mail', category => 'bookings', idempotency_key => 'k')
       ->> 'request_id' = :'id' AS same,
       generate_workflow('Send a mail', category => 'bookings', cache_for => '1 hour')
       ->> 'request_id' = :'id' AS made_anew;
BEGIN;
UPDATE llm_rules SET text = 'Größe in cm².' WHERE rule = 'B1';
SELECT error_of($$SELECT generate_workflow('Send a mail', category => 'bookings',
                                           idempotency_key => 'k')$$);
ROLLBACK;
SELECT generate_workflow('Send a mail', category => 'invoices') ->> 'request_id' AS invoice \gset
SELECT generate_workflow('Send a mail') ->> 'request_id' AS plain \gset
SELECT category, rules, count(*) FROM workflow_requests GROUP BY 1, 2 ORDER BY 1;

-- ---- Issues ---------------------------------------------------------------------------------------
SELECT record_workflow_issue(:'invoice', 'The clerk approves', 'R2') AS issue \gset
SELECT record_workflow_issue(:'invoice', 'No reminder') IS NOT NULL AS recorded;
SELECT record_workflow_issue(:'plain', 'Amounts in USD', 'R10') IS NOT NULL AS by_rule;
SELECT record_workflow_issue(:'plain', 'Too long', category => 'letters') IS NOT NULL AS by_name;
SELECT record_workflow_issue(:'invoice', 'Never filed', 'R3', 'invoices') IS NOT NULL AS inactive;
SELECT category, request_id = :'invoice' AS of_invoice, description, rule,
       recorded_by = current_user AS mine, recorded_at <= clock_timestamp() AS past
FROM llm_issues ORDER BY recorded_at;
SELECT action, severity, actor = current_user AS mine, request_id = :'invoice' AS of_invoice,
       details - 'issue_id' AS details
FROM audit_logs WHERE action = 'WORKFLOW_ISSUE_RECORDED' ORDER BY "timestamp";
SELECT count(*) FROM audit_logs WHERE details ->> 'issue_id' = :'issue';
-- A rule that is learned from an issue is named afterwards.
UPDATE llm_issues SET rule = 'R1' WHERE description = 'No reminder';

SELECT error_of(format('SELECT record_workflow_issue(%L, %L)', :'invoice', ' '));
SELECT error_of(format('SELECT record_workflow_issue(%L, NULL)', :'invoice'));
SELECT error_of('SELECT record_workflow_issue(NULL, ''x'')');
SELECT error_of(format('SELECT record_workflow_issue(%L, repeat(%L, 2001))', :'invoice', 'ß'));
SELECT error_of(format('SELECT record_workflow_issue(%L, %L)', :'plain', 'x'));
SELECT error_of(format('SELECT record_workflow_issue(%L, %L, %L)', :'invoice', 'x', 'R99'));
SELECT error_of(format('SELECT record_workflow_issue(%L, %L, %L)', :'invoice', 'x', 'B1'));
SELECT error_of(format('SELECT record_workflow_issue(%L, %L, NULL, %L)', :'invoice', 'x', 'b'));
SELECT error_of('SELECT record_workflow_issue(gen_random_uuid(), ''x'')');
BEGIN;
SELECT submit_workflow('Send a mail', category => 'invoices') AS job \gset
SELECT error_of(format('SELECT record_workflow_issue(%L, %L)', :'job', 'x'));
ROLLBACK;
BEGIN READ ONLY;
SELECT error_of(format('SELECT record_workflow_issue(%L, %L)', :'invoice', 'x'));
ROLLBACK;
SELECT error_of('INSERT INTO llm_issues (category, description, rule) VALUES (''b'', ''x'', ''R1'')');
SELECT error_of('DELETE FROM llm_rules WHERE rule = ''R1''');
SELECT error_of('UPDATE llm_rules SET category = ''b'' WHERE rule = ''R1''');
BEGIN;
SELECT record_workflow_issue(:'invoice', repeat('ß', 2000)) IS NOT NULL AS longest;
ROLLBACK;

-- ---- Coverage -------------------------------------------------------------------------------------
SELECT category, active_rules AS rules, issues, matched_issues AS matched, coverage,
       recent_issues AS recent, recent_coverage, stable_coverage AS stable
FROM rule_coverage ORDER BY category;
SELECT category, runs, runs_with_rules AS with, failure_rate_with_rules AS failed_with,
       failure_rate_without_rules AS failed_without
FROM rule_coverage ORDER BY category;

-- By a count of its own: each window of 20, one after the other.
DELETE FROM llm_issues;
INSERT INTO llm_rules (rule, category, text) VALUES ('C1', 'counted', 'One.'),
    ('C2', 'counted', 'Two.');
CREATE FUNCTION add_issues(matched int, unmatched int) RETURNS void LANGUAGE sql AS $$
INSERT INTO llm_issues (category, description, rule)
SELECT 'counted', 'x', CASE WHEN i <= matched THEN 'C1' END
FROM generate_series(1, matched + unmatched) AS i
$$;
CREATE VIEW stable_by_hand AS
WITH numbered AS (
    SELECT row_number() OVER (ORDER BY recorded_at, issue_id) AS n, rule
    FROM llm_issues WHERE category = 'counted'
), last AS (SELECT max(n) AS n FROM numbered)
SELECT min(coverage) AS stable_coverage
FROM last, generate_series(last.n - 19, last.n) AS ends (n), LATERAL (
    SELECT round(100.0 * count(rule) / 20, 2) AS coverage
    FROM numbered WHERE numbered.n BETWEEN ends.n - 19 AND ends.n HAVING count(*) = 20) AS w;
CREATE FUNCTION counted() RETURNS TABLE (issues bigint, coverage numeric, recent numeric,
                                         stable numeric, same boolean) LANGUAGE sql AS $$
SELECT c.issues, c.coverage, c.recent_coverage, c.stable_coverage,
       c.stable_coverage IS NOT DISTINCT FROM h.stable_coverage
FROM rule_coverage c, stable_by_hand h WHERE c.category = 'counted'
$$;
SELECT * FROM counted();
SELECT add_issues(18, 1);
SELECT * FROM counted();
SELECT add_issues(1, 0);
SELECT * FROM counted();
SELECT add_issues(0, 10);
SELECT * FROM counted();
-- 20 good ones after 10 bad ones: recent is whole, and the windows that reach back are not.
SELECT add_issues(20, 0);
SELECT * FROM counted();
SELECT add_issues(18, 0);
SELECT * FROM counted();
SELECT add_issues(1, 0);
SELECT * FROM counted();
SELECT add_issues(1, 0);
SELECT * FROM counted();
-- What is wrong in another category tells nothing here.
INSERT INTO llm_issues (category, description) SELECT 'bookings', 'x' FROM generate_series(1, 30);
SELECT * FROM counted();
-- A rule that is taken out of use covers nothing more.
UPDATE llm_rules SET active = false WHERE rule = 'C1';
SELECT * FROM counted();
UPDATE llm_rules SET active = true WHERE rule = 'C1';
SELECT count(*) FROM generate_series(1, 30) AS i, add_issues(i % 3, i % 4);
SELECT same FROM counted();

-- Runs: those that were answered from the ledger and those that did not end count not.
INSERT INTO workflow_requests
SELECT (jsonb_populate_record(NULL::workflow_requests, jsonb_build_object(
    'request_id', gen_random_uuid(), 'submitted_at', now(), 'role_name', current_user,
    'format', 'pilot', 'format_version', 1, 'prompt_sha256', '\x00', 'services', '[]'::jsonb,
    'tags', '{}'::jsonb, 'input_tokens', 1, 'output_tokens', 1, 'category', 'counted') || t.more)).*
FROM (VALUES
    (40, '{"status": "succeeded"}'::jsonb),
    (10, '{"status": "failed"}'),
    (60, '{"status": "succeeded", "rules": ["C1"]}'),
    (2, '{"status": "succeeded", "rules": ["C1"], "fallback_reason": "timeout"}'),
    (7, '{"status": "running"}'), (7, '{"status": "cancelled"}'),
    (7, '{"status": "succeeded", "cached_from": "00000000-0000-7000-8000-000000000001"}')
) AS t (n, more) CROSS JOIN LATERAL generate_series(1, t.n);
SELECT runs, runs_with_rules AS with, failure_rate_with_rules AS failed_with,
       failure_rate_without_rules AS failed_without
FROM rule_coverage WHERE category = 'counted';

-- ---- Regeneration ---------------------------------------------------------------------------------
-- The category goes on, so the rules do. What is said of issues is in the unit tests and 059_rules.
SELECT regenerate_workflow(:'invoice', 'Shorter') ->> 'request_id' AS again \gset
SELECT category, rules FROM workflow_requests WHERE request_id = :'again';

-- ---- What it costs ---------------------------------------------------------------------------------
-- The figures of docs/rules.md.
\getenv abs_srcdir PG_ABS_SRCDIR
\set example :abs_srcdir '/examples/rules.sql'
BEGIN;
TRUNCATE llm_rules CASCADE;
\set ECHO none
\i :example
\i :example
\set ECHO all
CREATE FUNCTION tokens(text text) RETURNS int LANGUAGE sql AS $$
SELECT count_tokens(text, 'gpt-4o-mini') $$;
SELECT (SELECT sum(tokens(text)) FROM llm_rules) AS texts, tokens(rule_legend('invoices')) AS legend,
       (SELECT tokens(system_prompt) FROM workflow_formats WHERE name = 'pilot') AS system_prompt,
       1000 * token_cost('gpt-4o-mini', tokens(rule_legend('invoices')), 0) AS usd_1000_calls,
       1000 * token_cost('gpt-4o', tokens(rule_legend('invoices')), 0) AS usd_1000_calls_4o;
-- A repair of 12 errors of one code.
SELECT tokens(string_agg(told || hint || E'\n', '')) AS hints,
       tokens(string_agg(told || text || E'\n', '')) AS texts,
       tokens(string_agg(told || rule || E'\n', '')) AS ids
FROM (SELECT format('%s at %s: ', code, path) AS told, hint, text, rule
      FROM validate_workflow((
          SELECT jsonb_build_object('pilot_steps', jsonb_agg(jsonb_build_object(
              'id', 'step_' || i, 'operation', 'Do ' || i, 'step_type', 'task')))
          FROM generate_series(1, 12) AS i))
      JOIN llm_rules USING (code)) AS f;
-- A regeneration with 8 issues of 4 rules.
SELECT tokens(string_agg(format(E'%s step_%s\n', text, i), '')) AS texts,
       tokens(string_agg(format(E'%s: step_%s\n', rule, i), '')) AS ids
FROM generate_series(1, 8) AS i JOIN llm_rules ON rule = 'R' || 1 + i % 4;
ROLLBACK;

-- ---- Rights ---------------------------------------------------------------------------------------
CREATE ROLE regress_llmw_asker;
GRANT EXECUTE ON FUNCTION generate_workflow TO regress_llmw_asker;
GRANT USAGE ON FOREIGN SERVER builtin TO regress_llmw_asker;
SET ROLE regress_llmw_asker;
SELECT generate_workflow('Send a mail', category => 'bookings') ->> 'request_id' AS own \gset
SELECT record_workflow_issue(:'own', 'In feet', 'B1') IS NOT NULL AS recorded;
SELECT error_of(format('SELECT record_workflow_issue(%L, %L)', :'invoice', 'x'));
SELECT error_of('SELECT count(*) FROM llm_rules');
SELECT error_of('SELECT count(*) FROM llm_issues');
SELECT error_of('SELECT count(*) FROM rule_coverage');
SELECT error_of('SELECT rule_legend(''bookings'')');
SELECT error_of('INSERT INTO llm_issues (category, description) VALUES (''b'', ''x'')');
SELECT error_of('INSERT INTO llm_rules VALUES (''R7'', ''b'', ''x'')');
RESET ROLE;
SELECT i.recorded_by, i.rule, r.rules
FROM llm_issues i JOIN workflow_requests r USING (request_id) WHERE request_id = :'own';

DROP VIEW stable_by_hand;
DROP FUNCTION add_issues, counted, told, error_of;
DROP OWNED BY regress_llmw_asker;
DROP ROLE regress_llmw_asker;
DROP EXTENSION llm_workflow;
