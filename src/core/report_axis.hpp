#pragma once
// The value axis of a chart: round ticks, and what they are called.

#include <string>
#include <vector>

namespace llmw {

enum class AxisUnit { count, money, percent, milliseconds };

struct ReportAxis {
  double low = 0;   ///< the lowest tick, at most zero
  double high = 1;  ///< the highest tick, above low
  std::vector<double> ticks;
  std::vector<std::string> labels;  ///< of the ticks, short: "$2.5k", "1.5 s"

  /// Where `value` lies: 0 at low, 1 at high.
  double position(double value) const { return (value - low) / (high - low); }
};

/// An axis from zero (or below, down to `lowest`) up to `highest` at least, with three to eight
/// ticks a round step apart. Both are finite and at most 10^150 in size; the units of `labels` suit
/// `highest`.
ReportAxis make_axis(double lowest, double highest, AxisUnit unit);

/// Of `count` places in a row, which get a label when there is room for `room` of them: 0, step,
/// 2 x step and so on.
std::vector<std::size_t> labelled_places(std::size_t count, std::size_t room);

}  // namespace llmw
