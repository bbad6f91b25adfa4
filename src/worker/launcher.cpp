#include "worker/launcher.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "pg/boundary.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "shmem/shared_memory.hpp"
#include "shmem/worker_table.hpp"

extern "C" PGDLLEXPORT void llmw_launcher_main(Datum argument);

namespace llmw {

namespace {

constexpr int kRestartSeconds = 5;
constexpr long kLongestNap = 10'000;  // milliseconds
constexpr long kNapBetweenProbes = 10;
constexpr long kNapForEntry = 1000;

/// A worker that was registered and has not been seen ending.
struct Started {
  WantedWorker wanted;
  BackgroundWorkerHandle* handle;
};

extern "C" {

static void llmw_launcher_exit(int, Datum) { set_launcher(kNoProcess); }

}  // extern "C"

/// What both kinds of our processes have in common. Its name is its type until it is given another.
BackgroundWorker describe_process(const char* type, const char* function) {
  BackgroundWorker worker;
  std::memset(&worker, 0, sizeof worker);
  worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
  strlcpy(worker.bgw_library_name, "llm_workflow", sizeof worker.bgw_library_name);
  strlcpy(worker.bgw_function_name, function, sizeof worker.bgw_function_name);
  strlcpy(worker.bgw_type, type, sizeof worker.bgw_type);
  strlcpy(worker.bgw_name, type, sizeof worker.bgw_name);
  return worker;
}

BackgroundWorkerHandle* register_worker(const WantedWorker& wanted) {
  return PgCall([&]() -> BackgroundWorkerHandle* {
    BackgroundWorker worker = describe_process("llm_workflow worker", "llmw_worker_main");
    worker.bgw_restart_time = BGW_NEVER_RESTART;
    snprintf(worker.bgw_name, sizeof worker.bgw_name, "llm_workflow worker %d for database %u",
             wanted.ordinal, wanted.database);
    worker.bgw_main_arg = Int32GetDatum(wanted.entry);
    worker.bgw_notify_pid = MyProcPid;
    BackgroundWorkerHandle* handle = nullptr;
    return RegisterDynamicBackgroundWorker(&worker, &handle) ? handle : nullptr;
  });
}

void start_wanted(std::vector<Started>& started) {
  while (const std::optional<WantedWorker> wanted = take_wanted()) {
    BackgroundWorkerHandle* handle = register_worker(*wanted);
    if (handle != nullptr) {
      started.push_back({*wanted, handle});
      continue;
    }
    const Oid database = wanted->database;
    PgCall([=] {
      ereport(LOG, (errmsg("could not start the llm_workflow worker for database %u", database),
                    errhint("Increase max_worker_processes.")));
    });
    report_start_failure(*wanted);
  }
}

// A worker that stopped before it took its entry failed to start; its waiters must be told.
void check_started(std::vector<Started>& started) {
  std::erase_if(started, [](const Started& worker) {
    pid_t pid = 0;
    if (PgCall([&] { return GetBackgroundWorkerPid(worker.handle, &pid); }) != BGWH_STOPPED)
      return false;
    report_start_failure(worker.wanted);
    pfree(worker.handle);
    return true;
  });
}

struct DatabaseList {
  Oid* oids;
  int count;
};

DatabaseList read_databases() {
  DatabaseList list{nullptr, 0};
  int capacity = 64;
  list.oids = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<Size>(capacity)));
  Relation relation = table_open(DatabaseRelationId, AccessShareLock);
  TableScanDesc scan = table_beginscan_catalog(relation, 0, nullptr);
  while (HeapTuple tuple = heap_getnext(scan, ForwardScanDirection)) {
    auto* database = reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple));
    if (!database->datallowconn || database->datistemplate) continue;
    if (list.count == capacity) {
      capacity *= 2;
      list.oids = static_cast<Oid*>(repalloc(list.oids, sizeof(Oid) * static_cast<Size>(capacity)));
    }
    list.oids[list.count++] = database->oid;
  }
  table_endscan(scan);
  table_close(relation, AccessShareLock);
  return list;
}

