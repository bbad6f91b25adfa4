-- Growth: partitions are made ahead, and what is older than the retention goes. Roll-ups stay.
--
-- What the ledger keeps is always everything from one moment on: months go oldest first, the three
-- tables' partitions of a month together, and the first month that must stay keeps those after it.
-- Whoever computes roll-ups anew need only know where the ledger begins.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_ledger_partitions(
    OUT parent regclass,
    OUT partition regclass,
    OUT begins timestamptz,
    OUT ends timestamptz
) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 30
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO, YMD'
AS $$
SELECT i.inhparent, i.inhrelid, bounds[1]::timestamptz, bounds[2]::timestamptz
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
CROSS JOIN LATERAL regexp_match(pg_get_expr(c.relpartbound, c.oid),
                                '^FOR VALUES FROM \(''([^'']+)''\) TO \(''([^'']+)''\)$') AS bounds
WHERE i.inhparent IN ('@extschema@.workflow_requests'::regclass, '@extschema@.llm_calls'::regclass,
                      '@extschema@.audit_logs'::regclass)
  AND NOT i.inhdetachpending
  AND bounds IS NOT NULL
$$;
COMMENT ON FUNCTION @extschema@.llmw_ledger_partitions() IS
    'The partitions of the ledger and the time that each holds. Those without a beginning or an '
    'end, which somebody made by hand, are not among them.';
REVOKE ALL ON FUNCTION @extschema@.llmw_ledger_partitions() FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_check_retention(retention interval) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    SET intervalstyle = 'postgres'
AS $$
BEGIN
    IF retention < interval '1 day' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'retention must be at least one day',
            DETAIL = format('It is %s.', retention),
            HINT = 'Months go as a whole: with ''1 day'' a month is gone from its end on.';
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_check_retention(interval) IS
    'Raises the error 22023 for a retention that is too short; NULL keeps everything.';
REVOKE ALL ON FUNCTION @extschema@.llmw_check_retention(interval) FROM PUBLIC;

-- A queued request is a job, and found as one: requests have no index for it.
CREATE FUNCTION @extschema@.llmw_month_in_use(begins timestamptz, ends timestamptz) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
(SELECT format('job %s has not ended', j.request_id)
 FROM @extschema@.workflow_jobs j
 WHERE j.submitted_at >= begins AND j.submitted_at < ends
 ORDER BY j.request_id
 LIMIT 1)
UNION ALL
(SELECT format('request %s has not ended', r.request_id)
 FROM @extschema@.workflow_requests r
 WHERE r.submitted_at >= begins AND r.submitted_at < ends AND r.status = 'running'
 ORDER BY r.submitted_at
 LIMIT 1)
UNION ALL
(SELECT format('call %s has not ended', i.call_id)
 FROM @extschema@.llm_call_intents i
 WHERE i.request_submitted_at >= begins AND i.request_submitted_at < ends
    OR i.started_at >= begins AND i.started_at < ends
 ORDER BY i.call_id
 LIMIT 1)
LIMIT 1
$$;
COMMENT ON FUNCTION @extschema@.llmw_month_in_use(timestamptz, timestamptz) IS
    'What has not ended and needs the partitions of a span of time, in words; NULL: nothing.';
