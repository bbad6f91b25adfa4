#include "worker/ledger.hpp"

#include <algorithm>
#include <string_view>

#include "pg/boundary.hpp"
#include "pg/sha256.hpp"
#include "pg/spi_plan.hpp"
#include "pg/text.hpp"
#include "worker/owner_transaction.hpp"

namespace llmw {

namespace {

/// {"a","b"}: the text form of a text[].
std::string array_literal(const std::vector<std::string>& values) {
  std::string literal = "{";
  for (const std::string& value : values) {
    if (literal.size() > 1) literal += ',';
    literal += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') literal += '\\';
      literal += c;
    }
    literal += '"';
  }
  return literal + '}';
}

/// `sql` with "@rows@" replaced by the rows that the parameters $1 to $`columns` hold.
std::string with_rows(std::string sql, std::size_t columns, bool one_row) {
  constexpr std::string_view kPlaceholder = "@rows@";
  std::string rows = "(SELECT ";
  for (std::size_t i = 1; i <= columns; ++i) {
    const std::string parameter = '$' + std::to_string(i);
    if (i > 1) rows += ", ";
    rows += one_row ? parameter : "unnest(" + parameter + ')';
  }
  return sql.replace(sql.find(kPlaceholder), kPlaceholder.size(), rows + ")");
}

void add_time_or_null(Columns& columns, const std::optional<TimestampTz>& time) {
  time ? columns.add(std::int64_t{*time}) : columns.add_null();
}

void add_count_or_null(Columns& columns, std::int64_t count) {
  count == 0 ? columns.add_null() : columns.add(count);
}

/// Number of rows in the list `rows` of all entries.
template <typename Row>
std::size_t count_rows(std::span<const LedgerEntry* const> entries,
                       std::vector<Row> LedgerEntry::*rows) {
  std::size_t count = 0;
  for (const LedgerEntry* entry : entries) count += (entry->*rows).size();
  return count;
}

void add_call(Columns& columns, const LedgerEntry& entry, const CallRow& call) {
  const Answer& answer = call.answer;
  columns.add(entry.request_id).add(call.call_id).add(call.started_at).add(call.finished_at);
  columns.add(call.attempt).add(to_string(call.purpose)).add(call.model).add(call.server);
  columns.add_or_null(answer.returned_model).add_or_null(answer.provider_request_id);
  answer.http_status == 0 ? columns.add_null() : columns.add(answer.http_status);
  columns.add(to_string(call.judgement.outcome)).add_or_null(call.judgement.error_code);
  // What a provider says of an error can quote what was sent.
  columns.add_or_null(entry.request->store_prompt ? answer.error_message : "");
  columns.add_or_null(answer.finish_reason);
  columns.add(call.usage.input).add(call.usage.cached_input).add(call.usage.cache_write);
  columns.add(call.usage.output).add(call.usage.reasoning).add_or_null(call.cost);
  columns.add(call.cost_source);
  columns.add(to_string(answer.service_tier));
  add_time_or_null(columns, call.price_effective_from);
  columns.add(call.latency_ms).add(array_literal(call.judgement.validation_codes));
  columns.add(array_literal(call.judgement.mends));
  add_count_or_null(columns, call.estimated_input_tokens);
  add_count_or_null(columns, call.max_output_tokens);
  columns.add(entry.role_name);
}

void add_opened(Columns& columns, const LedgerEntry& entry, const Uuid& worker) {
  const GenerationRequest& request = *entry.request;
  columns.add(entry.request_id).add(entry.submitted_at).add(entry.role_name);
  request.parent ? columns.add(*request.parent) : columns.add_null();
  columns.add(request.format).add(request.format_version);
  request.store_prompt ? columns.add(request.prompt) : columns.add_null();
  columns.add_bytes(sha256(request.prompt)).add(array_literal(request.services));
  columns.add_or_null(request.agent).add_jsonb(request.tags);
  const std::optional<Uuid> fingerprint = fingerprint_of(request);
  fingerprint ? columns.add(*fingerprint) : columns.add_null();
  columns.add(worker).add_or_null(request.category).add_or_null(request.complexity);
  columns.add_or_null(request.experiment).add_or_null(request.arm);
  request.rules.empty() ? columns.add_null() : columns.add(array_literal(ids_of(request.rules)));
}

/// {"2026-01-01 00:00:00+00",...} and the names beside them, as text.
void add_reservation(Columns& columns, const Reservation& reservation) {
  std::vector<std::string> budgets;
  std::vector<std::string> periods;
  for (const BudgetShare& share : reservation.shares) {
    budgets.push_back(share.budget);
    periods.emplace_back(PgCall([&] { return timestamptz_to_str(share.period_start); }));
  }
  columns.add(array_literal(budgets)).add(array_literal(periods));
}

void add_intent(Columns& columns, const LedgerEntry& entry, const IntentRow& intent,
                const Uuid& worker) {
  columns.add(entry.request_id).add(intent.call_id).add(intent.started_at);
  columns.add(entry.submitted_at).add(intent.attempt).add(to_string(intent.purpose));
  columns.add(intent.model).add(intent.server).add(intent.input_tokens_estimate);
  const std::optional<Money>& worst = intent.reservation.cost;
  columns.add(intent.max_output_tokens).add_or_null(worst ? worst->to_string() : "");
  add_time_or_null(columns, intent.price_effective_from);
  columns.add(worker);
  add_reservation(columns, intent.reservation);
}

void add_ended(Columns& columns, const LedgerEntry& entry) {
  const EndRow& end = *entry.ended;
  const FlowResult& result = end.result;
  columns.add(entry.request_id).add(entry.submitted_at).add(end.finished_at).add(end.status);
  columns.add_or_null(result.generator).add(result.ok);
  columns.add_or_null(result.fallback_reason ? to_string(*result.fallback_reason) : "");
  columns.add(end.totals.input_tokens).add(end.totals.output_tokens);
  columns.add_or_null(end.totals.cost_known ? end.totals.cost.to_string() : "");
  columns.add(end.totals.generation_time_ms).add_jsonb_or_null(result.document);
  columns.add_jsonb(findings_json(result.warnings)).add_or_null(result.error_sqlstate);
  columns.add_or_null(result.error_message).add_or_null(result.explanation);
  end.cached_from ? columns.add(*end.cached_from) : columns.add_null();
  columns.add(end.times.queue_ms).add(end.times.total_ms);
  result.items ? columns.add(*result.items) : columns.add_null();
  result.zones ? columns.add(*result.zones) : columns.add_null();
}

bool contains(const std::vector<Uuid>& ids, const Uuid& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

SPIPlanPtr Ledger::prepare(const LedgerStatementText& text, bool one_row) {
  const std::string sql = with_rows(in_schema(extension_, text.sql), text.types.size(), one_row);
  std::vector<Oid> types(text.types.begin(), text.types.end());
  if (!one_row)
    for (Oid& type : types) type = PgCall([=] { return get_array_type(type); });
  return keep_plan(sql, std::move(types));
}

void Ledger::execute(LedgerStatement statement, const Columns& columns) {
  const auto index = static_cast<std::size_t>(statement);
  const bool one_row = columns.rows() == 1;
  SPIPlanPtr& plan = plans_[index][one_row ? 1 : 0];
  if (plan == nullptr) plan = prepare(kLedgerStatementTexts[index], one_row);
  run_plan(plan, one_row ? columns.row() : columns.arrays());
}

void Ledger::write(Entries entries, const std::function<void(BudgetBook&)>& reserve) {
  SealedWrites sealed(sealer_);
  as_owner(extension_, [&] {
    budgets_.begin(GetCurrentTimestamp());
    settle_budgets(entries);
    reserve(budgets_);
    write_rows(entries);
    budgets_.write();
    sealed.write_heads();
  });
  sealed.keep();
}

void Ledger::write_rows(Entries entries) {
  const Ids stale = end_jobs(entries);
  write_opened(entries);
  write_reopened(entries);
  write_keys(entries);
  write_calls(entries);
  write_intents(entries);
  write_events(entries, stale);
  write_ended(entries, stale);
  write_requeued(entries, stale);
  write_stats(entries, stale);
}

void Ledger::settle_budgets(Entries entries) {
  for (const LedgerEntry* entry : entries) {
    for (const CallRow& call : entry->calls) {
      const Reservation& reserved = call.reservation;
      if (reserved.shares.empty()) continue;
      // Billed at a price that is not known: what was reserved is taken for spent, never nothing.
      const std::optional<Money> known = parse_money(call.cost);
      budgets_.settle(reserved.shares, reserved.cost, reserved.tokens,
                      known ? known : reserved.cost, call.usage.input + call.usage.output);
    }
  }
}

/// Ends and requeues jobs. Returns those that are no longer this worker's: somebody thought it
/// dead.
Ledger::Ids Ledger::end_jobs(Entries entries) {
  std::vector<JobQueue::Lease> ended;
  std::vector<JobQueue::Lease> requeued;
  std::vector<const Requeue*> how;
  for (const LedgerEntry* entry : entries) {
    if (!entry->job_attempt) continue;
    const JobQueue::Lease lease{entry->request_id, *entry->job_attempt};
    if (entry->ended) ended.push_back(lease);
    if (!entry->requeued) continue;
    requeued.push_back(lease);
    how.push_back(&*entry->requeued);
  }
  Ids ours;
  if (!ended.empty()) ours = jobs_.end(ended);
  if (!requeued.empty())
    for (const Uuid& id : jobs_.requeue(requeued, how)) ours.push_back(id);
  Ids stale;
  if (ours.size() == ended.size() + requeued.size()) return stale;
  for (const auto& leases : {ended, requeued})
    for (const JobQueue::Lease& lease : leases)
      if (!contains(ours, lease.request_id)) stale.push_back(lease.request_id);
  return stale;
}

void Ledger::write_opened(Entries entries) {
  Columns columns(kOpenRequestTypes, entries.size());
  std::size_t rows = 0;
  for (const LedgerEntry* entry : entries) {
    if (!entry->opened || entry->opened->may_be_there) continue;
    add_opened(columns, *entry, jobs_.worker());
    ++rows;
  }
  if (rows > 0) execute(LedgerStatement::open_requests, columns);
}

void Ledger::write_reopened(Entries entries) {
  Columns missing(kOpenRequestTypes, entries.size());
  Columns columns(kReopenRequestTypes, entries.size());
  std::size_t rows = 0;
  for (const LedgerEntry* entry : entries) {
    if (!entry->opened || !entry->opened->may_be_there) continue;
    add_opened(missing, *entry, jobs_.worker());
    columns.add(entry->request_id).add(entry->submitted_at).add(jobs_.worker());
    ++rows;
  }
  if (rows == 0) return;
  execute(LedgerStatement::reopen_requests, columns);
  execute(LedgerStatement::open_missing_requests, missing);
}

// Keys of jobs were written when they were submitted.
void Ledger::write_keys(Entries entries) {
  Columns columns(kAddKeyTypes, entries.size());
  std::size_t rows = 0;
  for (const LedgerEntry* entry : entries) {
    if (!entry->opened || entry->job_attempt) continue;
    const GenerationRequest& request = *entry->request;
    if (request.idempotency_key.empty()) continue;
    columns.add(entry->role_name).add(request.idempotency_key).add(entry->request_id);
    columns.add_bytes(request.request_sha256);
    ++rows;
  }
  if (rows > 0) execute(LedgerStatement::add_keys, columns);
}

void Ledger::write_calls(Entries entries) {
  const std::size_t calls = count_rows(entries, &LedgerEntry::calls);
  if (calls == 0) return;
  Columns rows(kAddCallTypes, calls);
  Columns intents(kDeleteIntentTypes, calls);
  bool had_intents = false;
  for (const LedgerEntry* entry : entries) {
    for (const CallRow& call : entry->calls) {
      add_call(rows, *entry, call);
      if (!call.had_intent) continue;
      intents.add(entry->request_id).add(call.call_id);
      had_intents = true;
    }
  }
  execute(LedgerStatement::add_calls, rows);
  if (had_intents) execute(LedgerStatement::delete_intents, intents);
}

void Ledger::write_intents(Entries entries) {
  const std::size_t intents = count_rows(entries, &LedgerEntry::intents);
  if (intents == 0) return;
  Columns columns(kAddIntentTypes, intents);
  for (const LedgerEntry* entry : entries)
    for (const IntentRow& intent : entry->intents)
      add_intent(columns, *entry, intent, jobs_.worker());
  execute(LedgerStatement::add_intents, columns);
}

void Ledger::write_events(Entries entries, const Ids& stale) {
  Columns columns(kAddEventTypes, entries.size());
  std::size_t rows = 0;
  for (const LedgerEntry* entry : entries) {
    if (contains(stale, entry->request_id)) continue;
    for (const EventRow& event : entry->events) {
      columns.add(event.event_id).add(event.timestamp).add(event.action).add(event.severity);
      columns.add(event.actor).add(entry->request_id).add_jsonb(event.details);
      ++rows;
    }
  }
  if (rows > 0) execute(LedgerStatement::add_events, columns);
}

void Ledger::write_ended(Entries entries, const Ids& stale) {
  Columns columns(kEndRequestTypes, entries.size());
  std::size_t rows = 0;
  for (const LedgerEntry* entry : entries) {
    if (!entry->ended || contains(stale, entry->request_id)) continue;
    add_ended(columns, *entry);
    ++rows;
  }
  if (rows > 0) execute(LedgerStatement::end_requests, columns);
}

void Ledger::write_requeued(Entries entries, const Ids& stale) {
  Columns columns(kRequeueRequestTypes, entries.size());
  std::size_t rows = 0;
  for (const LedgerEntry* entry : entries) {
    if (!entry->requeued || contains(stale, entry->request_id)) continue;
    columns.add(entry->request_id).add(entry->submitted_at);
    columns.add_or_null(entry->requeued->error_code).add_or_null(entry->requeued->error_message);
    ++rows;
  }
  if (rows > 0) execute(LedgerStatement::requeue_requests, columns);
}

void Ledger::ensure_partitions() {
  as_owner(extension_,
           [&] { run_once(extension_, "SELECT @extschema@.ensure_workflow_partitions()"); });
}

std::optional<CachedDocument> Ledger::find_cached(const Uuid& fingerprint,
                                                  std::int64_t max_age_ms) {
  std::optional<CachedDocument> found;
  constexpr Oid kTypes[] = {UUIDOID, INT8OID};
  as_owner(extension_, [&] {
    if (find_cached_ == nullptr)
      find_cached_ = keep_plan(in_schema(extension_, kFindCached), {UUIDOID, INT8OID});
    Columns asked(kTypes, 1);
    if (run_plan(find_cached_, asked.add(fingerprint).add(max_age_ms).row()) == 0) return;
    const SpiRow row(0);
    found = CachedDocument{row.uuid(1), row.text(2), row.text(3), row.text(4)};
  });
  return found;
}

namespace {

RepairRecord repair_record_of(HeapTuple row) {
  const auto count = [row](int column) {
    bool is_null = false;
    return DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, column, &is_null));
  };
  return {count(2), count(3), count(4)};
}

double factor_of(HeapTuple row) {
  bool is_null = false;
  return DatumGetFloat8(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &is_null));
}

/// Puts what `value_of` makes of each row into `values`, by the model in its first column.
template <typename Value>
void read_by_model(std::uint64_t rows, std::map<std::string, Value>& values,
                   Value (*value_of)(HeapTuple)) {
  for (std::uint64_t i = 0; i < rows; ++i) {
    HeapTuple row = SPI_tuptable->vals[i];
    const char* model = PgCall([=] { return SPI_getvalue(row, SPI_tuptable->tupdesc, 1); });
    values.emplace(to_utf8(model), PgCall([=] { return value_of(row); }));
  }
}

}  // namespace

std::map<std::string, RepairRecord> Ledger::repair_records() {
  std::map<std::string, RepairRecord> records;
  as_owner(extension_,
           [&] { read_by_model(run_once(extension_, kRepairRecords), records, repair_record_of); });
  return records;
}

std::map<std::string, double> Ledger::token_factors() {
  std::map<std::string, double> factors;
  as_owner(extension_,
           [&] { read_by_model(run_once(extension_, kTokenFactors), factors, factor_of); });
  return factors;
}

}  // namespace llmw
