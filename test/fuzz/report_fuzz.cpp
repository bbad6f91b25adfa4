// Any JSON as the data of a report: the page is whole, ASCII, and as many elements as without
// texts.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/json_value.hpp"
#include "core/report.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// The same data with letters in place of all that could be markup.
void make_harmless(llmw::JsonValue& value) {
  if (value.is_string())
    for (char& c : value.text)
      if (std::string_view("<>&\"'").find(c) != std::string_view::npos) c = 'x';
  for (llmw::JsonValue& item : value.items) make_harmless(item);
  for (llmw::JsonValue::Member& member : value.members) make_harmless(member.second);
}

auto elements(const std::string& page) { return std::count(page.begin(), page.end(), '<'); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  llmw::JsonValue report;
  llmw::read_json_value({reinterpret_cast<const char*>(data), size}, report);
  const std::string page = llmw::render_report(report);
  require(page.ends_with("</html>\n"));
  require(std::all_of(page.begin(), page.end(),
                      [](char c) { return c == '\n' || (c >= 32 && c < 127); }));
  make_harmless(report);
  require(elements(page) == elements(llmw::render_report(report)));
  return 0;
}
