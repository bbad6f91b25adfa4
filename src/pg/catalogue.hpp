#pragma once
// Models and dated prices of the current database, cached per process.
//
// The cache is filled from llm_models and llm_model_prices on first use and dropped when either
// changes: their triggers send a relcache invalidation (llmw_catalogue_changed), which reaches
// every process at commit and the changing one at once. Call inside a transaction; may throw
// llmw::Error. Pointers returned stay valid until the next call of any function here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/money.hpp"
#include "core/provider.hpp"
#include "core/service_tier.hpp"
#include "pg/postgres.hpp"

namespace llmw {

struct Model {
  std::string name;
  std::string server;
  std::string remote_name;
  std::int64_t context_window = 0;     ///< tokens; 0: not known
  std::int64_t deployment_limit = 0;   ///< the same as it is set up; the lower counts
  std::int64_t max_output_tokens = 0;  ///< tokens; 0: not known
  std::string tokenizer;               ///< see find_tokenizer(); empty: not known
  std::optional<StructuredOutput> structured_output;  ///< absent: as the server's option says
  bool enabled = true;
};

struct DatedPrice {
  TimestampTz effective_from = 0;
  ServiceTier service_tier = ServiceTier::standard;
  std::int64_t above_input_tokens = 0;  ///< applies to requests with strictly more input tokens
  Price price;
};

/// The model called `name`, or nullptr.
const Model* find_model(std::string_view name);

/// The model that `name` means: the one called so; else, in this order, the one without the date at
/// the end of `name`, without the name of its own server before a slash, without both. A prefix
/// that is not the model's server is another offer of it, which may cost something else. nullptr
/// when there is none.
const Model* resolve_model(std::string_view name);

/// A call of which the price is asked.
struct PricedCall {
  std::string_view model;  ///< any name that resolve_model takes
  std::int64_t input_tokens = 0;
  TimestampTz at = 0;
  ServiceTier service_tier = ServiceTier::standard;
};

/// The price in force for a call: among the rows of the model and service tier that are in force,
/// the newest of each above_input_tokens; of these the highest strictly below input_tokens (or 0).
/// nullptr when there is none.
const DatedPrice* find_price(const PricedCall& call);
/// The same in the tier `standard`.
const DatedPrice* find_price(std::string_view model, std::int64_t input_tokens, TimestampTz at);

/// A price with the calls that it is the answer for: those of its service tier at a time in [from,
/// until) with input tokens in (above, up_to]. For callers that ask about many calls in a row.
struct PriceRange {
  const DatedPrice* price = nullptr;  ///< nullptr: no price is in force for these calls
  std::uint64_t generation = 0;       ///< of the catalogue that gave the answer; never 0
  TimestampTz from = 0;
  TimestampTz until = 0;
  std::int64_t above = 0;
  std::int64_t up_to = 0;

  bool covers(std::int64_t input_tokens, TimestampTz at) const {
    return at >= from && at < until && input_tokens > above && input_tokens <= up_to;
  }
};

/// The same as find_price, with the range of calls for which the answer is the same.
PriceRange find_price_range(const PricedCall& call);

/// Counts the changes of the catalogue that this process has heard of. An answer of another
/// generation must be looked up again.
std::uint64_t catalogue_generation();

}  // namespace llmw
