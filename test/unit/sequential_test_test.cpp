#include "core/sequential_test.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "core/error.hpp"

namespace llmw {
namespace {

/// Numbers that are the same with every standard library, unlike those of its distributions.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}

  /// From 0, below 1.
  double draw() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  bool happens(double probability) { return draw() < probability; }

 private:
  std::mt19937_64 engine_;
};

struct Setting {
  double control_rate;
  double candidate_rate;
  double share;
  int requests_per_day;
  int days;
  int minimum_sample;
};

struct Outcome {
  bool adopted = false;
  bool halted = false;
  int requests = 0;
};

/// What comes of looking each day, until the candidate is adopted or halted or the days are over.
Outcome run_experiment(const Setting& setting, Chance& chance) {
  ArmBlocks blocks;
  std::array<int, 2> arms{};
  Outcome outcome;
  for (int day = 0; day < setting.days && !outcome.adopted && !outcome.halted; ++day) {
    for (int i = 0; i < setting.requests_per_day; ++i) {
      const bool is_candidate = chance.happens(setting.share);
      ++arms[is_candidate ? 1 : 0];
      blocks.add(is_candidate,
                 chance.happens(is_candidate ? setting.candidate_rate : setting.control_rate));
    }
    outcome.requests = arms[0] + arms[1];
    const bool is_enough = std::min(arms[0], arms[1]) >= setting.minimum_sample;
    // Most days need no interval.
    const double evidence = blocks.log_evidence();
    if (evidence < std::log(20)) continue;
    const ConfidenceInterval difference = blocks.difference(0.05);
    outcome.adopted = is_enough && difference.low > 0;
    outcome.halted = evidence >= std::log(200) && difference.high < 0;
  }
  return outcome;
}

struct Shares {
  double adopted = 0;
  double halted = 0;
  int median_requests = 0;  ///< of those that were adopted
};

Shares run_experiments(int experiments, const Setting& setting, std::uint64_t seed) {
  Chance chance(seed);
  Shares shares;
  std::vector<int> requests;
  for (int i = 0; i < experiments; ++i) {
    const Outcome outcome = run_experiment(setting, chance);
    if (outcome.adopted) requests.push_back(outcome.requests);
    if (outcome.adopted) shares.adopted += 1.0 / experiments;
    if (outcome.halted) shares.halted += 1.0 / experiments;
  }
  std::sort(requests.begin(), requests.end());
  if (!requests.empty()) shares.median_requests = requests[requests.size() / 2];
  return shares;
}

// The promise of the documentation: 1,000 experiments between a model and itself, looked at on each
// of 60 days.
TEST(SequentialTest, EqualArmsAreNeverAdoptedMoreOftenThanPromisedHoweverOftenOneLooks) {
  const Shares shares = run_experiments(1000, {0.90, 0.90, 0.5, 40, 60, 50}, 1);
  RecordProperty("false_adoptions_per_1000", std::lround(1000 * shares.adopted));
  RecordProperty("false_halts_per_1000", std::lround(1000 * shares.halted));
  EXPECT_LE(shares.adopted, 0.05);
  EXPECT_LE(shares.halted, 0.01);
}

// Where tests by the normal distribution fail: few requests, rare failures, one small arm.
TEST(SequentialTest, SmallSharesAndRareFailuresMakeNoFalseAdoptions) {
  for (const double rate : {0.5, 0.9, 0.98})
    for (const double share : {0.1, 0.9}) {
      const Shares shares = run_experiments(200, {rate, rate, share, 20, 60, 20}, 2);
      EXPECT_LE(shares.adopted, 0.04) << rate << ' ' << share;
      EXPECT_LE(shares.halted, 0.01) << rate << ' ' << share;
    }
}

// The table of docs/experiments.md.
TEST(SequentialTest, BetterCandidatesAreAdoptedWithTheStatedPower) {
  struct Row {
    double control;
    double candidate;
    int requests;
    double power;
  };
  const Row rows[] = {{0.70, 0.90, 500, 0.95},  {0.80, 0.90, 1000, 0.80}, {0.80, 0.90, 2000, 0.98},
                      {0.90, 0.95, 2000, 0.75}, {0.90, 0.95, 4000, 0.97}, {0.95, 0.98, 4000, 0.95}};
  for (const Row& row : rows) {
    const Setting setting{row.control, row.candidate, 0.5, 50, row.requests / 50, 50};
    const Shares shares = run_experiments(200, setting, 3);
    EXPECT_GE(shares.adopted, row.power)
        << row.control << " to " << row.candidate << ", " << row.requests;
    EXPECT_EQ(shares.halted, 0);
  }
}

TEST(SequentialTest, WorseCandidatesAreHaltedSoon) {
  const Shares broken = run_experiments(200, {0.90, 0.50, 0.5, 20, 10, 1000}, 4);
  EXPECT_GE(broken.halted, 0.98);
  const Shares poor = run_experiments(200, {0.95, 0.80, 0.5, 20, 30, 1000}, 4);
  EXPECT_GE(poor.halted, 0.9);
  EXPECT_EQ(poor.adopted, 0);
}

// At each of many looks, whatever the rates do meanwhile.
TEST(SequentialTest, IntervalsHoldTheTruthAtAllLooksAtOnce) {
  Chance chance(5);
  int ever_wrong = 0;
  for (int i = 0; i < 100; ++i) {
    ArmBlocks blocks;
    bool is_wrong = false;
    for (int look = 0; look < 20; ++look) {
      for (int k = 0; k < 40; ++k) {
        const bool is_candidate = chance.happens(0.3);
        blocks.add(is_candidate, chance.happens(is_candidate ? 0.75 : 0.90));
      }
      const ConfidenceInterval difference = blocks.difference(0.05);
      is_wrong |= difference.low > -0.15 || difference.high < -0.15;
    }
    ever_wrong += is_wrong ? 1 : 0;
  }
  EXPECT_LE(ever_wrong, 5);
}

TEST(SequentialTest, RatesThatDriftAreNotTakenForADifference) {
  Chance chance(6);
  int found = 0;
  for (int i = 0; i < 200; ++i) {
    ArmBlocks blocks;
    // The candidate has most requests on the good days, and few on the bad ones.
    for (int day = 0; day < 40; ++day) {
      const bool is_good = day % 2 == 0;
      for (int k = 0; k < 40; ++k)
        blocks.add(chance.happens(is_good ? 0.8 : 0.2), chance.happens(is_good ? 0.98 : 0.6));
    }
    const ConfidenceInterval ratio = blocks.log_odds_ratio(0.04);
    found += ratio.low > 0 || ratio.high < 0 ? 1 : 0;
  }
  EXPECT_LE(found, 8);
}

ArmBlocks blocks_of(int blocks, int candidates, int well, int candidates_well) {
  ArmBlocks made;
  for (int block = 0; block < blocks; ++block)
    for (int i = 0; i < ArmBlocks::kBlockSize; ++i) {
      const bool is_candidate = i < candidates;
      const int place = is_candidate ? i : i - candidates;
      made.add(is_candidate, place < (is_candidate ? candidates_well : well - candidates_well));
    }
  return made;
}

// The likelihoods by hand: of 20 with 10 candidates and 1 failure, it is a candidate's with
// probability 1/2 if the arms are equal, and 1 / (1 + r) if the odds of the candidate are r times.
TEST(SequentialTest, EvidenceIsTheAverageOfLikelihoodRatios) {
  const double evidence = std::exp(blocks_of(1, 10, 19, 9).log_evidence());
  const double other = std::exp(blocks_of(1, 10, 19, 10).log_evidence());
  EXPECT_NEAR(evidence, 1, 1e-12) << "one failure tells nothing: ratios are weighted alike";
  EXPECT_NEAR(other, evidence, 1e-12);
  // Over all that can happen the evidence averages 1: it is a martingale.
  double mean = 0;
  for (int k = 5; k <= 10; ++k) {
    const auto choose = [](int n, int of) {
      return std::exp(std::lgamma(n + 1) - std::lgamma(of + 1) - std::lgamma(n - of + 1));
    };
    mean += choose(10, k) * choose(10, 15 - k) / choose(20, 15) *
            std::exp(blocks_of(1, 10, 15, k).log_evidence());
  }
  EXPECT_NEAR(mean, 1, 1e-9);
}

TEST(SequentialTest, NothingIsSaidWithoutAWholeBlockOrASecondArm) {
  ArmBlocks blocks;
  EXPECT_NEAR(blocks.log_evidence(), 0, 1e-9);
  const ConfidenceInterval nothing = blocks.difference(0.05);
  EXPECT_NEAR(nothing.low, -1, 1e-3);
  EXPECT_NEAR(nothing.high, 1, 1e-3);
  for (int i = 0; i < ArmBlocks::kBlockSize - 1; ++i) blocks.add(i % 2 == 0, i % 2 == 0);
  EXPECT_NEAR(blocks.log_evidence(), 0, 1e-9);
  blocks.add(true, true);
  EXPECT_GT(blocks.log_evidence(), std::log(5));

  ArmBlocks one_arm;
  for (int i = 0; i < 400; ++i) one_arm.add(true, i % 3 == 0);
  EXPECT_NEAR(one_arm.log_evidence(), 0, 1e-9);
  EXPECT_LT(one_arm.difference(0.05).low, 0);
  EXPECT_GT(one_arm.difference(0.05).high, 0);
}

TEST(SequentialTest, TheOrderWithinABlockDoesNotMatter) {
  ArmBlocks forwards;
  ArmBlocks backwards;
  for (int i = 0; i < ArmBlocks::kBlockSize; ++i) {
    const int j = ArmBlocks::kBlockSize - 1 - i;
    forwards.add(i % 3 == 0, i % 4 == 0);
    backwards.add(j % 3 == 0, j % 4 == 0);
  }
  EXPECT_EQ(forwards.log_evidence(), backwards.log_evidence());
}

TEST(SequentialTest, AllWellAndNoneWellAreDifferentForCertain) {
  const ArmBlocks blocks = blocks_of(10, 10, 10, 10);
  EXPECT_GT(blocks.log_evidence(), std::log(1e20));
  const ConfidenceInterval difference = blocks.difference(0.05);
  EXPECT_GT(difference.low, 0.8);
  EXPECT_LE(difference.high, 1);
  const ConfidenceInterval contrary = blocks_of(10, 10, 10, 0).difference(0.05);
  EXPECT_NEAR(contrary.high, -difference.low, 1e-9);
}

// An arm without any failure may have a rate of 1, which no ratio of odds changes.
TEST(SequentialTest, FailuresOfOneArmAloneAreADifference) {
  const ArmBlocks blocks = blocks_of(25, 10, 19, 9);
  EXPECT_GT(blocks.log_evidence(), std::log(1000));
  const ConfidenceInterval difference = blocks.difference(0.05);
  EXPECT_LT(difference.low, -0.1);
  EXPECT_LT(difference.high, 0);
  EXPECT_GT(blocks_of(25, 10, 19, 10).difference(0.05).low, 0);
  EXPECT_GT(blocks_of(25, 10, 1, 1).difference(0.05).low, 0);
  EXPECT_LT(blocks_of(25, 10, 1, 0).difference(0.05).high, 0);
}

// Of the 0.05, the ratio of the odds may be wrong with 0.04: evidence of 25 decides.
TEST(SequentialTest, TheRatioOfTheOddsDecidesOnWhichSideOfZeroTheDifferenceIs) {
  int undecided = 0;
  for (int blocks = 1; blocks <= 12; ++blocks) {
    const ArmBlocks better = blocks_of(blocks, 10, 18, 10);
    const bool is_decided = better.log_evidence() > std::log(25);
    EXPECT_EQ(better.difference(0.05).low > 0, is_decided) << blocks;
    EXPECT_EQ(blocks_of(blocks, 10, 18, 8).difference(0.05).high < 0, is_decided) << blocks;
    undecided += is_decided ? 0 : 1;
  }
  EXPECT_GT(undecided, 1);
  EXPECT_LT(undecided, 11);
}

TEST(SequentialTest, ArmsWithoutFailuresAreNearEachOther) {
  const ConfidenceInterval difference = blocks_of(50, 10, 20, 10).difference(0.05);
  EXPECT_GT(difference.low, -0.05);
  EXPECT_LT(difference.high, 0.05);
}

TEST(SequentialTest, MillionsOfRequestsAreExactEnough) {
  const ArmBlocks blocks = blocks_of(200'000, 10, 18, 9);
  const ConfidenceInterval difference = blocks.difference(0.05);
  EXPECT_LT(blocks.log_evidence(), 0);
  EXPECT_LT(difference.low, 0);
  EXPECT_GT(difference.high, 0);
  EXPECT_LT(difference.high - difference.low, 0.01);
}

TEST(RateInterval, HoldsTheRateAndNarrowsWithTrials) {
  const ConfidenceInterval few = rate_interval(9, 10, 0.05);
  const ConfidenceInterval many = rate_interval(9000, 10'000, 0.05);
  EXPECT_LT(few.low, many.low);
  EXPECT_GT(few.high, many.high);
  EXPECT_NEAR(many.low, 0.887, 0.002);
  EXPECT_NEAR(many.high, 0.912, 0.002);
  EXPECT_EQ(rate_interval(0, 0, 0.05).low, 0);
  EXPECT_EQ(rate_interval(0, 0, 0.05).high, 1);
  EXPECT_EQ(rate_interval(10, 10, 0.05).high, 1);
  EXPECT_EQ(rate_interval(0, 10, 0.05).low, 0);
}

TEST(QuantileRanks, HaveNoBoundForFewValues) {
  EXPECT_EQ(quantile_ranks(0, 0.5, 0.05).low, 0);
  EXPECT_EQ(quantile_ranks(0, 0.5, 0.05).high, 1);
  EXPECT_EQ(quantile_ranks(5, 0.5, 0.05).low, 0);
  EXPECT_EQ(quantile_ranks(5, 0.5, 0.05).high, 6);
  EXPECT_EQ(quantile_ranks(20, 0.95, 0.05).high, 21);
}

TEST(QuantileRanks, LieAroundTheQuantile) {
  const QuantileRanks median = quantile_ranks(1000, 0.5, 0.05);
  EXPECT_EQ(median.low, 445);
  EXPECT_EQ(median.high, 556);
  const QuantileRanks high = quantile_ranks(1000, 0.95, 0.05);
  EXPECT_EQ(high.low, 923);
  EXPECT_EQ(high.high, 975);
}

// Of uniform numbers the quantile is the fraction, and ranks count how many are below.
TEST(QuantileRanks, HoldTheQuantileAtAllLooksAtOnce) {
  Chance chance(7);
  int ever_wrong = 0;
  for (int i = 0; i < 400; ++i) {
    std::int64_t below = 0;
    bool is_wrong = false;
    for (int count = 1; count <= 400; ++count) {
      below += chance.happens(0.9) ? 1 : 0;
      if (count % 10 != 0) continue;
      const QuantileRanks ranks = quantile_ranks(count, 0.9, 0.05);
      is_wrong |= below < ranks.low || below >= ranks.high;
    }
    ever_wrong += is_wrong ? 1 : 0;
  }
  EXPECT_LE(ever_wrong, 20);
}

TEST(QuantileRanks, ArgumentsOutOfRangeAreRefused) {
  EXPECT_THROW(quantile_ranks(-1, 0.5, 0.05), Error);
  for (const double wrong : {0.0, 1.0, -0.5, std::nan("")}) {
    EXPECT_THROW(quantile_ranks(10, wrong, 0.05), Error);
    EXPECT_THROW(quantile_ranks(10, 0.5, wrong), Error);
  }
}

}  // namespace
}  // namespace llmw
