// DocumentReader: numbers, words, and what stands between tokens.

#include <algorithm>
#include <array>
#include <charconv>

#include "core/extract_reader.hpp"
#include "core/extract_text.hpp"

namespace llmw {
namespace {

constexpr const char* kElided = "a part of its document is left out (...)";
constexpr const char* kNoNumber = "a number cannot be read";

/// What a comment says when it stands for content that was left out.
constexpr std::array<std::string_view, 20> kElisionWords = {
    "omitted",       "elided",       "for brevity",   "and so on",        "etc.",
    "rest of the",   "remaining ",   "more steps",    "more items",       "more stages",
    "other steps",   "other stages", "as above",      "same as before",   "to be continued",
    "continue with", "repeat for",   "similar steps", "additional steps", "additional stages"};

struct Literal {
  std::string_view word;
  std::string_view value;
  std::string_view mend;
};

constexpr std::array kLiterals = {
    Literal{"true", "true", ""},
    Literal{"false", "false", ""},
    Literal{"null", "null", ""},
    Literal{"True", "true", "python_literal"},
    Literal{"False", "false", "python_literal"},
    Literal{"None", "null", "python_literal"},
    Literal{"TRUE", "true", "literal_case"},
    Literal{"FALSE", "false", "literal_case"},
    Literal{"NULL", "null", "literal_case"},
    Literal{"Null", "null", "literal_case"},
    Literal{"nil", "null", "literal_case"},
    Literal{"undefined", "null", "undefined"},
};

/// Words that mean more than their letters, and so are not read as strings.
constexpr std::array<std::string_view, 12> kNoStrings = {
    "nan", "infinity", "inf", "yes", "no", "on", "off", "none", "n", "y", "void"};

const Literal* find_literal(std::string_view word) {
  const auto* found = std::find_if(kLiterals.begin(), kLiterals.end(),
                                   [word](const Literal& l) { return l.word == word; });
  return found == kLiterals.end() ? nullptr : found;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_ascii_digit);
}

/// `number` with `_` between digits taken out; anything else with `_` stays as it is.
std::string without_separators(std::string_view number) {
  std::string out;
  for (std::size_t i = 0; i < number.size(); ++i) {
    const bool between = i > 0 && i + 1 < number.size() && is_ascii_digit(number[i - 1]) &&
                         is_ascii_digit(number[i + 1]);
    if (number[i] != '_' || !between) out += number[i];
  }
  return out;
}

/// The decimal digits of 0x1F; empty when `number` is no hexadecimal one of at most 64 bits.
std::string decimal_of_hex(std::string_view number) {
  const std::string_view digits = number.substr(2);
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  const bool read = error == std::errc{} && end == digits.data() + digits.size();
  return read ? std::to_string(value) : std::string();
}

/// The number as JSON writes it, from +1, .5, 5., 1_000, 0x1F; empty when it is none. A leading
/// zero is refused: 007 may be an octal number or no number at all.
std::string json_number(std::string_view written) {
  const bool minus = written.starts_with('-');
  std::string rest = without_separators(written.substr(minus || written.starts_with('+') ? 1 : 0));
  if (starts_with_word(rest, 0, "0x")) {
    const std::string decimal = decimal_of_hex(rest);
    return decimal.empty() ? decimal : (minus ? "-" : "") + decimal;
  }
  const std::size_t exponent_at = std::min(rest.find_first_of("eE"), rest.size());
  const std::string_view mantissa = std::string_view(rest).substr(0, exponent_at);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  std::string whole(mantissa.substr(0, point));
  std::string fraction(mantissa.substr(std::min(point + 1, mantissa.size())));
  std::string_view exponent = std::string_view(rest).substr(exponent_at);
  if (whole.empty() && fraction.empty()) return {};
  if (whole.empty()) whole = "0";
  if (point < mantissa.size() && fraction.empty()) fraction = "0";
  if (!all_digits(whole) || (whole.size() > 1 && whole[0] == '0')) return {};
  if (!fraction.empty() && !all_digits(fraction)) return {};
  if (!exponent.empty()) {
    std::string_view digits = exponent.substr(1);
    if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
    if (!all_digits(digits)) return {};
  }
  return (minus ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction) +
         std::string(exponent);
}

}  // namespace

void DocumentReader::read_number(JsonValue& slot) {
  const std::size_t start = at_;
  while (!at_end() && (is_word_char(text_[at_]) || text_[at_] == '.' || text_[at_] == '+' ||
                       text_[at_] == '-')) {
    ++at_;
  }
  if (at_end()) fail_cut();
  const std::string_view written = text_.substr(start, at_ - start);
  slot.kind = JsonValue::Kind::number;
  slot.text = json_number(written);
  if (slot.text.empty()) fail(kNoNumber);
  if (slot.text != written) mend("number_form");
}

bool DocumentReader::set_literal(JsonValue& slot, std::string_view word) {
  const Literal* literal = find_literal(word);
  if (literal == nullptr) return false;
  if (literal->value != "null") {
    slot.kind = JsonValue::Kind::boolean;
    slot.boolean = literal->value == "true";
  }
  return true;
}

