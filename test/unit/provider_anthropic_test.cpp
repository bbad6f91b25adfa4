#include <gtest/gtest.h>

#include "core/error.hpp"
#include "provider_testing.hpp"

namespace llmw {
namespace {

using namespace testing;
using Json = nlohmann::json;

constexpr Protocol kAnthropic = Protocol::anthropic;

Answer answer_to(const HttpReply& reply) { return testing::answer_to(kAnthropic, reply); }

/// A whole message with the given JSON texts.
std::string message(const std::string& content, const std::string& stop_reason,
                    const std::string& usage) {
  return R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":)" +
         content + R"(,"stop_reason":")" + stop_reason + R"(","usage":)" + usage + "}";
}

const std::string kUsage = R"({"input_tokens":20,"output_tokens":7})";
const std::string kText = R"([{"type":"text","text":"{\"a\":1}"}])";

TEST(AnthropicRequest, CarriesTheQuestionExactly) {
  const HttpRequest request = build_http_request(endpoint(kAnthropic), question("claude-x"));
  EXPECT_EQ(request.url, "https://api.example.com/v1/messages");
  EXPECT_TRUE(has_header(request, "x-api-key: " + std::string(kSecret)));
  EXPECT_TRUE(has_header(request, "anthropic-version: 2023-06-01"));
  EXPECT_TRUE(has_header(request, "Content-Type: application/json"));
  EXPECT_TRUE(has_header(request, "X-Client-Request-Id: 0190-call"));
  EXPECT_EQ(body_of(request), Json::parse(R"({"model":"claude-x","max_tokens":1000,
      "system":"Be \"brief\".","messages":[{"role":"user","content":"Café\nplan"}]})"));
}

TEST(AnthropicRequest, ASchemaGoesIntoTheOutputConfigAndNothingElseDoes) {
  const HttpRequest strict =
      build_http_request(endpoint(kAnthropic, StructuredOutput::json_schema), question());
  EXPECT_EQ(body_of(strict)["output_config"], Json::parse(R"({"format":{"type":"json_schema",
                "schema":{"type":"object","properties":{"z":{},"a":{}}}}})"));
  EXPECT_NE(strict.body.find(question().json_schema), std::string::npos);
  for (const StructuredOutput other : {StructuredOutput::none, StructuredOutput::json_object}) {
    const Json body = body_of(build_http_request(endpoint(kAnthropic, other), question()));
    EXPECT_FALSE(body.contains("output_config"));
  }
}

TEST(AnthropicRequest, ALimitOfOutputTokensMustBeThere) {
  ChatRequest chat = question();
  chat.max_output_tokens = 0;
  EXPECT_THROW(build_http_request(endpoint(kAnthropic), chat), Error);
}

TEST(AnthropicRequest, TheBuiltinProtocolHasNoRequests) {
  EXPECT_THROW(build_http_request(endpoint(Protocol::builtin), question()), Error);
}

TEST(AnthropicAnswer, AWholeAnswerIsReadWholeAndCacheTokensAreAddedToInput) {
  HttpReply reply = http(200, message(R"([{"type":"thinking","thinking":"x"},
      {"type":"text","text":"{\"a\""},{"type":"text","text":":1}"}])",
                                      "end_turn",
                                      R"({"input_tokens":20,"cache_read_input_tokens":100,
      "cache_creation_input_tokens":30,"output_tokens":9})"));
  reply.request_id = "req_9";
  const Answer answer = answer_to(reply);
  EXPECT_EQ(answer.outcome, Outcome::ok);
  EXPECT_EQ(answer.text, R"({"a":1})");
  EXPECT_EQ(answer.billing, Billing::reported);
  EXPECT_EQ(answer.usage, (Usage{150, 100, 30, 9, 0}));
  EXPECT_EQ(answer.finish_reason, "end_turn");
  EXPECT_EQ(answer.returned_model, "claude-x");
  EXPECT_EQ(answer.provider_request_id, "req_9");
}

struct StopCase {
  std::string content;
  const char* stop_reason;
  Outcome outcome;
  const char* code;
  const char* text;
};

