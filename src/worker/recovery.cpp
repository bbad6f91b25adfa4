#include "worker/recovery.hpp"

#include <span>
#include <string>
#include <vector>

#include "pg/boundary.hpp"
#include "pg/columns.hpp"
#include "pg/spi_plan.hpp"
#include "shmem/worker_table.hpp"
#include "worker/budget_book.hpp"
#include "worker/budget_sql.hpp"
#include "worker/owner_transaction.hpp"
#include "worker/recovery_sql.hpp"

namespace llmw {

namespace {

constexpr Oid kUuid[] = {UUIDOID};
constexpr uint16 kRecoveryLock = 1;  // beside 0, by which the extension itself is locked

/// Runs a statement whose only parameter is a list of ids, once in the life of a worker.
std::uint64_t run(const Extension& extension, const char* sql, Columns::Parameters ids) {
  return run_plan(keep_plan(in_schema(extension, sql), {UUIDARRAYOID}), std::move(ids));
}

Columns::Parameters list(std::span<const Uuid> uuids) {
  Columns column(kUuid, uuids.size());
  for (const Uuid& uuid : uuids) column.add(uuid);
  return column.arrays();
}

}  // namespace

// One worker at a time: what another is about to record would be missing in the sums. And each does
// this before it serves, so while it has the lock no worker begins to that it does not know of.
std::int64_t recover(const Extension& extension) {
  std::int64_t lost = 0;
  as_owner(extension, [&] {
    const Oid oid = extension.oid;
    PgCall([=] { LockDatabaseObject(ExtensionRelationId, oid, kRecoveryLock, ExclusiveLock); });
    const Columns::Parameters running = list(live_incarnations(MyDatabaseId));
    run(extension, kLostCallIds, running);
    const std::optional<Datum> ids = SpiRow(0).get(1);
    if (ids) {
      Columns::Parameters calls;
      calls.values.push_back(*ids);
      calls.nulls = " ";
      run(extension, kRecordLostCalls, calls);
      run(extension, kCountLostCalls, calls);
      lock_budget_book(extension);
      run(extension, kSettleLostReservations, calls);
      run(extension, kRecordRecovery, calls);
      lost = static_cast<std::int64_t>(run(extension, kForgetLostCalls, calls));
    }
    run(extension, kRequeueLeftJobs, running);
    run(extension, kFailLeftRequests, running);
  });
  return lost;
}

}  // namespace llmw
