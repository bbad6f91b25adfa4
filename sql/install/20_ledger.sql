-- The ledger: requests, calls, intents and events. Only the worker writes it, in transactions of
-- its own, so that ROLLBACK of a caller erases nothing.
--
-- The three big tables are partitioned by month. Their partitions are made at run time by
-- ensure_workflow_partitions(), never here: a partition made by this script would belong to the
-- extension and could not be dropped when its time is over. Keys and indexes stand on the partitions
-- only: those of a parent would be there already when a restore attaches the partitions, and clash
-- with their own. Primary keys begin with request_id, so that the tables can be distributed by it; no
-- foreign keys stand between them.

CREATE TABLE workflow_requests (
    request_id uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    finished_at timestamptz,
    parent_request_id uuid,
    role_name name NOT NULL,
    format text NOT NULL,
    format_version int NOT NULL,
    prompt text,
    prompt_sha256 bytea NOT NULL,
    services text[] NOT NULL DEFAULT '{}',
    agent text,
    tags jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL,
    generator_used text,
    validation_passed boolean,
    fallback_reason text,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cost_usd numeric,
    generation_time_ms bigint,
    document jsonb,
    warnings jsonb,
    error_code text,
    error_message text,
    outcome_succeeded boolean,
    explanation text,
    fingerprint uuid,
    cached_from uuid,
    worker uuid,
    queue_time_ms bigint,
    total_time_ms bigint,
    items_generated int,
    zones_generated int,
    category text,
    complexity text,
    experiment text,
    arm text,
    rules text[],
    erased_at timestamptz,
    CONSTRAINT workflow_requests_status_check
        CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled'))
) PARTITION BY RANGE (submitted_at);

COMMENT ON TABLE workflow_requests IS
    'One row per request: what was asked, by whom, what came of it and what it cost in all.';
COMMENT ON COLUMN workflow_requests.request_id IS
    'UUID version 7 whose time part is submitted_at to the microsecond.';
COMMENT ON COLUMN workflow_requests.parent_request_id IS
    'The request that this one regenerates; NULL: none.';
COMMENT ON COLUMN workflow_requests.format_version IS 'workflow_formats.version.';
COMMENT ON COLUMN workflow_requests.prompt IS
    'The description as given; NULL when llm_workflow.store_prompts was off, or it was erased.';
COMMENT ON COLUMN workflow_requests.prompt_sha256 IS 'SHA-256 of the prompt in UTF-8; empty: it was erased.';
COMMENT ON COLUMN workflow_requests.status IS
    'running, succeeded, failed or cancelled; queued: a job between two attempts.';
COMMENT ON COLUMN workflow_requests.generator_used IS 'The model whose document was accepted.';
COMMENT ON COLUMN workflow_requests.fallback_reason IS
    'Why the primary model was left; NULL when it was not.';
COMMENT ON COLUMN workflow_requests.input_tokens IS 'Sum over all calls of the request.';
COMMENT ON COLUMN workflow_requests.output_tokens IS 'Sum over all calls of the request.';
COMMENT ON COLUMN workflow_requests.cost_usd IS
    'Sum over all calls of the request; NULL while running or when a call has no known price.';
COMMENT ON COLUMN workflow_requests.generation_time_ms IS
    'Milliseconds from submission to the end; of a job: from when it was taken for its last attempt.';
COMMENT ON COLUMN workflow_requests.error_code IS 'SQLSTATE with which the request failed.';
COMMENT ON COLUMN workflow_requests.explanation IS
    'What the model said about its document in response_mode human_debug: a JSON value as text.';
COMMENT ON COLUMN workflow_requests.fingerprint IS
    'Equal for requests that ask for the same: role, prompt, services, format, models, limits, rules.';
COMMENT ON COLUMN workflow_requests.cached_from IS
    'The equal request whose document was given (cache_for); NULL: it was generated.';
COMMENT ON COLUMN workflow_requests.worker IS
    'The worker that has the request, while it is running.';
COMMENT ON COLUMN workflow_requests.queue_time_ms IS
    'Milliseconds from when the request was due until the worker took it, for its last attempt: due '
    'is the submission, of a job run_at if that is later or the end of the wait before the attempt.';
