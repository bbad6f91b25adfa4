#pragma once
// One entry per database in use: whether its worker is wanted, starting or running.
//
// The launcher starts what is wanted; a worker claims its entry when it runs and leaves it when it
// exits. An entry whose database has no worker and no ready slot may be given to another database.

#include <optional>

#include "shmem/layout.hpp"

namespace llmw {

/// The entry of `database`, marked as wanted unless a worker runs or starts; -1 when all entries
/// are taken. Call under the lock.
int want_worker(Oid database);

/// Marks a worker as wanted that only looks for unfinished intents. Takes the lock. False when all
/// entries are taken.
bool want_probe(Oid database);

struct WantedWorker {
  int entry = 0;
  Oid database = InvalidOid;
  uint32 start = 0;  ///< the entry's count of starts
};

/// The launcher takes one wanted worker to start it; it is STARTING then.
std::optional<WantedWorker> take_wanted();

/// The launcher could not start it, or it ended before it ran: waiters are told. Ignored when it
/// did run, or when another start of the same entry came after it.
void report_start_failure(const WantedWorker& wanted);

/// Whether a worker is wanted, starts or runs that only looks for unfinished intents.
bool any_probe();

/// What the new worker learns about its task.
struct WorkerClaim {
  Oid database = InvalidOid;
  bool probe = false;
};

/// The worker takes `entry`. Nothing when another worker runs for it, or nobody wants it.
std::optional<WorkerClaim> claim_worker(int entry);

/// The worker leaves because it is idle: only when no slot became ready meanwhile. True if it left.
bool leave_if_idle(int entry);

/// How a worker ends that did not leave_if_idle().
enum class WorkerEnd {
  never_served,  ///< its waiters are told that none could be started
  served,        ///< another one is started if slots wait
  left_calls,    ///< another one is started in any case: it resolves the intents of this one
};

/// The worker ends for whatever reason. Does nothing when it left already. Never raises.
void leave_worker(int entry, WorkerEnd end) noexcept;

bool asked_to_leave(int entry);

/// The pid of the running worker of `database`, or 0.
int running_worker_pid(Oid database);

/// Asks the worker of `database` to leave as soon as it has nothing to do. True if one runs.
bool ask_to_leave_when_idle(Oid database);

/// The launcher is this process, or nobody.
void set_launcher(int process) noexcept;

}  // namespace llmw
