#include "core/text.hpp"

#include <algorithm>
#include <cstdint>

namespace llmw {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kRedacted = "***";

/// Bytes of the sequence that `lead` opens; 0 when no sequence starts so.
constexpr std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

/// Whether `second` may follow `lead`: this rules out overlong forms, surrogates and > U+10FFFF.
constexpr bool second_byte_fits(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xE0: return second >= 0xA0 && second <= 0xBF;
    case 0xED: return second >= 0x80 && second <= 0x9F;
    case 0xF0: return second >= 0x90 && second <= 0xBF;
    case 0xF4: return second >= 0x80 && second <= 0x8F;
    default: return second >= 0x80 && second <= 0xBF;
  }
}

constexpr bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

constexpr bool hides_or_reorders(char32_t code) {
  return code == 0x061C || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
         code == 0xFEFF || (code >= 0xE0000 && code <= 0xE007F);
}

/// Bytes of `text` at `at` that stand for `wanted` inside a JSON string; 0 when they do not.
std::size_t escaped_unit(std::string_view text, std::size_t at, char wanted) {
  if (at >= text.size()) return 0;
  if (text[at] != '\\') return text[at] == wanted ? 1 : 0;
  if (at + 1 >= text.size()) return 0;
  if (text[at + 1] != 'u') return short_escape(text[at + 1]) == wanted ? 2 : 0;
  if (at + 6 > text.size()) return 0;
  int code = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_value(text[i]);
    if (digit < 0) return 0;
    code = code * 16 + digit;
  }
  return code == static_cast<unsigned char>(wanted) ? 6 : 0;
}

/// Bytes of `text` at `at` that stand for the whole secret; 0 when they do not.
std::size_t secret_length(std::string_view text, std::size_t at, std::string_view secret) {
  if (text.compare(at, secret.size(), secret) == 0) return secret.size();
  std::size_t end = at;
  for (const char wanted : secret) {
    const std::size_t unit = escaped_unit(text, end, wanted);
    if (unit == 0) return 0;
    end += unit;
  }
  return end - at;
}

/// Finds the places of a secret in a text one after the other. What is written without escapes is
/// searched for; only where an escape may be a part of it each byte is looked at.
class SecretFinder {
 public:
  /// `secret` is not empty.
  SecretFinder(std::string_view text, std::string_view secret)
      : text_(text), secret_(secret), plain_(find_plain(0)), escape_(find_escape(0)) {}

  bool next() {
    for (std::size_t at = end_; at < text_.size(); ++at) {
      at = skip(at);
      const std::size_t length = at < text_.size() ? secret_length(text_, at, secret_) : 0;
      if (length == 0) continue;
      begin_ = at;
      end_ = at + length;
      return true;
    }
    return false;
  }

  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }

 private:
  /// The next byte from `at` on at which the secret may begin; the size of the text: none.
  std::size_t skip(std::size_t at) {
    if (plain_ < at) plain_ = find_plain(at);
    if (escape_ < at) escape_ = find_escape(at);
    if (escape_ == text_.size()) return plain_;
    const std::size_t first_escaped = escape_ - std::min(escape_, secret_.size() - 1);
    return std::min(plain_, std::max(at, first_escaped));
  }

  std::size_t find_plain(std::size_t at) const {
    return std::min(text_.find(secret_, at), text_.size());
  }
  std::size_t find_escape(std::size_t at) const {
    return std::min(text_.find('\\', at), text_.size());
  }

  std::string_view text_;
  std::string_view secret_;
  std::size_t plain_;   ///< next place that holds no escape, as found last
  std::size_t escape_;  ///< next backslash, as found last
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace

DecodedChar decode_utf8(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = sequence_length(lead);
  if (length == 0) return {};
  if (length == 1) return {Utf8::valid, lead, 1};
  char32_t value = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i >= text.size()) return {Utf8::cut_off, 0, 0};
    const auto byte = static_cast<unsigned char>(text[at + i]);
    const bool fits = i == 1 ? second_byte_fits(lead, byte) : (byte & 0xC0u) == 0x80u;
    if (!fits) return {};
    value = (value << 6) | (byte & 0x3Fu);
  }
  return {Utf8::valid, value, length};
}

void append_utf8(std::string& out, char32_t code) {
  const auto continuation = [&](int shift) {
    out += static_cast<char>(0x80u | ((code >> shift) & 0x3Fu));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0u | (code >> 6));
    continuation(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0u | (code >> 12));
    continuation(6);
    continuation(0);
  } else {
    out += static_cast<char>(0xF0u | (code >> 18));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

std::string_view cut_utf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  return text.substr(0, end);
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (std::size_t at = 0; at < text.size() && out.size() < max_bytes;) {
    const DecodedChar c = decode_utf8(text, at);
    const bool valid = c.state == Utf8::valid;
    if (valid && is_control(c.value)) {
      out += ' ';
    } else if (!valid || hides_or_reorders(c.value)) {
      out += kReplacement;
    } else {
      out += text.substr(at, c.length);
    }
    at += valid ? c.length : 1;
  }
  return std::string(cut_utf8(out, max_bytes));
}

std::string redact(std::string_view text, std::string_view secret) {
  if (secret.empty()) return std::string(text);
  std::string out;
  std::size_t copied = 0;
  for (SecretFinder finder(text, secret); finder.next();) {
    out += text.substr(copied, finder.begin() - copied);
    out += kRedacted;
    copied = finder.end();
  }
  out += text.substr(copied);
  return out;
}

}  // namespace llmw
