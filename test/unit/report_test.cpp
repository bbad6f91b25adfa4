#include "core/report.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace llmw {
namespace {

constexpr std::string_view kMonth = R"({
  "database": "shop", "version": "1.0", "generated_at": "2026-11-26 21:00 UTC",
  "first_day": "2026-10-27", "last_day": "2026-10-29", "unit": "day", "baseline_model": "gpt-4o",
  "summary": {"requests": 1234, "succeeded_requests": 1200, "failed_requests": 30,
    "cancelled_requests": 4, "cached_requests": 100, "generated": 1100, "fallback_requests": 36,
    "fallback_rate": 3.27, "calls": 1300, "cost_usd": 16.790123456789, "estimated_cost_usd": 0.5,
    "unpriced_calls": 2, "baseline_cost_usd": 146.77, "saved_usd": 129.979876543211,
    "saved_percent": 88.56, "days_without_baseline": 0, "timed_requests": 1130, "p50_ms": 1874.2,
    "p95_ms": 4760, "p99_ms": 9120},
  "trend": [
    {"from": "2026-10-27", "requests": 400, "generated": 400, "fallback_requests": 20,
     "fallback_rate": 5, "cost_usd": 5, "baseline_cost_usd": 50, "saved_usd": 45,
     "cumulative_saved_usd": 45},
    {"from": "2026-10-28", "requests": 0, "generated": 0, "fallback_requests": 0,
     "fallback_rate": null, "cost_usd": 0, "baseline_cost_usd": 0, "saved_usd": 0,
     "cumulative_saved_usd": 45},
    {"from": "2026-10-29", "requests": 834, "generated": 700, "fallback_requests": 16,
     "fallback_rate": 2.29, "cost_usd": 11.790123456789, "baseline_cost_usd": 96.77,
     "saved_usd": 84.979876543211, "cumulative_saved_usd": 129.979876543211}],
  "fallback_reasons": [{"reason": "truncated", "requests": 36, "percent": 3.27}],
  "latency": [{"from": "2026-10-27", "timed_requests": 1130, "total_p50_ms": 1874, "total_p95_ms": 4760,
    "total_p99_ms": 9120, "timed_calls": 1290, "provider_p50_ms": 1700, "provider_p95_ms": 4500,
    "provider_p99_ms": 9000}],
  "agent_count": 40,
  "agents": [{"agent": "order-desk", "requests": 700, "generated": 650, "fallback_requests": 13,
    "fallback_rate": 2, "cost_usd": 9.5, "cost_per_request_usd": 0.013571428571},
    {"agent": null, "requests": 534, "generated": 450, "fallback_requests": 23, "fallback_rate": 5.11,
     "cost_usd": 7.29, "cost_per_request_usd": 0.0136}],
  "models": [{"model": "gpt-4o-mini", "calls": 1264, "ok_calls": 1100, "validated_calls": 1200,
    "validation_success_rate": 91.67, "error_calls": 12, "ended_calls": 1260, "error_rate": 0.95,
    "input_tokens": 1500000, "output_tokens": 400000, "cost_usd": 8.2}],
  "budgets": [{"budget": "everything", "scope": "database", "tag_key": null, "subject": null,
    "period": "month", "limit_usd": 20, "spent_usd": 16.79, "reserved_usd": 0.21, "limit_tokens": null,
    "spent_tokens": 1900000, "reserved_tokens": 0, "used_percent": 85.0, "action": "block",
    "state": "warning"}],
  "endpoints": [{"server": "openai", "model": "gpt-4o-mini", "state": "closed",
    "requests_last_minute": 41, "error_rate": null, "p95_ms": 4310}],
  "failures": [{"at": "2026-10-29 20:41 UTC", "agent": "order-desk", "error_code": "LW003",
    "message": "no answer within 60 s", "prompt": "Refund it.", "request_id": "0f9f6a52"}]
})";

JsonValue parse(std::string_view json) {
  JsonValue data;
  EXPECT_EQ(read_json_value(json, data).fault, JsonFault::none);
  return data;
}

bool contains(const std::string& page, std::string_view part) {
  return page.find(part) != std::string::npos;
}

std::size_t count(const std::string& page, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = page.find(part); at != std::string::npos; at = page.find(part, at + 1))
    ++found;
  return found;
}

/// Calls `change` for each value in `tree`, of any depth.
template <typename Change>
void for_each_value(JsonValue& tree, const Change& change) {
  for (JsonValue& item : tree.items) for_each_value(item, change);
  for (JsonValue::Member& member : tree.members) for_each_value(member.second, change);
  change(tree);
}