COMMENT ON COLUMN workflow_requests.total_time_ms IS
    'Milliseconds from when the request was due, for its last attempt, to the end.';
COMMENT ON COLUMN workflow_requests.items_generated IS
    'Elements of the array of the document that its format''s rules name: steps or stages. NULL '
    'without a document, and for formats without rules.';
COMMENT ON COLUMN workflow_requests.zones_generated IS
    'Limbo zones of the document; NULL without a document, and for formats without them.';
COMMENT ON COLUMN workflow_requests.category IS
    'The kind of work, as the caller or the row of the agent said.';
COMMENT ON COLUMN workflow_requests.complexity IS
    'low, medium or high, as the caller said or prompt_complexity() found; NULL: not asked for.';
COMMENT ON COLUMN workflow_requests.experiment IS
    'The experiment that chose the primary model; NULL: none.';
COMMENT ON COLUMN workflow_requests.arm IS
    'control or candidate: the arm of the experiment to which the request was assigned.';
COMMENT ON COLUMN workflow_requests.rules IS
    'llm_rules.rule: the rules that the model was told. NULL: none.';
COMMENT ON COLUMN workflow_requests.erased_at IS
    'When erase_request() or erase_requests_before() took its texts; NULL: they did not.';
COMMENT ON COLUMN workflow_requests.outcome_succeeded IS
    'Whether running the workflow succeeded, as record_workflow_outcome() was told; NULL: unknown.';

CREATE TABLE llm_calls (
    request_id uuid NOT NULL,
    call_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    attempt int NOT NULL,
    purpose text NOT NULL,
    model text NOT NULL,
    server text NOT NULL,
    returned_model text,
    provider_request_id text,
    http_status int,
    outcome text NOT NULL,
    error_code text,
    error_message text,
    finish_reason text,
    input_tokens bigint NOT NULL,
    cached_input_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost_usd numeric,
    cost_source text NOT NULL,
    service_tier text NOT NULL DEFAULT 'standard',
    price_effective_from timestamptz,
    latency_ms bigint NOT NULL,
    validation_codes text[] NOT NULL DEFAULT '{}',
    mends text[] NOT NULL DEFAULT '{}',
    estimated_input_tokens bigint,
    max_output_tokens bigint,
    role_name text,
    chain_id int,
    chain_no bigint,
    chain_salt bytea,
    chain_hash bytea,
    CONSTRAINT llm_calls_purpose_check
        CHECK (purpose IN ('primary', 'retry', 'repair', 'fallback', 'batch')),
    CONSTRAINT llm_calls_outcome_check
        CHECK (outcome IN ('ok', 'validation_failed', 'api_error', 'timeout', 'rate_limited',
                           'truncated', 'refused', 'context_window_exceeded', 'cancelled', 'lost')),
    CONSTRAINT llm_calls_cost_source_check
        CHECK (cost_source IN ('reported', 'estimated', 'unbilled', 'unknown_price'))
) PARTITION BY RANGE (started_at);

COMMENT ON TABLE llm_calls IS
    'One row per call: every HTTP exchange with a provider that was begun. Append-only.';
COMMENT ON COLUMN llm_calls.call_id IS
    'UUID version 7, sent to the provider as X-Client-Request-Id.';
COMMENT ON COLUMN llm_calls.attempt IS 'Counts the calls of the request, from 1.';
COMMENT ON COLUMN llm_calls.input_tokens IS 'All input tokens, cached ones included.';
COMMENT ON COLUMN llm_calls.output_tokens IS 'All output tokens, reasoning included.';
COMMENT ON COLUMN llm_calls.cost_usd IS 'Exact cost in USD; NULL when no price was known.';
COMMENT ON COLUMN llm_calls.cost_source IS
    'reported: tokens as the provider reported them, at the dated price. estimated: the provider '
    'may have billed but its report is missing or not believable. unbilled: nothing was sent, or '
    'the provider answered with an error. unknown_price: no price row for the model.';
COMMENT ON COLUMN llm_calls.service_tier IS
    'The class of service that the provider says it billed: standard, batch, flex or priority.';
