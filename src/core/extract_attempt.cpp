#include "core/extract_attempt.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/extract_escapes.hpp"
#include "core/extract_text.hpp"

namespace llmw {
namespace {

constexpr int kStringLevels = 4;
constexpr std::size_t kLongestBareKey = 64;
constexpr std::size_t kBracketsLooked = 64;

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const std::size_t length = is_json_blank(text[at]) ? 1 : odd_blank_at(text, at);
    if (length == 0) break;
    at += length;
  }
  return at;
}

bool has_quote(std::string_view text, std::size_t at) {
  return at < text.size() && quote_at(text, at).family != QuoteFamily::none;
}

/// A word and then a colon or an equals sign: a key without quotes.
bool bare_key_at(std::string_view text, std::size_t at) {
  const std::size_t start = at;
  while (at < text.size() && (is_word_char(text[at]) || text[at] == '-')) ++at;
  if (at == start) return false;
  if (at < text.size() && text[at] == '"') ++at;
  at = skip_blanks(text, at);
  return at >= text.size() || mark_at(text, at).value == ':' || text[at] == '=';
}

bool key_at(std::string_view text, std::size_t at) {
  return has_quote(text, at) || bare_key_at(text, at);
}

/// Whether the document at `text[at]` is written as it is inside of a JSON string: with \" for ".
bool is_escaped(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.size(), at + kBracketsLooked);
  while (at < end) {
    if (text[at] == '{' || text[at] == '[' || is_json_blank(text[at])) {
      ++at;
    } else if (escaped_blank_at(text, at)) {
      at += 2;
    } else {
      break;
    }
  }
  return at + 1 < text.size() && text[at] == '\\' && (text[at + 1] == '"' || text[at + 1] == '\\');
}

/// Where the quote stands that no backslash escapes; `limit` when there is none before.
std::size_t closing_quote(std::string_view text, std::size_t at, std::size_t limit) {
  while (at < limit && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at, limit);
}

DocumentRead corrupt(const char* message, std::size_t end) {
  DocumentRead read;
  read.message = message;
  read.end = end;
  return read;
}

/// A member that follows the closed document: a bracket too many stands in the middle of it.
bool member_follows(std::string_view text, std::size_t end) {
  const std::size_t comma = skip_blanks(text, end);
  if (comma >= text.size() || text[comma] != ',') return false;
  return has_quote(text, skip_blanks(text, comma + 1));
}

/// The text stops where a document may stop that is complete: it was not cut.
bool ends_in_bracket(std::string_view text) {
  const std::string_view trimmed = trim_blanks(text);
  return trimmed.ends_with('}') || trimmed.ends_with(']') || trimmed.ends_with('`');
}

/// More of the document stands behind `end`: it was closed too early.
bool goes_on_after(std::string_view text, std::size_t end) {
  const std::size_t next = skip_blanks(text, end);
  return next < text.size() && std::string_view(",}]").find(text[next]) != std::string_view::npos;
}

/// A bracket is wrong: tries each of the ways to take it, and believes the one that alone leads to
/// a complete document.
DocumentRead settle_brackets(std::string_view text, std::size_t at, ReadPlan plan,
                             DocumentRead first) {
  std::optional<DocumentRead> complete;
  DocumentRead longest = std::move(first);
  for (const WrongBracket way :
       {WrongBracket::stands_for_the_right_one, WrongBracket::right_one_is_missing,
        WrongBracket::is_superfluous}) {
    plan.wrong_bracket = way;
    DocumentRead read = read_document(text, at, plan);
    if (read.outcome == ReadOutcome::complete && !goes_on_after(text, read.end)) {
      if (complete && complete->value != read.value)
        return corrupt("its brackets do not match", read.end);
      complete = std::move(read);
    } else if (read.outcome == ReadOutcome::truncated && !ends_in_bracket(text)) {
      longest = std::move(read);
    }
  }
  if (complete) return std::move(*complete);
  const bool cut = longest.outcome == ReadOutcome::truncated && !ends_in_bracket(text);
  if (longest.outcome != ReadOutcome::corrupt && !cut) {
    return corrupt("its brackets do not match", longest.end);
  }
  return longest;
}

DocumentRead read_mending(std::string_view text, std::size_t at, const ReadPlan& plan) {
  DocumentRead read = read_document(text, at, plan);
  return read.wrong_bracket ? settle_brackets(text, at, plan, std::move(read)) : read;
}

