#include "core/fair_share.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

constexpr std::int64_t kMany = 1'000'000;

TEST(FairShare, NothingQueuedTakesNothing) { EXPECT_TRUE(share_places({}, {}, 10).empty()); }

TEST(FairShare, AMillionJobsOfOneRoleDoNotStarveAnothers) {
  const auto shares =
      share_places({{"loud", "m", 9, 0, kMany}, {"quiet", "m", 0, 5, kMany}}, {{"loud", 90}}, 10);
  EXPECT_EQ(shares, (std::vector<std::int64_t>{0, 10}));
}

TEST(FairShare, RolesThatHaveEquallyManyShareEqually) {
  const auto shares = share_places({{"a", "m", 0, 0, kMany}, {"b", "m", 0, 0, kMany}}, {}, 10);
  EXPECT_EQ(shares, (std::vector<std::int64_t>{5, 5}));
}

TEST(FairShare, PlacesThatARoleCannotUseGoToTheOthers) {
  const auto shares = share_places({{"a", "m", 0, 0, 1}, {"b", "m", 0, 0, kMany}}, {}, 10);
  EXPECT_EQ(shares, (std::vector<std::int64_t>{1, 9}));
}

TEST(FairShare, AModelWithoutRateLeftTakesNothingAndHoldsUpNobody) {
  const auto shares = share_places({{"a", "limited", 5, 0, 0}, {"a", "free", 0, 0, kMany}}, {}, 4);
  EXPECT_EQ(shares, (std::vector<std::int64_t>{0, 4}));
}

TEST(FairShare, PriorityThenAgeDecideWithinARole) {
  const auto shares =
      share_places({{"a", "old", 0, 1, 2}, {"a", "urgent", 7, 9, 2}, {"a", "new", 0, 8, 2}}, {}, 3);
  EXPECT_EQ(shares, (std::vector<std::int64_t>{1, 2, 0}));
}

TEST(FairShare, NoPlaceIsGivenTwice) {
  const auto shares =
      share_places({{"a", "m", 0, 0, kMany}, {"b", "m", 0, 0, kMany}}, {{"a", 3}, {"b", 1}}, 3);
  EXPECT_EQ(shares[0] + shares[1], 3);
  EXPECT_GE(shares[1], 2);
}

}  // namespace
}  // namespace llmw
