-- compare_models() and compare_model_costs().
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions() > 0 AS made;
SELECT llmw_make_partition('public', t, (t || '_before')::name,
                           date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month')
FROM unnest('{workflow_requests,llm_calls}'::name[]) t;

-- Nothing is known.
SELECT * FROM compare_models('openai/gpt-oss-120b', 'openai/gpt-oss-20b');
SELECT * FROM compare_models('nobody', 'openai/gpt-oss-20b');
SELECT * FROM compare_models('openai/gpt-oss-20b', 'nobody');
SELECT * FROM compare_models('openai/gpt-oss-20b', NULL);

-- A request and its calls, as usual but for what `fields` says.
CREATE FUNCTION write_request(id uuid, at timestamptz, fields jsonb) RETURNS void LANGUAGE sql AS $$
INSERT INTO workflow_requests
SELECT * FROM jsonb_populate_record(NULL::workflow_requests, jsonb_build_object(
    'request_id', id, 'submitted_at', at, 'finished_at', at + interval '10 s', 'role_name', 'r',
    'format', 'stages', 'format_version', 1, 'prompt', 'We run a denim factory',
    'prompt_sha256', '\x', 'services', '[]'::jsonb, 'tags', '{}'::jsonb, 'status', 'succeeded',
    'input_tokens', 861, 'output_tokens', 5683, 'generation_time_ms', 10000) || fields)
$$;
CREATE FUNCTION write_call(id uuid, at timestamptz, fields jsonb) RETURNS void LANGUAGE sql AS $$
INSERT INTO llm_calls
SELECT * FROM jsonb_populate_record(NULL::llm_calls, jsonb_build_object(
    'request_id', id, 'call_id', gen_random_uuid(), 'started_at', at + interval '1 s',
    'finished_at', at + interval '2 s', 'attempt', 1, 'purpose', 'primary', 'server', 'local',
    'outcome', 'ok', 'input_tokens', 861, 'cached_input_tokens', 0, 'cache_write_tokens', 0,
    'output_tokens', 5683, 'reasoning_tokens', 0, 'cost_source', 'reported',
    'service_tier', 'standard', 'latency_ms', 1000, 'validation_codes', '[]'::jsonb,
    'mends', '[]'::jsonb) || fields)
$$;

-- Document 000: one call of the small model. The large one has none, so the same tokens are priced.
\o /dev/null
SELECT write_request('00000000-0000-7000-8000-000000000001', now() - interval '1 day',
    '{"generator_used": "openai/gpt-oss-20b", "items_generated": 15}');
SELECT write_call('00000000-0000-7000-8000-000000000001', now() - interval '1 day',
    '{"model": "openai/gpt-oss-20b", "cost_usd": 0.00117965}');
\o
SELECT * FROM compare_models('openai/gpt-oss-120b', 'openai/gpt-oss-20b');
-- Other names of the models, as resolve_model_name() takes them.
SELECT metric, model_a, model_b, note
FROM compare_models('gpt-4o-mini-2024-07-18', 'openai/gpt-oss-20b') WHERE metric LIKE 'cost%';
-- A model that counts differently has other input; the prompt's share is as it counts.
SELECT metric, model_a, model_b,
       CASE metric WHEN 'input tokens' THEN
           round(861 * (count_tokens(f.system_prompt, 'gpt-4') + count_tokens(r.prompt, 'gpt-4'))::numeric
               / (count_tokens(f.system_prompt, 'openai/gpt-oss-20b')
                  + count_tokens(r.prompt, 'openai/gpt-oss-20b')), 2) = model_b END AS in_proportion
FROM compare_models('openai/gpt-oss-20b', 'gpt-4'),
     workflow_requests r JOIN workflow_formats f ON f.name = r.format AND f.version = r.format_version
WHERE metric LIKE '%tokens';
-- Two models without calls: what is known is the prompt.
SELECT metric, model_a IS NULL AS no_a, model_b IS NULL AS no_b, source,
       model_a = count_tokens(f.system_prompt, 'gpt-4') + count_tokens(r.prompt, 'gpt-4') AS counted
FROM compare_models('gpt-4', 'gpt-4o'),
     workflow_requests r JOIN workflow_formats f ON f.name = r.format AND f.version = r.format_version
WHERE metric LIKE '%tokens' OR metric LIKE 'cost per%request%';

-- Both have calls. The strong one: an answer that is not valid and its repair, one that was cut, and a
-- timeout; two accepted workflows, one of them answered from the ledger.
\o /dev/null
SELECT write_request('00000000-0000-7000-8000-000000000002', now() - interval '2 days',
    '{"generator_used": "claude-sonnet-4", "items_generated": 10}');
SELECT write_call('00000000-0000-7000-8000-000000000002', now() - interval '2 days', c)
FROM unnest(ARRAY[
    '{"model": "claude-sonnet-4", "outcome": "validation_failed", "input_tokens": 1000,
      "output_tokens": 4000, "cost_usd": 0.063, "latency_ms": 10000}',
    '{"model": "claude-sonnet-4", "input_tokens": 2000, "output_tokens": 5000, "cost_usd": 0.081,
      "latency_ms": 20000}',
    '{"model": "claude-sonnet-4", "outcome": "truncated", "input_tokens": 3000,
      "output_tokens": 12000, "cost_usd": 0.189, "latency_ms": 30000}',
    '{"model": "claude-sonnet-4", "outcome": "timeout", "input_tokens": 1000,
      "output_tokens": 12000, "cost_usd": 0.183, "cost_source": "estimated",
      "latency_ms": 30000}']::jsonb[]) c;
