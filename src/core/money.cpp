#include "core/money.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace llmw {
namespace {

constexpr int kPriceScale = 8;  ///< decimal digits of one unit of Price
constexpr std::int64_t kPriceLimitUsd = 1'000'000;
constexpr std::int64_t kMoneyLimitUsd = 1'000'000'000'000'000'000;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

std::string_view without_trailing_zeros(std::string_view digits) {
  const std::size_t last = digits.find_last_not_of('0');
  return digits.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Whole dollars, or nothing when they reach the limit.
std::optional<std::int64_t> parse_dollars(std::string_view digits, std::int64_t limit) {
  std::int64_t dollars = 0;
  for (const char c : digits) {
    dollars = dollars * 10 + (c - '0');
    if (dollars >= limit) return std::nullopt;
  }
  return dollars;
}

/// A plain non-negative decimal below `limit` in units of 10^-scale.
std::optional<__int128> parse_decimal(std::string_view decimal, std::size_t scale,
                                      std::int64_t limit) {
  const std::size_t point = decimal.find('.');
  const std::string_view whole = decimal.substr(0, point);
  std::string_view fraction;
  if (point != std::string_view::npos) {
    fraction = decimal.substr(point + 1);
    if (fraction.empty()) return std::nullopt;
  }
  if (whole.empty() || !all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  fraction = without_trailing_zeros(fraction);
  if (fraction.size() > scale) return std::nullopt;

  const std::optional<std::int64_t> dollars = parse_dollars(whole, limit);
  if (!dollars) return std::nullopt;
  __int128 units = *dollars;
  for (std::size_t i = 0; i < scale; ++i)
    units = units * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  return units;
}

}  // namespace

Money& Money::operator-=(Money other) {
  if (other > *this)
    throw Error(sqlstate::kInternalError,
                "cannot take " + other.to_string() + " USD from " + to_string() + " USD");
  units_ -= other.units_;
  return *this;
}

std::string Money::to_string() const {
  std::string reversed;
  __int128 rest = units_;
  for (int position = 0; rest > 0 || position <= kScale; ++position, rest /= 10) {
    if (position == kScale) reversed += '.';
    reversed += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  const std::size_t first = reversed.find_first_not_of('0');
  const bool whole = reversed[first] == '.';
  reversed.erase(0, whole ? first + 1 : first);
  return {reversed.rbegin(), reversed.rend()};
}

std::optional<Money> parse_money(std::string_view decimal) {
  const std::optional<__int128> units = parse_decimal(decimal, Money::kScale, kMoneyLimitUsd);
  if (!units) return std::nullopt;
  return Money::from_units(*units);
}

std::optional<std::int64_t> parse_price(std::string_view decimal) {
  const std::optional<__int128> units = parse_decimal(decimal, kPriceScale, kPriceLimitUsd);
  if (!units) return std::nullopt;
  return static_cast<std::int64_t>(*units);
}

Money cost_of(const Usage& usage, const Price& price) {
  const auto part = [](std::int64_t tokens, std::int64_t rate) {
    return static_cast<__int128>(tokens) * rate;
  };
  const std::int64_t fresh = usage.input - usage.cached_input - usage.cache_write;
  return Money::from_units(part(fresh, price.input) +
                           part(usage.cached_input, price.cached_input.value_or(price.input)) +
                           part(usage.cache_write, price.cache_write.value_or(price.input)) +
                           part(usage.output, price.output));
}

}  // namespace llmw
