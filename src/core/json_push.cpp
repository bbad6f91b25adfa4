#include "core/json_push.hpp"

#include <charconv>
#include <system_error>

#include "core/text.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMaxNumberLength = kMaxNumberExponent + std::string_view("-.e+400").size();

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether a double can hold the number. Almost every literal is too short to be out of range.
bool fits_double(std::string_view literal, bool has_exponent) {
  if (!has_exponent && literal.size() <= 300) return true;
  double value = 0;
  const auto [end, error] = std::from_chars(literal.data(), literal.data() + literal.size(), value);
  return error == std::errc{};
}

bool exponent_fits(std::string_view literal) {
  const std::size_t mark = literal.find_first_of("eE");
  if (mark == std::string_view::npos) return true;
  std::string_view digits = literal.substr(mark + 1);
  if (digits.front() == '+' || digits.front() == '-') digits.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  return error == std::errc{} && exponent <= kMaxNumberExponent;
}

JsonRead fault_at_byte(JsonFault fault, std::size_t offset, const char* message) {
  return {fault, offset, std::string(message) + " at byte " + std::to_string(offset)};
}

}  // namespace

const char* skip_characters(const char* at, const char* end) {
  while (true) {
    at = skip_plain_json(at, end);
    if (at == end || static_cast<unsigned char>(*at) < 0x80) return at;
    const DecodedChar c = decode_utf8({at, static_cast<std::size_t>(end - at)}, 0);
    if (c.state != Utf8::valid) return at;
    at += c.length;
  }
}

JsonRead duplicate_key_fault(std::size_t offset) {
  return fault_at_byte(JsonFault::duplicate_key, offset, "an object has the same key twice");
}

JsonRead JsonScanner::result() const {
  if (fault_ == JsonFault::none) return {};
  return fault_at_byte(fault_, fault_at_, fault_message_);
}

bool JsonScanner::fail_at(std::size_t at, JsonFault fault, const char* message) {
  fault_ = fault;
  fault_at_ = at;
  fault_message_ = message;
  state_ = State::ended;
  return false;
}

bool JsonScanner::fail_truncated() {
  const bool in_text = state_ == State::string_text || state_ == State::key_text;
  const bool in_character = in_text && part_ == Part::utf8;
  return fail_at(in_character ? part_begin_ : offset(), JsonFault::truncated,
                 "the text ends inside a JSON value");
}

bool JsonScanner::open(bool object) {
  if (depth_ == kMaxJsonDepth) {
    return fail(JsonFault::too_deep, "the text is nested too deeply");
  }
  objects_[depth_++] = object;
  state_ = object ? State::first_key : State::first_item;
  return true;
}

bool JsonScanner::count_value() {
  if (++values_ <= kMaxJsonValues) return true;
  return fail(JsonFault::too_many_values, "the text has too many values");
}

// ---- true, false, null --------------------------------------------------------------------------

void JsonScanner::begin_word(std::string_view word) {
  begin_text(State::word);
  word_ = word;
  word_length_ = 0;
}

bool JsonScanner::scan_word() {
  for (; word_length_ != word_.size(); ++word_length_, ++at_) {
    if (at_ == end_) return false;
    if (*at_ != word_[word_length_]) {
      return fail(JsonFault::syntax, "a JSON value was expected");
    }
  }
  return true;
}

// ---- Strings ------------------------------------------------------------------------------------

bool JsonScanner::scan_string_on(const char* begin, std::string_view& text) {
  if (!buffered_) {
    buffer_token(begin);
    part_ = Part::plain;
  }
  return scan_string_parts(text);
}

void JsonScanner::buffer_token(const char* begin) {
  if (!buffered_) buffer_.clear();
  buffered_ = true;
  buffer_.append(begin, at_);
}

bool JsonScanner::scan_string_parts(std::string_view& text) {
  while (at_ != end_) {
    bool go_on = true;
    switch (part_) {
      case Part::plain:
        if (*at_ == '"') {
          ++at_;
          text = buffer_;
          return true;
        }
        go_on = scan_plain();
        break;
      case Part::utf8: go_on = scan_utf8(); break;
      case Part::escape: go_on = scan_escape(); break;
      case Part::hex: go_on = scan_hex(); break;
      case Part::low_backslash: go_on = scan_low_surrogate_mark('\\', Part::low_u); break;
      case Part::low_u: go_on = scan_low_surrogate_mark('u', Part::hex); break;
    }
    if (!go_on) return false;
  }
  return false;
}

/// Plain characters and short escapes up to what opens another part, which is at_ then.
bool JsonScanner::scan_plain() {
  while (true) {
    const char* begin = at_;
    at_ = skip_characters(at_, end_);
    buffer_.append(begin, at_);
    const char meant = end_ - at_ >= 2 && *at_ == '\\' ? short_escape(at_[1]) : '\0';
    if (meant == '\0') break;
    buffer_ += meant;
    at_ += 2;
  }
  if (at_ == end_ || *at_ == '"') return true;
  part_begin_ = offset();
  part_length_ = 0;
  if (*at_ == '\\') {
    ++at_;
    part_ = Part::escape;
  } else if (static_cast<unsigned char>(*at_) >= 0x80) {
    part_ = Part::utf8;
  } else if (*at_ == 0) {
    return fail(JsonFault::bad_unicode, "a string holds a NUL character");
  } else {
    return fail(JsonFault::syntax, "a string holds a bare control character");
  }
  return true;
}

