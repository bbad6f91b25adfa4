// Our JSON reader against nlohmann's parser, and everything that we write read back.

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/json.hpp"

namespace {

using Json = nlohmann::json;

void require(bool holds) {
  if (!holds) std::abort();
}

/// nlohmann skips a byte order mark and takes a NUL for the end of the text; we refuse both.
bool is_read_differently(std::string_view text) {
  return text.starts_with('\xEF') || text.find('\0') != std::string_view::npos;
}

void compare_with_nlohmann(std::string_view text, const llmw::JsonRead& read, const Json& out) {
  const Json theirs = Json::parse(text, nullptr, false);
  if (read.fault == llmw::JsonFault::none) {
    require(!theirs.is_discarded() && theirs == out);
  } else if (read.fault == llmw::JsonFault::syntax || read.fault == llmw::JsonFault::truncated) {
    require(theirs.is_discarded() || is_read_differently(text));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Json out;
  const llmw::JsonRead read = llmw::read_json(text, out);
  require(read.offset <= size);
  if (read.fault != llmw::JsonFault::too_deep) compare_with_nlohmann(text, read, out);

  Json other;
  const llmw::JsonRead strict = llmw::read_json(text, other, llmw::DuplicateKeys::refuse);
  if (strict.fault == llmw::JsonFault::none) require(other == out);
  const llmw::JsonRead first = llmw::read_json(text, other, llmw::DuplicateKeys::keep_first);
  require(first.fault == read.fault && first.offset == read.offset);
  if (strict.fault == llmw::JsonFault::none) require(other == out);

  if (read.fault == llmw::JsonFault::none) {
    require(llmw::read_json(llmw::write_json(out), other).fault == llmw::JsonFault::none);
    require(other == out);
  }
  const llmw::JsonRead quoted = llmw::read_json(llmw::json_quote(text), other);
  const bool has_nul = text.find('\0') != std::string_view::npos;
  require(quoted.fault == (has_nul ? llmw::JsonFault::bad_unicode : llmw::JsonFault::none));
  return 0;
}
