#include "core/report_axis.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace llmw {
namespace {

using Labels = std::vector<std::string>;

TEST(ReportAxis, TicksAreRoundAndReachTheHighest) {
  const ReportAxis axis = make_axis(0, 93, AxisUnit::count);
  EXPECT_EQ(axis.labels, (Labels{"0", "25", "50", "75", "100"}));
  EXPECT_EQ(axis.position(50), 0.5);
}

TEST(ReportAxis, UnitsSuitTheHighest) {
  EXPECT_EQ(make_axis(0, 3, AxisUnit::money).labels, (Labels{"$0", "$1", "$2", "$3"}));
  EXPECT_EQ(make_axis(0, 0.0031, AxisUnit::money).labels,
            (Labels{"$0", "$0.001", "$0.002", "$0.003", "$0.004"}));
  EXPECT_EQ(make_axis(0, 4600, AxisUnit::money).labels, (Labels{"$0", "$2k", "$4k", "$6k"}));
  EXPECT_EQ(make_axis(0, 5200, AxisUnit::milliseconds).labels,
            (Labels{"0 s", "2 s", "4 s", "6 s"}));
  EXPECT_EQ(make_axis(0, 380'000, AxisUnit::milliseconds).labels,
            (Labels{"0 min", "2 min", "4 min", "6 min", "8 min"}));
  EXPECT_EQ(make_axis(0, 7, AxisUnit::percent).labels, (Labels{"0 %", "2 %", "4 %", "6 %", "8 %"}));
}

TEST(ReportAxis, CountsHaveNoFractions) {
  EXPECT_EQ(make_axis(0, 1, AxisUnit::count).labels, (Labels{"0", "1"}));
  EXPECT_EQ(make_axis(0, 2, AxisUnit::count).labels, (Labels{"0", "1", "2"}));
}

TEST(ReportAxis, LossesGoBelowZero) {
  const ReportAxis axis = make_axis(-12, 30, AxisUnit::money);
  EXPECT_EQ(axis.labels, (Labels{"\u2212$20", "$0", "$20", "$40"}));
}

TEST(ReportAxis, AnyRangeHasAFewShortLabels) {
  for (double high = 1e-150; high < 1e150; high *= 7)
    for (const double low : {0.0, -high, -high / 1000, -1e150})
      for (const AxisUnit unit :
           {AxisUnit::count, AxisUnit::money, AxisUnit::percent, AxisUnit::milliseconds}) {
        const ReportAxis axis = make_axis(low, high, unit);
        ASSERT_GE(axis.ticks.size(), 2U);
        ASSERT_LE(axis.ticks.size(), 8U) << low << ' ' << high;
        ASSERT_GE(axis.position(high), 0);
        ASSERT_LE(axis.position(high), 1 + 1e-9);
        ASSERT_GE(axis.position(low), -1e-9);
        for (const std::string& label : axis.labels) ASSERT_LE(label.size(), 16U) << label;
      }
}

TEST(ReportAxis, NothingButZerosHasAnAxis) {
  const ReportAxis axis = make_axis(0, 0, AxisUnit::money);
  EXPECT_GT(axis.high, axis.low);
  EXPECT_EQ(axis.position(0), 0);
}

TEST(ReportAxis, LabelsOfPlacesDoNotExceedTheRoom) {
  EXPECT_EQ(labelled_places(0, 6), (std::vector<std::size_t>{}));
  EXPECT_EQ(labelled_places(1, 6), (std::vector<std::size_t>{0}));
  EXPECT_EQ(labelled_places(7, 6), (std::vector<std::size_t>{0, 2, 4, 6}));
  for (std::size_t count = 1; count < 5000; ++count)
    for (const std::size_t room : {1U, 3U, 6U}) {
      const auto places = labelled_places(count, room);
      ASSERT_LE(places.size(), room);
      ASSERT_LT(places.back(), count);
    }
}

}  // namespace
}  // namespace llmw
