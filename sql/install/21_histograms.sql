-- Latencies as histograms that can be added up: percentiles of any span of time from those of its
-- hours. A histogram is a bigint[]: pairs of bucket and count in the order of the buckets.

CREATE FUNCTION llmw_histogram_add(internal, bigint) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE CALLED ON NULL INPUT
    AS 'MODULE_PATHNAME', 'llmw_histogram_add';
COMMENT ON FUNCTION llmw_histogram_add(internal, bigint) IS
    'Transition function of latency_histogram().';

CREATE FUNCTION llmw_histogram_add_pairs(internal, bigint[]) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE CALLED ON NULL INPUT
    AS 'MODULE_PATHNAME', 'llmw_histogram_add_pairs';
COMMENT ON FUNCTION llmw_histogram_add_pairs(internal, bigint[]) IS
    'Transition function of latency_histogram_merge().';

CREATE FUNCTION llmw_histogram_combine(internal, internal) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE CALLED ON NULL INPUT
    AS 'MODULE_PATHNAME', 'llmw_histogram_combine';
COMMENT ON FUNCTION llmw_histogram_combine(internal, internal) IS
    'Combines the states of parallel workers.';

CREATE FUNCTION llmw_histogram_serialize(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT
    AS 'MODULE_PATHNAME', 'llmw_histogram_serialize';
COMMENT ON FUNCTION llmw_histogram_serialize(internal) IS
    'Sends the state of a parallel worker.';

CREATE FUNCTION llmw_histogram_deserialize(bytea, internal) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT
    AS 'MODULE_PATHNAME', 'llmw_histogram_deserialize';
COMMENT ON FUNCTION llmw_histogram_deserialize(bytea, internal) IS
    'Receives the state of a parallel worker.';

CREATE FUNCTION llmw_histogram_to_array(internal) RETURNS bigint[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE CALLED ON NULL INPUT
    AS 'MODULE_PATHNAME', 'llmw_histogram_to_array';
COMMENT ON FUNCTION llmw_histogram_to_array(internal) IS
    'Final function of latency_histogram() and latency_histogram_merge().';

CREATE AGGREGATE latency_histogram(ms bigint) (
    SFUNC = llmw_histogram_add,
    STYPE = internal,
    SSPACE = 1000,
    FINALFUNC = llmw_histogram_to_array,
    COMBINEFUNC = llmw_histogram_combine,
    SERIALFUNC = llmw_histogram_serialize,
    DESERIALFUNC = llmw_histogram_deserialize,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE latency_histogram(bigint) IS
    'Counts latencies in milliseconds in buckets, for latency_percentile(). NULL is not counted, '
    'a negative latency counts as 0; {} without any.';

CREATE AGGREGATE latency_histogram_merge(histogram bigint[]) (
    SFUNC = llmw_histogram_add_pairs,
    STYPE = internal,
    SSPACE = 1000,
    FINALFUNC = llmw_histogram_to_array,
    COMBINEFUNC = llmw_histogram_combine,
    SERIALFUNC = llmw_histogram_serialize,
    DESERIALFUNC = llmw_histogram_deserialize,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE latency_histogram_merge(bigint[]) IS
    'The histogram of all latencies that the histograms count; {} without any.';

CREATE FUNCTION llmw_merge_histograms(bigint[], bigint[]) RETURNS bigint[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT
    AS 'MODULE_PATHNAME', 'llmw_merge_histograms';
COMMENT ON FUNCTION llmw_merge_histograms(bigint[], bigint[]) IS
    'The histogram of all latencies that two histograms count.';

CREATE FUNCTION latency_percentile(histogram bigint[], fraction float8)
    RETURNS float8
    LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT
    AS 'MODULE_PATHNAME', 'llmw_latency_percentile';
COMMENT ON FUNCTION latency_percentile(bigint[], float8) IS
    'The latency in milliseconds that the fraction (0 to 1) of all did not exceed: what '
    'percentile_disc() gives for the latencies themselves, within 2.5 percent, below 40 ms '
    'exactly. NULL without any latency.';

CREATE FUNCTION latency_count(histogram bigint[]) RETURNS bigint
    LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT
    AS 'MODULE_PATHNAME', 'llmw_latency_count';
COMMENT ON FUNCTION latency_count(bigint[]) IS
    'How many latencies a histogram counts.';
