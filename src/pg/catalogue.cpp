#include "pg/catalogue.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "pg/boundary.hpp"
#include "pg/extension.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

struct Catalogue {
  std::map<std::string, Model, std::less<>> models;
  /// Sorted by tier, within a tier the newest first.
  std::map<std::string, std::vector<DatedPrice>, std::less<>> prices;
};

/// Rows as read from a table: trivially destructible, so that an error of PostgreSQL may skip them.
struct ModelRow {
  const char* name;
  const char* server;
  const char* remote_name;
  const char* structured_output;
  std::int64_t context_window;
  std::int64_t deployment_limit;
  std::int64_t max_output_tokens;
  bool enabled;
};

struct PriceRow {
  const char* model;
  TimestampTz effective_from;
  std::int64_t above_input_tokens;
  const char* input;
  const char* cached_input;
  const char* cache_write;
  const char* output;
};

/// The cache of this process. `loaded` is read only while `loaded_generation` is `generation`.
struct CacheState {
  Catalogue* loaded;
  std::uint64_t generation;
  std::uint64_t loaded_generation;
  TimestampTz parallel_statement;  ///< not 0: good for that parallel statement only
  Oid models_table;
  Oid prices_table;
  bool callback_registered;
};

constinit CacheState cache{nullptr, 1, 0, 0, InvalidOid, InvalidOid, false};

void on_relation_changed(Datum, Oid relation) {
  if (relation == InvalidOid || relation == cache.models_table || relation == cache.prices_table)
    ++cache.generation;
}

/// One row of a scan; columns are found by name, as an upgrade may have added some in between.
class RowReader {
 public:
  RowReader(Relation relation, TupleTableSlot* slot) : relation_(relation), slot_(slot) {}

  const char* text_or_null(const char* column) const {
    bool is_null = false;
    const Datum value = get(column, is_null);
    return is_null ? nullptr : TextDatumGetCString(value);
  }
  const char* numeric_or_null(const char* column) const {
    bool is_null = false;
    const Datum value = get(column, is_null);
    return is_null ? nullptr : DatumGetCString(DirectFunctionCall1(numeric_out, value));
  }
  std::int64_t count_or_zero(const char* column) const {
    bool is_null = false;
    const Datum value = get(column, is_null);
    return is_null ? 0 : DatumGetInt64(value);
  }
  Datum get(const char* column) const {
    bool is_null = false;
    return get(column, is_null);
  }

 private:
  Datum get(const char* column, bool& is_null) const {
    const AttrNumber number = get_attnum(RelationGetRelid(relation_), column);
    if (number == InvalidAttrNumber)
      ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                      errmsg("column \"%s\" of table \"%s\" does not exist", column,
                             RelationGetRelationName(relation_)),
                      errhint("Update the extension: ALTER EXTENSION llm_workflow UPDATE.")));
    return slot_getattr(slot_, number, &is_null);
  }

  Relation relation_;
  TupleTableSlot* slot_;
};

ModelRow read_model(const RowReader& row) {
  return {row.text_or_null("name"),
          row.text_or_null("server"),
          row.text_or_null("remote_name"),
          row.text_or_null("structured_output"),
          row.count_or_zero("context_window"),
          row.count_or_zero("deployment_limit"),
          row.count_or_zero("max_output_tokens"),
          DatumGetBool(row.get("enabled"))};
}

PriceRow read_price(const RowReader& row) {
  return {row.text_or_null("model"),
          DatumGetTimestampTz(row.get("effective_from")),
          row.count_or_zero("above_input_tokens"),
          row.numeric_or_null("input_per_million"),
          row.numeric_or_null("cached_input_per_million"),
          row.numeric_or_null("cache_write_per_million"),
          row.numeric_or_null("output_per_million")};
}

/// Rows in CurrentMemoryContext.
template <typename Row>
struct Rows {
  Row* data;
  std::size_t count;
};

