-- Prices from the lists that others keep: LiteLLM's map and Langfuse's model definitions.
--
-- Both give USD for one token as JSON numbers. These go from their text to numeric and never through
-- a double: 1.5e-07 is 0.15 a million. What is read and what is skipped: docs/prices.md.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_litellm_rates(
    entry jsonb,
    OUT service_tier text,
    OUT above_input_tokens bigint,
    OUT kind text,
    OUT usd_per_token jsonb,
    OUT fault text
) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 8
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE part[3] WHEN 'batches' THEN 'batch' ELSE coalesce(part[3], 'standard') END,
       coalesce(part[2]::bigint * 1000, 0),
       CASE part[1] WHEN 'input_cost_per_token' THEN 'input'
                    WHEN 'output_cost_per_token' THEN 'output'
                    WHEN 'cache_read_input_token_cost' THEN 'cached input'
                    ELSE 'cache write' END,
       field.value,
       NULL
FROM jsonb_each(entry) AS field,
     regexp_match(field.key, '^(input_cost_per_token|output_cost_per_token|'
                             'cache_read_input_token_cost|cache_creation_input_token_cost)'
                             '(?:_above_([0-9]{1,9})k_tokens)?(?:_(batches|flex|priority))?$')
         AS part
WHERE part IS NOT NULL AND field.value <> 'null'
$$;
COMMENT ON FUNCTION @extschema@.llmw_litellm_rates(jsonb) IS
    'The rates in an entry of LiteLLM''s map, one a row.';

CREATE FUNCTION @extschema@.llmw_langfuse_rates(
    definition jsonb,
    OUT service_tier text,
    OUT above_input_tokens bigint,
    OUT kind text,
    OUT usd_per_token jsonb,
    OUT fault text
) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 8
    SET search_path = pg_catalog, pg_temp
