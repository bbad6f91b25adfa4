-- Roll-ups by hour and by day, and the fold that moves workflow_stats_deltas into them.
--
-- Each has five facets, so that a question about agents does not read rows of models: a row counts
-- by the columns of its facet, and '' stands in the others. The row of facet 'total' counts
-- everything; rows of 'model' (model, format) add up to it, and so do those of 'agent' (agent) and
-- 'role' (role_name). 'reason' (fallback_reason) counts requests only: calls have none.
--
-- The measures stand in workflow_stats_deltas and nowhere else; statements are made from there.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE TABLE @extschema@.workflow_stats_hours (
    facet text NOT NULL,
    LIKE @extschema@.workflow_stats_deltas INCLUDING DEFAULTS INCLUDING COMMENTS,
    PRIMARY KEY (facet, hour, model, format, agent, role_name, fallback_reason),
    CONSTRAINT workflow_stats_hours_facet_check
        CHECK (facet IN ('total', 'model', 'agent', 'role', 'reason'))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE @extschema@.workflow_stats_days (LIKE @extschema@.workflow_stats_hours INCLUDING ALL)
    WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE @extschema@.workflow_stats_days
    ALTER COLUMN hour TYPE date USING (hour AT TIME ZONE 'UTC')::date;
ALTER TABLE @extschema@.workflow_stats_days RENAME COLUMN hour TO day;

COMMENT ON TABLE @extschema@.workflow_stats_hours IS
    'Sums by hour of what was folded; read workflow_stats_hourly, which adds what was not.';
COMMENT ON COLUMN @extschema@.workflow_stats_hours.facet IS
    'By what the row counts: total, model (model and format), agent, role (role_name), reason '
    '(fallback_reason; requests only). Each of the first four counts everything.';
COMMENT ON TABLE @extschema@.workflow_stats_days IS
    'Sums by day of what was folded; read workflow_stats_daily, which adds what was not.';
COMMENT ON COLUMN @extschema@.workflow_stats_days.facet IS
    'By what the row counts: total, model (model and format), agent, role (role_name), reason '
    '(fallback_reason; requests only). Each of the first four counts everything.';
COMMENT ON COLUMN @extschema@.workflow_stats_days.day IS 'Day in UTC.';

SELECT pg_extension_config_dump('@extschema@.workflow_stats_hours', '');
SELECT pg_extension_config_dump('@extschema@.workflow_stats_days', '');

CREATE VIEW @extschema@.llmw_stats_measures AS
SELECT m.place, m.measure, m.of_requests,
       format('%L::%s', CASE m.kind WHEN 'histogram' THEN '{}' ELSE '0' END, m.type) AS nothing,
       CASE m.kind WHEN 'histogram' THEN '[]' ELSE '0' END::jsonb AS nothing_as_json,
       CASE m.kind
           WHEN 'histogram' THEN format('@extschema@.latency_histogram_merge(%I)', m.measure)
           WHEN 'greatest' THEN format('max(%I)', m.measure)
           WHEN 'money' THEN format('trim_scale(sum(%I))', m.measure)
           ELSE format('sum(%I)::bigint', m.measure)
       END AS total,
       CASE m.kind
           WHEN 'histogram'
               THEN format('%1$I = @extschema@.llmw_merge_histograms(s.%1$I, excluded.%1$I)',
                           m.measure)
           WHEN 'greatest' THEN format('%1$I = greatest(s.%1$I, excluded.%1$I)', m.measure)
           ELSE format('%1$I = s.%1$I + excluded.%1$I', m.measure)
       END AS increase
FROM (SELECT a.attnum AS place, a.attname AS measure, format_type(a.atttypid, NULL) AS type,
             bool_or(a.attname = 'requests') OVER (ORDER BY a.attnum) AS of_requests,
             CASE WHEN a.atttypid = 'bigint[]'::regtype THEN 'histogram'
                  WHEN a.atttypid = 'numeric'::regtype THEN 'money'
                  WHEN a.attname LIKE 'largest\_%' THEN 'greatest'
                  ELSE 'sum'
             END AS kind
      FROM pg_attribute a
      WHERE a.attrelid = '@extschema@.workflow_stats_deltas'::regclass
        AND a.atttypid = ANY ('{bigint,numeric,bigint[]}'::regtype[])
        AND a.attnum > 0
        AND NOT a.attisdropped) AS m;

COMMENT ON VIEW @extschema@.llmw_stats_measures IS
    'Which measures do roll-ups have, and how are they added up?';
COMMENT ON COLUMN @extschema@.llmw_stats_measures.of_requests IS
    'Whether it measures requests, not calls: facet reason has it.';
COMMENT ON COLUMN @extschema@.llmw_stats_measures.nothing IS 'SQL of the value without any fact.';
COMMENT ON COLUMN @extschema@.llmw_stats_measures.total IS 'SQL of its total over several rows.';
COMMENT ON COLUMN @extschema@.llmw_stats_measures.increase IS
    'SQL that adds a row that was not inserted to the one that is there, s.';

CREATE FUNCTION @extschema@.llmw_stats_facets(source text, summed boolean) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT string_agg(
               format('SELECT %L::text AS facet, hour, %s, %s FROM %s', facets.facet,
                      facets.columns, facets.measures, source)
                   || CASE facets.facet WHEN 'reason'
                          THEN ' WHERE requests <> 0 OR outcomes_succeeded <> 0'
                               ' OR outcomes_failed <> 0'
                          ELSE '' END
                   || CASE WHEN summed THEN ' GROUP BY ' || facets.keys ELSE '' END,
               ' UNION ALL ')
    FROM (
        SELECT f.facet,
               array_to_string('hour'::text || f.keys, ', ') AS keys,
               (SELECT string_agg(CASE WHEN c = ANY (f.keys) THEN c
                                       ELSE format('''''::text AS %I', c) END, ', ')
                FROM unnest(ARRAY['model', 'format', 'agent', 'role_name', 'fallback_reason']) AS c
               ) AS columns,
               (SELECT string_agg(CASE WHEN f.facet = 'reason' AND NOT m.of_requests THEN m.nothing
                                       WHEN summed THEN m.total
                                       ELSE m.measure END
                                      || format(' AS %I', m.measure),
                                  ', ' ORDER BY m.place)
                FROM @extschema@.llmw_stats_measures m) AS measures
        FROM (VALUES ('total', '{}'::text[]), ('model', ARRAY['model', 'format']),
                     ('agent', ARRAY['agent']), ('role', ARRAY['role_name']),
                     ('reason', ARRAY['fallback_reason'])
             ) AS f (facet, keys)
    ) AS facets
);
COMMENT ON FUNCTION @extschema@.llmw_stats_facets(text, boolean) IS
    'A query that makes rows like those of workflow_stats_hours of the rows of source, which are '
    'like those of workflow_stats_deltas: five of each, or summed by hour and facet.';
REVOKE ALL ON FUNCTION @extschema@.llmw_stats_facets(text, boolean) FROM PUBLIC;

-- One at a time: of two, the second leaves the work to the first. The lock stands in the way of
-- nobody who reads or writes; rebuild_workflow_stats() takes it too.
DO $do$
DECLARE
    keys CONSTANT text := 'model, format, agent, role_name, fallback_reason';
    measures text := (SELECT string_agg(measure, ', ' ORDER BY place)
                      FROM @extschema@.llmw_stats_measures);
    totals text := (SELECT string_agg(total, ', ' ORDER BY place)
                    FROM @extschema@.llmw_stats_measures);
    increases text := (SELECT string_agg(increase, ', ' ORDER BY place)
                       FROM @extschema@.llmw_stats_measures);
BEGIN
    EXECUTE format($create$
CREATE FUNCTION %1$s.llmw_fold_stats() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    folded bigint;
BEGIN
    BEGIN
        LOCK TABLE %1$s.workflow_stats_deltas IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;
    EXCEPTION WHEN lock_not_available THEN
        RETURN 0;
    END;
    WITH taken AS (
        DELETE FROM %1$s.workflow_stats_deltas RETURNING *
    ), summed AS MATERIALIZED (
        %2$s
    ), into_hours AS (
        INSERT INTO %1$s.workflow_stats_hours AS s (facet, hour, %3$s, %4$s)
        SELECT facet, hour, %3$s, %4$s FROM summed
        ON CONFLICT (facet, hour, %3$s) DO UPDATE SET %6$s
    ), into_days AS (
        INSERT INTO %1$s.workflow_stats_days AS s (facet, day, %3$s, %4$s)
        SELECT facet, (hour AT TIME ZONE 'UTC')::date, %3$s, %5$s FROM summed
        GROUP BY facet, (hour AT TIME ZONE 'UTC')::date, %3$s
        ON CONFLICT (facet, day, %3$s) DO UPDATE SET %6$s
    )
    SELECT count(*) INTO folded FROM taken;
    RETURN folded;
END
$function$ $create$,
        '@extschema@', @extschema@.llmw_stats_facets('taken', true), keys, measures, totals,
        increases);
END
$do$;
COMMENT ON FUNCTION @extschema@.llmw_fold_stats() IS
    'Moves what transactions added to the roll-ups into workflow_stats_hours and '
    'workflow_stats_days; returns how many rows it moved. What the views show stays the same. '
    'While another fold or rebuild_workflow_stats() is at work, it does nothing.';
REVOKE ALL ON FUNCTION @extschema@.llmw_fold_stats() FROM PUBLIC;