template <typename Row>
Rows<Row> read_table(Oid table, Snapshot snapshot, Row (*read)(const RowReader&)) {
  std::size_t capacity = 64;
  Rows<Row> rows{static_cast<Row*>(palloc(capacity * sizeof(Row))), 0};
  Relation relation = table_open(table, AccessShareLock);
  TupleTableSlot* slot = table_slot_create(relation, nullptr);
  TableScanDesc scan = table_beginscan(relation, snapshot, 0, nullptr);
  while (table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
    if (rows.count == capacity) {
      capacity *= 2;
      rows.data = static_cast<Row*>(repalloc(rows.data, capacity * sizeof(Row)));
    }
    rows.data[rows.count++] = read(RowReader(relation, slot));
  }
  table_endscan(scan);
  ExecDropSingleTupleTableSlot(slot);
  table_close(relation, AccessShareLock);
  return rows;
}

struct TableRows {
  std::uint64_t generation;
  TimestampTz parallel_statement;
  Rows<ModelRow> models;
  Rows<PriceRow> prices;
};

/// The newest committed state, whatever the snapshot of a long transaction sees: a cache that it
/// filled must be right for the transactions after it. Workers of a parallel statement may take no
/// snapshot of their own; what they read is kept for that statement only.
TableRows read_tables() {
  LockRelationOid(cache.models_table, AccessShareLock);
  LockRelationOid(cache.prices_table, AccessShareLock);
  const bool parallel = IsInParallelMode();
  const std::uint64_t generation = cache.generation;
  Snapshot snapshot = RegisterSnapshot(parallel ? GetActiveSnapshot() : GetLatestSnapshot());
  const TableRows rows{generation, parallel ? GetCurrentStatementStartTimestamp() : 0,
                       read_table(cache.models_table, snapshot, read_model),
                       read_table(cache.prices_table, snapshot, read_price)};
  UnregisterSnapshot(snapshot);
  // Not kept until the transaction ends: DROP EXTENSION would wait for callers of slow providers.
  UnlockRelationOid(cache.prices_table, AccessShareLock);
  UnlockRelationOid(cache.models_table, AccessShareLock);
  return rows;
}

