-- regenerate_workflow(): which requests can be generated again, and by whom.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

CREATE TABLE requests_2025 PARTITION OF workflow_requests
    FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE ROLE regress_llmw_asker;
CREATE ROLE regress_llmw_other;
CREATE ROLE regress_llmw_reader;
-- The ids hold the time of submission: 2025-01-01 00:00:00+00.
CREATE FUNCTION write_request(n int, role_name name, status text, prompt text,
                              format text DEFAULT 'pilot') RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format,
        format_version, prompt, prompt_sha256, status, services, document, warnings)
    VALUES (('01941f29-7c00-7000-8000-00000000000' || n)::uuid, '2025-01-01 00:00:00+00',
        '2025-01-01 00:00:01+00', role_name, format, 1, prompt, '', status, '{google-mail}',
        '{"pilot_steps": []}', '[{"code": "W01", "path": "/pilot_steps/0", "message": "m"}]')
    RETURNING request_id
$$;
SELECT write_request(1, 'regress_llmw_asker', 'succeeded', 'Send a mail to each customer');
SELECT write_request(3, 'regress_llmw_asker', 'failed', NULL);
SELECT write_request(4, 'regress_llmw_asker', 'failed', 'Send a mail', 'gone');
SELECT write_request(5, 'regress_llmw_other', 'succeeded', 'Send a mail');

-- EXECUTE is granted to nobody.
SET ROLE regress_llmw_asker;
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000001', 'Shorter');
RESET ROLE;
GRANT EXECUTE ON FUNCTION regenerate_workflow TO regress_llmw_asker, regress_llmw_reader;

-- One's own requests, without a grant on the ledger.
SET ROLE regress_llmw_asker;
SELECT prompt FROM workflow_requests;
SELECT jsonb_typeof(regenerate_workflow('01941f29-7c00-7000-8000-000000000001', 'Shorter')
                    -> 'pilot_steps') AS steps;
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000001', E' \n');
RESET ROLE;
-- (The worker has started by now: it takes running requests that it finds for lost.)
SELECT write_request(2, 'regress_llmw_asker', 'running', 'Send a mail');
SET ROLE regress_llmw_asker;
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000002', 'Shorter');
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000003', 'Shorter');
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000004', 'Shorter');
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000005', 'Shorter');
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000009', 'Shorter');
SELECT regenerate_workflow('ffffffff-ffff-ffff-ffff-ffffffffffff', 'Shorter');
SELECT regenerate_workflow(NULL, 'Shorter') IS NULL,
       regenerate_workflow('01941f29-7c00-7000-8000-000000000001', NULL) IS NULL;
-- The arguments are wrong whether errors are thrown or not.
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000009', 'Shorter', false);
-- The rights that the look-up takes are gone with it.
SELECT current_user, prompt FROM workflow_requests;
RESET ROLE;

-- What was asked is taken over, and the new request knows the old one.
SELECT DISTINCT parent_request_id, role_name, format, format_version, prompt, services, status
FROM workflow_requests WHERE parent_request_id IS NOT NULL;

-- What a transaction saw when it began is not asked: the worker commits meanwhile.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT generate_workflow('Send a mail to each customer') ->> 'request_id' AS id \gset
SELECT jsonb_typeof(regenerate_workflow(:'id', 'Shorter') -> 'pilot_steps') AS steps;
COMMIT;

-- Those of others: for roles that may read all of the ledger.
GRANT SELECT (request_id, prompt) ON workflow_requests TO regress_llmw_reader;
SET ROLE regress_llmw_reader;
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000001', 'Shorter');
RESET ROLE;
GRANT SELECT ON workflow_requests TO regress_llmw_reader;
SET ROLE regress_llmw_reader;
SELECT jsonb_typeof(regenerate_workflow('01941f29-7c00-7000-8000-000000000001', 'Shorter')
                    -> 'pilot_steps') AS steps;
RESET ROLE;
INSERT INTO llm_workflow_roles VALUES ('somebody', 'auditor');
SET ROLE regress_llmw_reader;
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000001', 'Shorter');
RESET ROLE;
DELETE FROM llm_workflow_roles;

-- Operators planted in the caller's path are not asked on the owner's behalf.
CREATE SCHEMA trap;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
CREATE FUNCTION trap.same(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS
    $$BEGIN RAISE EXCEPTION 'captured'; END$$;
CREATE OPERATOR trap.= (FUNCTION = trap.same, LEFTARG = uuid, RIGHTARG = uuid);
SET ROLE regress_llmw_asker;
SET search_path = trap, pg_catalog, public;
SELECT regenerate_workflow('01941f29-7c00-7000-8000-000000000002', 'Shorter');
RESET search_path;
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA trap CASCADE;

DROP FUNCTION write_request(int, name, text, text, text);
DROP OWNED BY regress_llmw_asker, regress_llmw_other, regress_llmw_reader;
DROP ROLE regress_llmw_asker, regress_llmw_other, regress_llmw_reader;
DROP EXTENSION llm_workflow;
