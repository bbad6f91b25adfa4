-- preview_workflow(): the tokens and the worst-case cost of a request that is not made.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions() > 0 AS made;

-- Models whose tokens are known: " hello" is one token of o200k_base. 1 USD a million in, 10 out.
CREATE FUNCTION hello(tokens int) RETURNS text LANGUAGE sql IMMUTABLE RETURN repeat(' hello', tokens);
INSERT INTO llm_models (name, server, context_window, max_output_tokens, tokenizer)
VALUES ('first', 'local', 8000, 4000, 'o200k_base'), ('second', 'local', 2000, NULL, 'claude'),
       ('unpriced', 'openai', NULL, NULL, NULL);
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('first', '2025-01-01', 1, 10), ('second', '2025-01-01', 1, 10);
SELECT create_workflow_format('mine', 'Answer.', '{"type": "object"}', max_output_tokens => 3000);
SET llm_workflow.primary_model = 'first';
SET llm_workflow.fallback_models = 'second, unpriced, builtin-draft';

-- A row for each model, in order. The cost is that of the tokens, or more where the rule of thumb says so.
SELECT "position", asked_model, server, input_exact, answer_tokens, worst_case_cost_usd IS NULL AS unpriced, obstacle
FROM preview_workflow(hello(1000), format => 'mine');
SELECT asked_model, input_tokens BETWEEN 1000 AND 1200 AS is_counted,
       worst_case_cost_usd BETWEEN token_cost(asked_model, input_tokens, answer_tokens)
                               AND token_cost(asked_model, 2 * input_tokens, answer_tokens) AS is_bounded
FROM preview_workflow(hello(1000), format => 'mine') WHERE "position" = 1;

-- What the caller and the settings say.
SELECT asked_model, answer_tokens FROM preview_workflow('Pack', format => 'mine', max_output_tokens => 100);
SELECT asked_model FROM preview_workflow('Pack', model => 'unpriced', complexity => 'low');
SET llm_workflow.enable_fallback = off;
SELECT asked_model FROM preview_workflow('Pack', complexity => 'low');
SELECT asked_model, answer_tokens FROM preview_workflow('Pack', format => 'mine');
SELECT with_services.input_tokens > without.input_tokens AS services_count
FROM preview_workflow('Pack', ARRAY['google-mail', 'slack'], 'mine') AS with_services,
     preview_workflow('Pack', format => 'mine') AS without;
-- The learned rules of the category are sent too.
INSERT INTO llm_rules (rule, category, text) VALUES ('R1', 'mail', 'Every step names the mailbox that it reads.');
SELECT with_rule.input_tokens - without.input_tokens = count_tokens(rule_legend('mail')) AS legend_counts
FROM preview_workflow('Pack', format => 'mine', category => 'mail') AS with_rule,
     preview_workflow('Pack', format => 'mine') AS without;
-- A draft costs nothing, and is of one format.
SELECT count(*) FROM preview_workflow('Pack', format => 'mine', agent => 'nobody in particular');
SET llm_workflow.primary_model = 'builtin-draft';
SELECT * FROM preview_workflow('Pack', format => 'pilot');
SELECT * FROM preview_workflow('Pack', format => 'mine');

-- Nothing was written, and what is wrong is said as submit_workflow() says it.
SELECT count(*) FROM workflow_requests;
SELECT count(*) FROM workflow_jobs;
SELECT * FROM preview_workflow(NULL);
SELECT * FROM preview_workflow('  ');
SELECT * FROM preview_workflow('Pack', format => 'none');
SELECT * FROM preview_workflow('Pack', max_output_tokens => 0);
SET llm_workflow.primary_model = 'none';
SELECT * FROM preview_workflow('Pack');

-- Everybody may ask, of models on servers that they may use.
CREATE ROLE regress_preview;
SET llm_workflow.primary_model = 'builtin-draft';
SET llm_workflow.fallback_models = 'gpt-4o-mini';
SET llm_workflow.enable_fallback = on;
SET ROLE regress_preview;
SELECT asked_model, obstacle FROM preview_workflow('Pack');
SET llm_workflow.primary_model = 'gpt-4o-mini';
SELECT asked_model, obstacle FROM preview_workflow('Pack');
RESET ROLE;
DROP ROLE regress_preview;
DROP FUNCTION hello(int);
DROP EXTENSION llm_workflow;