std::vector<Oid> all_databases() {
  std::vector<Oid> databases;
  in_transaction([&] {
    const DatabaseList list = PgCall(read_databases);
    databases.assign(list.oids, list.oids + list.count);
  });
  return databases;
}

// One may be dropped while it has jobs for later.
bool database_exists(Oid database) {
  bool exists = false;
  in_transaction([&] {
    exists = PgCall([=] { return SearchSysCacheExists1(DATABASEOID, ObjectIdGetDatum(database)); });
  });
  return exists;
}

/// Databases that a worker shall look into without being asked by a session.
class Rounds {
 public:
  Rounds() : to_probe_(all_databases()) {}

  /// Any database may have something left to do.
  void look_everywhere() { to_probe_ = all_databases(); }

  void take_wishes() {
    if (take_lost_wishes()) look_everywhere();
    for (const WakeWish& wish : take_wake_wishes()) {
      const auto [known, is_new] = wakes_.emplace(wish.database, wish.at);
      if (!is_new) known->second = std::min(known->second, wish.at);
    }
  }

  void want_due() {
    const TimestampTz now = GetCurrentTimestamp();
    entries_taken_ = false;
    std::erase_if(wakes_, [=, this](const auto& wake) {
      return wake.second <= now && (!database_exists(wake.first) || want_probe_of(wake.first));
    });
    // One at a time: looking for unfinished intents must not take all worker processes.
    if (to_probe_.empty() || any_probe()) return;
    if (want_probe_of(to_probe_.back())) to_probe_.pop_back();
  }

  /// Milliseconds until something may be due.
  long nap() const {
    if (entries_taken_) return kNapForEntry;
    if (!to_probe_.empty()) return kNapBetweenProbes;
    const TimestampTz now = GetCurrentTimestamp();
    TimestampTz next = now + kLongestNap * INT64CONST(1000);
    for (const auto& [database, at] : wakes_) next = std::min(next, at);
    return TimestampDifferenceMilliseconds(now, next);
  }

 private:
  bool want_probe_of(Oid database) {
    const bool wanted = want_probe(database);
    entries_taken_ = entries_taken_ || !wanted;
    return wanted;
  }

  std::vector<Oid> to_probe_;
  std::map<Oid, TimestampTz> wakes_;
  bool entries_taken_ = false;  ///< no worker could be wanted
};

void nap(long milliseconds) {
  PgCall([=] {
    (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
                    PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
    if (ConfigReloadPending) {
      ConfigReloadPending = false;
      ProcessConfigFile(PGC_SIGHUP);
    }
  });
}

void run() {
  PgCall([] {
    pqsignal(SIGTERM, die);
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    pqsignal(SIGINT, SIG_IGN);
    BackgroundWorkerUnblockSignals();
    BackgroundWorkerInitializeConnection(nullptr, nullptr, 0);
    before_shmem_exit(llmw_launcher_exit, 0);
  });
  set_launcher(my_proc_number());
  Rounds rounds;
  std::vector<Started> started;
  for (;;) {
    const bool was_enabled = settings.enabled;
    check_started(started);
    rounds.take_wishes();
    rounds.want_due();
    start_wanted(started);
    nap(rounds.nap());
    if (settings.enabled && !was_enabled) rounds.look_everywhere();  // for jobs that waited
  }
}

}  // namespace

void register_launcher() {
  BackgroundWorker worker = describe_process("llm_workflow launcher", "llmw_launcher_main");
  worker.bgw_restart_time = kRestartSeconds;
  RegisterBackgroundWorker(&worker);
}

}  // namespace llmw

extern "C" void llmw_launcher_main(Datum) {
  llmw::PgBoundary([] { llmw::run(); });
}
