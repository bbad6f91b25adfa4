#include "pg/catalogue.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "pg/boundary.hpp"
#include "pg/own_table.hpp"
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

/// The cache of this process. `loaded` is read only while `age` is current.
struct CacheState {
  Catalogue* loaded;
  CacheAge age;
  Oid models_table;
  Oid prices_table;
  bool callback_registered;
};

constinit CacheState cache{nullptr, {}, InvalidOid, InvalidOid, false};

void on_relation_changed(Datum, Oid relation) {
  if (relation == InvalidOid || relation == cache.models_table || relation == cache.prices_table)
    ++cache.age.generation;
}

ModelRow read_model(const RowReader& row) {
  return {row.text_or_null("name"),
          row.text_or_null("server"),
          row.text_or_null("remote_name"),
          row.text_or_null("structured_output"),
          row.bigint_or_zero("context_window"),
          row.bigint_or_zero("deployment_limit"),
          row.bigint_or_zero("max_output_tokens"),
          DatumGetBool(row.get("enabled"))};
}

PriceRow read_price(const RowReader& row) {
  return {row.text_or_null("model"),
          DatumGetTimestampTz(row.get("effective_from")),
          row.bigint_or_zero("above_input_tokens"),
          row.numeric_or_null("input_per_million"),
          row.numeric_or_null("cached_input_per_million"),
          row.numeric_or_null("cache_write_per_million"),
          row.numeric_or_null("output_per_million")};
}

struct TableRows {
  LoadMark mark;
  Rows<ModelRow> models;
  Rows<PriceRow> prices;
};

TableRows read_tables() {
  TableRows rows;
  rows.mark =
      read_newest(cache.age, {cache.models_table, cache.prices_table}, [&](Snapshot snapshot) {
        rows.models = read_table(cache.models_table, snapshot, read_model);
        rows.prices = read_table(cache.prices_table, snapshot, read_price);
      });
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

void register_callback() {
  if (cache.callback_registered) return;
  PgCall([] { CacheRegisterRelcacheCallback(on_relation_changed, 0); });
  cache.callback_registered = true;
}

void load() {
  register_callback();
  cache.models_table = find_own_table("llm_models");
  cache.prices_table = find_own_table("llm_model_prices");
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
  cache.age.loaded = rows.mark;
  PgCall([=] { MemoryContextDelete(scratch); });
}

const Catalogue& current() {
  if (!cache.age.is_current()) {
    // What others looked up in an older load is theirs to look up again.
    if (cache.age.loaded.generation == cache.age.generation) ++cache.age.generation;
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
  PriceRange range{nullptr, cache.age.loaded.generation, kBeginOfTime, kEndOfTime, -1, kMostTokens};
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

std::uint64_t catalogue_generation() { return cache.age.generation; }

}  // namespace llmw
