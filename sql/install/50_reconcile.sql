-- The ledger against what a provider says it served.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.llmw_usage_entries(
    usage jsonb,
    OUT place bigint,
    OUT entry jsonb
) RETURNS SETOF record
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entries jsonb := CASE jsonb_typeof(usage) WHEN 'array' THEN usage ELSE usage -> 'data' END;
BEGIN
    IF entries IS NULL OR jsonb_typeof(entries) <> 'array' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'usage is neither an array nor an object with an array "data"',
            HINT = 'Pass an array of calls, or the answer of the provider''s usage API as it is.';
    END IF;
    FOR place, entry IN
        SELECT e.ordinality, e.value FROM jsonb_array_elements(entries) WITH ORDINALITY e
    LOOP
        IF jsonb_typeof(entry) <> 'object' THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = format('entry %s of usage is not an object', place),
                DETAIL = format('It is %s.', left(entry::text, 100));
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_usage_entries(jsonb) IS
    'The entries of a usage export, numbered from 1. Used by reconcile_spend().';

-- The readers of one value: error 22023 for what is there and is not what it should be.

CREATE FUNCTION @extschema@.llmw_usage_error(place bigint, key text, value jsonb, expected text)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
        MESSAGE = format('"%s" in entry %s of usage is not %s', key, place, expected),
        DETAIL = coalesce('It is ' || left(value::text, 100) || '.', 'It is missing.');
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_usage_error(bigint, text, jsonb, text) IS
    'Raises the error 22023 about a value in a usage export.';

CREATE FUNCTION @extschema@.llmw_usage_count(place bigint, entry jsonb, key text, required boolean)
    RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    value jsonb := nullif(entry -> key, 'null');
BEGIN
    IF value IS NULL AND NOT required THEN
        RETURN NULL;
    END IF;
    IF jsonb_typeof(value) = 'number' AND value::numeric >= 0 AND value::numeric <= 1e15
       AND value::numeric = trunc(value::numeric) THEN
        RETURN value::numeric;
    END IF;
    PERFORM @extschema@.llmw_usage_error(place, key, value, 'a count');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_usage_count(bigint, jsonb, text, boolean) IS
    'A count in a usage export.';

