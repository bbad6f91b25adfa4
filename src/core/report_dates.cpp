#include "core/report_dates.hpp"

#include <array>
#include <cstddef>
#include <optional>

#include "core/text.hpp"

namespace llmw {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t kLongestUnread = 40;
constexpr std::size_t kLongestLabel = 6;

struct CalendarDay {
  std::string_view year;
  std::string_view month;
  std::string_view day;  ///< without a leading zero
};

/// The number of one or two digits that `text` is; 0 when it is none.
std::size_t two_digits(std::string_view text) {
  std::size_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

std::optional<CalendarDay> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::size_t month = two_digits(text.substr(5, 2));
  const std::size_t day = two_digits(text.substr(8, 2));
  const bool has_year = text.substr(0, 4).find_first_not_of("0123456789") == std::string_view::npos;
  if (!has_year || month < 1 || month > kMonths.size() || day < 1 || day > 31) return std::nullopt;
  return CalendarDay{text.substr(0, 4), kMonths[month - 1], text.substr(day < 10 ? 9 : 8)};
}

std::string joined(std::string_view a, std::string_view b) {
  return std::string(a).append(" ").append(b);
}

}  // namespace

ReportUnit report_unit(std::string_view name) {
  if (name == "week") return ReportUnit::week;
  if (name == "month") return ReportUnit::month;
  return ReportUnit::day;
}

std::string_view to_string(ReportUnit unit) {
  switch (unit) {
    case ReportUnit::week: return "week";
    case ReportUnit::month: return "month";
    case ReportUnit::day: break;
  }
  return "day";
}

std::string day_text(std::string_view day) {
  const std::optional<CalendarDay> date = parse_day(day);
  if (!date) return std::string(cut_utf8(day, kLongestUnread));
  return joined(joined(date->day, date->month), date->year);
}

std::string short_span_text(std::string_view first_day, ReportUnit unit) {
  const std::optional<CalendarDay> date = parse_day(first_day);
  if (!date) return std::string(cut_utf8(first_day, kLongestLabel));
  return unit == ReportUnit::month ? joined(date->month, date->year.substr(2))
                                   : joined(date->day, date->month);
}

std::string span_text(std::string_view first_day, ReportUnit unit) {
  const std::optional<CalendarDay> date = parse_day(first_day);
  if (unit == ReportUnit::month && date) return joined(date->month, date->year);
  return (unit == ReportUnit::week ? "week from " : "") + day_text(first_day);
}

}  // namespace llmw
