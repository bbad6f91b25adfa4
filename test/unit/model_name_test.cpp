#include "core/model_name.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

TEST(ModelName, BothFormsOfADateAreTakenOff) {
  EXPECT_EQ(without_date("gpt-4o-2024-08-06"), "gpt-4o");
  EXPECT_EQ(without_date("claude-sonnet-4-20250514"), "claude-sonnet-4");
  EXPECT_EQ(without_date("openai/gpt-4o-2024-08-06"), "openai/gpt-4o");
  EXPECT_EQ(without_date("x-20000101"), "x");
}

TEST(ModelName, ANumberThatIsNoDateIsPartOfTheName) {
  for (const char* name :
       {"gpt-4", "gpt-4-0613", "gpt-4o-latest", "m-2024-13-06", "m-2024-00-06", "m-2024-08-00",
        "m-2024-08-32", "m-20241306", "m-20240832", "m-19991231", "m-1999-12-31", "m-2024-8-6",
        "m-2024-08-06-preview", "m-2024_08_06", "m20240806", "m-120240806", "m-2024080a", "-", ""})
    EXPECT_EQ(without_date(name), std::nullopt) << name;
}

TEST(ModelName, ADateAloneIsNoModel) {
  EXPECT_EQ(without_date("-2024-08-06"), std::nullopt);
  EXPECT_EQ(without_date("-20240806"), std::nullopt);
}

TEST(ModelName, OnlyOneDateIsTakenOff) {
  EXPECT_EQ(without_date("m-2024-08-06-2024-08-07"), "m-2024-08-06");
}

TEST(ModelName, TheProviderIsWhatComesBeforeTheFirstSlash) {
  const auto parts = split_provider("openrouter/openai/gpt-4o");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->provider, "openrouter");
  EXPECT_EQ(parts->model, "openai/gpt-4o");
}

TEST(ModelName, NamesWithoutAProviderOrWithoutAModelAreNotParted) {
  for (const char* name : {"gpt-4o", "/gpt-4o", "openai/", "/", ""})
    EXPECT_FALSE(split_provider(name)) << name;
}

}  // namespace
}  // namespace llmw
