#pragma once
// Numbers of a report as people read them.
//
// Each function takes a number as JSON has it, so that an amount is rounded from its decimal digits
// (half away from zero, as round() of PostgreSQL does) and not from a double. What is no number
// becomes kNotKnown. Results are short, whatever the number: from 10^15 on they are powers of ten.
//
//   shown_money("1234.565") -> "$1,234.57"      shown_duration("1530") -> "1.53 s"

#include <optional>
#include <string>
#include <string_view>

namespace llmw {

inline constexpr std::string_view kNotKnown = "\u2013";
inline constexpr std::string_view kMinus = "\u2212";

/// The number that `literal` is, within +-10^150 so that sums and differences of it are finite;
/// nothing when it is none.
std::optional<double> number_of(std::string_view literal);

/// `literal` rounded to `places` digits after the point, with commas between thousands.
std::string shown_decimal(std::string_view literal, int places);

/// "1,234"
std::string shown_count(std::string_view literal);

/// "$12,345", "$12.35", "$0.0123": none from 10,000 on, two to four digits below one dollar.
std::string shown_money(std::string_view literal);

/// The same amount in full: "12.345067 USD".
std::string exact_money(std::string_view literal);

/// "3.27 %"
std::string shown_percent(std::string_view literal);

/// Milliseconds as "820 ms", "1.53 s", "2.4 min" or "3.1 h".
std::string shown_duration(std::string_view literal);

}  // namespace llmw
