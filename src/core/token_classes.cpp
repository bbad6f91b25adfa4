#include "core/token_classes.hpp"

#include "core/text.hpp"
#include "core/token_data.hpp"

namespace llmw {

CharAt wide_char_at(std::string_view text, std::size_t at) {
  const DecodedChar c = decode_utf8(text, at);
  if (c.state != Utf8::valid) return {class_set(CharClass::other), 1};
  const unsigned char* index = character_classes() + c.value / kClassBlock * 2;
  const std::size_t block = index[0] | std::size_t{index[1]} << 8;
  const unsigned char* blocks = character_classes() + kCodePoints / kClassBlock * 2;
  const auto of = static_cast<CharClass>(blocks[block * kClassBlock + c.value % kClassBlock]);
  return {class_set(of), static_cast<std::uint8_t>(c.length)};
}

}  // namespace llmw
