// token_cost(): the exact price of a call's tokens, fast enough to run over every row of a ledger.
//
// Each place of a query that calls it keeps the prices that it met last in fn_extra, so that a row
// costs a comparison of the model's name and integer arithmetic. No C++ object with a destructor
// lives on that path, so PostgreSQL may raise its errors there.

#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/money.hpp"
#include "pg/boundary.hpp"
#include "pg/catalogue.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

/// The price of one model for a range of calls, valid for one generation of the catalogue.
struct KnownPrice {
  char* model;  ///< in the server's encoding, not terminated, in fn_mcxt
  std::size_t model_length;
  std::size_t model_capacity;
  ServiceTier service_tier;
  PriceRange range;  ///< its pointer is good for "is there a price" only; `price` is our copy
  Price price;
};

/// As many as a query usually mixes; a further model replaces the one met longest ago.
constexpr std::size_t kKnownPrices = 8;

struct KnownPrices {
  KnownPrice entries[kKnownPrices];
  std::size_t last;
};

struct Call {
  const char* model;
  std::size_t model_length;
  Usage usage;
  TimestampTz at;
  ServiceTier service_tier;
};

bool answers(const KnownPrice& known, const Call& call) {
  return known.range.generation == catalogue_generation() &&
         known.service_tier == call.service_tier && known.model_length == call.model_length &&
         std::memcmp(known.model, call.model, call.model_length) == 0 &&
         known.range.covers(call.usage.input, call.at);
}

void check_counts(const Usage& usage) {
  const auto refuse = [](const char* what) { throw Error(sqlstate::kInvalidParameterValue, what); };
  if (usage.input < 0) refuse("input_tokens must not be negative");
  if (usage.output < 0) refuse("output_tokens must not be negative");
  if (usage.cached_input < 0) refuse("cached_input_tokens must not be negative");
  if (usage.cache_write < 0) refuse("cache_write_tokens must not be negative");
  if (usage.cached_input > usage.input || usage.cache_write > usage.input - usage.cached_input)
    throw Error(sqlstate::kInvalidParameterValue,
                "cached_input_tokens and cache_write_tokens are more than input_tokens",
                "input_tokens counts every input token, cached ones included.");
}

/// One warning for a statement, however many rows of it have no price.
void warn_once(const Call& call) {
  static TimestampTz warned_statement = std::numeric_limits<TimestampTz>::min();
  if (warned_statement == GetCurrentStatementStartTimestamp()) return;
  const std::string model =
      to_utf8(PgCall([&] { return pnstrdup(call.model, call.model_length); }));
  const bool is_known = resolve_model(model) != nullptr;
  const char* tier = to_string(call.service_tier).data();
  PgCall([&] {
    char* name = pnstrdup(call.model, call.model_length);
    if (is_known && call.service_tier != ServiceTier::standard)
      ereport(WARNING, (errmsg("model \"%s\" has no price for service tier \"%s\" in force at %s",
                               name, tier, timestamptz_to_str(call.at)),
                        errdetail("The cost of its calls is unknown, so it is NULL."),
                        errhint("Add a row to llm_model_prices.")));
    else if (is_known)
      ereport(WARNING, (errmsg("model \"%s\" has no price in force at %s", name,
                               timestamptz_to_str(call.at)),
                        errdetail("The cost of its calls is unknown, so it is NULL."),
                        errhint("Add a row to llm_model_prices.")));
    else
      ereport(WARNING, (errmsg("model \"%s\" is not known", name),
                        errdetail("The cost of its calls is unknown, so it is NULL."),
                        errhint("Add rows to llm_models and llm_model_prices.")));
  });
  warned_statement = GetCurrentStatementStartTimestamp();
}

void remember(KnownPrice& known, const Call& call, const PriceRange& range, MemoryContext context) {
  known.range.generation = 0;
  if (known.model_capacity < call.model_length) {
    known.model =
        static_cast<char*>(PgCall([&] { return MemoryContextAlloc(context, call.model_length); }));
    known.model_capacity = call.model_length;
  }
  std::memcpy(known.model, call.model, call.model_length);
  known.model_length = call.model_length;
  known.service_tier = call.service_tier;
  known.price = range.price == nullptr ? Price{} : range.price->price;
  known.range = range;
}

/// Looks the price up and keeps it in place of the entry that was written longest ago.
const KnownPrice& look_up(KnownPrices& known, const Call& call, MemoryContext context) {
  const std::string model =
      to_utf8(PgCall([&] { return pnstrdup(call.model, call.model_length); }));
  const PriceRange range = find_price_range({model, call.usage.input, call.at, call.service_tier});
  known.last = (known.last + 1) % kKnownPrices;
  remember(known.entries[known.last], call, range, context);
  return known.entries[known.last];
}

const KnownPrice& find(KnownPrices& known, const Call& call, MemoryContext context) {
  if (answers(known.entries[known.last], call)) return known.entries[known.last];
  for (const KnownPrice& entry : known.entries)
    if (answers(entry, call)) return entry;
  return look_up(known, call, context);
}

KnownPrices& known_prices(FmgrInfo& function) {
  if (function.fn_extra == nullptr) {
    auto* fresh =
        static_cast<KnownPrices*>(MemoryContextAllocZero(function.fn_mcxt, sizeof(KnownPrices)));
    function.fn_extra = fresh;
  }
  return *static_cast<KnownPrices*>(function.fn_extra);
}

ServiceTier to_service_tier(text* name) {
  const std::string_view given(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
  const std::optional<ServiceTier> tier = parse_service_tier(given);
  if (tier) return *tier;
  throw Error(sqlstate::kInvalidParameterValue, "unknown service tier \"" + to_utf8(name) + "\"",
              {}, "Known are standard, batch, flex and priority.");
}

/// `cost` without trailing zeros.
Datum to_numeric(Money cost) {
  const __int128 units = cost.units();
  if (units > std::numeric_limits<std::int64_t>::max()) {
    const std::string text = cost.to_string();
    return PgCall([&] {
      return DirectFunctionCall3(numeric_in, CStringGetDatum(text.c_str()),
                                 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
    });
  }
  auto value = static_cast<std::int64_t>(units);
  int scale = Money::kScale;
  if (value == 0) return NumericGetDatum(int64_to_numeric(0));
  while (scale >= 4 && value % 10'000 == 0) value /= 10'000, scale -= 4;
  while (scale > 0 && value % 10 == 0) value /= 10, --scale;
  return NumericGetDatum(int64_div_fast_to_numeric(value, scale));
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_token_cost) {
  using namespace llmw;
  text* model = PG_GETARG_TEXT_PP(0);
  const Call call{
      VARDATA_ANY(model), VARSIZE_ANY_EXHDR(model),
      Usage{PG_GETARG_INT64(1), PG_GETARG_INT64(3), PG_GETARG_INT64(4), PG_GETARG_INT64(2), 0},
      PG_GETARG_TIMESTAMPTZ(5), to_service_tier(PG_GETARG_TEXT_PP(6))};
  check_counts(call.usage);
  const KnownPrice& known = find(known_prices(*fcinfo->flinfo), call, fcinfo->flinfo->fn_mcxt);
  if (known.range.price == nullptr) {
    warn_once(call);
    PG_RETURN_NULL();
  }
  return to_numeric(cost_of(call.usage, known.price));
}

LLMW_SQL_FUNCTION(llmw_resolve_model_name) {
  using namespace llmw;
  const Model* model = resolve_model(to_utf8(PG_GETARG_TEXT_PP(0)));
  if (model == nullptr) PG_RETURN_NULL();
  PG_RETURN_TEXT_P(to_server_text(model->name));
}