std::int64_t lower_known(std::int64_t a, std::int64_t b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

Model to_model(const ModelRow& row) {
  Model model;
  model.name = to_utf8(row.name);
  model.server = to_utf8(row.server);
  model.remote_name = row.remote_name == nullptr ? model.name : to_utf8(row.remote_name);
  model.context_window = lower_known(row.context_window, row.deployment_limit);
  model.max_output_tokens = row.max_output_tokens;
  if (row.structured_output != nullptr)
    model.structured_output = parse_structured_output(row.structured_output);
  model.enabled = row.enabled;
  return model;
}

std::int64_t to_price(const PriceRow& row, const char* decimal) {
  const std::optional<std::int64_t> units = parse_price(decimal);
  if (units) return *units;
  throw Error(sqlstate::kInternalError, "the price \"" + std::string(decimal) + "\" of model \"" +
                                            to_utf8(row.model) + "\" cannot be used");
}

std::optional<std::int64_t> to_optional_price(const PriceRow& row, const char* decimal) {
  if (decimal == nullptr) return std::nullopt;
  return to_price(row, decimal);
}

DatedPrice to_dated_price(const PriceRow& row) {
  return {row.effective_from, row.above_input_tokens,
          Price{to_price(row, row.input), to_price(row, row.output),
                to_optional_price(row, row.cached_input), to_optional_price(row, row.cache_write)}};
}

bool lower_tier_then_newer(const DatedPrice& a, const DatedPrice& b) {
  if (a.above_input_tokens != b.above_input_tokens)
    return a.above_input_tokens < b.above_input_tokens;
  return a.effective_from > b.effective_from;
}

Catalogue to_catalogue(const TableRows& rows) {
  Catalogue catalogue;
  for (const ModelRow& row : std::span(rows.models.data, rows.models.count)) {
    Model model = to_model(row);
    std::string name = model.name;
    catalogue.models.emplace(std::move(name), std::move(model));
  }
  for (const PriceRow& row : std::span(rows.prices.data, rows.prices.count))
    catalogue.prices[to_utf8(row.model)].push_back(to_dated_price(row));
  for (auto& [model, prices] : catalogue.prices)
    std::sort(prices.begin(), prices.end(), lower_tier_then_newer);
  return catalogue;
}

void find_tables() {
  const std::optional<Extension> extension = find_extension();
  if (!extension)
    throw Error(sqlstate::kUndefinedObject,
                "extension \"llm_workflow\" is not installed in this database", {},
                "Run CREATE EXTENSION llm_workflow.");
  PgCall([&] {
    char* schema = pg_any_to_server(extension->schema.c_str(),
                                    static_cast<int>(extension->schema.size()), PG_UTF8);
    List* names = textToQualifiedNameList(cstring_to_text(schema));
    const Oid namespace_oid = get_namespace_oid(strVal(linitial(names)), false);
    cache.models_table = get_relname_relid("llm_models", namespace_oid);
    cache.prices_table = get_relname_relid("llm_model_prices", namespace_oid);
  });
  if (!OidIsValid(cache.models_table) || !OidIsValid(cache.prices_table))
    throw Error(sqlstate::kInternalError, "the tables of extension \"llm_workflow\" are missing");
}

void register_callback() {
  if (cache.callback_registered) return;
  PgCall([] { CacheRegisterRelcacheCallback(on_relation_changed, 0); });
  cache.callback_registered = true;
}

bool is_current() {
  if (cache.loaded_generation != cache.generation) return false;
  return cache.parallel_statement == 0 ||
         (IsInParallelMode() && cache.parallel_statement == GetCurrentStatementStartTimestamp());
}

void load() {
  register_callback();
  find_tables();
  MemoryContext scratch = PgCall([] {
    return AllocSetContextCreate(CurrentMemoryContext, "llm_workflow catalogue",
                                 ALLOCSET_SMALL_SIZES);
  });
  const TableRows rows = PgCall([=] {
    MemoryContext before = MemoryContextSwitchTo(scratch);
    const TableRows result = read_tables();
    MemoryContextSwitchTo(before);
    return result;
  });
  auto fresh = std::make_unique<Catalogue>(to_catalogue(rows));
  delete std::exchange(cache.loaded, fresh.release());
  cache.loaded_generation = rows.generation;
  cache.parallel_statement = rows.parallel_statement;
  PgCall([=] { MemoryContextDelete(scratch); });
}

const Catalogue& current() {
  if (!is_current()) {
    // What others looked up in an older load is theirs to look up again.
    if (cache.loaded_generation == cache.generation) ++cache.generation;
    load();
  }
  return *cache.loaded;
}

constexpr TimestampTz kBeginOfTime = std::numeric_limits<TimestampTz>::min();
constexpr TimestampTz kEndOfTime = std::numeric_limits<TimestampTz>::max();
constexpr std::int64_t kMostTokens = std::numeric_limits<std::int64_t>::max();

/// Narrows `range` to the time around `at` in which no row of `prices` comes into force.
void narrow_time(PriceRange& range, std::span<const DatedPrice> prices, TimestampTz at) {
  range.from = kBeginOfTime;
  range.until = kEndOfTime;
  for (const DatedPrice& price : prices) {
    if (price.effective_from <= at) range.from = std::max(range.from, price.effective_from);
    if (price.effective_from > at) range.until = std::min(range.until, price.effective_from);
  }
}

}  // namespace

const Model* find_model(std::string_view name) {
  const auto& models = current().models;
  const auto found = models.find(name);
  return found == models.end() ? nullptr : &found->second;
}

const DatedPrice* find_price(std::string_view model, std::int64_t input_tokens, TimestampTz at) {
  return find_price_range(model, input_tokens, at).price;
}

PriceRange find_price_range(std::string_view model, std::int64_t input_tokens, TimestampTz at) {
  const auto& prices = current().prices;
  PriceRange range{nullptr, cache.loaded_generation, kBeginOfTime, kEndOfTime, -1, kMostTokens};
  const auto found = prices.find(model);
  if (found == prices.end()) return range;
  narrow_time(range, found->second, at);
  // Tiers come in rising order, so the last one that fits is the highest. The tier 0 holds calls
  // without any input as well.
  const DatedPrice* newest_of_tier = nullptr;
  for (const DatedPrice& row : found->second) {
    if (row.effective_from > at) continue;
    if (newest_of_tier != nullptr && newest_of_tier->above_input_tokens == row.above_input_tokens)
      continue;
    newest_of_tier = &row;
    if (row.above_input_tokens != 0 && input_tokens <= row.above_input_tokens) {
      range.up_to = row.above_input_tokens;
      break;
    }
    range.price = &row;
    range.above = row.above_input_tokens == 0 ? -1 : row.above_input_tokens;
  }
  return range;
}

std::uint64_t catalogue_generation() { return cache.generation; }

}  // namespace llmw
