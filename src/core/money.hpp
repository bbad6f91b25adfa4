#pragma once
// Exact money: what a call costs, from integer prices and integer tokens, without a double.
//
// A price is an integer number of 10^-8 USD per million tokens, so a cost is an integer number of
// 10^-14 USD: the product of both is exact and never rounded. 128 bits hold 2^31 tokens at the
// highest price that a price row may hold (below 10^6 USD per million) a million times over.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/usage.hpp"

namespace llmw {

/// A dated row of llm_model_prices, in units of 10^-8 USD per million tokens.
struct Price {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::optional<std::int64_t> cached_input;  ///< absent: cached tokens cost what input costs
  std::optional<std::int64_t> cache_write;   ///< absent: as input

  bool operator==(const Price&) const = default;
};

/// An exact amount of US dollars. Never negative.
class Money {
 public:
  static constexpr int kScale = 14;  ///< decimal digits of one unit

  constexpr Money() = default;
  static constexpr Money from_units(__int128 units) {
    Money money;
    money.units_ = units;
    return money;
  }

  constexpr __int128 units() const { return units_; }
  constexpr Money& operator+=(Money other) {
    units_ += other.units_;
    return *this;
  }
  friend constexpr Money operator+(Money a, Money b) { return a += b; }
  /// Throws llmw::Error XX000 when `other` is more than this.
  Money& operator-=(Money other);
  friend Money operator-(Money a, Money b) { return a -= b; }
  constexpr bool operator==(const Money&) const = default;
  constexpr std::strong_ordering operator<=>(const Money& other) const {
    return units_ < other.units_   ? std::strong_ordering::less
           : other.units_ < units_ ? std::strong_ordering::greater
                                   : std::strong_ordering::equal;
  }

  /// Plain decimal without trailing zeros: "0", "0.0012", "12.5". Accepted by numeric_in and JSON.
  std::string to_string() const;

 private:
  __int128 units_ = 0;
};

/// Parses an amount in USD ("12.5"). Returns nothing unless it is a plain non-negative decimal
/// below 10^18 with at most 14 digits after the point (trailing zeros beyond that are allowed).
std::optional<Money> parse_money(std::string_view decimal);

/// Parses a price in USD per million tokens ("0.15") to units of 10^-8.
/// Returns nothing unless it is a plain non-negative decimal below 10^6 with at most 8 digits
/// after the point (trailing zeros beyond that are allowed).
std::optional<std::int64_t> parse_price(std::string_view decimal);

/// The cost of `usage` at `price`: fresh input, cached input, cache writes and output, each at its
/// own rate. `usage.cached_input + usage.cache_write` must not exceed `usage.input`; all counts
/// must be non-negative (readers of provider answers see to both).
Money cost_of(const Usage& usage, const Price& price);

}  // namespace llmw
