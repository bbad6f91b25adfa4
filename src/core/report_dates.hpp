#pragma once
// The days of a report as people read them. A text that is no day "2026-10-27" is shown as it is.

#include <string>
#include <string_view>

namespace llmw {

/// What a point of a chart stands for.
enum class ReportUnit { day, week, month };

/// "day", "week" or "month"; anything else is a day.
ReportUnit report_unit(std::string_view name);
std::string_view to_string(ReportUnit unit);

/// "27 Oct 2026"
std::string day_text(std::string_view day);

/// For an axis: "27 Oct", or "Oct 26" for months.
std::string short_span_text(std::string_view first_day, ReportUnit unit);

/// "27 Oct 2026", "week from 26 Oct 2026" or "Oct 2026".
std::string span_text(std::string_view first_day, ReportUnit unit);

}  // namespace llmw
