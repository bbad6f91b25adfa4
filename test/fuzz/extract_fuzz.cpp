// Whatever a model writes: what is extracted is one document that a strict reader takes, a valid
// document alone comes back untouched, and no part of one is taken for the whole.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/extract.hpp"
#include "core/json_value.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_document(const llmw::JsonValue& value) { return value.is_object() || value.is_array(); }

llmw::JsonValue read(std::string_view text) {
  llmw::JsonValue value;
  const auto fault = llmw::read_json_value(text, value, llmw::DuplicateKeys::refuse).fault;
  require(fault == llmw::JsonFault::none);
  return value;
}

void check_result(const llmw::Extracted& found, std::string_view answer) {
  if (found.status != llmw::ExtractStatus::ok) {
    require(found.json.empty() && !found.message.empty());
    const bool truncated = found.status == llmw::ExtractStatus::truncated;
    require(truncated || (found.document.is_null() && found.open_path.empty()));
    return;
  }
  require(is_document(found.document) && read(found.json) == found.document);
  require(!found.mends.empty() || answer.find(found.json) != std::string_view::npos);
  const llmw::Extracted again = llmw::extract_json(found.json);
  require(again.status == llmw::ExtractStatus::ok && again.json == found.json);
  require(again.mends.empty());
}

/// A part of a valid document is never taken for another whole one.
void check_prefixes(std::string_view document, const llmw::JsonValue& value) {
  const std::size_t step = document.size() / 64 + 1;
  for (std::size_t length = 1; length < document.size(); length += step) {
    const llmw::Extracted part = llmw::extract_json(document.substr(0, length));
    require(part.status != llmw::ExtractStatus::ok || part.document == value);
  }
}

std::size_t size_of(const llmw::JsonValue& value) { return value.members.size() % 3; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  const llmw::Extracted found = llmw::extract_json(answer);
  check_result(found, answer);
  check_result(llmw::extract_json(answer, size_of), answer);
  llmw::JsonValue whole;
  const auto fault = llmw::read_json_value(answer, whole, llmw::DuplicateKeys::refuse).fault;
  if (fault == llmw::JsonFault::none && is_document(whole)) {
    require(found.status == llmw::ExtractStatus::ok && found.document == whole);
    require(found.mends.empty());
    check_prefixes(answer, whole);
  }
  return 0;
}