SELECT write_request('00000000-0000-7000-8000-000000000003', now() - interval '2 days',
    '{"generator_used": "claude-sonnet-4", "items_generated": 10,
      "cached_from": "00000000-0000-7000-8000-000000000002"}');
\o
SELECT * FROM compare_models('claude-sonnet-4', 'openai/gpt-oss-20b');
-- Tokens per step are those of the calls that made the workflows, not of a job's attempt before, by all
-- that have steps: 5000 and 5000 for 10 and 40.
BEGIN;
SELECT write_request('00000000-0000-7000-8000-000000000004', at, jsonb_build_object(
           'generator_used', 'claude-sonnet-4', 'items_generated', 40, 'finished_at', at + interval '1 h 10 s')),
       write_call('00000000-0000-7000-8000-000000000004', at, '{"model": "claude-sonnet-4", "output_tokens": 7000}'),
       write_call('00000000-0000-7000-8000-000000000004', at + interval '1 h',
                  '{"model": "claude-sonnet-4", "output_tokens": 5000}'),
       write_request('00000000-0000-7000-8000-000000000005', at, '{"generator_used": "claude-sonnet-4"}'),
       write_call('00000000-0000-7000-8000-000000000005', at, '{"model": "claude-sonnet-4", "output_tokens": 9000}')
FROM (SELECT now() - interval '2 days') AS t (at);
SELECT metric, model_a FROM compare_models('claude-sonnet-4', 'openai/gpt-oss-20b') WHERE metric LIKE '%per step%';
-- An estimate is of the latest 100 prompts: what was asked before them changes nothing.
\o /dev/null
SELECT write_request(gen_random_uuid(), now() - interval '3 days' - i * interval '1 min',
                     jsonb_build_object('prompt', repeat('Cut ', i)))
FROM generate_series(1, 100) i;
\o
SELECT model_b AS input, note FROM compare_models('openai/gpt-oss-20b', 'gpt-4') WHERE metric = 'input tokens' \gset
\o /dev/null
SELECT write_request(gen_random_uuid(), now() - interval '9 days', jsonb_build_object('prompt', repeat('Größe ', 900)))
FROM generate_series(1, 100) i;
\o
SELECT model_b = :input AS same, note = :'note' AS same, note ~ '100 requests' AS of_100
FROM compare_models('openai/gpt-oss-20b', 'gpt-4') WHERE metric = 'input tokens';
ROLLBACK;
-- A call whose price was not known: what an accepted workflow costs is not known either.
BEGIN;
SELECT write_call('00000000-0000-7000-8000-000000000002', now() - interval '2 days',
    '{"model": "claude-sonnet-4", "outcome": "timeout", "cost_source": "unknown_price"}');
SELECT metric, model_a FROM compare_models('claude-sonnet-4', 'openai/gpt-oss-20b')
WHERE metric LIKE 'cost%';
ROLLBACK;
-- Since when.
SELECT metric, model_a, source FROM compare_models('claude-sonnet-4', 'openai/gpt-oss-20b',
                                                    now() - interval '36 h')
WHERE metric IN ('answered calls', 'input tokens', 'output tokens');
-- What a model without a price costs is not known.
INSERT INTO llm_models (name, server) VALUES ('unpriced', 'local');
SET client_min_messages = error;
SELECT metric, model_a, model_b IS NULL AS unknown
FROM compare_models('openai/gpt-oss-20b', 'unpriced') WHERE metric LIKE 'cost%';
SELECT * FROM compare_model_costs(2000, 1500, '{gpt-4o-mini,unpriced}');
SET client_min_messages = warning;
-- Prompts that were not stored.
UPDATE workflow_requests SET prompt = NULL;
SELECT metric, model_b, note FROM compare_models('openai/gpt-oss-20b', 'gpt-4')
WHERE metric IN ('input tokens', 'cost per request');

-- The same tokens by price: documents 000 and 003.
SELECT * FROM compare_model_costs(861, 5683, '{openai/gpt-oss-120b,openai/gpt-oss-20b}');
SELECT * FROM compare_model_costs(2000, 1500, '{claude-sonnet-4,gpt-4o-mini,builtin-draft}');
SELECT * FROM compare_model_costs(2000, 1500, '{builtin-draft,gpt-4o-mini}');
SELECT * FROM compare_model_costs(2000, 1500, '{gpt-4o-mini,nobody}');
SELECT * FROM compare_model_costs(2000, 1500, '{gpt-4o-mini,NULL}');
SELECT * FROM compare_model_costs(2000, 1500, '{}');
SELECT * FROM compare_model_costs(-1, 1500, '{gpt-4o-mini}');
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('gpt-4o-mini', now(), 1, 1);
SELECT cost_usd FROM compare_model_costs(2000, 1500, '{gpt-4o-mini}', now() - interval '1 s')
UNION ALL SELECT cost_usd FROM compare_model_costs(2000, 1500, '{gpt-4o-mini}');

-- For those who may read the ledger.
CREATE ROLE regress_llmw_nobody;
SET ROLE regress_llmw_nobody;
SELECT count(*) FROM compare_models('gpt-4o', 'gpt-4');
SELECT cost_usd FROM compare_model_costs(1000000, 0, '{gpt-4o}');
RESET ROLE;
DROP FUNCTION write_request(uuid, timestamptz, jsonb), write_call(uuid, timestamptz, jsonb);
DROP EXTENSION llm_workflow;
DROP ROLE regress_llmw_nobody;
