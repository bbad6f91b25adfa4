// Any description, in any bytes: the draft is a valid pilot document, and always the same one.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/builtin_formats.hpp"
#include "core/draft.hpp"
#include "core/format.hpp"
#include "core/text.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string only_utf8(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const llmw::DecodedChar c = llmw::decode_utf8(bytes, at);
    const bool valid = c.state == llmw::Utf8::valid && c.value != 0;
    text.append(valid ? bytes.substr(at, c.length) : "?");
    at += valid ? c.length : 1;
  }
  return text;
}

const llmw::Format& pilot() {
  static const auto& format = *[] {
    const llmw::BuiltinFormat& row = llmw::builtin_formats().front();
    return new llmw::Format({row.name, row.version, row.system_prompt, row.json_schema, row.rules});
  }();
  return format;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string any = llmw::draft_workflow(bytes, std::vector{std::string(bytes.substr(0, 8))});
  require(llmw::draft_workflow(bytes, std::vector{std::string(bytes.substr(0, 8))}) == any);

  // What the rules take from the request they compare with the document: both are UTF-8 then.
  const std::string description = only_utf8(bytes);
  const std::string service(llmw::cut_utf8(description, 8));
  const llmw::RuleContext request{{"google-mail", service}, description};
  const std::string draft = llmw::draft_workflow(description, request.services);
  for (const llmw::Finding& finding : pilot().validate(draft, request))
    require(finding.severity == llmw::Severity::warning || finding.code == "E11" ||
            finding.code == "E13");  // texts of the request, which the flow excuses
  return 0;
}
