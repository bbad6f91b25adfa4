-- The audit chain: each row of llm_calls and audit_logs is hashed with the one before it.
--
-- The worker seals what it writes in the transaction that writes it; events of other sessions, and
-- what recovery writes, in its next round. A chain is that of one partition and one worker, so that
-- no writer waits for another one and a chain goes as a whole when its month is dropped.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE TABLE @extschema@.audit_chains (
    chain_id int NOT NULL PRIMARY KEY,
    partition text NOT NULL,
    worker int NOT NULL,
    seed bytea NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    retired_by text,
    CONSTRAINT audit_chains_seed_check CHECK (octet_length(seed) = 32)
);
CREATE INDEX ON @extschema@.audit_chains (partition, worker);
COMMENT ON TABLE @extschema@.audit_chains IS
    'The audit chains of llm_calls and audit_logs. A chain that does not fit its rows is left as it '
    'is, and another one is begun.';
COMMENT ON COLUMN @extschema@.audit_chains.chain_id IS 'chain_id of its rows.';
COMMENT ON COLUMN @extschema@.audit_chains.partition IS
    'The partition that had its rows when it was begun.';
COMMENT ON COLUMN @extschema@.audit_chains.worker IS
    'The worker that seals them, among those of the database, from 0.';
COMMENT ON COLUMN @extschema@.audit_chains.seed IS
    '32 random bytes that stand for the hash before the first row.';
COMMENT ON COLUMN @extschema@.audit_chains.started_at IS 'When it was begun.';
COMMENT ON COLUMN @extschema@.audit_chains.retired_at IS
    'When its rows were let go with their partition; NULL: they must be there.';
COMMENT ON COLUMN @extschema@.audit_chains.retired_by IS 'The role that let them go.';

CREATE TABLE @extschema@.audit_chain_heads (
    chain_id int NOT NULL,
    chain_no bigint NOT NULL,
    chain_hash bytea NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain_id, chain_no)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
COMMENT ON TABLE @extschema@.audit_chain_heads IS
    'Where each chain had come to, a row for each transaction; the worker deletes all but the last '
    'now and then. Without it, the last rows of a chain could go unnoticed.';
COMMENT ON COLUMN @extschema@.audit_chain_heads.chain_id IS 'audit_chains.chain_id.';
COMMENT ON COLUMN @extschema@.audit_chain_heads.chain_no IS 'The place of the last row.';
COMMENT ON COLUMN @extschema@.audit_chain_heads.chain_hash IS 'chain_hash of the last row.';
COMMENT ON COLUMN @extschema@.audit_chain_heads.written_at IS
    'The beginning of the transaction that wrote it.';

SELECT pg_extension_config_dump('@extschema@.audit_chains', '');
SELECT pg_extension_config_dump('@extschema@.audit_chain_heads', '');

CREATE FUNCTION @extschema@.llmw_chain_row() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'llmw_chain_row';
COMMENT ON FUNCTION @extschema@.llmw_chain_row() IS
    'Trigger of audited tables: gives the worker''s rows their place in the audit chain, and keeps '
    'it when texts are erased.';
REVOKE ALL ON FUNCTION @extschema@.llmw_chain_row() FROM PUBLIC;

CREATE TRIGGER chain_row BEFORE INSERT OR UPDATE ON @extschema@.llm_calls
    FOR EACH ROW EXECUTE FUNCTION @extschema@.llmw_chain_row();
ALTER TABLE @extschema@.llm_calls ENABLE ALWAYS TRIGGER chain_row;
CREATE TRIGGER chain_row BEFORE INSERT OR UPDATE ON @extschema@.audit_logs
    FOR EACH ROW EXECUTE FUNCTION @extschema@.llmw_chain_row();
ALTER TABLE @extschema@.audit_logs ENABLE ALWAYS TRIGGER chain_row;

-- The trigger gives each row its true place. By their places in the heap, as rows of one transaction
-- may have the same time; a partition that has none costs a look into its index. Rows that are locked
-- are left for the next time: another worker seals them, or somebody erases their texts.
CREATE FUNCTION @extschema@.llmw_seal_unsealed(most bigint) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    place regclass;
    sealed bigint := 0;
    done bigint;
BEGIN
    FOR place IN
        SELECT p.relid
        FROM (VALUES ('@extschema@.llm_calls'::regclass), ('@extschema@.audit_logs')) AS t (parent)
        CROSS JOIN LATERAL pg_partition_tree(t.parent) p
        JOIN pg_class c ON c.oid = p.relid
        WHERE p.isleaf AND c.relkind = 'r'
    LOOP
        EXECUTE format('UPDATE %1$s SET chain_id = 0 WHERE chain_id IS NULL AND ctid = ANY (ARRAY('
                       '    SELECT p.ctid FROM %1$s p WHERE p.chain_id IS NULL LIMIT %2$s'
                       '    FOR UPDATE SKIP LOCKED))',
                       place, most - sealed);
        GET DIAGNOSTICS done = ROW_COUNT;
        sealed := sealed + done;
        EXIT WHEN sealed >= most;
    END LOOP;
    RETURN sealed;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_seal_unsealed(bigint) IS
    'Puts rows that are in no audit chain into one, at most so many; returns how many. Works in a '
    'worker only.';
