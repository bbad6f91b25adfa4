-- Tokens of texts in SQL: the functions, their labels, and that they never fail on a text.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;

-- Figures of the reference (npm tiktoken; for tekken with its own ranks). Unaligned: versions of psql
-- differ in how wide an emoji is.
\pset format unaligned
SELECT text, encode_tokens(text) AS o200k, encode_tokens(text, 'cl100k_base') AS cl100k,
       encode_tokens(text, 'tekken') AS tekken
FROM (VALUES ('hello world'), ('They''LL pay 12345.67 €'), (E'a  b\n\n  c'), ('<|endoftext|>'),
             ('Привет, мир'), ('👩‍👩‍👧'), ('你好，世界'), ('')) AS t (text);
\pset format aligned
SELECT encode_tokens('same', 'o200k_harmony') = encode_tokens('same') AS same;

-- By model: exact, by its encoding.
SELECT model, count_tokens('Straße und Häuser: 12345, naïve!', model)
FROM unnest(ARRAY['gpt-4o-mini', 'gpt-4', 'openai/gpt-oss-20b']) AS model;
SELECT count_tokens('hello world'), count_tokens('hello world', NULL);
SET llm_workflow.primary_model = 'gpt-4';
SELECT count_tokens('Привет, мир') = cardinality(encode_tokens('Привет, мир', 'cl100k_base')) AS primary;
RESET llm_workflow.primary_model;
-- An estimate where the tokenizer is not public.
SELECT count_tokens('hello world', 'claude-sonnet-4') BETWEEN 2 AND 4 AS plausible;

-- NULL, empty, unknown.
SELECT count_tokens(NULL), count_tokens(NULL, 'no-such-model'), count_tokens(''),
       truncate_to_tokens(NULL, 1), truncate_to_tokens('x', NULL), encode_tokens(NULL),
       encode_tokens('x', NULL), encode_tokens(''), decode_tokens('{}'), decode_tokens(NULL);
SELECT count_tokens('x', 'no-such-model');
SELECT count_tokens('x', '');
SELECT truncate_to_tokens('x', 1, 'no-such-model');
SELECT truncate_to_tokens('x', -1);
SELECT encode_tokens('x', 'p50k_base');
SELECT decode_tokens('{1}', 'p50k_base');
SELECT decode_tokens('{1,NULL}');
SELECT decode_tokens('{24912,199999}');
SELECT decode_tokens('{-1}');
SELECT decode_tokens('{999}', 'tekken');

-- Back again; tokens may be a part of a character, and no text has a zero byte.
SELECT bool_and(decode_tokens(encode_tokens(text, encoding), encoding) = text) AS same
FROM unnest(ARRAY['o200k_base', 'cl100k_base', 'tekken']) AS encoding,
     (SELECT string_agg(chr(i), CASE WHEN i % 3 = 0 THEN 'a' ELSE '' END) AS text
      FROM generate_series(1, 70000) AS i WHERE i NOT BETWEEN 55296 AND 57343) AS all_characters;
SELECT decode_tokens((encode_tokens('👩‍👩‍👧'))[:1]), decode_tokens(ARRAY[188]) = U&'\FFFD' AS zero_byte;

-- Cutting: never more than asked for, never a part of a character, and no more cut than needed.
SELECT n, truncate_to_tokens('The quick brown fox jumps over the lazy dog', n, 'gpt-4o')
FROM generate_series(0, 10, 2) AS n;
SELECT n, truncate_to_tokens('👩‍👩‍👧 漢字かな', n, 'gpt-4') FROM generate_series(0, 12, 3) AS n;
WITH texts (text) AS (VALUES
    ('It''s  a   test,  they''LL   see: 1234567890  '), (E' \n\n\t x  \n y'), ('ŒUVRES naïves de Łódź'),
    ('ไทย नमस्ते 안녕하세요 👍🏽'), (repeat('ab ', 50)), (repeat(' ', 200) || 'x'), (repeat('字', 100))
), cut AS (
    SELECT text, n, model, truncate_to_tokens(text, n, model) AS cut
    FROM texts, generate_series(0, 40) AS n, unnest(ARRAY['gpt-4o', 'gpt-4', 'claude-sonnet-4']) AS model
)
SELECT bool_and(starts_with(text, cut)) AS beginning,
       bool_and(count_tokens(cut, model) <= n) AS within,
       bool_and(cut = text OR model LIKE 'claude%'
                OR count_tokens(left(text, length(cut) + 1), model) > n) AS no_longer,
       bool_and(cut = text OR count_tokens(text, model) > n) AS whole_if_it_fits
FROM cut;

-- One unbroken piece of 300,000 characters.
SELECT count_tokens(repeat('a', 300000), 'gpt-4o'), count_tokens(repeat(' ', 300000), 'gpt-4o'),
       count_tokens(repeat('漢', 300000), 'gpt-4'), length(truncate_to_tokens(repeat('a', 300000), 1000, 'gpt-4o'));

-- Everyone may count; what the labels say holds.
SELECT proname, provolatile, proparallel, proisstrict
FROM pg_proc WHERE proname IN ('count_tokens', 'truncate_to_tokens', 'encode_tokens', 'decode_tokens')
ORDER BY proname;
CREATE ROLE regress_llmw_counter;
SET ROLE regress_llmw_counter;
SELECT count_tokens('hello world'), truncate_to_tokens('hello world', 1), encode_tokens('hello'),
       decode_tokens('{24912}');
RESET ROLE;
DROP ROLE regress_llmw_counter;

-- In workers of a parallel statement.
CREATE TABLE many AS SELECT repeat('Order no. ' || g || ' ships tomorrow. ', 3) AS body
FROM generate_series(1, 5000) AS g;
ANALYZE many;
SET parallel_setup_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT sum(count_tokens(body, 'gpt-4o-mini')) FROM many;
SELECT sum(count_tokens(body, 'gpt-4o-mini')) AS parallel FROM many;
SET max_parallel_workers_per_gather = 0;
SELECT sum(count_tokens(body, 'gpt-4o-mini')) AS alone FROM many;
SELECT sum(cardinality(encode_tokens(body))) AS encoded FROM many;
DROP TABLE many;

-- Another tokenizer of a model counts at once.
INSERT INTO llm_models (name, server, tokenizer) VALUES ('mine', 'local', 'o200k_base');
SELECT count_tokens('Привет, мир', 'mine') AS o200k;
UPDATE llm_models SET tokenizer = 'tekken' WHERE name = 'mine';
SELECT count_tokens('Привет, мир', 'mine') = cardinality(encode_tokens('Привет, мир', 'tekken')) AS tekken;

DROP EXTENSION llm_workflow;
