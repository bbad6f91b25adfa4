#pragma once
// The look of a report: one style sheet, written into the page.

#include "core/markup_writer.hpp"

namespace llmw {

void append_report_style(MarkupWriter& out);

}  // namespace llmw