COMMENT ON COLUMN llm_calls.price_effective_from IS
    'The row of llm_model_prices by which the cost was computed: that of the model and service_tier '
    'from this time on, of those below input_tokens the one with the highest above_input_tokens.';
COMMENT ON COLUMN llm_calls.validation_codes IS
    'Codes of the errors for which the document was not accepted; workflow_validation_codes() says '
    'what each means.';
COMMENT ON COLUMN llm_calls.mends IS
    'What was mended in the answer''s JSON before it was read, without a further call.';
COMMENT ON COLUMN llm_calls.estimated_input_tokens IS
    'Our own count of the input before the call, without what was learned from earlier calls; NULL '
    'for calls to builtin and for lost ones.';
COMMENT ON COLUMN llm_calls.max_output_tokens IS
    'Tokens of answer that were asked for at most; NULL for calls to builtin.';
COMMENT ON COLUMN llm_calls.role_name IS
    'workflow_requests.role_name, for row-level security; as text, which is a fifth of a name.';
COMMENT ON COLUMN llm_calls.chain_id IS
    'audit_chains.chain_id: its audit chain; NULL: the worker has not sealed the row yet.';
COMMENT ON COLUMN llm_calls.chain_no IS 'The place in the chain, from 1.';
COMMENT ON COLUMN llm_calls.chain_salt IS
    'Of a row with texts: 16 random bytes that are hashed with them; once they are erased, their '
    'digest.';
COMMENT ON COLUMN llm_calls.chain_hash IS
    'SHA-256 of the row and of the chain before it; docs/tamper_evidence.md says of what.';