AS $$
WITH tiers AS (
    SELECT tier ->> 'name' AS name, tier -> 'prices' AS prices,
           CASE WHEN tier -> 'isDefault' = 'true' THEN 0
                WHEN condition ->> 'operator' = 'gt'
                     AND condition ->> 'usageDetailPattern' LIKE '%input%'
                     AND condition ->> 'usageDetailPattern' NOT LIKE '%output%'
                     AND condition ->> 'value' ~ '^[1-9][0-9]{0,8}$'
                     AND tier #> '{conditions,1}' IS NULL
                    THEN (condition ->> 'value')::bigint
           END AS threshold
    FROM jsonb_path_query(definition, '$.pricingTiers[*]') AS tier,
         LATERAL (SELECT tier #> '{conditions,0}' AS condition) AS first
    UNION ALL
    SELECT NULL, definition -> 'prices', 0 WHERE NOT definition ? 'pricingTiers'
)
-- Langfuse gives one kind of token under several names, at one price.
(SELECT DISTINCT ON (t.threshold, known.kind)
        'standard', t.threshold, known.kind, price.value, NULL
 FROM tiers t
 CROSS JOIN jsonb_each(CASE jsonb_typeof(t.prices) WHEN 'object' THEN t.prices END) AS price
 JOIN (VALUES ('input', 'input', 1), ('input_tokens', 'input', 2),
              ('output', 'output', 1), ('output_tokens', 'output', 2),
              ('input_cached_tokens', 'cached input', 1), ('input_cache_read', 'cached input', 2),
              ('cache_read_input_tokens', 'cached input', 3),
              ('input_cache_creation', 'cache write', 1),
              ('cache_creation_input_tokens', 'cache write', 2),
              ('input_cache_creation_5m', 'cache write', 3)) AS known (name, kind, place)
   ON known.name = price.key
 WHERE t.threshold IS NOT NULL AND price.value <> 'null'
 ORDER BY t.threshold, known.kind, known.place)
UNION ALL
SELECT NULL, NULL, NULL, NULL,
       format('tier "%s" depends on more than the number of input tokens', name)
FROM tiers WHERE threshold IS NULL
$$;
COMMENT ON FUNCTION @extschema@.llmw_langfuse_rates(jsonb) IS
    'The rates in a model definition of Langfuse, one a row.';

CREATE FUNCTION @extschema@.llmw_listed_prices(
    definition jsonb,
    OUT service_tier text,
    OUT above_input_tokens bigint,
    OUT input numeric,
    OUT cached_input numeric,
    OUT cache_write numeric,
    OUT output numeric,
    OUT fault text
) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 2
    SET search_path = pg_catalog, pg_temp
AS $$
WITH rates AS MATERIALIZED (
    SELECT * FROM @extschema@.llmw_litellm_rates(definition) WHERE NOT definition ? 'modelName'
    UNION ALL
    SELECT * FROM @extschema@.llmw_langfuse_rates(definition) WHERE definition ? 'modelName'
), readable AS MATERIALIZED (
    -- Numbers from 1 on are not multiplied: the product may be more than numeric can hold.
    SELECT service_tier, above_input_tokens, kind,
           CASE WHEN number >= 0 AND number < 1 THEN trim_scale(number * 1000000) END
               AS usd_per_million,
           CASE WHEN number IS NULL THEN format('the price of %s is not a number', kind)
                WHEN number < 0 THEN format('the price of %s is negative', kind)
                WHEN number >= 1 THEN format('the price of %s is 1 USD a token or more', kind)
                WHEN scale(trim_scale(number)) > 14
                    THEN format('the price of %s a million has more than 8 decimals', kind)
           END AS fault
    FROM rates, LATERAL (
        SELECT CASE jsonb_typeof(usd_per_token) WHEN 'number' THEN usd_per_token::numeric END
    ) AS read (number)
    WHERE rates.fault IS NULL
), prices AS (
    -- A rate that a tier lacks is that of the tier below it, as LiteLLM has it.
    SELECT tier.service_tier, tier.above_input_tokens,
           min(usd_per_million) FILTER (WHERE kind = 'input') AS input,
           min(usd_per_million) FILTER (WHERE kind = 'cached input') AS cached_input,
           min(usd_per_million) FILTER (WHERE kind = 'cache write') AS cache_write,
           min(usd_per_million) FILTER (WHERE kind = 'output') AS output,
           min(nearest.fault) AS fault
    FROM (SELECT DISTINCT service_tier, above_input_tokens FROM readable
          WHERE kind IN ('input', 'output')) AS tier
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (r.kind) r.kind, r.usd_per_million, r.fault FROM readable r
        WHERE r.service_tier IN (tier.service_tier, 'standard')
          AND r.above_input_tokens IN (tier.above_input_tokens, 0)
        ORDER BY r.kind, r.service_tier = tier.service_tier DESC, r.above_input_tokens DESC
    ) AS nearest
    GROUP BY tier.service_tier, tier.above_input_tokens
)
SELECT service_tier, above_input_tokens, input, cached_input, cache_write, output,
       CASE WHEN fault IS NOT NULL THEN fault
            WHEN input IS NULL THEN 'it has no price of input'
            WHEN output IS NULL THEN 'it has no price of output'
            WHEN input = 0 AND output = 0
                THEN 'it costs nothing, which may mean that the price is not known'
       END
FROM prices
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, fault FROM rates WHERE fault IS NOT NULL
$$;
COMMENT ON FUNCTION @extschema@.llmw_listed_prices(jsonb) IS
    'The prices in USD a million in an entry of LiteLLM''s map or a definition of Langfuse; fault '
    'tells why one cannot be used.';

