#pragma once
// Charts of a report: inline SVG that is as wide as its column, without a script.
//
// Across, all places are in percent and lines are stretched by the browser; down, and in the size
// of texts, all is in pixels. So a chart is readable at any width. Each place (a day, say) has a
// tooltip, and below a chart its numbers stand as a table: for those who cannot see, hover or who
// copy.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/markup_writer.hpp"
#include "core/report_axis.hpp"
#include "core/report_data.hpp"
#include "core/report_dates.hpp"

namespace llmw {

/// What is drawn: a part of each bar, stacked from the first layer up, or a line.
struct ChartLayer {
  std::string name;                           ///< in the legend
  MarkupLiteral style;                        ///< class of the style sheet: its colour
  std::vector<std::optional<double>> values;  ///< one for each place
};

/// What tooltips and the table say.
struct ChartColumn {
  std::string name;
  std::vector<ReportValue> values;  ///< one for each place
};

enum class ChartForm { bars, lines, area };

struct ReportChart {
  MarkupLiteral id = {};  ///< unique within the page
  MarkupLiteral title = {};
  MarkupLiteral source = {};  ///< the view that has the numbers
  std::string summary = {};   ///< what the chart shows, in a sentence
  MarkupLiteral nothing = "No data in this period.";
  ChartForm form = ChartForm::bars;
  AxisUnit unit = AxisUnit::count;
  ReportUnit span = ReportUnit::day;
  std::vector<std::string> places = {};  ///< first days of the spans
  std::vector<ChartLayer> layers = {};
  std::vector<ChartColumn> columns = {};
};

/// Appends `chart` as a <figure>. With no value to draw it says so in words.
void append_chart(MarkupWriter& out, const ReportChart& chart);

}  // namespace llmw
