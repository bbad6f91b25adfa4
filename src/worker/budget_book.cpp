#include "worker/budget_book.hpp"

#include <limits>
#include <span>
#include <utility>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/budget_catalogue.hpp"
#include "pg/spi_plan.hpp"
#include "worker/budget_sql.hpp"

namespace llmw {

namespace {

/// Runs `sql`, whose parameters are the arrays of `columns`; `plan` is made at the first time.
std::uint64_t execute(SPIPlanPtr& plan, const Extension& extension, const char* sql,
                      std::span<const Oid> types, const Columns& columns) {
  if (plan == nullptr) {
    std::vector<Oid> arrays;
    for (const Oid type : types) arrays.push_back(PgCall([=] { return get_array_type(type); }));
    plan = keep_plan(in_schema(extension, sql), std::move(arrays));
  }
  return run_plan(plan, columns.arrays());
}

template <typename Shares>
Columns share_columns(const Shares& shares) {
  Columns columns(kBudgetShareTypes, shares.size());
  for (const BudgetShare& share : shares) columns.add(share.budget).add(share.period_start);
  return columns;
}

Money money_at(const SpiRow& row, int column) {
  const std::string text = row.text(column);
  if (const std::optional<Money> amount = parse_money(text)) return *amount;
  throw Error(sqlstate::kInternalError,
              "the amount \"" + text + "\" of llm_budget_usage cannot be used");
}

/// Whether a refusal that resets at `time` outlasts one that resets at `other`.
bool is_later(TimestampTz time, TimestampTz other) {
  const auto value = [](TimestampTz at) {
    return at == 0 ? std::numeric_limits<TimestampTz>::max() : at;
  };
  return value(time) > value(other);
}

}  // namespace

void lock_budget_book(const Extension& extension) {
  // 1: not the object itself, which DROP EXTENSION locks.
  const Oid oid = extension.oid;
  PgCall([=] { LockDatabaseObject(ExtensionRelationId, oid, 1, ExclusiveLock); });
}

bool BudgetBook::any() { return !enabled_budgets().empty(); }

void BudgetBook::begin(TimestampTz now) {
  now_ = now;
  is_open_ = false;
  rows_.clear();
  settlements_.clear();
}

BudgetShare BudgetBook::share_of(const Budget& budget) const {
  return {budget.name, period_begin(budget.period, now_)};
}

BudgetDecision BudgetBook::reserve(const BudgetQuestion& question) {
  const std::vector<const Budget*> counting = budgets_that_count(
      enabled_budgets(), {question.role_name, question.request->agent, question.model,
                          question.server, question.request->tags});
  if (counting.empty()) return {};
  Shares wanted;
  for (const Budget* budget : counting) wanted.insert(share_of(*budget));
  apply_settlements(std::move(wanted));
  BudgetDecision decision = decide(counting, question);
  if (decision.refusal) return decision;
  for (const Budget* budget : counting) {
    decision.shares.push_back(share_of(*budget));
    Row& row = rows_.at(decision.shares.back());
    row.usage.reserve({question.worst_cost, question.worst_tokens});
    row.changed = true;
  }
  return decision;
}

BudgetDecision BudgetBook::decide(std::span<const Budget* const> counting,
                                  const BudgetQuestion& question) const {
  BudgetDecision decision;
  const WorstCase worst{question.worst_cost, question.worst_tokens};
  for (const Budget* budget : counting) {
    const BudgetUsage& usage = rows_.at(share_of(*budget)).usage;
    const BudgetVerdict verdict = judge(*budget, usage, worst, question.is_primary);
    if (verdict == BudgetVerdict::exceeds_and_passes && budget->action == BudgetAction::warn)
      decision.warnings.push_back(warning_of(*budget, usage, worst));
    if (verdict != BudgetVerdict::refused) continue;
    const bool may_fit = may_fit_later(*budget, usage, worst);
    decision.ask_again = may_fit && (!decision.refusal || decision.ask_again);
    BudgetRefusal refusal = refusal_of(*budget, usage, worst, question.model, now_);
    if (!decision.refusal || is_later(refusal.resets_at, decision.refusal->resets_at))
      decision.refusal = std::move(refusal);
  }
  if (decision.refusal) decision.warnings.clear();
  return decision;
}

void BudgetBook::settle(const std::vector<BudgetShare>& shares, std::optional<Money> worst,
                        std::int64_t worst_tokens, std::optional<Money> actual,
                        std::int64_t actual_tokens) {
  for (const BudgetShare& share : shares)
    settlements_.push_back({share, {worst, worst_tokens}, {actual, actual_tokens}});
}

void BudgetBook::write() {
  if (!settlements_.empty()) apply_settlements({});
  Columns columns(kBudgetUsageTypes, rows_.size());
  bool any_changed = false;
  for (auto& [share, row] : rows_) {
    if (!std::exchange(row.changed, false)) continue;
    any_changed = true;
    columns.add(share.budget).add(share.period_start);
    columns.add(row.usage.spent.to_string()).add(row.usage.reserved.to_string());
    columns.add(row.usage.spent_tokens).add(row.usage.reserved_tokens);
  }
  if (any_changed) execute(write_plan_, extension_, kWriteBudgetUsage, kBudgetUsageTypes, columns);
}

/// Opens the rows `also` and those of what is pending, which is settled: it frees what the next
/// call may use.
void BudgetBook::apply_settlements(Shares also) {
  for (const Settlement& settlement : settlements_) also.insert(settlement.share);
  open_rows(std::move(also));
  for (const Settlement& settlement : settlements_) {
    Row& row = rows_.at(settlement.share);
    row.usage.settle(settlement.worst, settlement.actual);
    row.changed = true;
  }
  settlements_.clear();
}

/// Reads the rows that are not open yet. Those that are missing are made: a new period began, or
/// somebody deleted them.
void BudgetBook::open_rows(Shares wanted) {
  std::erase_if(wanted, [&](const BudgetShare& share) { return rows_.contains(share); });
  if (wanted.empty()) return;
  if (!std::exchange(is_open_, true)) lock_budget_book(extension_);
  if (read_rows(wanted) == wanted.size()) return;
  execute(add_plan_, extension_, kAddBudgetUsage, kBudgetShareTypes, share_columns(wanted));
  if (read_rows(wanted) < wanted.size())
    throw Error(sqlstate::kInternalError, "rows of llm_budget_usage cannot be made");
}

/// Returns how many of the rows are there.
std::size_t BudgetBook::read_rows(const Shares& wanted) {
  const std::vector<BudgetShare> shares(wanted.begin(), wanted.end());
  const std::uint64_t count =
      execute(lock_plan_, extension_, kLockBudgetUsage, kBudgetShareTypes, share_columns(shares));
  for (std::uint64_t i = 0; i < count; ++i) {
    const SpiRow row(i);
    const auto place = static_cast<std::size_t>(row.bigint(1));
    rows_[shares[place - 1]] = {{money_at(row, 2), money_at(row, 3), row.bigint(4), row.bigint(5)},
                                false};
  }
  return count;
}

}  // namespace llmw
