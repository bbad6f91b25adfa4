-- What the roll-ups show, folded or not. llmw_stats_hourly and llmw_stats_daily add nothing up, so
-- that conditions on facet and time reach the primary keys: whoever reads them must.

SET LOCAL search_path TO pg_catalog, pg_temp;

DO $do$
DECLARE
    keys CONSTANT text := 'model, format, agent, role_name, fallback_reason';
    measures text := (SELECT string_agg(measure, ', ' ORDER BY place)
                      FROM @extschema@.llmw_stats_measures);
    totals text := (SELECT string_agg(total || ' AS ' || measure, ', ' ORDER BY place)
                    FROM @extschema@.llmw_stats_measures);
    unfolded text := @extschema@.llmw_stats_facets('@extschema@.workflow_stats_deltas', false);
    described record;
BEGIN
    EXECUTE format(
        'CREATE VIEW @extschema@.llmw_stats_hourly AS
             SELECT hour, facet, %1$s, %2$s FROM @extschema@.workflow_stats_hours
             UNION ALL
             SELECT hour, facet, %1$s, %2$s FROM (%3$s) AS unfolded', keys, measures, unfolded);
    EXECUTE format(
        'CREATE VIEW @extschema@.llmw_stats_daily AS
             SELECT day, facet, %1$s, %2$s FROM @extschema@.workflow_stats_days
             UNION ALL
             SELECT (hour AT TIME ZONE ''UTC'')::date, facet, %1$s, %2$s FROM (%3$s) AS unfolded',
        keys, measures, unfolded);
    EXECUTE format('CREATE VIEW @extschema@.workflow_stats_hourly AS
                        SELECT hour, facet, %1$s, %2$s FROM @extschema@.llmw_stats_hourly
                        GROUP BY facet, hour, %1$s', keys, totals);
    EXECUTE format('CREATE VIEW @extschema@.workflow_stats_daily AS
                        SELECT day, facet, %1$s, %2$s FROM @extschema@.llmw_stats_daily
                        GROUP BY facet, day, %1$s', keys, totals);
    FOR described IN
        SELECT v.view, a.attname, col_description(a.attrelid, a.attnum) AS comment
        FROM (VALUES ('hour', 'llmw_stats_hourly'), ('hour', 'workflow_stats_hourly'),
                     ('day', 'llmw_stats_daily'), ('day', 'workflow_stats_daily')) AS v (span, view)
        JOIN pg_attribute a
            ON a.attrelid = format('@extschema@.workflow_stats_%ss', v.span)::regclass
        WHERE a.attnum > 0 AND col_description(a.attrelid, a.attnum) IS NOT NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN @extschema@.%I.%I IS %L',
                       described.view, described.attname, described.comment);
    END LOOP;
END
$do$;

COMMENT ON VIEW @extschema@.llmw_stats_hourly IS
    'What do the roll-ups count, by hour? Several rows may count for one key: always sum.';
COMMENT ON VIEW @extschema@.llmw_stats_daily IS
    'What do the roll-ups count, by day? Several rows may count for one key: always sum.';
COMMENT ON VIEW @extschema@.workflow_stats_hourly IS
    'How many calls and requests were there, what did they take and what came of them? By hour, '
    'for each model and format, agent, role and reason of a fallback; always exact.';
COMMENT ON VIEW @extschema@.workflow_stats_daily IS
    'How many calls and requests were there, what did they take and what came of them? By day, for '
    'each model and format, agent, role and reason of a fallback; always exact.';
