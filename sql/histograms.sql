-- Latency histograms: sums are exact, percentiles within the stated bound, and no array that somebody
-- put together does harm.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;

-- Pairs of bucket and count; exact below 40 ms.
SELECT latency_histogram(ms) FROM (VALUES (7), (7), (3), (NULL), (180), (-5)) AS t (ms);
SELECT latency_percentile('{}', 0.5), latency_count('{}');
SELECT latency_percentile('{3,1,7,1,11,1}', fraction)
FROM unnest(ARRAY[0, 0.33, 0.34, 0.5, 0.67, 1]) AS fraction;
SELECT latency_percentile(NULL, 0.5), latency_percentile('{1,1}', NULL), latency_count(NULL);

-- No row, and nothing but NULL, is an empty histogram.
SELECT latency_histogram(ms), latency_histogram_merge(ARRAY[ms])
FROM generate_series(1::bigint, 0) AS ms;
SELECT latency_histogram(NULL), latency_histogram_merge(NULL);

-- The whole range of bigint keeps the bound.
SELECT count(*),
       bool_and(abs(latency_percentile(latency_histogram, 0.5) - ms) <= 0.025 * ms) AS in_bound
FROM (SELECT ms, latency_histogram(ms)
      FROM (SELECT (1.07 ^ n)::numeric(30)::bigint AS ms FROM generate_series(0, 645) AS n) AS wide
      GROUP BY ms) AS one;

-- Percentiles of a year from those of its hours, whatever the order and the grouping.
CREATE TEMP TABLE latencies AS
SELECT n % 97 AS hour, (200 * exp(3 * sin(n) + cos(n * 7)))::bigint AS ms
FROM generate_series(1, 50000) AS n;
CREATE TEMP TABLE hours AS
SELECT hour, latency_histogram(ms) AS histogram FROM latencies GROUP BY hour;
SELECT (SELECT latency_histogram_merge(histogram) FROM hours)
           = (SELECT latency_histogram(ms) FROM latencies) AS of_hours,
       (SELECT latency_histogram_merge(histogram ORDER BY hour DESC) FROM hours)
           = (SELECT latency_histogram(ms) FROM latencies) AS backwards,
       (SELECT latency_count(latency_histogram_merge(histogram)) FROM hours) AS count;
SELECT fraction,
       abs(latency_percentile(histogram, fraction) / exact - 1) <= 0.025 AS in_bound
FROM (SELECT latency_histogram_merge(histogram) AS histogram FROM hours) AS year
CROSS JOIN (VALUES (0), (0.01), (0.5), (0.9), (0.95), (0.99), (0.999), (1)) AS f (fraction)
CROSS JOIN LATERAL (
    SELECT percentile_disc(fraction) WITHIN GROUP (ORDER BY ms) AS exact FROM latencies) AS e;
SELECT llmw_merge_histograms(a.histogram, b.histogram) = latency_histogram(ms) AS equal
FROM hours a, hours b, latencies
WHERE a.hour = 1 AND b.hour = 2 AND latencies.hour IN (1, 2)
GROUP BY a.histogram, b.histogram;
SELECT llmw_merge_histograms('{}', '{}'), llmw_merge_histograms('{1,1}', '{}'),
       llmw_merge_histograms('{1,1}', '{0,2,1,3}');

-- As a window, where the state is read while it grows.
SELECT n, latency_histogram(n) OVER (ORDER BY n) FROM generate_series(1::bigint, 3) AS n;

-- Parallel workers give the same.
CREATE TABLE measured AS SELECT * FROM latencies;
ANALYZE measured;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT latency_histogram(ms) FROM measured;
SELECT latency_histogram(ms) = (SELECT latency_histogram_merge(histogram) FROM hours) AS equal
FROM measured;
CREATE TABLE stored AS SELECT * FROM hours;
ANALYZE stored;
SELECT latency_histogram_merge(histogram) = (SELECT latency_histogram(ms) FROM latencies) AS equal
FROM stored;

-- What no histogram is.
SELECT latency_count('{1}');
SELECT latency_count('{1,1,2}');
SELECT latency_count('{1,NULL}');
SELECT latency_count('{1,0}');
SELECT latency_count('{1,-1}');
SELECT latency_count('{-1,1}');
SELECT latency_count('{865,1}');
SELECT latency_count('{4294967296,1}');
SELECT latency_count('{2,1,1,1}');
SELECT latency_count('{1,1,1,1}');
SELECT latency_count('{{1,1},{2,1}}');
SELECT latency_count('{1,9223372036854775807,2,1}');
SELECT latency_count('[7:8]={1,1}'), latency_percentile('[-3:-2]={1,1}', 1);
SELECT llmw_merge_histograms('{1,9223372036854775807}', '{1,1}');
SELECT latency_histogram_merge(h)
FROM (VALUES ('{1,9223372036854775807}'::bigint[]), ('{1,1}')) AS t (h);
SELECT latency_percentile('{1,1}', 1.01);
SELECT latency_percentile('{1,1}', 'NaN');
SELECT latency_percentile('{}', -1);
\set VERBOSITY sqlstate
SELECT latency_count('{1}');
SELECT latency_count('{1,9223372036854775807,2,1}');

-- The states of aggregates are out of reach.
\set VERBOSITY terse
SELECT llmw_histogram_to_array(NULL);

DROP TABLE measured, stored;
DROP EXTENSION llm_workflow;
