#pragma once
// The project's one JSON parser. It is pushed: text comes in pieces of any size, and a handler is
// told of each key, scalar and bracket as soon as its last byte is there. Strict and bounded as
// json.hpp says; linear; no recursion; it allocates only for strings and numbers that hold an
// escape or lie across two pieces.
//
//   struct Handler {                       // false ends the parsing
//     bool on_object_begin(std::size_t at);                   // `at`: offset of the bracket
//     bool on_object_end(std::size_t at);
//     bool on_array_begin(std::size_t at);
//     bool on_array_end(std::size_t at);
//     bool on_key(std::string_view key, JsonSpan span);       // unescaped; valid during the call
//     bool on_string(std::string_view value, JsonSpan span);
//     bool on_number(std::string_view literal, JsonSpan span);
//     bool on_boolean(bool value, JsonSpan span);
//     bool on_null(JsonSpan span);
//     bool on_token_begin(JsonToken token, std::size_t at);   // optional
//   };
//   JsonPush parser(handler);
//   while (more && parser.feed(piece)) {}
//   parser.finish();
//
// What is told does not depend on how the text is cut into pieces, but for on_token_begin: it is
// called, once, for a string or number whose end is not in the piece that it begins in. Keys that
// an object holds twice are the handler's business.

#include <array>
#include <bit>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/json.hpp"

namespace llmw {

/// Bytes of a token, counted from the first byte ever fed; a string's quotes belong to it.
struct JsonSpan {
  std::size_t begin = 0;
  std::size_t end = 0;  ///< one past its last byte
};

enum class JsonToken : std::uint8_t { string, number };

/// A value whose lowest set bit is the top bit of the first of eight bytes that is a quote, a
/// backslash, a control character or not ASCII; 0 when there is none.
constexpr std::uint64_t not_plain_bits(std::uint64_t bytes) {
  constexpr std::uint64_t kEach = 0x0101010101010101U;
  const std::uint64_t quote = bytes ^ (kEach * '"');
  const std::uint64_t backslash = bytes ^ (kEach * '\\');
  return ((bytes - kEach * 0x20) | (quote - kEach) | (backslash - kEach) | bytes) & (kEach * 0x80);
}

/// The first byte from `at` on that does not simply stand for itself in a JSON string.
inline const char* skip_plain_json(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    while (end - at >= 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, at, sizeof bytes);
      const std::uint64_t found = not_plain_bits(bytes);
      if (found != 0) return at + std::countr_zero(found) / 8;
      at += 8;
    }
  }
  const auto is_plain = [](char c) {
    return static_cast<signed char>(c) >= 0x20 && c != '"' && c != '\\';
  };
  while (at != end && is_plain(*at)) ++at;
  return at;
}

/// The same, over whole characters that are not ASCII too.
const char* skip_characters(const char* at, const char* end);

/// What a reader with DuplicateKeys::refuse says of a key at byte `offset`.
JsonRead duplicate_key_fault(std::size_t offset);

/// The part of the parser that knows no handler: the text, the open brackets, and tokens.
class JsonScanner {
 public:
  /// The first fault, if any; `none` too when the handler ended the parsing.
  JsonRead result() const;
  JsonFault fault() const { return fault_; }
  /// Bytes taken so far.
  std::size_t offset() const { return base_ + static_cast<std::size_t>(at_ - begin_); }
  std::size_t depth() const { return depth_; }
  /// Whether the value is complete; blanks may still follow.
  bool complete() const { return state_ == State::after_root; }
  /// Whether it takes no more: there was a fault, or the handler has seen enough.
  bool ended() const { return state_ == State::ended; }

 protected:
  enum class State : std::uint8_t {
    root,
    value,
    first_item,
    first_key,
    key,
    colon,
    after_value,
    after_root,
    key_text,
    string_text,
    number_text,
    word,
    ended,
  };

  void take(std::string_view piece) {
    begin_ = at_ = piece.data();
    end_ = begin_ + piece.size();
  }
  /// To be called when everything that was taken is parsed.
  void drop_piece() {
    base_ += static_cast<std::size_t>(end_ - begin_);
    begin_ = at_ = end_ = nullptr;
  }

