-- Erasing: what a request says goes, what it cost stays.
--
-- Texts are erased where they stand, row by row, and only of requests that have ended: what is
-- under way is in the memory of a worker, which would write it again. On llm_calls and audit_logs
-- the triggers of 20_ledger.sql let pass what llmw_erase_requests() does, and nothing else.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_findings_without_texts(warnings jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT coalesce(jsonb_agg(f.finding || '{"path": "", "message": "", "hint": ""}' ORDER BY f.place),
                '[]')
FROM jsonb_array_elements(warnings) WITH ORDINALITY AS f (finding, place)
$$;
COMMENT ON FUNCTION @extschema@.llmw_findings_without_texts(jsonb) IS
    'The findings in workflow_requests.warnings with nothing but their codes and severities.';
REVOKE ALL ON FUNCTION @extschema@.llmw_findings_without_texts(jsonb) FROM PUBLIC;

-- A key of an erased request is set free: the result that it stood for cannot be given again.
--
-- Joined with unnest() and planned for each call: a list may have one id, or all of a month.
CREATE FUNCTION @extschema@.llmw_erase_requests(
    request_ids uuid[],
    since timestamptz,
    keep_tags boolean
) RETURNS uuid[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    erased uuid[];
BEGIN
    WITH changed AS (
        UPDATE @extschema@.workflow_requests r
        SET prompt = NULL,
            prompt_sha256 = '',
            services = '{}',
            tags = CASE WHEN keep_tags THEN r.tags ELSE '{}' END,
            document = NULL,
            explanation = NULL,
            warnings = @extschema@.llmw_findings_without_texts(r.warnings),
            error_message = NULL,
            fingerprint = NULL,
            erased_at = now()
        FROM unnest(request_ids) AS asked (id)
        WHERE r.request_id = asked.id AND r.submitted_at >= since
          AND r.status NOT IN ('queued', 'running')
        RETURNING r.request_id
    )
    SELECT array_agg(c.request_id) INTO erased FROM changed c;
    UPDATE @extschema@.llm_calls c
    SET error_message = NULL
    FROM unnest(erased) AS gone (id)
    WHERE c.request_id = gone.id AND c.started_at >= since AND c.error_message IS NOT NULL;
    UPDATE @extschema@.audit_logs e
    SET details = @extschema@.llmw_event_figures(e.details)
    FROM unnest(erased) AS gone (id)
    WHERE e.request_id = gone.id AND e."timestamp" >= since
      AND e.details <> @extschema@.llmw_event_figures(e.details);
    UPDATE @extschema@.llm_issues i
    SET description = '(erased)'
    FROM unnest(erased) AS gone (id)
    WHERE i.request_id = gone.id;
    DELETE FROM @extschema@.workflow_idempotency_keys k
    USING unnest(erased) AS gone (id)
    WHERE k.request_id = gone.id;
    RETURN coalesce(erased, '{}');
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_erase_requests(uuid[], timestamptz, boolean) IS
    'Erases the texts of those of the requests that have ended, with those of their calls, events '
    'and issues; returns which. since: none of them was submitted before.';
REVOKE ALL ON FUNCTION @extschema@.llmw_erase_requests(uuid[], timestamptz, boolean) FROM PUBLIC;

-- What was regenerated from a request has its prompt, what was answered from it its document.
CREATE FUNCTION @extschema@.llmw_copies_of_request(request_id uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 2
    SET search_path = pg_catalog, pg_temp
AS $$
WITH RECURSIVE copies (request_id) AS (
    SELECT $1
    UNION
    SELECT child.request_id
    FROM copies c
    CROSS JOIN LATERAL (
        SELECT r.request_id
        FROM @extschema@.workflow_requests r
        WHERE r.parent_request_id = c.request_id
        UNION ALL
        SELECT r.request_id
        FROM @extschema@.workflow_requests r
        WHERE r.cached_from = c.request_id
    ) AS child
)
SELECT c.request_id FROM copies c
$$;
COMMENT ON FUNCTION @extschema@.llmw_copies_of_request(uuid) IS
    'A request, those that regenerate it or were answered from it, and so on.';
REVOKE ALL ON FUNCTION @extschema@.llmw_copies_of_request(uuid) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_lock_ended_requests(request_ids uuid[], OUT since timestamptz)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unfinished uuid;
BEGIN
    SELECT min(r.submitted_at),
           min(r.request_id::text) FILTER (WHERE r.status IN ('queued', 'running'))
    INTO since, unfinished
    FROM (SELECT l.request_id, l.submitted_at, l.status
          FROM @extschema@.workflow_requests l
          WHERE l.request_id = ANY (request_ids)
          ORDER BY l.request_id
          FOR UPDATE) AS r;
    -- A job has no request before it is first taken.
    SELECT coalesce(unfinished, min(j.request_id::text)::uuid) INTO unfinished
    FROM @extschema@.workflow_jobs j
    WHERE j.request_id = ANY (request_ids);
    IF unfinished IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('request %s has not ended', unfinished),
            DETAIL = 'A worker has its texts, and would write what it makes of them.',
            HINT = 'Wait for its end, or cancel a job: cancel_workflow().';
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_lock_ended_requests(uuid[]) IS
    'Locks requests to be erased and returns when the first was submitted, NULL: there is none; '
    'raises 55000 when one has not ended.';
REVOKE ALL ON FUNCTION @extschema@.llmw_lock_ended_requests(uuid[]) FROM PUBLIC;

CREATE FUNCTION @extschema@.erase_request(request_id uuid, keep_tags boolean DEFAULT false)
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    copies uuid[];
    erased uuid[];
    since timestamptz;
BEGIN
    IF request_id IS NULL OR keep_tags IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = format('%s must not be NULL', CASE WHEN request_id IS NULL
                                                         THEN 'request_id' ELSE 'keep_tags' END);
    END IF;
    copies := ARRAY(SELECT @extschema@.llmw_copies_of_request(request_id));
    since := @extschema@.llmw_lock_ended_requests(copies);
    IF since IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = format('request %s does not exist', request_id),
            HINT = 'Requests go when their month is detached from workflow_requests.';
    END IF;
    erased := @extschema@.llmw_erase_requests(copies, since, keep_tags);
    PERFORM @extschema@.llmw_need_event_partition();
    INSERT INTO @extschema@.audit_logs (event_id, "timestamp", action, severity, actor, request_id,
                                        details)
    SELECT gen_random_uuid(), now(), 'REQUEST_ERASED', 'info', session_user, e.id,
           jsonb_build_object('asked_for', request_id, 'tags_kept', keep_tags)
    FROM unnest(erased) AS e (id);
    RETURN cardinality(erased);
END
$$;
COMMENT ON FUNCTION @extschema@.erase_request(uuid, boolean) IS
    'Erases what a request says: prompt and its digest, services, tags (unless keep_tags), '
    'document, explanation, texts of findings, errors and issues, also those of calls and events; '
    'and the same of the requests that regenerate it or were answered from it. Tokens, costs, times, '
    'models and codes stay. Returns how many requests were erased, each with the event '
    'REQUEST_ERASED. An error for requests that have not ended. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.erase_request(uuid, boolean) FROM PUBLIC;

-- Requests that somebody has locked are left for the next time.
CREATE FUNCTION @extschema@.erase_requests_before(
    before timestamptz,
    most int DEFAULT NULL,
    keep_tags boolean DEFAULT false
) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    due uuid[];
    since timestamptz;
    erased bigint;
BEGIN
    IF before IS NULL OR before > now() OR most < 1 OR keep_tags IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'before must lie in the past, most must be positive, and keep_tags given',
            HINT = 'To erase what is older than 90 days: now() - interval ''90 days''.';
    END IF;
    SELECT array_agg(d.request_id), min(d.submitted_at) INTO due, since
    FROM (SELECT r.request_id, r.submitted_at
          FROM @extschema@.workflow_requests r
          WHERE r.submitted_at < before AND r.erased_at IS NULL
            AND r.status NOT IN ('queued', 'running')
          ORDER BY r.submitted_at
          LIMIT most
          FOR UPDATE SKIP LOCKED) AS d;
    erased := cardinality(@extschema@.llmw_erase_requests(due, since, keep_tags));
    IF erased > 0 THEN
        PERFORM @extschema@.llmw_write_plan_event('REQUESTS_ERASED', jsonb_build_object(
            'before', before, 'requests', erased, 'tags_kept', keep_tags));
    END IF;
    RETURN erased;
END
$$;
COMMENT ON FUNCTION @extschema@.erase_requests_before(timestamptz, int, boolean) IS
    'Erases what requests say that were submitted before a time and have ended, as erase_request() '
    'does, the oldest first and at most so many; returns how many. 0: none is left. Writes the '
    'event REQUESTS_ERASED. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.erase_requests_before(timestamptz, int, boolean) FROM PUBLIC;
