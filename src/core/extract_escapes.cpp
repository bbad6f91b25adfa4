#include "core/extract_escapes.hpp"

#include "core/text.hpp"

namespace llmw {
namespace {

constexpr const char* kBrokenUnicode = "a Unicode escape is broken";
constexpr const char* kUnclear =
    "a backslash in a string is not escaped, and another may be content";

/// The four hexadecimal digits at the start of `text`; -1 when they are not there.
int read_hex4(std::string_view text) {
  if (text.size() < 4) return -1;
  int code = 0;
  for (const char c : text.substr(0, 4)) {
    if (hex_value(c) < 0) return -1;
    code = code * 16 + hex_value(c);
  }
  return code;
}

/// A \u that no hexadecimal digit follows is a backslash and a u.
bool is_unicode_escape(std::string_view after) {
  return after.size() >= 2 && after[0] == 'u' && hex_value(after[1]) >= 0;
}

/// The quote of the string, with a backslash as its own language has it.
bool is_escaped_quote(char c, QuoteFamily) { return c == '\'' || c == '`'; }

bool is_json_escape(std::string_view after) {
  if (after[0] == 'u') return is_unicode_escape(after);
  return std::string_view("\"\\/bfnrt").find(after[0]) != std::string_view::npos;
}

/// What an escape of b, f, n, r or t stands for.
char control_character(char letter) {
  switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    default: return '\t';
  }
}

class Decoder {
 public:
  Decoder(std::string_view raw, QuoteFamily family) : raw_(raw), family_(family) {}

  DecodedString run() {
    look_for_invalid();
    while (at_ < raw_.size() && out_.fault == nullptr) {
      const std::size_t next = raw_.find('\\', at_);
      append_plain(next == std::string_view::npos ? raw_.size() : next);
      if (at_ < raw_.size()) append_escape();
    }
    return std::move(out_);
  }

 private:
  void look_for_invalid() {
    for (std::size_t i = raw_.find('\\'); i != std::string_view::npos && i + 1 < raw_.size();
         i = raw_.find('\\', i + 2)) {
      const std::string_view after = raw_.substr(i + 1);
      if (is_json_escape(after)) continue;
      out_.mended = out_.mended || family_ == QuoteFamily::straight;
      if (!is_escaped_quote(after[0], family_)) invalid_ = out_.mended = true;
    }
    whole_is_path_ = invalid_ && raw_.size() > 3 && is_ascii_letter(raw_[0]) &&
                     raw_.substr(1, 2) == ":\\" && raw_[3] != '\\';
  }

  void append_plain(std::size_t end) {
    const std::string_view plain = raw_.substr(at_, end - at_);
    out_.value += plain;
    if (plain.find_first_of(" \t\r\n") != std::string_view::npos) in_path_ = false;
    if (plain.size() >= 2 && plain.back() == ':' && is_ascii_letter(plain[plain.size() - 2])) {
      in_path_ = plain.size() == 2 || !is_ascii_letter(plain[plain.size() - 3]);
    }
    at_ = end;
  }

  void append_escape() {
    if (at_ + 1 == raw_.size()) {
      keep_backslash();
      return;
    }
    const std::string_view after = raw_.substr(at_ + 1);
    const char c = after[0];
    if (c == '"' || c == '\\' || c == '/' || is_escaped_quote(c, family_)) {
      out_.value += c;
      at_ += 2;
    } else if (!is_json_escape(after)) {
      keep_backslash();
    } else if (c == 'u') {
      append_unicode(after.substr(1));
    } else {
      append_control(c, after);
    }
  }

  void keep_backslash() {
    out_.value += '\\';
    out_.mended = true;
    ++at_;
  }

  /// Beside a backslash that is content, \b and \f are content, for nobody writes those
  /// characters; \n, \r and \t are in a path, and before a small letter it cannot be told.
  void append_control(char c, std::string_view after) {
    const bool content = c == 'b' || c == 'f' || whole_is_path_ || in_path_;
    if (invalid_ && content) {
      keep_backslash();
      return;
    }
    if (invalid_ && after.size() > 1 && after[1] >= 'a' && after[1] <= 'z') {
      out_.fault = kUnclear;
      return;
    }
    out_.value += control_character(c);
    at_ += 2;
  }

  void append_unicode(std::string_view digits) {
    int code = read_hex4(digits);
    std::size_t length = 6;
    if (code >= 0xD800 && code < 0xDC00 && digits.substr(4).starts_with("\\u")) {
      const int low = read_hex4(digits.substr(6));
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        length = 12;
      }
    }
    if (code <= 0 || (code >= 0xD800 && code < 0xE000)) {
      out_.fault = kBrokenUnicode;
      return;
    }
    append_utf8(out_.value, static_cast<char32_t>(code));
    at_ += length;
  }

  std::string_view raw_;
  QuoteFamily family_;
  std::size_t at_ = 0;
  DecodedString out_;
  bool invalid_ = false;        ///< a backslash of it is content
  bool whole_is_path_ = false;  ///< C:\...
  bool in_path_ = false;        ///< the same, of the word at the read position
};

}  // namespace

DecodedString decode_escapes(std::string_view raw, QuoteFamily family) {
  return Decoder(raw, family).run();
}

}  // namespace llmw
