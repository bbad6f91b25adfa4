#include "core/schema_decimal.hpp"

#include <algorithm>
#include <charconv>

namespace llmw {
namespace {

int read_exponent(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(text.data(), text.data() + text.size(), exponent);
  return exponent;
}

/// Holds the product of two numbers of 18 digits.
__extension__ using Product = unsigned __int128;

/// 10^exponent modulo `by`, which has at most 18 digits.
std::uint64_t power_of_ten(int exponent, std::uint64_t by) {
  Product result = 1 % by;
  for (Product square = 10 % by; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result = result * square % by;
    square = square * square % by;
  }
  return static_cast<std::uint64_t>(result);
}

}  // namespace

Decimal::Decimal(std::string_view literal) {
  negative_ = literal.starts_with('-');
  if (negative_) literal.remove_prefix(1);
  const std::size_t mark = std::min(literal.find_first_of("eE"), literal.size());
  if (mark < literal.size()) exponent_ = read_exponent(literal.substr(mark + 1));
  bool in_fraction = false;
  for (const char c : literal.substr(0, mark)) {
    if (c == '.') {
      in_fraction = true;
    } else if (length_ == 0 && c == '0') {
      exponent_ -= in_fraction ? 1 : 0;
    } else if (length_ < kMaxDigits) {
      digits_[length_++] = c;
      exponent_ += in_fraction ? 0 : 1;
    }
  }
  while (length_ > 0 && digits_[length_ - 1] == '0') --length_;
  if (length_ == 0) {
    negative_ = false;
    exponent_ = 0;
  }
}

std::strong_ordering Decimal::compare_magnitude(const Decimal& other) const {
  if (length_ == 0 || other.length_ == 0) return length_ <=> other.length_;
  if (exponent_ != other.exponent_) return exponent_ <=> other.exponent_;
  return digits() <=> other.digits();
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  if (negative_ != other.negative_) {
    return negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return negative_ ? other.compare_magnitude(*this) : compare_magnitude(other);
}

bool Decimal::is_multiple_of(const Decimal& divisor) const {
  if (length_ == 0) return true;
  // As integers: DIGITS * 10^scale over the divisor's DIGITS.
  const int scale = (exponent_ - length_) - (divisor.exponent_ - divisor.length_);
  std::uint64_t by = 0;
  for (const char c : divisor.digits()) by = by * 10 + static_cast<std::uint64_t>(c - '0');
  // With a negative scale, ten would have to divide the digits, and their last one is not 0.
  if (scale < 0) return false;
  Product rest = 0;
  for (const char c : digits()) rest = (rest * 10 + static_cast<unsigned>(c - '0')) % by;
  return rest * power_of_ten(scale, by) % by == 0;
}

std::string Decimal::canonical() const {
  if (length_ == 0) return "0";
  std::string out = negative_ ? "-." : ".";
  out += digits();
  out += 'e';
  return out += std::to_string(exponent_);
}

std::int64_t Decimal::as_count(std::int64_t max) const {
  if (negative_ || !is_integer() || exponent_ > kMaxDivisorDigits) return -1;
  std::int64_t value = 0;
  for (int i = 0; i < exponent_; ++i) value = value * 10 + (i < length_ ? digits_[i] - '0' : 0);
  return value <= max ? value : -1;
}

}  // namespace llmw
