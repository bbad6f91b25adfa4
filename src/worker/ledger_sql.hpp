#pragma once
// The statements by which the worker writes the ledger: one per table, many rows each.
//
// @rows@ stands for the rows: a select list that unnests one array per column, or the values of a
// single row, for which arrays would cost more than all the rest (pg/columns.hpp). In the FROM
// clause, PostgreSQL would write each array into a store of its own first. Values whose type has no
// cheap binary form here travel as text and are cast.

#include <array>
#include <span>

#include "core/stats_delta.hpp"
#include "pg/postgres.hpp"

namespace llmw {

enum class LedgerStatement {
  open_requests,
  open_missing_requests,
  reopen_requests,
  add_keys,
  add_calls,
  delete_intents,
  add_intents,
  add_events,
  end_requests,
  requeue_requests,
  add_stats
};
inline constexpr int kLedgerStatements = 11;

struct LedgerStatementText {
  const char* sql;  ///< with @extschema@ and @rows@
  std::span<const Oid> types;
};

inline constexpr Oid kOpenRequestTypes[] = {
    UUIDOID, TIMESTAMPTZOID, TEXTOID, UUIDOID, TEXTOID, INT8OID, TEXTOID, BYTEAOID, TEXTOID,
    TEXTOID, JSONBOID,       UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,  TEXTOID};
inline constexpr Oid kReopenRequestTypes[] = {UUIDOID, TIMESTAMPTZOID, UUIDOID};
inline constexpr Oid kAddKeyTypes[] = {TEXTOID, TEXTOID, UUIDOID, BYTEAOID};
inline constexpr Oid kRequeueRequestTypes[] = {UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
inline constexpr Oid kAddCallTypes[] = {
    UUIDOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID,
    TEXTOID, TEXTOID, INT8OID,        TEXTOID,        TEXTOID, TEXTOID, TEXTOID, INT8OID,
    INT8OID, INT8OID, INT8OID,        INT8OID,        TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID,
    INT8OID, TEXTOID, TEXTOID,        INT8OID,        INT8OID, TEXTOID};
inline constexpr Oid kDeleteIntentTypes[] = {UUIDOID, UUIDOID};
inline constexpr Oid kAddIntentTypes[] = {
    UUIDOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID,
    INT8OID, INT8OID, TEXTOID,        TIMESTAMPTZOID, UUIDOID, TEXTOID, TEXTOID};
inline constexpr Oid kAddEventTypes[] = {UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID,
                                         TEXTOID, UUIDOID,        JSONBOID};
inline constexpr Oid kEndRequestTypes[] = {
    UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID,  BOOLOID,  TEXTOID,
    INT8OID, INT8OID,        TEXTOID,        INT8OID, JSONBOID, JSONBOID, TEXTOID,
    TEXTOID, TEXTOID,        UUIDOID,        INT8OID, INT8OID,  INT8OID,  INT8OID};
inline constexpr auto kAddStatsTypes = [] {
  constexpr std::size_t kOthers = 11;
  std::array<Oid, kOthers + kStatsMeasures> types{TIMESTAMPTZOID};
  for (std::size_t i = 1; i < types.size(); ++i) types[i] = i < kOthers ? TEXTOID : INT8OID;
  return types;
}();

#define LLMW_OPEN_REQUESTS                                                                    \
  "INSERT INTO @extschema@.workflow_requests (request_id, submitted_at, role_name,"           \
  " parent_request_id, format, format_version, prompt, prompt_sha256, services, agent, tags," \
  " fingerprint, worker, category, complexity, experiment, arm, rules, status)"               \
  " SELECT request_id, submitted_at, role_name::name, parent_request_id, format,"             \
  " format_version::int4, prompt, prompt_sha256, services::text[], agent, tags,"              \
  " fingerprint, worker, category, complexity, experiment, arm, rules::text[], 'running'"     \
  " FROM @rows@"                                                                              \
  " AS t (request_id, submitted_at, role_name, parent_request_id, format, format_version,"    \
  " prompt, prompt_sha256, services, agent, tags, fingerprint, worker, category, complexity," \
  " experiment, arm, rules)"

inline constexpr const char* kOpenRequests = LLMW_OPEN_REQUESTS;
inline constexpr const char* kOpenMissingRequests = LLMW_OPEN_REQUESTS
    " WHERE NOT EXISTS (SELECT FROM @extschema@.workflow_requests r"
    " WHERE r.request_id = t.request_id AND r.submitted_at = t.submitted_at)";
#undef LLMW_OPEN_REQUESTS

#define LLMW_STATS_MEASURES                                                               \
  "calls, ok_calls, validation_failed_calls, api_error_calls, timeout_calls,"             \
  " rate_limited_calls, truncated_calls, refused_calls, context_window_exceeded_calls,"   \
  " cancelled_calls, lost_calls, input_tokens, cached_input_tokens, cache_write_tokens,"  \
  " output_tokens, reasoning_tokens, unpriced_calls, provider_ms, accepted_calls,"        \
  " accepted_input_tokens, accepted_cached_input_tokens, accepted_cache_write_tokens,"    \
  " accepted_output_tokens, largest_accepted_input_tokens, requests, succeeded_requests," \
  " failed_requests, cancelled_requests, cached_requests, fallback_requests,"             \
  " regenerated_requests, items, item_output_tokens, zones, zone_output_tokens,"          \
  " timed_requests, total_ms, queue_ms"

// The measures are in the order of StatsMeasure.
inline constexpr const char* kAddStats =
    "INSERT INTO @extschema@.workflow_stats_deltas (hour, model, format, agent, role_name,"
    " fallback_reason, cost_usd, estimated_cost_usd, provider_times, total_times,"
    " queue_times, " LLMW_STATS_MEASURES
    ")"
    " SELECT hour, model, format, agent, role_name, fallback_reason, cost_usd::numeric,"
    " estimated_cost_usd::numeric, provider_times::int8[], total_times::int8[],"
    " queue_times::int8[], " LLMW_STATS_MEASURES
    " FROM @rows@ AS t (hour, model, format, agent, role_name, fallback_reason, cost_usd,"
    " estimated_cost_usd, provider_times, total_times, queue_times, " LLMW_STATS_MEASURES ")";
#undef LLMW_STATS_MEASURES

// In the order of LedgerStatement.
inline constexpr LedgerStatementText kLedgerStatementTexts[kLedgerStatements] = {
    {kOpenRequests, kOpenRequestTypes},
    {kOpenMissingRequests, kOpenRequestTypes},
    {"UPDATE @extschema@.workflow_requests r SET status = 'running', worker = t.worker"
     " FROM @rows@ AS t (request_id, submitted_at, worker)"
     " WHERE r.request_id = t.request_id AND r.submitted_at = t.submitted_at"
     " AND r.worker IS DISTINCT FROM t.worker",
     kReopenRequestTypes},
    {"INSERT INTO @extschema@.workflow_idempotency_keys (role_name, key, request_id,"
     " request_sha256)"
     " SELECT role_name::name, key, request_id, request_sha256"
     " FROM @rows@ AS t (role_name, key, request_id, request_sha256) ON CONFLICT DO NOTHING",
     kAddKeyTypes},
    {"INSERT INTO @extschema@.llm_calls (request_id, call_id, started_at, finished_at, attempt,"
     " purpose, model, server, returned_model, provider_request_id, http_status, outcome,"
     " error_code, error_message, finish_reason, input_tokens, cached_input_tokens,"
     " cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, cost_source,"
     " service_tier, price_effective_from, latency_ms, validation_codes, mends,"
     " estimated_input_tokens, max_output_tokens, role_name)"
     " SELECT request_id, call_id, started_at, finished_at, attempt::int4, purpose, model, server,"
     " returned_model, provider_request_id, http_status::int4, outcome, error_code, error_message,"
     " finish_reason, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,"
     " reasoning_tokens, cost_usd::numeric, cost_source, service_tier, price_effective_from,"
     " latency_ms, validation_codes::text[], mends::text[], estimated_input_tokens,"
     " max_output_tokens, role_name"
     " FROM @rows@"
     " AS t (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,"
     " returned_model, provider_request_id, http_status, outcome, error_code, error_message,"
     " finish_reason, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,"
     " reasoning_tokens, cost_usd, cost_source, service_tier, price_effective_from, latency_ms,"
     " validation_codes, mends, estimated_input_tokens, max_output_tokens, role_name)",
     kAddCallTypes},
    {"DELETE FROM @extschema@.llm_call_intents i USING @rows@ AS t (request_id, call_id)"
     " WHERE i.request_id = t.request_id AND i.call_id = t.call_id",
     kDeleteIntentTypes},
    {"INSERT INTO @extschema@.llm_call_intents (request_id, call_id, started_at,"
     " request_submitted_at, attempt, purpose, model, server, input_tokens_estimate,"
     " max_output_tokens, worst_case_cost_usd, price_effective_from, worker, reserved_budgets,"
     " reserved_periods)"
     " SELECT request_id, call_id, started_at, request_submitted_at, attempt::int4, purpose, model,"
     " server, input_tokens_estimate, max_output_tokens, worst_case_cost_usd::numeric,"
     " price_effective_from, worker, reserved_budgets::text[], reserved_periods::timestamptz[]"
     " FROM @rows@"
     " AS t (request_id, call_id, started_at, request_submitted_at, attempt, purpose, model,"
     " server, input_tokens_estimate, max_output_tokens, worst_case_cost_usd,"
     " price_effective_from, worker, reserved_budgets, reserved_periods)",
     kAddIntentTypes},
    {"INSERT INTO @extschema@.audit_logs (event_id, \"timestamp\", action, severity, actor,"
     " request_id, details)"
     " SELECT event_id, \"timestamp\", action, severity, actor, request_id, details"
     " FROM @rows@"
     " AS t (event_id, \"timestamp\", action, severity, actor, request_id, details)",
     kAddEventTypes},
    {"UPDATE @extschema@.workflow_requests r SET finished_at = t.finished_at, status = t.status,"
     " generator_used = t.generator_used, validation_passed = t.validation_passed,"
     " fallback_reason = t.fallback_reason, input_tokens = t.input_tokens,"
     " output_tokens = t.output_tokens, cost_usd = t.cost_usd::numeric,"
     " generation_time_ms = t.generation_time_ms, document = t.document,"
     " warnings = t.warnings, error_code = t.error_code, error_message = t.error_message,"
     " explanation = t.explanation, cached_from = t.cached_from, worker = NULL,"
     " queue_time_ms = t.queue_time_ms, total_time_ms = t.total_time_ms,"
     " items_generated = t.items_generated::int4, zones_generated = t.zones_generated::int4"
     " FROM @rows@"
     " AS t (request_id, submitted_at, finished_at, status, generator_used, validation_passed,"
     " fallback_reason, input_tokens, output_tokens, cost_usd, generation_time_ms, document,"
     " warnings, error_code, error_message, explanation, cached_from, queue_time_ms,"
     " total_time_ms, items_generated, zones_generated)"
     " WHERE r.request_id = t.request_id AND r.submitted_at = t.submitted_at",
     kEndRequestTypes},
    {"UPDATE @extschema@.workflow_requests r SET status = 'queued', worker = NULL,"
     " error_code = t.error_code, error_message = t.error_message"
     " FROM @rows@ AS t (request_id, submitted_at, error_code, error_message)"
     " WHERE r.request_id = t.request_id AND r.submitted_at = t.submitted_at",
     kRequeueRequestTypes},
    {kAddStats, kAddStatsTypes},
};

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

/// The newest document of an equal request; $1: its fingerprint, $2: its greatest age in ms.
inline constexpr const char* kFindCached =
    "SELECT request_id, document::text, COALESCE(explanation, ''), generator_used"
    " FROM @extschema@.workflow_requests"
    " WHERE fingerprint = $1 AND status = 'succeeded' AND document IS NOT NULL"
    " AND finished_at > pg_catalog.now() - $2 * interval '1 millisecond'"
    " ORDER BY finished_at DESC LIMIT 1";

}  // namespace llmw
