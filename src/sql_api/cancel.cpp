// cancel_workflow(): asks the workers to end a job. It takes no lock on the job: an open
// transaction of whoever cancels must not stall the worker.

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/ids.hpp"
#include "shmem/wake_at_commit.hpp"
#include "sql_api/extension_owner.hpp"
#include "sql_api/request_access.hpp"
#include "sql_api/request_arguments.hpp"
#include "sql_api/request_result.hpp"

namespace llmw {

namespace {

constexpr Oid kCancelTypes[] = {UUIDOID, NAMEOID};
constinit KeptStatement cancel_statement{
    "INSERT INTO @extschema@.workflow_cancellations (request_id, role_name) VALUES ($1, $2)"
    " ON CONFLICT DO NOTHING",
    kCancelTypes, 2};

void check_can_write() {
  PgCall([] {
    PreventCommandDuringRecovery("cancel_workflow()");
    PreventCommandIfReadOnly("cancel_workflow()");
  });
}

void write_cancellation(const Uuid& id) {
  const Extension extension = installed_extension();
  Datum values[] = {uuid_datum(id), role_name_datum(GetUserId())};
  as_extension_owner(extension, [&] { cancel_statement.run(extension, values); });
}

/// False when there is nothing left to end.
bool cancel(const Uuid& id) {
  const FoundRequest found = find_request(id);
  check_may_end(id, found.role_name);
  if (found.result) return false;
  if (!found.is_job)
    throw Error(sqlstate::kNotInPrerequisiteState, "request " + to_string(id) + " is not a job",
                "A statement waits for it, and it ends when that statement does.",
                "Cancel the statement: pg_cancel_backend().");
  write_cancellation(id);
  wake_workers_at_commit(true);
  return true;
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_cancel_workflow) {
  using namespace llmw;
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  check_can_write();
  PG_RETURN_BOOL(cancel(read_uuid(fcinfo, 0)));
}