CREATE TABLE llm_call_intents (
    request_id uuid NOT NULL,
    call_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    request_submitted_at timestamptz NOT NULL,
    attempt int NOT NULL,
    purpose text NOT NULL,
    model text NOT NULL,
    server text NOT NULL,
    input_tokens_estimate bigint NOT NULL,
    max_output_tokens bigint NOT NULL,
    worst_case_cost_usd numeric,
    price_effective_from timestamptz,
    worker uuid,
    reserved_budgets text[] NOT NULL DEFAULT '{}',
    reserved_periods timestamptz[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (request_id, call_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

COMMENT ON TABLE llm_call_intents IS
    'Calls that may be on the wire now: written before the first byte, deleted with the row of the '
    'call. What a crash leaves here becomes llm_calls rows with outcome lost.';
COMMENT ON COLUMN llm_call_intents.reserved_budgets IS
    'llm_budgets.budget: the budgets in which the worst case of the call is reserved.';
COMMENT ON COLUMN llm_call_intents.reserved_periods IS
    'llm_budget_usage.period_start, one for each of reserved_budgets.';

CREATE TABLE audit_logs (
    event_id uuid NOT NULL,
    "timestamp" timestamptz NOT NULL,
    action text NOT NULL,
    severity text NOT NULL,
    compliance text NOT NULL DEFAULT 'SOC2',
    actor text NOT NULL,
    request_id uuid,
    details jsonb NOT NULL DEFAULT '{}',
    chain_id int,
    chain_no bigint,
    chain_salt bytea,
    chain_hash bytea,
    CONSTRAINT audit_logs_severity_check CHECK (severity IN ('info', 'warning', 'error'))
) PARTITION BY RANGE ("timestamp");

COMMENT ON TABLE audit_logs IS
    'One row per event. Append-only for everyone: UPDATE, DELETE and TRUNCATE are refused; old '
    'events go by dropping their partition.';
COMMENT ON COLUMN audit_logs.actor IS 'The role whose request it was, or llm_workflow itself.';
COMMENT ON COLUMN audit_logs.details IS 'Fields of the event; docs/accounting.md lists them.';
COMMENT ON COLUMN audit_logs.chain_id IS
    'audit_chains.chain_id: its audit chain; NULL: the worker has not sealed the row yet.';
COMMENT ON COLUMN audit_logs.chain_no IS 'The place in the chain, from 1.';
COMMENT ON COLUMN audit_logs.chain_salt IS
    'Of a row with texts: 16 random bytes that are hashed with them; once they are erased, their '
    'digest.';
COMMENT ON COLUMN audit_logs.chain_hash IS
    'SHA-256 of the row and of the chain before it; docs/tamper_evidence.md says of what.';

-- For publications by way of the parent: the keys are the partitions' own, and a subscriber that is told
-- none could not apply the ends of requests.
ALTER TABLE workflow_requests REPLICA IDENTITY FULL;

SELECT pg_catalog.pg_extension_config_dump('workflow_requests', '');
SELECT pg_catalog.pg_extension_config_dump('llm_calls', '');
SELECT pg_catalog.pg_extension_config_dump('llm_call_intents', '');
SELECT pg_catalog.pg_extension_config_dump('audit_logs', '');

-- Append-only. Statement triggers, on the parents here and on each partition when it is made;
-- ENABLE ALWAYS, so that session_replication_role does not switch them off.
--
-- What names or quotes somebody can be erased all the same, and nothing else: the statement triggers
-- let an UPDATE of the columns pass that they are given, and a row trigger, which partitions get
-- when they are attached, the one new value that llmw_check_erasure() knows. What an erasure leaves
-- of a row is thus the same before and after it, and can be proven by a digest that leaves out
-- llm_calls.error_message and takes llmw_event_figures() of audit_logs.details.
--
-- chain_id may be updated too: the trigger llmw_chain_row, which comes first by its name, lets nobody
-- but the worker do so, of rows without one.

CREATE FUNCTION llmw_refuse_change() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'llmw_refuse_change';
COMMENT ON FUNCTION llmw_refuse_change() IS
    'Trigger of append-only tables: refuses UPDATE, DELETE and TRUNCATE, but for an UPDATE of the '
    'columns that are its arguments.';
REVOKE ALL ON FUNCTION llmw_refuse_change() FROM PUBLIC;

CREATE FUNCTION llmw_event_figures(details jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$SELECT details - ARRAY['error_message', 'detail', 'details', 'description', 'feedback']$$;
COMMENT ON FUNCTION llmw_event_figures(jsonb) IS
    'The details of an event of a request without those that can quote it: what an erasure leaves.';
REVOKE ALL ON FUNCTION llmw_event_figures(jsonb) FROM PUBLIC;

CREATE FUNCTION llmw_check_erasure() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    erased boolean;
BEGIN
    IF TG_ARGV[0] = 'error_message' THEN
        erased := NEW.error_message IS NULL;
    ELSE
        erased := NEW.request_id IS NOT NULL
                  AND NEW.details = @extschema@.llmw_event_figures(OLD.details);
    END IF;
    IF NOT erased THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('UPDATE is not allowed on append-only table "%s"', TG_TABLE_NAME),
            DETAIL = format('Of column "%s" the text can be erased, and nothing changed.',
                            TG_ARGV[0]),
            HINT = 'Use erase_request().';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION llmw_check_erasure() IS
    'Trigger of append-only tables: of the column that is its argument, lets text go only.';
REVOKE ALL ON FUNCTION llmw_check_erasure() FROM PUBLIC;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION llmw_refuse_change('details', 'chain_id');
ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER only_erased BEFORE UPDATE ON audit_logs
    FOR EACH ROW WHEN (OLD.chain_id IS NOT DISTINCT FROM NEW.chain_id) EXECUTE FUNCTION llmw_check_erasure('details');
ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER only_erased;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON llm_calls
    FOR EACH STATEMENT EXECUTE FUNCTION llmw_refuse_change('error_message', 'chain_id');
ALTER TABLE llm_calls ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER only_erased BEFORE UPDATE ON llm_calls
    FOR EACH ROW WHEN (OLD.chain_id IS NOT DISTINCT FROM NEW.chain_id) EXECUTE FUNCTION llmw_check_erasure('error_message');
ALTER TABLE llm_calls ENABLE ALWAYS TRIGGER only_erased;

-- ATTACH instead of PARTITION OF: it does not lock out readers of the parent.
CREATE FUNCTION llmw_make_partition(home name, parent name, partition name, first_day timestamp)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lower text := to_char(first_day, 'YYYY-MM-DD 00:00:00+00');
    upper text := to_char(first_day + interval '1 month', 'YYYY-MM-DD 00:00:00+00');
    statement text;
BEGIN
    EXECUTE format('CREATE TABLE %1$I.%2$I (LIKE %1$I.%3$I INCLUDING ALL)', home, partition, parent);
    FOREACH statement IN ARRAY CASE parent
        WHEN 'workflow_requests' THEN ARRAY[
            'ALTER TABLE %1$I.%2$I ADD PRIMARY KEY (request_id, submitted_at)',
            'CREATE INDEX ON %1$I.%2$I (submitted_at)',
            'CREATE INDEX ON %1$I.%2$I (submitted_at) WHERE status = ''running''',
            'CREATE INDEX ON %1$I.%2$I (fingerprint, finished_at) WHERE status = ''succeeded''',
            'CREATE INDEX ON %1$I.%2$I (experiment, submitted_at) WHERE experiment IS NOT NULL',
            'CREATE INDEX ON %1$I.%2$I (category, submitted_at) WHERE category IS NOT NULL',
            'CREATE INDEX ON %1$I.%2$I (parent_request_id) WHERE parent_request_id IS NOT NULL',
            'CREATE INDEX ON %1$I.%2$I (cached_from) WHERE cached_from IS NOT NULL']
        WHEN 'llm_calls' THEN ARRAY[
            'ALTER TABLE %1$I.%2$I ADD PRIMARY KEY (request_id, call_id, started_at)',
            'CREATE INDEX ON %1$I.%2$I (started_at)',
            'CREATE INDEX ON %1$I.%2$I (started_at) WHERE purpose = ''repair''',
            'CREATE UNIQUE INDEX ON %1$I.%2$I (chain_id, chain_no)']
        WHEN 'audit_logs' THEN ARRAY[
            'CREATE INDEX ON %1$I.%2$I ("timestamp")',
            'CREATE INDEX ON %1$I.%2$I (request_id)',
            'CREATE UNIQUE INDEX ON %1$I.%2$I (chain_id, chain_no)']
    END LOOP
        EXECUTE format(statement, home, partition);
    END LOOP;
    IF parent IN ('llm_calls', 'audit_logs') THEN
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE '
                       'ON %1$I.%2$I FOR EACH STATEMENT '
                       'EXECUTE FUNCTION %1$I.llmw_refuse_change(%3$L, ''chain_id'')', home, partition,
                       CASE parent WHEN 'llm_calls' THEN 'error_message' ELSE 'details' END);
        EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER append_only', home, partition);
    END IF;
    EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', home, partition);
    EXECUTE format('ALTER TABLE %1$I.%2$I ATTACH PARTITION %1$I.%3$I '
                   'FOR VALUES FROM (%4$L) TO (%5$L)', home, parent, partition, lower, upper);
END
$$;
COMMENT ON FUNCTION llmw_make_partition(name, name, name, timestamp) IS
    'Makes one partition of the ledger with its keys and triggers, and attaches it.';
REVOKE ALL ON FUNCTION llmw_make_partition(name, name, name, timestamp) FROM PUBLIC;

CREATE FUNCTION ensure_workflow_partitions(months_ahead int DEFAULT 2) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    home name := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'llm_workflow');
    parent text;
    first_day timestamp;
    partition text;
    made int := 0;
BEGIN
    IF months_ahead IS NULL OR months_ahead < 0 OR months_ahead > 120 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'months_ahead must be between 0 and 120';
    END IF;
    -- One maker at a time: two would race for the same names.
    LOCK TABLE @extschema@.llm_call_intents IN SHARE UPDATE EXCLUSIVE MODE;
    FOREACH parent IN ARRAY ARRAY['workflow_requests', 'llm_calls', 'audit_logs'] LOOP
        FOR i IN 0 .. months_ahead LOOP
            first_day := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i);
            partition := parent || to_char(first_day, '"_y"YYYY"m"MM');
            CONTINUE WHEN to_regclass(format('%I.%I', home, partition)) IS NOT NULL;
            PERFORM @extschema@.llmw_make_partition(home, parent, partition, first_day);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION ensure_workflow_partitions(int) IS
    'Makes the monthly partitions of the ledger from this month to months_ahead later; returns how '
    'many were missing. The worker calls it; calling it yourself does no harm.';
REVOKE ALL ON FUNCTION ensure_workflow_partitions(int) FROM PUBLIC;
