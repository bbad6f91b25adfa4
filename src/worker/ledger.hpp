#pragma once
// The ledger's rows and the statements that write them.
//
// What one request adds in one turn of the event loop is a LedgerEntry. Entries of all requests of
// a turn are written by one statement per table in one transaction, so that a commit costs one WAL
// flush however many requests are in it.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/flow.hpp"
#include "core/request.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"
#include "pg/columns.hpp"
#include "pg/extension.hpp"
#include "pg/postgres.hpp"
#include "worker/ledger_sql.hpp"

namespace llmw {

/// A new row of workflow_requests, status running.
struct RequestRow {
  const GenerationRequest* request = nullptr;
  std::string role_name;
  TimestampTz submitted_at = 0;
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
  std::string worst_case_cost;  ///< decimal; empty: no known price
  std::optional<TimestampTz> price_effective_from;
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

/// How a request ended: completes its row of workflow_requests.
struct EndRow {
  const char* status = "failed";
  TimestampTz finished_at = 0;
  FlowResult result;
  RequestTotals totals;
};

/// What one request adds to the ledger in one turn.
struct LedgerEntry {
  Uuid request_id;
  TimestampTz submitted_at = 0;
  std::optional<RequestRow> opened;
  std::vector<CallRow> calls;
  std::vector<IntentRow> intents;
  std::vector<EventRow> events;
  std::optional<EndRow> ended;
};

/// Thrown by Ledger::write when the extension was dropped: the worker has nothing left to serve.
struct ExtensionGone {};

class Ledger {
 public:
  explicit Ledger(const Extension& extension) : extension_(extension) {}

  /// Writes `entries` in one transaction, as the owner of the extension. Throws llmw::Error when
  /// it was rolled back, ExtensionGone when the extension is no longer there.
  void write(std::span<const LedgerEntry* const> entries);

  /// Makes the partitions of the coming months, in a transaction of its own.
  void ensure_partitions();

  /// Turns intents and running requests that a former worker left into calls with outcome lost and
  /// failed requests. Returns how many intents there were. Call before serving.
  std::int64_t recover();

  /// How the latest repairs of each model went.
  std::map<std::string, RepairRecord> repair_records();

  /// Input tokens that the provider counted lately for one of our estimate, for models of which
  /// enough calls are known.
  std::map<std::string, double> token_factors();

 private:
  using Entries = std::span<const LedgerEntry* const>;

  template <typename Body>
  void as_owner(Body&& body);
  void execute(LedgerStatement statement, const Columns& columns);
  SPIPlanPtr prepare(const LedgerStatementText& text, bool one_row);
  void write_opened(Entries entries);
  void write_calls(Entries entries);
  void write_intents(Entries entries);
  void write_events(Entries entries);
  void write_ended(Entries entries);

  Extension extension_;
  SPIPlanPtr plans_[kLedgerStatements][2] = {};  ///< for many rows, for one
};

}  // namespace llmw
