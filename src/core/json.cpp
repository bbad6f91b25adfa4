#include "core/json.hpp"

#include <array>
#include <charconv>
#include <list>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace llmw {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMaxExactCount = std::int64_t{1} << 53;

/// Characters that stand for themselves in a JSON string and need no further look.
constexpr std::array<bool, 256> make_plain_table() {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain_table();

constexpr bool is_plain(char c) { return kPlain[static_cast<unsigned char>(c)]; }
constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Ends the reading; never leaves this file.
struct Fault {
  JsonFault fault;
  std::size_t offset;
  const char* message;
};

/// One reading of one text. Containers that are open are kept on a stack of our own.
class Reader {
 public:
  Reader(std::string_view text, DuplicateKeys duplicates) : text_(text), duplicates_(duplicates) {}

  void read_all(Json& root) {
    skip_space();
    if (at_end()) fail(JsonFault::syntax, "there is no JSON value");
    read_value_tree(root);
    skip_space();
    if (!at_end()) fail(JsonFault::syntax, "something follows the JSON value");
  }

 private:
  [[noreturn]] void fail(JsonFault fault, const char* message) const {
    throw Fault{fault, at_, message};
  }

  bool at_end() const { return at_ == text_.size(); }

  /// The character at the read position; the text must not end here.
  char peek() const {
    if (at_end()) fail(JsonFault::truncated, "the text ends inside a JSON value");
    return text_[at_];
  }

  void skip_space() {
    while (!at_end() && is_space(text_[at_])) ++at_;
  }

  char peek_token() {
    skip_space();
    return peek();
  }

  void read_value_tree(Json& root) {
    Json* slot = &root;
    while (slot != nullptr) {
      slot = opens_container(*slot) ? first_slot() : after_value();
    }
  }

  /// Reads a scalar into `slot`, or opens a container there. True when opened.
  bool opens_container(Json& slot) {
    const char c = peek_token();
    if (++values_ > kMaxJsonValues)
      fail(JsonFault::too_many_values, "the text has too many values");
    if (c != '{' && c != '[') {
      read_scalar(c, slot);
      return false;
    }
    if (open_.size() == kMaxJsonDepth) fail(JsonFault::too_deep, "the text is nested too deeply");
    ++at_;
    slot = c == '{' ? Json::object() : Json::array();
    open_.push_back(&slot);
    return true;
  }

  /// Where the first value of the container just opened goes; when it is empty, the next value
  /// after it.
  Json* first_slot() {
    if (peek_token() == closer()) return after_value();
    return next_slot();
  }

  /// Closes what ends here. Where the next value goes, or null when the whole value is read.
  Json* after_value() {
    while (!open_.empty()) {
      const char c = peek_token();
      if (c == ',') {
        ++at_;
        return next_slot();
      }
      if (c != closer()) fail(JsonFault::syntax, "a comma or a closing bracket was expected");
      ++at_;
      open_.pop_back();
    }
    return nullptr;
  }

  char closer() const { return open_.back()->is_object() ? '}' : ']'; }

  Json* next_slot() {
    Json& container = *open_.back();
    if (container.is_array()) return &container.get_ref<Json::array_t&>().emplace_back();
    if (peek_token() != '"') fail(JsonFault::syntax, "a key in double quotes was expected");
    const std::size_t key_at = at_;
    auto [member, added] = container.get_ref<Json::object_t&>().try_emplace(read_string_token());
    if (peek_token() != ':') fail(JsonFault::syntax, "a colon was expected");
    ++at_;
    return added ? &member->second : duplicate_slot(member->second, key_at);
  }

  Json* duplicate_slot(Json& existing, std::size_t key_at) {
    if (duplicates_ == DuplicateKeys::refuse) {
      at_ = key_at;
      fail(JsonFault::duplicate_key, "an object has the same key twice");
    }
    return duplicates_ == DuplicateKeys::keep_last ? &existing : &discarded_.emplace_back();
  }

  void read_scalar(char first, Json& slot) {
    switch (first) {
      case '"': slot = read_string_token(); return;
      case 't':
        expect_word("true");
        slot = true;
        return;
      case 'f':
        expect_word("false");
        slot = false;
        return;
      case 'n':
        expect_word("null");
        slot = nullptr;
        return;
      default:
        if (first != '-' && !is_digit(first)) fail(JsonFault::syntax, "a JSON value was expected");
        read_number(slot);
    }
  }

  void expect_word(std::string_view word) {
    for (const char c : word) {
      if (peek() != c) fail(JsonFault::syntax, "a JSON value was expected");
      ++at_;
    }
  }

  void read_number(Json& slot) {
    const std::size_t start = at_;
    bool integer = true;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else {
      skip_digits();
    }
    if (!at_end() && text_[at_] == '.') {
      integer = false;
      ++at_;
      skip_digits();
    }
    if (!at_end() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      integer = false;
      ++at_;
      read_exponent(start);
    }
    const std::string_view number = text_.substr(start, at_ - start);
    at_ = start;
    store_number(number, integer, slot);
    at_ += number.size();
  }

  /// At least one digit.
  void skip_digits() {
    if (!is_digit(peek())) fail(JsonFault::syntax, "a digit was expected");
    while (!at_end() && is_digit(text_[at_])) ++at_;
  }

  void read_exponent(std::size_t number_start) {
    if (peek() == '+' || peek() == '-') ++at_;
    const std::size_t start = at_;
    skip_digits();
    int exponent = 0;
    const auto [end, error] = std::from_chars(text_.data() + start, text_.data() + at_, exponent);
    if (error != std::errc{} || exponent > kMaxNumberExponent) {
      at_ = number_start;
      fail(JsonFault::bad_number, "the exponent of a number is too large");
    }
  }

  void store_number(std::string_view number, bool integer, Json& slot) const {
    if (number.size() > kMaxNumberExponent + std::string_view("-.e+400").size()) {
      fail(JsonFault::bad_number, "a number has too many digits");
    }
    if (integer &&
        (store_as<std::int64_t>(number, slot) || store_as<std::uint64_t>(number, slot))) {
      return;
    }
    if (!store_as<double>(number, slot)) {
      fail(JsonFault::bad_number, "a number is out of range");
    }
  }

  template <typename Number>
  static bool store_as(std::string_view text, Json& slot) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return false;
    slot = value;
    return true;
  }

  /// The string at the read position, which is at its opening quote.
  std::string read_string_token() {
    ++at_;
    std::string out;
    while (true) {
      const std::size_t start = at_;
      while (!at_end() && is_plain(text_[at_])) ++at_;
      out.append(text_, start, at_ - start);
      const char c = peek();
      if (c == '"') break;
      if (c == '\\') {
        read_escape(out);
      } else {
        read_multibyte(out);
      }
    }
    ++at_;
    return out;
  }

  void read_multibyte(std::string& out) {
    const DecodedChar c = decode_utf8(text_, at_);
    if (c.state == Utf8::cut_off) {
      fail(JsonFault::truncated, "the text ends inside a JSON value");
    }
    if (c.state == Utf8::invalid) fail(JsonFault::bad_unicode, "the text is not valid UTF-8");
    if (c.value == 0) fail(JsonFault::bad_unicode, "a string holds a NUL character");
    if (c.value < 0x20) fail(JsonFault::syntax, "a string holds a bare control character");
    out.append(text_, at_, c.length);
    at_ += c.length;
  }

  void read_escape(std::string& out) {
    const std::size_t start = at_++;
    const char c = peek();
    ++at_;
    switch (c) {
      case '"':
      case '\\':
      case '/': out += c; return;
      case 'b': out += '\b'; return;
      case 'f': out += '\f'; return;
      case 'n': out += '\n'; return;
      case 'r': out += '\r'; return;
      case 't': out += '\t'; return;
      case 'u': append_utf8(out, read_escaped_code(start)); return;
      default: at_ = start; fail(JsonFault::syntax, "a string holds an unknown escape");
    }
  }

  /// The code point of a \u escape (of two, for a surrogate pair) that began at `start`.
  char32_t read_escaped_code(std::size_t start) {
    const char32_t first = read_hex4();
    if (first >= 0xD800 && first < 0xDC00) {
      if (peek() == '\\' && (++at_, peek() == 'u')) {
        ++at_;
        const char32_t second = read_hex4();
        if (second >= 0xDC00 && second < 0xE000) {
          return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        }
      }
      at_ = start;
      fail(JsonFault::bad_unicode, "a string holds half of a surrogate pair");
    }
    if (first == 0 || (first >= 0xDC00 && first < 0xE000)) {
      at_ = start;
      fail(JsonFault::bad_unicode, first == 0 ? "a string holds a NUL character"
                                              : "a string holds half of a surrogate pair");
    }
    return first;
  }

  char32_t read_hex4() {
    char32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const char lower = static_cast<char>(c | 0x20);
      if (is_digit(c)) {
        code = code * 16 + static_cast<char32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        code = code * 16 + static_cast<char32_t>(lower - 'a' + 10);
      } else {
        fail(JsonFault::syntax, "four hexadecimal digits were expected");
      }
    }
    return code;
  }

  std::string_view text_;
  DuplicateKeys duplicates_;
  std::size_t at_ = 0;
  int values_ = 0;
  std::vector<Json*> open_;
  std::list<Json> discarded_;  ///< later values of a key with keep_first; a list: pointers last
};

