-- submit_workflow(), workflow_result(), cancel_workflow(), generate_workflows(), and idempotency_key.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- The error of a statement, without the ids in it.
CREATE FUNCTION error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || regexp_replace(SQLERRM, '[0-9a-f]{8}-[-0-9a-f]{27}', 'ID', 'g');
END$$;
CREATE ROLE regress_llmw_asker;
CREATE ROLE regress_llmw_other;
CREATE ROLE regress_llmw_member;

-- EXECUTE on what spends is granted to nobody.
SET ROLE regress_llmw_asker;
SELECT submit_workflow('Send a mail');
SELECT generate_workflows('{Send a mail}');
RESET ROLE;
GRANT EXECUTE ON FUNCTION generate_workflow, generate_workflows, submit_workflow
    TO regress_llmw_asker, regress_llmw_other;
GRANT USAGE ON FOREIGN SERVER builtin TO regress_llmw_asker, regress_llmw_other;

-- A job runs when its transaction has committed, and not before.
BEGIN;
SELECT submit_workflow('Send a mail to each customer', '{google-mail}', tags => '{"team": "a"}') AS id
\gset
SELECT workflow_result(:'id') IS NULL AS not_yet;
SELECT state, priority, attempts, max_attempts, run_at = submitted_at AS at_once, primary_model,
       request ->> 'prompt' AS prompt, request -> 'services' AS services, request ->> 'tags' AS tags
FROM workflow_jobs WHERE request_id = :'id';
SELECT error_of(format('SELECT workflow_result(%L, ''1 s'')', :'id'));
COMMIT;
SELECT jsonb_typeof(result -> 'pilot_steps') AS steps, result ->> 'request_id' = :'id' AS same_id,
       result ->> 'generator_used' AS generator
FROM workflow_result(:'id', '1 min') AS result;
SELECT status, role_name = current_user AS mine, services, tags FROM workflow_requests
WHERE request_id = :'id';
SELECT count(*) FROM workflow_jobs;

-- The result of a job is that of generate_workflow().
SELECT array(SELECT jsonb_object_keys(workflow_result(:'id')))
     = array(SELECT jsonb_object_keys(generate_workflow('Send a mail to each customer',
                                                        '{google-mail}'))) AS same_keys;
SELECT generate_workflow('Send a mail to each customer') AS direct \gset
SELECT workflow_result((:'direct'::jsonb ->> 'request_id')::uuid) = :'direct'::jsonb AS same;
SELECT submit_workflow('Send a mail', format => 'stages') AS failed \gset
SELECT result - '{request_id,generation_time_ms}'::text[] AS result
FROM workflow_result(:'failed', '1 min') AS result;

-- What is rolled back never runs.
BEGIN;
SELECT submit_workflow('Rolled back') AS rolled_back \gset
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT submit_workflow('Rolled back to a savepoint') AS savepoint \gset
ROLLBACK TO s;
SELECT submit_workflow('Committed after a savepoint') AS committed \gset
COMMIT;
SELECT jsonb_typeof(workflow_result(:'committed', '1 min') -> 'pilot_steps') AS steps;
SELECT error_of(format('SELECT workflow_result(%L)', :'rolled_back')),
       error_of(format('SELECT workflow_result(%L)', :'savepoint'));
SELECT workflow_result('ffffffff-ffff-7fff-bfff-ffffffffffff');
SELECT cancel_workflow('ffffffff-ffff-7fff-bfff-ffffffffffff');

-- In a trigger, in a function, for many rows at once.
CREATE TABLE orders (id int, request uuid);
CREATE FUNCTION on_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.request := submit_workflow('Send a mail about order ' || NEW.id);
    RETURN NEW;
END$$;
CREATE TRIGGER on_order BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION on_order();
INSERT INTO orders SELECT generate_series(1, 50);
SELECT count(DISTINCT request), count(*) FILTER (WHERE workflow_result(request, '1 min') ? 'pilot_steps')
FROM orders;
DROP TABLE orders;
DROP FUNCTION on_order();

