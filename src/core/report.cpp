#include "core/report.hpp"

#include <string_view>
#include <utility>

#include "core/markup_writer.hpp"
#include "core/report_data.hpp"
#include "core/report_dates.hpp"
#include "core/report_sections.hpp"
#include "core/report_style.hpp"

namespace llmw {
namespace {

void append_title(MarkupWriter& out, const JsonValue& data) {
  out.raw("Workflow report");
  if (const auto database = name_field(data, "database"); !database.empty())
    out.raw(": ").text(database);
}

void append_period(MarkupWriter& out, const JsonValue& data) {
  const std::string first = day_text(field(data, "first_day"));
  const std::string last = day_text(field(data, "last_day"));
  out.text(first);
  if (last != first) out.raw(" to ").text(last);
}

/// The page may load nothing and run nothing, whatever its text says.
void append_head(MarkupWriter& out, const JsonValue& data) {
  out.raw(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; img-src data:\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\">"
      "<meta name=\"referrer\" content=\"no-referrer\">"
      "<link rel=\"icon\" href=\"data:,\">\n<title>");
  append_title(out, data);
  out.raw(", ");
  append_period(out, data);
  out.raw("</title>\n<style>");
  append_report_style(out);
  out.raw("</style></head>\n");
}

void append_page_header(MarkupWriter& out, const JsonValue& data) {
  out.raw("<header class=\"page\"><h1>");
  append_title(out, data);
  out.raw("</h1><dl class=\"facts\"><div><dt>Period</dt><dd>");
  append_period(out, data);
  out.raw(", whole days in UTC</dd></div><div><dt>Baseline</dt><dd>");
  const std::string baseline = name_field(data, "baseline_model");
  out.text(baseline.empty() ? "none" : baseline).raw("</dd></div><div><dt>Generated</dt><dd>");
  out.text(name_field(data, "generated_at")).raw("</dd></div></dl></header>\n");
}

void append_footer(MarkupWriter& out, const JsonValue& data) {
  out.raw(
      "<footer><p>Amounts are rounded; their tooltips are exact. Below each figure stands the view "
      "that has its numbers: <code>SELECT * FROM</code> it for more.</p><p>llm_workflow ");
  out.text(name_field(data, "version")).raw("</p></footer>");
}

}  // namespace

void append_section_head(MarkupWriter& out, MarkupLiteral title, MarkupLiteral question) {
  out.raw("\n<section><header><h2>").raw(title).raw("</h2><p>").raw(question).raw("</p></header>");
}

std::string render_report(const JsonValue& data) {
  MarkupWriter out;
  append_head(out, data);
  out.raw("<body>");
  append_page_header(out, data);
  out.raw("<main>");
  append_headline(out, data);
  append_money_section(out, data);
  append_fallback_section(out, data);
  append_latency_section(out, data);
  append_agent_section(out, data);
  append_model_section(out, data);
  append_budget_section(out, data);
  append_failure_section(out, data);
  out.raw("</main>");
  append_footer(out, data);
  out.raw("</body></html>\n");
  return std::move(out).take();
}

}  // namespace llmw
