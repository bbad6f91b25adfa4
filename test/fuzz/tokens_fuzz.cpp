// Any bytes in any encoding: the ids are those of the definition, they are counted as many, they
// decode to the bytes, and no cut has more tokens than asked for or half a character.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/tokens.hpp"
#include "simple_tokens.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_cut(llmw::Encoding encoding, std::string_view text, std::size_t max_tokens) {
  const std::size_t end = llmw::token_prefix(encoding, text, max_tokens);
  require(end <= text.size());
  require(llmw::count_tokens(encoding, text.substr(0, end)) <= max_tokens);
  std::size_t at = 0;
  while (at < end) at += llmw::char_at(text, at).length;
  require(at == end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLongest = 600;
  if (size < 2) return 0;
  const auto encoding = static_cast<llmw::Encoding>(data[0] % 3);
  const std::size_t max_tokens = data[1] % 64;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2,
                              std::min(size - 2, kLongest));
  const auto ids = llmw::encode_tokens(encoding, text);
  require(ids == simple_tokens::encode(encoding, text));
  require(llmw::count_tokens(encoding, text) == ids.size());
  require(llmw::decode_tokens(encoding, ids) == text);
  check_cut(encoding, text, max_tokens);
  return 0;
}