-- Arguments.
SELECT submit_workflow(NULL) IS NULL, workflow_result(NULL) IS NULL, cancel_workflow(NULL) IS NULL;
SELECT submit_workflow(E' \n');
SELECT submit_workflow('a', format => 'none');
SELECT submit_workflow('a', response_mode => 'loud');
SELECT submit_workflow('a', max_output_tokens => 0);
SELECT submit_workflow('a', tags => '[]');
SELECT submit_workflow('a', run_at => 'infinity');
SELECT submit_workflow('a', run_at => '-infinity');
SELECT submit_workflow('a', cache_for => '-1 s');
SELECT submit_workflow('a', idempotency_key => '');
SELECT submit_workflow('a', idempotency_key => repeat('k', 256));
SELECT workflow_result(:'id', '-1 s');
SET llm_workflow.job_attempts = 0;
BEGIN READ ONLY;
SELECT submit_workflow('a');
ROLLBACK;
BEGIN READ ONLY;
SELECT workflow_result(:'id') ? 'pilot_steps' AS readable;
SELECT cancel_workflow(:'id');
ROLLBACK;

-- run_at, priority and job_attempts.
BEGIN;
SET LOCAL llm_workflow.job_attempts = 7;
SELECT submit_workflow('Much later', priority => -3, run_at => '2200-01-01') AS later,
       submit_workflow('Long ago', priority => NULL, run_at => '2000-01-01') AS ago \gset
SELECT request ->> 'prompt' AS prompt, state, priority, max_attempts,
       CASE state WHEN 'scheduled' THEN run_at = '2200-01-01' ELSE run_at = submitted_at END AS run_at
FROM workflow_jobs ORDER BY submitted_at;
COMMIT;
SELECT workflow_result(:'ago', '1 min') ? 'pilot_steps' AS ended, workflow_result(:'later', '10 ms');

-- Cancelling: at commit, once, by those who may.
BEGIN;
SELECT cancel_workflow(:'later'), cancel_workflow(:'later');
ROLLBACK;
SELECT count(*) FROM workflow_cancellations;
SELECT cancel_workflow(:'ago') AS too_late;
SELECT cancel_workflow(:'later');
SELECT workflow_result(:'later', '1 min') -> 'error' ->> 'code' AS cancelled;
SELECT status FROM workflow_requests WHERE request_id = :'later';
SELECT cancel_workflow(:'later');

-- Who sees and who ends what.
SET ROLE regress_llmw_asker;
SELECT submit_workflow('Mine', run_at => '2200-01-01') AS mine \gset
SELECT prompt FROM workflow_requests;
SELECT request FROM workflow_jobs;
SELECT workflow_result(:'mine') IS NULL AS seen;
SET ROLE regress_llmw_other;
SELECT error_of(format('SELECT workflow_result(%L)', :'mine')),
       error_of(format('SELECT cancel_workflow(%L)', :'mine'));
SET ROLE regress_llmw_member;
SELECT error_of(format('SELECT cancel_workflow(%L)', :'mine'));
RESET ROLE;
GRANT SELECT ON workflow_requests TO regress_llmw_other;
SET ROLE regress_llmw_other;
SELECT workflow_result(:'mine') IS NULL AS seen,
       error_of(format('SELECT cancel_workflow(%L)', :'mine'));
RESET ROLE;
GRANT regress_llmw_asker TO regress_llmw_member;
SET ROLE regress_llmw_member;
SELECT cancel_workflow(:'mine');
RESET ROLE;
SELECT workflow_result(:'mine', '1 min') -> 'error' ->> 'code' AS cancelled;

