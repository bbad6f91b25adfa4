#pragma once
// The calls by which the worker runs the statements of sql/install/25_jobs.sql. $1 is the worker's
// incarnation wherever there is one.

#include <span>

#include "pg/postgres.hpp"

namespace llmw {

enum class JobStatement {
  join,
  renew,
  leave,
  promote,
  next_at,
  groups,
  take,
  take_cancelled,
  cancellations,
  sweep,
  end,
  requeue,
};
inline constexpr int kJobStatements = 12;

struct JobStatementText {
  const char* sql;  ///< with @extschema@
  std::span<const Oid> types;
};

inline constexpr Oid kWorkerType[] = {UUIDOID};
inline constexpr Oid kJoinTypes[] = {UUIDOID, INT8OID, INT8OID};
inline constexpr Oid kPromoteTypes[] = {INT8OID};
inline constexpr Oid kTakeTypes[] = {UUIDOID, TEXTARRAYOID, TEXTARRAYOID, INT8ARRAYOID};
inline constexpr Oid kSweepTypes[] = {UUIDARRAYOID, UUIDOID};
inline constexpr Oid kEndTypes[] = {UUIDOID, UUIDARRAYOID, INT8ARRAYOID};
inline constexpr Oid kRequeueTypes[] = {
    UUIDOID,      UUIDARRAYOID, INT8ARRAYOID, TIMESTAMPTZARRAYOID, BOOLARRAYOID, INT8ARRAYOID,
    INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,        TEXTARRAYOID};

#define LLMW_TAKEN_JOBS                                                               \
  "SELECT t.request_id, t.role_name, t.request, t.attempts, t.calls, t.input_tokens," \
  " t.output_tokens, t.cost_usd, t.max_attempts, t.run_at FROM @extschema@."

// In the order of JobStatement.
inline constexpr JobStatementText kJobStatementTexts[kJobStatements] = {
    {"SELECT @extschema@.llmw_register_worker($1, $2::int4, $3::int4)", kJoinTypes},
    {"SELECT @extschema@.llmw_renew_lease($1)", kWorkerType},
    {"SELECT @extschema@.llmw_leave_worker($1)", kWorkerType},
    {"SELECT @extschema@.llmw_promote_jobs($1::int4)", kPromoteTypes},
    {"SELECT @extschema@.llmw_next_job_at()", {}},
    {"SELECT role_name, primary_model, priority, run_at FROM @extschema@.llmw_job_groups()", {}},
    {LLMW_TAKEN_JOBS "llmw_claim_jobs($1, $2::name[], $3, $4::int4[]) AS t", kTakeTypes},
    {LLMW_TAKEN_JOBS "llmw_claim_cancelled_jobs($1) AS t", kWorkerType},
    {"SELECT * FROM @extschema@.llmw_pending_cancellations()", {}},
    {LLMW_TAKEN_JOBS "llmw_sweep_jobs($1, $2) AS t", kSweepTypes},
    {"SELECT * FROM @extschema@.llmw_end_jobs($1, $2, $3::int4[])", kEndTypes},
    {"SELECT * FROM @extschema@.llmw_requeue_jobs($1, $2, $3::int4[], $4, $5, $6::int4[], $7, $8,"
     " $9::numeric[], $10, $11)",
     kRequeueTypes},
};

#undef LLMW_TAKEN_JOBS

}  // namespace llmw