CREATE FUNCTION @extschema@.llmw_usage_text(place bigint, entry jsonb, key text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    value jsonb := nullif(entry -> key, 'null');
BEGIN
    IF jsonb_typeof(value) <> 'string' THEN
        PERFORM @extschema@.llmw_usage_error(place, key, value, 'a string');
    END IF;
    RETURN nullif(value #>> '{}', '');
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_usage_text(bigint, jsonb, text) IS
    'A string in a usage export; NULL when it is missing or empty.';

CREATE FUNCTION @extschema@.llmw_usage_usd(place bigint, entry jsonb, key text) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    value jsonb := nullif(entry -> key, 'null');
BEGIN
    IF value IS NULL THEN
        RETURN NULL;
    END IF;
    IF value #>> '{}' ~ '^[0-9]{1,12}([.][0-9]{1,30})?$' AND jsonb_typeof(value) <> 'array' THEN
        RETURN (value #>> '{}')::numeric;
    END IF;
    PERFORM @extschema@.llmw_usage_error(place, key, value, 'an amount of USD');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_usage_usd(bigint, jsonb, text) IS
    'An amount in a usage export, a number or a string of one; NULL when it is missing.';

CREATE FUNCTION @extschema@.llmw_usage_time(place bigint, entry jsonb, key text, required boolean)
    RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO, YMD'
AS $$
DECLARE
    value jsonb := nullif(entry -> key, 'null');
BEGIN
    IF value IS NULL AND NOT required THEN
        RETURN NULL;
    END IF;
    IF jsonb_typeof(value) = 'number' AND value::numeric BETWEEN 0 AND 253402300799 THEN
        RETURN to_timestamp(value::float8);
    END IF;
    IF jsonb_typeof(value) = 'string' AND value #>> '{}' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' THEN
        BEGIN
            RETURN (value #>> '{}')::timestamptz;
        EXCEPTION WHEN data_exception THEN
            NULL;
        END;
    END IF;
    PERFORM @extschema@.llmw_usage_error(place, key, value,
                                         'a time: seconds since 1970, or ISO 8601');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_usage_time(bigint, jsonb, text, boolean) IS
    'A time in a usage export: seconds since 1970, or ISO 8601, in UTC unless it has a zone.';

CREATE FUNCTION @extschema@.llmw_usage_calls(
    usage jsonb,
    OUT place bigint,
    OUT ids text[],
    OUT model text,
    OUT input_tokens bigint,
    OUT output_tokens bigint,
    OUT cost_usd numeric,
    OUT created_at timestamptz
) RETURNS SETOF record
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entry jsonb;
BEGIN
    FOR place, entry IN
        SELECT e.place, e.entry FROM @extschema@.llmw_usage_entries(usage) e
        WHERE NOT e.entry ? 'results'
    LOOP
        ids := array_remove(ARRAY[
            @extschema@.llmw_usage_text(place, entry, 'client_request_id'),
            @extschema@.llmw_usage_text(place, entry, 'provider_request_id'),
            @extschema@.llmw_usage_text(place, entry, 'id')], NULL);
        IF ids = '{}' THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = format('entry %s of usage names no call', place),
                DETAIL = format('It is %s.', left(entry::text, 200)),
                HINT = 'A call has client_request_id, provider_request_id or id; a bucket has '
                       'results.';
        END IF;
        model := @extschema@.llmw_usage_text(place, entry, 'model');
        input_tokens := @extschema@.llmw_usage_count(place, entry, 'input_tokens', true);
        output_tokens := @extschema@.llmw_usage_count(place, entry, 'output_tokens', true);
        cost_usd := @extschema@.llmw_usage_usd(place, entry, 'cost_usd');
        created_at := @extschema@.llmw_usage_time(place, entry, 'created_at', false);
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_usage_calls(jsonb) IS
    'The entries of a usage export that are single calls; ids: the surest first.';

CREATE FUNCTION @extschema@.llmw_usage_buckets(
    usage jsonb,
    OUT place bigint,
    OUT starts_at timestamptz,
    OUT ends_at timestamptz,
    OUT models text[],
    OUT calls bigint[],
    OUT input_tokens bigint[],
    OUT output_tokens bigint[]
) RETURNS SETOF record
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entry jsonb;
    result jsonb;
BEGIN
    FOR place, entry IN
        SELECT e.place, e.entry FROM @extschema@.llmw_usage_entries(usage) e
        WHERE e.entry ? 'results'
    LOOP
        starts_at := @extschema@.llmw_usage_time(place, entry, 'start_time', true);
        ends_at := @extschema@.llmw_usage_time(place, entry, 'end_time', true);
        IF ends_at <= starts_at OR jsonb_typeof(entry -> 'results') <> 'array' THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = format('entry %s of usage is no bucket', place),
                DETAIL = 'A bucket has start_time before end_time and an array of results.';
        END IF;
        models := '{}';
        calls := '{}';
        input_tokens := '{}';
        output_tokens := '{}';
        FOR result IN SELECT r.value FROM jsonb_array_elements(entry -> 'results') r LOOP
            IF @extschema@.llmw_usage_text(place, result, 'model') IS NULL THEN
                RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                    MESSAGE = format('a result in entry %s of usage has no model', place),
                    HINT = 'Have the usage grouped by model: group_by=model.';
            END IF;
            models := models || @extschema@.llmw_usage_text(place, result, 'model');
            calls := calls
                     || @extschema@.llmw_usage_count(place, result, 'num_model_requests', false);
            input_tokens := input_tokens
                            || @extschema@.llmw_usage_count(place, result, 'input_tokens', true);
            output_tokens := output_tokens
                             || @extschema@.llmw_usage_count(place, result, 'output_tokens', true);
        END LOOP;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_usage_buckets(jsonb) IS
    'The entries of a usage export that are sums over a span of time, with a result by model.';

CREATE FUNCTION @extschema@.reconcile_spend(
    usage jsonb,
    server text DEFAULT NULL,
    since timestamptz DEFAULT NULL,
    until timestamptz DEFAULT NULL
) RETURNS TABLE (
    difference text,
    started_at timestamptz,
    model text,
    provider_request_id text,
    request_id uuid,
    call_id uuid,
    ledger_calls bigint,
    provider_calls bigint,
    ledger_input_tokens bigint,
    provider_input_tokens bigint,
    ledger_output_tokens bigint,
    provider_output_tokens bigint,
    ledger_cost_usd numeric,
    provider_cost_usd numeric,
    ledger_cost_source text
)
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000000 ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    the_server text := server;
    rounding CONSTANT numeric := 0.000001;  -- amounts that differ by less than this do not
BEGIN
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT * FROM @extschema@.llmw_usage_calls(usage)
    ), span AS (
        -- Without times in all entries, the whole ledger is searched for their ids.
        SELECT CASE WHEN count(*) = count(g.created_at)
                   THEN least(min(g.created_at), since) - interval '1 day'
                   ELSE '-infinity' END AS first,
               CASE WHEN count(*) = count(g.created_at)
                   THEN greatest(max(g.created_at), until) + interval '1 day'
                   ELSE 'infinity' END AS last
        FROM given g
        HAVING count(*) > 0 OR usage IN ('[]', '{"data": []}')
    ), ledger AS MATERIALIZED (
        SELECT c.started_at, c.model, c.server, c.provider_request_id, c.request_id, c.call_id,
               c.input_tokens, c.output_tokens, c.cost_usd, c.cost_source
        FROM span
        JOIN @extschema@.llm_calls c ON c.started_at BETWEEN span.first AND span.last
        WHERE the_server IS NULL OR c.server = the_server
    ), found AS MATERIALIZED (
        -- A second entry for the same call has no call of its own.
        SELECT f.place, f.call_id,
               row_number() OVER (PARTITION BY f.call_id ORDER BY f.place) AS nth
        FROM (SELECT DISTINCT ON (k.place) k.place, l.call_id
              FROM (SELECT g.place, id.value, id.rank
                    FROM given g
                    CROSS JOIN LATERAL unnest(g.ids) WITH ORDINALITY AS id (value, rank)) AS k
              JOIN (SELECT c.call_id::text AS id, c.call_id FROM ledger c
                    UNION ALL
                    SELECT c.provider_request_id, c.call_id FROM ledger c) AS l
                ON l.id = k.value
              ORDER BY k.place, k.rank, l.call_id) AS f
    ), compared AS MATERIALIZED (
        SELECT l.*, g.ids, g.created_at, g.model AS given_model, g.input_tokens AS given_input,
               g.output_tokens AS given_output, g.cost_usd AS given_cost
        FROM given g
        LEFT JOIN found f ON f.place = g.place AND f.nth = 1
        LEFT JOIN ledger l ON l.call_id = f.call_id
    ), covered AS (
        SELECT coalesce(since, least(min(c.created_at), min(c.started_at))) AS first,
               coalesce(until, greatest(max(c.created_at), max(c.started_at))) AS last,
               array_agg(DISTINCT c.server) || the_server AS servers
        FROM compared c
    )
    SELECT kind.difference,
           coalesce(c.started_at, c.created_at),
           coalesce(c.model, c.given_model),
           coalesce(c.provider_request_id, c.ids[1]),
           c.request_id, c.call_id,
           CASE WHEN c.call_id IS NULL THEN 0::bigint ELSE 1 END, 1::bigint,
           c.input_tokens, c.given_input, c.output_tokens, c.given_output, c.cost_usd, c.given_cost,
           c.cost_source
    FROM compared c
    CROSS JOIN LATERAL (VALUES
        ('missing_in_ledger', c.call_id IS NULL),
        ('tokens_differ', c.input_tokens <> c.given_input OR c.output_tokens <> c.given_output),
        ('cost_differ', c.call_id IS NOT NULL
                        AND coalesce(abs(c.cost_usd - c.given_cost) >= rounding,
                                     c.given_cost IS NOT NULL))) AS kind (difference, applies)
    WHERE kind.applies
    UNION ALL
    SELECT 'missing_at_provider', l.started_at, l.model, l.provider_request_id, l.request_id,
           l.call_id, 1, 0, l.input_tokens, NULL, l.output_tokens, NULL, l.cost_usd, NULL,
           l.cost_source
    FROM ledger l
    JOIN covered
      ON l.started_at >= covered.first
     AND (l.started_at < covered.last OR until IS NULL AND l.started_at = covered.last)
     AND l.server = ANY (covered.servers)
    WHERE l.cost_source IN ('reported', 'estimated')
      AND NOT EXISTS (SELECT FROM found f WHERE f.call_id = l.call_id)
    ORDER BY 2, 1, 4;

    RETURN QUERY
    WITH buckets AS MATERIALIZED (
        SELECT * FROM @extschema@.llmw_usage_buckets(usage)
    ), given AS MATERIALIZED (
        SELECT b.place, b.starts_at, r.model,
               CASE WHEN count(*) = count(r.calls) THEN sum(r.calls)::bigint END AS calls,
               sum(r.input_tokens)::bigint AS input_tokens,
               sum(r.output_tokens)::bigint AS output_tokens
        FROM buckets b
        CROSS JOIN LATERAL unnest(b.models, b.calls, b.input_tokens, b.output_tokens)
            AS r (model, calls, input_tokens, output_tokens)
        GROUP BY b.place, b.starts_at, r.model
    ), summed AS MATERIALIZED (
        SELECT b.place, b.starts_at, c.model, c.returned_model, c.server,
               count(*) AS calls,
               sum(c.input_tokens)::bigint AS input_tokens,
               sum(c.output_tokens)::bigint AS output_tokens,
               CASE WHEN count(*) = count(c.cost_usd) THEN sum(c.cost_usd) END AS cost_usd
        FROM buckets b
        JOIN @extschema@.llm_calls c
          ON c.started_at >= b.starts_at
         AND c.started_at < b.ends_at
        WHERE (the_server IS NULL OR c.server = the_server)
          AND c.cost_source IN ('reported', 'estimated')
        GROUP BY b.place, b.starts_at, c.model, c.returned_model, c.server
    ), named AS MATERIALIZED (
        -- Providers report the exact version that answered, or the name that was asked for.
        SELECT s.*, known.model AS given_model
        FROM summed s
        LEFT JOIN @extschema@.llm_models m ON m.name = s.model
        LEFT JOIN LATERAL (
            SELECT g.model
            FROM given g
            WHERE g.place = s.place
              AND g.model IN (s.returned_model, m.remote_name, s.model)
            ORDER BY array_position(ARRAY[s.returned_model, m.remote_name, s.model], g.model)
            LIMIT 1
        ) AS known ON true
    ), matched AS (
        SELECT n.place, n.given_model AS model, sum(n.calls)::bigint AS calls,
               sum(n.input_tokens)::bigint AS input_tokens,
               sum(n.output_tokens)::bigint AS output_tokens,
               CASE WHEN count(*) = count(n.cost_usd) THEN sum(n.cost_usd) END AS cost_usd
        FROM named n
        WHERE n.given_model IS NOT NULL
        GROUP BY n.place, n.given_model
    )
    SELECT CASE WHEN m.calls IS NULL OR m.calls < g.calls THEN 'missing_in_ledger'
                WHEN m.calls > g.calls THEN 'missing_at_provider'
                ELSE 'tokens_differ' END,
           g.starts_at, g.model, NULL::text, NULL::uuid, NULL::uuid,
           coalesce(m.calls, 0), g.calls,
           coalesce(m.input_tokens, 0), g.input_tokens,
           coalesce(m.output_tokens, 0), g.output_tokens,
           m.cost_usd, NULL::numeric, NULL::text
    FROM given g
    LEFT JOIN matched m ON m.place = g.place AND m.model = g.model
    WHERE coalesce(m.calls, 0) <> coalesce(g.calls, m.calls, 0)
       OR coalesce(m.input_tokens, 0) <> g.input_tokens
       OR coalesce(m.output_tokens, 0) <> g.output_tokens
    UNION ALL
    SELECT 'missing_at_provider', n.starts_at, n.model, NULL, NULL, NULL,
           sum(n.calls)::bigint, 0, sum(n.input_tokens)::bigint, 0, sum(n.output_tokens)::bigint,
           0, CASE WHEN count(*) = count(n.cost_usd) THEN sum(n.cost_usd) END, NULL, NULL
    FROM named n
    WHERE n.given_model IS NULL
      AND (n.server = the_server
           OR n.server IN (SELECT k.server FROM named k WHERE k.given_model IS NOT NULL))
    GROUP BY n.place, n.starts_at, n.model
    ORDER BY 2, 3, 1;
END
$$;
COMMENT ON FUNCTION @extschema@.reconcile_spend(jsonb, text, timestamptz, timestamptz) IS
    'Where do the ledger and a provider''s usage export differ? usage holds single calls '
    '({"id", "input_tokens", "output_tokens", ...}), or buckets as OpenAI''s usage API gives them, '
    'grouped by model. difference: missing_in_ledger, missing_at_provider, tokens_differ or '
    'cost_differ. Calls that the export lacks are looked for on the servers of those that it has, or '
    'on the one given, from since to before until, or in the time that the export covers. No row: '
    'all agrees. Reads llm_calls with the caller''s rights.';
