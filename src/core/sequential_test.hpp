#pragma once
// Two arms of an experiment compared by the share of requests that go well, and quantiles of what
// is measured. What is said holds at all times at once: one may look as often as one likes and stop
// because of what one saw, and is wrong with probability alpha at most, for any number of requests.
//
// Arms: the conditional sequential test of two proportions (Wald, Sequential Analysis, 1947), as a
// mixture. Requests are taken in blocks in the order in which they ended. Given how many of a block
// are the candidate's and how many went well, equal arms leave to chance which ones (Fisher's exact
// test), and odds that differ by a ratio make it a noncentral hypergeometric distribution. The
// likelihood of all blocks, averaged over ratios by weights fixed before (Robbins, Annals of
// Mathematical Statistics 41, 1970) and divided by that of the true ratio, is a martingale from 1,
// so it ever reaches 1 / alpha with probability alpha at most (Ville, 1939). Ratios against which
// it has not are the confidence sequence. Rates may change from block to block, and arms may have
// any share. How it compares with other such tests: Hao, Gruenwald, Lardy, Long and Adams, E-values
// for k-sample tests with exponential families, Sankhya A 86, 2024.
//
//   ArmBlocks blocks;
//   for (const Request& r : ended) blocks.add(r.is_candidate, r.went_well);
//   blocks.difference(0.05);  // of the rates, candidate less control: certain if 0 is outside

#include <array>
#include <cstdint>

namespace llmw {

struct ConfidenceInterval {
  double low = 0;
  double high = 0;
};

/// Trivially copyable: it may lie in memory that is freed without a destructor.
class ArmBlocks {
 public:
  /// An experiment loses 1 of so many requests to the unknown rate of each block, and waits for so
  /// many until it says anything.
  static constexpr int kBlockSize = 20;

  void add(bool is_candidate, bool went_well);

  /// The martingale against equal arms, as its logarithm: at log(1 / alpha) they are not.
  double log_evidence() const;

  /// Logarithm of the odds of the candidate over those of the control, within +-kLongestLogRatio.
  ConfidenceInterval log_odds_ratio(double alpha) const;

  /// Rate of the candidate less that of the control. Most of alpha is spent on the ratio of the
  /// odds, which decides on which side of 0 the interval is; the rates of the arms, here taken to
  /// be the same in all blocks, make a difference of it.
  ConfidenceInterval difference(double alpha) const;

  static constexpr double kLongestLogRatio = 20;

 private:
  static constexpr int kCounts = kBlockSize + 1;

  struct Arm {
    std::int64_t requests = 0;
    std::int64_t well = 0;
  };
  struct Block {
    int requests = 0;
    int candidates = 0;
    int well = 0;
  };

  /// The likelihood averaged over ratios, as its logarithm, and the likeliest of these.
  struct Mixture {
    double likeliest_log_ratio;
    double log_value;
  };

  double log_likelihood(double log_ratio) const;
  Mixture mix() const;

  std::array<std::array<std::int64_t, kCounts>, kCounts> blocks_{};  ///< by candidates and well
  std::int64_t candidates_well_ = 0;                                 ///< in whole blocks
  std::int64_t open_candidates_well_ = 0;
  Block open_;
  Arm control_;  ///< in all blocks
  Arm candidate_;
};

/// The rate of what happened `hits` times in `trials` (Robbins' beta-binomial mixture).
ConfidenceInterval rate_interval(std::int64_t hits, std::int64_t trials, double alpha);

/// Ranks, from 1, of the values between which a quantile lies; 0 and count + 1 stand for no bound.
struct QuantileRanks {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// Of `count` values that came one by one (Howard and Ramdas, Bernoulli 28, 2022, by the mixture
/// of rate_interval()). Throws llmw::Error 22023 unless count >= 0, 0 < fraction < 1 and
/// 0 < alpha < 1.
QuantileRanks quantile_ranks(std::int64_t count, double fraction, double alpha);

}  // namespace llmw
