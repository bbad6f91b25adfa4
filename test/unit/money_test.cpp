#include "core/money.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace llmw {
namespace {

std::string cost(const char* input_price, const char* output_price, Usage usage) {
  const Price price{*parse_price(input_price), *parse_price(output_price), {}, {}};
  return cost_of(usage, price).to_string();
}

Usage plain(std::int64_t input, std::int64_t output) { return {input, 0, 0, output, 0}; }

TEST(Money, GoldenFiguresOfTheDocumentsAreExact) {
  EXPECT_EQ(cost("0.05", "0.20", plain(861, 5683)), "0.00117965");
  EXPECT_EQ(cost("0.15", "0.60", plain(2000, 1500)), "0.0012");
  EXPECT_EQ(cost("3", "15", plain(2000, 1500)), "0.0285");
}

TEST(Money, AMonthOfGoldenRequestsAddsUpWithoutDrift) {
  const Price mini{*parse_price("0.15"), *parse_price("0.60"), {}, {}};
  const Price sonnet{*parse_price("3.00"), *parse_price("15.00"), {}, {}};
  Money strong_only;
  Money with_fallback;
  for (int i = 0; i < 10'000; ++i) {
    strong_only += cost_of(plain(2000, 1500), sonnet);
    with_fallback += cost_of(plain(2000, 1500), mini);
    if (i % 20 == 0) with_fallback += cost_of(plain(2000, 1500), sonnet);
  }
  EXPECT_EQ(strong_only.to_string(), "285");
  EXPECT_EQ(with_fallback.to_string(), "26.25");
}

TEST(Money, EveryKindOfTokenIsPricedAtItsOwnRateOnce) {
  const Price price{100, 1'000'000, 10, 125};
  const Usage usage{1000, 300, 200, 7, 5};
  EXPECT_EQ(cost_of(usage, price).units(), 500 * 100 + 300 * 10 + 200 * 125 + 7 * 1'000'000);
}

TEST(Money, CachedTokensCostWhatInputCostsWhenNoCachePriceIsKnown) {
  const Price price{100, 0, {}, {}};
  EXPECT_EQ(cost_of({1000, 300, 200, 0, 0}, price).units(), 1000 * 100);
}

TEST(Money, TheLargestCostDoesNotOverflow) {
  const std::int64_t dearest = *parse_price("999999.99999999");
  const Price price{dearest, dearest, {}, {}};
  const std::int64_t tokens = std::int64_t{1} << 31;
  EXPECT_EQ(cost_of(plain(tokens, 0), price).to_string(), "2147483647.99997852516352");
  Money total;
  for (int i = 0; i < 1000; ++i) total += cost_of(plain(tokens, tokens), price);
  EXPECT_EQ(total.to_string(), "4294967295999.95705032704");
}

TEST(Money, TextHasNoTrailingZerosNoExponentAndALeadingZero) {
  EXPECT_EQ(Money().to_string(), "0");
  EXPECT_EQ(Money::from_units(1).to_string(), "0.00000000000001");
  EXPECT_EQ(Money::from_units(1'250'000'000'000'000).to_string(), "12.5");
  EXPECT_EQ(Money::from_units(100'000'000'000'000).to_string(), "1");
  EXPECT_EQ(Money::from_units(2'000'000'000'000'000).to_string(), "20");
}

TEST(Money, ComparesAndAdds) {
  EXPECT_LT(Money::from_units(1), Money::from_units(2));
  EXPECT_FALSE(Money::from_units(2) < Money::from_units(2));
  EXPECT_EQ(Money::from_units(1) + Money::from_units(2), Money::from_units(3));
}

TEST(ParsePrice, ReadsPlainDecimalsExactly) {
  EXPECT_EQ(parse_price("0"), 0);
  EXPECT_EQ(parse_price("0.15"), 15'000'000);
  EXPECT_EQ(parse_price("2.50"), 250'000'000);
  EXPECT_EQ(parse_price("0.00000001"), 1);
  EXPECT_EQ(parse_price("0.0750000000000"), 7'500'000);
  EXPECT_EQ(parse_price("999999.99999999"), 99'999'999'999'999);
  EXPECT_EQ(parse_price("007"), 700'000'000);
}

TEST(ParsePrice, RefusesWhatWouldBeRoundedOrMisread) {
  for (const char* text :
       {"", ".", ".5", "5.", "-1", "+1", "1e3", "0x10", " 1", "1 ", "1,5", "1.2.3", "NaN",
        "Infinity", "0.000000001", "1000000", "1000000.0", "99999999999999999999999999"}) {
    EXPECT_EQ(parse_price(text), std::nullopt) << text;
  }
}

TEST(Money, SubtractionIsExactAndNeverGoesBelowZero) {
  EXPECT_EQ((*parse_money("0.3") - *parse_money("0.1")).to_string(), "0.2");
  EXPECT_EQ(*parse_money("7") - *parse_money("7"), Money());
  EXPECT_THROW(*parse_money("0.1") - *parse_money("0.10000000000001"), Error);
}

TEST(Money, AmountsAreReadAsTheyArePrinted) {
  for (const char* text : {"0", "12.5", "0.00000000000001", "999999999999999999.99999999999999"})
    EXPECT_EQ(parse_money(text)->to_string(), text);
  EXPECT_EQ(parse_money("007.500000000000000000")->to_string(), "7.5");
}

TEST(Money, WhatIsNoPlainDecimalIsNoAmount) {
  for (const char* text : {"", ".", "1.", ".5", "-1", "+1", "1e3", " 1", "1 ", "0x1", "NaN", "1,5",
                           "0.000000000000001", "1000000000000000000"})
    EXPECT_EQ(parse_money(text), std::nullopt) << text;
}

TEST(Money, AmountsAreOrderedByValue) {
  EXPECT_LT(*parse_money("0.9"), *parse_money("0.90000000000001"));
  EXPECT_GE(*parse_money("10"), *parse_money("9.99"));
}

}  // namespace
}  // namespace llmw
