#include <gtest/gtest.h>

#include "core/error.hpp"
#include "provider_testing.hpp"

namespace llmw {
namespace {

using namespace testing;
using Json = nlohmann::json;

constexpr Protocol kOpenAi = Protocol::openai;

Answer answer_to(const HttpReply& reply) { return testing::answer_to(kOpenAi, reply); }

/// A whole answer whose first choice and usage are the given JSON texts.
std::string completion(const std::string& choice, const std::string& usage) {
  return R"({"id":"chatcmpl-1","object":"chat.completion","model":"gpt-4o-mini-2024-07-18",)"
         R"("choices":[)" +
         choice + R"(],"usage":)" + usage + "}";
}

const std::string kUsage = R"({"prompt_tokens":20,"completion_tokens":7,"total_tokens":27})";
const std::string kChoice =
    R"({"index":0,"message":{"role":"assistant","content":"{\"a\":1}"},"finish_reason":"stop"})";

Answer answer_with_usage(const std::string& usage) {
  return answer_to(http(200, completion(kChoice, usage)));
}

// ---- Requests

TEST(OpenAiRequest, CarriesTheQuestionExactly) {
  const HttpRequest request = build_http_request(endpoint(kOpenAi), question());
  EXPECT_EQ(request.url, "https://api.example.com/v1/chat/completions");
  EXPECT_TRUE(has_header(request, "Authorization: Bearer " + std::string(kSecret)));
  EXPECT_TRUE(has_header(request, "Content-Type: application/json"));
  EXPECT_TRUE(has_header(request, "Accept: application/json"));
  EXPECT_TRUE(has_header(request, "User-Agent: llm_workflow"));
  EXPECT_TRUE(has_header(request, "X-Client-Request-Id: 0190-call"));
  EXPECT_EQ(body_of(request), Json::parse(R"({"model":"gpt-4o-mini","messages":[
      {"role":"system","content":"Be \"brief\"."},{"role":"user","content":"Café\nplan"}],
      "max_tokens":1000,"stream":false})"));
}

TEST(OpenAiRequest, AServerWithoutAKeyGetsNoAuthorization) {
  Endpoint local = endpoint(kOpenAi);
  local.api_key.clear();
  for (const std::string& header : build_http_request(local, question()).headers) {
    EXPECT_FALSE(header.starts_with("Authorization")) << header;
  }
}

TEST(OpenAiRequest, ModelsThatRefuseMaxTokensGetTheirOwnKey) {
  for (const char* model : {"o1-mini-2024-09-12", "o3", "o4-mini", "gpt-5", "gpt-5-mini"}) {
    const Json body = body_of(build_http_request(endpoint(kOpenAi), question(model)));
    EXPECT_EQ(body["max_completion_tokens"], 1000) << model;
    EXPECT_FALSE(body.contains("max_tokens")) << model;
  }
  for (const char* model : {"gpt-4o", "openai/gpt-oss-20b", "ollama-1", "o", "olmo-2"}) {
    const Json body = body_of(build_http_request(endpoint(kOpenAi), question(model)));
    EXPECT_EQ(body["max_tokens"], 1000) << model;
    EXPECT_FALSE(body.contains("max_completion_tokens")) << model;
  }
}

TEST(OpenAiRequest, TheFirstReasoningModelsGetOneUserMessageAndNoFormat) {
  const Json body = body_of(build_http_request(endpoint(kOpenAi, StructuredOutput::json_schema),
                                               question("o1-mini-2024-09-12")));
  EXPECT_EQ(body["messages"],
            Json::parse(R"([{"role":"user","content":"Be \"brief\".\n\nCafé\nplan"}])"));
  EXPECT_FALSE(body.contains("response_format"));
}

TEST(OpenAiRequest, StructuredOutputFollowsTheServersOption) {
  const HttpRequest strict =
      build_http_request(endpoint(kOpenAi, StructuredOutput::json_schema), question());
  EXPECT_EQ(body_of(strict)["response_format"],
            Json::parse(R"({"type":"json_schema","json_schema":{"name":"pilot","strict":true,
                "schema":{"type":"object","properties":{"z":{},"a":{}}}}})"));
  EXPECT_NE(strict.body.find(question().json_schema), std::string::npos)
      << "the order of the keys must reach the model";
  const HttpRequest loose =
      build_http_request(endpoint(kOpenAi, StructuredOutput::json_object), question());
  EXPECT_EQ(body_of(loose)["response_format"], Json::parse(R"({"type":"json_object"})"));
  EXPECT_FALSE(
      body_of(build_http_request(endpoint(kOpenAi), question())).contains("response_format"));
}

