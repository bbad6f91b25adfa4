#pragma once
// Small parts of a report that its sections share: values, names, bars, and tables that scroll
// sideways in a box of their own when the screen is narrower than they are.
//
//   open_table(out, "Top agents");
//   append_column(out, "Agent");
//   append_number_column(out, "Requests");
//   begin_rows(out);
//   ... <tr> of append_number_cell() and the like ...
//   close_table(out);

#include <string_view>

#include "core/markup_writer.hpp"
#include "core/report_data.hpp"

namespace llmw {

/// The name of the view that has the numbers.
void append_source(MarkupWriter& out, MarkupLiteral view);

/// What is said where there is nothing to show.
void append_nothing(MarkupWriter& out, MarkupLiteral words);

/// A name; lines may break after each of its underscores.
void append_breakable(MarkupWriter& out, std::string_view name);

/// `value` with the exact amount as its tooltip.
void append_value(MarkupWriter& out, const ReportValue& value);

void open_table(MarkupWriter& out, MarkupLiteral caption);
void append_column(MarkupWriter& out, std::string_view name);
void append_number_column(MarkupWriter& out, std::string_view name);
void append_meter_column(MarkupWriter& out);
void begin_rows(MarkupWriter& out);
void close_table(MarkupWriter& out);

/// Opens a row by its heading.
void open_row(MarkupWriter& out, std::string_view name);
void append_number_cell(MarkupWriter& out, const ReportValue& value);

/// A bar as long as `value` is, where `largest` is all of the cell.
void append_meter_cell(MarkupWriter& out, const ReportValue& value, double largest,
                       MarkupLiteral style);

}  // namespace llmw
