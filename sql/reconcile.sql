-- reconcile_spend: what a provider says it served against the ledger.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_11', '2025-11-01');

-- A day of calls: 200 to one provider, 50 to another. Each has tokens and a cost of its own.
CREATE FUNCTION uuid_of(n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid
$$;
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
    returned_model, provider_request_id, outcome, input_tokens, cached_input_tokens,
    cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, cost_source, latency_ms)
SELECT uuid_of(1000 + n), uuid_of(n), at, at, 1, 'primary', 'gpt-4o-mini', 'openai',
       'gpt-4o-mini-2024-07-18', 'req_' || n, 'ok', 1000 + n, 0, 0, 100 + n, 0,
       0.00000015 * (1000 + n) + 0.0000006 * (100 + n), 'reported', 1
FROM generate_series(1, 200) n, LATERAL (SELECT timestamptz '2025-11-05' + n * interval '7 min') _ (at)
UNION ALL
SELECT uuid_of(2000 + n), uuid_of(500 + n), at, at, 1, 'fallback', 'claude-sonnet-4', 'anthropic',
       NULL, 'msg_' || n, 'ok', 10 * n, 0, 0, n, 0, 0.00003 * n, 'reported', 1
FROM generate_series(1, 50) n, LATERAL (SELECT timestamptz '2025-11-05' + n * interval '20 min') _ (at);
-- Calls that cost nothing are on no bill; one was lost and may be.
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
    outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
    cost_usd, cost_source, latency_ms)
VALUES (uuid_of(3000), uuid_of(900), '2025-11-05 10:00+00', '2025-11-05 10:00+00', 1, 'primary',
        'gpt-4o-mini', 'openai', 'rate_limited', 0, 0, 0, 0, 0, 0, 'unbilled', 1);

-- The provider's export of single calls, all as they are in the ledger: nothing to say.
CREATE TABLE export AS
SELECT row_number() OVER (ORDER BY started_at)::int AS n,
       jsonb_build_object('id', provider_request_id, 'client_request_id', call_id,
                          'model', returned_model, 'input_tokens', input_tokens,
                          'output_tokens', output_tokens, 'cost_usd', round(cost_usd, 6),
                          'created_at', extract(epoch FROM started_at) + 0.4) AS line
FROM llm_calls WHERE server = 'openai' AND cost_source = 'reported';
CREATE FUNCTION usage() RETURNS jsonb LANGUAGE sql AS 'SELECT jsonb_agg(line ORDER BY n) FROM export';
SELECT count(*) FROM reconcile_spend(usage());
-- The same without times, and by either id alone.
SELECT count(*) FROM reconcile_spend((SELECT jsonb_agg(line - 'created_at') FROM export));
SELECT count(*) FROM reconcile_spend((SELECT jsonb_agg(line - 'client_request_id') FROM export));
SELECT count(*) FROM reconcile_spend(
    (SELECT jsonb_agg(line - 'id' || '{"provider_request_id": null}') FROM export));

-- Seeded errors, of each kind some; all are found and nothing else is.
CREATE VIEW shown AS
SELECT difference, started_at::time(0) AS at, provider_request_id AS id, ledger_calls AS l,
       provider_calls AS p, ledger_input_tokens AS l_in, provider_input_tokens AS p_in,
       ledger_output_tokens AS l_out, provider_output_tokens AS p_out, ledger_cost_usd AS l_usd,
       provider_cost_usd AS p_usd
FROM reconcile_spend(usage());
DELETE FROM export WHERE n IN (50, 150);
UPDATE export SET line = line || '{"input_tokens": 1}' WHERE n = 10;
UPDATE export SET line = line || '{"output_tokens": 99999}' WHERE n = 11;
UPDATE export SET line = line || '{"cost_usd": "12.5"}' WHERE n IN (11, 12);
UPDATE export SET line = line || '{"id": "req_of_somebody", "client_request_id": "not ours"}' WHERE n = 13;
INSERT INTO export SELECT 201, line FROM export WHERE n = 14;
SELECT * FROM shown;
-- A call of the other provider is looked for there only, and not missed here.
SELECT difference, count(*), min(model) AS model FROM reconcile_spend(usage(), 'anthropic') GROUP BY 1;
SELECT difference, count(*) FROM reconcile_spend('[]', 'anthropic', '2025-11-05', '2025-11-06') GROUP BY 1;
SELECT difference, count(*)
FROM reconcile_spend('[]', 'anthropic', '2025-11-05 01:00', '2025-11-05 02:00') GROUP BY 1;
SELECT * FROM reconcile_spend('[]');

