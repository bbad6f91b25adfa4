// What the period was like, in a sentence and in six figures.

#include <string>

#include "core/report_data.hpp"
#include "core/report_parts.hpp"
#include "core/report_numbers.hpp"
#include "core/report_sections.hpp"

namespace llmw {
namespace {

constexpr MarkupLiteral kSummaryView = "workflow_summary_daily";

struct Tile {
  MarkupLiteral name;
  ReportValue value;
  std::string note;
  MarkupLiteral source;
  MarkupLiteral style = "";
};

void append_tile(MarkupWriter& out, const Tile& tile) {
  out.raw("<div class=\"tile ").raw(tile.style).raw("\"><dt>").raw(tile.name);
  out.raw("</dt><dd class=\"figure\">");
  append_value(out, tile.value);
  out.raw("</dd><dd class=\"note\">").text(tile.note).raw("</dd><dd>");
  append_source(out, tile.source);
  out.raw("</dd></div>");
}

std::string baseline_name(const JsonValue& data) {
  const std::string name = name_field(data, "baseline_model");
  return name.empty() ? "the baseline model" : name;
}

std::string shown(const JsonValue& row, std::string_view key) {
  return count_field(row, key).shown;
}

std::string request_note(const JsonValue& summary) {
  return shown(summary, "succeeded_requests") + " succeeded, " + shown(summary, "failed_requests") +
         " failed, " + shown(summary, "cancelled_requests") + " cancelled";
}

std::string cost_note(const JsonValue& summary) {
  std::string note = shown(summary, "calls") + " calls, failed ones too";
  if (has_some(summary, "estimated_cost_usd"))
    note += "; " + money_field(summary, "estimated_cost_usd").shown + " of it estimated";
  if (has_some(summary, "unpriced_calls"))
    note += "; " + shown(summary, "unpriced_calls") + " calls without a known price are not in it";
  return note;
}

std::string saved_note(const JsonValue& data, const JsonValue& summary) {
  if (!money_field(summary, "baseline_cost_usd").number)
    return "What " + baseline_name(data) + " would have cost is not known";
  if (!has_some(summary, "baseline_cost_usd")) return "No answer was accepted to compare with";
  std::string note = percent_field(summary, "saved_percent").shown + " of the " +
                     money_field(summary, "baseline_cost_usd").shown + " that " +
                     baseline_name(data) + " would have cost";
  if (has_some(summary, "days_without_baseline"))
    note += "; days whose prices are not known are not in it: " +
            shown(summary, "days_without_baseline");
  return note;
}

Tile saved_tile(const JsonValue& data, const JsonValue& summary) {
  Tile tile{"Saved", money_field(summary, "saved_usd"), saved_note(data, summary),
            "workflow_savings_daily"};
  const double saved = tile.value.number.value_or(0);
  if (saved > 0) tile.style = "good";
  if (saved < 0) tile.style = "bad";
  return tile;
}

std::string time_note(const JsonValue& summary) {
  if (!has_some(summary, "timed_requests")) return "No request was timed";
  return "of " + shown(summary, "timed_requests") +
         " timed requests, from submission to result; half took " +
         duration_field(summary, "p50_ms").shown + " at most";
}

void append_tiles(MarkupWriter& out, const JsonValue& data) {
  const JsonValue& summary = object_of(data, "summary");
  out.raw("<dl class=\"tiles\">");
  append_tile(out,
              {"Requests", count_field(summary, "requests"), request_note(summary), kSummaryView});
  append_tile(
      out, {"Generated", count_field(summary, "generated"),
            "by a model; " + shown(summary, "cached_requests") + " more answered from the ledger",
            kSummaryView});
  append_tile(
      out, {"Cost", money_field(summary, "cost_usd"), cost_note(summary), "workflow_costs_daily"});
  append_tile(out, saved_tile(data, summary));
  append_tile(out, {"Fallback rate", percent_field(summary, "fallback_rate"),
                    shown(summary, "fallback_requests") + " of " + shown(summary, "generated") +
                        " generated left the primary model",
                    kSummaryView});
  append_tile(out, {"95&nbsp;% took at most", duration_field(summary, "p95_ms"), time_note(summary),
                    "workflow_stats_daily"});
  out.raw("</dl>");
}

/// "gpt-4o alone would have cost $146.77: $129.98 saved."
void append_savings_sentence(MarkupWriter& out, const JsonValue& data) {
  const JsonValue& summary = object_of(data, "summary");
  const ReportValue saved = money_field(summary, "saved_usd");
  if (!saved.number) {
    out.text("What " + baseline_name(data) + " alone would have cost is not known.");
    return;
  }
  if (has_some(summary, "days_without_baseline")) out.raw("On days whose prices are known, ");
  out.raw("<span class=\"whole\">")
      .text(baseline_name(data))
      .raw("</span> alone would have cost <b>");
  append_value(out, money_field(summary, "baseline_cost_usd"));
  const bool is_loss = *saved.number < 0;
  out.raw("</b>: <b class=\"").raw(is_loss ? MarkupLiteral("bad") : MarkupLiteral("good"));
  out.raw("\">").text(shown_size(saved)).raw("</b> ");
  out.raw(is_loss ? MarkupLiteral("more was spent.") : MarkupLiteral("saved."));
}

void append_lede(MarkupWriter& out, const JsonValue& data) {
  const JsonValue& summary = object_of(data, "summary");
  if (!has_some(summary, "requests") && !has_some(summary, "calls")) {
    out.raw("<p class=\"lede\">No request ended in this period.</p>");
    return;
  }
  out.raw("<p class=\"lede\"><span class=\"sentence\"><b>").text(shown(summary, "generated"));
  out.raw("</b> workflows were generated for <b>");
  append_value(out, money_field(summary, "cost_usd"));
  out.raw("</b>.</span> <span class=\"sentence\">");
  append_savings_sentence(out, data);
  out.raw("</span></p>");
}

}  // namespace

void append_headline(MarkupWriter& out, const JsonValue& data) {
  out.raw("<section aria-label=\"Headline figures\">");
  append_lede(out, data);
  append_tiles(out, data);
  out.raw("</section>");
}

}  // namespace llmw
