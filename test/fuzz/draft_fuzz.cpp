// Any description, in any bytes: the draft is a valid pilot document, and always the same one.

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/draft.hpp"
#include "core/json.hpp"
#include "core/pilot.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view description(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> services = {"google-mail", std::string(description.substr(0, 8))};
  const std::string draft = llmw::draft_workflow(description, services);
  nlohmann::json document;
  require(llmw::read_json(draft, document).fault == llmw::JsonFault::none);
  require(!llmw::has_errors(llmw::validate_pilot(document, {})));
  require(llmw::draft_workflow(description, services) == draft);
  return 0;
}