  /// False when the piece ends before another byte that is no blank.
  bool skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    return at_ != end_;
  }

  bool in_object() const { return objects_[depth_ - 1]; }
  bool open(bool object);
  void close() {
    --depth_;
    state_ = depth_ == 0 ? State::after_root : State::after_value;
  }
  void end_value() { state_ = depth_ == 0 ? State::after_root : State::after_value; }
  bool count_value();

  void begin_text(State text_state) {
    token_begin_ = offset();
    announced_ = false;
    state_ = text_state;
  }
  JsonSpan token_span() const { return {token_begin_, offset()}; }

  /// Reads on in the string, past its opening quote. True when `text` is the whole of it.
  bool scan_string(std::string_view& text) {
    const char* begin = at_;
    if (!buffered_) {
      at_ = skip_plain_json(at_, end_);
      if (at_ != end_ && static_cast<signed char>(*at_) < 0) at_ = skip_characters(at_, end_);
      if (at_ != end_ && *at_ == '"') {
        text = {begin, static_cast<std::size_t>(at_ - begin)};
        ++at_;
        return true;
      }
    }
    return scan_string_on(begin, text);
  }
  /// Reads on in the number. True when `literal` is the whole of it.
  bool scan_number(std::string_view& literal);
  /// The same at the end of the whole text.
  bool end_number(std::string_view& literal);
  void begin_word(std::string_view word);
  /// Reads on in true, false or null. True when the whole of it was read.
  bool scan_word();
  std::string_view word() const { return word_; }
  void release_token() { buffered_ = false; }

  /// Notes the fault and ends the parsing. Always false.
  bool fail(JsonFault fault, const char* message) { return fail_at(offset(), fault, message); }
  bool fail_at(std::size_t at, JsonFault fault, const char* message);
  bool fail_truncated();

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  State state_ = State::root;
  bool announced_ = false;  ///< on_token_begin was called for the token
  std::size_t token_begin_ = 0;

 private:
  enum class Part : std::uint8_t { plain, utf8, escape, hex, low_backslash, low_u };
  enum class Digits : std::uint8_t {
    minus,
    zero,
    integer,
    point,
    fraction,
    exponent_sign,
    exponent_first,
    exponent,
  };

  bool scan_string_on(const char* begin, std::string_view& text);
  bool scan_string_parts(std::string_view& text);
  bool scan_plain();
  bool scan_utf8();
  bool scan_escape();
  bool scan_hex();
  bool end_code(char32_t code);
  bool scan_low_surrogate_mark(char wanted, Part next);
  bool step_number(bool& whole);
  bool skip_digits();
  bool check_digits(const char* begin);
  bool complete_number(const char* begin, std::string_view& literal);
  void buffer_token(const char* begin);

  const char* begin_ = nullptr;  ///< of the piece
  std::size_t base_ = 0;         ///< offset of the piece
  std::size_t depth_ = 0;
  std::bitset<kMaxJsonDepth> objects_;  ///< which of the open brackets are braces
  int values_ = 0;

  Part part_ = Part::plain;
  Digits digits_ = Digits::minus;
  bool buffered_ = false;  ///< buffer_ holds the beginning of the token
  std::string buffer_;
  std::size_t part_begin_ = 0;  ///< offset of the escape or multi-byte character
  std::array<char, 4> utf8_{};
  std::uint8_t part_length_ = 0;  ///< bytes of utf8_, or hexadecimal digits
  char32_t code_ = 0;
  char32_t high_surrogate_ = 0;
  std::string_view word_;
  std::size_t word_length_ = 0;

  JsonFault fault_ = JsonFault::none;
  std::size_t fault_at_ = 0;
  const char* fault_message_ = "";
};

template <typename Handler>
class JsonPush : public JsonScanner {
 public:
  explicit JsonPush(Handler& handler) : handler_(handler) {}

  /// False when the text is faulty or the handler ended the parsing; then nothing more is told.
  bool feed(std::string_view piece) {
    if (state_ == State::ended) return false;
    take(piece);
    while (at_ != end_) {
      if (!step()) return end_parsing();
    }
    drop_piece();
    return true;
  }

  /// The text is over. True when it was one JSON value and the handler took all of it.
  bool finish() {
    if (state_ == State::ended) return false;
    if (state_ == State::number_text) {
      std::string_view literal;
      if (!end_number(literal) || !tell_number(literal)) return end_parsing();
    }
    if (state_ == State::after_root) return true;
    if (state_ == State::root) {
      fail(JsonFault::syntax, "there is no JSON value");
    } else {
      fail_truncated();
    }
    return end_parsing();
  }

