#pragma once
// The ledger's rows and the statements that write them.
//
// What one request adds in one turn of the event loop is a LedgerEntry. Entries of all requests of
// a turn are written by one statement per table in one transaction, so that a commit costs one WAL
// flush however many requests are in it. Budgets are reserved and settled, and jobs end, in the
// same transactions.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/flow.hpp"
#include "core/request.hpp"
#include "core/result.hpp"
#include "core/stats_delta.hpp"
#include "core/uuid.hpp"
#include "pg/chain_sealer.hpp"
#include "pg/columns.hpp"
#include "pg/extension.hpp"
#include "pg/postgres.hpp"
#include "worker/budget_book.hpp"
#include "worker/job_queue.hpp"
#include "worker/ledger_sql.hpp"

namespace llmw {

/// A row of workflow_requests, status running.
struct RequestRow {
  bool may_be_there = false;  ///< of a job: an earlier attempt may have made it
};

/// What was reserved for a call, and where.
struct Reservation {
  std::vector<BudgetShare> shares;
  std::optional<Money> cost;  ///< worst case; nothing: no known price
  std::int64_t tokens = 0;
};

/// A row of llm_call_intents: the call may be on the wire once it is committed.
struct IntentRow {
  Uuid call_id;
  TimestampTz started_at = 0;
  int attempt = 0;
  Purpose purpose = Purpose::primary;
  std::string model;
  std::string server;
  std::int64_t input_tokens_estimate = 0;
  std::int64_t max_output_tokens = 0;
  std::optional<TimestampTz> price_effective_from;
  Reservation reservation;
};

/// A row of llm_calls; its intent, if it had one, goes with it.
struct CallRow {
  Uuid call_id;
  TimestampTz started_at = 0;
  TimestampTz finished_at = 0;
  int attempt = 0;
  Purpose purpose = Purpose::primary;
  std::string model;
  std::string server;
  Answer answer;  ///< its text is not stored here
  Judgement judgement;
  Usage usage;       ///< as reported or estimated
  std::string cost;  ///< decimal; empty: no known price
  const char* cost_source = "unbilled";
  std::optional<TimestampTz> price_effective_from;
  std::int64_t latency_ms = 0;
  std::int64_t estimated_input_tokens = 0;  ///< 0: none was made
  std::int64_t max_output_tokens = 0;       ///< as asked for; 0: nothing was asked
  bool had_intent = true;
  Reservation reservation;  ///< to be settled
};

/// A row of audit_logs.
struct EventRow {
  Uuid event_id;
  TimestampTz timestamp = 0;
  const char* action = "";
  const char* severity = "info";
  std::string actor;
  std::string details;  ///< JSON object
};

/// How long a request that ended has waited and taken, from when it was due for its last attempt.
struct RequestTimes {
  std::int64_t queue_ms = 0;  ///< until the worker took it
  std::int64_t total_ms = 0;
};

/// How a request ended: completes its row of workflow_requests.
struct EndRow {
  const char* status = "failed";
  TimestampTz finished_at = 0;
  FlowResult result;
  RequestTotals totals;
  RequestTimes times;
  std::vector<AcceptedCall> accepted;  ///< if it succeeded
  std::optional<Uuid> cached_from;
};

/// What one request adds to the ledger in one turn.
struct LedgerEntry {
  Uuid request_id;
  const GenerationRequest* request = nullptr;  ///< outlives the entry
  std::string role_name;
  TimestampTz submitted_at = 0;
  std::optional<RequestRow> opened;
  std::vector<CallRow> calls;
  std::vector<IntentRow> intents;
  std::vector<EventRow> events;
  std::optional<EndRow> ended;
  std::optional<Requeue> requeued;  ///< instead of ended
  std::optional<int> job_attempt;   ///< of a job: what guards its end
};

/// A document of an earlier request that answers an equal one.
struct CachedDocument {
  Uuid request_id;
  std::string document;  ///< JSON
  std::string explanation;
  std::string generator;
};

/// The SQLSTATE of a write that waited for a lock longer than lock_timeout: it is tried again.
inline constexpr std::string_view kLockNotAvailable = "55P03";

class Ledger {
 public:
  using Entries = std::span<const LedgerEntry* const>;

  /// The others outlive it.
  Ledger(const Extension& extension, JobQueue& jobs, BudgetBook& budgets, int ordinal)
      : extension_(extension), jobs_(jobs), budgets_(budgets), sealer_(extension, ordinal) {}

  /// Writes `entries` in one transaction, as the owner of the extension. `reserve` is called in it
  /// before anything is written: it may still change the entries. What a job
  /// adds to its end is left out when the job is no longer this worker's; its calls are not. Throws
  /// llmw::Error when it was rolled back, ExtensionGone when the extension is no longer there.
  void write(Entries entries, const std::function<void(BudgetBook&)>& reserve);
  /// The same inside the caller's transaction, as owner, for entries without calls to be made. What
  /// it writes is sealed later.
  void write_rows(Entries entries);

  /// Makes the partitions of the coming months, in a transaction of its own.
  void ensure_partitions();

  /// Moves what was added to the roll-ups into their tables, in a transaction of its own.
  void fold_stats();
  /// How many rows were added since; at first 1, as a former worker may have left some.
  std::size_t unfolded_stats() const { return unfolded_stats_; }

  /// Seals what others wrote into the audited tables, in a transaction of its own, as far as one
  /// may take. Returns whether there may be more.
  bool seal_others();
  /// Where the audit chains have come to, as audit_digest() says; those that moved lately only when
  /// `since` is the time of an earlier one.
  std::string audit_digest(std::optional<TimestampTz> since);

  /// The newest document, at most `max_age_ms` old, of a request that asked for the same.
  std::optional<CachedDocument> find_cached(const Uuid& fingerprint, std::int64_t max_age_ms);

  /// How the latest repairs of each model went.
  std::map<std::string, RepairRecord> repair_records();

  /// Input tokens that the provider counted lately for one of our estimate, for models of which
  /// enough calls are known.
  std::map<std::string, double> token_factors();

 private:
  using Ids = std::vector<Uuid>;

  void execute(LedgerStatement statement, const Columns& columns);
  SPIPlanPtr prepare(const LedgerStatementText& text, bool one_row);
  void settle_budgets(Entries entries);
  Ids end_jobs(Entries entries);
  void write_opened(Entries entries);
  void write_reopened(Entries entries);
  void write_keys(Entries entries);
  void write_calls(Entries entries);
  void write_intents(Entries entries);
  void write_events(Entries entries, const Ids& stale);
  void write_ended(Entries entries, const Ids& stale);
  void write_requeued(Entries entries, const Ids& stale);
  void write_stats(Entries entries, const Ids& stale);  // ledger_stats.cpp

  Extension extension_;
  JobQueue& jobs_;
  BudgetBook& budgets_;
  ChainSealer sealer_;
  SPIPlanPtr plans_[kLedgerStatements][2] = {};  ///< for many rows, for one
  SPIPlanPtr find_cached_ = nullptr;
  std::size_t unfolded_stats_ = 1;
};

}  // namespace llmw
