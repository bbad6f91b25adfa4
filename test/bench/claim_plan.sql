-- The kept plan of a claim of 100, and what it reads.
\set ON_ERROR_STOP on
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_analyze = on;
SET auto_explain.log_timing = off;
SET client_min_messages = log;
BEGIN;
SELECT count(*) FROM llmw_claim_jobs(gen_random_uuid(), '{role_0}', '{model}', '{100}');
ROLLBACK;
