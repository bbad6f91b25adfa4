#include "core/schema_pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace llmw {
namespace {

constexpr std::int64_t kMaxMemory = 1 << 20;  ///< of one compiled pattern and its automaton

/// Long names of Unicode's general categories; RE2 knows the short ones, and scripts by name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kCategories = {{
    {"Letter", "L"},
    {"Lowercase_Letter", "Ll"},
    {"Uppercase_Letter", "Lu"},
    {"Titlecase_Letter", "Lt"},
    {"Mark", "M"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Punctuation", "P"},
    {"Symbol", "S"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Other", "C"},
    {"Control", "Cc"},
}};

/// What ECMA 262 calls white space; RE2's own class is ASCII.
constexpr std::string_view kSpaces =
    "\\t\\n\\v\\f\\r \\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}"
    "\\x{3000}\\x{FEFF}";

bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

/// Rewrites a pattern from ECMA 262's spelling into RE2's.
class Translation {
 public:
  explicit Translation(std::string_view ecma) : in_(ecma) {}

  std::string run() {
    while (at_ < in_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = in_[at_];
    if (c == '\\' && at_ + 1 < in_.size()) {
      escape(in_[at_ + 1]);
    } else if (!in_class_ && starts_with("(?<") && !starts_with("(?<=") && !starts_with("(?<!")) {
      take(3, "(?P<");
    } else if (!in_class_ && starts_with("[^]")) {
      take(3, "[\\x{0}-\\x{10FFFF}]");
    } else if (!in_class_ && starts_with("[]")) {
      take(2, "[^\\x{0}-\\x{10FFFF}]");
    } else {
      if (c == '[') in_class_ = true;
      if (c == ']') in_class_ = false;
      take(1, {&c, 1});
    }
  }

  void escape(char c) {
    switch (c) {
      case 's': take(2, in_class_ ? std::string(kSpaces) : bracket("[", kSpaces)); return;
      case 'S':
        if (in_class_) break;
        take(2, bracket("[^", kSpaces));
        return;
      case 'p':
      case 'P': property(); return;
      case 'u': code_point(); return;
      case 'c': control(); return;
      default: break;
    }
    take(2, in_.substr(at_, 2));
  }

  static std::string bracket(std::string_view open, std::string_view body) {
    return std::string(open).append(body).append("]");
  }

  /// \p{Long_Name} and \p{General_Category=Name}
  void property() {
    const std::size_t end = in_.find('}', at_);
    if (!starts_with_at(at_ + 2, "{") || end == std::string_view::npos) {
      take(2, in_.substr(at_, 2));
      return;
    }
    std::string_view name = in_.substr(at_ + 3, end - at_ - 3);
    name.remove_prefix(name.find('=') + 1);
    const auto* known = std::find_if(kCategories.begin(), kCategories.end(),
                                     [name](const auto& entry) { return entry.first == name; });
    const std::string_view short_name = known == kCategories.end() ? name : known->second;
    take(end + 1 - at_, std::string(in_.substr(at_, 3)).append(short_name).append("}"));
  }

  /// \uXXXX and \u{X}
  void code_point() {
    std::size_t begin = at_ + 2;
    const bool braces = starts_with_at(begin, "{");
    if (braces) ++begin;
    std::size_t end = begin;
    while (end < in_.size() && is_hex(in_[end]) && (braces || end < begin + 4)) ++end;
    if (braces ? !starts_with_at(end, "}") : end != begin + 4) {
      take(2, "u");
      return;
    }
    const std::string code(in_.substr(begin, end - begin));
    take(end + (braces ? 1 : 0) - at_, "\\x{" + code + "}");
  }

  /// \cX
  void control() {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const char letter = at_ + 2 < in_.size() ? static_cast<char>(in_[at_ + 2] | 0x20) : '\0';
    if (letter < 'a' || letter > 'z') {
      take(2, "\\\\c");
      return;
    }
    const int code = letter - 'a' + 1;
    take(3, std::string("\\x") + kHex[code / 16] + kHex[code % 16]);
  }

  bool starts_with(std::string_view text) const { return starts_with_at(at_, text); }
  bool starts_with_at(std::size_t at, std::string_view text) const {
    return at <= in_.size() && in_.substr(at).starts_with(text);
  }

  void take(std::size_t length, std::string_view replacement) {
    out_ += replacement;
    at_ += length;
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
  bool in_class_ = false;
};

std::string explain(const RE2& re) {
  const std::string& part = re.error_arg();
  if (part.starts_with("(?=") || part.starts_with("(?!") || part.starts_with("(?<")) {
    return "look-around is not supported";
  }
  if (re.error_code() == RE2::ErrorBadEscape && part.size() == 2 && part[1] >= '1' &&
      part[1] <= '9') {
    return "back references are not supported";
  }
  return re.error();
}

}  // namespace

struct SchemaPattern::Compiled {
  explicit Compiled(const std::string& text) : re(text, options()) {}

  static RE2::Options options() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxMemory);
    return options;
  }

  RE2 re;
};

SchemaPattern::SchemaPattern(std::string_view ecma) : text_(ecma) {
  if (ecma.size() > kMaxPatternLength) {
    throw std::invalid_argument("it is longer than " + std::to_string(kMaxPatternLength) +
                                " bytes");
  }
  compiled_ = std::make_unique<Compiled>(Translation(ecma).run());
  if (!compiled_->re.ok()) throw std::invalid_argument(explain(compiled_->re));
}

SchemaPattern::~SchemaPattern() = default;
SchemaPattern::SchemaPattern(SchemaPattern&&) noexcept = default;
SchemaPattern& SchemaPattern::operator=(SchemaPattern&&) noexcept = default;

bool SchemaPattern::found_in(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->re);
}

}  // namespace llmw
