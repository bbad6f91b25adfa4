#include <gtest/gtest.h>

#include "core/provider.hpp"

namespace llmw {
namespace {

constexpr std::int64_t kNow = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT

std::optional<std::int64_t> seconds_header(std::string_view value, std::int64_t now = kNow) {
  const auto wait = parse_retry_after("", value, now);
  if (!wait) return std::nullopt;
  return wait->count();
}

TEST(RetryAfter, ReadsSecondsWithDecimals) {
  EXPECT_EQ(seconds_header("0"), 0);
  EXPECT_EQ(seconds_header("1"), 1000);
  EXPECT_EQ(seconds_header(" 20\t"), 20'000);
  EXPECT_EQ(seconds_header("1.1"), 1100);
  EXPECT_EQ(seconds_header("0.0001"), 1);
  EXPECT_EQ(seconds_header(".5"), 500);
}

TEST(RetryAfter, MillisecondsWinOverSeconds) {
  EXPECT_EQ(parse_retry_after("250", "9", kNow), std::chrono::milliseconds(250));
  EXPECT_EQ(parse_retry_after("12.3", "9", kNow), std::chrono::milliseconds(13));
  EXPECT_EQ(parse_retry_after("soon", "9", kNow), std::chrono::milliseconds(9000));
  EXPECT_EQ(parse_retry_after("-1", "", kNow), std::nullopt);
}

TEST(RetryAfter, ReadsTheThreeFormsOfAnHttpDate) {
  for (const char* date : {"Sun, 06 Nov 1994 08:50:07 GMT", "Sunday, 06-Nov-94 08:50:07 GMT",
                           "Sun Nov  6 08:50:07 1994"}) {
    EXPECT_EQ(seconds_header(date), 30'000) << date;
    EXPECT_EQ(seconds_header(date, kNow + 30), 0) << date;
  }
  EXPECT_EQ(seconds_header("Thu, 29 Feb 2024 00:00:00 GMT", 1'709'164'740), 60'000);
}

TEST(RetryAfter, ADateInThePastIsNoWait) {
  EXPECT_EQ(seconds_header("Sun, 06 Nov 1994 08:49:36 GMT"), std::nullopt);
  EXPECT_EQ(seconds_header("Thu, 01 Jan 1970 00:00:00 GMT"), std::nullopt);
}

TEST(RetryAfter, AbsurdValuesAreLongWaitsAndNeverZero) {
  for (const char* value : {"1e20", "99999999999999999999", "1e400", "121", "9223372036854775807",
                            "Fri, 31 Dec 9999 23:59:59 GMT", "Sun, 22 Jan 2065 10:00:00 GMT"}) {
    const auto wait = parse_retry_after("", value, kNow);
    ASSERT_TRUE(wait.has_value()) << value;
    EXPECT_GT(*wait, kMaxRetryAfter) << value;
  }
  EXPECT_GT(*parse_retry_after("99999999999999999999", "", kNow), kMaxRetryAfter);
  EXPECT_LE(*parse_retry_after("", "120", kNow), kMaxRetryAfter);
}

TEST(RetryAfter, UnreadableValuesAreNothing) {
  for (const char* value : {"",
                            " ",
                            "-5",
                            "-0.5",
                            "soon",
                            "NaN",
                            "inf",
                            "Infinity",
                            "+5",
                            "5s",
                            "5 seconds",
                            "1,5",
                            "0x10",
                            "1e",
                            "Sun, 06 Nov 1994 08:49:37",
                            "Sun, 31 Feb 2094 08:49:37 GMT",
                            "Sun, 06 Foo 2094 08:49:37 GMT",
                            "Sun, 06 Nov 2094 24:00:00 GMT",
                            "Sun, 06 Nov 2094 08:49:37 PST",
                            "Sun, 06 Nov 20944 08:49:37 GMT",
                            ", , , , , , , , ,",
                            "06 Nov 2094",
                            "Sun, 00 Nov 2094 08:49:37 GMT"}) {
    EXPECT_EQ(seconds_header(value), std::nullopt) << value;
  }
}

TEST(RetryAfter, ClocksAtTheEndsOfTimeDoNotOverflow) {
  const char* date = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(seconds_header(date, INT64_MAX), std::nullopt);
  EXPECT_GT(*parse_retry_after("", date, INT64_MIN), kMaxRetryAfter);
}

}  // namespace
}  // namespace llmw
