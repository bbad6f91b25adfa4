#include "core/report_axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string_view>

#include "core/report_numbers.hpp"

namespace llmw {
namespace {

constexpr int kWantedSteps = 4;

/// How numbers of an axis are written: value / divisor, and what stands around it.
struct TickStyle {
  double divisor = 1;
  std::string_view before;
  std::string_view times;  ///< what the divisor is called: "k"; zero goes without it
  std::string_view unit;

  bool is_money() const { return before == "$" && divisor == 1; }
};

struct Magnitude {
  double from;
  double divisor;
  std::string_view name;
};

constexpr std::array<Magnitude, 5> kThousands{
    {{1e12, 1e12, "T"}, {1e9, 1e9, "B"}, {1e6, 1e6, "M"}, {1e3, 1e3, "k"}, {0, 1, ""}}};
constexpr std::array<Magnitude, 4> kDurations{
    {{7'200'000, 3'600'000, " h"}, {120'000, 60'000, " min"}, {1000, 1000, " s"}, {0, 1, " ms"}}};

template <std::size_t size>
const Magnitude& magnitude_of(const std::array<Magnitude, size>& known, double largest) {
  return *std::find_if(known.begin(), known.end() - 1,
                       [largest](const Magnitude& m) { return largest >= m.from; });
}

TickStyle style_of(AxisUnit unit, double largest) {
  if (unit == AxisUnit::percent) return {1, "", "", " %"};
  const Magnitude& m = unit == AxisUnit::milliseconds ? magnitude_of(kDurations, largest)
                                                      : magnitude_of(kThousands, largest);
  if (unit == AxisUnit::milliseconds) return {m.divisor, "", "", m.name};
  return {m.divisor, unit == AxisUnit::money ? "$" : "", m.name, ""};
}

/// The least of 1, 2, 2.5 and 5 times a power of ten that is not less than `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0})
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/// Digits after the point that tell multiples of `step` apart.
int places_of(double step) {
  int places = 0;
  for (double scaled = step; places < 12; scaled *= 10, ++places)
    if (std::fabs(scaled - std::round(scaled)) < scaled * 1e-6) break;
  return places;
}

std::string tick_label(double value, double step, const TickStyle& style) {
  if (value == 0) return std::string(style.before).append("0").append(style.unit);
  const double shown = std::fabs(value) / style.divisor;
  int places = places_of(step / style.divisor);
  if (places == 1 && style.is_money()) places = 2;
  std::array<char, 64> buffer{};
  if (shown >= 1e6 || places > 6)
    std::snprintf(buffer.data(), buffer.size(), "%.1e", shown);
  else
    std::snprintf(buffer.data(), buffer.size(), "%.*f", places, shown);
  std::string label(value < 0 ? kMinus : std::string_view());
  return label.append(style.before).append(buffer.data()).append(style.times).append(style.unit);
}

}  // namespace

ReportAxis make_axis(double lowest, double highest, AxisUnit unit) {
  ReportAxis axis;
  const double low = std::min(lowest, 0.0);
  double high = std::max(highest, 0.0);
  if (!(high - low > 1e-150)) high = low + 1;
  const TickStyle style = style_of(unit, std::max(high, -low));
  const double divisor = style.divisor;
  double step = round_step((high - low) / divisor / kWantedSteps) * divisor;
  if (unit == AxisUnit::count) step = std::max(step, 1.0);
  const double first = std::floor(low / step + 1e-9);
  const double last = std::max(std::ceil(high / step - 1e-9), first + 1);
  for (double multiple = first; multiple <= last; ++multiple) {
    axis.ticks.push_back(multiple * step);
    axis.labels.push_back(tick_label(multiple * step, step, style));
  }
  axis.low = axis.ticks.front();
  axis.high = axis.ticks.back();
  return axis;
}

std::vector<std::size_t> labelled_places(std::size_t count, std::size_t room) {
  std::size_t step = 1;
  for (std::size_t power = 1; count > step * room; power *= 10)
    for (const std::size_t factor : {1U, 2U, 5U})
      if (step = factor * power; count <= step * room) break;
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < count; at += step) places.push_back(at);
  return places;
}

}  // namespace llmw
