// DocumentReader: strings. Where a string ends is decided by what follows a quote; the quotes
// inside of it must then make sense as quotations, or the document is refused.

#include <algorithm>

#include "core/extract_escapes.hpp"
#include "core/extract_reader.hpp"
#include "core/extract_text.hpp"

namespace llmw {
namespace {

constexpr const char* kUnclearEnd =
    "a quote inside a string is not escaped, and where the string ends cannot be told";
/// A character beyond ASCII may be a letter, a bracket or a mark: it can stand on either side.
bool is_plain_word(char c) { return is_ascii_letter(c) || is_ascii_digit(c); }

bool in_word(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || is_ascii_letter(c) || is_ascii_digit(c);
}

}  // namespace

void DocumentReader::note_quotes(QuoteMark opener) {
  switch (opener.family) {
    case QuoteFamily::straight: return;
    case QuoteFamily::single: mend("single_quotes"); return;
    case QuoteFamily::backtick: mend("backticks"); return;
    default: mend("typographic_quotes");
  }
}

/// A string and those that are joined to it: "a" + "b", or "a" "b" where only one can stand.
std::string DocumentReader::read_string_parts(Place place, bool raw_string) {
  std::string all = read_string(place, raw_string);
  while (parts_follow(place)) {
    mend("concatenation");
    all += read_string(place, false);
  }
  return all;
}

bool DocumentReader::parts_follow(Place place) {
  skip_blanks();
  if (at_end() || ends_region(at_)) return false;
  if (text_[at_] == '+') {
    ++at_;
    peek();
    if (quote_at(text_, at_).family == QuoteFamily::none) fail("a string is joined to no string");
    return true;
  }
  if (quote_at(text_, at_).family == QuoteFamily::none) return false;
  const bool one_only = place == Place::member || open_.back().closer == ')';
  return one_only && !(place == Place::member && member_starts(at_));
}

std::string DocumentReader::read_string(Place place, bool raw_string) {
  const QuoteMark opener = quote_at(text_, at_);
  note_quotes(opener);
  const std::string_view three = text_.substr(at_, 3);
  if (three == "\"\"\"" || three == "'''") return read_triple_quoted(place, raw_string);
  at_ += opener.length;
  const std::size_t body = at_;
  inner_ = {};
  std::size_t closer_length = 0;
  std::size_t lost_at = 0;
  while (closer_length == 0 && lost_at == 0) {
    if (at_end()) fail_unclosed(body, place);
    const QuoteMark quote = quote_at(text_, at_);
    if (text_[at_] == '\\') {
      at_ = std::min(at_ + 2, text_.size());
    } else if (quote.family == QuoteFamily::none) {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) {
        mend("raw_control_character");
        lost_at = lost_quote(opener, place, body);
      }
      ++at_;
    } else if (may_close(opener, quote) &&
               (plan_.strict || (!ends_quotation() && closes_string(at_ + quote.length, place)))) {
      if (quote.family != opener.family) mend("typographic_quotes");
      closer_length = quote.length;
    } else {
      note_inner_quote(opener, quote, body);
      at_ += quote.length;
    }
  }
  if (!inner_quotes_make_sense(text_.substr(body, at_ - body))) {
    // The quote that the text ends with may be one of them.
    if (peek_blanks(at_ + closer_length) >= text_.size()) fail_unclosed(body, place);
    fail(kUnclearEnd);
  }
  if (lost_at != 0) at_ = lost_at;
  const std::string_view raw = text_.substr(body, at_ - body);
  at_ += closer_length;
  return decode(raw, opener.family, place, raw_string);
}

std::string DocumentReader::read_triple_quoted(Place place, bool raw_string) {
  mend("triple_quotes");
  const QuoteFamily family = quote_at(text_, at_).family;
  const std::string_view quotes = text_.substr(at_, 3);
  const std::size_t body = at_ + 3;
  const std::size_t end = text_.find(quotes, body);
  at_ = text_.size();
  if (end == std::string_view::npos) fail_cut();
  at_ = end + 3;
  return decode(text_.substr(body, end - body), family, place, raw_string);
}

bool DocumentReader::may_close(QuoteMark opener, QuoteMark candidate) const {
  if (candidate.family == opener.family) return true;
  switch (opener.family) {
    case QuoteFamily::straight:
      return candidate.family == QuoteFamily::curly && !candidate.opening && !inner_.curly_opened &&
             !plan_.strict;
    case QuoteFamily::curly: return candidate.family == QuoteFamily::straight;
    case QuoteFamily::curly_single: return candidate.family == QuoteFamily::single;
    default: return false;
  }
}

/// Whether the string ends before `after`: what stands there goes on as JSON does.
bool DocumentReader::closes_string(std::size_t after, Place place) {
  const std::size_t at = peek_blanks(after);
  if (at >= text_.size() || ends_region(at)) return true;
  const char c = mark_at(text_, at).value;
  if (place == Place::key) return c == ':' || c == '=' || colon_is_missing(after, at);
  if (c == ',' || c == ';') return closes_before_comma(at, place);
  if (is_closer(c)) return closes_before_bracket(at, place);
  if (c == '+') {
    const std::size_t next = peek_blanks(at + 1);
    return next >= text_.size() || quote_at(text_, next).family != QuoteFamily::none;
  }
  return closes_before_next(after, at, place);
}

