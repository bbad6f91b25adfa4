#include "core/version.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

TEST(Version, PartsCountAsNumbers) {
  EXPECT_TRUE(compare_versions("1.2", "1.10") < 0);
  EXPECT_TRUE(compare_versions("10.0", "9.9") > 0);
  EXPECT_TRUE(compare_versions("0.1.0", "1.0") < 0);
  EXPECT_TRUE(compare_versions("1.02", "1.2") == 0);
}

TEST(Version, MissingPartIsZero) {
  EXPECT_TRUE(compare_versions("1", "1.0.0") == 0);
  EXPECT_TRUE(compare_versions("1.0", "1.0.1") < 0);
  EXPECT_TRUE(compare_versions("", "0") == 0);
}

TEST(Version, WordsAreOrderedAsTexts) {
  EXPECT_TRUE(compare_versions("1.0-beta1", "1.0-beta2") < 0);
  EXPECT_TRUE(compare_versions("1.0", "unpackaged") != 0);
  EXPECT_TRUE(compare_versions("1.2", "1.beta") < 0);
  EXPECT_TRUE(compare_versions("1.beta", "1.2") > 0);
  EXPECT_TRUE(compare_versions("unpackaged", "unpackaged") == 0);
}

TEST(Version, NumbersBeyondTheirTypeAreNotCutOff) {
  EXPECT_TRUE(compare_versions("99999999999999999999", "99999999999999999998") != 0);
}

}  // namespace
}  // namespace llmw
