// The ledger's part for roll-ups: the differences that a turn makes, beside the rows that make
// them.
//
// Rows are only added, so no worker waits for another one, and none follows old versions of rows
// while somebody holds an old snapshot.

#include <algorithm>
#include <string_view>

#include "pg/spi_plan.hpp"
#include "worker/ledger.hpp"
#include "worker/owner_transaction.hpp"

namespace llmw {

namespace {

/// Up to so many rows are cheaper one by one: an array for each of the many columns costs more.
constexpr std::size_t kFewRows = 8;

StatsSubject subject_of(const LedgerEntry& entry) {
  return {entry.request->format, entry.request->agent, entry.role_name};
}

CallFact fact_of(const CallRow& call) {
  return {call.started_at,        call.model,
          call.judgement.outcome, call.usage,
          parse_money(call.cost), std::string_view(call.cost_source) == "estimated",
          call.latency_ms};
}

RequestFact fact_of(const LedgerEntry& entry) {
  const EndRow& end = *entry.ended;
  RequestFact fact;
  fact.submitted_at = entry.submitted_at;
  fact.status = end.status;
  fact.generator = end.result.generator;
  if (end.result.fallback_reason) fact.fallback_reason = to_string(*end.result.fallback_reason);
  fact.cached = end.cached_from.has_value();
  fact.regenerates = entry.request->parent.has_value();
  fact.items = end.result.items;
  fact.zones = end.result.zones;
  fact.queue_ms = end.times.queue_ms;
  fact.total_ms = end.times.total_ms;
  fact.accepted = end.accepted;
  return fact;
}

void add_delta(Columns& columns, const StatsKey& key, const StatsDelta& delta) {
  columns.add(key.hour).add(key.model).add(key.format).add(key.agent).add(key.role_name);
  columns.add(key.fallback_reason);
  columns.add(delta.cost().to_string()).add(delta.estimated_cost().to_string());
  columns.add(delta.provider_times().to_text()).add(delta.total_times().to_text());
  columns.add(delta.queue_times().to_text());
  for (const std::int64_t measure : delta.measures()) columns.add(measure);
}

}  // namespace

void Ledger::write_stats(Entries entries, const Ids& stale) {
  StatsDeltas deltas;
  for (const LedgerEntry* entry : entries) {
    const StatsSubject subject = subject_of(*entry);
    for (const CallRow& call : entry->calls) deltas.add_call(subject, fact_of(call));
    const bool is_stale = std::find(stale.begin(), stale.end(), entry->request_id) != stale.end();
    if (entry->ended && !is_stale) deltas.add_request(subject, fact_of(*entry));
  }
  if (deltas.by_key().empty()) return;
  Columns columns(kAddStatsTypes, deltas.by_key().size());
  for (const auto& [key, delta] : deltas.by_key()) {
    add_delta(columns, key, delta);
    if (deltas.by_key().size() > kFewRows) continue;
    execute(LedgerStatement::add_stats, columns);
    columns.clear();
  }
  if (columns.rows() > 0) execute(LedgerStatement::add_stats, columns);
  unfolded_stats_ += deltas.by_key().size();
}

// Whoever locks the roll-ups holds up the folding, and must not hold up the requests of this
// worker.
void Ledger::fold_stats() {
  as_owner(extension_, [&] {
    run_once(extension_, "SELECT pg_catalog.set_config('lock_timeout', '100ms', true)");
    run_once(extension_, "SELECT @extschema@.llmw_fold_stats()");
  });
  unfolded_stats_ = 0;
}

}  // namespace llmw