/// {{ ... }}: all braces are doubled, or only the outermost.
DocumentRead read_doubled(std::string_view text, std::size_t at) {
  DocumentRead read = read_mending(text, at, {.doubled_braces = true});
  if (read.outcome != ReadOutcome::corrupt) return read;
  read = read_mending(text, at + 1, {});
  if (read.outcome != ReadOutcome::complete) return read;
  const std::size_t closer = skip_blanks(text, read.end);
  if (closer >= text.size() || text[closer] != '}')
    return corrupt("its braces do not match", closer);
  read.end = closer + 1;
  read.mends.insert(read.mends.begin(), "doubled_braces");
  return read;
}

DocumentRead read_plain(std::string_view text, std::size_t at) {
  DocumentRead strict = read_document(text, at, {.strict = true});
  const bool complete =
      strict.outcome == ReadOutcome::complete && !member_follows(text, strict.end);
  if (complete || strict.outcome == ReadOutcome::truncated) return strict;
  const std::size_t inner = skip_blanks(text, at + 1);
  const bool doubled = text[at] == '{' && inner < text.size() && text[inner] == '{';
  return doubled && inner == at + 1 ? read_doubled(text, at) : read_mending(text, at, {});
}

/// The document in the inside of a JSON string.
DocumentRead read_escaped(std::string_view text, std::size_t at, std::size_t limit) {
  const std::size_t end = closing_quote(text, at, limit);
  DecodedString inside = decode_escapes(text.substr(at, end - at), QuoteFamily::straight);
  for (int level = 1; inside.fault == nullptr && is_escaped(inside.value, 0); ++level) {
    if (level == kStringLevels) return corrupt("it is a string in a string too often", end);
    const std::string outer = std::move(inside.value);
    inside =
        decode_escapes(std::string_view(outer).substr(0, closing_quote(outer, 0, outer.size())),
                       QuoteFamily::straight);
  }
  if (inside.fault != nullptr) return corrupt(inside.fault, end);
  DocumentRead read = read_plain(inside.value, 0);
  if (read.outcome == ReadOutcome::complete &&
      inside.value.find_first_not_of(" \t\r\n}]", read.end) != std::string::npos) {
    return corrupt("something follows the document in its string", end);
  }
  const bool in_quotes = end < limit && end < text.size();
  read.mends.insert(read.mends.begin(), in_quotes ? "json_in_string" : "escaped_json");
  read.end = end;
  return read;
}

}  // namespace

bool bracket_begins_document(std::string_view text, std::size_t at) {
  const Mark bracket = mark_at(text, at);
  if (is_escaped(text, at)) return true;
  std::size_t next = skip_blanks(text, at + bracket.length);
  while (escaped_blank_at(text, next)) next = skip_blanks(text, next + 2);
  if (next >= text.size()) return bracket.value == '{' || at == 0 || text[at - 1] == '\n';
  const char c = mark_at(text, next).value;
  if (bracket.value == '[') return c == '{' || c == '[' || has_quote(text, next);
  if (c == '{') return key_at(text, skip_blanks(text, next + 1));
  const bool next_line = text.substr(at, next - at).find('\n') != std::string_view::npos;
  if (c == '/' || c == '#' || c == ',') return next_line;
  return key_at(text, next);
}

bool is_member_value(std::string_view text, std::size_t at) {
  const std::size_t before = text.substr(0, at).find_last_not_of(" \t\r\n");
  if (before == std::string_view::npos || before == 0) return false;
  if (text[before] == '>') return text[before - 1] == '=';
  return text[at] == '[' && text[before] == ':' && text[before - 1] == '"';
}

bool begins_bare_members(std::string_view text, std::size_t at) {
  const std::size_t key_end = text.substr(0, at + kLongestBareKey).find_first_of("\"\\\n", at + 1);
  if (key_end == std::string_view::npos || text[key_end] != '"') return false;
  const std::size_t colon = skip_blanks(text, key_end + 1);
  if (colon >= text.size() || text[colon] != ':') return false;
  const std::size_t value = skip_blanks(text, colon + 1);
  if (value >= text.size()) return false;
  const std::string_view rest = text.substr(value);
  return std::string_view("[{\"-0123456789").find(rest[0]) != std::string_view::npos ||
         rest.starts_with("true") || rest.starts_with("false") || rest.starts_with("null");
}

DocumentRead attempt_document(std::string_view text, std::size_t at, std::size_t limit) {
  if (text[at] == '"') return read_mending(text, at, {.bare_members = true});
  return is_escaped(text, at) ? read_escaped(text, at, limit) : read_plain(text, at);
}

}  // namespace llmw
