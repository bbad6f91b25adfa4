#include "core/service_tier.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

TEST(ServiceTier, EachNameLeadsToItsTierAndBack) {
  for (const ServiceTier tier :
       {ServiceTier::standard, ServiceTier::batch, ServiceTier::flex, ServiceTier::priority})
    EXPECT_EQ(parse_service_tier(to_string(tier)), tier);
  EXPECT_EQ(to_string(ServiceTier::priority), "priority");
}

TEST(ServiceTier, OtherNamesAreNotTakenForStandard) {
  for (const char* name : {"", "Standard", "batches", "fast", "standard "})
    EXPECT_EQ(parse_service_tier(name), std::nullopt) << name;
}

TEST(ServiceTier, TheWordsOfProvidersLeadToTheTierThatTheyBill) {
  EXPECT_EQ(billed_service_tier("default"), ServiceTier::standard);
  EXPECT_EQ(billed_service_tier("auto"), ServiceTier::standard);
  EXPECT_EQ(billed_service_tier(""), ServiceTier::standard);
  EXPECT_EQ(billed_service_tier("flex"), ServiceTier::flex);
  EXPECT_EQ(billed_service_tier("batch"), ServiceTier::batch);
  EXPECT_EQ(billed_service_tier("priority"), ServiceTier::priority);
  EXPECT_EQ(billed_service_tier("fast"), ServiceTier::priority);
}

}  // namespace
}  // namespace llmw