void DocumentReader::read_word(JsonValue& slot) {
  const std::size_t start = at_;
  while (!at_end() && is_word_char(text_[at_])) ++at_;
  const std::string_view word = text_.substr(start, at_ - start);
  if (const Literal* literal = find_literal(word)) {
    if (!literal->mend.empty()) mend(literal->mend);
    set_literal(slot, word);
    return;
  }
  if (at_end()) fail_cut();
  const QuoteFamily quote = quote_at(text_, at_).family;
  if (word.size() == 1 && (quote == QuoteFamily::straight || quote == QuoteFamily::single)) {
    const char prefix = ascii_lower(word[0]);
    if (prefix != 'u' && prefix != 'b' && prefix != 'r') fail("a value was expected");
    mend("string_prefix");
    slot = JsonValue::make_string(read_string_parts(value_place(), prefix == 'r'));
    return;
  }
  read_bare_string(slot, start);
}

/// A single word without quotes is taken for a string where the keys have quotes, so that it is no
/// name of a variable, and it could be nothing else.
void DocumentReader::read_bare_string(JsonValue& slot, std::size_t start) {
  while (!at_end() && (is_word_char(text_[at_]) || text_[at_] == '-')) ++at_;
  if (at_end()) fail_cut();
  const std::string_view word = text_.substr(start, at_ - start);
  std::string lower;
  for (const char c : word.substr(0, 16)) lower += ascii_lower(c);
  if (lower == "truncated") fail_cut();
  const bool special = std::find(kNoStrings.begin(), kNoStrings.end(), lower) != kNoStrings.end();
  const bool capitals =
      std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  const std::size_t next = peek_blanks(at_);
  const char after = next < text_.size() ? mark_at(text_, next).value : ',';
  if (special || capitals || !quoted_keys_ || (after != ',' && !is_closer(after))) {
    fail("a value was expected");
  }
  mend("unquoted_value");
  slot = JsonValue::make_string(std::string(word));
}

void DocumentReader::skip_blanks() {
  line_ended_ = false;
  while (!at_end()) {
    const char c = text_[at_];
    if (is_json_blank(c)) {
      line_ended_ = line_ended_ || c == '\n' || c == '\r';
      ++at_;
    } else if (const std::size_t odd = odd_blank_at(text_, at_); odd > 0) {
      mend("odd_blank");
      at_ += odd;
    } else if (escaped_blank_at(text_, at_)) {
      mend("escaped_blank");
      at_ += 2;
    } else if (const std::size_t end = comment_end(at_); end > at_) {
      note_comment(at_, end);
      at_ = end;
    } else {
      break;
    }
  }
  if (!leaves_out(at_)) return;
  // Three dots at the very end say that the rest did not come.
  if (text_.find_first_of("}]", at_) == std::string_view::npos) fail_cut();
  fail(kElided);
}

/// Whether dots stand at `at` for something that was left out.
bool DocumentReader::leaves_out(std::size_t at) const {
  const std::string_view rest = text_.substr(std::min(at, text_.size()), 3);
  return rest.starts_with("..") || rest == "\xE2\x80\xA6";
}

/// The first position from `at` on that is no blank and no comment.
std::size_t DocumentReader::peek_blanks(std::size_t at) {
  while (at < text_.size()) {
    std::size_t blank = is_json_blank(text_[at]) ? 1 : odd_blank_at(text_, at);
    if (escaped_blank_at(text_, at)) blank = 2;
    const std::size_t next = blank > 0 ? at + blank : comment_end(at);
    if (next == at) break;
    at = next;
  }
  return at;
}

/// Where the comment at `at` ends; `at` when there is none.
std::size_t DocumentReader::comment_end(std::size_t at) {
  const std::string_view rest = text_.substr(at, 4);
  if (rest.starts_with('#') || rest.starts_with("//")) {
    return find_next(at, "\n", next_line_);
  }
  if (rest.starts_with("/*")) {
    return std::min(find_next(at + 2, "*/", next_comment_end_) + 2, text_.size());
  }
  return at;
}

void DocumentReader::note_comment(std::size_t begin, std::size_t end) {
  mend("comment");
  const std::string_view comment = text_.substr(begin, end - begin);
  const std::size_t first = comment.find_first_not_of("/*# \t\r\n");
  const std::string_view said = comment.substr(std::min(first, comment.size()));
  const bool elided =
      said.starts_with("..") || said.starts_with("\xE2\x80\xA6") ||
      std::any_of(kElisionWords.begin(), kElisionWords.end(), [said](std::string_view word) {
        return find_ignoring_case(said, word) != std::string_view::npos;
      });
  if (elided) fail(kElided);
  const bool whole_line = !comment.starts_with("/*");
  if (whole_line && end == text_.size() && comment.find_first_of("}]") != std::string_view::npos) {
    fail("a comment hides the rest of it");
  }
}

/// The fence, the tag or the message around the document ends here.
bool DocumentReader::ends_region(std::size_t at) const {
  const std::string_view rest = text_.substr(at, 3);
  return rest == "```" || rest == "~~~" || rest.starts_with("</") || rest.starts_with("<|");
}

/// Where `what` stands next from `from` on; the end of the text when nowhere.
std::size_t DocumentReader::find_next(std::size_t from, std::string_view what,
                                      Remembered& last) const {
  if (from < last.from || from > last.found) {
    last = {from, std::min(text_.find(what, from), text_.size())};
  }
  return last.found;
}

}  // namespace llmw