CREATE FUNCTION @extschema@.llmw_price_entries(
    prices jsonb,
    OUT entry text,
    OUT definition jsonb,
    OUT model text,
    OUT server name,
    OUT fault text,
    OUT taken_from text
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
WITH entries AS (
    SELECT key AS entry, value AS definition, 0 AS place,
           CASE WHEN key = '' OR key ~ '[[:cntrl:]]' THEN 'no model can have that name'
                WHEN jsonb_typeof(value) <> 'object' THEN 'it is not an object'
                WHEN value ->> 'mode' IS NULL THEN 'it has no mode'
                WHEN value ->> 'mode' <> 'chat'
                    THEN format('its mode is "%s", not "chat"', value ->> 'mode')
           END AS fault
    FROM jsonb_each(CASE jsonb_typeof(prices) WHEN 'object' THEN prices END)
    UNION ALL
    SELECT value ->> 'modelName', value, ordinality,
           CASE WHEN jsonb_typeof(value -> 'modelName') IS DISTINCT FROM 'string'
               THEN 'it has no modelName' END
    FROM jsonb_array_elements(CASE jsonb_typeof(prices) WHEN 'array' THEN prices END)
        WITH ORDINALITY
), resolved AS (
    SELECT e.*, found.model,
           CASE WHEN e.fault IS NULL THEN found.model END AS wanted_for,
           CASE WHEN found.model = e.entry THEN 0
                WHEN right(e.entry, length(found.model) + 1) = '/' || found.model THEN 1
                ELSE 2 END AS distance,
           translate(substring(e.entry FROM '[0-9]{4}-?[0-9]{2}-?[0-9]{2}$'), '-', '') AS date
    FROM entries e, @extschema@.resolve_model_name(e.entry) AS found (model)
)
-- The price of a model is taken from the entry with the nearest name; of two dates from the later.
SELECT entry, definition, model, s.srvname, fault,
       CASE WHEN wanted_for IS NOT NULL AND row_number() OVER nearest > 1
           THEN first_value(entry) OVER nearest END
FROM resolved
LEFT JOIN (pg_foreign_server s
           JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw AND w.fdwname = 'llm_provider')
       ON s.srvname = definition ->> 'litellm_provider'
WINDOW nearest AS (PARTITION BY wanted_for ORDER BY distance, date DESC NULLS LAST, place, entry)
$$;
COMMENT ON FUNCTION @extschema@.llmw_price_entries(jsonb) IS
    'The entries of a price list with the model that each is for and its server. fault tells why one cannot be '
    'used, taken_from which other entry has the price of the model.';

CREATE FUNCTION @extschema@.llmw_token_limit(value jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE WHEN jsonb_typeof(value) = 'number' AND value::text ~ '^[1-9][0-9]{0,11}$'
           THEN value::bigint END
$$;
COMMENT ON FUNCTION @extschema@.llmw_token_limit(jsonb) IS
    'A limit in a price list, NULL unless it is a number of tokens.';

CREATE FUNCTION @extschema@.import_model_prices(
    prices jsonb,
    source text,
    effective_from timestamptz DEFAULT now(),
    add_models boolean DEFAULT false
) RETURNS TABLE (
    entry text,
    model text,
    service_tier text,
    above_input_tokens bigint,
    action text,
    reason text
)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE CALLED ON NULL INPUT COST 10000 ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF prices IS NULL OR source IS NULL OR effective_from IS NULL OR add_models IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'no argument of import_model_prices() may be NULL';
    END IF;
    IF source !~ '[^[:space:]]' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'source must not be empty',
            HINT = 'It is kept with each price, so that one can tell where the price was read.';
    END IF;
    IF NOT isfinite(effective_from) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'effective_from must be finite';
    END IF;
    IF jsonb_typeof(prices) NOT IN ('object', 'array') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'prices is neither an object nor an array',
            HINT = 'LiteLLM''s map is an object, the model definitions of Langfuse are an array.';
    END IF;
    -- Below, an entry that is not to be read is NULL to the strict function that would read it: the
    -- order in which conditions are tried is the planner's.
    -- Two imports at once would both find a price changed and both write it.
    PERFORM pg_advisory_xact_lock('@extschema@.llm_model_prices'::regclass::oid::bigint);

    IF add_models THEN
        INSERT INTO @extschema@.llm_models
            (name, server, remote_name, context_window, max_output_tokens)
        SELECT e.entry, e.server,
               CASE WHEN starts_with(e.entry, e.server || '/')
                   THEN nullif(substr(e.entry, length(e.server) + 2), '') END,
               @extschema@.llmw_token_limit(e.definition -> 'max_input_tokens'),
               @extschema@.llmw_token_limit(coalesce(e.definition -> 'max_output_tokens',
                                                     e.definition -> 'max_tokens'))
        FROM @extschema@.llmw_price_entries(prices) e
        WHERE EXISTS (
            SELECT FROM @extschema@.llmw_listed_prices(
                CASE WHEN e.fault IS NULL AND e.server IS NOT NULL
                          AND (e.model IS NULL OR e.taken_from IS NOT NULL)
                    THEN e.definition END) p
            WHERE p.fault IS NULL);
    END IF;

    RETURN QUERY
    WITH entries AS MATERIALIZED (
        SELECT * FROM @extschema@.llmw_price_entries(prices)
    ), listed AS MATERIALIZED (
        SELECT e.entry, e.model, p.service_tier, p.above_input_tokens, p.input, p.cached_input,
               p.cache_write, p.output,
               CASE WHEN e.fault IS NOT NULL THEN e.fault
                    WHEN e.model IS NULL AND NOT add_models THEN 'llm_models has no such model'
                    WHEN e.model IS NULL AND e.definition ->> 'litellm_provider' IS NULL
                        THEN 'llm_models has no such model, and it names no server'
                    WHEN e.model IS NULL AND e.server IS NULL
                        THEN format('there is no server "%s"',
                                    e.definition ->> 'litellm_provider')
                    WHEN e.taken_from IS NOT NULL
                        THEN format('the price is taken from "%s"', e.taken_from)
                    WHEN p.fault IS NOT NULL THEN p.fault
                    WHEN p.service_tier IS NULL THEN 'it has no price of a token'
               END AS fault
        FROM entries e
        LEFT JOIN LATERAL @extschema@.llmw_listed_prices(
            CASE WHEN e.fault IS NULL AND e.taken_from IS NULL
                      AND (e.model IS NOT NULL OR add_models AND e.server IS NOT NULL)
                THEN e.definition END) p ON true
    ), compared AS MATERIALIZED (
        SELECT l.entry, l.model, l.service_tier, l.above_input_tokens, l.input, l.cached_input,
               l.cache_write, l.output,
               CASE WHEN l.fault IS NOT NULL THEN 'skipped'
                    WHEN old.effective_from IS NULL THEN 'added'
                    WHEN change = '' THEN 'unchanged'
                    WHEN old.effective_from = import_model_prices.effective_from THEN 'skipped'
                    ELSE 'changed'
               END AS action,
               CASE WHEN l.fault IS NOT NULL THEN l.fault
                    WHEN old.effective_from = import_model_prices.effective_from AND change <> ''
                        THEN format('a price from %s on is there already: %s',
                                    old.effective_from, change)
                    ELSE nullif(change, '')
               END AS reason
        FROM listed l
        LEFT JOIN LATERAL (
            SELECT p.effective_from, p.input_per_million, p.output_per_million,
                   coalesce(p.cached_input_per_million, p.input_per_million) AS cached_input,
                   coalesce(p.cache_write_per_million, p.input_per_million) AS cache_write
            FROM @extschema@.llm_model_prices p
            WHERE p.model = l.model AND p.service_tier = l.service_tier
              AND p.above_input_tokens = l.above_input_tokens
              AND p.effective_from <= import_model_prices.effective_from
            ORDER BY p.effective_from DESC LIMIT 1
        ) AS old ON l.fault IS NULL
        LEFT JOIN LATERAL (
            SELECT coalesce(string_agg(format('%s %s to %s', kind, trim_scale(before),
                                              trim_scale(after)), ', ' ORDER BY place), '')
            FROM (VALUES
                (1, 'input', old.input_per_million, l.input),
                (2, 'cached input', old.cached_input, coalesce(l.cached_input, l.input)),
                (3, 'cache write', old.cache_write, coalesce(l.cache_write, l.input)),
                (4, 'output', old.output_per_million, l.output)
            ) AS rate (place, kind, before, after)
            WHERE before <> after
        ) AS difference (change) ON true
    ), written AS (
        INSERT INTO @extschema@.llm_model_prices
            (model, effective_from, service_tier, above_input_tokens, input_per_million,
             cached_input_per_million, cache_write_per_million, output_per_million, source)
        SELECT c.model, import_model_prices.effective_from, c.service_tier, c.above_input_tokens,
               c.input, c.cached_input, c.cache_write, c.output, import_model_prices.source
        FROM compared c WHERE c.action IN ('added', 'changed')
    )
    SELECT c.entry, c.model, c.service_tier, c.above_input_tokens, c.action, c.reason
    FROM compared c
    UNION ALL
    SELECT DISTINCT e.entry, p.model, p.service_tier, p.above_input_tokens, 'unchanged',
           'it is not in the list and stays in force'
    FROM entries e JOIN @extschema@.llm_model_prices p ON p.model = e.model
    WHERE e.fault IS NULL AND e.taken_from IS NULL
      AND p.effective_from <= import_model_prices.effective_from
      AND NOT EXISTS (SELECT FROM listed l
                      WHERE l.entry = e.entry AND l.service_tier = p.service_tier
                        AND l.above_input_tokens = p.above_input_tokens)
    ORDER BY 1, 3, 4;
END
$$;
COMMENT ON FUNCTION @extschema@.import_model_prices(jsonb, text, timestamptz, boolean) IS
    'Reads prices from LiteLLM''s map or the model definitions of Langfuse and adds a dated row for '
    'each that is new or has changed. Tells for each entry what was done: added, changed, '
    'unchanged or skipped, and why. Needs SELECT and INSERT on llm_model_prices; with add_models '
    'INSERT and UPDATE on llm_models as well.';
