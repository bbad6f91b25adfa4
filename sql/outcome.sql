-- record_workflow_outcome(): what is written, for whom, and what the roll-ups get.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;
CREATE ROLE regress_llmw_asker;
CREATE ROLE regress_llmw_other;
GRANT EXECUTE ON FUNCTION generate_workflow TO regress_llmw_asker;
GRANT USAGE ON FOREIGN SERVER builtin TO regress_llmw_asker;

SELECT generate_workflow('Send a mail to each customer', agent => 'planner') ->> 'request_id' AS id \gset

CREATE VIEW outcome_rows AS
SELECT s.facet, s.model, s.format, s.agent, s.role_name = current_user AS mine,
       s.fallback_reason AS reason, sum(s.outcomes_succeeded) AS succeeded,
       sum(s.outcomes_failed) AS failed,
       s.hour = (SELECT date_trunc('hour', submitted_at, 'UTC') FROM workflow_requests LIMIT 1)
           AS at_its_hour
FROM llmw_stats_hourly s
WHERE s.outcomes_succeeded <> 0 OR s.outcomes_failed <> 0
GROUP BY s.facet, s.model, s.format, s.agent, s.role_name, s.fallback_reason, s.hour;
CREATE VIEW outcome_sums AS
SELECT sum(outcomes_succeeded) AS succeeded, sum(outcomes_failed) AS failed
FROM llmw_stats_daily WHERE facet = 'model';

-- What is noted last counts, and each time is an event.
SELECT workflows, recorded_outcomes, succeeded_outcomes, outcome_success_rate FROM workflow_outcomes;
SELECT record_workflow_outcome(:'id', true, '{"run": 17}');
SELECT * FROM outcome_rows ORDER BY facet;
SELECT workflows, recorded_outcomes, succeeded_outcomes, outcome_success_rate FROM workflow_outcomes;
SELECT record_workflow_outcome(:'id', true);
SELECT * FROM outcome_sums;
SELECT record_workflow_outcome(:'id', false, '{"error": "the mail server is down"}');
SELECT * FROM outcome_sums;
SELECT record_workflow_outcome(:'id', false);
SELECT record_workflow_outcome(:'id', true);
SELECT * FROM outcome_sums;
SELECT record_workflow_outcome(:'id', false);
SELECT * FROM outcome_sums;
SELECT outcome_succeeded, status FROM workflow_requests;
SELECT generator, recorded_outcomes, succeeded_outcomes, outcome_success_rate FROM workflow_outcomes;
SELECT severity, compliance, actor = current_user AS actor, request_id = :'id' AS request, details
FROM audit_logs WHERE action = 'WORKFLOW_OUTCOME_RECORDED' ORDER BY "timestamp";

-- In the caller's transaction, even where its snapshot is older than the request.
BEGIN;
SELECT record_workflow_outcome(:'id', true);
ROLLBACK;
SELECT * FROM outcome_sums;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM workflow_requests;
SELECT generate_workflow('Send a letter') ->> 'request_id' AS second \gset
SELECT record_workflow_outcome(:'second', true);
COMMIT;
SELECT outcome_succeeded FROM workflow_requests WHERE request_id = :'second';
SELECT * FROM outcome_sums;

-- Arguments.
\set VERBOSITY default
SELECT record_workflow_outcome(NULL, true);
SELECT record_workflow_outcome(:'id', NULL);
SELECT record_workflow_outcome(:'id', true, NULL);
SELECT record_workflow_outcome(:'id', true, '[]');
SELECT record_workflow_outcome(:'id', true, jsonb_build_object('log', repeat('x', 16384)));
SELECT record_workflow_outcome(:'id', true, jsonb_build_object('log', repeat('x', 16373))) IS NULL
    AS longest;
BEGIN READ ONLY;
SELECT record_workflow_outcome(:'id', true);
ROLLBACK;

-- Only what has a workflow.
SELECT record_workflow_outcome('ffffffff-ffff-7fff-bfff-ffffffffffff', true);
SELECT submit_workflow('Much later', run_at => '2200-01-01') AS later \gset
\set VERBOSITY sqlstate
SELECT record_workflow_outcome(:'later', true);
SELECT cancel_workflow(:'later');
SELECT workflow_result(:'later', '1 min') -> 'error' ->> 'code' AS cancelled;
SELECT record_workflow_outcome(:'later', true);
\set VERBOSITY default

-- For the role that made the request, and for those that may read all.
SET ROLE regress_llmw_asker;
SELECT generate_workflow('Of the asker') ->> 'request_id' AS own \gset
SELECT record_workflow_outcome(:'own', true);
\set VERBOSITY sqlstate
SELECT record_workflow_outcome(:'id', true);
SET ROLE regress_llmw_other;
SELECT record_workflow_outcome(:'own', false);
RESET ROLE;
GRANT SELECT ON workflow_requests TO regress_llmw_other;
SET ROLE regress_llmw_other;
SELECT record_workflow_outcome(:'own', false);
\set VERBOSITY default
RESET ROLE;
SELECT actor, details FROM audit_logs WHERE request_id = :'own' AND action LIKE '%OUTCOME%'
ORDER BY "timestamp";

-- Objects in the caller's way are not used.
CREATE SCHEMA trap;
CREATE FUNCTION trap.op(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS
    $$BEGIN RAISE EXCEPTION 'captured'; END$$;
CREATE OPERATOR trap.= (FUNCTION = trap.op, LEFTARG = uuid, RIGHTARG = uuid);
CREATE TABLE trap.workflow_requests (LIKE workflow_requests);
GRANT USAGE ON SCHEMA trap TO PUBLIC;
SET ROLE regress_llmw_asker;
SET search_path = trap, pg_catalog, public;
SELECT record_workflow_outcome(:'own', true);
RESET search_path;
RESET ROLE;
DROP SCHEMA trap CASCADE;

-- The roll-ups are what the ledger says, folded or not.
SELECT count(*) AS differences FROM verify_workflow_stats();
SELECT llmw_fold_stats() >= 0 AS folded;
SELECT record_workflow_outcome(:'id', true);
SELECT count(*) AS differences FROM verify_workflow_stats();

DROP VIEW outcome_rows, outcome_sums;
DROP EXTENSION llm_workflow;
DROP OWNED BY regress_llmw_asker, regress_llmw_other;
DROP ROLE regress_llmw_asker, regress_llmw_other;
