-- What a cheap model would save before a dear one that takes over when it fails.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.project_savings(
    requests bigint,
    input_tokens bigint,
    output_tokens bigint,
    primary_model text,
    fallback_model text,
    fallback_rate numeric,
    OUT baseline_cost numeric,
    OUT cost numeric,
    OUT saving numeric,
    OUT percent numeric,
    OUT baseline_cost_per_year numeric,
    OUT cost_per_year numeric,
    OUT saving_per_year numeric
) RETURNS record
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    primary_cost numeric;
    fallback_cost numeric;
BEGIN
    IF num_nulls(requests, input_tokens, output_tokens, primary_model, fallback_model,
                 fallback_rate) > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'no argument of project_savings() may be NULL';
    END IF;
    IF requests < 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('requests must not be negative: %s', requests);
    END IF;
    IF fallback_rate NOT BETWEEN 0 AND 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('fallback_rate must be between 0 and 1: %s', fallback_rate),
            HINT = 'It is a share of the requests: 5 % is 0.05.';
    END IF;
    primary_cost := @extschema@.token_cost(primary_model, input_tokens, output_tokens);
    fallback_cost := @extschema@.token_cost(fallback_model, input_tokens, output_tokens);
    baseline_cost := trim_scale(requests * fallback_cost);
    cost := trim_scale(requests * (primary_cost + fallback_rate * fallback_cost));
    saving := trim_scale(baseline_cost - cost);
    percent := round(100 * saving / nullif(baseline_cost, 0), 2);
    baseline_cost_per_year := trim_scale(12 * baseline_cost);
    cost_per_year := trim_scale(12 * cost);
    saving_per_year := trim_scale(12 * saving);
END
$$;
COMMENT ON FUNCTION @extschema@.project_savings(bigint, bigint, bigint, text, text, numeric) IS
    'What is saved when requests, so many a month and with these tokens each, go to the primary '
    'model first, and a share of them (fallback_rate, from 0 to 1) to the fallback model after it? '
    'USD a month and a year, at the prices of now, against all requests going to the fallback '
    'model. Every request pays the primary model, also one that falls back. NULL and a warning '
    'when no price is known.';
