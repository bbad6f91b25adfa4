#pragma once
// What the worker is doing, for pg_stat_activity and llm_workflow_status.

#include <chrono>

#include "shmem/worker_table.hpp"

namespace llmw {

/// Publishes `report`, at most once a second: as heartbeat and numbers of llm_workflow_status, and
/// as the query in pg_stat_activity ("12 calls in flight, 3 held, 40 jobs"). Call in each turn,
/// outside a transaction. Returns when to call again at the latest: a report that came too early is
/// due then.
std::chrono::steady_clock::time_point report_activity(int entry, const WorkerReport& report,
                                                      std::chrono::steady_clock::time_point now);

}  // namespace llmw
