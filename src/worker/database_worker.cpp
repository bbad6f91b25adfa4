// The worker of one database: connects, resolves what a former worker left, then runs the event
// loop until it is idle for llm_workflow.idle_timeout, told to leave, or the extension is dropped.
// The launcher starts it with the index of its entry. States: README.md.

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "pg/boundary.hpp"
#include "pg/extension.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "pg/versions.hpp"
#include "shmem/payload.hpp"
#include "shmem/slots.hpp"
#include "shmem/worker_table.hpp"
#include "worker/activity.hpp"
#include "worker/dispatcher.hpp"
#include "worker/owner_transaction.hpp"

extern "C" PGDLLEXPORT void llmw_worker_main(Datum argument);

namespace llmw {

namespace {

using std::chrono::milliseconds;

constexpr std::chrono::hours kPartitionCheckEvery{6};
constexpr std::chrono::minutes kPartitionCheckAgain{1};
constexpr std::chrono::minutes kAdviserRefreshEvery{1};
constexpr std::chrono::minutes kFoldEvery{1};
constexpr std::size_t kFoldAtMost = 2000;  // rows at once: calls that are answered wait meanwhile
constexpr int kFoldShare = 20;             // of the worker's time it takes a twentieth at most
constexpr milliseconds kLongestNap{10'000};

// Process-local: whether the exit callback must tell waiters that no worker could be started.
bool serving = false;

extern "C" {

static void llmw_worker_exit(int, Datum argument) {
  const int entry = DatumGetInt32(argument);
  const int orphaned = orphan_slots(entry);
  leave_worker(entry, !serving       ? WorkerEnd::never_served
                      : orphaned > 0 ? WorkerEnd::left_calls
                                     : WorkerEnd::served);
}

// PostgreSQL's lock_timeout is a SIGINT to oneself. pg_cancel_backend sends one too, and must not
// end the worker.
static void llmw_worker_interrupt(SIGNAL_ARGS) {
  if (get_timeout_indicator(LOCK_TIMEOUT, false)) StatementCancelHandler(postgres_signal_arg);
}

}  // extern "C"

void install_signal_handlers() {
  pqsignal(SIGTERM, die);
  pqsignal(SIGHUP, SignalHandlerForConfigReload);
  pqsignal(SIGINT, llmw_worker_interrupt);
  BackgroundWorkerUnblockSignals();
}

void set_option(const char* name, const char* value) {
  SetConfigOption(name, value, PGC_SUSET, PGC_S_OVERRIDE);
}

// What ALTER DATABASE or ALTER ROLE may have set for people must not apply to the ledger.
void set_session_options() {
  set_option("search_path", "pg_catalog, pg_temp");
  set_option("statement_timeout", "0");
  set_option("lock_timeout", "5s");
  set_option("idle_in_transaction_session_timeout", "0");
  set_option("default_transaction_isolation", "read committed");
  set_option("default_transaction_read_only", "off");
  set_option("jit", "off");
#ifdef USE_LZ4
  // Documents are compressed when they are stored; pglz takes five times as long.
  set_option("default_toast_compression", "lz4");
#endif
  if (synchronous_commit == SYNCHRONOUS_COMMIT_OFF) set_option("synchronous_commit", "on");
  // Plans are made once, often while the tables are small: they must look rows up by key.
  set_option("enable_seqscan", "off");
  set_option("enable_hashjoin", "off");
  set_option("enable_mergejoin", "off");
}

std::optional<Extension> read_extension() {
  std::optional<Extension> extension;
  in_transaction([&] { extension = find_extension(); });
  return extension;
}

class EventLoop {
 public:
  EventLoop(int entry, const WorkerClaim& claim, const Extension& extension)
      : entry_(entry), dispatcher_(entry, claim, extension), probe_(claim.probe) {
    dispatcher_.begin_service();
    const int engine = dispatcher_.poll_fd();
    events_ = PgCall([=] {
      WaitEventSet* set = create_wait_event_set(3);
      AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, nullptr);
      AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, nullptr, nullptr);
      AddWaitEventToSet(set, WL_SOCKET_READABLE, engine, nullptr, nullptr);
      return set;
    });
  }

  /// Returns when the worker shall end.
  void run() {
    while (true) {
      PgCall([] {
        CHECK_FOR_INTERRUPTS();
        if (ConfigReloadPending) {
          ConfigReloadPending = false;
          ProcessConfigFile(PGC_SIGHUP);
        }
      });
      keep_partitions_ahead();
      keep_adviser_fresh();
      keep_stats_folded();
      dispatcher_.keep_chains(std::chrono::steady_clock::now(), false);
      dispatcher_.turn();
      if (has_ready(entry_)) continue;
      report_at_ = report_activity(entry_, dispatcher_.report(), std::chrono::steady_clock::now());
      if (shall_leave() && leave_if_idle(entry_)) return leave();
      wait();
    }
  }

