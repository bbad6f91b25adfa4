// llmw_worker_status(): what shared memory says about the workers of this database.

#include <vector>

#include "pg/boundary.hpp"
#include "pg/result_rows.hpp"
#include "pg/sending.hpp"
#include "pg/settings.hpp"
#include "shmem/payload.hpp"
#include "shmem/shared_memory.hpp"
#include "shmem/worker_table.hpp"

namespace llmw {

namespace {

const char* state_name(WorkerState state) {
  switch (state) {
    case kWorkerRunning: return "running";
    case kWorkerWanted:
    case kWorkerStarting: return "starting";
    default: return "stopped";
  }
}

/// Those of the present, or the one that left last, for its error; at least one.
std::vector<WorkerEntry> entries_to_show() {
  std::vector<WorkerEntry> all;
  if (shared_memory_exists()) all = worker_entries(MyDatabaseId);
  std::vector<WorkerEntry> shown;
  for (const WorkerEntry& entry : all)
    if (entry.state != kWorkerNone) shown.push_back(entry);
  if (shown.empty()) shown.push_back(all.empty() ? WorkerEntry{} : all.front());
  return shown;
}

void add_number(ResultRows& rows, bool is_known, int64 value) {
  is_known ? rows.datum(Int64GetDatum(value)) : rows.null();
}

void add_time(ResultRows& rows, TimestampTz at) {
  at != 0 ? rows.datum(TimestampTzGetDatum(at)) : rows.null();
}

void add_worker(ResultRows& rows, const WorkerEntry& entry) {
  const bool runs = entry.state == kWorkerRunning;
  entry.state != kWorkerNone ? rows.number(entry.ordinal) : rows.null();
  rows.text(state_name(entry.state)).number_or_null(entry.pid);
  add_time(rows, runs ? entry.started_at : 0);
  add_time(rows, entry.heartbeat_at);
  for (const int64 count : {entry.requests, entry.calls_in_flight, entry.calls_held, entry.jobs})
    add_number(rows, runs, count);
}

void add_memory(ResultRows& rows) {
  if (!shared_memory_exists()) {
    rows.null().null().null().null();
    return;
  }
  rows.number(shared().used_slots).number(shared().slot_count);
  add_number(rows, true, static_cast<int64>(payload_used()));
  add_number(rows, true, static_cast<int64>(shared().payload_size));
}

void add_error(ResultRows& rows, const WorkerEntry& entry) {
  const char* message = entry.last_error;
  entry.last_error_at != 0 ? rows.datum(PgCall([=] { return CStringGetTextDatum(message); }))
                           : rows.null();
  add_time(rows, entry.last_error_at);
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_worker_status) {
  using namespace llmw;
  const bool at_home = !not_at_home();
  ResultRows rows(fcinfo);
  for (const WorkerEntry& entry : entries_to_show()) {
    add_worker(rows, entry);
    add_memory(rows);
    add_error(rows, entry);
    rows.datum(BoolGetDatum(settings.enabled)).datum(BoolGetDatum(at_home)).end_row();
  }
  return 0;
}