TEST(AnthropicAnswer, HowAnAnswerEndedDecidesItsOutcomeAndIsBilled) {
  const StopCase cases[] = {
      {kText, "max_tokens", Outcome::truncated, "max_tokens", R"({"a":1})"},
      {"[]", "max_tokens", Outcome::truncated, "max_tokens", ""},
      {"[]", "refusal", Outcome::refused, "refusal", ""},
      {kText, "model_context_window_exceeded", Outcome::context_window_exceeded,
       "model_context_window_exceeded", R"({"a":1})"},
      {"[]", "end_turn", Outcome::api_error, "answer_has_no_text", ""},
      {R"([{"type":"tool_use"}])", "tool_use", Outcome::api_error, "answer_has_no_text", ""},
      {"null", "end_turn", Outcome::api_error, "answer_wrong_shape", ""},
      {"{}", "end_turn", Outcome::api_error, "answer_wrong_shape", ""},
      {"[7,null,{\"type\":\"text\"}]", "end_turn", Outcome::api_error, "answer_has_no_text", ""},
  };
  for (const StopCase& c : cases) {
    const Answer answer = answer_to(http(200, message(c.content, c.stop_reason, kUsage)));
    EXPECT_EQ(answer.outcome, c.outcome) << c.stop_reason << c.content;
    EXPECT_EQ(answer.error_code, c.code) << c.stop_reason << c.content;
    EXPECT_EQ(answer.text, c.text) << c.stop_reason << c.content;
    EXPECT_FALSE(answer.error_message.empty()) << c.stop_reason;
    EXPECT_FALSE(answer.retryable);
    EXPECT_EQ(answer.billing, Billing::reported) << c.stop_reason << c.content;
  }
}

TEST(AnthropicAnswer, TheExplanationOfARefusalIsKept) {
  const Answer answer =
      answer_to(http(200, R"({"type":"message","content":[],"stop_reason":"refusal",)"
                          R"("stop_details":{"category":"bio","explanation":"too risky"}})"));
  EXPECT_EQ(answer.outcome, Outcome::refused);
  EXPECT_EQ(answer.error_message, "too risky");
  EXPECT_EQ(answer.billing, Billing::possible);
}

