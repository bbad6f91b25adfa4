#include "shmem/wake_at_commit.hpp"

#include "pg/boundary.hpp"
#include "shmem/worker_table.hpp"

namespace llmw {

namespace {

bool callback_registered = false;
bool shall_wake = false;
bool with_cancellation = false;

void on_transaction_end(XactEvent event, void*) {
  if (!shall_wake) return;
  if (event == XACT_EVENT_COMMIT) wake_workers(MyDatabaseId, with_cancellation);
  if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
    return;
  shall_wake = false;
  with_cancellation = false;
}

}  // namespace

void wake_workers_at_commit(bool cancellation) {
  if (!callback_registered) {
    PgCall([] { RegisterXactCallback(on_transaction_end, nullptr); });
    callback_registered = true;
  }
  shall_wake = true;
  with_cancellation = with_cancellation || cancellation;
}

}  // namespace llmw
