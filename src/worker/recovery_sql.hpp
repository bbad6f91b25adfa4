#pragma once
// The statements that settle what workers left that are gone. $1 is what each comment says.

namespace llmw {

/// The ids of the calls that were on the wire; $1: the workers that run.
inline constexpr const char* kLostCallIds =
    "SELECT array_agg(call_id) FROM (SELECT call_id FROM @extschema@.llm_call_intents"
    "  WHERE worker IS NULL OR worker <> ALL ($1) FOR UPDATE SKIP LOCKED) AS lost";

/// Lost calls become rows of llm_calls at their worst case; $1: their ids.
inline constexpr const char* kRecordLostCalls =
    "INSERT INTO @extschema@.llm_calls (request_id, call_id, started_at, finished_at, attempt,"
    " purpose, model, server, outcome, error_code, input_tokens, cached_input_tokens,"
    " cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, cost_source,"
    " price_effective_from, latency_ms, max_output_tokens, role_name)"
    " SELECT request_id, call_id, started_at, pg_catalog.now(), attempt, purpose, model, server,"
    " 'lost', 'worker_ended', input_tokens_estimate, 0, 0, max_output_tokens, 0,"
    " worst_case_cost_usd,"
    " CASE WHEN worst_case_cost_usd IS NULL THEN 'unknown_price' ELSE 'estimated' END,"
    " price_effective_from,"
    " GREATEST(0, (EXTRACT(epoch FROM pg_catalog.now() - started_at) * 1000)::int8),"
    " max_output_tokens,"
    " (SELECT r.role_name FROM @extschema@.workflow_requests r"
    "  WHERE r.request_id = i.request_id AND r.submitted_at = i.request_submitted_at)"
    " FROM @extschema@.llm_call_intents i WHERE call_id = ANY ($1)";

/// The same in the roll-ups, while the intents are there; $1: their ids.
inline constexpr const char* kCountLostCalls =
    "INSERT INTO @extschema@.workflow_stats_deltas (hour, model, format, agent, role_name, calls,"
    " lost_calls, input_tokens, output_tokens, cost_usd, estimated_cost_usd, unpriced_calls)"
    " SELECT date_trunc('hour', i.started_at, 'UTC'), i.model, COALESCE(r.format, ''),"
    " COALESCE(r.agent, ''), COALESCE(r.role_name::text, ''), count(*), count(*),"
    " sum(i.input_tokens_estimate), sum(i.max_output_tokens),"
    " COALESCE(sum(i.worst_case_cost_usd), 0), COALESCE(sum(i.worst_case_cost_usd), 0),"
    " count(*) FILTER (WHERE i.worst_case_cost_usd IS NULL)"
    " FROM @extschema@.llm_call_intents i LEFT JOIN @extschema@.workflow_requests r"
    "  ON r.request_id = i.request_id AND r.submitted_at = i.request_submitted_at"
    " WHERE i.call_id = ANY ($1) GROUP BY 1, 2, 3, 4, 5";

/// What the calls of running requests cost, for those of workers that are gone; $1: those that run.
#define LLMW_LEFT_REQUESTS                                                              \
  "WITH sums AS ("                                                                      \
  " SELECT r.request_id, r.submitted_at, count(c.call_id)::int4 AS calls,"              \
  " COALESCE(sum(c.input_tokens), 0)::int8 AS input_tokens,"                            \
  " COALESCE(sum(c.output_tokens), 0)::int8 AS output_tokens,"                          \
  " CASE WHEN count(*) FILTER (WHERE c.cost_usd IS NULL AND c.call_id IS NOT NULL) = 0" \
  "  THEN COALESCE(sum(c.cost_usd), 0) END AS cost_usd"                                 \
  " FROM @extschema@.workflow_requests r LEFT JOIN @extschema@.llm_calls c"             \
  "  ON c.request_id = r.request_id AND c.started_at >= r.submitted_at"                 \
  " WHERE r.status = 'running' AND (r.worker IS NULL OR r.worker <> ALL ($1))"          \
  " GROUP BY r.request_id, r.submitted_at)"

/// Jobs are told what their calls cost, and wait for their next attempt.
inline constexpr const char* kRequeueLeftJobs = LLMW_LEFT_REQUESTS
    ", jobs AS ("
    " UPDATE @extschema@.workflow_jobs j SET calls = s.calls, input_tokens = s.input_tokens,"
    " output_tokens = s.output_tokens, cost_usd = s.cost_usd"
    " FROM sums s WHERE j.request_id = s.request_id RETURNING j.request_id, s.submitted_at)"
    " UPDATE @extschema@.workflow_requests r SET status = 'queued', worker = NULL"
    " FROM jobs WHERE r.request_id = jobs.request_id AND r.submitted_at = jobs.submitted_at";

/// Requests that somebody waited for fail, which is counted, and an event each says so. Run after
/// the jobs. How long they took in all is not known: nobody served them for a while.
inline constexpr const char* kFailLeftRequests = LLMW_LEFT_REQUESTS
    ", ended AS ("
    " UPDATE @extschema@.workflow_requests r SET finished_at = now(), status = 'failed',"
    " validation_passed = false, error_code = 'LW011', worker = NULL,"
    " error_message = 'the worker ended before the result was stored',"
    " input_tokens = s.input_tokens, output_tokens = s.output_tokens, cost_usd = s.cost_usd"
    " FROM sums s WHERE r.request_id = s.request_id AND r.submitted_at = s.submitted_at"
    " RETURNING r.*),"
    " counted AS ("
    " INSERT INTO @extschema@.workflow_stats_deltas (hour, model, format, agent, role_name,"
    "  fallback_reason, requests, failed_requests, regenerated_requests)"
    " SELECT date_trunc('hour', submitted_at, 'UTC'), COALESCE(generator_used, ''), format,"
    "  COALESCE(agent, ''), role_name, COALESCE(fallback_reason, ''), count(*), count(*),"
    "  count(parent_request_id)"
    " FROM ended GROUP BY 1, 2, 3, 4, 5, 6)"
    " INSERT INTO @extschema@.audit_logs (event_id, \"timestamp\", action, severity, actor,"
    " request_id, details)"
    " SELECT gen_random_uuid(), now(), 'WORKFLOW_GENERATION_FAILED', 'error', role_name,"
    " request_id, jsonb_build_object('reason', 'lost', 'error_code', 'LW011',"
    " 'tokens_used', input_tokens + output_tokens, 'input_tokens', input_tokens,"
    " 'output_tokens', output_tokens, 'cost_usd', cost_usd) FROM ended";

#undef LLMW_LEFT_REQUESTS

/// $1: the ids of the lost calls.
inline constexpr const char* kRecordRecovery =
    "INSERT INTO @extschema@.audit_logs (event_id, \"timestamp\", action, severity, actor, details)"
    " SELECT gen_random_uuid(), now(), 'WORKER_RECOVERED', 'warning', 'llm_workflow',"
    " jsonb_build_object('lost_calls', count(*), 'worst_case_cost_usd', sum(worst_case_cost_usd))"
    " FROM @extschema@.llm_call_intents WHERE call_id = ANY ($1) HAVING count(*) > 0";

/// $1: the ids of the lost calls.
inline constexpr const char* kForgetLostCalls =
    "DELETE FROM @extschema@.llm_call_intents WHERE call_id = ANY ($1)";

}  // namespace llmw
