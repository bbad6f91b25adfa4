#include "core/mergeable_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "core/error.hpp"

namespace llmw {
namespace {

constexpr double kErrorBound = 0.025;

MergeableHistogram histogram_of(const std::vector<std::int64_t>& latencies) {
  MergeableHistogram histogram;
  for (const std::int64_t ms : latencies) histogram.add(ms);
  return histogram;
}

std::vector<std::int64_t> pairs_of(const MergeableHistogram& histogram) {
  std::vector<std::int64_t> pairs(histogram.pairs_size());
  histogram.write_pairs(pairs.data());
  return pairs;
}

/// Spread over all magnitudes, so that each bucket is met.
std::vector<std::int64_t> random_latencies(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<std::int64_t> latencies(count);
  for (std::int64_t& ms : latencies)
    ms = static_cast<std::int64_t>(random() >> (1 + random() % 63));
  return latencies;
}

/// As PostgreSQL's percentile_disc().
std::int64_t exact_percentile(std::vector<std::int64_t> latencies, double fraction) {
  std::sort(latencies.begin(), latencies.end());
  const double rank = std::ceil(fraction * static_cast<double>(latencies.size()));
  return latencies[rank < 1 ? 0 : static_cast<std::size_t>(rank) - 1];
}

std::string sqlstate_of_pairs(const std::vector<std::int64_t>& pairs) {
  MergeableHistogram histogram;
  try {
    histogram.add_pairs(pairs);
  } catch (const Error& error) {
    return error.sqlstate();
  }
  return "none";
}

TEST(MergeableHistogram, EachLatencyIsReportedWithinTheErrorBound) {
  std::vector<std::int64_t> latencies = random_latencies(100'000, 1);
  for (int power = 0; power < 63; ++power)
    for (std::int64_t near = -2; near <= 2; ++near) {
      const std::int64_t ms = (std::int64_t{1} << power) + near;
      if (ms >= 0) latencies.push_back(ms);
    }
  latencies.push_back(std::numeric_limits<std::int64_t>::max());
  for (const std::int64_t ms : latencies) {
    const double reported = *histogram_of({ms}).percentile(0.5);
    ASSERT_LE(std::abs(reported - static_cast<double>(ms)), static_cast<double>(ms) * kErrorBound)
        << ms;
  }
}

TEST(MergeableHistogram, BelowFortyMillisecondsNothingIsRounded) {
  for (std::int64_t ms = 0; ms < 40; ++ms)
    EXPECT_EQ(*histogram_of({ms}).percentile(1), static_cast<double>(ms));
}

TEST(MergeableHistogram, BucketsAreThoseThatStoredHistogramsWereMadeWith) {
  EXPECT_EQ(MergeableHistogram::kBuckets, 865);
  EXPECT_EQ(histogram_of({0, 1, 39, 40, 41, 42, 180, 1000, 60'000, 3'600'000}).to_text(),
            "{0,1,1,1,39,1,40,2,41,1,74,1,110,1,194,1,278,1}");
}

TEST(MergeableHistogram, PercentilesAreThoseOfTheLatenciesThemselves) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const std::vector<std::int64_t> latencies = random_latencies(1 + seed * 37, seed);
    const MergeableHistogram histogram = histogram_of(latencies);
    for (const double fraction : {0.0, 0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      const auto exact = static_cast<double>(exact_percentile(latencies, fraction));
      ASSERT_NEAR(*histogram.percentile(fraction), exact, exact * kErrorBound) << fraction;
    }
  }
}

TEST(MergeableHistogram, ASumIsTheHistogramOfTheUnionInAnyOrder) {
  std::vector<std::int64_t> all = random_latencies(3'000, 7);
  const MergeableHistogram whole = histogram_of(all);
  std::shuffle(all.begin(), all.end(), std::mt19937_64(8));
  const MergeableHistogram first = histogram_of({all.begin(), all.begin() + 1'000});
  const MergeableHistogram second = histogram_of({all.begin() + 1'000, all.begin() + 1'001});
  const MergeableHistogram third = histogram_of({all.begin() + 1'001, all.end()});
  MergeableHistogram forth = first;
  forth.merge(second);
  forth.merge(third);
  MergeableHistogram back;
  back.add_pairs(pairs_of(third));
  back.add_pairs(pairs_of(second));
  back.add_pairs(pairs_of(first));
  EXPECT_EQ(forth.to_text(), whole.to_text());
  EXPECT_EQ(back.to_text(), whole.to_text());
  EXPECT_EQ(forth.count(), 3'000);
  EXPECT_EQ(forth.percentile(0.95), whole.percentile(0.95));
}

TEST(MergeableHistogram, WithoutLatenciesThereIsNoPercentile) {
  const MergeableHistogram empty;
  EXPECT_EQ(empty.percentile(0.5), std::nullopt);
  EXPECT_EQ(empty.count(), 0);
  EXPECT_EQ(empty.to_text(), "{}");
  EXPECT_EQ(empty.pairs_size(), 0U);
}

TEST(MergeableHistogram, TheEndsAreTheLeastAndTheGreatest) {
  const MergeableHistogram histogram = histogram_of({3, 7, 11});
  EXPECT_EQ(*histogram.percentile(0), 3);
  EXPECT_EQ(*histogram.percentile(1.0 / 3), 3);
  EXPECT_EQ(*histogram.percentile(0.34), 7);
  EXPECT_EQ(*histogram.percentile(1), 11);
}

TEST(MergeableHistogram, AFractionOutsideOfItsRangeIsRefused) {
  const MergeableHistogram histogram = histogram_of({1});
  for (const double fraction : {-0.01, 1.01, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_THROW(histogram.percentile(fraction), Error);
    EXPECT_THROW(MergeableHistogram().percentile(fraction), Error);
  }
}

TEST(MergeableHistogram, ANegativeLatencyCountsAsNone) {
  EXPECT_EQ(histogram_of({-1, std::numeric_limits<std::int64_t>::min()}).to_text(), "{0,2}");
}

TEST(MergeableHistogram, PairsThatAreNoHistogramAreRefused) {
  EXPECT_EQ(sqlstate_of_pairs({}), "none");
  EXPECT_EQ(sqlstate_of_pairs({0, 1, 864, 1}), "none");
  EXPECT_EQ(sqlstate_of_pairs({1}), "22023");
  EXPECT_EQ(sqlstate_of_pairs({1, 1, 2}), "22023");
  EXPECT_EQ(sqlstate_of_pairs({1, 0}), "22023");
  EXPECT_EQ(sqlstate_of_pairs({1, -1}), "22023");
  EXPECT_EQ(sqlstate_of_pairs({-1, 1}), "22023");
  EXPECT_EQ(sqlstate_of_pairs({865, 1}), "22023");
  EXPECT_EQ(sqlstate_of_pairs({std::int64_t{1} << 32, 1}), "22023");
  EXPECT_EQ(sqlstate_of_pairs({2, 1, 1, 1}), "22023");
  EXPECT_EQ(sqlstate_of_pairs({1, 1, 1, 1}), "22023");
}

TEST(MergeableHistogram, CountsThatOverflowAreRefused) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(sqlstate_of_pairs({5, kMost}), "none");
  EXPECT_EQ(sqlstate_of_pairs({5, kMost, 6, 1}), "22003");
  MergeableHistogram full;
  full.add_pairs(std::vector<std::int64_t>{5, kMost});
  EXPECT_THROW(full.merge(full), Error);
  EXPECT_THROW(full.add(1), Error);
  EXPECT_EQ(full.count(), kMost);
  EXPECT_EQ(*full.percentile(1), 5);
}

}  // namespace
}  // namespace llmw
