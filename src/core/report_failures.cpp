// The latest requests that failed, with what was asked and what went wrong.

#include <string>
#include <string_view>

#include "core/report_data.hpp"
#include "core/report_parts.hpp"
#include "core/report_sections.hpp"

namespace llmw {
namespace {

constexpr std::size_t kLongestText =
    400;  ///< bytes of a message or a prompt; the ledger has the rest

void append_failure(MarkupWriter& out, const JsonValue& row) {
  out.raw("<li><div class=\"when\"><time>").text(name_field(row, "at")).raw("</time>");
  if (const auto agent = name_field(row, "agent"); !agent.empty())
    out.raw("<span>").text(agent).raw("</span>");
  out.raw("</div><div class=\"what\"><p><code class=\"code\">").text(name_field(row, "error_code"));
  out.raw("</code> ").text(excerpt(field(row, "message"), kLongestText)).raw("</p>");
  if (const auto prompt = field(row, "prompt"); !prompt.empty())
    out.raw("<blockquote>").text(excerpt(prompt, kLongestText)).raw("</blockquote>");
  out.raw("<p class=\"source\">request <code>").text(name_field(row, "request_id"));
  out.raw("</code></p></div></li>");
}

}  // namespace

void append_failure_section(MarkupWriter& out, const JsonValue& data) {
  const auto rows = rows_of(data, "failures");
  append_section_head(out, "Latest failures", "What was asked for in vain, newest first?");
  out.raw("<div class=\"card\">");
  if (rows.empty()) {
    append_nothing(out, "No request failed in this period.");
  } else {
    out.raw("<ol class=\"failures\">");
    for (const JsonValue& row : rows) append_failure(out, row);
    out.raw("</ol>");
  }
  append_source(out, "workflow_failures");
  out.raw("</div></section>");
}

}  // namespace llmw
