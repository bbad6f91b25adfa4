#pragma once
// All requests of one database that this worker has: takes them from slots and from the queue of
// jobs, drives their calls, writes the ledger, hands the results back. One turn of the event loop
// is one call of turn().
//
// Order within a turn, which is what makes spend survive a crash:
//   1. take what happened (new slots and jobs, replies, waits that are over, callers that left);
//   2. let each request advance, which yields rows and an action;
//   3. commit the rows of all requests in one transaction, which reserves and settles budgets too;
//   4. only then act: send, wait, or wake the caller.
// No transaction is open while HTTP runs.

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "http/transfer_engine.hpp"
#include "shmem/worker_table.hpp"
#include "worker/admission.hpp"
#include "worker/budget_book.hpp"
#include "worker/chain_keeper.hpp"
#include "worker/crash_witness.hpp"
#include "worker/generation.hpp"
#include "worker/home_guard.hpp"
#include "worker/job_queue.hpp"
#include "worker/ledger.hpp"
#include "worker/repair_adviser.hpp"

namespace llmw {

class Dispatcher {
 public:
  /// `entry` is the worker's entry in shared memory, `claim` what it learnt from it.
  Dispatcher(int entry, const WorkerClaim& claim, const Extension& extension);

  /// Settles what former workers left and joins those that run. Call before the first turn.
  void begin_service();

  /// Does all work that is due. Throws llmw::Error only when the worker cannot go on, ExtensionGone
  /// when the extension was dropped.
  void turn();

  /// When turn() must be called although nothing happened.
  SteadyTime next_deadline() const;
  /// Readable when turn() has work.
  int poll_fd() const { return engine_.poll_fd(); }
  bool idle() const { return generations_.empty() && (!more_jobs_ || asked_to_leave(entry_)); }
  /// Reads what the ledger says of recent repairs, in a transaction of its own.
  void refresh_adviser() { adviser_.refresh(ledger_); }
  void ensure_partitions() { ledger_.ensure_partitions(); }
  std::size_t unfolded_stats() const { return ledger_.unfolded_stats(); }
  void fold_stats() { ledger_.fold_stats(); }
  /// Seals what others wrote into the audited tables, and gives the heads of the chains away.
  void keep_chains(SteadyTime now, bool leaving) { chain_keeper_.keep(ledger_, now, leaving); }
  SteadyTime chains_due() const { return chain_keeper_.due(); }
  /// The worker leaves: no lease is left, and somebody is woken for the jobs that are scheduled.
  void leave();

  WorkerReport report() const;

 private:
  struct Work {
    Generation* generation = nullptr;
    Generation::Turn turn;
  };
  /// Requests that ask for the same: those who may share wait for the first one's document.
  struct Equals {
    Generation* first = nullptr;
    std::vector<Generation*> followers;
  };
  using Fingerprint = std::array<std::uint8_t, 16>;

  // dispatcher_jobs.cpp
  void look_after_queue(SteadyTime now, std::vector<Work>& work);
  void keep_lease(SteadyTime now);
  void sweep(const std::optional<Uuid>& suspect);
  void set_aside(TakenJob job);
  void promote(SteadyTime now);
  void take_cancelled_jobs(std::vector<Work>& work);
  void take_jobs(SteadyTime now, std::vector<Work>& work);
  std::vector<std::int64_t> decide(std::vector<JobGroup>& groups, std::int64_t places) const;
  std::int64_t free_places() const;
  static Asked read_job(TakenJob job, std::optional<Error>& error);

  // dispatcher_sharing.cpp
  bool shares(Generation* generation, Generation::Turn& turn);
  std::optional<CachedDocument> find_cached(const Uuid& fingerprint, std::int64_t max_age_ms);
  void leave_equals(Generation* generation, bool has_document);
  void take_followers(std::vector<Work>& work);

  // dispatcher.cpp
  void take_new(std::vector<Work>& work);
  Work& add(std::unique_ptr<Generation> generation, std::vector<Work>& work);
  void launch(std::vector<Work>& work);
  bool start(Work& work);
  void take_replies(std::vector<Work>& work);
  void take_due(SteadyTime now, std::vector<Work>& work);
  void take_admitted(SteadyTime now, std::vector<Work>& work);
  void take_budget_waiters(SteadyTime now, std::vector<Work>& work);
  void ask_again(std::deque<CallKey>& queue, std::vector<Work>& work);
  void take_cancelled(std::vector<Work>& work);
  bool cancel(Generation* generation, std::vector<Work>& work);
  template <typename Advance>
  void advance(Generation* generation, std::vector<Work>& work, Advance&& step);
  void take_reply(const FinishedTransfer& transfer, CallKey call, std::vector<Work>& work);
  void admit(Work& work);
  void forget_calls(Generation* generation);
  bool is_full() const;
  void reserve(Work& work, BudgetBook& book);
  void write(std::span<Work> work);
  void commit(std::vector<Work>& work);
  void put_off(std::vector<Work>& work, const Error& error);
  bool commit_one(Work& work);
  bool is_unwritten(const Generation* generation) const;
  void write_failed(Work work, const Error& error);
  void act(Work& work, SteadyTime now);
  void log_failure(const char* what, const Error& error) const;
  void refuse(int slot, const Error& error);
  void remove(Generation* generation);

  int entry_;
  int ordinal_;
  Extension extension_;
  JobQueue jobs_;
  BudgetBook budgets_;
  Ledger ledger_;
  RepairAdviser adviser_;
  ChainKeeper chain_keeper_;
  HomeGuard home_;
  CrashWitness witness_;
  TransferEngine engine_;
  Admission admission_;
  std::unordered_map<Generation*, std::unique_ptr<Generation>> generations_;
  std::unordered_map<TransferId, CallKey> on_the_wire_;
  std::size_t admitted_now_ = 0;    ///< in this turn: not on the wire yet
  std::deque<CallKey> overflow_;    ///< wait for llm_workflow.max_concurrent_calls
  std::deque<CallKey> for_budget_;  ///< wait until less is reserved for others
  SteadyTime ask_budgets_at_{};
  bool budgets_are_full_ = false;  ///< as far as is known
  std::multimap<SteadyTime, CallKey> waiting_;
  std::vector<Work> unwritten_;  ///< money is in them: written again until it works
  SteadyTime write_again_at_;
  bool look_for_cancelled_ = false;

  std::map<std::string, std::int64_t> jobs_of_role_;
  std::vector<Uuid> jobs_to_cancel_;
  std::vector<Uuid> ended_jobs_;  ///< in this turn
  bool more_jobs_ = true;         ///< some are queued, or may be
  SteadyTime take_jobs_at_{};
  SteadyTime promote_at_{};
  SteadyTime renew_at_{};
  SteadyTime sweep_at_{};
  std::optional<TimestampTz> next_job_at_;

  std::map<Fingerprint, Equals> equals_;
  std::map<Generation*, CachedDocument> answers_;  ///< followers that have their document
  std::vector<Generation*> to_start_;              ///< followers that ask by themselves now
};

}  // namespace llmw
