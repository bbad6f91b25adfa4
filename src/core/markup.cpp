#include "core/markup.hpp"

#include <cstddef>

#include "core/text.hpp"

namespace llmw {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr char32_t kReplacementCode = 0xFFFD;

/// What stands for `code` in markup; empty when it may stand there itself.
constexpr std::string_view entity_of(char32_t code) {
  switch (code) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

constexpr bool is_forbidden(char32_t code) {
  if (code < 0x20) return code != '\t' && code != '\n' && code != '\r';
  const bool is_noncharacter = (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
  return (code >= 0x7F && code < 0xA0) || is_noncharacter;
}

}  // namespace

void append_markup_escaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const DecodedChar c = decode_utf8(text, at);
    const std::size_t length = c.state == Utf8::valid ? c.length : 1;
    const std::string_view entity = entity_of(c.value);
    if (c.state != Utf8::valid || is_forbidden(c.value))
      out += kReplacement;
    else
      out += entity.empty() ? text.substr(at, length) : entity;
    at += length;
  }
}

std::string markup_escaped(std::string_view text) {
  std::string out;
  append_markup_escaped(out, text);
  return out;
}

std::string in_ascii(std::string_view text, std::string_view before) {
  std::string ascii;
  for (std::size_t at = 0; at < text.size();) {
    const DecodedChar c = decode_utf8(text, at);
    const bool is_valid = c.state == Utf8::valid;
    const unsigned code = is_valid ? c.value : kReplacementCode;
    if (code < 0x80)
      ascii += static_cast<char>(code);
    else
      ascii.append(before).append(std::to_string(code)).append(1, ';');
    at += is_valid ? c.length : 1;
  }
  return ascii;
}

}  // namespace llmw
