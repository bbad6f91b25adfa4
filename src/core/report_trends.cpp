// What changes over time: cost and savings, fallbacks, latency.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/report_chart.hpp"
#include "core/report_data.hpp"
#include "core/report_parts.hpp"
#include "core/report_sections.hpp"

namespace llmw {
namespace {

using FieldReader = ReportValue (*)(const JsonValue& row, std::string_view key);

std::vector<std::string> places_of(std::span<const JsonValue> rows) {
  std::vector<std::string> places;
  places.reserve(rows.size());
  for (const JsonValue& row : rows) places.emplace_back(field(row, "from"));
  return places;
}

ChartColumn column_of(std::string name, std::span<const JsonValue> rows, FieldReader read,
                      std::string_view key) {
  ChartColumn column{std::move(name), {}};
  for (const JsonValue& row : rows) column.values.push_back(read(row, key));
  return column;
}

ChartLayer layer_of(std::string name, MarkupLiteral style, std::span<const JsonValue> rows,
                    std::string_view key) {
  ChartLayer layer{std::move(name), style, {}};
  for (const JsonValue& row : rows) layer.values.push_back(count_field(row, key).number);
  return layer;
}

std::string per_span(std::string_view what, ReportUnit unit) {
  return std::string(what).append(" per ").append(to_string(unit));
}

/// Bars of what was spent and, above it, of what was saved; of a loss, the part above the baseline
/// is a layer of its own. Savings are those of the row, not baseline less cost: of a week whose
/// baseline is known on some days only they are those of these days.
std::vector<ChartLayer> cost_layers(std::span<const JsonValue> rows) {
  ChartLayer cost{"Spent", "s-cost", {}};
  ChartLayer saved{"Saved against the baseline", "s-saved", {}};
  ChartLayer over{"Spent above the baseline", "s-over", {}};
  for (const JsonValue& row : rows) {
    const std::optional<double> spent = money_field(row, "cost_usd").number;
    const double gain = money_field(row, "saved_usd").number.value_or(0);
    const double loss = std::max(-gain, 0.0);
    cost.values.push_back(spent ? std::optional(*spent - loss) : std::nullopt);
    saved.values.emplace_back(std::max(gain, 0.0));
    over.values.emplace_back(loss);
  }
  std::vector<ChartLayer> layers{std::move(cost)};
  for (ChartLayer* layer : {&saved, &over})
    if (std::any_of(layer->values.begin(), layer->values.end(), [](auto v) { return *v != 0; }))
      layers.push_back(std::move(*layer));
  return layers;
}

/// ". In all $16.79 spent, $129.98 saved."
std::string totals_text(const JsonValue& data) {
  const JsonValue& summary = object_of(data, "summary");
  const ReportValue saved = money_field(summary, "saved_usd");
  std::string text = ". In all " + money_field(summary, "cost_usd").shown + " spent";
  if (saved.number)
    text += ", " + shown_size(saved) + (*saved.number < 0 ? " more than the baseline" : " saved");
  return text + ".";
}

ReportChart cost_chart(const JsonValue& data, ReportUnit unit) {
  const auto rows = rows_of(data, "trend");
  ReportChart chart{
      .id = "cost", .title = "Cost against the baseline", .source = "workflow_savings_daily"};
  chart.summary =
      per_span("Spent, and what the baseline would have cost,", unit) + totals_text(data);
  chart.nothing = "No call was made in this period.";
  chart.unit = AxisUnit::money;
  chart.span = unit;
  chart.places = places_of(rows);
  chart.layers = cost_layers(rows);
  chart.columns = {column_of("Requests", rows, count_field, "requests"),
                   column_of("Spent", rows, money_field, "cost_usd"),
                   column_of("Baseline", rows, money_field, "baseline_cost_usd"),
                   column_of("Saved", rows, money_field, "saved_usd")};
  return chart;
}

ReportChart savings_chart(const JsonValue& data, ReportUnit unit) {
  const auto rows = rows_of(data, "trend");
  ReportChart chart{.id = "saved", .title = "Saved so far", .source = "workflow_savings_daily"};
  chart.summary = "Savings added up since the period began.";
  chart.nothing = "Nothing could be saved: no call was made, or the baseline has no price.";
  chart.form = ChartForm::area;
  chart.unit = AxisUnit::money;
  chart.span = unit;
  chart.places = places_of(rows);
  chart.layers = {layer_of("Saved", "s-saved", rows, "cumulative_saved_usd")};
  chart.columns = {column_of("Saved so far", rows, money_field, "cumulative_saved_usd")};
  return chart;
}

ReportChart fallback_chart(const JsonValue& data, ReportUnit unit) {
  const auto rows = rows_of(data, "trend");
  ReportChart chart{
      .id = "fallback", .title = "Fallback rate over time", .source = "workflow_summary_daily"};
  chart.summary =
      per_span("Share of the generated workflows for which the primary model was left,", unit) +
      ".";
  chart.nothing = "No workflow was generated in this period.";
  chart.form = ChartForm::lines;
  chart.unit = AxisUnit::percent;
  chart.span = unit;
  chart.places = places_of(rows);
  chart.layers = {layer_of("Fallback rate", "s-rate", rows, "fallback_rate")};
  chart.columns = {column_of("Fallback rate", rows, percent_field, "fallback_rate"),
                   column_of("Fallbacks", rows, count_field, "fallback_requests"),
                   column_of("Generated", rows, count_field, "generated")};
  return chart;
}

ReportChart latency_chart(const JsonValue& data, ReportUnit unit, ReportChart chart,
                          const std::string& prefix, const char* counted) {
  const auto rows = rows_of(data, "latency");
  chart.nothing = "Nothing was timed in this period.";
  chart.form = ChartForm::lines;
  chart.unit = AxisUnit::milliseconds;
  chart.span = unit;
  chart.places = places_of(rows);
  chart.layers = {layer_of("p99", "s-p99", rows, prefix + "_p99_ms"),
                  layer_of("p95", "s-p95", rows, prefix + "_p95_ms"),
                  layer_of("p50", "s-p50", rows, prefix + "_p50_ms")};
  chart.columns = {column_of("p50", rows, duration_field, prefix + "_p50_ms"),
                   column_of("p95", rows, duration_field, prefix + "_p95_ms"),
                   column_of("p99", rows, duration_field, prefix + "_p99_ms"),
                   column_of(counted, rows, count_field,
                             std::string("timed_") + (prefix == "total" ? "requests" : "calls"))};
  return chart;
}

void append_reason_table(MarkupWriter& out, std::span<const JsonValue> rows) {
  double largest = 0;
  for (const JsonValue& row : rows)
    largest = std::max(largest, count_field(row, "requests").number.value_or(0));
  open_table(out, "Fallbacks by reason");
  append_column(out, "Reason");
  append_meter_column(out);
  append_number_column(out, "Requests");
  append_number_column(out, "Rate");
  begin_rows(out);
  for (const JsonValue& row : rows) {
    open_row(out, name_field(row, "reason"));
    append_meter_cell(out, count_field(row, "requests"), largest, "s-rate");
    append_number_cell(out, count_field(row, "requests"));
    append_number_cell(out, percent_field(row, "percent"));
    out.raw("</tr>");
  }
  close_table(out);
}

void append_reasons(MarkupWriter& out, const JsonValue& data) {
  const auto rows = rows_of(data, "fallback_reasons");
  out.raw("<div class=\"card\"><h3>Fallback rate by reason</h3>");
  if (rows.empty()) {
    append_nothing(out, "The primary model was never left.");
  } else {
    out.raw("<p class=\"note\">Requests, and their share of the ");
    out.text(count_field(object_of(data, "summary"), "generated").shown).raw(" generated.</p>");
    append_reason_table(out, rows);
  }
  append_source(out, "workflow_fallbacks_daily");
  out.raw("</div>");
}

}  // namespace

void append_money_section(MarkupWriter& out, const JsonValue& data) {
  const ReportUnit unit = report_unit(field(data, "unit"));
  append_section_head(out, "Cost and savings", "Does asking the cheap model first pay?");
  out.raw("<div class=\"grid wide-first\">");
  append_chart(out, cost_chart(data, unit));
  append_chart(out, savings_chart(data, unit));
  out.raw("</div></section>");
}

void append_fallback_section(MarkupWriter& out, const JsonValue& data) {
  const ReportUnit unit = report_unit(field(data, "unit"));
  append_section_head(out, "Fallbacks",
                      "How often was the primary model left for another, and why?");
  out.raw("<div class=\"grid\">");
  append_reasons(out, data);
  append_chart(out, fallback_chart(data, unit));
  out.raw("</div></section>");
}

void append_latency_section(MarkupWriter& out, const JsonValue& data) {
  const ReportUnit unit = report_unit(field(data, "unit"));
  append_section_head(out, "Latency",
                      "How long do people wait, and how much of it is the provider?");
  out.raw("<div class=\"grid\">");
  ReportChart total{
      .id = "total", .title = "Total time of requests", .source = "workflow_latency_daily"};
  total.summary = "From submission to result: what half, 95\u00A0% and 99\u00A0% took at most.";
  append_chart(out, latency_chart(data, unit, std::move(total), "total", "Requests"));
  ReportChart provider{
      .id = "provider", .title = "Provider time of calls", .source = "workflow_latency_daily"};
  provider.summary =
      "From sending a call to its answer: what half, 95\u00A0% and 99\u00A0% took at most.";
  append_chart(out, latency_chart(data, unit, std::move(provider), "provider", "Calls"));
  out.raw("</div></section>");
}

}  // namespace llmw
