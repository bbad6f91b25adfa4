-- What is told regularly: reports and changes of advice, as events of audit_logs.
--
-- Each function may be called as often as one likes and tells each thing once. Events that belong
-- to no request have an index of their own in request_id IS NULL: there are few, however large the
-- ledger is.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_write_event(
    action text,
    details jsonb,
    severity text DEFAULT 'info'
) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
AS $$
INSERT INTO @extschema@.audit_logs (event_id, "timestamp", action, severity, actor, details)
VALUES (gen_random_uuid(), now(), action, severity, session_user, details)
$$;
COMMENT ON FUNCTION @extschema@.llmw_write_event(text, jsonb, text) IS
    'Writes an event that belongs to no request. The partition of this month must be there.';
REVOKE ALL ON FUNCTION @extschema@.llmw_write_event(text, jsonb, text) FROM PUBLIC;

-- The partition of this month is there while a worker runs. Making it takes a lock for which workers
-- wait when they start, so it is not taken when it need not be: who applies a plan may think it over
-- before the commit.
CREATE FUNCTION @extschema@.llmw_need_event_partition() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regclass('@extschema@.audit_logs'
                   || to_char(now() AT TIME ZONE 'UTC', '"_y"YYYY"m"MM')) IS NULL THEN
        PERFORM @extschema@.ensure_workflow_partitions(0);
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_need_event_partition() IS
    'Makes the partition for events of now when there is none.';
REVOKE ALL ON FUNCTION @extschema@.llmw_need_event_partition() FROM PUBLIC;

-- Two that report at once would both find nothing told yet.
CREATE FUNCTION @extschema@.llmw_begin_report() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock('@extschema@.audit_logs'::regclass::oid::bigint);
    PERFORM @extschema@.ensure_workflow_partitions(0);
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_begin_report() IS
    'Lets one transaction at a time report, and sees to it that there is a partition for its '
    'events.';
REVOKE ALL ON FUNCTION @extschema@.llmw_begin_report() FROM PUBLIC;

-- ---- Budgets ------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.report_budgets() RETURNS SETOF jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
DECLARE
    report jsonb;
BEGIN
    PERFORM @extschema@.llmw_begin_report();
    FOR report IN
        WITH ended AS (
            UPDATE @extschema@.llm_budget_usage u
            SET reported_at = now()
            FROM @extschema@.llm_budgets b
            WHERE b.budget = u.budget
              AND b.period <> 'total'
              AND u.reported_at IS NULL
              AND u.period_start < date_trunc(b.period, now())
              AND u.reserved_usd = 0 AND u.reserved_tokens = 0
            RETURNING b.*, u.period_start, u.spent_usd, u.spent_tokens
        )
        SELECT jsonb_build_object(
            'budget', e.budget, 'scope', e.scope, 'tag_key', e.tag_key, 'subject', e.subject,
            'period', e.period, 'period_start', e.period_start, 'action', e.action,
            'spent_usd', trim_scale(e.spent_usd), 'limit_usd', trim_scale(e.limit_usd),
            'overshoot_usd', trim_scale(greatest(0, e.spent_usd - e.limit_usd)),
            'spent_tokens', e.spent_tokens, 'limit_tokens', e.limit_tokens,
            'overshoot_tokens', greatest(0, e.spent_tokens - e.limit_tokens),
            'used_percent', greatest(
                round(100 * e.spent_usd / nullif(e.limit_usd, 0), 1),
                round(100.0 * e.spent_tokens / nullif(e.limit_tokens, 0), 1)))
        FROM ended e
        ORDER BY e.period_start, e.budget
    LOOP
        PERFORM @extschema@.llmw_write_event('BUDGET_REPORT', report);
        RETURN NEXT report;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.report_budgets() IS
    'Writes the event BUDGET_REPORT for each period of a budget that has ended since the last time '
    'and in which something was spent; returns their details. A period with a call that has not '
    'ended waits for it.';
REVOKE ALL ON FUNCTION @extschema@.report_budgets() FROM PUBLIC;

-- ---- The day ------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.llmw_day_report(day date) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT jsonb_build_object('day', llmw_day_report.day)
    || coalesce((SELECT to_jsonb(s) - 'day'
                 FROM @extschema@.workflow_summary_daily s
                 WHERE s.day = llmw_day_report.day),
                '{"requests": 0, "calls": 0, "cost_usd": 0}')
    || jsonb_build_object(
        'errors', (SELECT coalesce(jsonb_object_agg(e.class, e.calls), '{}')
                   FROM (SELECT e.class, sum(e.error_calls) AS calls
                         FROM @extschema@.workflow_errors_daily e
                         WHERE e.day = llmw_day_report.day
                         GROUP BY e.class) AS e),
        'fallbacks', (SELECT coalesce(jsonb_object_agg(f.reason, f.fallback_requests), '{}')
                      FROM @extschema@.workflow_fallbacks_daily f
                      WHERE f.day = llmw_day_report.day AND f.fallback_requests > 0),
        'top_agents', (SELECT coalesce(jsonb_agg(to_jsonb(top)), '[]')
                       FROM (SELECT a.agent, a.requests, a.cost_usd
                             FROM @extschema@.workflow_agents_daily a
                             WHERE a.day = llmw_day_report.day
                             ORDER BY a.cost_usd DESC, a.requests DESC, a.agent
                             LIMIT 5) AS top))
