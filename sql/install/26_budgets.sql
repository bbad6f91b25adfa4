-- Budgets: what may be spent in a period. The rules are for administrators to write; what was used
-- is written by the worker alone, in the transactions that write the ledger. No foreign key stands
-- between the two: a budget may be deleted while calls are reserved in it, and the worker never
-- waits for somebody who is changing a rule.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE TABLE @extschema@.llm_budgets (
    budget text NOT NULL PRIMARY KEY,
    scope text NOT NULL,
    tag_key text,
    subject text,
    period text NOT NULL,
    limit_usd numeric,
    limit_tokens bigint,
    action text NOT NULL DEFAULT 'block',
    enabled boolean NOT NULL DEFAULT true,
    CONSTRAINT budget_is_a_printable_name CHECK (budget <> '' AND budget !~ '[[:cntrl:]]'),
    CONSTRAINT scope_is_database_role_agent_model_server_or_tag
        CHECK (scope IN ('database', 'role', 'agent', 'model', 'server', 'tag')),
    CONSTRAINT scope_database_has_no_subject_and_every_other_needs_one
        CHECK ((scope = 'database') = (subject IS NULL)),
    CONSTRAINT scope_tag_and_no_other_needs_tag_key CHECK ((scope = 'tag') = (tag_key IS NOT NULL)),
    CONSTRAINT period_is_hour_day_week_month_or_total
        CHECK (period IN ('hour', 'day', 'week', 'month', 'total')),
    CONSTRAINT budget_has_limit_usd_or_limit_tokens
        CHECK (limit_usd IS NOT NULL OR limit_tokens IS NOT NULL),
    CONSTRAINT limit_usd_is_from_0_to_below_a_trillion_with_14_decimals
        CHECK (limit_usd >= 0 AND limit_usd < 1e12 AND scale(trim_scale(limit_usd)) <= 14),
    CONSTRAINT limit_tokens_is_not_negative CHECK (limit_tokens >= 0),
    CONSTRAINT action_is_block_warn_fallback_only_or_primary_only
        CHECK (action IN ('block', 'warn', 'fallback_only', 'primary_only'))
);

COMMENT ON TABLE @extschema@.llm_budgets IS
    'What may be spent, by whom or on what, in a period. A call must fit all budgets that count it: '
    'spent + reserved + its worst case <= limit.';
COMMENT ON COLUMN @extschema@.llm_budgets.budget IS 'Its name, in errors and in llm_budget_status.';
COMMENT ON COLUMN @extschema@.llm_budgets.scope IS
    'What it counts: the calls of the whole database, or of one role, agent, model, server or tag.';
COMMENT ON COLUMN @extschema@.llm_budgets.tag_key IS
    'Scope tag: the key of tags whose value must be subject.';
COMMENT ON COLUMN @extschema@.llm_budgets.subject IS
    'Which role, agent, model, server or value of the tag; NULL for scope database.';
COMMENT ON COLUMN @extschema@.llm_budgets.period IS
    'hour, day, week (from Monday), month or total (never begins anew), all in UTC.';
COMMENT ON COLUMN @extschema@.llm_budgets.limit_usd IS 'USD in a period; NULL: no such limit.';
COMMENT ON COLUMN @extschema@.llm_budgets.limit_tokens IS
    'Input and output tokens in a period; NULL: no such limit.';
COMMENT ON COLUMN @extschema@.llm_budgets.action IS
    'What happens to a call that could exceed the limit. block: it is not made. warn: it is made, '
    'and an event says so. fallback_only: it is made unless it goes to the primary model. '
    'primary_only: it is made if it goes to the primary model.';
COMMENT ON COLUMN @extschema@.llm_budgets.enabled IS
    'False: calls are neither held to it nor counted.';

