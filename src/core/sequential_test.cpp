#include "core/sequential_test.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace llmw {

namespace {

constexpr int kBlockSize = ArmBlocks::kBlockSize;

/// Of `alpha`, what difference() spends on the ratio of the odds, and on the rate of each arm.
constexpr double kRatioShare = 0.8;
constexpr double kRateShare = 0.1;

constexpr auto kChoices = [] {
  std::array<std::array<double, kBlockSize + 1>, kBlockSize + 1> choices{};
  for (std::size_t n = 0; n <= kBlockSize; ++n) {
    choices[n][0] = 1;
    for (std::size_t k = 1; k <= n; ++k) choices[n][k] = choices[n - 1][k - 1] + choices[n - 1][k];
  }
  return choices;
}();

double choose(int n, int k) {
  return kChoices[static_cast<std::size_t>(n)][static_cast<std::size_t>(k)];
}

/// Logarithm of the sum, over how many of those that went well may be candidates, of the ways in
/// which they can be, each weighted by the ratio of the odds to that power.
double log_ways(int candidates, int well, double ratio, double log_ratio) {
  const int least = std::max(0, well - (kBlockSize - candidates));
  const int most = std::min(candidates, well);
  double ways = 0;
  for (int k = most; k >= least; --k)
    ways = ways * ratio + choose(candidates, k) * choose(kBlockSize - candidates, well - k);
  return std::log(ways) + least * log_ratio;
}

/// A ratio of the odds that the arms might have, and its part in the average.
struct WeightedRatio {
  double log_ratio;
  double log_weight;
};

/// Twenty per cent apart, so that whatever the number of requests some are near enough to the true
/// one; weighted by a Laplace distribution of which the middle half is a factor of less than 1.6.
constexpr double kLeastLogRatio = 0.02;
constexpr double kRatioStep = 1.2;
constexpr double kUsualLogRatio = 0.7;
constexpr std::size_t kRatiosPerSide = 31;

using WeightedRatios = std::array<WeightedRatio, 2 * kRatiosPerSide>;

WeightedRatios weighted_ratios() {
  WeightedRatios ratios{};
  double sum = 0;
  double log_ratio = kLeastLogRatio;
  for (std::size_t i = 0; i < kRatiosPerSide; ++i, log_ratio *= kRatioStep) {
    const double weight = log_ratio * std::exp(-log_ratio / kUsualLogRatio);
    ratios[2 * i] = {log_ratio, std::log(weight)};
    ratios[2 * i + 1] = {-log_ratio, std::log(weight)};
    sum += 2 * weight;
  }
  for (WeightedRatio& ratio : ratios) ratio.log_weight -= std::log(sum);
  return ratios;
}

/// Where between `inside` and `outside` a condition ends that holds at the first and not at the
/// second.
template <typename Number, typename Condition>
Number last_where(Number inside, Number outside, Condition holds) {
  for (int i = 0; i < 64; ++i) {
    const Number middle = inside + (outside - inside) / 2;
    if (middle == inside) break;
    (holds(middle) ? inside : outside) = middle;
  }
  return inside;
}

/// Logarithm of the mixture of all rates over the likelihood of `rate`.
double log_rate_evidence(std::int64_t hits, std::int64_t trials, double rate) {
  const auto good = static_cast<double>(hits);
  const auto bad = static_cast<double>(trials - hits);
  const double mixture = std::lgamma(good + 1) + std::lgamma(bad + 1) - std::lgamma(good + bad + 2);
  return mixture - (hits > 0 ? good * std::log(rate) : 0) -
         (hits < trials ? bad * std::log1p(-rate) : 0);
}

/// The rate whose odds are those of `rate` times the ratio.
double rate_times(double rate, double log_ratio) {
  const double ratio = std::exp(log_ratio);
  return rate * ratio / (1 - rate + rate * ratio);
}

/// How far above a rate of `from` one of `to` can be, if its odds are at most the ratio times as
/// high.
double greatest_difference(ConfidenceInterval from, ConfidenceInterval to, double log_ratio) {
  if (rate_times(from.low, log_ratio) >= to.high) return to.high - from.low;
  const double low = std::max(from.low, rate_times(to.low, -log_ratio));
  const double high = std::max(low, std::min(from.high, rate_times(to.high, -log_ratio)));
  const double most_changed = 1 / (1 + std::exp(log_ratio / 2));
  double greatest = -1;
  for (const double rate : {low, std::clamp(most_changed, low, high), high})
    greatest = std::max(greatest, rate_times(rate, log_ratio) - rate);
  return greatest;
}

}  // namespace