REVOKE ALL ON FUNCTION @extschema@.llmw_seal_unsealed(bigint) FROM PUBLIC;

-- ---- Heads --------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.llmw_chain_heads(
    OUT chain_id int,
    OUT chain_no bigint,
    OUT chain_hash bytea,
    OUT written_at timestamptz
) RETURNS SETOF record
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT c.chain_id, h.chain_no, h.chain_hash, h.written_at
FROM @extschema@.audit_chains c
CROSS JOIN LATERAL (
    SELECT l.chain_no, l.chain_hash, l.written_at
    FROM @extschema@.audit_chain_heads l
    WHERE l.chain_id = c.chain_id
    ORDER BY l.chain_no DESC
    LIMIT 1
) AS h
WHERE c.retired_at IS NULL
$$;
COMMENT ON FUNCTION @extschema@.llmw_chain_heads() IS
    'Where each chain that is not retired has come to.';
REVOKE ALL ON FUNCTION @extschema@.llmw_chain_heads() FROM PUBLIC;

CREATE FUNCTION @extschema@.audit_digest(changed_since timestamptz DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
SELECT jsonb_build_object(
    'at', statement_timestamp(),
    'database', current_database(),
    'rows', sum(h.chain_no),
    'sha256', encode(sha256(string_agg(
        int4send(h.chain_id) || int8send(h.chain_no) || h.chain_hash, '' ORDER BY h.chain_id)), 'hex'),
    'chains', jsonb_object_agg(
        h.chain_id, jsonb_build_array(h.chain_no, encode(h.chain_hash, 'hex')))
        FILTER (WHERE changed_since IS NULL OR h.written_at >= changed_since))
FROM @extschema@.llmw_chain_heads() h
HAVING count(*) FILTER (WHERE changed_since IS NULL OR h.written_at >= changed_since) > 0
$$;
COMMENT ON FUNCTION @extschema@.audit_digest(timestamptz) IS
    'The heads of the audit chains, to be kept where nobody who can change the database can change '
    'it, and given to verify_audit_chain(): number and hash of the last row of each chain (of those '
    'that moved since a time), and SHA-256 over all of them. NULL: there is none.';
REVOKE ALL ON FUNCTION @extschema@.audit_digest(timestamptz) FROM PUBLIC;

-- ---- Verifying ----------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.llmw_verify_chains(
    kept_chains int[],
    kept_nos bigint[],
    kept_hashes bytea[],
    OUT partition text,
    OUT worker int,
    OUT chain_id int,
    OUT verified bigint,
    OUT erased bigint,
    OUT problem text,
    OUT chain_no bigint,
    OUT row_id uuid,
    OUT row_time timestamptz
) RETURNS SETOF record
    LANGUAGE c STABLE STRICT COST 100000 ROWS 30
    AS 'MODULE_PATHNAME', 'llmw_verify_chains';
COMMENT ON FUNCTION @extschema@.llmw_verify_chains(int[], bigint[], bytea[]) IS
    'What verify_audit_chain() returns, but for erasures of which nothing tells.';
REVOKE ALL ON FUNCTION @extschema@.llmw_verify_chains(int[], bigint[], bytea[]) FROM PUBLIC;

-- A month of requests may be gone before the calls and events of those that ran over its end.
CREATE FUNCTION @extschema@.llmw_untold_erasures(
    OUT partition text,
    OUT chain_id int,
    OUT chain_no bigint,
    OUT row_id uuid,
    OUT row_time timestamptz
) RETURNS SETOF record
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT DISTINCT ON (e.chain_id) e.partition, e.chain_id, e.chain_no, e.row_id, e.row_time
FROM (SELECT c.tableoid::regclass::text AS partition, c.chain_id, c.chain_no, c.call_id AS row_id,
             c.started_at AS row_time, c.request_id
      FROM @extschema@.llm_calls c
      WHERE octet_length(c.chain_salt) = 32
      UNION ALL
      SELECT l.tableoid::regclass::text, l.chain_id, l.chain_no, l.event_id, l."timestamp",
             l.request_id
      FROM @extschema@.audit_logs l
      WHERE octet_length(l.chain_salt) = 32) AS e
JOIN @extschema@.workflow_requests r ON r.request_id = e.request_id
WHERE r.erased_at IS NULL
ORDER BY e.chain_id, e.chain_no
$$;
COMMENT ON FUNCTION @extschema@.llmw_untold_erasures() IS
    'Of each chain the first row whose texts were erased although its request was not.';
REVOKE ALL ON FUNCTION @extschema@.llmw_untold_erasures() FROM PUBLIC;

-- Rows are read in the order of an index, which is nearly that in which they were written; sorting
-- would take longer than hashing.
CREATE FUNCTION @extschema@.verify_audit_chain(kept jsonb DEFAULT NULL)
    RETURNS TABLE (partition text, worker int, chain_id int, verified bigint, erased bigint,
                   problem text, chain_no bigint, row_id uuid, row_time timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET enable_sort = off
    SET enable_incremental_sort = off
    SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    texts_are_gone boolean := false;
BEGIN
    -- Anything else would be held to nothing, and look as if it fitted.
    IF kept IS NOT NULL AND jsonb_typeof(kept -> 'chains') IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'kept is no audit digest',
            DETAIL = 'It has no object "chains".',
            HINT = 'Give what audit_digest() returned, or a line of llm_workflow.audit_digest_target.';
    END IF;
    FOR partition, worker, chain_id, verified, erased, problem, chain_no, row_id, row_time IN
        SELECT v.*
        FROM (SELECT coalesce(array_agg(k.key::int ORDER BY k.key::int), '{}') AS chains,
                     coalesce(array_agg((k.value ->> 0)::bigint ORDER BY k.key::int), '{}') AS nos,
                     coalesce(array_agg(decode(k.value ->> 1, 'hex') ORDER BY k.key::int), '{}')
                         AS hashes
              FROM jsonb_each(kept -> 'chains') k) AS given
        CROSS JOIN LATERAL @extschema@.llmw_verify_chains(given.chains, given.nos, given.hashes) v
    LOOP
        texts_are_gone := texts_are_gone OR erased > 0;
        RETURN NEXT;
    END LOOP;
    IF texts_are_gone THEN
        RETURN QUERY SELECT u.partition, NULL::int, u.chain_id, NULL::bigint, NULL::bigint,
                            'erased', u.chain_no, u.row_id, u.row_time
                     FROM @extschema@.llmw_untold_erasures() u;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.verify_audit_chain(jsonb) IS
    'Computes the audit chains anew. A row for each chain: problem is NULL when it is whole, else '
    'what is wrong with its first bad row, which chain_no, row_id and row_time name: missing, '
    'changed, misplaced, cut, rewritten, unknown chain, erased. A row without chain_id tells how '
    'many rows of a partition the worker has not sealed yet. kept: an audit_digest() that was kept '
    'elsewhere; the chains must have had those heads.';
REVOKE ALL ON FUNCTION @extschema@.verify_audit_chain(jsonb) FROM PUBLIC;

-- ---- Retention ----------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.llmw_retire_chains(partitions text[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    retired bigint;
BEGIN
    UPDATE @extschema@.audit_chains c
    SET retired_at = now(), retired_by = session_user
    WHERE c.partition = ANY (partitions) AND c.retired_at IS NULL;
    GET DIAGNOSTICS retired = ROW_COUNT;
    RETURN retired;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_retire_chains(text[]) IS
    'Notes that the rows of these partitions are let go; returns how many chains they had.';
REVOKE ALL ON FUNCTION @extschema@.llmw_retire_chains(text[]) FROM PUBLIC;

CREATE FUNCTION @extschema@.retire_audit_chains(partition text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    retired bigint;
BEGIN
    IF EXISTS (SELECT FROM @extschema@.llmw_ledger_partitions() p
               JOIN pg_class t ON t.oid = p.partition
               WHERE t.relname = retire_audit_chains.partition) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('"%s" is a partition of the ledger', partition),
            DETAIL = 'Its rows are there, and are verified.',
            HINT = 'Detach it first: ALTER TABLE ... DETACH PARTITION.';
    END IF;
    retired := @extschema@.llmw_retire_chains(ARRAY[partition]);
    IF retired > 0 THEN
        PERFORM @extschema@.llmw_write_event('AUDIT_CHAINS_RETIRED', jsonb_build_object(
            'partition', partition, 'chains', retired));
    END IF;
    RETURN retired;
END
$$;
COMMENT ON FUNCTION @extschema@.retire_audit_chains(text) IS
    'Tells that a partition was detached or dropped by hand, so that verify_audit_chain() does not '
    'miss its rows; llm_workflow_maintain() does so itself. Returns how many chains it had and '
    'writes the event AUDIT_CHAINS_RETIRED. For the owner of the tables.';
REVOKE ALL ON FUNCTION @extschema@.retire_audit_chains(text) FROM PUBLIC;
