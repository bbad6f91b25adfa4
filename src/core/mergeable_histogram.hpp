#pragma once
// Latencies in milliseconds, counted in buckets that are the same everywhere and for ever: the sum
// of two histograms is the histogram of both, so the percentiles of a year come from those of its
// hours.
//
// A bucket that begins at b ends before b + max(1, b / 20), in integers. Any percentile is
// therefore right within 2.5 % of the latency that has its rank, and exact below 40 ms. (The
// principle is that of DDSketch: Masson, Rim, Lee, VLDB 2019.) Histograms are stored: the buckets
// must never change.
//
//   MergeableHistogram latencies;
//   latencies.add(180);
//   latencies.to_text();  // "{74,1}": the value of a bigint[], pairs of bucket and count by bucket
//
// It holds the buckets between the least and the greatest latency: some hundred bytes as a rule, in
// memory of the caller's choice.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace llmw {

/// Where the bucket after the one that begins at `bound` begins.
constexpr std::int64_t next_bucket_bound(std::int64_t bound) {
  return bound + (bound < 20 ? 1 : bound / 20);
}

/// Buckets from 0 to the greatest int64, which the last one holds.
constexpr int count_latency_buckets() {
  constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();
  int buckets = 1;
  for (std::int64_t bound = 0; bound < kGreatest - bound / 20; bound = next_bucket_bound(bound))
    ++buckets;
  return buckets;
}

class MergeableHistogram {
 public:
  static constexpr int kBuckets = count_latency_buckets();

  explicit MergeableHistogram(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : counts_(memory) {}

  /// Counts one latency. A negative one, which a clock that was set back can make, counts as 0.
  void add(std::int64_t ms);

  /// Adds a stored histogram. Throws llmw::Error 22023 unless it is pairs of a bucket and a
  /// positive count in the order of their buckets, 22003 when more is counted than an int64 holds.
  void add_pairs(std::span<const std::int64_t> pairs);

  /// Throws llmw::Error 22003 when more is counted than an int64 holds.
  void merge(const MergeableHistogram& other);

  std::int64_t count() const { return count_; }

  /// The latency that the share `fraction` of all did not exceed, as percentile_disc() picks it, in
  /// milliseconds; nothing without any. Throws llmw::Error 22023 unless 0 <= fraction <= 1.
  std::optional<double> percentile(double fraction) const;

  /// How many numbers a stored histogram has, and the numbers.
  std::size_t pairs_size() const;
  void write_pairs(std::int64_t* pairs) const;
  std::string to_text() const;

 private:
  /// Makes room for the buckets from `first` to `last`.
  void cover(int first, int last);
  void add_to_bucket(int bucket, std::int64_t count);

  template <typename Visitor>
  void visit_buckets(Visitor visit) const {
    int bucket = first_;
    for (const std::int64_t count : counts_) {
      if (count > 0) visit(bucket, count);
      ++bucket;
    }
  }

  std::int64_t count_ = 0;  ///< of all buckets: while it does not overflow, no bucket does
  int first_ = 0;           ///< the bucket of the first element of counts_
  std::pmr::vector<std::int64_t> counts_;
};

}  // namespace llmw