/// How often each kind of element opens. What is data must not add to it.
std::size_t elements(const std::string& page) { return count(page, "<"); }

TEST(Report, ShowsTheNumbersOfItsData) {
  const std::string page = render_report(parse(kMonth));
  for (const char* part : {"1,234",
                           "1,100",
                           "$16.79",
                           "16.790123456789 USD",
                           "$129.98",
                           "129.979876543211 USD",
                           "88.56&#160;%",
                           "3.27&#160;%",
                           "36 of 1,100",
                           "4.76&#160;s",
                           "of 1,130 timed requests",
                           "$0.50 of it estimated",
                           "order-desk",
                           "(none)",
                           "13 of 650",
                           "0.013571428571 USD",
                           "1,100 of 1,200",
                           "12 of 1,260",
                           "$16.79 spent and $0.21 reserved of $20.00",
                           "LW003",
                           "no answer within 60 s",
                           "Refund it.",
                           "27 Oct 2026 to 29 Oct 2026",
                           "gpt-4o",
                           "of 40."})
    EXPECT_TRUE(contains(page, part)) << part;
}

TEST(Report, NoTextBecomesMarkup) {
  constexpr std::string_view kHostile = "</style></script><b onload='x'>\"&amp;<!-- ]]>";
  const std::size_t expected = elements(render_report(parse(kMonth)));
  JsonValue data = parse(kMonth);
  for_each_value(data, [](JsonValue& value) {
    if (value.is_string()) value.text = "text";
  });
  const std::size_t plain = elements(render_report(data));
  for_each_value(data, [&](JsonValue& value) {
    if (value.is_string()) value.text = kHostile;
  });
  const std::string page = render_report(data);
  EXPECT_EQ(elements(page), plain);
  EXPECT_LE(plain, expected);
  EXPECT_FALSE(contains(page, "<b onload"));
  EXPECT_FALSE(contains(page, "onload='"));
  EXPECT_EQ(count(page, "</style>"), 1U);
}

TEST(Report, HoldsNoScriptAndLoadsNothing) {
  const std::string page = render_report(parse(kMonth));
  for (const char* part :
       {"<script", "javascript:", "http://", "https://", "url(", "@import", "src="})
    EXPECT_FALSE(contains(page, part)) << part;
  EXPECT_TRUE(contains(page, "default-src 'none'"));
}

TEST(Report, IsAsciiWhateverItsTexts) {
  JsonValue data = parse(kMonth);
  for_each_value(data, [](JsonValue& value) {
    if (value.is_string())
      value.text =
          "Gr\xC3\xBC\xC3\x9F"
          "e \xF0\x9F\x98\x80 \xE2\x80\xAE \xFF\x01\n";
  });
  const std::string page = render_report(data);
  for (const char c : page) {
    ASSERT_LT(static_cast<unsigned char>(c), 0x80);
    ASSERT_TRUE(c >= 0x20 || c == '\n');
  }
  EXPECT_TRUE(contains(page, "Gr&#252;&#223;e &#128512; &#65533; &#65533;"));
}

TEST(Report, WithoutDataSaysSoInWords) {
  for (const char* nothing : {"{}", "null", "[]", "7", "\"text\""}) {
    const std::string page = render_report(parse(nothing));
    for (const char* part :
         {"No request ended in this period.", "No call was made in this period.",
          "The primary model was never left.", "No workflow was generated in this period.",
          "Nothing was timed in this period.", "No agent made a request in this period.",
          "No model was called in this period.", "No budget is set",
          "may not read the state of the endpoints", "No request failed in this period.",
          "</html>"})
      EXPECT_TRUE(contains(page, part)) << part;
    EXPECT_EQ(count(page, "role=\"img\""), 0U);
  }
}

TEST(Report, EndpointsThatAreNotThereAreNotThoseThatCannotBeRead) {
  EXPECT_TRUE(contains(render_report(parse(R"({"endpoints": []})")), "No endpoint was called"));
  EXPECT_FALSE(contains(render_report(parse(R"({"endpoints": []})")), "may not read"));
}

/// Each value of the data replaced by three other kinds of value, one at a time.
TEST(Report, AnyValueOfAnyKindGivesAWholePage) {
  const std::array<JsonValue, 9> others{
      parse("null"),   parse("true"),   parse("[]"),
      parse("{}"),     parse("\"x\""),  parse("[[1], {\"a\": 2}]"),
      parse("-1e300"), parse("1e-300"), parse("99999999999999999999999999999999999999999")};
  JsonValue data = parse(kMonth);
  std::size_t values = 0;
  for_each_value(data, [&](JsonValue&) { ++values; });
  for (std::size_t wrong = 0; wrong + 1 < 3 * values; ++wrong) {
    JsonValue changed = data;
    std::size_t at = 0;
    for_each_value(changed, [&](JsonValue& value) {
      if (at++ == wrong / 3) value = others[wrong % others.size()];
    });
    const std::string page = render_report(changed);
    ASSERT_TRUE(page.ends_with("</html>\n"));
    ASSERT_FALSE(contains(page, "nan") || contains(page, "\"inf")) << wrong;
  }
}