void ArmBlocks::add(bool is_candidate, bool went_well) {
  ++open_.requests;
  if (is_candidate) ++open_.candidates;
  if (went_well) ++open_.well;
  if (is_candidate && went_well) ++open_candidates_well_;
  Arm& arm = is_candidate ? candidate_ : control_;
  ++arm.requests;
  if (went_well) ++arm.well;
  if (open_.requests < kBlockSize) return;
  ++blocks_[static_cast<std::size_t>(open_.candidates)][static_cast<std::size_t>(open_.well)];
  candidates_well_ += open_candidates_well_;
  open_candidates_well_ = 0;
  open_ = {};
}

double ArmBlocks::log_likelihood(double log_ratio) const {
  const double ratio = std::exp(log_ratio);
  double sum = static_cast<double>(candidates_well_) * log_ratio;
  for (int candidates = 0; candidates <= kBlockSize; ++candidates) {
    const auto& by_well = blocks_[static_cast<std::size_t>(candidates)];
    for (int well = 0; well <= kBlockSize; ++well) {
      const std::int64_t count = by_well[static_cast<std::size_t>(well)];
      if (count > 0)
        sum -= static_cast<double>(count) * log_ways(candidates, well, ratio, log_ratio);
    }
  }
  return sum;
}

ArmBlocks::Mixture ArmBlocks::mix() const {
  Mixture mixture{0, log_likelihood(0)};
  const WeightedRatios ratios = weighted_ratios();
  std::array<double, ratios.size()> logs{};
  double likeliest = mixture.log_value;
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    const double likelihood = log_likelihood(ratios[i].log_ratio);
    logs[i] = likelihood + ratios[i].log_weight;
    if (likelihood > likeliest) {
      likeliest = likelihood;
      mixture.likeliest_log_ratio = ratios[i].log_ratio;
    }
  }
  const double greatest = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double log : logs) sum += std::exp(log - greatest);
  mixture.log_value = greatest + std::log(sum);
  return mixture;
}

double ArmBlocks::log_evidence() const { return mix().log_value - log_likelihood(0); }

ConfidenceInterval ArmBlocks::log_odds_ratio(double alpha) const {
  const Mixture mixture = mix();
  const double least = mixture.log_value + std::log(alpha);
  const auto bound = [&](double outermost) {
    const auto is_likely = [&](double log_ratio) { return log_likelihood(log_ratio) > least; };
    return is_likely(outermost) ? outermost
                                : last_where(mixture.likeliest_log_ratio, outermost, is_likely);
  };
  return {bound(-kLongestLogRatio), bound(kLongestLogRatio)};
}

ConfidenceInterval ArmBlocks::difference(double alpha) const {
  const auto rate_of = [&](const Arm& arm) {
    return rate_interval(arm.well, arm.requests, kRateShare * alpha);
  };
  const ConfidenceInterval control = rate_of(control_);
  const ConfidenceInterval candidate = rate_of(candidate_);
  const ConfidenceInterval ratio = log_odds_ratio(kRatioShare * alpha);
  return {-greatest_difference(candidate, control, -ratio.low),
          greatest_difference(control, candidate, ratio.high)};
}

ConfidenceInterval rate_interval(std::int64_t hits, std::int64_t trials, double alpha) {
  if (trials == 0) return {0, 1};
  const double observed = static_cast<double>(hits) / static_cast<double>(trials);
  const auto is_likely = [&](double rate) {
    return log_rate_evidence(hits, trials, rate) < -std::log(alpha);
  };
  return {hits == 0 ? 0 : last_where(observed, 0.0, is_likely),
          hits == trials ? 1 : last_where(observed, 1.0, is_likely)};
}

QuantileRanks quantile_ranks(std::int64_t count, double fraction, double alpha) {
  if (count < 0) throw Error(sqlstate::kInvalidParameterValue, "count must not be negative");
  if (!(fraction > 0 && fraction < 1))
    throw Error(sqlstate::kInvalidParameterValue, "fraction must be between 0 and 1");
  if (!(alpha > 0 && alpha < 1))
    throw Error(sqlstate::kInvalidParameterValue, "alpha must be between 0 and 1");
  const auto is_likely = [&](std::int64_t not_above) {
    return not_above >= 0 && not_above <= count &&
           log_rate_evidence(not_above, count, fraction) < -std::log(alpha);
  };
  const auto usual = static_cast<std::int64_t>(std::round(static_cast<double>(count) * fraction));
  return {last_where(usual, std::int64_t{-1}, is_likely),
          last_where(usual, count + 1, is_likely) + 1};
}

}  // namespace llmw
