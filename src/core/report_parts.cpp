#include "core/report_parts.hpp"

#include <algorithm>
#include <cstddef>

namespace llmw {

void append_source(MarkupWriter& out, MarkupLiteral view) {
  out.raw("<p class=\"source\">from <code>");
  append_breakable(out, view.view());
  out.raw("</code></p>");
}

void append_nothing(MarkupWriter& out, MarkupLiteral words) {
  out.raw("<p class=\"nothing\">").raw(words).raw("</p>");
}

void append_breakable(MarkupWriter& out, std::string_view name) {
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('_', at), name.size() - 1) + 1;
    out.text(name.substr(at, end - at));
    if (end < name.size()) out.raw("<wbr>");
    at = end;
  }
}

void append_value(MarkupWriter& out, const ReportValue& value) {
  if (value.exact.empty()) {
    out.text(value.shown);
    return;
  }
  out.raw("<span title=\"").text(value.exact).raw("\">").text(value.shown).raw("</span>");
}

// Who has no mouse scrolls by the keyboard: the box takes the focus, and so has a name.
void open_table(MarkupWriter& out, MarkupLiteral caption) {
  out.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"").raw(caption);
  out.raw("\"><table><caption class=\"hidden\">").raw(caption).raw("</caption><thead><tr>");
}

void append_column(MarkupWriter& out, std::string_view name) {
  out.raw("<th scope=\"col\">").text(name).raw("</th>");
}

void append_number_column(MarkupWriter& out, std::string_view name) {
  out.raw("<th scope=\"col\" class=\"n\">").text(name).raw("</th>");
}

void append_meter_column(MarkupWriter& out) { out.raw("<td class=\"meter\"></td>"); }

void begin_rows(MarkupWriter& out) { out.raw("</tr></thead><tbody>"); }

void close_table(MarkupWriter& out) { out.raw("</tbody></table></div>"); }

void open_row(MarkupWriter& out, std::string_view name) {
  out.raw("<tr><th scope=\"row\" class=\"name\">");
  append_breakable(out, name.empty() ? "(none)" : name);
  out.raw("</th>");
}

void append_number_cell(MarkupWriter& out, const ReportValue& value) {
  out.raw("<td class=\"n\">");
  append_value(out, value);
  out.raw("</td>");
}

void append_meter_cell(MarkupWriter& out, const ReportValue& value, double largest,
                       MarkupLiteral style) {
  const double share = largest > 0 ? value.number.value_or(0) / largest : 0;
  out.raw("<td class=\"meter\"><svg width=\"100%\" height=\"10\" aria-hidden=\"true\">");
  out.raw("<rect rx=\"2\" height=\"10\" class=\"").raw(style).raw("\" width=\"");
  out.number(100 * std::clamp(share, 0.0, 1.0)).raw("%\"/></svg></td>");
}

}  // namespace llmw
