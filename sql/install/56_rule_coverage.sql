-- How much of what goes wrong in a category do its rules speak of?
--
-- An issue is covered while the rule that it names is active. Stable means at no time lately worse:
-- the coverage of each 20 successive issues that end with one of the last 20, and the lowest of
-- these counts. So one good week makes no stable coverage, and one that was bad long ago spoils none.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE VIEW @extschema@.rule_coverage AS
WITH issues AS MATERIALIZED (
    SELECT i.category,
           coalesce(r.active, false)::int AS covered,
           row_number() OVER (PARTITION BY i.category ORDER BY i.recorded_at DESC, i.issue_id DESC)
               AS age,
           sum(coalesce(r.active, false)::int) OVER last_20 AS covered_of_20,
           count(*) OVER last_20 AS of_20
    FROM @extschema@.llm_issues i
    LEFT JOIN @extschema@.llm_rules r ON r.rule = i.rule
    WINDOW last_20 AS (PARTITION BY i.category ORDER BY i.recorded_at, i.issue_id
                       ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
), counted AS MATERIALIZED (
    SELECT category,
           count(*) AS issues,
           sum(covered) AS matched_issues,
           count(*) FILTER (WHERE age <= 20) AS recent_issues,
           sum(covered) FILTER (WHERE age <= 20) AS recent_matched_issues,
           min(covered_of_20) FILTER (WHERE age <= 20 AND of_20 = 20) AS lowest_of_20
    FROM issues
    GROUP BY category
), rules AS MATERIALIZED (
    SELECT category, count(*) FILTER (WHERE active) AS active_rules
    FROM @extschema@.llm_rules
    GROUP BY category
)
SELECT known.category,
       coalesce(known.active_rules, 0) AS active_rules,
       coalesce(known.issues, 0) AS issues,
       coalesce(known.matched_issues, 0) AS matched_issues,
       round(100.0 * known.matched_issues / known.issues, 2) AS coverage,
       coalesce(known.recent_issues, 0) AS recent_issues,
       round(100.0 * known.recent_matched_issues / known.recent_issues, 2) AS recent_coverage,
       round(100.0 * known.lowest_of_20 / 20, 2) AS stable_coverage,
       runs.runs,
       runs.runs_with_rules,
       round(100.0 * runs.failed_with_rules / nullif(runs.runs_with_rules, 0), 2)
           AS failure_rate_with_rules,
       round(100.0 * runs.failed_without_rules / nullif(runs.runs - runs.runs_with_rules, 0), 2)
           AS failure_rate_without_rules
FROM (counted FULL JOIN rules USING (category)) AS known
CROSS JOIN LATERAL (
    SELECT count(*) AS runs,
           count(*) FILTER (WHERE run.has_rules) AS runs_with_rules,
           count(*) FILTER (WHERE run.failed AND run.has_rules) AS failed_with_rules,
           count(*) FILTER (WHERE run.failed AND NOT run.has_rules) AS failed_without_rules
    FROM (
        SELECT r.rules IS NOT NULL AS has_rules,
               r.status = 'failed' OR r.fallback_reason IS NOT NULL AS failed
        FROM @extschema@.workflow_requests r
        WHERE r.category = known.category
          AND r.status IN ('succeeded', 'failed')
          AND r.cached_from IS NULL
    ) AS run
) AS runs;

COMMENT ON VIEW @extschema@.rule_coverage IS
    'How much of what goes wrong in a category do its active rules speak of, and is that stable? '
    'One row for each category that has a rule or an issue.';
COMMENT ON COLUMN @extschema@.rule_coverage.category IS 'workflow_requests.category.';
COMMENT ON COLUMN @extschema@.rule_coverage.active_rules IS 'Rules that its requests are told.';
COMMENT ON COLUMN @extschema@.rule_coverage.issues IS 'Rows of llm_issues.';
COMMENT ON COLUMN @extschema@.rule_coverage.matched_issues IS 'Of these, those whose rule is active.';
COMMENT ON COLUMN @extschema@.rule_coverage.coverage IS
    'matched_issues in percent of issues; NULL without an issue.';
COMMENT ON COLUMN @extschema@.rule_coverage.recent_issues IS 'The last issues, 20 at most.';
COMMENT ON COLUMN @extschema@.rule_coverage.recent_coverage IS
    'Those whose rule is active, in percent of recent_issues.';
COMMENT ON COLUMN @extschema@.rule_coverage.stable_coverage IS
    'The lowest coverage, in percent, of 20 successive issues that end with one of the last 20; '
    'NULL with fewer than 20 issues.';
COMMENT ON COLUMN @extschema@.rule_coverage.runs IS
    'Requests of the category that succeeded or failed; those answered from the ledger count not.';
COMMENT ON COLUMN @extschema@.rule_coverage.runs_with_rules IS
    'Of these, those whose model was told rules.';
COMMENT ON COLUMN @extschema@.rule_coverage.failure_rate_with_rules IS
    'Runs with rules that failed or for which the primary model was left, in percent; NULL without '
    'one.';
COMMENT ON COLUMN @extschema@.rule_coverage.failure_rate_without_rules IS
    'The same of the runs without rules.';
