-- The cluster of the benchmark: servers at the simulated providers, a model that answers after
-- 500 ms, a table for the price of a commit, and rows for token_cost().
-- Variables: url (of the simulator), capture_url, rows (for token_cost).
\set ON_ERROR_STOP on
\set at_once :url '/v1'
\set delayed :url '/d/500/v1'
\set delayed_2s :url '/d/2000/v1'
\set capture :capture_url '/v1'
CREATE EXTENSION llm_workflow;
CREATE SERVER sim_at_once FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url :'at_once');
CREATE SERVER sim_delayed FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url :'delayed');
CREATE SERVER sim_delayed_2s FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url :'delayed_2s');
CREATE SERVER capture FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url :'capture');
CREATE USER MAPPING FOR PUBLIC SERVER sim_at_once OPTIONS (api_key 'bench');
CREATE USER MAPPING FOR PUBLIC SERVER sim_delayed OPTIONS (api_key 'bench');
CREATE USER MAPPING FOR PUBLIC SERVER sim_delayed_2s OPTIONS (api_key 'bench');
CREATE USER MAPPING FOR PUBLIC SERVER capture OPTIONS (api_key 'bench');

INSERT INTO llm_models (name, server, remote_name, context_window, max_output_tokens)
SELECT t.name, t.server, 'gpt-4o-mini', context_window, max_output_tokens
  FROM llm_models m,
       (VALUES ('at-once', 'sim_at_once'), ('delayed', 'sim_delayed'),
               ('delayed-2s', 'sim_delayed_2s'), ('captured', 'capture'))
           AS t (name, server)
 WHERE m.name = 'gpt-4o-mini';
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
SELECT t.name, '2024-01-01', 0.15, 0.60
  FROM (VALUES ('at-once'), ('delayed'), ('delayed-2s'), ('captured')) AS t (name);

CREATE TABLE one_row_a_commit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, details text);

CREATE UNLOGGED TABLE usage_rows AS
SELECT 'gpt-4o-mini'::text AS model, (100 + i % 4000)::bigint AS input_tokens,
       (50 + i % 3000)::bigint AS output_tokens
  FROM generate_series(1, :rows) AS i;
VACUUM ANALYZE usage_rows;