TEST(OpenAiRequest, BrokenTextIsReplacedAndStaysJson) {
  ChatRequest chat = question();
  chat.user_prompt = "a\xFF\x01";
  EXPECT_EQ(body_of(build_http_request(endpoint(kOpenAi), chat))["messages"][1]["content"],
            "a\xEF\xBF\xBD\x01");
}

std::string state_of_failure(const Endpoint& where, const ChatRequest& chat) {
  try {
    build_http_request(where, chat);
  } catch (const Error& error) {
    const std::string all = error.message() + error.detail() + error.hint();
    EXPECT_EQ(all.find("sk-"), std::string::npos) << "the error shows the key";
    return error.sqlstate();
  }
  return "none";
}

TEST(OpenAiRequest, NoHeaderCanBeSmuggledIn) {
  for (const char* key : {"sk-a\r\nX-Evil: 1", "sk-a\n", "sk-\x7F", "sk-\xC3\xA9", "sk-\t1"}) {
    Endpoint where = endpoint(kOpenAi);
    where.api_key = key;
    EXPECT_EQ(state_of_failure(where, question()), "22023");
    where.protocol = Protocol::anthropic;
    EXPECT_EQ(state_of_failure(where, question()), "22023");
  }
  Endpoint where = endpoint(kOpenAi);
  where.api_key = std::string("sk-a\0b", 6);
  EXPECT_EQ(state_of_failure(where, question()), "22023");
  where = endpoint(kOpenAi);
  where.base_url = "https://a.example/ HTTP/1.1\r\nX: y";
  EXPECT_EQ(state_of_failure(where, question()), "22023");
  ChatRequest chat = question();
  chat.call_id = "a\nb";
  EXPECT_EQ(state_of_failure(endpoint(kOpenAi), chat), "22023");
}

TEST(OpenAiRequest, ASchemaThatIsNoObjectNeverReachesTheBody) {
  for (const char* schema : {"{}, \"model\":\"dear\"", "[]", "{", "x"}) {
    ChatRequest chat = question();
    chat.json_schema = schema;
    const Endpoint where = endpoint(kOpenAi, StructuredOutput::json_schema);
    EXPECT_EQ(state_of_failure(where, chat), "22032") << schema;
  }
  ChatRequest chat = question();
  chat.schema_name = "a b";
  EXPECT_EQ(state_of_failure(endpoint(kOpenAi, StructuredOutput::json_schema), chat), "22023");
}

// ---- Answers

TEST(OpenAiAnswer, AWholeAnswerIsReadWhole) {
  HttpReply reply = http(200, completion(kChoice, R"({"prompt_tokens":50,"completion_tokens":9,
      "prompt_tokens_details":{"cached_tokens":30,"cache_write_tokens":5},
      "completion_tokens_details":{"reasoning_tokens":4}})"));
  reply.request_id = "req_1";
  const Answer answer = answer_to(reply);
  EXPECT_EQ(answer.outcome, Outcome::ok);
  EXPECT_EQ(answer.text, R"({"a":1})");
  EXPECT_EQ(answer.billing, Billing::reported);
  EXPECT_EQ(answer.usage, (Usage{50, 30, 5, 9, 4}));
  EXPECT_EQ(answer.finish_reason, "stop");
  EXPECT_EQ(answer.returned_model, "gpt-4o-mini-2024-07-18");
  EXPECT_EQ(answer.provider_request_id, "req_1");
  EXPECT_EQ(answer.http_status, 200);
  EXPECT_EQ(answer.error_code, "");
  EXPECT_EQ(answer.error_message, "");
  EXPECT_FALSE(answer.retryable);
}

TEST(OpenAiAnswer, ContentInPartsIsJoined) {
  const Answer answer = answer_to(http(200, completion(R"({"message":{"content":[
      {"type":"thinking","text":"no"},{"type":"text","text":"{\"a\""},
      {"type":"text","text":":1}"}]},"finish_reason":null})",
                                                       kUsage)));
  EXPECT_EQ(answer.outcome, Outcome::ok);
  EXPECT_EQ(answer.text, R"({"a":1})");
}

struct MessageCase {
  const char* choice;
  Outcome outcome;
  const char* code;
  const char* text;
};

