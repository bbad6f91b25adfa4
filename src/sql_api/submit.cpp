// submit_workflow(): writes a request down as a job, in the caller's transaction, and does nothing
// else but wake the workers when that commits. It is made for INSERT ... SELECT of many rows.

#include "core/error.hpp"
#include "core/request_json.hpp"
#include "pg/boundary.hpp"
#include "pg/ids.hpp"
#include "pg/jsonb.hpp"
#include "pg/settings.hpp"
#include "pg/text.hpp"
#include "shmem/wake_at_commit.hpp"
#include "sql_api/extension_owner.hpp"
#include "sql_api/idempotency.hpp"
#include "sql_api/request_access.hpp"
#include "sql_api/request_arguments.hpp"
#include "sql_api/session_request.hpp"
#include "sql_api/waiting.hpp"

namespace llmw {

namespace {

enum Argument { kPriority = kFurtherArguments, kRunAt, kIdempotencyKey, kCacheFor, kCategory };

constexpr Oid kSubmitTypes[] = {UUIDOID,        TIMESTAMPTZOID, NAMEOID, TEXTOID, INT4OID,
                                TIMESTAMPTZOID, TEXTOID,        INT4OID, JSONBOID};
constinit KeptStatement submit_statement{
    "INSERT INTO @extschema@.workflow_jobs (request_id, submitted_at, role_name, state, priority,"
    " run_at, primary_model, max_attempts, request) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    kSubmitTypes, 9};

struct JobOptions {
  int priority = 0;
  TimestampTz run_at = 0;  ///< 0, as any time that is over: now
};

GenerationRequest make_request(FunctionCallInfo fcinfo) {
  std::string prompt = read_prompt(fcinfo);
  const RequestChoices choices = read_choices(fcinfo, {kCategory});
  GenerationRequest request = read_request(fcinfo, choices, std::move(prompt));
  request.cache_for_ms = read_milliseconds(fcinfo, kCacheFor, "cache_for");
  complete_request(choices, request);
  return request;
}

JobOptions read_options(FunctionCallInfo fcinfo) {
  JobOptions options;
  if (!PG_ARGISNULL(kPriority)) options.priority = PG_GETARG_INT32(kPriority);
  if (PG_ARGISNULL(kRunAt)) return options;
  options.run_at = PG_GETARG_TIMESTAMPTZ(kRunAt);
  if (TIMESTAMP_NOT_FINITE(options.run_at))
    throw Error(sqlstate::kInvalidParameterValue, "run_at must be finite", {},
                "Use NULL for a job that shall run as soon as possible.");
  return options;
}

void write_job(const GenerationRequest& request, const JobOptions& options) {
  const Extension extension = installed_extension();
  const TimestampTz submitted_at = from_unix_micros(uuid7_unix_micros(request.id));
  const bool is_due = options.run_at <= submitted_at;
  Datum values[] = {uuid_datum(request.id),
                    TimestampTzGetDatum(submitted_at),
                    role_name_datum(GetUserId()),
                    PointerGetDatum(to_server_text(is_due ? "queued" : "scheduled")),
                    Int32GetDatum(options.priority),
                    TimestampTzGetDatum(is_due ? submitted_at : options.run_at),
                    PointerGetDatum(to_server_text(request.models.front())),
                    Int32GetDatum(settings.job_attempts),
                    to_jsonb(request_to_json(request))};
  as_extension_owner(extension, [&] { submit_statement.run(extension, values); });
}

/// The id of the new job, or of the request that has the key.
Uuid submit(const GenerationRequest& request, const JobOptions& options, const std::string& key) {
  if (!key.empty()) {
    lock_key(key, LockedUntil::end_of_transaction);
    if (const std::optional<Uuid> earlier = find_request_of_key(key, request)) return *earlier;
    write_key(key, request);
  }
  write_job(request, options);
  wake_workers_at_commit(false);
  return request.id;
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_submit_workflow) {
  using namespace llmw;
  if (PG_ARGISNULL(kPrompt)) PG_RETURN_NULL();
  check_can_submit();
  PgCall([] { PreventCommandIfReadOnly("submit_workflow()"); });
  const GenerationRequest request = make_request(fcinfo);
  const JobOptions options = read_options(fcinfo);
  return uuid_datum(submit(request, options, read_idempotency_key(fcinfo, kIdempotencyKey)));
}