/// After a key, a blank and then a value: only the colon can be missing.
bool DocumentReader::colon_is_missing(std::size_t after, std::size_t at) {
  if (at == after || inner_.count > 0) return false;
  const char c = mark_at(text_, at).value;
  return quote_at(text_, at).family != QuoteFamily::none || is_ascii_digit(c) || c == '{' ||
         c == '[';
}

bool DocumentReader::closes_before_comma(std::size_t at, Place place) {
  const std::size_t next = peek_blanks(at + mark_at(text_, at).length);
  if (next >= text_.size() || ends_region(next)) return true;
  const char c = mark_at(text_, next).value;
  if (is_closer(c) || c == ',' || leaves_out(next)) return true;
  if (place == Place::item) return value_starts(next);
  const bool next_object = c == '{' && open_.size() > 1;
  return next_object || member_starts(next);
}

bool DocumentReader::closes_before_bracket(std::size_t at, Place place) {
  const char bracket = mark_at(text_, at).value;
  if (place == Place::item && bracket == '}' && open_.back().closer == ']' && inner_.count % 2 == 1)
    return false;
  const std::size_t after = at + mark_at(text_, at).length;
  const std::size_t next = peek_blanks(after);
  if (next >= text_.size() || ends_region(next)) return true;
  const char c = mark_at(text_, next).value;
  if (is_closer(c) || c == ',' || c == ';') return true;
  const bool next_line =
      text_.substr(after, next - after).find_first_of("\r\n") != std::string_view::npos;
  if ((next_line || c == '{' || c == '[') && inner_.count == 0) return true;
  if (open_.size() == 1) return next > after || quote_at(text_, next).family == QuoteFamily::none;
  return next > after &&
         (c == '{' || c == '[' || quote_at(text_, next).family != QuoteFamily::none);
}

/// The comma after the string was left out, or another part of it follows.
bool DocumentReader::closes_before_next(std::size_t after, std::size_t at, Place place) {
  const bool parted = at > after;
  if (!parted) return false;
  if (place == Place::item) {
    return quote_at(text_, at).family != QuoteFamily::none || mark_at(text_, at).value == '{' ||
           mark_at(text_, at).value == '[';
  }
  const bool next_line =
      text_.substr(after, at - after).find_first_of("\r\n") != std::string_view::npos;
  if (quote_at(text_, at).family != QuoteFamily::none) return next_line || member_starts(at);
  return next_line && member_starts(at);
}

/// Whether a key and its colon stand at `at`; also when the text ends before that can be told.
bool DocumentReader::member_starts(std::size_t at) {
  if (at >= text_.size()) return true;
  const QuoteMark opener = quote_at(text_, at);
  std::size_t end = at + opener.length;
  if (opener.family == QuoteFamily::none) {
    if (inner_.count > 0 && !unquoted_keys_) return false;
    while (end < text_.size() && (is_word_char(text_[end]) || text_[end] == '-')) ++end;
    if (end == at) return false;
    if (end == text_.size()) return true;
    if (text_[end] == '"') ++end;
  } else {
    while (true) {
      if (end >= text_.size()) return true;
      if (text_[end] == '\n') return false;
      const QuoteMark quote = quote_at(text_, end);
      const bool closes = quote.family != QuoteFamily::none && may_close(opener, quote);
      end += text_[end] == '\\' ? 2 : std::max<std::size_t>(quote.length, 1);
      if (closes) break;
    }
  }
  const std::size_t colon = peek_blanks(end);
  if (colon >= text_.size() || ends_region(colon)) return true;
  const char c = mark_at(text_, colon).value;
  return c == ':' || c == '=';
}

/// Whether a value may begin at `at`.
bool DocumentReader::value_starts(std::size_t at) {
  if (at >= text_.size()) return true;
  const char c = mark_at(text_, at).value;
  if (quote_at(text_, at).family != QuoteFamily::none || begins_bracket(c)) return true;
  if (is_ascii_digit(c) ||
      ((c == '-' || c == '.') && at + 1 < text_.size() && is_ascii_digit(text_[at + 1]))) {
    return true;
  }
  std::size_t end = at;
  while (end < text_.size() && is_word_char(text_[end])) ++end;
  if (end == text_.size()) return end > at;
  JsonValue ignored;
  return end > at && set_literal(ignored, text_.substr(at, end - at));
}

