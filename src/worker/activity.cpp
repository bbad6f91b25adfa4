#include "worker/activity.hpp"

#include "pg/boundary.hpp"
#include "shmem/shared_memory.hpp"

namespace llmw {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kBetweenReports{1};

void introduce(int entry) {
  char name[NAMEDATALEN];
  snprintf(name, sizeof name, "llm_workflow worker %d", shared_worker(entry).ordinal);
  const char* shown = name;
  PgCall([=] { SetConfigOption("application_name", shown, PGC_SUSET, PGC_S_OVERRIDE); });
}

// "idle" in pg_stat_activity is the truth about the session: no statement runs.
void show(const WorkerReport& report) {
  char text[128];
  snprintf(text, sizeof text, "%lld calls in flight, %lld held, %lld jobs",
           static_cast<long long>(report.calls_in_flight),
           static_cast<long long>(report.calls_held), static_cast<long long>(report.jobs));
  const char* shown = text;
  PgCall([=] { pgstat_report_activity(STATE_IDLE, shown); });
}

}  // namespace

steady_clock::time_point report_activity(int entry, const WorkerReport& report,
                                         steady_clock::time_point now) {
  static constinit steady_clock::time_point last = steady_clock::time_point::min();
  static constinit WorkerReport published;
  if (last != steady_clock::time_point::min() && now - last < kBetweenReports)
    return report == published ? steady_clock::time_point::max() : last + kBetweenReports;
  if (last == steady_clock::time_point::min()) introduce(entry);
  last = now;
  published = report;
  report_worker(entry, report);
  show(report);
  return steady_clock::time_point::max();
}

}  // namespace llmw
