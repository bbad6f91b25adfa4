#include "worker/ledger.hpp"

#include <string_view>

#include "pg/boundary.hpp"
#include "pg/text.hpp"
#include "pg/transaction.hpp"

namespace llmw {

namespace {

constexpr int kSecurityContext = SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION;

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

std::string sha256(std::string_view bytes) {
  std::string digest(PG_SHA256_DIGEST_LENGTH, '\0');
  auto* out = reinterpret_cast<uint8*>(digest.data());
  PgCall([=] {
    pg_cryptohash_ctx* context = pg_cryptohash_create(PG_SHA256);
    const bool failed = pg_cryptohash_init(context) < 0 ||
                        pg_cryptohash_update(context, reinterpret_cast<const uint8*>(bytes.data()),
                                             bytes.size()) < 0 ||
                        pg_cryptohash_final(context, out, PG_SHA256_DIGEST_LENGTH) < 0;
    pg_cryptohash_free(context);
    if (failed) elog(ERROR, "could not compute SHA-256");
  });
  return digest;
}

/// `sql` with "@rows@" replaced by the rows that the parameters $1 to $`columns` hold.
std::string with_rows(std::string sql, std::size_t columns, bool one_row) {
  constexpr std::string_view kPlaceholder = "@rows@";
  std::string rows = one_row ? "(SELECT " : "unnest(";
  for (std::size_t i = 1; i <= columns; ++i) rows += (i > 1 ? ", $" : "$") + std::to_string(i);
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

void add_call(Columns& columns, const Uuid& request_id, const CallRow& call) {
  const Answer& answer = call.answer;
  columns.add(request_id).add(call.call_id).add(call.started_at).add(call.finished_at);
  columns.add(call.attempt).add(to_string(call.purpose)).add(call.model).add(call.server);
  columns.add_or_null(answer.returned_model).add_or_null(answer.provider_request_id);
  answer.http_status == 0 ? columns.add_null() : columns.add(answer.http_status);
  columns.add(to_string(call.judgement.outcome)).add_or_null(call.judgement.error_code);
  columns.add_or_null(answer.error_message).add_or_null(answer.finish_reason);
  columns.add(call.usage.input).add(call.usage.cached_input).add(call.usage.cache_write);
  columns.add(call.usage.output).add(call.usage.reasoning).add_or_null(call.cost);
  columns.add(call.cost_source);
  columns.add(to_string(answer.service_tier));
  add_time_or_null(columns, call.price_effective_from);
  columns.add(call.latency_ms).add(array_literal(call.judgement.validation_codes));
  columns.add(array_literal(call.judgement.mends));
  add_count_or_null(columns, call.estimated_input_tokens);
  add_count_or_null(columns, call.max_output_tokens);
}

void add_opened(Columns& columns, const LedgerEntry& entry) {
  const GenerationRequest& request = *entry.opened->request;
  columns.add(entry.request_id).add(entry.submitted_at).add(entry.opened->role_name);
  request.parent ? columns.add(*request.parent) : columns.add_null();
  columns.add(request.format).add(request.format_version);
  request.store_prompt ? columns.add(request.prompt) : columns.add_null();
  columns.add_bytes(sha256(request.prompt)).add(array_literal(request.services));
  columns.add_or_null(request.agent).add(request.tags);
}

void add_intent(Columns& columns, const LedgerEntry& entry, const IntentRow& intent) {
  columns.add(entry.request_id).add(intent.call_id).add(intent.started_at);
  columns.add(entry.submitted_at).add(intent.attempt).add(to_string(intent.purpose));
  columns.add(intent.model).add(intent.server).add(intent.input_tokens_estimate);
  columns.add(intent.max_output_tokens).add_or_null(intent.worst_case_cost);
  add_time_or_null(columns, intent.price_effective_from);
}

void add_ended(Columns& columns, const LedgerEntry& entry) {
  const EndRow& end = *entry.ended;
  const FlowResult& result = end.result;
  columns.add(entry.request_id).add(entry.submitted_at).add(end.finished_at).add(end.status);
  columns.add_or_null(result.generator).add(result.ok);
  columns.add_or_null(result.fallback_reason ? to_string(*result.fallback_reason) : "");
  columns.add(end.totals.input_tokens).add(end.totals.output_tokens);
  columns.add_or_null(end.totals.cost_known ? end.totals.cost.to_string() : "");
  columns.add(end.totals.generation_time_ms).add_or_null(result.document);
  columns.add(findings_json(result.warnings)).add_or_null(result.error_sqlstate);
  columns.add_or_null(result.error_message);
}

}  // namespace

template <typename Body>
void Ledger::as_owner(Body&& body) {
  in_transaction([&] {
    const std::optional<Extension> extension = lock_extension(extension_.oid);
    if (!extension) throw ExtensionGone{};
    Oid user = InvalidOid;
    int context = 0;
    GetUserIdAndSecContext(&user, &context);
    SetUserIdAndSecContext(extension->owner, kSecurityContext);
    PgCall([] { SPI_connect(); });
    body();
    PgCall([] { SPI_finish(); });
    SetUserIdAndSecContext(user, context);  // an abort puts it back by itself
  });
}

SPIPlanPtr Ledger::prepare(const LedgerStatementText& text, bool one_row) {
  const int count = static_cast<int>(text.types.size());
  const std::string sql = with_rows(in_schema(extension_, text.sql), text.types.size(), one_row);
  std::vector<Oid> types(text.types.begin(), text.types.end());
  if (!one_row)
    for (Oid& type : types) type = PgCall([=] { return get_array_type(type); });
  const char* source = sql.c_str();
  Oid* parameters = types.data();
  return PgCall([=] {
    SPIPlanPtr plan = SPI_prepare_cursor(source, count, parameters, CURSOR_OPT_GENERIC_PLAN);
    if (plan == nullptr || SPI_keepplan(plan) != 0) elog(ERROR, "could not prepare \"%s\"", source);
    return plan;
  });
}

void Ledger::execute(LedgerStatement statement, const Columns& columns) {
  const auto index = static_cast<std::size_t>(statement);
  const bool one_row = columns.rows() == 1;
  SPIPlanPtr& plan = plans_[index][one_row ? 1 : 0];
  if (plan == nullptr) plan = prepare(kLedgerStatementTexts[index], one_row);
  Columns::Parameters parameters = one_row ? columns.row() : columns.arrays();
  Datum* values = parameters.values.data();
  const char* nulls = parameters.nulls.c_str();
  PgCall([&] {
    const int result = SPI_execute_plan(plan, values, nulls, false, 0);
    if (result < 0) elog(ERROR, "could not write the ledger: %s", SPI_result_code_string(result));
  });
}

void Ledger::write(std::span<const LedgerEntry* const> entries) {
  as_owner([&] {
    write_opened(entries);
    write_calls(entries);
    write_intents(entries);
    write_events(entries);
    write_ended(entries);
  });
}

void Ledger::write_opened(Entries entries) {
  Columns columns(kOpenRequestTypes, entries.size());
  std::size_t rows = 0;
  for (const LedgerEntry* entry : entries) {
    if (!entry->opened) continue;
    add_opened(columns, *entry);
    ++rows;
  }
  if (rows > 0) execute(LedgerStatement::open_requests, columns);
}

void Ledger::write_calls(Entries entries) {
  const std::size_t calls = count_rows(entries, &LedgerEntry::calls);
  if (calls == 0) return;
  Columns rows(kAddCallTypes, calls);
  Columns intents(kDeleteIntentTypes, calls);
  bool had_intents = false;
  for (const LedgerEntry* entry : entries) {
    for (const CallRow& call : entry->calls) {
      add_call(rows, entry->request_id, call);
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
    for (const IntentRow& intent : entry->intents) add_intent(columns, *entry, intent);
  execute(LedgerStatement::add_intents, columns);
}

void Ledger::write_events(Entries entries) {
  Columns columns(kAddEventTypes, entries.size());
  std::size_t rows = 0;
  for (const LedgerEntry* entry : entries) {
    for (const EventRow& event : entry->events) {
      columns.add(event.event_id).add(event.timestamp).add(event.action).add(event.severity);
      columns.add(event.actor).add(entry->request_id).add(event.details);
      ++rows;
    }
  }
  if (rows > 0) execute(LedgerStatement::add_events, columns);
}

void Ledger::write_ended(Entries entries) {
  Columns columns(kEndRequestTypes, entries.size());
  std::size_t rows = 0;
  for (const LedgerEntry* entry : entries) {
    if (!entry->ended) continue;
    add_ended(columns, *entry);
    ++rows;
  }
  if (rows > 0) execute(LedgerStatement::end_requests, columns);
}

namespace {

// For statements that run once in the life of a worker.
std::uint64_t run_once(const Extension& extension, const char* sql) {
  const std::string text = in_schema(extension, sql);
  const char* source = text.c_str();
  return PgCall([=] {
    const int result = SPI_execute(source, false, 0);
    if (result < 0) elog(ERROR, "could not execute \"%s\"", source);
    return SPI_processed;
  });
}

}  // namespace

void Ledger::ensure_partitions() {
  as_owner([&] { run_once(extension_, "SELECT @extschema@.ensure_workflow_partitions()"); });
}

std::int64_t Ledger::recover() {
  std::int64_t intents = 0;
  as_owner([&] {
    run_once(extension_, kRecoverCalls);
    run_once(extension_, kRecoverRequests);
    run_once(extension_, kRecoverEvent);
    intents = static_cast<std::int64_t>(run_once(extension_, kRecoverIntents));
  });
  return intents;
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
  as_owner([&] { read_by_model(run_once(extension_, kRepairRecords), records, repair_record_of); });
  return records;
}

std::map<std::string, double> Ledger::token_factors() {
  std::map<std::string, double> factors;
  as_owner([&] { read_by_model(run_once(extension_, kTokenFactors), factors, factor_of); });
  return factors;
}

}  // namespace llmw
