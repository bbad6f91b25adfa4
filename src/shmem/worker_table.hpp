#pragma once
// Which workers are wanted, starting or running: an entry for each database and ordinal.
//
// A database has up to llm_workflow.workers_per_database workers, with ordinals from 0. The
// launcher starts what is wanted; a worker claims its entry when it runs and leaves it when it
// exits. An entry whose worker is gone and which has no slot may be given to another database.

#include <optional>
#include <vector>

#include "core/uuid.hpp"
#include "shmem/layout.hpp"

namespace llmw {

/// The entry that shall take the next slot of a database; -1 when all entries are taken.
struct WorkerChoice {
  int entry = -1;
  bool launch = false;  ///< the launcher has something to start
};

/// Of the running workers of `database` the one with the fewest slots; of those that start, when
/// none runs. Wants one worker more when all have slots. Call under the lock.
WorkerChoice choose_worker(Oid database);

/// Marks worker 0 as wanted, only to look whether something was left or is due; does nothing when
/// it runs. Takes the lock. False when all entries are taken.
bool want_probe(Oid database);

/// Something changed in the database's jobs, or a setting of calls: each of its workers is told,
/// and those that do not run are started, as many as llm_workflow.workers_per_database says. With
/// `cancellation` also their flag of cancellations is set. Does nothing when not preloaded.
void wake_workers(Oid database, bool cancellation) noexcept;

/// Whether wake_workers() was called since the last call, for the worker `entry`.
bool jobs_changed(int entry);

/// Sees to it that a worker runs at `at` at the latest: the launcher starts one if none runs then.
/// An earlier wish stands. 0: nothing is wished.
void set_wake_at(Oid database, TimestampTz at) noexcept;

struct WantedWorker {
  int entry = 0;
  Oid database = InvalidOid;
  int ordinal = 0;
  uint32 start = 0;  ///< the entry's count of starts
};

/// The launcher takes one wanted worker to start it; it is STARTING then.
std::optional<WantedWorker> take_wanted();

/// What set_wake_at() was told since the last call, for the launcher.
struct WakeWish {
  Oid database = InvalidOid;
  TimestampTz at = 0;
};
std::vector<WakeWish> take_wake_wishes();

/// Whether a wish found no free entry since the last call: then any database may have one.
bool take_lost_wishes();

/// The launcher could not start it, or it ended before it ran: waiters are told. Ignored when it
/// did run, or when another start of the same entry came after it.
void report_start_failure(const WantedWorker& wanted);

/// Whether a worker is wanted, starts or runs that only looks.
bool any_probe();

/// The worker `entry` found something to do: it no more only looks.
void end_probe(int entry);

/// What the new worker learns about its task.
struct WorkerClaim {
  Oid database = InvalidOid;
  int ordinal = 0;
  bool probe = false;
  Uuid incarnation;  ///< of this process, as long as it has the entry
};

/// The worker takes `entry`. Nothing when another worker runs for it, or nobody wants it. Throws
/// llmw::Error when there are no random bits.
std::optional<WorkerClaim> claim_worker(int entry);

/// The incarnations of all workers of `database` that run now.
std::vector<Uuid> live_incarnations(Oid database);

/// The worker leaves because it is idle: only when no slot became ready, and nobody woke it,
/// meanwhile. True if it left.
bool leave_if_idle(int entry);

/// How a worker ends that did not leave_if_idle().
enum class WorkerEnd {
  never_served,  ///< its waiters are told that none could be started
  served,        ///< another one is started: at once if slots wait, else in a second
  left_calls,    ///< another one is started at once: it resolves the intents of this one
};

/// The worker ends for whatever reason. Does nothing when it left already. Never raises.
void leave_worker(int entry, WorkerEnd end) noexcept;

/// Whether the worker shall take no new jobs and leave when it is idle: somebody needs the database
/// to himself, or llm_workflow.workers_per_database was lowered.
bool asked_to_leave(int entry);

/// Pids of the running workers of one database.
struct WorkerPids {
  int pids[kMostWorkersPerDatabase];
  int count = 0;
};
WorkerPids running_worker_pids(Oid database);

/// Asks the workers of `database`, also those that start, to leave as soon as they have nothing to
/// do. True if one runs.
bool ask_to_leave_when_idle(Oid database);

/// The extension was dropped: nobody looks after the workers that end now, unless slots wait.
void dismiss_workers(Oid database) noexcept;

/// `database` is about to be dropped: workers that end are not started again. Undone by
/// keep_database(), which has a worker look at what the ended ones left; made final by
/// forget_database().
void condemn_database(Oid database);
void keep_database(Oid database) noexcept;
void forget_database(Oid database) noexcept;

/// What a worker says about itself, for llm_workflow_status.
struct WorkerReport {
  std::int64_t requests = 0;  ///< that it has taken and not ended
  std::int64_t calls_in_flight = 0;
  std::int64_t calls_held = 0;
  std::int64_t jobs = 0;  ///< of the requests

  bool operator==(const WorkerReport&) const = default;
};
/// Also the heartbeat.
void report_worker(int entry, const WorkerReport& report) noexcept;
/// `message` in the server's encoding; its first kLastErrorBytes - 1 bytes are kept.
void report_worker_error(int entry, const char* message) noexcept;

/// The entries of `database` as they are now, in order of ordinals.
std::vector<WorkerEntry> worker_entries(Oid database);

/// The launcher is this process, or nobody.
void set_launcher(int process) noexcept;

}  // namespace llmw
