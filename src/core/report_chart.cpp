#include "core/report_chart.hpp"

#include <algorithm>
#include <cstddef>

#include "core/report_parts.hpp"

namespace llmw {
namespace {

constexpr double kHeight = 208;       ///< of the field that is drawn on, in pixels
constexpr double kTop = 10;           ///< above it: half of a tick's label
constexpr double kBottom = 26;        ///< below it: names of the places
constexpr double kAcross = 1000;      ///< width of the field in its own units
constexpr double kBarShare = 0.72;    ///< of a place, that its bar takes
constexpr double kWidestBar = 0.06;   ///< as a share of the field
constexpr double kNearEdge = 0.97;    ///< a label beyond would stick out
constexpr std::size_t kWideRoom = 7;  ///< labels of places that a wide chart has room for
constexpr std::size_t kNarrowRoom = 4;

/// A chart while it is drawn: `axis` is made of its values.
struct Drawing {
  const ReportChart& chart;
  ReportAxis axis;

  std::size_t places() const { return chart.places.size(); }
  double y(double value) const { return kTop + kHeight * (1 - axis.position(value)); }
  /// The middle of a place, as a share of the width.
  double x(std::size_t place) const {
    return (static_cast<double>(place) + 0.5) / static_cast<double>(places());
  }
};

std::optional<double> value_at(const ChartLayer& layer, std::size_t place) {
  return place < layer.values.size() ? layer.values[place] : std::nullopt;
}

bool has_values(const ReportChart& chart) {
  const auto is_known = [](const std::optional<double>& value) { return value.has_value(); };
  return std::any_of(chart.layers.begin(), chart.layers.end(), [&](const ChartLayer& layer) {
    return std::any_of(layer.values.begin(), layer.values.end(), is_known);
  });
}

ReportAxis axis_of(const ReportChart& chart) {
  double low = 0;
  double high = 0;
  for (std::size_t place = 0; place < chart.places.size(); ++place) {
    double stacked = 0;
    for (const ChartLayer& layer : chart.layers) {
      const double value = value_at(layer, place).value_or(0);
      stacked = chart.form == ChartForm::bars ? stacked + value : value;
      low = std::min(low, stacked);
      high = std::max(high, stacked);
    }
  }
  return make_axis(low, high, chart.unit);
}

void append_axis(MarkupWriter& out, const ReportAxis& axis) {
  std::size_t longest = 0;
  for (const std::string& label : axis.labels) longest = std::max(longest, label.size());
  const double width = 12 + 7.2 * static_cast<double>(longest);
  out.raw("<svg class=\"axis\" aria-hidden=\"true\" width=\"").number(width);
  out.raw("\" height=\"").number(kTop + kHeight + kBottom).raw("\">");
  for (std::size_t i = 0; i < axis.ticks.size(); ++i) {
    const double y = kTop + kHeight * (1 - axis.position(axis.ticks[i]));
    out.raw("<text x=\"").number(width - 8).raw("\" y=\"").number(y + 4).raw("\">");
    out.text(axis.labels[i]).raw("</text>");
  }
  out.raw("</svg>");
}

void append_grid(MarkupWriter& out, const Drawing& drawing) {
  for (const double tick : drawing.axis.ticks) {
    out.raw("<line class=\"grid");
    if (tick == 0) out.raw(" zero");
    out.raw("\" x1=\"0\" x2=\"100%\" y1=\"").number(drawing.y(tick));
    out.raw("\" y2=\"").number(drawing.y(tick)).raw("\"/>");
  }
}

/// Labels for wide screens and labels for narrow ones; the style shows one kind.
void append_place_labels(MarkupWriter& out, const Drawing& drawing) {
  const auto wide = labelled_places(drawing.places(), kWideRoom);
  const auto narrow = labelled_places(drawing.places(), kNarrowRoom);
  for (std::size_t place = 0; place < drawing.places(); ++place) {
    const bool is_wide = std::binary_search(wide.begin(), wide.end(), place);
    const bool is_narrow = std::binary_search(narrow.begin(), narrow.end(), place);
    const double x = drawing.x(place);
    if ((!is_wide && !is_narrow) || x > kNearEdge) continue;
    out.raw("<text class=\"place");
    if (!is_narrow) out.raw(" wide");
    if (!is_wide) out.raw(" narrow");
    out.raw("\" x=\"").number(100 * x).raw("%\" y=\"").number(kTop + kHeight + 19).raw("\">");
    out.text(short_span_text(drawing.chart.places[place], drawing.chart.span)).raw("</text>");
  }
}

void append_tooltip(MarkupWriter& out, const ReportChart& chart, std::size_t place) {
  out.raw("<title>").text(span_text(chart.places[place], chart.span));
  for (const ChartColumn& column : chart.columns)
    if (place < column.values.size())
      out.raw("\n").text(column.name).raw(": ").text(column.values[place].shown);
  out.raw("</title>");
}

/// The whole height of a place: what the pointer hovers over.
void append_hover_band(MarkupWriter& out, const Drawing& drawing, std::size_t place) {
  const double width = 100 / static_cast<double>(drawing.places());
  out.raw("<rect class=\"band\" x=\"").number(width * static_cast<double>(place));
  out.raw("%\" width=\"").number(width).raw("%\" y=\"").number(kTop);
  out.raw("\" height=\"").number(kHeight).raw("\"/>");
}

void append_bar(MarkupWriter& out, const Drawing& drawing, std::size_t place) {
  const double width =
      100 * std::min(kBarShare / static_cast<double>(drawing.places()), kWidestBar);
  double stacked = 0;
  for (const ChartLayer& layer : drawing.chart.layers) {
    const double value = value_at(layer, place).value_or(0);
    if (value == 0) continue;
    const double y = drawing.y(std::max(stacked, stacked + value));
    const double height = drawing.y(std::min(stacked, stacked + value)) - y;
    stacked += value;
    out.raw("<rect class=\"").raw(layer.style).raw("\" x=\"");
    out.number(100 * drawing.x(place) - width / 2).raw("%\" width=\"").number(width);
    out.raw("%\" y=\"").number(y).raw("\" height=\"").number(height).raw("\"/>");
  }
}

/// Each run of known values as a part of the path; a value alone is a dot.
void append_line_path(MarkupWriter& out, const Drawing& drawing, const ChartLayer& layer) {
  bool is_drawing = false;
  for (std::size_t place = 0; place < drawing.places(); ++place) {
    const std::optional<double> value = value_at(layer, place);
    if (value) {
      if (is_drawing)
        out.raw("L");
      else
        out.raw("M");
      out.number(kAcross * drawing.x(place)).raw(" ").number(drawing.y(*value));
      if (!is_drawing) out.raw("h.01");
    }
    is_drawing = value.has_value();
  }
}

void append_line(MarkupWriter& out, const Drawing& drawing, const ChartLayer& layer) {
  out.raw("<path class=\"line ").raw(layer.style).raw("\" d=\"");
  append_line_path(out, drawing, layer);
  out.raw("\"/>");
}

/// The field between zero and the line; the values are known at each place or not at all.
void append_area(MarkupWriter& out, const Drawing& drawing, const ChartLayer& layer) {
  out.raw("<path class=\"area ").raw(layer.style).raw("\" d=\"M");
  out.number(kAcross * drawing.x(0)).raw(" ").number(drawing.y(0));
  for (std::size_t place = 0; place < drawing.places(); ++place) {
    out.raw("L").number(kAcross * drawing.x(place)).raw(" ");
    out.number(drawing.y(value_at(layer, place).value_or(0)));
  }
  out.raw("L").number(kAcross * drawing.x(drawing.places() - 1)).raw(" ");
  out.number(drawing.y(0)).raw("Z\"/>");
}

/// Marks where a line is now.
void append_last_dot(MarkupWriter& out, const Drawing& drawing, const ChartLayer& layer) {
  for (std::size_t place = drawing.places(); place-- > 0;) {
    const std::optional<double> value = value_at(layer, place);
    if (!value) continue;
    out.raw("<circle class=\"dot ").raw(layer.style).raw("\" r=\"3.5\" cx=\"");
    out.number(100 * drawing.x(place)).raw("%\" cy=\"").number(drawing.y(*value)).raw("\"/>");
    return;
  }
}

void append_lines(MarkupWriter& out, const Drawing& drawing) {
  out.raw("<svg width=\"100%\" height=\"").number(kTop + kHeight);
  out.raw("\" viewBox=\"0 0 ").number(kAcross).raw(" ").number(kTop + kHeight);
  out.raw("\" preserveAspectRatio=\"none\">");
  if (drawing.chart.form == ChartForm::area)
    append_area(out, drawing, drawing.chart.layers.front());
  for (const ChartLayer& layer : drawing.chart.layers) append_line(out, drawing, layer);
  out.raw("</svg>");
  for (const ChartLayer& layer : drawing.chart.layers) append_last_dot(out, drawing, layer);
}

void append_places(MarkupWriter& out, const Drawing& drawing) {
  for (std::size_t place = 0; place < drawing.places(); ++place) {
    out.raw("<g>");
    append_tooltip(out, drawing.chart, place);
    if (drawing.chart.form == ChartForm::bars) append_bar(out, drawing, place);
    append_hover_band(out, drawing, place);
    out.raw("</g>");
  }
}

void append_drawing(MarkupWriter& out, const ReportChart& chart) {
  const Drawing drawing{chart, axis_of(chart)};
  out.raw("<div class=\"plot\">");
  append_axis(out, drawing.axis);
  out.raw("<svg class=\"field\" role=\"img\" width=\"100%\" height=\"");
  out.number(kTop + kHeight + kBottom).raw("\" aria-labelledby=\"").raw(chart.id).raw("-t ");
  out.raw(chart.id).raw("-d\"><title id=\"").raw(chart.id).raw("-t\">").raw(chart.title);
  out.raw("</title><desc id=\"").raw(chart.id).raw("-d\">").text(chart.summary).raw("</desc>");
  append_grid(out, drawing);
  if (chart.form != ChartForm::bars) append_lines(out, drawing);
  append_places(out, drawing);
  append_place_labels(out, drawing);
  out.raw("</svg></div>");
}

void append_legend(MarkupWriter& out, const ReportChart& chart) {
  if (chart.layers.size() < 2) return;
  out.raw("<ul class=\"legend\">");
  for (const ChartLayer& layer : chart.layers) {
    out.raw("<li><svg width=\"18\" height=\"10\" aria-hidden=\"true\">");
    if (chart.form == ChartForm::bars)
      out.raw("<rect width=\"10\" height=\"10\" x=\"4\" rx=\"2\" class=\"");
    else
      out.raw("<path d=\"M1 5H17\" class=\"line ");
    out.raw(layer.style).raw("\"/></svg>").text(layer.name).raw("</li>");
  }
  out.raw("</ul>");
}

std::string_view place_heading(ReportUnit span) {
  switch (span) {
    case ReportUnit::week: return "Week";
    case ReportUnit::month: return "Month";
    case ReportUnit::day: break;
  }
  return "Day";
}

void append_table(MarkupWriter& out, const ReportChart& chart) {
  out.raw("<details><summary>Numbers</summary>");
  open_table(out, chart.title);
  append_column(out, place_heading(chart.span));
  for (const ChartColumn& column : chart.columns) append_number_column(out, column.name);
  begin_rows(out);
  for (std::size_t place = 0; place < chart.places.size(); ++place) {
    open_row(out, span_text(chart.places[place], chart.span));
    for (const ChartColumn& column : chart.columns)
      append_number_cell(out, place < column.values.size() ? column.values[place] : ReportValue());
    out.raw("</tr>");
  }
  close_table(out);
  out.raw("</details>");
}

}  // namespace

void append_chart(MarkupWriter& out, const ReportChart& chart) {
  out.raw("<figure class=\"card\"><figcaption><h3>").raw(chart.title).raw("</h3>");
  if (has_values(chart)) {
    out.raw("<p class=\"note\">").text(chart.summary).raw("</p>");
    append_legend(out, chart);
    out.raw("</figcaption>");
    append_drawing(out, chart);
    append_table(out, chart);
  } else {
    out.raw("</figcaption>");
    append_nothing(out, chart.nothing);
  }
  append_source(out, chart.source);
  out.raw("</figure>");
}

}  // namespace llmw
