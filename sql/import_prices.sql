-- import_model_prices(): prices of others' lists, to the last digit, with the history kept.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- One model by its name, with its provider before it, with a date after it.
SELECT name, resolve_model_name(name) FROM (VALUES
    ('gpt-4o'), ('openai/gpt-4o'), ('gpt-4o-2024-08-06'), ('openai/gpt-4o-20240806'),
    ('anthropic/claude-sonnet-4'), ('claude-sonnet-4-20250514'), ('openai/gpt-oss-20b'),
    ('local/openai/gpt-oss-20b'), ('gpt-4-turbo-2024-04-09'),
    -- Another offer of the model, another snapshot, another model.
    ('azure/gpt-4o'), ('openrouter/openai/gpt-4o'), ('gpt-4o-2024-13-06'), ('gpt-4o-latest'),
    ('gpt-4-0613'), ('GPT-4o'), ('openai/'), ('/gpt-4o'), (''), (NULL)) AS t (name);
SELECT token_cost('openai/gpt-4o-2024-08-06', 1000000, 0) AS by_alias,
       token_cost('gpt-4o', 1000000, 0) AS by_name;
SELECT token_cost('azure/gpt-4o', 1000000, 0);
-- An own row ends the alias, also within a statement's memory of names.
BEGIN;
INSERT INTO llm_models (name, server) VALUES ('gpt-4o-2024-05-13', 'openai');
INSERT INTO llm_model_prices (model, input_per_million, output_per_million)
VALUES ('gpt-4o-2024-05-13', 5, 15);
SELECT token_cost('gpt-4o-2024-05-13', 1000000, 0), resolve_model_name('gpt-4o-2024-05-13');
ROLLBACK;
SELECT token_cost('gpt-4o-2024-05-13', 1000000, 0), resolve_model_name('gpt-4o-2024-05-13');

-- LiteLLM's map.
CREATE TABLE lists (name text, prices jsonb);
INSERT INTO lists VALUES ('litellm', '{
  "sample_spec": {"mode": "one of: chat, embedding", "max_input_tokens": "max input tokens",
    "input_cost_per_token": 0.0, "litellm_provider": "one of https://docs"},
  "gpt-4o-mini": {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 128000,
    "max_output_tokens": 16384, "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07,
    "cache_read_input_token_cost": 7.5e-08, "input_cost_per_token_batches": 7.5e-08,
    "output_cost_per_token_batches": 3e-07, "input_cost_per_token_priority": 2.5e-07,
    "output_cost_per_token_priority": 1e-06, "cache_read_input_token_cost_priority": 1.25e-07,
    "supports_vision": true},
  "gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2e-06,
    "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1e-06},
  "gpt-4o-2024-05-13": {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 128000,
    "max_tokens": 4096, "input_cost_per_token": 5e-06, "output_cost_per_token": 1.5e-05},
  "openai/gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1,
    "output_cost_per_token": 1},
  "azure/gpt-4o": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 3e-06,
    "output_cost_per_token": 1e-05},
  "claude-sonnet-4-20250514": {"litellm_provider": "anthropic", "mode": "chat",
    "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
    "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06,
    "cache_read_input_token_cost": 3e-07, "input_cost_per_token_above_200k_tokens": 6e-06,
    "output_cost_per_token_above_200k_tokens": 2.25e-05,
    "cache_read_input_token_cost_above_200k_tokens": 6e-07},
  "claude-sonnet-4-20250101": {"litellm_provider": "anthropic", "mode": "chat",
    "input_cost_per_token": 9e-06, "output_cost_per_token": 9e-06},
  "gpt-5.6": {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 1050000,
    "max_output_tokens": 128000, "input_cost_per_token": 5e-06,
    "input_cost_per_token_above_272k_tokens": 1e-05, "output_cost_per_token": 3e-05,
    "output_cost_per_token_above_272k_tokens": 4.5e-05, "cache_read_input_token_cost": 5e-07,
    "cache_creation_input_token_cost": 6.25e-06,
    "cache_creation_input_token_cost_above_272k_tokens": 1.25e-05,
    "input_cost_per_token_flex": 2.5e-06, "output_cost_per_token_flex": null,
    "input_cost_per_token_above_272k_tokens_priority": 2e-05,
    "output_cost_per_token_above_272k_tokens_priority": 9e-05},
  "text-embedding-3-small": {"litellm_provider": "openai", "mode": "embedding",
    "input_cost_per_token": 2e-08, "output_cost_per_token": 0.0}
}');

