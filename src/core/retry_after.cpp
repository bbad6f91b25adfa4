// Retry-After, as providers write it: retry-after-ms, seconds, or an HTTP date.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "core/provider.hpp"

namespace llmw {
namespace {

using Milliseconds = std::chrono::milliseconds;

/// Stands for every longer wait. Far beyond kMaxRetryAfter and far below any overflow.
constexpr double kLongestWaitMs = 366.0 * 24 * 3600 * 1000;

/// Keeps 1.1 s from becoming 1101 ms; waits are still rounded up.
constexpr double kRoundingSlackMs = 1e-6;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// A decimal number of units of `unit_ms`, rounded up to the next millisecond.
std::optional<Milliseconds> parse_number(std::string_view text, double unit_ms) {
  const bool starts_right = !text.empty() && (text[0] == '.' || (text[0] >= '0' && text[0] <= '9'));
  if (!starts_right) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    return std::nullopt;
  }
  const bool absurd = error == std::errc::result_out_of_range;
  const double wait = absurd ? kLongestWaitMs : std::min(value * unit_ms, kLongestWaitMs);
  return Milliseconds(static_cast<std::int64_t>(std::ceil(wait - kRoundingSlackMs)));
}

/// The words of a date: a date has at most six, separated by spaces, commas, hyphens or colons.
struct Words {
  std::array<std::string_view, 9> word;
  std::size_t count = 0;
};

Words split_date(std::string_view text) {
  Words words;
  while (words.count < words.word.size()) {
    const std::size_t start = text.find_first_not_of(" ,-:");
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(" ,-:"), text.size());
    words.word[words.count++] = text.substr(0, end);
    text.remove_prefix(end);
  }
  return words;
}

/// A number of one to four digits not above `max`.
std::optional<int> parse_field(std::string_view text, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool number = error == std::errc{} && end == text.data() + text.size();
  if (!number || text.size() > 4 || value < 0 || value > max) return std::nullopt;
  return value;
}

std::optional<int> parse_month(std::string_view name) {
  const auto found = std::find(kMonths.begin(), kMonths.end(), name);
  if (found == kMonths.end()) return std::nullopt;
  return static_cast<int>(found - kMonths.begin()) + 1;
}

/// A year of four digits, or of two: 70 to 99 are of the last century.
std::optional<int> parse_year(std::string_view text) {
  const std::optional<int> year = parse_field(text, 9999);
  if (!year || text.size() == 4) return year;
  if (text.size() != 2) return std::nullopt;
  return *year + (*year < 70 ? 2000 : 1900);
}

/// The three forms of RFC 9110: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"
/// and "Sun Nov  6 08:49:37 1994". Seconds since 1970.
std::optional<std::int64_t> parse_http_date(std::string_view text) {
  const Words words = split_date(text);
  const auto& word = words.word;
  const bool asctime = words.count == 7 && parse_month(word[1]).has_value();
  if (!asctime && !(words.count == 8 && word[7] == "GMT")) return std::nullopt;
  const auto day = parse_field(asctime ? word[2] : word[1], 31);
  const auto month = parse_month(asctime ? word[1] : word[2]);
  const auto year = parse_year(asctime ? word[6] : word[3]);
  const std::size_t time = asctime ? 3 : 4;
  const auto hour = parse_field(word[time], 23);
  const auto minute = parse_field(word[time + 1], 59);
  const auto second = parse_field(word[time + 2], 60);
  if (!day || !month || !year || !hour || !minute || !second) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return ((days * 24 + *hour) * 60 + *minute) * 60 + *second;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view retry_after_ms,
                                                           std::string_view retry_after,
                                                           std::int64_t now_utc) {
  if (const auto wait = parse_number(trim(retry_after_ms), 1.0)) return wait;
  const std::string_view value = trim(retry_after);
  if (const auto wait = parse_number(value, 1000.0)) return wait;
  // `now_utc` is the second that has begun, so the difference is the wait rounded up.
  const std::optional<std::int64_t> date = parse_http_date(value);
  if (!date || *date < now_utc) return std::nullopt;
  const double wait_ms = (static_cast<double>(*date) - static_cast<double>(now_utc)) * 1000.0;
  return Milliseconds(static_cast<std::int64_t>(std::min(wait_ms, kLongestWaitMs)));
}

}  // namespace llmw