/// Where a value ends whose closing quote got lost: before the comma at the end of a line, when a
/// member begins on the next line. 0 when it goes on.
std::size_t DocumentReader::lost_quote(QuoteMark opener, Place place, std::size_t body) {
  if (place != Place::member || inner_.first != 0 || text_[at_] != '\n') return 0;
  const std::size_t last = text_.substr(0, at_).find_last_not_of(" \t\r");
  if (last == std::string_view::npos || last <= body || text_[last] != ',') return 0;
  const char end = text_[last - 1];
  if (!in_word(end) && std::string_view(".!?)%").find(end) == std::string_view::npos) return 0;
  const std::size_t next = peek_blanks(at_);
  if (next >= text_.size() || quote_at(text_, next).family != opener.family) return 0;
  if (!member_starts(next)) return 0;
  mend("missing_quote");
  return last;
}

/// Takes down a quote inside of the string. Apostrophes in words are no quotes.
void DocumentReader::note_inner_quote(QuoteMark opener, QuoteMark quote, std::size_t body) {
  if (quote.family == QuoteFamily::curly)
    inner_.curly_opened = quote.opening || inner_.curly_opened;
  if (quote.family != opener.family) return;
  const bool counted = quote.family == QuoteFamily::straight || quote.family == QuoteFamily::single;
  const char before = at_ == body ? ' ' : text_[at_ - 1];
  const char after = at_ + 1 < text_.size() ? text_[at_ + 1] : ' ';
  if (quote.family == QuoteFamily::single && in_word(after)) {
    if (in_word(before) || is_ascii_digit(after)) return;
  }
  const bool inside = inner_.count % 2 == 1;
  if (quote.family == QuoteFamily::single && !inside && ascii_lower(before) == 's') return;
  if (inner_.first == 0) inner_.first = at_;
  if (!counted) return;
  inner_.inch_marks = inner_.inch_marks && is_ascii_digit(before);
  ++inner_.count;
  const bool opens = !is_plain_word(before) && !is_json_blank(after);
  const bool ends = !is_json_blank(before) && !is_plain_word(after);
  if (inside ? !ends : !opens) inner_.by_turns = false;
}

/// A quotation inside of the string is open, which the quote at the read position ends.
bool DocumentReader::ends_quotation() const {
  return inner_.count % 2 == 1 && inner_.by_turns && !inner_.inch_marks;
}

/// A key in the string would mean that its end was passed.
bool DocumentReader::inner_quotes_make_sense(std::string_view raw) const {
  if (inner_.count == 0) return true;
  // Quotes doubled all around, as in CSV, or a quotation: it cannot be told.
  const auto is_quote = [](char c) { return c == '"' || c == '\''; };
  if (inner_.count == 2 && is_quote(raw.front()) && is_quote(raw.back())) return false;
  for (std::size_t at = raw.find(':'); at != std::string_view::npos; at = raw.find(':', at + 1)) {
    const std::size_t before = raw.substr(0, at).find_last_not_of(" \t");
    if (before == std::string_view::npos || (raw[before] != '"' && raw[before] != '\'')) continue;
    if (before == 0 || raw[before - 1] != '\\') return false;
  }
  return inner_.inch_marks || (inner_.count % 2 == 0 && inner_.by_turns);
}

/// The text ends in exactly the brackets that close what is open: the quote before them got lost.
/// One bracket alone may be content.
bool DocumentReader::ends_in_own_brackets() const {
  if (open_.size() < 2) return false;
  std::size_t end = text_.size();
  for (const Open& container : open_) {
    end = text_.substr(0, end).find_last_not_of(" \t\r\n");
    if (end == std::string_view::npos || text_[end] != container.closer) return false;
  }
  return true;
}

/// The text ended inside the string: it was cut, unless its end was passed unseen.
void DocumentReader::fail_unclosed(std::size_t body, Place place) const {
  const std::string_view passed = text_.substr(std::min(body, text_.size()));
  if (passed.find("\n```") != std::string_view::npos || ends_in_own_brackets()) {
    fail("a string is not closed");
  }
  if (inner_.first != 0 && place == Place::key) fail("a colon was expected");
  if (inner_.first != 0) {
    const std::string_view rest = text_.substr(inner_.first);
    if (rest.find("\":") != std::string_view::npos || rest.find("':") != std::string_view::npos ||
        rest.find_first_of("{}[]") != std::string_view::npos) {
      fail(kUnclearEnd);
    }
  }
  fail_cut();
}

std::string DocumentReader::decode(std::string_view raw, QuoteFamily family, Place place,
                                   bool raw_string) {
  if (plan_.doubled_braces &&
      (raw.find("{{") != std::string_view::npos || raw.find("}}") != std::string_view::npos)) {
    fail("its braces are doubled, and in a string that may be meant");
  }
  if (family == QuoteFamily::backtick && raw.find("${") != std::string_view::npos) {
    fail("a string holds an expression");
  }
  if (inner_.count > 0) mend("unescaped_quote");
  if (raw_string) return std::string(raw);
  DecodedString decoded = decode_escapes(raw, family);
  if (decoded.fault != nullptr) fail(decoded.fault);
  if (decoded.mended && place == Place::key) fail("a key holds a backslash");
  if (decoded.mended) mend("invalid_escape");
  return std::move(decoded.value);
}

}  // namespace llmw
