// What callers and dashboards read.

#include "core/result.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace llmw {
namespace {

using nlohmann::json;

FlowResult accepted() {
  FlowResult result;
  result.ok = true;
  result.document = "  {\"pilot_steps\": [{\"id\": \"a\", \"price\": 0.10}]}\n";
  result.items = 1;
  result.generator = "gpt-4o-mini";
  return result;
}

RequestTotals totals() {
  RequestTotals totals;
  totals.input_tokens = 2000;
  totals.output_tokens = 1500;
  totals.cost = Money::from_units(120'000'000'000);  // 0.0012 USD
  totals.generation_time_ms = 17;
  return totals;
}

TEST(ResultJson, HasTheFieldsThatUsersWereTold) {
  const json result = json::parse(result_json(make_uuid7(1, 1), "pilot", accepted(), totals()));
  EXPECT_EQ(result["pilot_steps"].size(), 1u);
  EXPECT_EQ(result["format"], "pilot");
  EXPECT_EQ(result["generator_used"], "gpt-4o-mini");
  EXPECT_EQ(result["validation_passed"], true);
  EXPECT_EQ(result["generation_time_ms"], 17);
  EXPECT_EQ(result["tokens_used"], (json{{"input", 2000}, {"output", 1500}, {"total", 3500}}));
  EXPECT_EQ(result["warnings"], json::array());
  EXPECT_FALSE(result.contains("fallback_reason"));
  EXPECT_FALSE(result.contains("error"));
}

TEST(ResultJson, WritesMoneyAndDocumentDigitByDigit) {
  const std::string text = result_json(make_uuid7(1, 1), "pilot", accepted(), totals());
  EXPECT_NE(text.find("\"cost_usd\":0.0012,"), std::string::npos) << text;
  EXPECT_NE(text.find("\"price\": 0.10"), std::string::npos) << text;
}

TEST(ResultJson, OurKeysComeAfterTheDocumentsSoThatTheyWinInJsonb) {
  FlowResult forged = accepted();
  forged.document = R"({"pilot_steps":[],"generator_used":"forged"})";
  const std::string text = result_json(make_uuid7(1, 1), "pilot", forged, totals());
  EXPECT_LT(text.find("forged"), text.find("gpt-4o-mini"));
}

TEST(ResultJson, SaysNullWhenAPriceIsUnknownNeverZero) {
  RequestTotals unknown = totals();
  unknown.cost_known = false;
  const json result = json::parse(result_json(make_uuid7(1, 1), "pilot", accepted(), unknown));
  EXPECT_TRUE(result["cost_usd"].is_null());
}

TEST(ResultJson, OfAFailureCarriesTheErrorAndNoDocument) {
  FlowResult failed;
  failed.fallback_reason = FallbackReason::timeout;
  failed.error_sqlstate = "LW003";
  failed.error_message = "could not \"generate\"\n";
  const json result = json::parse(result_json(make_uuid7(1, 1), "pilot", failed, totals()));
  EXPECT_EQ(result["error"]["code"], "LW003");
  EXPECT_EQ(result["error"]["message"], "could not \"generate\"\n");
  EXPECT_EQ(result["validation_passed"], false);
  EXPECT_EQ(result["fallback_reason"], "timeout");
}

TEST(ResultJson, SaysThatAnAnswerIsOldOnlyWhenItIs) {
  FlowResult old = accepted();
  old.cached = true;
  EXPECT_EQ(json::parse(result_json(make_uuid7(1, 1), "pilot", old, totals()))["cached"], true);
  EXPECT_FALSE(
      json::parse(result_json(make_uuid7(1, 1), "pilot", accepted(), totals())).contains("cached"));
}

TEST(ErrorJson, OfARequestThatWasNotMadeIsStillAnErrorObject) {
  GenerationResult refused;
  refused.error_sqlstate = "22023";
  refused.error_message = "prompt must not be \"empty\"";
  EXPECT_EQ(json::parse(error_json(refused)),
            (json{{"validation_passed", false},
                  {"error", {{"code", "22023"}, {"message", "prompt must not be \"empty\""}}}}));
}

TEST(EventDetails, CarryTheFieldsOfTheOwnersQueries) {
  FlowResult fallback = accepted();
  fallback.fallback_reason = FallbackReason::rate_limited;
  const json generated = json::parse(generated_details(fallback, totals()));
  EXPECT_EQ(generated["fallback_reason"], "rate_limited");
  EXPECT_EQ(generated["generator_used"], "gpt-4o-mini");
  EXPECT_EQ(generated["steps_generated"], 1);
  EXPECT_EQ(generated["tokens_used"], 3500);
  EXPECT_EQ(generated["generation_time_ms"], 17);
  EXPECT_FALSE(json::parse(generated_details(accepted(), totals())).contains("fallback_reason"));

  const json left = json::parse(
      fallback_details({"cheap", "strong", FallbackReason::timeout, "no \"reply\"", 120}));
  EXPECT_EQ(left, (json{{"primary_model", "cheap"},
                        {"fallback_model", "strong"},
                        {"reason", "timeout"},
                        {"detail", "no \"reply\""},
                        {"tokens_wasted", 120}}));
}

// With llm_workflow.store_prompts off, what is recorded may quote neither the prompt nor an answer.
TEST(WithoutTexts, KeepsFiguresAndCodesOnly) {
  FlowResult told = accepted();
  told.document = told.explanation = "secret";
  told.fallback_reason = FallbackReason::timeout;
  told.warnings = {{"W01", Severity::warning, "/secret", "secret", "secret"}};
  told.error_sqlstate = "LW001";
  told.error_message = told.error_detail = told.error_hint = "secret";
  const FlowResult kept = without_texts(told);
  for (const std::string& text : {kept.document, kept.explanation, findings_json(kept.warnings),
                                  kept.error_message, kept.error_detail, kept.error_hint})
    EXPECT_EQ(text.find("secret"), std::string::npos) << text;
  EXPECT_TRUE(kept.ok);
  EXPECT_EQ(kept.items, 1);
  EXPECT_EQ(kept.generator, "gpt-4o-mini");
  EXPECT_EQ(kept.fallback_reason, FallbackReason::timeout);
  EXPECT_EQ(kept.error_sqlstate, "LW001");
  ASSERT_EQ(kept.warnings.size(), 1u);
  EXPECT_EQ(kept.warnings[0].code, "W01");
  EXPECT_EQ(kept.warnings[0].severity, Severity::warning);
}

TEST(EventDetails, HaveNoKeyForATextThatIsNotKept) {
  const json left =
      json::parse(fallback_details({"cheap", "strong", FallbackReason::timeout, "", 120}));
  EXPECT_FALSE(left.contains("detail"));
  FlowResult failed;
  failed.error_sqlstate = "LW002";
  const json retry = json::parse(retry_details(1, std::chrono::milliseconds(5), failed, totals()));
  EXPECT_FALSE(retry.contains("error_message"));
  EXPECT_EQ(retry["error_code"], "LW002");
}

}  // namespace
}  // namespace llmw