SELECT i.* FROM lists, import_model_prices(prices, 'LiteLLM, November', '2025-11-01') AS i
WHERE name = 'litellm';
SELECT model, service_tier AS tier, above_input_tokens AS above, input_per_million AS input,
       cached_input_per_million AS cached, cache_write_per_million AS write,
       output_per_million AS output, source
FROM llm_model_prices WHERE effective_from = '2025-11-01' ORDER BY 1, 2, 3;
-- Nothing new: nothing is written.
SELECT action, count(*) FROM lists, import_model_prices(prices, 'again', '2025-11-02')
WHERE name = 'litellm' GROUP BY action ORDER BY action;
SELECT count(*) FROM llm_model_prices WHERE source = 'again';
-- What a call costs in each tier, then and before.
SELECT tier, token_cost('gpt-4o-mini', 1000000, 1000000, 400000, at => '2025-12-01',
                        service_tier => tier)
FROM unnest(ARRAY['standard', 'batch', 'priority']) AS tier;
SELECT token_cost('gpt-4o', 1000000, 0, at => '2025-10-31') AS before,
       token_cost('gpt-4o', 1000000, 0, at => '2025-11-01') AS after,
       token_cost('claude-sonnet-4', 200000, 0, at => '2025-12-01') AS small,
       token_cost('claude-sonnet-4', 200001, 0, at => '2025-12-01') AS large;

-- Models that the catalogue lacks are made when asked for and when their server is known.
SELECT i.* FROM lists, import_model_prices(prices, 'LiteLLM', '2025-11-03', true) AS i
WHERE name = 'litellm' AND action <> 'unchanged';
SELECT m.name, server, remote_name, context_window AS context, max_output_tokens AS output, builtin
FROM llm_models m WHERE NOT builtin ORDER BY name;
SELECT service_tier AS tier, above_input_tokens AS above, input_per_million AS input,
       cached_input_per_million AS cached, cache_write_per_million AS write,
       output_per_million AS output
FROM llm_model_prices WHERE model = 'gpt-5.6' ORDER BY 1, 2;
SELECT token_cost('gpt-4o-2024-05-13', 1000000, 0) AS snapshot;

-- A tier that is no longer listed is not ended without a word.
SELECT i.* FROM import_model_prices('{"gpt-5.6": {"litellm_provider": "openai", "mode": "chat",
    "input_cost_per_token": 0.000005, "output_cost_per_token": 0.00003,
    "cache_read_input_token_cost": 5e-07, "cache_creation_input_token_cost": 6.25e-06}}',
    'LiteLLM', '2025-12-01') AS i;
-- A second price for one moment: the first one stays.
SELECT i.* FROM import_model_prices('{"gpt-4o": {"litellm_provider": "openai", "mode": "chat",
    "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-05}}',
    'LiteLLM', '2025-11-01') AS i;

-- Langfuse's definitions.
SELECT i.* FROM import_model_prices('[
  {"id": "a", "modelName": "gpt-4o", "matchPattern": "(?i)^(openai/)?(gpt-4o)$",
   "tokenizerId": "openai", "pricingTiers": [
     {"name": "Standard", "isDefault": true, "priority": 0, "conditions": [],
      "prices": {"input": 2.5e-06, "input_cached_tokens": 1.25e-06, "input_cache_read": 1.25e-06,
                 "output": 0.00001}},
     {"name": "Fast mode", "isDefault": false, "priority": 1,
      "conditions": [{"parameter": "service_tier", "operator": "in", "value": ["fast"]}],
      "prices": {"input": 4.25e-06, "output": 1.7e-05}}]},
  {"id": "b", "modelName": "claude-sonnet-4-20250514", "pricingTiers": [
     {"name": "Standard", "isDefault": true, "prices": {"input": 3e-06, "input_tokens": 3e-06,
      "output": 1.5e-05, "input_cache_creation": 3.75e-06, "cache_read_input_tokens": 3e-07}},
     {"name": "Large Context", "isDefault": false, "priority": 1, "conditions":
      [{"usageDetailPattern": "(input|prompt|cached)", "operator": "gt", "value": 200000}],
      "prices": {"input": 7e-06, "output": 2.25e-05, "input_cache_read": 6e-07}},
     {"name": "Long answer", "conditions":
      [{"usageDetailPattern": "^output", "operator": "gt", "value": 1000}], "prices": {}},
     {"name": "Both", "conditions":
      [{"usageDetailPattern": "input", "operator": "gt", "value": 1000},
       {"usageDetailPattern": "input", "operator": "gt", "value": 2000}], "prices": {}}]},
  {"id": "c", "modelName": "gpt-4", "prices": {"input": 3e-05, "output": 6e-05}},
  {"id": "d", "modelName": "gpt-4", "prices": {"input": 1e-05, "output": 1e-05}},
  {"id": "e", "modelName": "text-ada-001", "prices": {"total": 4e-06}},
  {"id": "f", "prices": {"input": 1e-05, "output": 1e-05}},
  null]', 'Langfuse', '2026-01-01') AS i;
