// Who spent it, on what, and what is left: agents, models, budgets, endpoints.

#include <algorithm>
#include <string>

#include "core/report_data.hpp"
#include "core/report_parts.hpp"
#include "core/report_sections.hpp"

namespace llmw {
namespace {

/// A rate with the numbers that it is made of.
void append_rate_cell(MarkupWriter& out, const JsonValue& row, std::string_view rate,
                      std::string_view part, std::string_view whole) {
  out.raw("<td class=\"n\">");
  append_value(out, percent_field(row, rate));
  out.raw("<small>").text(count_field(row, part).shown).raw(" of ");
  out.text(count_field(row, whole).shown).raw("</small></td>");
}

/// A cost with a bar of its share of the largest one.
void append_cost_cells(MarkupWriter& out, const JsonValue& row, double largest) {
  const ReportValue cost = money_field(row, "cost_usd");
  append_number_cell(out, cost);
  append_meter_cell(out, cost, largest, "s-cost");
}

double largest_cost(std::span<const JsonValue> rows) {
  double largest = 0;
  for (const JsonValue& row : rows)
    largest = std::max(largest, money_field(row, "cost_usd").number.value_or(0));
  return largest;
}

void append_agent(MarkupWriter& out, const JsonValue& row, double largest) {
  open_row(out, name_field(row, "agent"));
  append_number_cell(out, count_field(row, "requests"));
  append_rate_cell(out, row, "fallback_rate", "fallback_requests", "generated");
  append_number_cell(out, money_field(row, "cost_per_request_usd"));
  append_cost_cells(out, row, largest);
  out.raw("</tr>");
}

void append_model(MarkupWriter& out, const JsonValue& row, double largest) {
  open_row(out, name_field(row, "model"));
  append_number_cell(out, count_field(row, "calls"));
  append_rate_cell(out, row, "validation_success_rate", "ok_calls", "validated_calls");
  append_rate_cell(out, row, "error_rate", "error_calls", "ended_calls");
  append_number_cell(out, count_field(row, "input_tokens"));
  append_number_cell(out, count_field(row, "output_tokens"));
  append_cost_cells(out, row, largest);
  out.raw("</tr>");
}

/// Says that there are more than those that are shown.
void append_agent_count(MarkupWriter& out, const JsonValue& data, std::size_t shown) {
  const ReportValue all = count_field(data, "agent_count");
  if (all.number.value_or(0) <= static_cast<double>(shown)) return;
  out.raw("<p class=\"note\">The ").number(shown).raw(" that cost most, of ");
  out.text(all.shown).raw(".</p>");
}

/// Colour and word go together: nothing is said by colour alone.
void append_state(MarkupWriter& out, std::string_view state) {
  out.raw("<span class=\"state");
  if (state == "ok" || state == "closed") out.raw(" good");
  if (state == "warning" || state == "half_open") out.raw(" warn");
  if (state == "exhausted" || state == "open") out.raw(" bad");
  out.raw("\">").text(state).raw("</span>");
}

std::string budget_scope(const JsonValue& row) {
  std::string text = name_field(row, "scope");
  const std::string tag = name_field(row, "tag_key");
  const std::string subject = name_field(row, "subject");
  if (!tag.empty()) text.append(" ").append(tag);
  if (!subject.empty()) text.append(tag.empty() ? " " : " = ").append(subject);
  const std::string period = name_field(row, "period");
  return period == "total" ? text + ", in all" : text + ", per " + period;
}

/// "$3.20 spent and $0.40 reserved of $5.00"
std::string used_text(const JsonValue& row, ReportValue (*read)(const JsonValue&, std::string_view),
                      const std::string& unit, std::string_view name) {
  std::string text = read(row, "spent_" + unit).shown + " spent";
  if (has_some(row, "reserved_" + unit))
    text += " and " + read(row, "reserved_" + unit).shown + " reserved";
  return text.append(" of ").append(read(row, "limit_" + unit).shown).append(name);
}

void append_budget_limits(MarkupWriter& out, const JsonValue& row) {
  out.raw("<p class=\"note\">").text(budget_scope(row)).raw(" &middot; ");
  const bool has_usd = money_field(row, "limit_usd").number.has_value();
  const bool has_tokens = count_field(row, "limit_tokens").number.has_value();
  if (has_usd) {
    out.raw("<span title=\"").text(money_field(row, "spent_usd").exact).raw("\">");
    out.text(used_text(row, money_field, "usd", "")).raw("</span>");
  }
  if (has_usd && has_tokens) out.raw(" &middot; ");
  if (has_tokens) out.text(used_text(row, count_field, "tokens", " tokens"));
  out.raw("</p>");
}

MarkupLiteral bar_style(std::string_view state) {
  if (state == "exhausted") return "s-over";
  return state == "warning" ? MarkupLiteral("s-rate") : MarkupLiteral("s-cost");
}

void append_budget(MarkupWriter& out, const JsonValue& row) {
  const double used = percent_field(row, "used_percent").number.value_or(0);
  out.raw("<li><div class=\"line-up\"><b>").text(name_field(row, "budget")).raw("</b>");
  append_state(out, name_field(row, "state"));
  out.raw("<span class=\"n\">").text(percent_field(row, "used_percent").shown).raw("</span></div>");
  out.raw("<svg class=\"bar\" width=\"100%\" height=\"12\" role=\"img\"><title>");
  out.text(percent_field(row, "used_percent").shown).raw(" used</title>");
  out.raw(
      "<rect class=\"track\" width=\"100%\" height=\"12\" rx=\"3\"/><rect height=\"12\" rx=\"3\" "
      "class=\"");
  out.raw(bar_style(name_field(row, "state"))).raw("\" width=\"");
  out.number(std::clamp(used, 0.0, 100.0)).raw("%\"/></svg>");
  append_budget_limits(out, row);
  out.raw("</li>");
}

void append_budgets(MarkupWriter& out, const JsonValue& data) {
  const auto rows = rows_of(data, "budgets");
  out.raw("<div class=\"card\"><h3>Budgets</h3>");
  if (rows.empty()) {
    append_nothing(out, "No budget is set: calls cost what they cost.");
  } else {
    out.raw("<ul class=\"budgets\">");
    for (const JsonValue& row : rows) append_budget(out, row);
    out.raw("</ul>");
  }
  append_source(out, "llm_budget_status");
  out.raw("</div>");
}

void append_endpoint(MarkupWriter& out, const JsonValue& row) {
  open_row(out, name_field(row, "model"));
  out.raw("<td>").text(name_field(row, "server")).raw("</td><td>");
  append_state(out, name_field(row, "state"));
  out.raw("</td>");
  append_number_cell(out, count_field(row, "requests_last_minute"));
  append_number_cell(out, percent_field(row, "error_rate"));
  append_number_cell(out, duration_field(row, "p95_ms"));
  out.raw("</tr>");
}

void append_endpoint_table(MarkupWriter& out, std::span<const JsonValue> rows) {
  open_table(out, "Endpoints");
  for (const char* name : {"Model", "Server", "Circuit"}) append_column(out, name);
  for (const char* name : {"Last minute", "Errors", "p95"}) append_number_column(out, name);
  begin_rows(out);
  for (const JsonValue& row : rows) append_endpoint(out, row);
  close_table(out);
}

void append_endpoints(MarkupWriter& out, const JsonValue& data) {
  const auto rows = rows_of(data, "endpoints");
  const JsonValue* endpoints = data.find("endpoints");
  out.raw("<div class=\"card\"><h3>Endpoints now</h3>");
  if (!rows.empty())
    append_endpoint_table(out, rows);
  else if (endpoints != nullptr && endpoints->is_array())
    append_nothing(out, "No endpoint was called since the server started.");
  else
    append_nothing(out, "Whoever made this report may not read the state of the endpoints.");
  append_source(out, "llm_endpoint_status");
  out.raw("</div>");
}

void append_agent_table(MarkupWriter& out, std::span<const JsonValue> rows) {
  open_table(out, "Top agents");
  append_column(out, "Agent");
  for (const char* name : {"Requests", "Fallback rate", "Per request", "Cost"})
    append_number_column(out, name);
  append_meter_column(out);
  begin_rows(out);
  const double largest = largest_cost(rows);
  for (const JsonValue& row : rows) append_agent(out, row, largest);
  close_table(out);
}

void append_model_table(MarkupWriter& out, std::span<const JsonValue> rows) {
  open_table(out, "Models");
  append_column(out, "Model");
  for (const char* name : {"Calls", "Valid answers", "Errors", "Tokens in", "Tokens out", "Cost"})
    append_number_column(out, name);
  append_meter_column(out);
  begin_rows(out);
  const double largest = largest_cost(rows);
  for (const JsonValue& row : rows) append_model(out, row, largest);
  close_table(out);
}

}  // namespace

void append_agent_section(MarkupWriter& out, const JsonValue& data) {
  const auto rows = rows_of(data, "agents");
  append_section_head(out, "Top agents", "Who asks most, and for how much?");
  out.raw("<div class=\"card\">");
  append_agent_count(out, data, rows.size());
  if (rows.empty())
    append_nothing(out, "No agent made a request in this period.");
  else
    append_agent_table(out, rows);
  append_source(out, "workflow_agents_daily");
  out.raw("</div></section>");
}

void append_model_section(MarkupWriter& out, const JsonValue& data) {
  const auto rows = rows_of(data, "models");
  append_section_head(out, "Models", "Which models were called, and how did they do?");
  out.raw("<div class=\"card\">");
  if (rows.empty())
    append_nothing(out, "No model was called in this period.");
  else
    append_model_table(out, rows);
  append_source(out, "workflow_costs_daily, workflow_quality_daily, workflow_errors_daily");
  out.raw("</div></section>");
}

void append_budget_section(MarkupWriter& out, const JsonValue& data) {
  append_section_head(out, "Budgets and endpoints",
                      "What is left, and what is up, as the page was made?");
  out.raw("<div class=\"grid\">");
  append_budgets(out, data);
  append_endpoints(out, data);
  out.raw("</div></section>");
}

}  // namespace llmw
