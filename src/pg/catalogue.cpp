#include "pg/catalogue.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/model_name.hpp"
#include "pg/boundary.hpp"
#include "pg/own_table.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

struct Catalogue {
  std::map<std::string, Model, std::less<>> models;
  /// Sorted by service tier, then by above_input_tokens, then the newest first.
  std::map<std::string, std::vector<DatedPrice>, std::less<>> prices;
};

/// Rows as read from a table: trivially destructible, so that an error of PostgreSQL may skip them.
struct ModelRow {
  const char* name;
  const char* server;
  const char* remote_name;
  const char* structured_output;
  const char* tokenizer;
  std::int64_t context_window;
  std::int64_t deployment_limit;
  std::int64_t max_output_tokens;
  bool enabled;
};

struct PriceRow {
  const char* model;
  TimestampTz effective_from;
  const char* service_tier;
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
          row.text_or_null("tokenizer"),
          row.bigint_or_zero("context_window"),
          row.bigint_or_zero("deployment_limit"),
          row.bigint_or_zero("max_output_tokens"),
          DatumGetBool(row.get("enabled"))};
}

PriceRow read_price(const RowReader& row) {
  return {row.text_or_null("model"),
          DatumGetTimestampTz(row.get("effective_from")),
          row.text_or_null("service_tier"),
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

Model to_model(const ModelRow& row) {
  Model model;
  model.name = to_utf8(row.name);
  model.server = to_utf8(row.server);
  model.remote_name = row.remote_name == nullptr ? model.name : to_utf8(row.remote_name);
  model.context_window = row.context_window;
  model.deployment_limit = row.deployment_limit;
  model.max_output_tokens = row.max_output_tokens;
  if (row.tokenizer != nullptr) model.tokenizer = to_utf8(row.tokenizer);
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
  const std::optional<ServiceTier> tier = parse_service_tier(row.service_tier);
  if (!tier)
    throw Error(sqlstate::kInternalError, "the service tier \"" + std::string(row.service_tier) +
                                              "\" of model \"" + to_utf8(row.model) +
                                              "\" cannot be used");
  return {row.effective_from, *tier, row.above_input_tokens,
          Price{to_price(row, row.input), to_price(row, row.output),
                to_optional_price(row, row.cached_input), to_optional_price(row, row.cache_write)}};
}

bool lower_tier_then_newer(const DatedPrice& a, const DatedPrice& b) {
  if (a.service_tier != b.service_tier) return a.service_tier < b.service_tier;
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

std::span<const DatedPrice> of_service_tier(std::span<const DatedPrice> prices, ServiceTier tier) {
  const auto before = [](const DatedPrice& price, ServiceTier wanted) {
    return price.service_tier < wanted;
  };
  const auto first = std::lower_bound(prices.begin(), prices.end(), tier, before);
  const auto end = std::find_if(
      first, prices.end(), [&](const DatedPrice& price) { return price.service_tier != tier; });
  return {first, end};
}

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

const Model* resolve_model(std::string_view name) {
  const auto& models = current().models;
  const auto find = [&](std::string_view text, std::string_view server) -> const Model* {
    const auto found = models.find(text);
    if (found == models.end()) return nullptr;
    return server.empty() || found->second.server == server ? &found->second : nullptr;
  };
  const auto find_with_or_without_date = [&](std::string_view text, std::string_view server) {
    const Model* model = find(text, server);
    if (model != nullptr) return model;
    const std::optional<std::string_view> undated = without_date(text);
    return undated ? find(*undated, server) : nullptr;
  };
  if (const Model* model = find_with_or_without_date(name, "")) return model;
  const std::optional<ProviderAndModel> parts = split_provider(name);
  return parts ? find_with_or_without_date(parts->model, parts->provider) : nullptr;
}

const DatedPrice* find_price(const PricedCall& call) { return find_price_range(call).price; }

const DatedPrice* find_price(std::string_view model, std::int64_t input_tokens, TimestampTz at) {
  return find_price({model, input_tokens, at, ServiceTier::standard});
}

PriceRange find_price_range(const PricedCall& call) {
  const Model* model = resolve_model(call.model);
  PriceRange range{nullptr, cache.age.loaded.generation, kBeginOfTime, kEndOfTime, -1, kMostTokens};
  if (model == nullptr) return range;
  const auto found = cache.loaded->prices.find(model->name);
  if (found == cache.loaded->prices.end()) return range;
  const std::span<const DatedPrice> prices = of_service_tier(found->second, call.service_tier);
  narrow_time(range, prices, call.at);
  // Thresholds come in rising order, so the last one that fits is the highest. The threshold 0
  // holds calls without any input as well.
  const DatedPrice* newest = nullptr;
  for (const DatedPrice& row : prices) {
    if (row.effective_from > call.at) continue;
    if (newest != nullptr && newest->above_input_tokens == row.above_input_tokens) continue;
    newest = &row;
    if (row.above_input_tokens != 0 && call.input_tokens <= row.above_input_tokens) {
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