 private:
  void keep_partitions_ahead() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < next_partition_check_) return;
    next_partition_check_ = now + kPartitionCheckEvery;
    try {
      dispatcher_.ensure_partitions();
    } catch (const Error& error) {
      // They are made months ahead: somebody who locks the tables now is no reason to end.
      next_partition_check_ = now + kPartitionCheckAgain;
      const char* message = error.message().c_str();
      PgCall([=] { ereport(LOG, (errmsg("could not make partitions: %s", message))); });
    }
  }

  void keep_adviser_fresh() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < next_adviser_refresh_) return;
    next_adviser_refresh_ = now + kAdviserRefreshEvery;
    try {
      dispatcher_.refresh_adviser();
    } catch (const Error& error) {
      const char* message = error.message().c_str();
      PgCall([=] { ereport(LOG, (errmsg("could not read the records of calls: %s", message))); });
    }
  }

  void keep_stats_folded() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < may_fold_at_) return;
    if (now >= next_fold_ || dispatcher_.unfolded_stats() >= kFoldAtMost) fold_stats();
  }

  // Those who read the roll-ups add up what is not folded: it can wait.
  void fold_stats() {
    const SteadyTime began = std::chrono::steady_clock::now();
    next_fold_ = began + kFoldEvery;
    if (dispatcher_.unfolded_stats() == 0) return;
    try {
      dispatcher_.fold_stats();
      // Rows that an old snapshot keeps are read again each time.
      const SteadyTime ended = std::chrono::steady_clock::now();
      may_fold_at_ = ended + kFoldShare * (ended - began);
    } catch (const Error& error) {
      may_fold_at_ = next_fold_;
      const char* message = error.message().c_str();
      PgCall([=] { ereport(LOG, (errmsg("could not fold the statistics: %s", message))); });
    }
  }

  void leave() {
    fold_stats();
    dispatcher_.keep_chains(std::chrono::steady_clock::now(), true);
    dispatcher_.leave();
  }

  bool shall_leave() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!dispatcher_.idle()) {
      idle_since_ = now;
      if (std::exchange(probe_, false)) end_probe(entry_);
      return false;
    }
    return probe_ || asked_to_leave(entry_) ||
           now - idle_since_ >= milliseconds{settings.idle_timeout};
  }

  long nap() const {
    const SteadyTime now = std::chrono::steady_clock::now();
    SteadyTime wake = std::min(
        {now + kLongestNap, report_at_, dispatcher_.chains_due(), dispatcher_.next_deadline()});
    if (dispatcher_.idle())
      wake = std::min(wake, idle_since_ + milliseconds{settings.idle_timeout});
    if (wake <= now) return 0;  // also SteadyTime::min(), from which nothing can be subtracted
    return std::chrono::ceil<milliseconds>(wake - now).count();
  }

  void wait() {
    const long timeout = nap();
    WaitEventSet* events = events_;
    PgCall([=] {
      pgstat_report_stat(false);
      WaitEvent occurred[3];
      (void)WaitEventSetWait(events, timeout, occurred, 3, PG_WAIT_EXTENSION);
      ResetLatch(MyLatch);
    });
  }

  int entry_;
  Dispatcher dispatcher_;
  bool probe_;  ///< started to recover only, and nothing came up since
  WaitEventSet* events_ = nullptr;
  SteadyTime idle_since_ = std::chrono::steady_clock::now();
  SteadyTime next_partition_check_ = idle_since_ + kPartitionCheckEvery;
  SteadyTime next_adviser_refresh_ = idle_since_;
  SteadyTime next_fold_ = idle_since_ + kFoldEvery;
  SteadyTime may_fold_at_ = idle_since_;
  SteadyTime report_at_ = idle_since_;
};

void log_unfit(const Error& error) {
  PgCall([&] {
    ereport(LOG, (errmsg("llm_workflow worker ends: %s", error.message().c_str()),
                  errdetail("%s", error.detail().c_str()), errhint("%s", error.hint().c_str())));
  });
}

void serve(int entry, const WorkerClaim& claim) {
  const std::optional<Extension> extension = read_extension();
  if (!extension) return;
  if (std::optional<Error> error = version_mismatch(extension->version))
    throw ExtensionUnfit{std::move(*error)};
  EventLoop loop(entry, claim, *extension);
  serving = true;
  loop.run();
}

void run(int entry) {
  PgCall(install_signal_handlers);
  attach_payload();
  const std::optional<WorkerClaim> claim = claim_worker(entry);
  if (!claim) return;
  const Oid database = claim->database;
  PgCall([=] {
    // Registered first, so that it also runs when the database cannot be connected to.
    before_shmem_exit(llmw_worker_exit, Int32GetDatum(entry));
    BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
    set_session_options();
    pgstat_report_activity(STATE_IDLE, nullptr);
  });
  try {
    serve(entry, *claim);
  } catch (const ExtensionGone&) {
    PgCall([] { ereport(LOG, (errmsg("llm_workflow worker ends: the extension was dropped"))); });
  } catch (const ExtensionUnfit& unfit) {
    log_unfit(unfit.error);
  }
}

}  // namespace

}  // namespace llmw

extern "C" void llmw_worker_main(Datum argument) {
  llmw::PgBoundary([=] {
    try {
      llmw::run(DatumGetInt32(argument));
    } catch (...) {
      llmw::CrashWitness::keep();
      throw;
    }
  });
}
