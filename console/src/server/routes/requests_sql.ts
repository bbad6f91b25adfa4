// The queries of the pages of requests: over the ledger, workflow_progress and the extension's functions.

/// A page of the list, newest first. $1 and $2 are where the page before ended: the key, so that a page
/// costs the same however far down it is, and what is new meanwhile moves nothing.
export const LIST = `
  SELECT r.request_id, r.submitted_at, r.status, left(r.prompt, 300) AS prompt, r.format, r.agent,
         r.role_name, r.generator_used, r.fallback_reason, r.error_code, trim_scale(r.cost_usd) AS cost_usd,
         r.total_time_ms, r.outcome_succeeded, r.cached_from IS NOT NULL AS is_cached,
         r.parent_request_id IS NOT NULL AS is_regenerated
  FROM @extschema@.workflow_requests r
  WHERE ($1::timestamptz IS NULL OR (r.submitted_at, r.request_id) < ($1, $2::uuid))
    AND ($3::int IS NULL OR r.submitted_at >= now() - make_interval(days => $3))
    AND ($4::text IS NULL OR r.prompt ILIKE $4)
    AND ($5::text IS NULL OR r.status = $5)
    AND ($6::text IS NULL OR r.format = $6)
    AND ($7::text IS NULL OR r.generator_used = $7)
    AND ($8::text IS NULL OR r.agent = $8)
    AND ($9::text IS NULL OR r.role_name = $9::name)
    AND (NOT $10::boolean OR r.fallback_reason IS NOT NULL)
  ORDER BY r.submitted_at DESC, r.request_id DESC
  LIMIT $11`;

export const PROGRESS = `
  SELECT request_id, role_name, state, model, purpose, attempt, calls_in_flight, submitted_at, run_at,
         (extract(epoch FROM elapsed) * 1000)::bigint AS elapsed_ms,
         (extract(epoch FROM call_elapsed) * 1000)::bigint AS call_elapsed_ms,
         input_tokens, output_tokens, trim_scale(cost_usd) AS cost_usd,
         trim_scale(worst_case_cost_usd) AS worst_case_cost_usd
  FROM @extschema@.workflow_progress`;

export const UNDER_WAY = `${PROGRESS} ORDER BY submitted_at DESC LIMIT 20`;

export const PROGRESS_OF = `${PROGRESS} WHERE request_id = $1`;

export const ONE = `
  SELECT r.request_id, r.submitted_at, r.finished_at, r.status, r.prompt, r.format, r.format_version,
         r.agent, r.role_name, r.generator_used, r.fallback_reason, r.error_code, r.error_message,
         trim_scale(r.cost_usd) AS cost_usd, r.input_tokens, r.output_tokens, r.queue_time_ms,
         r.generation_time_ms, r.total_time_ms, r.outcome_succeeded, r.parent_request_id, r.cached_from,
         r.services, r.tags, r.validation_passed, r.items_generated, r.zones_generated, r.document,
         r.warnings, r.explanation
  FROM @extschema@.workflow_requests r
  WHERE r.request_id = $1`;

export const CALLS = `
  SELECT c.call_id, c.attempt, c.purpose, c.model, c.server, c.outcome, c.http_status, c.error_code,
         c.error_message, c.finish_reason,
         (extract(epoch FROM c.started_at - min(c.started_at) OVER ()) * 1000)::bigint AS starts_after_ms,
         c.latency_ms, c.input_tokens, c.cached_input_tokens, c.output_tokens, c.reasoning_tokens,
         trim_scale(c.cost_usd) AS cost_usd, c.cost_source, c.validation_codes, c.mends
  FROM @extschema@.llm_calls c
  WHERE c.request_id = $1
  ORDER BY c.started_at, c.attempt`;

export const EVENTS = `
  SELECT event_id, "timestamp", action, severity, actor, details
  FROM @extschema@.audit_logs
  WHERE request_id = $1
  ORDER BY "timestamp", event_id`;

/// Those of the day after it, $2 being when it was submitted: there is an index on the time only.
export const CHILDREN = `
  SELECT request_id, status
  FROM @extschema@.workflow_requests
  WHERE parent_request_id = $1
    AND submitted_at BETWEEN $2::timestamptz AND $2::timestamptz + interval '1 day'
  ORDER BY submitted_at LIMIT 20`;

export const CODES = `
  SELECT code, meaning FROM @extschema@.workflow_validation_codes() WHERE code = ANY ($1::text[])`;

export const RESULT = 'SELECT @extschema@.workflow_result($1) AS result';

/// As text: a number of JavaScript has not all digits that one of jsonb can have.
export const RAW_RESULT = 'SELECT jsonb_pretty(@extschema@.workflow_result($1)) AS result';

export const DIAGRAM = 'SELECT mermaid, svg FROM @extschema@.workflow_diagram($1::jsonb, $2)';

export const OUTCOME = 'SELECT @extschema@.record_workflow_outcome($1, $2, $3::jsonb)';

export const REGENERATE = 'SELECT @extschema@.regenerate_workflow($1, $2, false) AS result';
