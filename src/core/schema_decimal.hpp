#pragma once
// The exact value of a JSON number, from its literal: 1.0 equals 1, 19.99 is a multiple of 0.01,
// and a hundred digits are compared to the last one. Made without allocation.

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.hpp"

namespace llmw {

class Decimal {
 public:
  /// `literal` must be a JSON number within the bounds of json.hpp.
  explicit Decimal(std::string_view literal);

  bool is_integer() const { return length_ == 0 || length_ <= exponent_; }
  bool is_positive() const { return length_ != 0 && !negative_; }
  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const { return std::is_eq(*this <=> other); }

  /// Whether `divisor`, which is positive and usable_as_divisor(), goes into this a whole number of
  /// times.
  bool is_multiple_of(const Decimal& divisor) const;
  bool usable_as_divisor() const { return is_positive() && length_ <= kMaxDivisorDigits; }

  /// One text for each value.
  std::string canonical() const;

  /// The number if it is an integer from 0 to `max`, else -1.
  std::int64_t as_count(std::int64_t max) const;

 private:
  static constexpr int kMaxDigits = kMaxNumberExponent + 8;
  static constexpr int kMaxDivisorDigits = 18;

  std::string_view digits() const { return {digits_.data(), static_cast<std::size_t>(length_)}; }
  std::strong_ordering compare_magnitude(const Decimal& other) const;

  // The value is 0.DIGITS * 10^exponent_; no zeros at either end of the digits, none at all for 0.
  bool negative_ = false;
  int exponent_ = 0;
  int length_ = 0;
  std::array<char, kMaxDigits> digits_;
};

}  // namespace llmw
