#pragma once
// The book of the budgets: reserves calls before they are made and settles them afterwards.
//
// It works inside the transaction that writes the ledger, as the owner of the extension and with
// SPI connected, so that a reservation is committed with its intent and a settlement with its call.
// One worker of a database at a time has the book open, from its first look into llm_budget_usage
// to the end of its transaction: what fits is then sure to fit, and nobody deadlocks however many
// rows are needed in whatever order:
//
//   book.begin(now);
//   for (ended calls) book.settle(shares, worst, actual);    // frees what the next ones may use
//   for (new calls) decision = book.reserve(question);
//   book.write();
//
// After a rollback the same batch begins anew with begin().

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/budget.hpp"
#include "core/money.hpp"
#include "core/request.hpp"
#include "pg/columns.hpp"
#include "pg/extension.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// Where a call is reserved: the key of a row of llm_budget_usage.
struct BudgetShare {
  std::string budget;
  TimestampTz period_start = 0;

  bool operator==(const BudgetShare&) const = default;
  bool operator<(const BudgetShare& other) const {
    return std::tie(budget, period_start) < std::tie(other.budget, other.period_start);
  }
};

/// A call that is about to be made.
struct BudgetQuestion {
  const GenerationRequest* request = nullptr;
  std::string_view role_name;
  std::string_view model;
  std::string_view server;
  bool is_primary = true;
  std::optional<Money> worst_cost;  ///< nothing: no price is known
  std::int64_t worst_tokens = 0;    ///< input and output
};

struct BudgetDecision {
  std::vector<BudgetShare> shares;       ///< what to settle later; empty when refused
  std::optional<BudgetRefusal> refusal;  ///< of several the one that resets last
  std::vector<std::string> warnings;     ///< of budgets that are exceeded and only warn
  /// Refused, but only because of what is reserved for other calls: ask again when some have ended.
  bool ask_again = false;
};

/// Waits for the worker that has the book of this database open, and keeps others out until the
/// transaction ends. BudgetBook does so itself.
void lock_budget_book(const Extension& extension);

class BudgetBook {
 public:
  explicit BudgetBook(const Extension& extension) : extension_(extension) {}

  /// Whether there is any enabled budget. Cheap when nothing has changed.
  bool any();

  /// A new transaction: the book is closed and nothing pending.
  void begin(TimestampTz now);

  /// Reserves the call in every budget that counts it, or says why it may not be made.
  BudgetDecision reserve(const BudgetQuestion& question);

  /// Turns a reservation into what the call took. Works for budgets that are no longer there.
  void settle(const std::vector<BudgetShare>& shares, std::optional<Money> worst,
              std::int64_t worst_tokens, std::optional<Money> actual, std::int64_t actual_tokens);

  /// Writes the rows that changed; call it before the transaction ends.
  void write();

 private:
  struct Row {
    BudgetUsage usage;
    bool changed = false;
  };
  struct Settlement {
    BudgetShare share;
    WorstCase worst;
    WorstCase actual;
  };
  using Shares = std::set<BudgetShare>;

  BudgetShare share_of(const Budget& budget) const;
  BudgetDecision decide(std::span<const Budget* const> counting,
                        const BudgetQuestion& question) const;
  void apply_settlements(Shares also);
  void open_rows(Shares wanted);
  std::size_t read_rows(const Shares& wanted);

  Extension extension_;
  TimestampTz now_ = 0;
  bool is_open_ = false;
  std::map<BudgetShare, Row> rows_;      ///< read in this transaction
  std::vector<Settlement> settlements_;  ///< not yet in `rows_`
  SPIPlanPtr add_plan_ = nullptr;
  SPIPlanPtr lock_plan_ = nullptr;
  SPIPlanPtr write_plan_ = nullptr;
};

}  // namespace llmw
