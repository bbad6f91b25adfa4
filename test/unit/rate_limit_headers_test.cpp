#include "core/rate_limit_headers.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "http/reply_reader.hpp"

namespace llmw {
namespace {

constexpr Micros kNow = 1'767'225'600 * kSecond;  // 2026-01-01T00:00:00Z

std::optional<Micros> reset_of(const std::string& value) {
  const RateLimits limits = parse_rate_limits({{"x-ratelimit-limit-requests", "10"},
                                               {"x-ratelimit-remaining-requests", "5"},
                                               {"x-ratelimit-reset-requests", value}},
                                              kNow);
  return limits.requests.value().reset_after;
}

std::optional<RateLimit> requests_of(const std::string& limit, const std::string& remaining) {
  return parse_rate_limits(
             {{"x-ratelimit-limit-requests", limit}, {"x-ratelimit-remaining-requests", remaining}},
             kNow)
      .requests;
}

TEST(RateLimitHeaders, ReadsWhatOpenAiSends) {
  const RateLimits limits = parse_rate_limits({{"x-ratelimit-limit-requests", "500"},
                                               {"x-ratelimit-remaining-requests", "499"},
                                               {"x-ratelimit-reset-requests", "120ms"},
                                               {"x-ratelimit-limit-tokens", "200000"},
                                               {"x-ratelimit-remaining-tokens", "187000"},
                                               {"x-ratelimit-reset-tokens", "3.9s"}},
                                              kNow);
  ASSERT_TRUE(limits.requests && limits.tokens);
  EXPECT_EQ(limits.requests->limit, 500);
  EXPECT_EQ(limits.requests->remaining, 499);
  EXPECT_EQ(limits.requests->reset_after, 120 * kMillisecond);
  EXPECT_EQ(limits.tokens->limit, 200'000);
  EXPECT_EQ(limits.tokens->remaining, 187'000);
  EXPECT_EQ(limits.tokens->reset_after, 3'900 * kMillisecond);
}

TEST(RateLimitHeaders, ReadsWhatAnthropicSends) {
  const RateLimits limits =
      parse_rate_limits({{"anthropic-ratelimit-requests-limit", "50"},
                         {"anthropic-ratelimit-requests-remaining", "0"},
                         {"anthropic-ratelimit-requests-reset", "2026-01-01T00:00:30Z"},
                         {"anthropic-ratelimit-tokens-limit", "80000"},
                         {"anthropic-ratelimit-tokens-remaining", "79000"},
                         {"anthropic-ratelimit-tokens-reset", "2026-01-01T01:00:01+01:00"},
                         {"anthropic-ratelimit-output-tokens-limit", "8000"},
                         {"anthropic-ratelimit-output-tokens-remaining", "1"}},
                        kNow);
  ASSERT_TRUE(limits.requests && limits.tokens);
  EXPECT_EQ(limits.requests->remaining, 0);
  EXPECT_EQ(limits.requests->reset_after, 30 * kSecond);
  EXPECT_EQ(limits.tokens->limit, 80'000);
  EXPECT_EQ(limits.tokens->reset_after, kSecond);
}

TEST(RateLimitHeaders, OfInputAndOutputTheScarcerOneCounts) {
  const RateLimits limits =
      parse_rate_limits({{"anthropic-ratelimit-input-tokens-limit", "40000"},
                         {"anthropic-ratelimit-input-tokens-remaining", "39000"},
                         {"anthropic-ratelimit-output-tokens-limit", "8000"},
                         {"anthropic-ratelimit-output-tokens-remaining", "100"}},
                        kNow);
  ASSERT_TRUE(limits.tokens);
  EXPECT_EQ(limits.tokens->limit, 8'000);
  EXPECT_EQ(limits.tokens->remaining, 100);
  EXPECT_FALSE(limits.requests);
}

TEST(RateLimitHeaders, ReadsDurationsOfAllUnits) {
  EXPECT_EQ(reset_of("6m0s"), 6 * kMinute);
  EXPECT_EQ(reset_of("1h2m3.5s"), 62 * kMinute + 3'500 * kMillisecond);
  EXPECT_EQ(reset_of("12ms"), 12 * kMillisecond);
  EXPECT_EQ(reset_of("7us"), 7);
  EXPECT_EQ(reset_of("7\u00b5s"), 7);
  EXPECT_EQ(reset_of("1500ns"), 1);
  EXPECT_EQ(reset_of("0s"), 0);
  EXPECT_EQ(reset_of("0.25"), kSecond / 4);
  EXPECT_EQ(reset_of("59"), 59 * kSecond);
}

TEST(RateLimitHeaders, ReadsTimesWithZonesAndFractions) {
  EXPECT_EQ(reset_of("2026-01-01T00:00:10.999Z"), 10 * kSecond);
  EXPECT_EQ(reset_of("2025-12-31T19:00:10-05:00"), 10 * kSecond);
  EXPECT_EQ(reset_of("2026-01-01t00:01:00z"), std::nullopt) << "not what providers send";
}

TEST(RateLimitHeaders, AResetInThePastIsNoNegativeWait) {
  EXPECT_EQ(reset_of("2025-12-31T23:59:59Z"), 0);
  EXPECT_EQ(reset_of("1970-01-01T00:00:00Z"), 0);
}

TEST(RateLimitHeaders, AbsurdResetsCannotStopCalls) {
  for (const char* value : {"",
                            "soon",
                            "-5s",
                            "1y",
                            "5m s",
                            "1e9s",
                            "1.2.3s",
                            "25h",
                            "1767225600",
                            "99999999999999h",
                            "9223372036854775807",
                            "2026-01-03T00:00:00Z",
                            "9999-12-31T23:59:59Z",
                            "2026-13-01T00:00:00Z",
                            "2026-02-30T00:00:00Z",
                            "2026-01-01T24:00:00Z",
                            "2026-01-01T00:00:00",
                            "2026-01-01T00:00:00+0100",
                            "2026-01-01T00:00:00.",
                            "nan",
                            "inf"})
    EXPECT_EQ(reset_of(value), std::nullopt) << value;
  EXPECT_EQ(reset_of(std::string(400, '9') + "h"), std::nullopt);
}

TEST(RateLimitHeaders, NumbersThatAreNoneAreIgnored) {
  for (const char* value : {"", "-1", "+5", " 5", "5.0", "1e3", "99999999999999999999", "many"}) {
    EXPECT_FALSE(requests_of(value, "1")) << value;
    EXPECT_FALSE(requests_of("10", value)) << value;
  }
  EXPECT_FALSE(requests_of("0", "0")) << "a limit of nothing would close the endpoint for ever";
}

TEST(RateLimitHeaders, MoreLeftThanTheLimitIsTheLimit) {
  EXPECT_EQ(requests_of("10", "1000").value().remaining, 10);
}

TEST(RateLimitHeaders, OtherHeadersAreNotTheirs) {
  EXPECT_FALSE(is_rate_limit_header("x-ratelimit-limit"));
  EXPECT_FALSE(is_rate_limit_header("x-ratelimit-limit-requests-1"));
  EXPECT_FALSE(is_rate_limit_header("X-RateLimit-Limit-Requests")) << "names come in lower case";
  EXPECT_TRUE(is_rate_limit_header("anthropic-ratelimit-output-tokens-reset"));
}

HttpReply reply_with(const std::string& headers) {
  ReplyReader reader(TransferLimits{});
  EXPECT_TRUE(reader.take_header("HTTP/1.1 200 OK\r\n"));
  std::size_t at = 0;
  while (at < headers.size()) {
    const std::size_t end = headers.find('\n', at) + 1;
    EXPECT_TRUE(reader.take_header(std::string_view(headers).substr(at, end - at)));
    at = end;
  }
  return reader.reply();
}

TEST(ReplyReaderRateLimits, NamesAreKeptInLowerCaseAndOtherHeadersNot) {
  const HttpReply reply = reply_with(
      "X-RateLimit-Limit-Requests: 10\r\nX-Secret: canary\r\n"
      "x-ratelimit-foo: 1\r\nAnthropic-RateLimit-Tokens-Limit:\t7 \r\n");
  const RateLimitHeaders expected = {{"x-ratelimit-limit-requests", "10"},
                                     {"anthropic-ratelimit-tokens-limit", "7"}};
  EXPECT_EQ(reply.rate_limit_headers, expected);
}

TEST(ReplyReaderRateLimits, AFloodOfHeadersDoesNotFillMemory) {
  std::string headers;
  for (int i = 0; i < 1000; ++i) headers += "x-ratelimit-limit-tokens: 1\r\n";
  EXPECT_EQ(reply_with(headers).rate_limit_headers.size(), kMaxRateLimitHeaders);
  const std::string longest(kMaxRateLimitHeaderBytes, '1');
  EXPECT_EQ(reply_with("x-ratelimit-limit-tokens: " + longest + "\n").rate_limit_headers.size(),
            1U);
  EXPECT_TRUE(
      reply_with("x-ratelimit-limit-tokens: 1" + longest + "\n").rate_limit_headers.empty());
}

TEST(ReplyReaderRateLimits, HeadersOfAnInterimAnswerDoNotCount) {
  ReplyReader reader(TransferLimits{});
  for (const char* line : {"HTTP/1.1 103 Early Hints\r\n", "x-ratelimit-limit-tokens: 1\r\n",
                           "\r\n", "HTTP/1.1 200 OK\r\n", "x-ratelimit-limit-tokens: 2\r\n"})
    ASSERT_TRUE(reader.take_header(line));
  ASSERT_EQ(reader.reply().rate_limit_headers.size(), 1U);
  EXPECT_EQ(reader.reply().rate_limit_headers.front().second, "2");
}

}  // namespace
}  // namespace llmw