REVOKE ALL ON FUNCTION @extschema@.llmw_month_in_use(timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_lock_holders(tables regclass[]) RETURNS text
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT coalesce('locked by process ' || string_agg(DISTINCT l.pid::text, ', '),
                'locked by another session')
FROM pg_locks l
WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
  AND l.relation = ANY (tables)
$$;
COMMENT ON FUNCTION @extschema@.llmw_lock_holders(regclass[]) IS
    'Which processes have a lock on one of the tables, in words.';
REVOKE ALL ON FUNCTION @extschema@.llmw_lock_holders(regclass[]) FROM PUBLIC;

-- The worker waits while this one waits for its locks: three of them take less than
-- deadlock_timeout, so that it is never the worker whose transaction is ended. A failed try leaves
-- no lock behind.
CREATE FUNCTION @extschema@.llmw_drop_month(
    partitions regclass[],
    begins timestamptz,
    ends timestamptz
) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '250ms'
AS $$
DECLARE
    in_use text := @extschema@.llmw_month_in_use(begins, ends);
    partition regclass;
BEGIN
    IF in_use IS NOT NULL THEN
        RETURN in_use;
    END IF;
    FOR try IN 1 .. 3 LOOP
        BEGIN
            LOCK TABLE ONLY @extschema@.workflow_requests, ONLY @extschema@.llm_calls,
                ONLY @extschema@.audit_logs IN ACCESS EXCLUSIVE MODE;
            in_use := @extschema@.llmw_month_in_use(begins, ends);
            IF in_use IS NOT NULL THEN
                RETURN in_use;
            END IF;
            FOREACH partition IN ARRAY partitions LOOP
                EXECUTE format('DROP TABLE %s', partition);
            END LOOP;
            RETURN NULL;
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                in_use := @extschema@.llmw_lock_holders(
                    partitions || ARRAY['@extschema@.workflow_requests'::regclass,
                                        '@extschema@.llm_calls', '@extschema@.audit_logs']);
            WHEN dependent_objects_still_exist OR object_in_use THEN
                RETURN SQLERRM;
        END;
    END LOOP;
    RETURN in_use;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_drop_month(regclass[], timestamptz, timestamptz) IS
    'Drops partitions of the ledger that hold one span of time; returns why it could not, else '
    'NULL.';
REVOKE ALL ON FUNCTION @extschema@.llmw_drop_month(regclass[], timestamptz, timestamptz)
    FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_drop_months(
    cutoff timestamptz,
    OUT action text,
    OUT object text,
    OUT rows_estimate bigint,
    OUT begins timestamptz,
    OUT ends timestamptz,
    OUT reason text
) RETURNS SETOF record
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    month record;
BEGIN
    FOR month IN
        SELECT min(p.begins) AS begins, p.ends,
               array_agg(p.partition ORDER BY c.relname) AS partitions,
               array_agg(c.relname ORDER BY c.relname) AS names,
               array_agg(nullif(c.reltuples, -1)::bigint ORDER BY c.relname) AS estimates
        FROM @extschema@.llmw_ledger_partitions() p
        JOIN pg_class c ON c.oid = p.partition
        WHERE p.ends <= cutoff
        GROUP BY p.ends
        ORDER BY p.ends
    LOOP
        IF action = 'kept' THEN
            reason := 'an older month is kept';
        ELSE
            reason := @extschema@.llmw_drop_month(month.partitions, month.begins, month.ends);
        END IF;
        action := CASE WHEN reason IS NULL THEN 'dropped' ELSE 'kept' END;
        begins := month.begins;
        ends := month.ends;
        FOR i IN 1 .. cardinality(month.names) LOOP
            object := month.names[i];
            rows_estimate := month.estimates[i];
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_drop_months(timestamptz) IS
    'Drops the partitions of the ledger that end by then, oldest first; tells of each whether it '
    'was dropped or kept, and why.';
REVOKE ALL ON FUNCTION @extschema@.llmw_drop_months(timestamptz) FROM PUBLIC;

-- Rows that somebody has locked are left for the next time.
CREATE FUNCTION @extschema@.llmw_delete_old(
    cutoff timestamptz,
    OUT object text,
    OUT deleted bigint
) RETURNS SETOF record
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
BEGIN
    object := 'workflow_idempotency_keys';
    DELETE FROM @extschema@.workflow_idempotency_keys
    WHERE ctid = ANY (ARRAY(
        SELECT k.ctid
        FROM @extschema@.workflow_idempotency_keys k
        WHERE k.created_at < cutoff
          AND NOT EXISTS (SELECT FROM @extschema@.workflow_jobs j
                          WHERE j.request_id = k.request_id)
        FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN NEXT;

    -- Of a budget that is gone the period is not known: no period is longer than a month.
    object := 'llm_budget_usage';
    DELETE FROM @extschema@.llm_budget_usage
    WHERE ctid = ANY (ARRAY(
        SELECT u.ctid
        FROM @extschema@.llm_budget_usage u
        LEFT JOIN @extschema@.llm_budgets b ON b.budget = u.budget
        WHERE u.period_start <> timestamptz '2000-01-01 00:00:00+00'
          AND u.period_start + CASE b.period WHEN 'hour' THEN interval '1 hour'
                                             WHEN 'day' THEN interval '1 day'
                                             WHEN 'week' THEN interval '7 days'
                                             ELSE interval '1 month' END <= cutoff
          AND u.reserved_usd = 0 AND u.reserved_tokens = 0
        FOR UPDATE OF u SKIP LOCKED));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN NEXT;

    -- The worker does the same, while one runs.
    object := 'workflow_cancellations';
    DELETE FROM @extschema@.workflow_cancellations
    WHERE request_id = ANY (ARRAY(
        SELECT c.request_id
        FROM @extschema@.workflow_cancellations c
        WHERE NOT EXISTS (SELECT FROM @extschema@.workflow_jobs j
                          WHERE j.request_id = c.request_id)
        FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_delete_old(timestamptz) IS
    'Deletes idempotency keys and the usage of budgets that are older, and cancellations of jobs '
    'that have ended; returns how many of each.';
REVOKE ALL ON FUNCTION @extschema@.llmw_delete_old(timestamptz) FROM PUBLIC;

-- What takes long comes first, what others wait for last: locks are held to the end of the
-- transaction.
CREATE FUNCTION @extschema@.llm_workflow_maintain(
    retention interval DEFAULT NULL,
    months_ahead int DEFAULT 2
) RETURNS TABLE (action text, object text, detail text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO, YMD'
    SET intervalstyle = 'postgres'
AS $$
DECLARE
    cutoff timestamptz := now() - retention;
    done bigint;
    one record;
    deleted jsonb := '{}';
    dropped jsonb := '[]';
BEGIN
    PERFORM @extschema@.llmw_check_retention(retention);

    done := @extschema@.llmw_fold_stats();
    IF done > 0 THEN
        RETURN QUERY SELECT 'folded', 'workflow_stats_deltas', format('%s rows', done);
    END IF;
    -- What is deleted below has been reported.
    PERFORM @extschema@.report_budgets();
    FOR one IN SELECT d.* FROM @extschema@.llmw_delete_old(cutoff) d WHERE d.deleted > 0 LOOP
        deleted := deleted || jsonb_build_object(one.object, one.deleted);
        RETURN QUERY SELECT 'deleted', one.object::text, format('%s rows', one.deleted);
    END LOOP;
    done := @extschema@.ensure_workflow_partitions(months_ahead);
    IF done > 0 THEN
        RETURN QUERY SELECT 'made', 'partitions', format('%s, %s months ahead', done, months_ahead);
    END IF;

    FOR one IN SELECT d.* FROM @extschema@.llmw_drop_months(cutoff) d LOOP
        IF one.action = 'dropped' THEN
            dropped := dropped || jsonb_build_object(
                'partition', one.object, 'rows', one.rows_estimate, 'from', one.begins,
                'to', one.ends);
        END IF;
        RETURN QUERY SELECT one.action::text, one.object::text,
            coalesce(one.reason, format('%s rows from %s to %s',
                                        coalesce('about ' || one.rows_estimate, 'uncounted'),
                                        one.begins, one.ends));
    END LOOP;
    IF dropped <> '[]' THEN
        PERFORM @extschema@.llmw_retire_chains(
            ARRAY(SELECT d ->> 'partition' FROM jsonb_array_elements(dropped) d));
    END IF;
    IF dropped <> '[]' OR deleted <> '{}' THEN
        PERFORM @extschema@.llmw_write_event('LEDGER_MAINTAINED', jsonb_build_object(
            'retention', retention, 'dropped', dropped, 'deleted', deleted));
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llm_workflow_maintain(interval, int) IS
    'Makes partitions ahead, folds the roll-ups, and lets go what is older than the retention: '
    'whole months of the ledger, idempotency keys, usage of past budget periods. NULL keeps '
    'everything. Roll-ups stay. Returns what was done, and what was kept and why; no row: there '
    'was nothing to do. For the owner of the tables, in a transaction of its own.';
REVOKE ALL ON FUNCTION @extschema@.llm_workflow_maintain(interval, int) FROM PUBLIC;