TEST(AnthropicAnswer, AnErrorInA200IsAnErrorThatMayHaveBeenBilled) {
  const Answer answer = answer_to(
      http(200, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"));
  EXPECT_EQ(answer.outcome, Outcome::api_error);
  EXPECT_EQ(answer.error_code, "error_in_answer");
  EXPECT_EQ(answer.error_message, "overloaded_error: Overloaded");
  EXPECT_EQ(answer.billing, Billing::possible);
  EXPECT_FALSE(answer.retryable);
}

TEST(AnthropicAnswer, BadUnicodeIsRefusedButItsUsageIsStillSettled) {
  for (const char* bad : {"a\xFFz", "\\u0000", "\\udfff"}) {
    const Answer answer =
        answer_to(http(200, message(R"([{"type":"text","text":")" + std::string(bad) + R"("}])",
                                    "end_turn", kUsage)));
    EXPECT_EQ(answer.error_code, "answer_bad_unicode") << bad;
    EXPECT_EQ(answer.billing, Billing::reported) << bad;
    EXPECT_EQ(answer.usage.input, 20) << bad;
  }
}

TEST(AnthropicUsage, WhatCannotBeTrueIsNotBelieved) {
  for (const char* usage :
       {"null", "{}", R"({"input_tokens":20})", R"({"output_tokens":7})",
        R"({"input_tokens":-1,"output_tokens":7})", R"({"input_tokens":0,"output_tokens":7})",
        R"({"input_tokens":20,"output_tokens":0})", R"({"input_tokens":20,"output_tokens":1e3})",
        R"({"input_tokens":20,"output_tokens":7,"cache_read_input_tokens":-1})",
        R"({"input_tokens":20,"output_tokens":7,"cache_read_input_tokens":"3"})",
        R"({"input_tokens":20,"output_tokens":7,"cache_read_input_tokens":9007199254740992})",
        R"({"input_tokens":20,"output_tokens":7,"output_tokens":8})",
        R"({"input_tokens":20,"output_tokens":90000})"}) {
    const Answer answer = answer_to(http(200, message(kText, "end_turn", usage)));
    EXPECT_EQ(answer.outcome, Outcome::ok) << usage;
    EXPECT_EQ(answer.billing, Billing::possible) << usage;
    EXPECT_EQ(answer.usage, Usage{}) << usage;
  }
}

TEST(AnthropicUsage, AWhollyCachedPromptIsBelieved) {
  const Answer answer = answer_to(
      http(200, message(kText, "end_turn",
                        R"({"input_tokens":0,"cache_read_input_tokens":50,"output_tokens":7})")));
  EXPECT_EQ(answer.billing, Billing::reported);
  EXPECT_EQ(answer.usage, (Usage{50, 50, 0, 7, 0}));
}

struct ErrorCase {
  int status;
  const char* type;
  const char* text;
  Outcome outcome;
  const char* code;
  bool retryable;
};

TEST(AnthropicError, EveryStatusHasItsOutcome) {
  const ErrorCase cases[] = {
      {400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum",
       Outcome::context_window_exceeded, "invalid_request_error", false},
      {400, "invalid_request_error",
       "input length and `max_tokens` exceed context limit: 1 + 2 > 2",
       Outcome::context_window_exceeded, "invalid_request_error", false},
      {400, "invalid_request_error", "why is my prompt is too long a question", Outcome::api_error,
       "invalid_request_error", false},
      {401, "authentication_error", "m", Outcome::api_error, "authentication_error", false},
      {402, "billing_error", "m", Outcome::api_error, "billing_error", false},
      {403, "permission_error", "m", Outcome::api_error, "permission_error", false},
      {404, "not_found_error", "m", Outcome::api_error, "not_found_error", false},
      {409, "conflict_error", "m", Outcome::api_error, "conflict_error", true},
      {413, "request_too_large", "m", Outcome::context_window_exceeded, "request_too_large", false},
      {422, "invalid_request_error", "m", Outcome::api_error, "invalid_request_error", false},
      {429, "rate_limit_error", "m", Outcome::rate_limited, "rate_limit_error", true},
      {500, "api_error", "m", Outcome::api_error, "api_error", true},
      {504, "timeout_error", "m", Outcome::api_error, "timeout_error", true},
      {529, "overloaded_error", "m", Outcome::api_error, "overloaded_error", true},
  };
  for (const ErrorCase& c : cases) {
    const Json body = {{"type", "error"},
                       {"error", {{"type", c.type}, {"message", c.text}}},
                       {"request_id", "req_body"}};
    const Answer answer = answer_to(http(c.status, write_json(body)));
    EXPECT_EQ(answer.outcome, c.outcome) << c.status << c.text;
    EXPECT_EQ(answer.error_code, c.code) << c.status;
    EXPECT_EQ(answer.error_message, c.text) << c.status;
    EXPECT_EQ(answer.retryable, c.retryable) << c.status;
    EXPECT_EQ(answer.billing, Billing::none) << c.status;
    EXPECT_EQ(answer.provider_request_id, "req_body") << c.status;
  }
}

TEST(AnthropicError, ASpendLimitIsNotRetried) {
  const Answer answer = answer_to(http(429, R"({"type":"error","error":{"type":"rate_limit_error",
      "message":"m","details":{"error_code":"enforced_spend_limit_reached"}}})"));
  EXPECT_EQ(answer.outcome, Outcome::rate_limited);
  EXPECT_EQ(answer.error_code, "enforced_spend_limit_reached");
  EXPECT_FALSE(answer.retryable);
}

TEST(AnthropicError, TheHeadersRequestIdWinsOverTheBodys) {
  HttpReply reply = http(500, R"({"type":"error","error":{"type":"api_error","message":"m"},
      "request_id":"req_body"})");
  reply.request_id = "req_header";
  EXPECT_EQ(answer_to(reply).provider_request_id, "req_header");
}

TEST(AnthropicAnswer, TheServiceTierIsTheOneOfTheUsage) {
  const auto tier = [](const std::string& members) {
    return answer_to(http(200, message(kText, "end_turn",
                                       R"({"input_tokens":5,"output_tokens":1)" + members + "}")))
        .service_tier;
  };
  EXPECT_EQ(tier(""), ServiceTier::standard);
  EXPECT_EQ(tier(R"(,"service_tier":"standard")"), ServiceTier::standard);
  EXPECT_EQ(tier(R"(,"service_tier":"batch")"), ServiceTier::batch);
}

}  // namespace
}  // namespace llmw