-- Operators and tables in the caller's way are not asked on the owner's behalf.
CREATE SCHEMA trap;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
CREATE FUNCTION trap.same(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS
    $$BEGIN RAISE EXCEPTION 'captured'; END$$;
CREATE OPERATOR trap.= (FUNCTION = trap.same, LEFTARG = uuid, RIGHTARG = uuid);
CREATE TABLE trap.workflow_jobs (LIKE workflow_jobs);
SET ROLE regress_llmw_asker;
SET search_path = trap, pg_catalog, public;
SELECT submit_workflow('Trapped', idempotency_key => 'trap') AS trapped \gset
SELECT workflow_result(:'trapped', '1 min') ? 'pilot_steps' AS free, cancel_workflow(:'trapped');
RESET search_path;
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA trap CASCADE;
SET client_min_messages = warning;

-- idempotency_key: a role's key stands for its first request.
SELECT submit_workflow('Once', idempotency_key => 'k1') AS first \gset
SELECT submit_workflow('Once', idempotency_key => 'k1', priority => 5, run_at => '2200-01-01')
     = :'first' AS same;
SELECT generate_workflow('Once', idempotency_key => 'k1') ->> 'request_id' = :'first' AS same;
\set VERBOSITY terse
SELECT submit_workflow('Twice', idempotency_key => 'k1') AS other_prompt;
SELECT generate_workflow('Once', '{google-mail}', idempotency_key => 'k1') AS other_services;
\set VERBOSITY default
SELECT generate_workflow('Direct', idempotency_key => 'k2') ->> 'request_id' AS second \gset
SELECT submit_workflow('Direct', idempotency_key => 'k2') = :'second' AS same,
       generate_workflow('Direct', idempotency_key => 'k2') ->> 'request_id' = :'second' AS same;
SELECT count(*) FROM workflow_requests WHERE prompt IN ('Once', 'Direct');
SET ROLE regress_llmw_asker;
SELECT submit_workflow('Of another role', idempotency_key => 'k1') <> :'first' AS own_keys;
RESET ROLE;
BEGIN;
SELECT submit_workflow('Undone', idempotency_key => 'k3') AS undone \gset
SELECT submit_workflow('Undone', idempotency_key => 'k3') = :'undone' AS same;
SELECT error_of($$SELECT generate_workflow('Undone', idempotency_key => 'k3')$$);
ROLLBACK;
SELECT submit_workflow('Something else', idempotency_key => 'k3') <> :'undone' AS free_again;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';

-- generate_workflows(): a row for each prompt.
SELECT ordinal, jsonb_typeof(result -> 'pilot_steps') AS steps, result -> 'error' AS error
FROM generate_workflows(ARRAY['Send a mail', NULL, ' ', 'Send a message']) ORDER BY ordinal;
SELECT * FROM generate_workflows('{}');
SELECT * FROM generate_workflows(NULL);
SELECT * FROM generate_workflows('{a}', format => 'none');
SELECT count(*) FILTER (WHERE result ? 'pilot_steps'), count(DISTINCT ordinal), max(ordinal)
FROM generate_workflows(array(SELECT 'Send mail ' || i FROM generate_series(1, 600) AS i));
SELECT count(*) FROM (SELECT generate_workflows('{Send a mail,Send a mail}') LIMIT 1) AS one;

DROP FUNCTION error_of(text);

-- The statements that a session keeps are those of the extension that is there.
DROP EXTENSION llm_workflow;
CREATE SCHEMA "Odd; schema";
CREATE EXTENSION llm_workflow SCHEMA "Odd; schema";
SET search_path = "Odd; schema";
SELECT submit_workflow('Moved', run_at => '2200-01-01', idempotency_key => 'k1') AS moved \gset
SELECT cancel_workflow(:'moved');
SELECT workflow_result(:'moved', '1 min') -> 'error' ->> 'code' AS cancelled;
RESET search_path;
DROP EXTENSION llm_workflow;
DROP SCHEMA "Odd; schema";
DROP OWNED BY regress_llmw_asker, regress_llmw_other, regress_llmw_member;
DROP ROLE regress_llmw_member, regress_llmw_asker, regress_llmw_other;
