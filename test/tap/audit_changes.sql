-- Makes :changes random changes of the audited tables, one at a time, and prints how many of them
-- verify_audit_chain() found, by what was done, with the first row of the chain that each broke.
-- Then those that it did not find. The seed of the random numbers is :seed.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
CREATE TEMP TABLE changes (kind text, statement text, expected text, found text);
SELECT setseed(:seed);
SET my.changes = :changes;

-- One random row that is in a chain, among tables of which one has few.
CREATE FUNCTION pg_temp.any_row(OUT parent regclass, OUT place regclass, OUT row_ctid tid, OUT chain int,
                                OUT no bigint, OUT last bigint) LANGUAGE plpgsql AS $$
BEGIN
    parent := CASE WHEN random() < 0.5 THEN 'llm_calls' ELSE 'audit_logs' END;
    EXECUTE format('SELECT tableoid, ctid, chain_id, chain_no, max(chain_no) OVER (PARTITION BY chain_id)
                    FROM %s WHERE chain_id IS NOT NULL ORDER BY random() LIMIT 1', parent)
    INTO place, row_ctid, chain, no, last;
END
$$;

-- A change of one column of a row, whatever the column is.
CREATE FUNCTION pg_temp.edit(place regclass, row_ctid tid) RETURNS text LANGUAGE sql AS $$
SELECT format('UPDATE ONLY %s SET %I = %s WHERE ctid = %L', place, a.attname,
    CASE a.atttypid::regtype::text
        WHEN 'text' THEN format(CASE WHEN random() < 0.3 AND NOT a.attnotnull THEN 'CASE WHEN %1$I IS NULL THEN ''y'' END'
                                     ELSE 'coalesce(%1$I, '''') || ''x''' END, a.attname)
        WHEN 'uuid' THEN 'gen_random_uuid()'
        WHEN 'integer' THEN format('coalesce(%I, 0) + 1', a.attname)
        WHEN 'bigint' THEN format('coalesce(%I, 0) + %s', a.attname, 1 + floor(random() * 1000))
        WHEN 'numeric' THEN format('coalesce(%I, 0) + 0.00000001', a.attname)
        WHEN 'timestamp with time zone' THEN format('coalesce(%I, now()) + interval ''1 microsecond''', a.attname)
        WHEN 'text[]' THEN format('%I || ''x''::text', a.attname)
        WHEN 'bytea' THEN format('coalesce(sha256(%1$I), sha256(''''))', a.attname)
        WHEN 'jsonb' THEN format('%I || ''{"cost_usd": 17, "error_message": "other"}''', a.attname)
    END, row_ctid)
FROM pg_attribute a
WHERE a.attrelid = place AND a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT IN ('chain_id', 'chain_no')
  AND a.attname NOT IN ('purpose', 'outcome', 'cost_source', 'severity')
ORDER BY random() LIMIT 1
$$;

CREATE FUNCTION pg_temp.random_change(OUT kind text, OUT statement text, OUT expected text) LANGUAGE plpgsql AS $$
DECLARE
    r record;
    other bigint;
    kinds text[] := '{edit,edit,edit,delete,delete several,cut,swap,swap contents,backdate,other month,forge,text}';
BEGIN
    SELECT * INTO r FROM pg_temp.any_row();
    kind := kinds[1 + floor(random() * cardinality(kinds))];
    expected := r.chain || ':' || r.no;
    other := r.no;
    WHILE other = r.no AND r.last > 1 LOOP
        other := 1 + floor(random() * r.last);
    END LOOP;
    CASE kind
    WHEN 'edit' THEN
        statement := pg_temp.edit(r.place, r.row_ctid);
    WHEN 'delete' THEN
        statement := format('DELETE FROM %s WHERE ctid = %L', r.place, r.row_ctid);
    WHEN 'delete several' THEN
        expected := r.chain || ':' || least(r.no, other);
        statement := format('DELETE FROM %s WHERE chain_id = %s AND chain_no BETWEEN %s AND %s', r.place, r.chain,
                            least(r.no, other), greatest(r.no, other));
    WHEN 'cut' THEN
        statement := format('DELETE FROM %s WHERE chain_id = %s AND chain_no >= %s', r.place, r.chain, r.no);
    WHEN 'swap' THEN
        expected := r.chain || ':' || least(r.no, other);
        statement := format('UPDATE %1$s SET chain_no = -chain_no WHERE chain_id = %2$s AND chain_no IN (%3$s, %4$s);
                             UPDATE %1$s SET chain_no = %3$s + %4$s + chain_no WHERE chain_id = %2$s AND chain_no < 0',
                            r.place, r.chain, r.no, other);
    WHEN 'swap contents' THEN
        expected := r.chain || ':' || least(r.no, other);
        statement := format('UPDATE %1$s SET chain_no = -chain_no WHERE chain_id = %2$s AND chain_no IN (%3$s, %4$s);
                             UPDATE %1$s t SET chain_no = -o.chain_no, chain_hash = o.chain_hash FROM %1$s o
                             WHERE t.chain_id = %2$s AND o.chain_id = %2$s AND t.chain_no < 0 AND o.chain_no < 0
                               AND t.chain_no <> o.chain_no',
                            r.place, r.chain, r.no, other);
    WHEN 'backdate' THEN
        statement := format('UPDATE ONLY %s SET %I = date_trunc(''month'', %2$I) + (%2$I - date_trunc(''month'', %2$I)) * %s
                             WHERE ctid = %L', r.place,
                            CASE r.parent WHEN 'llm_calls'::regclass THEN 'started_at' ELSE 'timestamp' END,
                            random() * 0.999, r.row_ctid);
    WHEN 'other month' THEN
        statement := format('UPDATE %s SET %I = ''2025-02-03''::timestamptz + random() * interval ''300 days''
                             WHERE tableoid = %s AND ctid = %L', r.parent,
                            CASE r.parent WHEN 'llm_calls'::regclass THEN 'started_at' ELSE 'timestamp' END,
                            r.place::oid, r.row_ctid);
    WHEN 'forge' THEN
        -- A copy of a row behind the last one, or in the place of another.
        IF random() < 0.5 THEN
            expected := r.chain || ':' || r.last + 1;
            statement := format('INSERT INTO %1$s SELECT (jsonb_populate_record(t, jsonb_build_object(''chain_no'', %2$s))).*
                                 FROM %1$s t WHERE ctid = %3$L', r.place, r.last + 1, r.row_ctid);
        ELSE
            expected := r.chain || ':' || other;
            statement := format('DELETE FROM %1$s WHERE chain_id = %2$s AND chain_no = %3$s;
                                 INSERT INTO %1$s SELECT (jsonb_populate_record(t, jsonb_build_object(''chain_no'', %3$s))).*
                                 FROM %1$s t WHERE ctid = %4$L', r.place, r.chain, other, r.row_ctid);
        END IF;
    WHEN 'text' THEN
        -- A text goes without an erasure, or changes, or gets another salt.
        SELECT c.tableoid::regclass AS place, c.ctid AS row_ctid, c.chain_id || ':' || c.chain_no AS at INTO r
        FROM llm_calls c WHERE octet_length(c.chain_salt) = 16 ORDER BY random() LIMIT 1;
        expected := r.at;
        statement := format('UPDATE %s SET %s WHERE ctid = %L', r.place,
            (ARRAY['error_message = NULL', 'error_message = error_message || '' ''', 'chain_salt = NULL',
                   'chain_salt = uuid_send(gen_random_uuid())', 'error_message = NULL, chain_salt = NULL',
                   'error_message = NULL, chain_salt = sha256(chain_salt)'])[1 + floor(random() * 6)], r.row_ctid);
    END CASE;
END
$$;

-- The first bad row of each chain that is broken after a change, which is taken back.
CREATE FUNCTION pg_temp.try(c changes) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE c.statement;
    SELECT string_agg(DISTINCT chain_id || ':' || chain_no, ' ') INTO result
    FROM verify_audit_chain() WHERE problem IS NOT NULL;
    RAISE EXCEPTION USING ERRCODE = 'LWUND';
EXCEPTION
    WHEN SQLSTATE 'LWUND' THEN
        RETURN coalesce(result, 'nothing');
    WHEN integrity_constraint_violation THEN
        RETURN NULL;  -- the change cannot be made
END
$$;

BEGIN;
DO $$
DECLARE
    t regclass;
BEGIN
    FOR t IN SELECT p.relid FROM (VALUES ('llm_calls'::regclass), ('audit_logs')) AS v (r),
                 LATERAL pg_partition_tree(v.r) p LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', t);
    END LOOP;
END
$$;
DO $$
DECLARE
    c changes;
    made int := 0;
BEGIN
    WHILE made < current_setting('my.changes')::int LOOP
        SELECT kind, statement, expected INTO c.kind, c.statement, c.expected FROM pg_temp.random_change();
        c.found := pg_temp.try(c);
        CONTINUE WHEN c.found IS NULL;
        INSERT INTO changes SELECT c.*;
        made := made + 1;
    END LOOP;
END
$$;
SELECT kind || ': ' || count(*) FILTER (WHERE found = expected) || ' of ' || count(*) FROM changes GROUP BY kind ORDER BY kind;
SELECT 'all: ' || count(*) FILTER (WHERE found = expected) || ' of ' || count(*) FROM changes;
SELECT 'NOT FOUND: ' || c FROM changes c WHERE found IS DISTINCT FROM expected LIMIT 20;
ROLLBACK;
