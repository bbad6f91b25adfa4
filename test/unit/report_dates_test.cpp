#include "core/report_dates.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

TEST(ReportDates, DaysAreThoseOfPeople) {
  EXPECT_EQ(day_text("2026-10-27"), "27 Oct 2026");
  EXPECT_EQ(day_text("2026-01-05"), "5 Jan 2026");
  EXPECT_EQ(short_span_text("2026-01-05", ReportUnit::day), "5 Jan");
}

TEST(ReportDates, ASpanIsNotTakenForItsFirstDay) {
  EXPECT_EQ(span_text("2026-10-05", ReportUnit::day), "5 Oct 2026");
  EXPECT_EQ(span_text("2026-10-05", ReportUnit::week), "week from 5 Oct 2026");
  EXPECT_EQ(span_text("2026-10-01", ReportUnit::month), "Oct 2026");
  EXPECT_EQ(short_span_text("2026-10-01", ReportUnit::month), "Oct 26");
}

TEST(ReportDates, WhatIsNoDayStaysAsItIsAndShort) {
  for (const char* text : {"", "2026", "2026-13-01", "2026-00-01", "2026-10-32", "2026-1x-01",
                           "x026-10-01", "2026/10/01", "2026-10-00"}) {
    EXPECT_EQ(day_text(text), text);
    EXPECT_LE(short_span_text(text, ReportUnit::month).size(), 6U);
  }
  EXPECT_EQ(day_text(std::string(500, 'x')).size(), 40U);
}

TEST(ReportDates, AnUnknownUnitIsADay) {
  EXPECT_EQ(report_unit("month"), ReportUnit::month);
  EXPECT_EQ(report_unit("week"), ReportUnit::week);
  EXPECT_EQ(report_unit("fortnight"), ReportUnit::day);
  EXPECT_EQ(to_string(ReportUnit::week), "week");
}

}  // namespace
}  // namespace llmw
