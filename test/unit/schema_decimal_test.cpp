#include "core/schema_decimal.hpp"

#include <gtest/gtest.h>

#include <string>

namespace llmw {
namespace {

bool multiple(const std::string& value, const std::string& divisor) {
  return Decimal(value).is_multiple_of(Decimal(divisor));
}

TEST(Decimal, OneValueHasOneCanonicalTextHoweverItIsWritten) {
  for (const char* one : {"1", "1.0", "1e0", "10e-1", "0.1e1", "1.000E+0"}) {
    EXPECT_EQ(Decimal(one).canonical(), Decimal("1").canonical()) << one;
  }
  for (const char* zero : {"0", "-0", "0.000", "0e400", "-0.0e-7"}) {
    EXPECT_EQ(Decimal(zero).canonical(), "0") << zero;
  }
  EXPECT_NE(Decimal("12").canonical(), Decimal("1.2").canonical());
  EXPECT_NE(Decimal("-1").canonical(), Decimal("1").canonical());
}

TEST(Decimal, IsComparedToTheLastDigit) {
  const char* ascending[] = {"-1e300",
                             "-10",
                             "-9.99",
                             "-0.001",
                             "0",
                             "1e-300",
                             "0.0999",
                             "0.1",
                             "9",
                             "9.000000000000000000000000000001",
                             "10",
                             "1e2",
                             "123456789012345678901234567890",
                             "123456789012345678901234567891"};
  for (std::size_t a = 0; a < std::size(ascending); ++a) {
    for (std::size_t b = 0; b < std::size(ascending); ++b) {
      EXPECT_EQ(Decimal(ascending[a]) < Decimal(ascending[b]), a < b)
          << ascending[a] << " " << ascending[b];
    }
  }
}

TEST(Decimal, KnowsIntegersHoweverTheyAreWritten) {
  for (const char* whole : {"0", "-5", "1.0", "1.5e1", "1e400", "120e-1"}) {
    EXPECT_TRUE(Decimal(whole).is_integer()) << whole;
  }
  for (const char* part : {"0.5", "1e-1", "15e-1", "-1.0001"}) {
    EXPECT_FALSE(Decimal(part).is_integer()) << part;
  }
}

TEST(Decimal, MultiplesAreExactAndHugeScalesAreCheap) {
  EXPECT_TRUE(multiple("19.99", "0.01"));
  EXPECT_TRUE(multiple("0.3", "0.1"));
  EXPECT_TRUE(multiple("1e400", "1e-400"));
  EXPECT_FALSE(multiple("1e308", "0.123456789"));
  EXPECT_TRUE(multiple("-7.5", "2.5"));
  EXPECT_FALSE(multiple("7.51", "2.5"));
  EXPECT_FALSE(multiple("1e400", "3"));
  EXPECT_FALSE(multiple("5", "10"));
  EXPECT_TRUE(multiple("999999999999999999000", "999999999999999999"));
  EXPECT_FALSE(multiple("999999999999999999001", "999999999999999999"));
}

TEST(Decimal, CountsAreExactOrRefused) {
  EXPECT_EQ(Decimal("12e1").as_count(1000), 120);
  EXPECT_EQ(Decimal("3.0").as_count(3), 3);
  EXPECT_EQ(Decimal("0").as_count(3), 0);
  for (const char* no : {"4", "-1", "1.5", "1e300"}) EXPECT_EQ(Decimal(no).as_count(3), -1) << no;
}

}  // namespace
}  // namespace llmw
