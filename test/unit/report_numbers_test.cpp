#include "core/report_numbers.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

const std::string kDollar0 = "$0.00";

TEST(ReportNumbers, CountsHaveCommasBetweenThousandsOnly) {
  EXPECT_EQ(shown_count("0"), "0");
  EXPECT_EQ(shown_count("999"), "999");
  EXPECT_EQ(shown_count("1000"), "1,000");
  EXPECT_EQ(shown_count("1234567"), "1,234,567");
  EXPECT_EQ(shown_count("-1234"), "\u22121,234");
  EXPECT_EQ(shown_count("000012"), "12");
}

TEST(ReportNumbers, RoundingIsThatOfPostgresNotOfADouble) {
  EXPECT_EQ(shown_decimal("0.125", 2), "0.13");
  EXPECT_EQ(shown_decimal("1.005", 2), "1.01");
  EXPECT_EQ(shown_decimal("2.5", 0), "3");
  EXPECT_EQ(shown_decimal("9.995", 2), "10.00");
  EXPECT_EQ(shown_decimal("999999.5", 0), "1,000,000");
  EXPECT_EQ(shown_decimal("-0.004", 2), "0.00");
  EXPECT_EQ(shown_decimal("-0.005", 2), "\u22120.01");
}

TEST(ReportNumbers, MoneyKeepsTheDigitsThatMatter) {
  EXPECT_EQ(shown_money("0"), kDollar0);
  EXPECT_EQ(shown_money("0.00000000000001"), "< $0.0001");
  EXPECT_EQ(shown_money("-0.00001"), "> \u2212$0.0001");
  EXPECT_EQ(shown_money("0.00005"), "$0.0001");
  EXPECT_EQ(shown_money("0.0123456"), "$0.0123");
  EXPECT_EQ(shown_money("0.5"), "$0.50");
  EXPECT_EQ(shown_money("0.125"), "$0.125");
  EXPECT_EQ(shown_money("0.99999"), "$1.00");
  EXPECT_EQ(shown_money("12.345"), "$12.35");
  EXPECT_EQ(shown_money("-12.345"), "\u2212$12.35");
  EXPECT_EQ(shown_money("12345.678"), "$12,346");
}

TEST(ReportNumbers, ExactMoneyHidesNoDigit) {
  EXPECT_EQ(exact_money("0.00000000000001"), "0.00000000000001 USD");
  EXPECT_EQ(exact_money("-12345.678901"), "-12345.678901 USD");
  EXPECT_EQ(exact_money("null"), "not known");
}

TEST(ReportNumbers, DurationsAreInTheUnitThatSuits) {
  EXPECT_EQ(shown_duration("0"), "0\u00A0ms");
  EXPECT_EQ(shown_duration("999.4"), "999\u00A0ms");
  EXPECT_EQ(shown_duration("999.6"), "1.00\u00A0s");
  EXPECT_EQ(shown_duration("1530"), "1.53\u00A0s");
  EXPECT_EQ(shown_duration("90000"), "1.5\u00A0min");
  EXPECT_EQ(shown_duration("11160000"), "3.1\u00A0h");
}

TEST(ReportNumbers, PercentHasTwoDigits) {
  EXPECT_EQ(shown_percent("3.2"), "3.20\u00A0%");
  EXPECT_EQ(shown_percent("-100"), "\u2212100.00\u00A0%");
}

TEST(ReportNumbers, AHugeNumberStaysShort) {
  const std::string huge = "1" + std::string(140, '0');
  for (const std::string& text : {shown_count(huge), shown_money(huge), shown_percent(huge),
                                  shown_duration(huge), shown_money("-" + huge)})
    EXPECT_LE(text.size(), 24U) << text;
  EXPECT_EQ(shown_count("1234567890123456"), "1.23e+15");
  EXPECT_EQ(shown_money("1e20"), "$1.00e+20");
}

TEST(ReportNumbers, WhatIsNoNumberIsNotShownAsOne) {
  for (const char* text : {"", "null", "nan", "inf", "-", "1x", "<b>", ".", "1e999", "0x10"}) {
    EXPECT_FALSE(number_of(text).has_value()) << text;
    EXPECT_EQ(shown_count(text), kNotKnown) << text;
    EXPECT_EQ(shown_money(text), kNotKnown) << text;
    EXPECT_EQ(shown_percent(text), kNotKnown) << text;
    EXPECT_EQ(shown_duration(text), kNotKnown) << text;
  }
}

}  // namespace
}  // namespace llmw