CREATE TABLE @extschema@.llm_budget_usage (
    budget text NOT NULL,
    period_start timestamptz NOT NULL,
    spent_usd numeric NOT NULL DEFAULT 0,
    reserved_usd numeric NOT NULL DEFAULT 0,
    spent_tokens bigint NOT NULL DEFAULT 0,
    reserved_tokens bigint NOT NULL DEFAULT 0,
    reported_at timestamptz,
    PRIMARY KEY (budget, period_start),
    CONSTRAINT spent_is_an_amount
        CHECK (spent_usd >= 0 AND spent_usd < 1e18 AND scale(trim_scale(spent_usd)) <= 14
               AND spent_tokens >= 0),
    CONSTRAINT reserved_is_an_amount
        CHECK (reserved_usd >= 0 AND reserved_usd < 1e18 AND scale(trim_scale(reserved_usd)) <= 14
               AND reserved_tokens >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

COMMENT ON TABLE @extschema@.llm_budget_usage IS
    'What was used of a budget in each period. Only the worker writes it. Rows of past periods may '
    'be deleted; llm_workflow_maintain() does.';
COMMENT ON COLUMN @extschema@.llm_budget_usage.budget IS 'llm_budgets.budget.';
COMMENT ON COLUMN @extschema@.llm_budget_usage.period_start IS
    'When the period began; 2000-01-01 00:00:00 UTC for the period total.';
COMMENT ON COLUMN @extschema@.llm_budget_usage.spent_usd IS
    'What calls cost that have ended: the sum of their llm_calls.cost_usd.';
COMMENT ON COLUMN @extschema@.llm_budget_usage.reserved_usd IS
    'The worst case of calls that are being made: the sum of their '
    'llm_call_intents.worst_case_cost_usd.';
COMMENT ON COLUMN @extschema@.llm_budget_usage.spent_tokens IS
    'Input and output tokens of calls that have ended.';
COMMENT ON COLUMN @extschema@.llm_budget_usage.reserved_tokens IS
    'Input and output tokens that calls which are being made may take.';
COMMENT ON COLUMN @extschema@.llm_budget_usage.reported_at IS
    'When report_budgets() told of the period; NULL: not yet.';

SELECT pg_catalog.pg_extension_config_dump('@extschema@.llm_budgets', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.llm_budget_usage', '');

-- What a budget counts is what its usage means, so it is fixed.
CREATE FUNCTION @extschema@.llmw_keep_budget() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF ROW(NEW.budget, NEW.scope, NEW.tag_key, NEW.subject, NEW.period)
       IS DISTINCT FROM ROW(OLD.budget, OLD.scope, OLD.tag_key, OLD.subject, OLD.period) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('budget "%s" cannot count something else', OLD.budget),
            DETAIL = 'Its name, scope, tag_key, subject and period are what its usage stands for.',
            HINT = 'Insert another budget and delete this one, or set enabled to false. Limits and '
                   'action can be changed.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_keep_budget() IS
    'Trigger of llm_budgets: what a budget counts stays as it is.';
REVOKE ALL ON FUNCTION @extschema@.llmw_keep_budget() FROM PUBLIC;

CREATE TRIGGER keep BEFORE UPDATE ON @extschema@.llm_budgets
    FOR EACH ROW EXECUTE FUNCTION @extschema@.llmw_keep_budget();
ALTER TABLE @extschema@.llm_budgets ENABLE ALWAYS TRIGGER keep;
CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE ON @extschema@.llm_budgets
    FOR EACH ROW EXECUTE FUNCTION @extschema@.llmw_catalogue_changed();
ALTER TABLE @extschema@.llm_budgets ENABLE ALWAYS TRIGGER catalogue_changed;
CREATE TRIGGER catalogue_emptied AFTER TRUNCATE ON @extschema@.llm_budgets
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.llmw_catalogue_changed();
ALTER TABLE @extschema@.llm_budgets ENABLE ALWAYS TRIGGER catalogue_emptied;

CREATE VIEW @extschema@.llm_budget_status AS
WITH periods AS (
    SELECT b.*,
           CASE WHEN b.period <> 'total' THEN date_trunc(b.period, now() AT TIME ZONE 'UTC') END
               AS begins,
           CASE b.period
               WHEN 'hour' THEN interval '1 hour'
               WHEN 'day' THEN interval '1 day'
               WHEN 'week' THEN interval '7 days'
               WHEN 'month' THEN interval '1 month'
           END AS lasts
    FROM @extschema@.llm_budgets b
), used AS (
    SELECT p.*,
           COALESCE(u.spent_usd, 0) AS spent_usd,
           COALESCE(u.reserved_usd, 0) AS reserved_usd,
           COALESCE(u.spent_tokens, 0) AS spent_tokens,
           COALESCE(u.reserved_tokens, 0) AS reserved_tokens
    FROM periods p
    LEFT JOIN @extschema@.llm_budget_usage u
        ON u.budget = p.budget
        AND u.period_start
            = COALESCE(p.begins AT TIME ZONE 'UTC', timestamptz '2000-01-01 00:00:00+00')
), shares AS (
    SELECT u.*,
           GREATEST(
               CASE WHEN u.limit_usd = 0 THEN 1
                    ELSE (u.spent_usd + u.reserved_usd) / u.limit_usd END,
               CASE WHEN u.limit_tokens = 0 THEN 1
                    ELSE (u.spent_tokens + u.reserved_tokens)::numeric / u.limit_tokens END) AS used
    FROM used u
)
SELECT s.budget, s.scope, s.tag_key, s.subject, s.period,
       s.limit_usd, s.spent_usd, s.reserved_usd,
       trim_scale(GREATEST(0, s.limit_usd - s.spent_usd - s.reserved_usd)) AS remaining_usd,
       s.limit_tokens, s.spent_tokens, s.reserved_tokens,
       GREATEST(0, s.limit_tokens - s.spent_tokens - s.reserved_tokens) AS remaining_tokens,
       round(100 * s.used, 1) AS used_percent,
       s.action,
       CASE WHEN NOT s.enabled THEN 'disabled'
            WHEN s.used >= 1 THEN 'exhausted'
            WHEN s.used >= 0.8 THEN 'warning'
            ELSE 'ok' END AS state,
       (s.begins + s.lasts) AT TIME ZONE 'UTC' AS resets_at
FROM shares s;

COMMENT ON VIEW @extschema@.llm_budget_status IS
    'What is left of each budget in its current period?';
COMMENT ON COLUMN @extschema@.llm_budget_status.remaining_usd IS
    'USD that the worst case of a call may still have; NULL: no limit in USD.';
COMMENT ON COLUMN @extschema@.llm_budget_status.remaining_tokens IS
    'Tokens that a call may still have; NULL: no limit in tokens.';
COMMENT ON COLUMN @extschema@.llm_budget_status.used_percent IS
    'Spent and reserved, in percent of the limit; of both limits the higher one.';
COMMENT ON COLUMN @extschema@.llm_budget_status.state IS
    'ok, warning (from 80 percent on), exhausted (from 100 percent on) or disabled.';
COMMENT ON COLUMN @extschema@.llm_budget_status.resets_at IS
    'When the next period begins; NULL: never.';