-- Buckets by hour, as OpenAI's usage API gives them.
CREATE FUNCTION buckets(change jsonb DEFAULT '{}', hour_changed int DEFAULT NULL) RETURNS jsonb
LANGUAGE sql AS $$
SELECT jsonb_build_object('object', 'page', 'has_more', false, 'data', jsonb_agg(
    jsonb_build_object('object', 'bucket', 'start_time', extract(epoch FROM start)::int,
        'end_time', extract(epoch FROM start)::int + 3600, 'results', results)))
FROM (SELECT timestamptz '2025-11-05' + hour * interval '1 hour' AS start,
             coalesce((SELECT jsonb_agg(CASE WHEN hour = hour_changed THEN r || change ELSE r END)
              FROM (SELECT jsonb_build_object('model', returned_model, 'project_id', attempt,
                        'num_model_requests', count(*), 'input_tokens', sum(input_tokens),
                        'output_tokens', sum(output_tokens)) AS r
                    FROM llm_calls
                    WHERE started_at >= timestamptz '2025-11-05' + hour * interval '1 hour'
                      AND started_at < timestamptz '2025-11-05' + (hour + 1) * interval '1 hour'
                      AND server = 'openai' AND cost_source = 'reported'
                    GROUP BY returned_model, attempt) AS _), '[]') AS results
      FROM generate_series(0, 23) hour) AS hours
$$;
SELECT count(*) FROM reconcile_spend(buckets());
SELECT difference, started_at, model, ledger_calls AS l, provider_calls AS p,
       ledger_input_tokens AS l_in, provider_input_tokens AS p_in
FROM (SELECT * FROM reconcile_spend(buckets('{"input_tokens": 5}', 3))
      UNION ALL SELECT * FROM reconcile_spend(buckets('{"num_model_requests": 100}', 4))
      UNION ALL SELECT * FROM reconcile_spend(buckets('{"num_model_requests": 1}', 5))
      UNION ALL SELECT * FROM reconcile_spend(buckets('{"model": "gpt-4o"}', 6))) AS _
ORDER BY started_at, difference;
-- A model by the name that was asked for; results of two projects make one sum.
SELECT count(*) FROM reconcile_spend(buckets('{"model": "gpt-4o-mini"}', 7));
SELECT count(*) FROM reconcile_spend(jsonb_set(buckets(), '{data,2,results}',
    (SELECT jsonb_agg(r || '{"input_tokens": 0, "output_tokens": 0, "num_model_requests": 0}') || jsonb_agg(r)
     FROM jsonb_array_elements(buckets() #> '{data,2,results}') r)));

-- What is no usage export is said to be none.
SELECT reconcile_spend(NULL);
SELECT reconcile_spend('7');
SELECT reconcile_spend('{"calls": []}');
SELECT reconcile_spend('[1]');
SELECT reconcile_spend('[{"input_tokens": 1, "output_tokens": 1}]');
SELECT reconcile_spend('[{"id": 7, "input_tokens": 1, "output_tokens": 1}]');
SELECT reconcile_spend('[{"id": "a", "output_tokens": 1}]');
SELECT reconcile_spend('[{"id": "a", "input_tokens": 1.5, "output_tokens": 1}]');
SELECT reconcile_spend('[{"id": "a", "input_tokens": -1, "output_tokens": 1}]');
SELECT reconcile_spend('[{"id": "a", "input_tokens": 1, "output_tokens": 1e400}]');
SELECT reconcile_spend('[{"id": "a", "input_tokens": 1, "output_tokens": "1"}]');
SELECT reconcile_spend('[{"id": "a", "input_tokens": 1, "output_tokens": 1, "cost_usd": "free"}]');
SELECT reconcile_spend('[{"id": "a", "input_tokens": 1, "output_tokens": 1, "created_at": "soon"}]');
SELECT reconcile_spend('[{"id": "a", "input_tokens": 1, "output_tokens": 1, "created_at": "2025-13-45"}]');
SELECT reconcile_spend('[{"id": "a", "input_tokens": 1, "output_tokens": 1, "created_at": 1e300}]');
SELECT reconcile_spend('[{"results": []}]');
SELECT reconcile_spend('[{"start_time": 7200, "end_time": 3600, "results": []}]');
SELECT reconcile_spend('[{"start_time": 0, "end_time": 3600, "results": {}}]');
SELECT reconcile_spend('[{"start_time": 0, "end_time": 3600, "results": [{"input_tokens": 1}]}]');
SELECT reconcile_spend('[{"start_time": 0, "end_time": 3600, "results": ["a"]}]');

-- With the caller's rights.
CREATE ROLE regress_llmw_nobody;
SET ROLE regress_llmw_nobody;
SELECT reconcile_spend('[]');
RESET ROLE;
DROP ROLE regress_llmw_nobody;

DROP VIEW shown;
DROP TABLE export;
DROP FUNCTION usage(), buckets(jsonb, int), uuid_of(int);
DROP EXTENSION llm_workflow;