/// The escape of `c`, which is below 0x20 or one of `"` and `\`.
void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[c & 0x0F];
  }
}

}  // namespace

JsonRead read_json(std::string_view text, nlohmann::json& out, DuplicateKeys duplicates) {
  out = nullptr;
  try {
    Reader(text, duplicates).read_all(out);
    return {};
  } catch (const Fault& fault) {
    out = nullptr;
    return {fault.fault, fault.offset,
            std::string(fault.message) + " at byte " + std::to_string(fault.offset)};
  }
}

const nlohmann::json* find_member(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto member = object.find(key);
  return member == object.end() || member->is_null() ? nullptr : &*member;
}

std::optional<std::int64_t> read_count(const nlohmann::json& object, const char* key) {
  const Json* value = find_member(object, key);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  if (value->is_number_unsigned() &&
      value->get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxExactCount)) {
    return std::nullopt;
  }
  const auto count = value->get<std::int64_t>();
  if (count < 0 || count > kMaxExactCount) return std::nullopt;
  return count;
}

std::string read_string(const nlohmann::json& object, const char* key) {
  const Json* value = find_member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::string write_json(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  out.reserve(text.size() + text.size() / 8 + 2);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    while (at < text.size() && is_plain(text[at])) ++at;
    out += text.substr(start, at - start);
    if (at == text.size()) break;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      append_escape(out, text[at++]);
      continue;
    }
    const DecodedChar c = decode_utf8(text, at);
    const bool valid = c.state == Utf8::valid;
    out += valid ? text.substr(at, c.length) : std::string_view("\xEF\xBF\xBD");
    at += valid ? c.length : 1;
  }
  out += '"';
  return out;
}

}  // namespace llmw