$$;
COMMENT ON FUNCTION @extschema@.llmw_day_report(date) IS
    'The figures of a day: those of workflow_summary_daily, errors by class, fallbacks by reason, '
    'and the five agents that cost most.';
REVOKE ALL ON FUNCTION @extschema@.llmw_day_report(date) FROM PUBLIC;

CREATE FUNCTION @extschema@.report_workflows(
    day date DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC')::date - 1
) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $$
DECLARE
    report jsonb;
BEGIN
    IF day IS NULL OR NOT isfinite(day) OR day >= current_date THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'only a day that has ended can be reported',
            DETAIL = format('It is %s; days are days in UTC, and today is %s.',
                            coalesce(day::text, 'NULL'), current_date);
    END IF;
    PERFORM @extschema@.llmw_begin_report();
    SELECT e.details INTO report
    FROM @extschema@.audit_logs e
    WHERE e.request_id IS NULL
      AND e."timestamp" >= (report_workflows.day + 1)::timestamptz
      AND e.action = 'WORKFLOW_REPORT'
      AND e.details ->> 'day' = report_workflows.day::text
    LIMIT 1;
    IF report IS NULL THEN
        report := @extschema@.llmw_day_report(day);
        PERFORM @extschema@.llmw_write_event('WORKFLOW_REPORT', report);
    END IF;
    RETURN report;
END
$$;
COMMENT ON FUNCTION @extschema@.report_workflows(date) IS
    'Writes the event WORKFLOW_REPORT with the figures of a day in UTC that has ended, and returns '
    'them. Of a day that has been reported it returns what was told then.';
REVOKE ALL ON FUNCTION @extschema@.report_workflows(date) FROM PUBLIC;

-- ---- Rules --------------------------------------------------------------------------------------

-- A rule is a function like this one: it compares what holds now with what was told last, writes an
-- event for each change, and returns the changes. What is before the colon is the advice; behind it
-- may be a number that is another each time. That there is nothing to tell yet is not told.
CREATE FUNCTION @extschema@.llmw_rollout_advice_changes(
    OUT subject text,
    OUT former text,
    OUT advice text,
    OUT details jsonb
) RETURNS SETOF record
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    FOR subject, former, advice, details IN
        WITH told AS (
            SELECT DISTINCT ON (e.details ->> 'scope', e.details ->> 'agent')
                   e.details ->> 'scope' AS scope, e.details ->> 'agent' AS agent,
                   e.details ->> 'advice' AS advice
            FROM @extschema@.audit_logs e
            WHERE e.request_id IS NULL AND e.action = 'WORKFLOW_ROLLOUT_ADVICE'
            ORDER BY e.details ->> 'scope', e.details ->> 'agent', e."timestamp" DESC
        )
        SELECT concat_ws(' ', a.scope, a.agent), t.advice, a.advice,
               to_jsonb(a) || jsonb_build_object('former_advice', t.advice)
        FROM @extschema@.workflow_rollout_advice a
        LEFT JOIN told t ON t.scope = a.scope AND t.agent IS NOT DISTINCT FROM a.agent
        WHERE CASE WHEN t.advice IS NULL
                   THEN a.requests > 0 AND a.advice NOT LIKE 'too few requests to tell:%'
                   ELSE split_part(a.advice, ':', 1) <> split_part(t.advice, ':', 1)
              END
        ORDER BY a.scope, a.agent
    LOOP
        PERFORM @extschema@.llmw_write_event('WORKFLOW_ROLLOUT_ADVICE', details);
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_rollout_advice_changes() IS
    'Writes the event WORKFLOW_ROLLOUT_ADVICE for all requests, and for each agent, whose advice '
    'is another than was told last; returns the changes.';
REVOKE ALL ON FUNCTION @extschema@.llmw_rollout_advice_changes() FROM PUBLIC;

CREATE FUNCTION @extschema@.evaluate_workflow_rules()
    RETURNS TABLE (rule text, subject text, former text, advice text, details jsonb)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM @extschema@.llmw_begin_report();
    RETURN QUERY
    SELECT 'rollout_advice', c.* FROM @extschema@.llmw_rollout_advice_changes() c;
    -- Experiments before agents and routes, as adopt_experiment() locks them.
    RETURN QUERY
    SELECT 'experiments', c.* FROM @extschema@.llmw_guard_experiments() c;
    RETURN QUERY
    SELECT 'proposals', c.* FROM @extschema@.evaluate_proposals() c;
END
$$;
COMMENT ON FUNCTION @extschema@.evaluate_workflow_rules() IS
    'Runs each rule over the latest figures, writes an event for each advice that has changed, and '
    'returns the changes.';
REVOKE ALL ON FUNCTION @extschema@.evaluate_workflow_rules() FROM PUBLIC;
