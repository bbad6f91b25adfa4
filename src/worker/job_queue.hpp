#pragma once
// The queue of jobs as one worker sees it: sql/install/25_jobs.sql holds the statements.
//
// A job that this worker has taken names the worker's incarnation and the attempt. Whatever changes
// it later is guarded by both, so a worker that was thought dead changes nothing when it goes on.
// Each function but end() and requeue() is a transaction of its own; all may throw llmw::Error, and
// ExtensionGone.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/fair_share.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"
#include "pg/columns.hpp"
#include "pg/extension.hpp"
#include "pg/postgres.hpp"
#include "worker/job_queue_sql.hpp"

namespace llmw {

/// A job with this worker's lease on it.
struct TakenJob {
  Uuid request_id;
  std::string role_name;
  std::string request;  ///< JSON, see core/request_json.hpp
  int attempt = 0;      ///< from 1
  int max_attempts = 1;
  TimestampTz run_at = 0;  ///< when it was due
  int calls = 0;           ///< of earlier attempts
  RequestTotals totals;    ///< of earlier attempts
};

/// How one attempt of a job ended, if not for good.
struct Requeue {
  TimestampTz run_at = 0;
  bool give_back = false;  ///< the attempt does not count
  int calls = 0;           ///< of all attempts so far
  RequestTotals totals;
  std::string error_code;
  std::string error_message;
};

class JobQueue {
 public:
  JobQueue(const Extension& extension, const Uuid& worker)
      : extension_(extension), worker_(worker) {}

  const Uuid& worker() const { return worker_; }

  /// Registers this worker. Call before anything is taken.
  void join(int ordinal);
  /// Renews the lease. False: it had expired, and others may have taken what this worker had.
  bool renew();

  /// Gives the lease up. Nothing must be taken any more.
  void leave();

  /// Makes jobs ready whose time has come; returns when the next one's comes.
  std::optional<TimestampTz> promote();

  /// Takes as many jobs of each group as `decide` says.
  using Decide = std::function<std::vector<std::int64_t>(std::vector<JobGroup>& groups)>;
  std::vector<TakenJob> take(const Decide& decide);
  /// Takes jobs that were cancelled before they ran.
  std::vector<TakenJob> take_cancelled();
  /// Running jobs that shall be cancelled, of whatever worker.
  std::vector<Uuid> cancellations();

  /// Puts jobs of workers that are gone back into the queue. `live` tells which run: it is asked
  /// inside the transaction, so that a worker which starts now is not taken for dead. `suspect` is
  /// what a former worker was busy with when it died. Jobs that must not be tried again are
  /// taken out of the queue and given to `set_aside`, which records them in the same transaction.
  using SetAside = std::function<void(std::vector<TakenJob> jobs)>;
  using Live = std::function<std::vector<Uuid>()>;
  void sweep(const Live& live, const std::optional<Uuid>& suspect, const SetAside& set_aside);

  struct Lease {
    Uuid request_id;
    int attempt = 0;
  };
  /// Inside the caller's transaction, as owner: the jobs have ended. Returns those that were still
  /// this worker's.
  std::vector<Uuid> end(std::span<const Lease> jobs);
  /// The same, but they go back into the queue.
  std::vector<Uuid> requeue(std::span<const Lease> jobs, std::span<const Requeue* const> how);

 private:
  std::uint64_t run(JobStatement statement, const Columns::Parameters& parameters);
  std::vector<Uuid> run_guarded(JobStatement statement, const Columns& columns);
  std::vector<TakenJob> taken(std::uint64_t rows) const;

  Extension extension_;
  Uuid worker_;
  SPIPlanPtr plans_[kJobStatements] = {};
};

}  // namespace llmw