TEST(Report, ALossIsShownAsOne) {
  const std::string page = render_report(parse(R"({
    "baseline_model": "gpt-4o-mini",
    "summary": {"requests": 1, "cost_usd": 3, "baseline_cost_usd": 1, "saved_usd": -2},
    "trend": [{"from": "2026-10-27", "cost_usd": 3, "baseline_cost_usd": 1, "saved_usd": -2,
                 "cumulative_saved_usd": -2}]})"));
  EXPECT_TRUE(contains(page, "<b class=\"bad\">$2.00</b> more was spent."));
  EXPECT_TRUE(contains(page, "Spent above the baseline"));
  EXPECT_TRUE(contains(page, "$2.00 more than the baseline"));
}

TEST(Report, ABaselineWithoutAPriceIsNotTakenForFree) {
  const std::string page = render_report(parse(R"({
    "baseline_model": "odd",
    "summary": {"requests": 1, "cost_usd": 3, "baseline_cost_usd": null, "saved_usd": null},
    "trend": [{"from": "2026-10-27", "cost_usd": 3, "baseline_cost_usd": null, "saved_usd": null,
                 "cumulative_saved_usd": 0}]})"));
  EXPECT_TRUE(contains(page, "What odd alone would have cost is not known."));
  EXPECT_FALSE(contains(page, "class=\"s-saved\" x="));
  EXPECT_FALSE(contains(page, "class=\"s-over\" x="));
}

// Of the seven dollars four were spent on days whose baseline is not known.
TEST(Report, AWeekWhoseBaselineIsKnownInPartIsNoLoss) {
  const std::string page = render_report(parse(R"({"unit": "week",
    "trend": [{"from": "2026-10-26", "cost_usd": 7, "baseline_cost_usd": 5, "saved_usd": 2,
                 "cumulative_saved_usd": 2}]})"));
  EXPECT_TRUE(contains(page, "class=\"s-saved\" x="));
  EXPECT_FALSE(contains(page, "Spent above the baseline"));
}

TEST(Report, ADayWithoutAValueIsAGapAndNotAZero) {
  const std::string page = render_report(parse(R"({"trend": [
    {"from": "2026-10-27", "fallback_rate": 5}, {"from": "2026-10-28", "fallback_rate": 5},
    {"from": "2026-10-29", "fallback_rate": null}, {"from": "2026-10-30", "fallback_rate": 5}]})"));
  const std::size_t path = page.find("line s-rate\" d=\"");
  ASSERT_NE(path, std::string::npos);
  const std::string drawn = page.substr(path, page.find("/>", path) - path);
  EXPECT_EQ(count(drawn, "M"), 2U) << drawn;
  EXPECT_EQ(count(drawn, "L"), 1U) << drawn;
}

TEST(Report, TheBarOfABudgetHasTheColourOfItsState) {
  const auto page_of = [](std::string_view used, std::string_view state) {
    return render_report(parse(std::string(R"({"budgets": [{"budget": "b", "used_percent": )")
                                   .append(used)
                                   .append(R"(, "state": ")")
                                   .append(state)
                                   .append("\"}]}")));
  };
  EXPECT_TRUE(contains(page_of("85.0", "warning"), "class=\"s-rate\" width=\"85%\""));
  EXPECT_TRUE(contains(page_of("100.0", "exhausted"), "class=\"s-over\" width=\"100%\""));
  EXPECT_TRUE(contains(page_of("100.0", "warning"), "class=\"s-rate\" width=\"100%\""))
      << "99.96, rounded";
  EXPECT_TRUE(contains(page_of("120.0", "disabled"), "class=\"s-cost\" width=\"100%\""));
}

TEST(Report, TablesSayWhatTheirRowsAndColumnsAre) {
  const std::string page = render_report(parse(kMonth));
  EXPECT_EQ(count(page, "<th scope=\""), count(page, "<th "));
  EXPECT_EQ(count(page, "<th>"), 0U);
  EXPECT_EQ(count(page, "<table"), count(page, "<caption"));
}

}  // namespace
}  // namespace llmw
