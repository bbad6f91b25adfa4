#include "core/report_numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>

namespace llmw {
namespace {

constexpr double kLargest = 1e150;
constexpr std::size_t kMaxWholeDigits = 15;  ///< longer ones are shown as powers of ten
constexpr std::string_view kSpace = "\u00A0";

/// Without its sign.
struct PlainDecimal {
  std::string whole;     ///< without leading zeros, except for a single one
  std::string fraction;  ///< may be empty
};

bool is_all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Nothing for what is no number, has an exponent or is too long to be read.
std::optional<PlainDecimal> parse_plain(std::string_view literal) {
  PlainDecimal number;
  if (literal.starts_with('-')) literal.remove_prefix(1);
  const std::size_t point = std::min(literal.find('.'), literal.size());
  std::string_view whole = literal.substr(0, point);
  const std::string_view fraction = literal.substr(std::min(point + 1, literal.size()));
  if (whole.empty() || !is_all_digits(whole) || !is_all_digits(fraction)) return std::nullopt;
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size() - 1));
  if (whole.size() > kMaxWholeDigits) return std::nullopt;
  number.whole = whole;
  number.fraction = fraction;
  return number;
}

/// Adds one to the last digit of `digits`, which may grow by a digit.
void increment(std::string& digits) {
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit != '9') {
      ++*digit;
      return;
    }
    *digit = '0';
  }
  digits.insert(digits.begin(), '1');
}

void round_to(PlainDecimal& number, std::size_t places) {
  const bool rounds_up = number.fraction.size() > places && number.fraction[places] >= '5';
  number.fraction.resize(places, '0');
  std::string digits = number.whole + number.fraction;
  if (rounds_up) increment(digits);
  number.whole = digits.substr(0, digits.size() - places);
  number.fraction = digits.substr(digits.size() - places);
}

std::string with_commas(std::string_view digits) {
  std::string result;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) result += ',';
    result += digits[i];
  }
  return result;
}

std::string power_of_ten_text(double value) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.2e", std::fabs(value));
  return buffer.data();
}

/// What stands before the digits of `literal`: a minus and `unit`.
std::string prefix_of(std::string_view literal, std::string_view unit, std::string_view digits) {
  const bool is_zero = digits.find_first_of("123456789") == std::string_view::npos;
  std::string prefix(literal.starts_with('-') && !is_zero ? kMinus : std::string_view());
  prefix += unit;
  return prefix;
}

/// The digits of |literal|.
std::string magnitude_text(std::string_view literal, int places) {
  std::optional<PlainDecimal> number = parse_plain(literal);
  if (!number) return power_of_ten_text(number_of(literal).value_or(0));
  round_to(*number, static_cast<std::size_t>(places));
  std::string digits = with_commas(number->whole);
  if (places > 0) digits += '.' + number->fraction;
  return digits;
}

std::string with_unit(std::string_view before, std::string_view literal, int places) {
  const std::string digits = magnitude_text(literal, places);
  return prefix_of(literal, before, digits) + digits;
}

std::string double_text(double value, int places) {
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, places);
  return shown_decimal({buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data())}, places);
}

}  // namespace

std::optional<double> number_of(std::string_view literal) {
  double value = 0;
  const auto [end, error] = std::from_chars(literal.data(), literal.data() + literal.size(), value);
  if (end != literal.data() + literal.size()) return std::nullopt;
  // Out of range is zero or infinite, and from_chars does not say which of them.
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return std::clamp(value, -kLargest, kLargest);
}

std::string shown_decimal(std::string_view literal, int places) {
  if (!number_of(literal)) return std::string(kNotKnown);
  return with_unit({}, literal, places);
}

std::string shown_count(std::string_view literal) { return shown_decimal(literal, 0); }

std::string shown_money(std::string_view literal) {
  const std::optional<double> value = number_of(literal);
  if (!value) return std::string(kNotKnown);
  const double amount = std::fabs(*value);
  if (amount > 0 && amount < 0.00005) return *value < 0 ? "> \u2212$0.0001" : "< $0.0001";
  if (amount >= 10'000) return with_unit("$", literal, 0);
  if (amount >= 1) return with_unit("$", literal, 2);
  std::string text = with_unit("$", literal, 4);
  for (int digits = 4; digits > 2 && text.ends_with('0'); --digits) text.pop_back();
  return text;
}

std::string exact_money(std::string_view literal) {
  if (!number_of(literal)) return "not known";
  return std::string(literal.substr(0, 60)) + " USD";
}

std::string shown_percent(std::string_view literal) {
  if (!number_of(literal)) return std::string(kNotKnown);
  return with_unit({}, literal, 2).append(kSpace).append("%");
}

std::string shown_duration(std::string_view literal) {
  const std::optional<double> ms = number_of(literal);
  if (!ms) return std::string(kNotKnown);
  const double size = std::fabs(*ms);
  const auto text = [](double value, int places, std::string_view unit) {
    return double_text(value, places).append(kSpace).append(unit);
  };
  if (size < 999.5) return text(*ms, 0, "ms");
  if (size < 59'995) return text(*ms / 1000, 2, "s");
  if (size < 7'197'000) return text(*ms / 60'000, 1, "min");
  return text(*ms / 3'600'000, 1, "h");
}

}  // namespace llmw