bool JsonScanner::scan_utf8() {
  utf8_[part_length_++] = *at_++;
  const std::string_view bytes(utf8_.data(), part_length_);
  switch (decode_utf8(bytes, 0).state) {
    case Utf8::cut_off: return true;
    case Utf8::invalid:
      return fail_at(part_begin_, JsonFault::bad_unicode, "the text is not valid UTF-8");
    case Utf8::valid: break;
  }
  buffer_ += bytes;
  part_ = Part::plain;
  return true;
}

bool JsonScanner::scan_escape() {
  const char c = *at_++;
  high_surrogate_ = 0;
  if (c == 'u') {
    part_ = Part::hex;
    code_ = 0;
    return true;
  }
  const char meant = short_escape(c);
  if (meant == 0) {
    return fail_at(part_begin_, JsonFault::syntax, "a string holds an unknown escape");
  }
  buffer_ += meant;
  part_ = Part::plain;
  return true;
}

bool JsonScanner::scan_hex() {
  const char c = *at_;
  const char lower = static_cast<char>(c | 0x20);
  if (is_digit(c)) {
    code_ = code_ * 16 + static_cast<char32_t>(c - '0');
  } else if (lower >= 'a' && lower <= 'f') {
    code_ = code_ * 16 + static_cast<char32_t>(lower - 'a' + 10);
  } else {
    return fail(JsonFault::syntax, "four hexadecimal digits were expected");
  }
  ++at_;
  return ++part_length_ < 4 || end_code(code_);
}

/// The four digits of an escape are read.
bool JsonScanner::end_code(char32_t code) {
  const bool low = code >= 0xDC00 && code < 0xE000;
  if (high_surrogate_ == 0 && code >= 0xD800 && code < 0xDC00) {
    high_surrogate_ = code;
    part_ = Part::low_backslash;
    return true;
  }
  if (low != (high_surrogate_ != 0)) {
    return fail_at(part_begin_, JsonFault::bad_unicode, "a string holds half of a surrogate pair");
  }
  if (code == 0) {
    return fail_at(part_begin_, JsonFault::bad_unicode, "a string holds a NUL character");
  }
  append_utf8(buffer_, low ? 0x10000 + ((high_surrogate_ - 0xD800) << 10) + (code - 0xDC00) : code);
  part_ = Part::plain;
  return true;
}

bool JsonScanner::scan_low_surrogate_mark(char wanted, Part next) {
  if (*at_ != wanted) {
    return fail_at(part_begin_, JsonFault::bad_unicode, "a string holds half of a surrogate pair");
  }
  ++at_;
  part_ = next;
  part_length_ = 0;
  code_ = 0;
  return true;
}

// ---- Numbers ------------------------------------------------------------------------------------

bool JsonScanner::scan_number(std::string_view& literal) {
  const char* begin = at_;
  if (!buffered_) {
    digits_ = Digits::minus;
    if (*at_ == '-') ++at_;
  }
  bool whole = false;
  while (at_ != end_ && !whole) {
    if (!step_number(whole) || !check_digits(begin)) return false;
  }
  if (whole) return complete_number(begin, literal);
  buffer_token(begin);
  return false;
}

/// One character, or a run of digits. `whole` is set, and nothing read, when the number is over.
bool JsonScanner::step_number(bool& whole) {
  const char c = *at_;
  switch (digits_) {
    case Digits::minus:
      digits_ = c == '0' ? Digits::zero : Digits::integer;
      if (c != '0') return skip_digits();
      ++at_;
      return true;
    case Digits::point: digits_ = Digits::fraction; return skip_digits();
    case Digits::exponent_sign:
      digits_ = Digits::exponent_first;
      if (c == '+' || c == '-') ++at_;
      return true;
    case Digits::exponent_first: digits_ = Digits::exponent; return skip_digits();
    case Digits::zero:
    case Digits::integer:
    case Digits::fraction:
    case Digits::exponent: break;
  }
  if (is_digit(c) && digits_ != Digits::zero) return skip_digits();
  if (c == '.' && (digits_ == Digits::zero || digits_ == Digits::integer)) {
    digits_ = Digits::point;
  } else if ((c == 'e' || c == 'E') && digits_ != Digits::exponent) {
    digits_ = Digits::exponent_sign;
  } else {
    whole = true;
    return true;
  }
  ++at_;
  return true;
}

/// At least one digit.
bool JsonScanner::skip_digits() {
  if (!is_digit(*at_)) return fail(JsonFault::syntax, "a digit was expected");
  while (at_ != end_ && is_digit(*at_)) ++at_;
  return true;
}

bool JsonScanner::check_digits(const char* begin) {
  const std::size_t length =
      (buffered_ ? buffer_.size() : 0) + static_cast<std::size_t>(at_ - begin);
  if (length <= kMaxNumberLength) return true;
  return fail_at(token_begin_, JsonFault::bad_number, "a number has too many digits");
}

bool JsonScanner::complete_number(const char* begin, std::string_view& literal) {
  literal = {begin, static_cast<std::size_t>(at_ - begin)};
  if (buffered_) {
    buffer_.append(begin, at_);
    literal = buffer_;
  }
  const bool has_exponent = digits_ == Digits::exponent;
  if (has_exponent && !exponent_fits(literal)) {
    return fail_at(token_begin_, JsonFault::bad_number, "the exponent of a number is too large");
  }
  if (!fits_double(literal, has_exponent)) {
    return fail_at(token_begin_, JsonFault::bad_number, "a number is out of range");
  }
  return true;
}

bool JsonScanner::end_number(std::string_view& literal) {
  if (digits_ == Digits::minus || digits_ == Digits::point || digits_ == Digits::exponent_sign ||
      digits_ == Digits::exponent_first) {
    return fail_truncated();
  }
  return complete_number(at_, literal);
}

}  // namespace llmw
