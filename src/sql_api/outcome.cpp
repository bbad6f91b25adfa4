// record_workflow_outcome(): whether running a workflow succeeded, as whoever ran it says.
//
// The request, the event and the difference for the roll-ups are written in the caller's
// transaction, by one statement: two sessions that change their minds at once wait for each other.

#include <string>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/ids.hpp"
#include "pg/jsonb.hpp"
#include "pg/text.hpp"
#include "sql_api/recording.hpp"
#include "sql_api/request_access.hpp"
#include "sql_api/request_arguments.hpp"
#include "sql_api/request_result.hpp"

namespace llmw {

namespace {

constexpr std::size_t kLongestDetails = 16384;  // bytes

constexpr const char* kRecord =
    "WITH known AS ("
    " SELECT * FROM @extschema@.workflow_requests r"
    " WHERE r.request_id OPERATOR(pg_catalog.=) $1 AND r.submitted_at OPERATOR(pg_catalog.=) $2"
    " FOR UPDATE"
    "), changed AS ("
    " UPDATE @extschema@.workflow_requests r SET outcome_succeeded = $3 FROM known k"
    " WHERE r.request_id OPERATOR(pg_catalog.=) k.request_id"
    " AND r.submitted_at OPERATOR(pg_catalog.=) k.submitted_at"
    " AND CASE WHEN $3 THEN k.outcome_succeeded IS NOT TRUE"
    "     ELSE k.outcome_succeeded IS NOT FALSE END"
    " RETURNING k.*"
    "), event AS ("
    " INSERT INTO @extschema@.audit_logs (event_id, \"timestamp\", action, severity, actor,"
    " request_id, details)"
    " SELECT $4, $5, 'WORKFLOW_OUTCOME_RECORDED', CASE WHEN $3 THEN 'info' ELSE 'warning' END, $6,"
    " k.request_id, pg_catalog.jsonb_build_object('succeeded', $3, 'previous', k.outcome_succeeded,"
    " 'generator_used', k.generator_used, 'details', $7)"
    " FROM known k"
    ")"
    "INSERT INTO @extschema@.workflow_stats_deltas (hour, model, format, agent, role_name,"
    " fallback_reason, outcomes_succeeded, outcomes_failed)"
    " SELECT pg_catalog.date_trunc('hour', c.submitted_at, 'UTC'), COALESCE(c.generator_used, ''),"
    " c.format, COALESCE(c.agent, ''), c.role_name, COALESCE(c.fallback_reason, ''),"
    " CASE WHEN $3 THEN 1 WHEN c.outcome_succeeded THEN -1 ELSE 0 END,"
    " CASE WHEN NOT $3 THEN 1 WHEN NOT c.outcome_succeeded THEN -1 ELSE 0 END"
    " FROM changed c";

void check_details(Datum details) {
  if (!PgCall([=] { return JB_ROOT_IS_OBJECT(DatumGetJsonbP(details)); }))
    throw Error(sqlstate::kInvalidParameterValue, "details must be a JSON object");
  const std::size_t size = jsonb_to_utf8(details).size();
  if (size > kLongestDetails)
    throw Error(sqlstate::kInvalidParameterValue, "details is too long",
                "It has " + std::to_string(size) + " bytes, and may have " +
                    std::to_string(kLongestDetails) + ".",
                "Keep the log of the run elsewhere, and put into details where that is.");
}

/// Throws llmw::Error unless the current role may see the request and it has a workflow to be run.
void check_has_workflow(const Uuid& id) {
  const FoundRequest found = find_request(id);
  check_may_see(id, found.role_name);
  if (!found.result)
    throw Error(sqlstate::kNotInPrerequisiteState, "request " + to_string(id) + " has not ended",
                "It has no workflow yet that could have been run.", "Wait for its end.");
  if (!found.result->ok)
    throw Error(sqlstate::kNotInPrerequisiteState, "request " + to_string(id) + " has no workflow",
                "It failed or was cancelled.");
}

void record(const Uuid& id, bool succeeded, Datum details) {
  constexpr Oid kTypes[] = {UUIDOID,        TIMESTAMPTZOID, BOOLOID, UUIDOID,
                            TIMESTAMPTZOID, TEXTOID,        JSONBOID};
  const TimestampTz now = GetCurrentTimestamp();
  const std::string actor = role_name_of(GetUserId());
  const Datum values[] = {uuid_datum(id),
                          TimestampTzGetDatum(from_unix_micros(uuid7_unix_micros(id))),
                          BoolGetDatum(succeeded),
                          uuid_datum(new_uuid(now)),
                          TimestampTzGetDatum(now),
                          PointerGetDatum(to_server_text(actor)),
                          details};
  write_record(kRecord, kTypes, values);
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_record_workflow_outcome) {
  using namespace llmw;
  enum Argument { kRequestId, kSucceeded, kDetails };
  check_is_given(fcinfo, kRequestId, "request_id");
  check_is_given(fcinfo, kSucceeded, "succeeded");
  check_is_given(fcinfo, kDetails, "details");
  check_can_write("record_workflow_outcome()");
  const Datum details = PG_GETARG_DATUM(kDetails);
  check_details(details);
  const Uuid id = read_uuid(fcinfo, kRequestId);
  check_has_workflow(id);
  record(id, PG_GETARG_BOOL(kSucceeded), details);
  PG_RETURN_VOID();
}
