#pragma once
// The statements by which the worker writes the ledger: one per table, many rows each.
//
// @rows@ stands for the rows: unnest() of one array per column, or the values of a single row, for
// which arrays would cost more than all the rest (pg/columns.hpp). Values whose type has no cheap
// binary form here travel as text and are cast.

#include <span>

#include "pg/postgres.hpp"

namespace llmw {

enum class LedgerStatement {
  open_requests,
  add_calls,
  delete_intents,
  add_intents,
  add_events,
  end_requests
};
inline constexpr int kLedgerStatements = 6;

struct LedgerStatementText {
  const char* sql;  ///< with @extschema@ and @rows@
  std::span<const Oid> types;
};

inline constexpr Oid kOpenRequestTypes[] = {UUIDOID, TIMESTAMPTZOID, TEXTOID, UUIDOID,
                                            TEXTOID, INT8OID,        TEXTOID, BYTEAOID,
                                            TEXTOID, TEXTOID,        TEXTOID};
inline constexpr Oid kAddCallTypes[] = {
    UUIDOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID,
    TEXTOID, TEXTOID, INT8OID,        TEXTOID,        TEXTOID, TEXTOID, TEXTOID, INT8OID,
    INT8OID, INT8OID, INT8OID,        INT8OID,        TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID,
    INT8OID, TEXTOID, TEXTOID,        INT8OID,        INT8OID};
inline constexpr Oid kDeleteIntentTypes[] = {UUIDOID, UUIDOID};
inline constexpr Oid kAddIntentTypes[] = {UUIDOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
                                          INT8OID, TEXTOID, TEXTOID,        TEXTOID,
                                          INT8OID, INT8OID, TEXTOID,        TIMESTAMPTZOID};
inline constexpr Oid kAddEventTypes[] = {UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID,
                                         TEXTOID, UUIDOID,        TEXTOID};
inline constexpr Oid kEndRequestTypes[] = {
    UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, BOOLOID, TEXTOID, INT8OID,
    INT8OID, TEXTOID,        INT8OID,        TEXTOID, TEXTOID, TEXTOID, TEXTOID};

// In the order of LedgerStatement.
inline constexpr LedgerStatementText kLedgerStatementTexts[kLedgerStatements] = {
    {"INSERT INTO @extschema@.workflow_requests (request_id, submitted_at, role_name,"
     " parent_request_id, format, format_version, prompt, prompt_sha256, services, agent, tags,"
     " status)"
     " SELECT request_id, submitted_at, role_name::name, parent_request_id, format,"
     " format_version::int4, prompt, prompt_sha256, services::text[], agent, tags::jsonb, 'running'"
     " FROM @rows@"
     " AS t (request_id, submitted_at, role_name, parent_request_id, format, format_version,"
     " prompt, prompt_sha256, services, agent, tags)",
     kOpenRequestTypes},
    {"INSERT INTO @extschema@.llm_calls (request_id, call_id, started_at, finished_at, attempt,"
     " purpose, model, server, returned_model, provider_request_id, http_status, outcome,"
     " error_code, error_message, finish_reason, input_tokens, cached_input_tokens,"
     " cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, cost_source,"
     " service_tier, price_effective_from, latency_ms, validation_codes, mends,"
     " estimated_input_tokens, max_output_tokens)"
     " SELECT request_id, call_id, started_at, finished_at, attempt::int4, purpose, model, server,"
     " returned_model, provider_request_id, http_status::int4, outcome, error_code, error_message,"
     " finish_reason, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,"
     " reasoning_tokens, cost_usd::numeric, cost_source, service_tier, price_effective_from,"
     " latency_ms, validation_codes::text[], mends::text[], estimated_input_tokens,"
     " max_output_tokens"
     " FROM @rows@"
     " AS t (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,"
     " returned_model, provider_request_id, http_status, outcome, error_code, error_message,"
     " finish_reason, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,"
     " reasoning_tokens, cost_usd, cost_source, service_tier, price_effective_from, latency_ms,"
     " validation_codes, mends, estimated_input_tokens, max_output_tokens)",
     kAddCallTypes},
    {"DELETE FROM @extschema@.llm_call_intents i USING @rows@ AS t (request_id, call_id)"
     " WHERE i.request_id = t.request_id AND i.call_id = t.call_id",
     kDeleteIntentTypes},
    {"INSERT INTO @extschema@.llm_call_intents (request_id, call_id, started_at,"
     " request_submitted_at, attempt, purpose, model, server, input_tokens_estimate,"
     " max_output_tokens, worst_case_cost_usd, price_effective_from)"
     " SELECT request_id, call_id, started_at, request_submitted_at, attempt::int4, purpose, model,"
     " server, input_tokens_estimate, max_output_tokens, worst_case_cost_usd::numeric,"
     " price_effective_from"
     " FROM @rows@"
     " AS t (request_id, call_id, started_at, request_submitted_at, attempt, purpose, model,"
     " server, input_tokens_estimate, max_output_tokens, worst_case_cost_usd,"
     " price_effective_from)",
     kAddIntentTypes},
    {"INSERT INTO @extschema@.audit_logs (event_id, \"timestamp\", action, severity, actor,"
     " request_id, details)"
     " SELECT event_id, \"timestamp\", action, severity, actor, request_id, details::jsonb"
     " FROM @rows@"
     " AS t (event_id, \"timestamp\", action, severity, actor, request_id, details)",
     kAddEventTypes},
    {"UPDATE @extschema@.workflow_requests r SET finished_at = t.finished_at, status = t.status,"
     " generator_used = t.generator_used, validation_passed = t.validation_passed,"
     " fallback_reason = t.fallback_reason, input_tokens = t.input_tokens,"
     " output_tokens = t.output_tokens, cost_usd = t.cost_usd::numeric,"
     " generation_time_ms = t.generation_time_ms, document = t.document::jsonb,"
     " warnings = t.warnings::jsonb, error_code = t.error_code, error_message = t.error_message"
     " FROM @rows@"
     " AS t (request_id, submitted_at, finished_at, status, generator_used, validation_passed,"
     " fallback_reason, input_tokens, output_tokens, cost_usd, generation_time_ms, document,"
     " warnings, error_code, error_message)"
     " WHERE r.request_id = t.request_id AND r.submitted_at = t.submitted_at",
     kEndRequestTypes},
};

/// What a crash left: intents become calls with outcome lost at their worst case.
inline constexpr const char* kRecoverCalls =
    "INSERT INTO @extschema@.llm_calls (request_id, call_id, started_at, finished_at, attempt,"
    " purpose, model, server, outcome, error_code, input_tokens, cached_input_tokens,"
    " cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, cost_source,"
    " price_effective_from, latency_ms, max_output_tokens)"
    " SELECT request_id, call_id, started_at, pg_catalog.now(), attempt, purpose, model, server,"
    " 'lost', 'worker_ended', input_tokens_estimate, 0, 0, max_output_tokens, 0,"
    " worst_case_cost_usd,"
    " CASE WHEN worst_case_cost_usd IS NULL THEN 'unknown_price' ELSE 'estimated' END,"
    " price_effective_from,"
    " GREATEST(0, (EXTRACT(epoch FROM pg_catalog.now() - started_at) * 1000)::int8),"
    " max_output_tokens"
    " FROM @extschema@.llm_call_intents";

/// Requests that were running fail, with what their calls cost, and an event each says so.
inline constexpr const char* kRecoverRequests =
    "WITH sums AS ("
    " SELECT r.request_id, r.submitted_at, COALESCE(sum(c.input_tokens), 0)::int8 AS input_tokens,"
    " COALESCE(sum(c.output_tokens), 0)::int8 AS output_tokens,"
    " CASE WHEN count(*) FILTER (WHERE c.cost_usd IS NULL AND c.call_id IS NOT NULL) = 0"
    "  THEN COALESCE(sum(c.cost_usd), 0) END AS cost_usd"
    " FROM @extschema@.workflow_requests r LEFT JOIN @extschema@.llm_calls c"
    "  ON c.request_id = r.request_id AND c.started_at >= r.submitted_at"
    " WHERE r.status = 'running' GROUP BY r.request_id, r.submitted_at),"
    " ended AS ("
    " UPDATE @extschema@.workflow_requests r SET finished_at = now(), status = 'failed',"
    " validation_passed = false, error_code = 'LW011',"
    " error_message = 'the worker ended before the result was stored',"
    " input_tokens = s.input_tokens, output_tokens = s.output_tokens, cost_usd = s.cost_usd"
    " FROM sums s WHERE r.request_id = s.request_id AND r.submitted_at = s.submitted_at"
    " RETURNING r.request_id, r.role_name, r.input_tokens, r.output_tokens, r.cost_usd)"
    " INSERT INTO @extschema@.audit_logs (event_id, \"timestamp\", action, severity, actor,"
    " request_id, details)"
    " SELECT gen_random_uuid(), now(), 'WORKFLOW_GENERATION_FAILED', 'error', role_name,"
    " request_id, jsonb_build_object('reason', 'lost', 'error_code', 'LW011',"
    " 'tokens_used', input_tokens + output_tokens, 'input_tokens', input_tokens,"
    " 'output_tokens', output_tokens, 'cost_usd', cost_usd) FROM ended";

inline constexpr const char* kRecoverEvent =
    "INSERT INTO @extschema@.audit_logs (event_id, \"timestamp\", action, severity, actor, details)"
    " SELECT gen_random_uuid(), now(), 'WORKER_RECOVERED', 'warning', 'llm_workflow',"
    " jsonb_build_object('lost_calls', count(*), 'worst_case_cost_usd', sum(worst_case_cost_usd))"
    " FROM @extschema@.llm_call_intents HAVING count(*) > 0";

/// The last thousand repairs of a month, by model. The partitions have an index for it.
inline constexpr const char* kRepairRecords =
    "SELECT model, count(*), count(*) FILTER (WHERE outcome = 'ok'), avg(output_tokens)::int8"
    " FROM (SELECT model, outcome, output_tokens FROM @extschema@.llm_calls"
    "  WHERE purpose = 'repair' AND started_at > pg_catalog.now() - interval '30 days'"
    "  ORDER BY started_at DESC LIMIT 1000) AS recent GROUP BY model";

/// Bounded by the view, and by the index on started_at.
inline constexpr const char* kTokenFactors =
    "SELECT model, learned_factor::float8 FROM @extschema@.token_estimate_accuracy"
    " WHERE learned_factor IS NOT NULL";

inline constexpr const char* kRecoverIntents = "DELETE FROM @extschema@.llm_call_intents";

}  // namespace llmw
