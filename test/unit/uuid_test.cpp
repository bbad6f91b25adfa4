#include "core/uuid.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

TEST(Uuid7, GivesEveryMicrosecondBackSoThatAnIdFindsItsPartition) {
  constexpr std::int64_t kStart = 1'795'000'000'000'000;
  for (std::int64_t micros = kStart; micros < kStart + 3000; ++micros)
    ASSERT_EQ(uuid7_unix_micros(make_uuid7(micros, 0xFFFF'FFFF'FFFF'FFFF)), micros);
  EXPECT_EQ(uuid7_unix_micros(make_uuid7(0, 0)), 0);
}

TEST(Uuid7, CarriesVersionAndVariantOfTheRfc) {
  const std::string text = to_string(make_uuid7(1'795'000'000'123'456, 0));
  ASSERT_EQ(text.size(), 36u);
  EXPECT_EQ(text[14], '7');
  EXPECT_EQ(text[19], '8');
}

TEST(Uuid7, SortsByTime) {
  EXPECT_LT(to_string(make_uuid7(1'000'001, ~0ULL)), to_string(make_uuid7(1'000'002, 0)));
  EXPECT_LT(to_string(make_uuid7(1'999, ~0ULL)), to_string(make_uuid7(2'000, 0)));
}

TEST(Uuid7, DiffersByItsRandomPart) {
  EXPECT_NE(to_string(make_uuid7(5, 1)), to_string(make_uuid7(5, 2)));
}

TEST(ParseUuid, ReadsWhatToStringWrites) {
  const Uuid uuid = make_uuid7(1'795'000'000'123'456, 0xFEDC'BA98'7654'3210);
  EXPECT_EQ(parse_uuid(to_string(uuid)), uuid);
  EXPECT_EQ(parse_uuid("0192F0C1-0000-7000-8000-00000000000a"),
            parse_uuid("0192f0c1-0000-7000-8000-00000000000A"));
}

TEST(ParseUuid, RefusesAllElseSoThatNoOtherRequestIsMeant) {
  const std::string good = to_string(make_uuid7(1'795'000'000'123'456, 42));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = 'g';
    EXPECT_FALSE(parse_uuid(bad)) << bad;
    EXPECT_FALSE(parse_uuid(std::string_view(good).substr(0, at)));
  }
  EXPECT_FALSE(parse_uuid(good + "0"));
  EXPECT_FALSE(parse_uuid("0192f0c10000-7000-8000-00000000000a-"));
}

}  // namespace
}  // namespace llmw
