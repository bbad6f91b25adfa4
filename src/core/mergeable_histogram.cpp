#include "core/mergeable_histogram.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.hpp"

namespace llmw {

namespace {

constexpr int kBuckets = MergeableHistogram::kBuckets;

constexpr auto kLowerBounds = [] {
  std::array<std::int64_t, kBuckets> bounds{};
  for (std::size_t i = 1; i < bounds.size(); ++i) bounds[i] = next_bucket_bound(bounds[i - 1]);
  return bounds;
}();

int bucket_of(std::int64_t ms) {
  const auto* above = std::upper_bound(kLowerBounds.begin(), kLowerBounds.end(), ms);
  return static_cast<int>(above - kLowerBounds.begin()) - 1;
}

/// The value whose relative distance to the least and to the greatest latency of a bucket is the
/// same: their harmonic mean.
double middle_of(int bucket) {
  const auto i = static_cast<std::size_t>(bucket);
  const std::int64_t greatest = i + 1 < kLowerBounds.size()
                                    ? kLowerBounds[i + 1] - 1
                                    : std::numeric_limits<std::int64_t>::max();
  const auto low = static_cast<double>(kLowerBounds[i]);
  const auto high = static_cast<double>(greatest);
  return kLowerBounds[i] == greatest ? low : 2 * (low / (low + high)) * high;
}

[[noreturn]] void refuse_pairs(const char* detail) {
  throw Error(sqlstate::kInvalidParameterValue, "malformed latency histogram", detail,
              "Histograms are made by latency_histogram() and latency_histogram_merge().");
}

void check_pairs(std::span<const std::int64_t> pairs) {
  if (pairs.size() % 2 != 0) refuse_pairs("It must be pairs of a bucket and its count.");
  std::int64_t last = -1;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (pairs[i] < 0 || pairs[i] >= kBuckets)
      refuse_pairs("It names a bucket that does not exist.");
    if (pairs[i] <= last) refuse_pairs("Its buckets must ascend.");
    if (pairs[i + 1] <= 0) refuse_pairs("Its counts must be positive.");
    last = pairs[i];
  }
}

}  // namespace

void MergeableHistogram::cover(int first, int last) {
  if (counts_.empty()) first_ = first;
  if (first < first_) {
    counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - first), 0);
    first_ = first;
  }
  const int size = last - first_ + 1;
  if (size > static_cast<int>(counts_.size())) counts_.resize(static_cast<std::size_t>(size));
}

void MergeableHistogram::add_to_bucket(int bucket, std::int64_t count) {
  if (count > std::numeric_limits<std::int64_t>::max() - count_)
    throw Error(sqlstate::kNumericValueOutOfRange, "latency histogram counts out of range");
  count_ += count;
  counts_[static_cast<std::size_t>(bucket - first_)] += count;
}

void MergeableHistogram::add(std::int64_t ms) {
  const int bucket = bucket_of(std::max<std::int64_t>(ms, 0));
  cover(bucket, bucket);
  add_to_bucket(bucket, 1);
}

void MergeableHistogram::add_pairs(std::span<const std::int64_t> pairs) {
  if (pairs.empty()) return;
  check_pairs(pairs);
  cover(static_cast<int>(pairs.front()), static_cast<int>(pairs[pairs.size() - 2]));
  for (std::size_t i = 0; i < pairs.size(); i += 2)
    add_to_bucket(static_cast<int>(pairs[i]), pairs[i + 1]);
}

void MergeableHistogram::merge(const MergeableHistogram& other) {
  if (other.counts_.empty()) return;
  cover(other.first_, other.first_ + static_cast<int>(other.counts_.size()) - 1);
  other.visit_buckets([this](int bucket, std::int64_t count) { add_to_bucket(bucket, count); });
}

std::optional<double> MergeableHistogram::percentile(double fraction) const {
  if (!(fraction >= 0 && fraction <= 1))
    throw Error(sqlstate::kInvalidParameterValue, "fraction must be between 0 and 1");
  if (count_ == 0) return std::nullopt;
  const double rank = std::max(1.0, std::ceil(fraction * static_cast<double>(count_)));
  std::int64_t seen = 0;
  int found = 0;
  visit_buckets([&](int bucket, std::int64_t count) {
    if (static_cast<double>(seen) < rank) found = bucket;
    seen += count;
  });
  return middle_of(found);
}

std::size_t MergeableHistogram::pairs_size() const {
  std::size_t size = 0;
  visit_buckets([&](int, std::int64_t) { size += 2; });
  return size;
}

void MergeableHistogram::write_pairs(std::int64_t* pairs) const {
  visit_buckets([&](int bucket, std::int64_t count) {
    *pairs++ = bucket;
    *pairs++ = count;
  });
}

std::string MergeableHistogram::to_text() const {
  std::string text = "{";
  visit_buckets([&](int bucket, std::int64_t count) {
    if (text.size() > 1) text += ',';
    text += std::to_string(bucket) + ',' + std::to_string(count);
  });
  return text + '}';
}

}  // namespace llmw
