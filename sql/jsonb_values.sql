-- What the extension makes of JSON text is the jsonb value that PostgreSQL makes of it: for the same text the same
-- print, hash and size.
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;

CREATE FUNCTION is_same(input text) RETURNS boolean LANGUAGE sql AS $$
SELECT extract_json(input)::text = input::jsonb::text AND jsonb_hash(extract_json(input)) = jsonb_hash(input::jsonb)
   AND pg_column_size(extract_json(input)) = pg_column_size(input::jsonb)
$$;

SELECT input, is_same(input) FROM unnest(ARRAY[
    '{}', '[]', '[[],{}]', '{"a":{},"b":[{"c":null}]}',
    '[0,-0,0.0,1.0,1.50,1e5,1E-7,-12.5e+3,123456789012345678901234567890]',
    '{"bb":1,"a":2,"c":true,"":"","aa":false}',
    '{"k\u00e9y":"a\"b\\c\/d\b\f\n\r\t\u00e4\ud83d\ude00ü😀"}',
    ' { "a" : [ true , null , "x" ] } ']) AS input;

-- Many sizes and shapes.
SELECT count(*), bool_and(is_same(document::text))
FROM generate_series(1, 2000) AS i,
     LATERAL (SELECT jsonb_build_object(
         'number', i * 10.0 ^ (i % 30 - 15),
         'text', md5(i::text) || chr(34) || chr(10) || repeat(chr(200 + i), i % 7),
         'list', (SELECT jsonb_agg(n * 1.5) FROM generate_series(1, i % 40) AS n),
         md5(i::text), jsonb_build_object('long', repeat('y', i), 'flag', i % 2 = 0, 'nothing', NULL)) AS document) AS d;

DROP FUNCTION is_same;
DROP EXTENSION llm_workflow;