SELECT model, above_input_tokens AS above, input_per_million AS input,
       cached_input_per_million AS cached, cache_write_per_million AS write,
       output_per_million AS output
FROM llm_model_prices WHERE source = 'Langfuse' ORDER BY 1, 2;

-- Entries that cannot be used: each with its reason, the others are imported.
INSERT INTO llm_models (name, server)
SELECT 'm' || g, 'local' FROM generate_series(1, 16) g;
SELECT i.entry, i.action, i.reason FROM import_model_prices('{
  "m1": {"mode": "chat", "input_cost_per_token": -1e-06, "output_cost_per_token": 1e-06},
  "m2": {"mode": "chat", "input_cost_per_token": 1e-06},
  "m3": {"mode": "chat", "output_cost_per_token": 1e-06},
  "m4": {"mode": "chat", "input_cost_per_token": "1e-06", "output_cost_per_token": 1e-06},
  "m5": {"mode": "chat", "input_cost_per_token": 1.234567891e-06, "output_cost_per_token": 1e-06},
  "m6": {"mode": "chat", "input_cost_per_token": 1.23456789e-06, "output_cost_per_token": 1e-14},
  "m7": {"mode": "chat", "input_cost_per_token": 0.99999999999999, "output_cost_per_token": 0},
  "m8": {"mode": "chat", "input_cost_per_token": 0.15, "output_cost_per_token": 1},
  "m9": {"mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e131000},
  "m10": {"mode": "chat", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
  "m11": {"mode": "chat"},
  "m12": {"input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
  "m13": {"mode": "completion", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
  "m14": [1],
  "m15": {"mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06,
          "cache_read_input_token_cost": true, "input_cost_per_token_batches": 1e-07},
  "m16": {"mode": "chat", "input_cost_per_token": 1e-400, "output_cost_per_token": 1e-06},
  "": {"mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
  "two\nlines": {"mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
  "nowhere/x": {"litellm_provider": "nowhere", "mode": "chat", "input_cost_per_token": 1e-06,
                "output_cost_per_token": 1e-06},
  "unpriced": {"litellm_provider": "local", "mode": "chat"}
}', 'test', '2026-01-01', true) AS i ORDER BY length(i.entry), i.entry;
SELECT model, input_per_million, output_per_million FROM llm_model_prices
WHERE source = 'test' ORDER BY model;
SELECT name FROM llm_models WHERE name IN ('', 'unpriced', 'nowhere/x');

-- No list at all.
SELECT count(*) FROM import_model_prices('{}', 'x');
SELECT count(*) FROM import_model_prices('[]', 'x');
SELECT entry, action, reason FROM import_model_prices('[1, "x", []]', 'x');
SELECT import_model_prices('1', 'x');
SELECT import_model_prices('"gpt-4o"', 'x');
SELECT import_model_prices('null', 'x');
SELECT import_model_prices(NULL, 'x');
SELECT import_model_prices('{}', NULL);
SELECT import_model_prices('{}', ' ');
SELECT import_model_prices('{}', 'x', 'infinity');
SELECT import_model_prices('{}', 'x', NULL);

-- Who may: whoever may write the tables.
CREATE ROLE regress_llmw_prices;
SET ROLE regress_llmw_prices;
SELECT resolve_model_name('openai/gpt-4o');
SELECT import_model_prices('{"gpt-4o": {"mode": "chat"}}', 'x');
RESET ROLE;
GRANT SELECT, INSERT ON llm_model_prices TO regress_llmw_prices;
SET ROLE regress_llmw_prices;
SELECT action FROM import_model_prices('{"gpt-4": {"mode": "chat", "input_cost_per_token": 2.9e-05,
    "output_cost_per_token": 6e-05}}', 'x', '2026-02-01');
SELECT action FROM import_model_prices('{"new": {"mode": "chat", "litellm_provider": "openai",
    "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06}}', 'x', '2026-02-01', true);
RESET ROLE;

DROP TABLE lists;
DROP EXTENSION llm_workflow;
DROP ROLE regress_llmw_prices;
