// Whatever a model writes: what is extracted stands in the answer as it is and is one document.

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/extract.hpp"
#include "core/json.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  const llmw::Extracted extracted = llmw::extract_json(answer);
  if (extracted.status != llmw::ExtractStatus::ok) {
    require(extracted.json.empty() && !extracted.message.empty());
    return 0;
  }
  require(answer.find(extracted.json) != std::string_view::npos);
  nlohmann::json document;
  const auto read = llmw::read_json(extracted.json, document, llmw::DuplicateKeys::refuse);
  require(read.fault == llmw::JsonFault::none);
  require(document.is_object() || document.is_array());
  const llmw::Extracted again = llmw::extract_json(extracted.json);
  require(again.status == llmw::ExtractStatus::ok && again.json == extracted.json);
  return 0;
}