 private:
  /// One token, or as much of it as the piece holds. False ends the parsing.
  bool step() {
    switch (state_) {
      case State::root:
      case State::value: return !skip_space() || begin_value();
      case State::first_item: return first_item();
      case State::first_key: return first_key();
      case State::key: return !skip_space() || begin_key();
      case State::colon: return colon();
      case State::after_value: return after_value();
      case State::after_root:
        return !skip_space() || fail(JsonFault::syntax, "something follows the JSON value");
      case State::key_text: return key_text();
      case State::string_text: return string_text();
      case State::number_text: return number_text();
      case State::word: return word_text();
      case State::ended: break;
    }
    return false;
  }

  bool first_item() {
    if (!skip_space()) return true;
    return *at_ == ']' ? close_bracket() : begin_value();
  }

  bool first_key() {
    if (!skip_space()) return true;
    return *at_ == '}' ? close_bracket() : begin_key();
  }

  bool colon() {
    if (!skip_space()) return true;
    if (*at_ != ':') return fail(JsonFault::syntax, "a colon was expected");
    ++at_;
    state_ = State::value;
    return true;
  }

  bool after_value() {
    if (!skip_space()) return true;
    if (*at_ == ',') {
      ++at_;
      state_ = in_object() ? State::key : State::value;
      return true;
    }
    if (*at_ == (in_object() ? '}' : ']')) return close_bracket();
    return fail(JsonFault::syntax, "a comma or a closing bracket was expected");
  }

  bool begin_key() {
    if (*at_ != '"') return fail(JsonFault::syntax, "a key in double quotes was expected");
    begin_text(State::key_text);
    ++at_;
    return key_text();
  }

  bool begin_value() {
    if (!count_value()) return false;
    switch (*at_) {
      case '{': return open_bracket(true);
      case '[': return open_bracket(false);
      case '"':
        begin_text(State::string_text);
        ++at_;
        return string_text();
      case 't': begin_word("true"); return word_text();
      case 'f': begin_word("false"); return word_text();
      case 'n': begin_word("null"); return word_text();
      default:
        if (*at_ != '-' && (*at_ < '0' || *at_ > '9')) {
          return fail(JsonFault::syntax, "a JSON value was expected");
        }
        begin_text(State::number_text);
        return number_text();
    }
  }

  bool open_bracket(bool object) {
    if (!open(object)) return false;
    const std::size_t at = offset();
    ++at_;
    return object ? handler_.on_object_begin(at) : handler_.on_array_begin(at);
  }

  bool close_bracket() {
    const std::size_t at = offset();
    const bool object = in_object();
    ++at_;
    close();
    return object ? handler_.on_object_end(at) : handler_.on_array_end(at);
  }

  bool key_text() {
    std::string_view text;
    if (!scan_string(text)) return state_ != State::ended;
    state_ = State::colon;
    const bool go_on = handler_.on_key(text, token_span());
    release_token();
    return go_on;
  }

  bool string_text() {
    std::string_view text;
    if (!scan_string(text)) return announce(JsonToken::string);
    end_value();
    const bool go_on = handler_.on_string(text, token_span());
    release_token();
    return go_on;
  }

  bool number_text() {
    std::string_view literal;
    if (!scan_number(literal)) return announce(JsonToken::number);
    return tell_number(literal);
  }

  bool tell_number(std::string_view literal) {
    end_value();
    const bool go_on = handler_.on_number(literal, token_span());
    release_token();
    return go_on;
  }

  bool word_text() {
    if (!scan_word()) return state_ != State::ended;
    end_value();
    if (word() == "null") return handler_.on_null(token_span());
    return handler_.on_boolean(word() == "true", token_span());
  }

  /// Tells of a token that is not over, faulty or not. False ends the parsing.
  bool announce(JsonToken token) {
    if constexpr (requires { handler_.on_token_begin(token, token_begin_); }) {
      if (!announced_) {
        announced_ = true;
        if (!handler_.on_token_begin(token, token_begin_)) return false;
      }
    }
    return state_ != State::ended;
  }

  bool end_parsing() {
    state_ = State::ended;
    return false;
  }

  Handler& handler_;
};

}  // namespace llmw
