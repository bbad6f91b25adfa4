// Errors, broken transfers and the texts that leave in an answer: the same for all protocols, asked
// through the protocol openai.

#include <gtest/gtest.h>

#include "provider_testing.hpp"

namespace llmw {
namespace {

using namespace testing;

constexpr Protocol kOpenAi = Protocol::openai;

Answer answer_to(const HttpReply& reply) { return testing::answer_to(kOpenAi, reply); }

const char* const kWholeAnswer =
    R"({"choices":[{"message":{"content":"{\"a\":1}"},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":20,"completion_tokens":7}})";

// ---- HTTP errors

struct ErrorCase {
  int status;
  const char* body;
  Outcome outcome;
  const char* code;
  bool retryable;
};

TEST(OpenAiError, EveryStatusHasItsOutcome) {
  const ErrorCase cases[] = {
      {400, R"({"error":{"message":"m","type":"invalid_request_error","param":"messages",
                "code":"context_length_exceeded"}})",
       Outcome::context_window_exceeded, "context_length_exceeded", false},
      {400, R"({"error":{"message":"m","type":"invalid_request_error",
                "code":"content_policy_violation"}})",
       Outcome::refused, "content_policy_violation", false},
      {400, R"({"error":{"message":"m","type":"invalid_request_error","code":null}})",
       Outcome::api_error, "invalid_request_error", false},
      {400, R"({"object":"error","message":"This model's maximum context length is 2048 tokens.",
                "type":"BadRequestError","param":null,"code":400})",
       Outcome::context_window_exceeded, "BadRequestError", false},
      {400, R"({"error":{"code":400,"message":"too big","type":"exceed_context_size_error"}})",
       Outcome::context_window_exceeded, "exceed_context_size_error", false},
      {400, R"({"error":{"message":"about maximum context length","code":"other"}})",
       Outcome::api_error, "other", false},
      {401, R"({"error":{"message":"m","type":"invalid_request_error","code":"invalid_api_key"}})",
       Outcome::api_error, "authentication_error", false},
      {402, R"({"error":{"message":"m","code":402}})", Outcome::api_error, "http_402", false},
      {403, "", Outcome::api_error, "permission_error", false},
      {404, R"({"error":{"message":"m","code":"model_not_found"}})", Outcome::api_error,
       "model_not_found", false},
      {408, "", Outcome::api_error, "http_408", true},
      {409, "", Outcome::api_error, "http_409", true},
      {413, "<html>413</html>", Outcome::context_window_exceeded, "http_413", false},
      {422, R"({"detail":[{"loc":["body"],"msg":"field required"}]})", Outcome::api_error,
       "http_422", false},
      {429, R"({"error":{"message":"m","type":"requests","code":"rate_limit_exceeded"}})",
       Outcome::rate_limited, "rate_limit_exceeded", true},
      {429, R"({"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}})",
       Outcome::rate_limited, "insufficient_quota", false},
      {429, R"({"error":{"message":"m","type":"insufficient_quota","code":null}})",
       Outcome::rate_limited, "insufficient_quota", false},
      {429, "", Outcome::rate_limited, "http_429", true},
      {500, R"({"error":{"message":"m","type":"server_error"}})", Outcome::api_error,
       "server_error", true},
      {502, "<html>bad gateway</html>", Outcome::api_error, "http_502", true},
      {503, "not json", Outcome::api_error, "http_503", true},
      {529, "", Outcome::api_error, "http_529", true},
  };
  for (const ErrorCase& c : cases) {
    const Answer answer = answer_to(http(c.status, c.body));
    EXPECT_EQ(answer.outcome, c.outcome) << c.status << c.body;
    EXPECT_EQ(answer.error_code, c.code) << c.status << c.body;
    EXPECT_EQ(answer.retryable, c.retryable) << c.status << c.body;
    EXPECT_EQ(answer.billing, Billing::none) << c.status << c.body;
    EXPECT_EQ(answer.http_status, c.status);
    EXPECT_FALSE(answer.error_message.empty()) << c.status << c.body;
  }
}

TEST(OpenAiError, TheMessageIsFoundInEveryShapeOfBody) {
  for (const char* body :
       {R"({"error":{"message":"the text"}})", R"({"error":"the text"})",
        R"({"message":"the text"})", R"({"detail":"the text"})",
        R"({"detail":[{"msg":"the text"}]})", R"([{"error":{"message":"the text"}}])"}) {
    EXPECT_EQ(answer_to(http(400, body)).error_message, "the text") << body;
  }
  EXPECT_EQ(answer_to(http(500, "the text")).error_message, "HTTP 500: the text");
  EXPECT_EQ(answer_to(http(500, "<p>x")).error_message, "HTTP 500 without a readable error text");
}