TEST(OpenAiAnswer, HowAnAnswerEndedDecidesItsOutcomeAndIsBilled) {
  const MessageCase cases[] = {
      {R"({"message":{"content":"{\"a\":"},"finish_reason":"length"})", Outcome::truncated,
       "length", "{\"a\":"},
      {R"({"message":{"content":null},"finish_reason":"length"})", Outcome::truncated, "length",
       ""},
      {R"({"message":{"content":"x"},"finish_reason":"content_filter"})", Outcome::refused,
       "content_filter", "x"},
      {R"({"message":{"content":null,"refusal":"I won't"},"finish_reason":"stop"})",
       Outcome::refused, "refusal", ""},
      {R"({"message":{"content":null},"finish_reason":"stop"})", Outcome::api_error,
       "answer_has_no_text", ""},
      {R"({"message":{"content":""},"finish_reason":"tool_calls"})", Outcome::api_error,
       "answer_has_no_text", ""},
      {R"({"message":{"content":7}})", Outcome::api_error, "answer_has_no_text", ""},
      {R"({"message":"hi"})", Outcome::api_error, "answer_has_no_text", ""},
      {R"(7)", Outcome::api_error, "answer_has_no_text", ""},
      {R"({"error":{"code":502,"message":"upstream"},"message":{"content":"x"}})",
       Outcome::api_error, "error_in_answer", "x"},
  };
  for (const MessageCase& c : cases) {
    const Answer answer = answer_to(http(200, completion(c.choice, kUsage)));
    EXPECT_EQ(answer.outcome, c.outcome) << c.choice;
    EXPECT_EQ(answer.error_code, c.code) << c.choice;
    EXPECT_EQ(answer.text, c.text) << c.choice;
    EXPECT_FALSE(answer.error_message.empty()) << c.choice;
    EXPECT_FALSE(answer.retryable) << c.choice;
    EXPECT_EQ(answer.billing, Billing::reported) << c.choice;
    EXPECT_EQ(answer.usage.input, 20) << c.choice;
  }
}

struct BodyCase {
  std::string body;
  const char* code;
};

TEST(OpenAiAnswer, A200ThatIsNoAnswerIsAnErrorThatMayHaveBeenBilled) {
  const BodyCase cases[] = {
      {"", "answer_not_json"},
      {"<html>", "answer_not_json"},
      {completion(kChoice, kUsage).substr(0, 100), "answer_not_json"},
      {"{}", "answer_wrong_shape"},
      {"[]", "answer_wrong_shape"},
      {"\"x\"", "answer_wrong_shape"},
      {R"({"choices":null})", "answer_wrong_shape"},
      {R"({"choices":{}})", "answer_wrong_shape"},
      {R"({"choices":[]})", "answer_has_no_text"},
      {std::string(1'000'000, '['), "answer_too_deep"},
      {R"({"choices":[1e130000]})", "answer_bad_number"},
      {R"({"error":{"message":"over","type":"server_error"}})", "error_in_answer"},
      {R"({"error":"over"})", "error_in_answer"},
      {R"({"object":"error","message":"over"})", "error_in_answer"},
  };
  for (const BodyCase& c : cases) {
    const Answer answer = answer_to(http(200, c.body));
    const std::string shown = c.body.substr(0, 60);
    EXPECT_EQ(answer.outcome, Outcome::api_error) << shown;
    EXPECT_EQ(answer.error_code, c.code) << shown;
    EXPECT_EQ(answer.billing, Billing::possible) << shown;
    EXPECT_EQ(answer.usage, Usage{}) << shown;
    EXPECT_FALSE(answer.retryable) << shown;
    EXPECT_FALSE(answer.error_message.empty()) << shown;
  }
}

TEST(OpenAiAnswer, TheServiceTierIsTheOneThatWasBilled) {
  const auto tier = [](const std::string& members) {
    return answer_to(
               http(200, R"({"choices":[)" + kChoice + R"(],"usage":)" + kUsage + members + "}"))
        .service_tier;
  };
  EXPECT_EQ(tier(""), ServiceTier::standard);
  EXPECT_EQ(tier(R"(,"service_tier":"default")"), ServiceTier::standard);
  EXPECT_EQ(tier(R"(,"service_tier":null)"), ServiceTier::standard);
  EXPECT_EQ(tier(R"(,"service_tier":7)"), ServiceTier::standard);
  EXPECT_EQ(tier(R"(,"service_tier":"priority")"), ServiceTier::priority);
  EXPECT_EQ(tier(R"(,"service_tier":"flex")"), ServiceTier::flex);
}

TEST(OpenAiAnswer, AnErrorInA200WithUsageIsBilledAsReported) {
  const Answer answer = answer_to(
      http(200, R"({"error":{"message":"over","type":"overloaded"},"usage":)" + kUsage + "}"));
  EXPECT_EQ(answer.error_code, "error_in_answer");
  EXPECT_EQ(answer.error_message, "overloaded: over");
  EXPECT_EQ(answer.billing, Billing::reported);
  EXPECT_EQ(answer.usage.output, 7);
}

