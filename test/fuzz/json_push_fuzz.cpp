// The push parser: a text in pieces tells what the whole text tells, and trees come back as
// written.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/json_push.hpp"
#include "core/json_tree.hpp"
#include "core/json_value.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Reading {
  llmw::JsonValue value;
  llmw::JsonRead read;
};

/// The first byte of the input chooses how the rest is cut.
Reading read_in_pieces(std::string_view text, std::size_t piece_size) {
  Reading reading;
  llmw::JsonTreeBuilder builder(reading.value, llmw::DuplicateKeys::keep_last);
  llmw::JsonPush parser(builder);
  bool going_on = true;
  for (std::size_t at = 0; going_on && at < text.size(); at += piece_size) {
    going_on = parser.feed(text.substr(at, piece_size));
  }
  if (!going_on || !parser.finish()) reading.value = llmw::JsonValue();
  reading.read = parser.result();
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Reading whole;
  whole.read = llmw::read_json_value(text, whole.value);
  const Reading pieces = read_in_pieces(text, std::max<std::size_t>(data[0] % 16, 1));
  require(pieces.read.fault == whole.read.fault && pieces.read.offset == whole.read.offset);
  require(pieces.read.message == whole.read.message && pieces.value == whole.value);

  nlohmann::json dom;
  require(llmw::read_json(text, dom).offset == whole.read.offset);
  if (whole.read.fault != llmw::JsonFault::none) return 0;
  llmw::JsonValue again;
  const std::string written = llmw::write_json(whole.value);
  require(llmw::read_json_value(written, again).fault == llmw::JsonFault::none);
  require(again == whole.value && llmw::write_json(again) == written);
  nlohmann::json dom_again;
  require(llmw::read_json(written, dom_again).fault == llmw::JsonFault::none && dom == dom_again);
  return 0;
}
