-- The audit chain: what is written is sealed, and whatever is changed afterwards is found.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions(0) > 0 AS made;
CREATE TABLE calls_2025 PARTITION OF llm_calls FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');

-- Nothing is sealed yet, and there is no head.
SELECT * FROM verify_audit_chain();
SELECT audit_digest();

-- The worker seals its own rows as it writes them.
SELECT count(generate_workflow('Send a mail to ' || name)) FROM unnest('{Ann,Bob,Cid,Dan,Eve}'::text[]) name;
SELECT regexp_replace(partition, '_y.*', '') AS of, worker, verified, erased, problem, chain_no, row_id
FROM verify_audit_chain() ORDER BY 1;
SELECT count(*), count(DISTINCT chain_no), min(chain_no), max(chain_no), bool_and(octet_length(chain_hash) = 32) AS hashed,
       count(chain_salt) AS salts
FROM llm_calls;
SELECT count(DISTINCT chain_id) FROM (SELECT chain_id FROM llm_calls UNION SELECT chain_id FROM audit_logs) c;

-- What is hashed can be computed by anybody. This call has no texts: zeros stand for them.
CREATE FUNCTION field(kind int, name text, value bytea) RETURNS bytea LANGUAGE sql AS $$
SELECT decode(lpad(to_hex(kind), 2, '0'), 'hex') || int4send(length(name)) || convert_to(name, 'UTF8') || value $$;
CREATE FUNCTION counted(value bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT int4send(octet_length(value)) || value $$;
SELECT c.chain_hash = sha256(convert_to('llm_workflow chain 1' || chr(10), 'UTF8') || s.seed || int8send(1)
    || decode(repeat('00', 32), 'hex') || (
    SELECT string_agg(CASE jsonb_typeof(value)
        WHEN 'array' THEN field(7, key, int4send(0))
        WHEN 'number' THEN CASE key WHEN 'cost_usd' THEN field(6, key, counted(convert_to(trim_scale(value::numeric)::text, 'UTF8')))
                                    ELSE field(1, key, int8send(value::bigint)) END
        ELSE CASE WHEN key LIKE '%\_id' AND key <> 'provider_request_id' THEN field(3, key, counted(uuid_send((value #>> '{}')::uuid)))
                  WHEN key IN ('started_at', 'finished_at', 'price_effective_from') THEN field(2, key, timestamptz_send((value #>> '{}')::timestamptz))
                  ELSE field(4, key, counted(convert_to(value #>> '{}', 'UTF8'))) END END, '' ORDER BY key COLLATE "C")
    FROM jsonb_each(jsonb_strip_nulls(to_jsonb(c))) WHERE key NOT LIKE 'chain\_%')) AS documented
FROM llm_calls c JOIN audit_chains s USING (chain_id) WHERE c.chain_no = 1;

-- ---- Changes ------------------------------------------------------------------------------------
-- Makes a change that no trigger sees, tells what is found, and takes it back.
CREATE FUNCTION tampered(change text, kept jsonb DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
    t regclass;
BEGIN
    FOR t IN SELECT p.relid FROM (VALUES ('llm_calls'::regclass), ('audit_logs')) AS v (r),
                 LATERAL pg_partition_tree(v.r) p LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', t);
    END LOOP;
    EXECUTE change;
    SELECT string_agg(format('%s %s', problem, chain_no) || CASE WHEN row_id IS NULL THEN '' ELSE ' named' END, ', ')
    INTO found FROM verify_audit_chain(kept) WHERE problem IS NOT NULL;
    RAISE EXCEPTION USING ERRCODE = 'LWUND';
EXCEPTION WHEN SQLSTATE 'LWUND' THEN
    RETURN coalesce(found, 'nothing');
END
$$;
SELECT audit_digest() AS kept \gset
SELECT tampered('SELECT 1');
SELECT tampered('UPDATE llm_calls SET cost_usd = 1 WHERE chain_no = 3');
SELECT tampered('UPDATE llm_calls SET input_tokens = input_tokens + 1');
SELECT tampered('UPDATE llm_calls SET error_message = ''x'' WHERE chain_no = 2');
SELECT tampered('UPDATE llm_calls SET cost_usd = NULL WHERE chain_no = 4');
SELECT tampered('UPDATE audit_logs SET details = details || ''{"x": 1}'' WHERE chain_no = 2');
SELECT tampered('UPDATE audit_logs SET actor = ''nobody'' WHERE chain_no = 5');
SELECT tampered('DELETE FROM llm_calls WHERE chain_no = 2');
SELECT tampered('DELETE FROM llm_calls WHERE chain_no > 3');
SELECT tampered('DELETE FROM llm_calls');
SELECT tampered('UPDATE llm_calls SET chain_no = -chain_no WHERE chain_no IN (4, 5); UPDATE llm_calls SET chain_no = 9 + chain_no WHERE chain_no < 0');
SELECT tampered('UPDATE llm_calls SET started_at = ''2025-06-01'' WHERE chain_no = 3');
SELECT tampered('UPDATE llm_calls SET chain_id = NULL WHERE chain_no = 1');
SELECT tampered('UPDATE llm_calls SET chain_id = 77 WHERE chain_no = 5');
SELECT tampered('UPDATE llm_calls SET chain_salt = sha256('''') WHERE chain_no = 5');
SELECT tampered('UPDATE audit_chains SET seed = sha256(seed) WHERE chain_id = 1') LIKE 'changed 1 named%' AS seed;
SELECT tampered('DELETE FROM audit_chain_heads') AS heads;
SELECT tableoid::regclass AS partition FROM llm_calls LIMIT 1 \gset
SELECT tampered('DROP TABLE ' || :'partition');
-- Cut off with its head as well: only a digest that was kept elsewhere tells.
\set cut 'DELETE FROM llm_calls WHERE chain_no > 3; DELETE FROM audit_chain_heads h WHERE h.chain_no <> 5 OR h.chain_id = (SELECT chain_id FROM llm_calls LIMIT 1); INSERT INTO audit_chain_heads SELECT chain_id, chain_no, chain_hash FROM llm_calls WHERE chain_no = 3'
SELECT tampered(:'cut');
SELECT tampered(:'cut', :'kept');
SELECT tampered('SELECT 1', :'kept');
SELECT tampered('SELECT 1', jsonb_set(:'kept', '{chains, 1, 1}', to_jsonb(repeat('ab', 32))));
SELECT tampered('SELECT 1', '{"chains": {"99": [3, "abcd"]}}');
SELECT * FROM verify_audit_chain('{"chains": {"1": [null, "abcd"]}}');
-- What is no digest does not count as one that fits.
SELECT * FROM verify_audit_chain('{"1": [3, "abcd"]}');
SELECT * FROM verify_audit_chain('[]');

-- ---- Nobody gives a row its place ---------------------------------------------------------------
\set VERBOSITY sqlstate
UPDATE llm_calls SET chain_id = 2;
UPDATE llm_calls SET chain_no = 1;
UPDATE llm_calls SET chain_salt = '\x';
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor) VALUES (gen_random_uuid(), now(), 'X', 'info', 'me');
UPDATE audit_logs SET chain_id = 1 WHERE action = 'X';
\set VERBOSITY default
SELECT regexp_replace(partition, '_y.*', '') AS of, chain_id, verified FROM verify_audit_chain() WHERE chain_id IS NULL;

-- ---- Erasing and retention ----------------------------------------------------------------------
SELECT request_id AS erased FROM workflow_requests ORDER BY submitted_at LIMIT 1 \gset
SELECT record_workflow_outcome(:'erased', true, '{"note": "to Ann"}');
-- The worker comes to it within ten seconds.
DO $$
BEGIN
    FOR i IN 1 .. 600 LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM audit_logs WHERE chain_id IS NULL);
        PERFORM pg_sleep(0.1);
        COMMIT;
    END LOOP;
END
$$;
SELECT action, octet_length(chain_salt) AS salt, details ? 'details' AS has_text FROM audit_logs
WHERE action IN ('X', 'WORKFLOW_OUTCOME_RECORDED') ORDER BY 1;
SELECT erase_request(:'erased');
SELECT octet_length(chain_salt) AS digest, details ? 'details' AS has_text FROM audit_logs
WHERE action = 'WORKFLOW_OUTCOME_RECORDED';
SELECT regexp_replace(partition, '_y.*', '') AS of, erased, problem FROM verify_audit_chain(:'kept')
WHERE chain_id IS NOT NULL ORDER BY 1;
SELECT tampered('UPDATE audit_logs SET chain_salt = sha256(chain_salt) WHERE octet_length(chain_salt) = 32') LIKE 'changed %' AS digest_counts;
SELECT tampered('UPDATE workflow_requests SET erased_at = NULL') LIKE 'erased % named' AS told;
-- Of a request that is gone nobody can say whether it was erased.
SELECT tampered('DELETE FROM workflow_requests') AS requests_are_gone;

-- A month that retention lets go takes its chains along.
\set VERBOSITY sqlstate
SELECT retire_audit_chains((SELECT relname::text FROM pg_class WHERE oid = (SELECT tableoid FROM llm_calls LIMIT 1)));
\set VERBOSITY default
ALTER TABLE llm_calls DETACH PARTITION :partition;
SELECT problem, chain_no FROM verify_audit_chain() WHERE problem IS NOT NULL;
SELECT retire_audit_chains(:'partition');
SELECT problem, chain_no FROM verify_audit_chain(:'kept') WHERE problem IS NOT NULL;
SELECT retire_audit_chains(:'partition') AS once_more;
SELECT details ->> 'chains' AS chains FROM audit_logs WHERE action = 'AUDIT_CHAINS_RETIRED';
-- What was retired is in no digest; what changed at the very time that is asked for is.
SELECT count(*) AS chains, count(*) FILTER (WHERE audit_digest() -> 'chains' ? chain_id::text) AS in_digest,
       count(retired_at) AS retired
FROM audit_chains;
SELECT audit_digest(written_at) -> 'chains' ? chain_id::text AS latest,
       audit_digest(written_at + interval '1 us') IS NULL AS none
FROM llmw_chain_heads() ORDER BY written_at DESC LIMIT 1;

DROP TABLE :partition;
DROP FUNCTION tampered, field, counted;
DROP EXTENSION llm_workflow;