TEST(OpenAiAnswer, BadUnicodeIsRefusedButItsUsageIsStillSettled) {
  const std::string bad_texts[] = {"a\xFFz",    "\xE2\x82",    "\\u0000",
                                   "\\ud800 x", "\\\\\\u0000", std::string("a\0b", 3)};
  for (const std::string& bad : bad_texts) {
    const Answer answer =
        answer_to(http(200, completion(R"({"message":{"content":")" + bad + R"("}})", kUsage)));
    EXPECT_EQ(answer.outcome, Outcome::api_error) << bad;
    EXPECT_EQ(answer.error_code, "answer_bad_unicode") << bad;
    EXPECT_EQ(answer.text, "") << bad;
    EXPECT_EQ(answer.billing, Billing::reported) << bad;
    EXPECT_EQ(answer.usage, (Usage{20, 0, 0, 7, 0})) << bad;
  }
}

TEST(OpenAiUsage, WhatCannotBeTrueIsNotBelieved) {
  for (const char* usage : {
           "null",
           "{}",
           "[]",
           "7",
           "\"x\"",
           R"({"prompt_tokens":20})",
           R"({"completion_tokens":7})",
           R"({"prompt_tokens":null,"completion_tokens":7})",
           R"({"prompt_tokens":"20","completion_tokens":7})",
           R"({"prompt_tokens":20.0,"completion_tokens":7})",
           R"({"prompt_tokens":true,"completion_tokens":7})",
           R"({"prompt_tokens":-20,"completion_tokens":7})",
           R"({"prompt_tokens":20,"completion_tokens":-7})",
           R"({"prompt_tokens":0,"completion_tokens":7})",
           R"({"prompt_tokens":20,"completion_tokens":0})",
           R"({"prompt_tokens":20,"completion_tokens":100000})",
           R"({"prompt_tokens":1000000,"completion_tokens":7})",
           R"({"prompt_tokens":18446744073709551611,"completion_tokens":7})",
           R"({"prompt_tokens":9007199254740993,"completion_tokens":7})",
           R"({"prompt_tokens":20,"completion_tokens":7,
               "prompt_tokens_details":{"cached_tokens":21}})",
           R"({"prompt_tokens":20,"completion_tokens":7,
               "prompt_tokens_details":{"cached_tokens":-1}})",
           R"({"prompt_tokens":20,"completion_tokens":7,
               "prompt_tokens_details":{"cached_tokens":15,"cache_write_tokens":6}})",
           R"({"prompt_tokens":20,"completion_tokens":7,"prompt_tokens":21})",
           R"({"prompt_tokens":20,"completion_tokens":7},
               "usage":{"prompt_tokens":2,"completion_tokens":7})",
       }) {
    const Answer answer = answer_with_usage(usage);
    EXPECT_EQ(answer.outcome, Outcome::ok) << usage;
    EXPECT_EQ(answer.billing, Billing::possible) << usage;
    EXPECT_EQ(answer.usage, Usage{}) << usage;
  }
}

TEST(OpenAiUsage, OddButPossibleUsageIsBelieved) {
  for (const char* usage : {
           R"({"prompt_tokens":20,"completion_tokens":7,"prompt_tokens":20})",
           R"({"prompt_tokens":20,"completion_tokens":7,"prompt_tokens_details":null})",
           R"({"prompt_tokens":20,"completion_tokens":7,
               "prompt_tokens_details":{"cached_tokens":null}})",
           R"({"prompt_tokens":20,"completion_tokens":7,
               "completion_tokens_details":{"reasoning_tokens":8}})",
           R"({"prompt_tokens":20,"completion_tokens":7},"model":"a","model":"b")",
       }) {
    const Answer answer = answer_with_usage(usage);
    EXPECT_EQ(answer.billing, Billing::reported) << usage;
    EXPECT_EQ(answer.usage, (Usage{20, 0, 0, 7, 0})) << usage;
  }
}

TEST(OpenAiUsage, ThePlausibleRangeEndsWhereTheRequestEnds) {
  const ChatRequest chat = question();
  const HttpRequest request = build_http_request(endpoint(kOpenAi), chat);
  const auto most = static_cast<std::int64_t>(request.body.size()) + 10'000;
  for (const std::int64_t input : {most, most + 1}) {
    const Answer answer = answer_with_usage(R"({"prompt_tokens":)" + std::to_string(input) +
                                            R"(,"completion_tokens":1000})");
    EXPECT_EQ(answer.billing, input == most ? Billing::reported : Billing::possible) << input;
  }
}

}  // namespace
}  // namespace llmw