TEST(OpenAiError, RetryAfterIsKeptAndTooLongAWaitIsNoRetry) {
  HttpReply reply = http(429, "");
  reply.retry_after = "20";
  Answer answer = answer_to(reply);
  EXPECT_EQ(answer.retry_after, std::chrono::milliseconds(20'000));
  EXPECT_TRUE(answer.retryable);
  reply.retry_after = "Sun, 06 Nov 1994 08:50:07 GMT";
  EXPECT_EQ(answer_to(reply).retry_after, std::chrono::milliseconds(30'000));
  for (const char* absurd : {"121", "1e20", "99999999999999999999"}) {
    reply.retry_after = absurd;
    answer = answer_to(reply);
    EXPECT_FALSE(answer.retryable) << absurd;
    EXPECT_GT(answer.retry_after, kMaxRetryAfter) << absurd;
  }
  reply.retry_after = "-5";
  answer = answer_to(reply);
  EXPECT_TRUE(answer.retryable);
  EXPECT_EQ(answer.retry_after, std::nullopt);
}

TEST(OpenAiError, XShouldRetryOverridesTheStatusButNotTheQuota) {
  HttpReply reply = http(503, "");
  reply.should_retry = "false";
  EXPECT_FALSE(answer_to(reply).retryable);
  reply = http(429, "");
  reply.should_retry = "false";
  EXPECT_FALSE(answer_to(reply).retryable);
  reply = http(400, "");
  reply.should_retry = "true";
  EXPECT_TRUE(answer_to(reply).retryable);
  reply = http(429, R"({"error":{"code":"insufficient_quota"}})");
  reply.should_retry = "true";
  EXPECT_FALSE(answer_to(reply).retryable);
}

TEST(OpenAiError, ARedirectIsAnErrorThatCostsNothing) {
  for (const int status : {300, 301, 302, 307, 308}) {
    const Answer answer = answer_to(http(status, ""));
    EXPECT_EQ(answer.outcome, Outcome::api_error);
    EXPECT_EQ(answer.error_code, "redirect_not_followed");
    EXPECT_EQ(answer.billing, Billing::none);
    EXPECT_FALSE(answer.retryable);
  }
}

// ---- Transfers that did not end with an answer

struct TransferCase {
  TransferEnd end;
  const char* error;
  Outcome outcome;
  const char* code;
  bool retryable;
  Billing billing;
};

TEST(Transfer, EveryEndHasItsOutcomeAndItsBilling) {
  const TransferCase cases[] = {
      {TransferEnd::not_sent, "connection_refused: could not connect to x", Outcome::api_error,
       "connection_refused", true, Billing::none},
      {TransferEnd::not_sent, "", Outcome::api_error, "not_sent", true, Billing::none},
      {TransferEnd::not_sent, "No code here: x", Outcome::api_error, "not_sent", true,
       Billing::none},
      {TransferEnd::not_sent, "invalid_url: not a plain http URL", Outcome::api_error,
       "invalid_url", false, Billing::none},
      {TransferEnd::connection_lost, "connection_lost: x", Outcome::api_error, "connection_lost",
       true, Billing::possible},
      {TransferEnd::timeout, "timeout: x", Outcome::timeout, "timeout", false, Billing::possible},
      {TransferEnd::timeout, "connect_timeout: x", Outcome::timeout, "connect_timeout", false,
       Billing::none},
      {TransferEnd::too_large, "", Outcome::api_error, "answer_too_large", false,
       Billing::possible},
      {TransferEnd::malformed, "", Outcome::api_error, "answer_malformed", false,
       Billing::possible},
      {TransferEnd::cancelled, "cancelled: x", Outcome::cancelled, "cancelled", false,
       Billing::possible},
      {TransferEnd::cancelled, "cancelled_unsent: x", Outcome::cancelled, "cancelled_unsent", false,
       Billing::none},
      {TransferEnd::complete, "", Outcome::api_error, "answer_malformed", false, Billing::possible},
  };
  for (const TransferCase& c : cases) {
    HttpReply reply;
    reply.end = c.end;
    reply.error = c.error;
    const Answer answer = answer_to(reply);
    EXPECT_EQ(answer.outcome, c.outcome) << c.code;
    EXPECT_EQ(answer.error_code, c.code) << c.code;
    EXPECT_EQ(answer.retryable, c.retryable) << c.code;
    EXPECT_EQ(answer.billing, c.billing) << c.code;
    EXPECT_FALSE(answer.error_message.empty()) << c.code;
  }
}

TEST(Transfer, AnIncompleteAnswerIsNeverTakenForAWholeOne) {
  HttpReply reply = http(200, kWholeAnswer);
  reply.end = TransferEnd::connection_lost;
  const Answer answer = answer_to(reply);
  EXPECT_EQ(answer.outcome, Outcome::api_error);
  EXPECT_EQ(answer.billing, Billing::possible);
  EXPECT_EQ(answer.text, "");
}

// ---- What leaves in an answer

TEST(AnswerTexts, TheKeyIsCutOutOfEveryTextHoweverItIsSpelled) {
  const std::string key(kSecret);
  const std::string escaped = R"(\u0073k-canary-0123456789)";
  const std::string message = "bad key " + key + " and " + escaped;
  HttpReply reply =
      http(400, R"({"error":{"message":)" + json_quote(message) + R"(,"code":")" + key + R"("}})");
  reply.request_id = "id-" + key;
  Answer answer = answer_to(reply);
  EXPECT_EQ(answer.error_message, "bad key *** and ***");
  EXPECT_EQ(answer.error_code, "***");
  EXPECT_EQ(answer.provider_request_id, "id-***");

  answer = answer_to(http(500, "echo " + key));
  EXPECT_EQ(answer.error_message, "HTTP 500: echo ***");

  const std::string text = R"({"a":")" + key + R"(","b":")" + escaped + R"("})";
  answer = answer_to(http(200, R"({"model":")" + key + R"(","choices":[{"message":{"content":)" +
                                   json_quote(text) + R"(},"finish_reason":")" + key + R"("}]})"));
  EXPECT_EQ(answer.text, R"({"a":"***","b":"***"})");
  EXPECT_EQ(answer.returned_model, "***");
  EXPECT_EQ(answer.finish_reason, "***");
}

TEST(AnswerTexts, NoPartOfTheKeyIsLeftWhereALongMessageIsCut) {
  for (std::size_t before = 480; before < 500; ++before) {
    const Answer answer = answer_to(http(500, std::string(before, 'x') + std::string(kSecret)));
    EXPECT_EQ(answer.error_message.find("sk-"), std::string::npos) << before;
  }
}

TEST(AnswerTexts, AShortKeyDoesNotDamageTheDocument) {
  const ChatRequest chat = question();
  const HttpRequest request = build_http_request(endpoint(kOpenAi), chat);
  const HttpReply reply = http(200, kWholeAnswer);
  EXPECT_EQ(read_http_reply(kOpenAi, request, chat, reply, kNow, "a").text, R"({"a":1})");
}

TEST(AnswerTexts, AreShortPrintableLines) {
  const std::string hostile = "line\nFAKE LOG\x1b[31m\xE2\x80\xAE" + std::string(5000, 'x');
  const Answer answer = answer_to(http(400, R"({"error":{"message":)" + json_quote(hostile) +
                                                R"(,"code":)" + json_quote(hostile) + "}}"));
  for (const std::string* text : {&answer.error_message, &answer.error_code}) {
    EXPECT_LE(text->size(), 500u);
    EXPECT_EQ(text->find_first_of("\n\x1b"), std::string::npos);
    EXPECT_EQ(text->find("\xE2\x80\xAE"), std::string::npos);
  }
}

TEST(EstimateTokens, CountsCharactersAndRoundsUp) {
  EXPECT_EQ(estimate_tokens(""), 0);
  EXPECT_EQ(estimate_tokens("a"), 1);
  EXPECT_EQ(estimate_tokens("abcd"), 1);
  EXPECT_EQ(estimate_tokens("abcde"), 2);
  EXPECT_EQ(estimate_tokens("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"), 1);
}

TEST(Names, AreReadBackAndUnknownOnesAreNothing) {
  EXPECT_EQ(parse_protocol("openai"), Protocol::openai);
  EXPECT_EQ(parse_protocol("anthropic"), Protocol::anthropic);
  EXPECT_EQ(parse_protocol("builtin"), Protocol::builtin);
  EXPECT_EQ(parse_protocol("OpenAI"), std::nullopt);
  EXPECT_EQ(parse_structured_output("none"), StructuredOutput::none);
  EXPECT_EQ(parse_structured_output("json_object"), StructuredOutput::json_object);
  EXPECT_EQ(parse_structured_output("json_schema"), StructuredOutput::json_schema);
  EXPECT_EQ(parse_structured_output(""), std::nullopt);
  EXPECT_STREQ(to_string(Outcome::context_window_exceeded), "context_window_exceeded");
  EXPECT_STREQ(to_string(Outcome::ok), "ok");
  EXPECT_STREQ(to_string(Outcome::lost), "lost");
}

}  // namespace
}  // namespace llmw
