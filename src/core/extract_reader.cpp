#include "core/extract_reader.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/extract_text.hpp"

namespace llmw {
namespace {

using Kind = JsonValue::Kind;

/// A key as it stands in a JSON Pointer.
std::string pointer_token(std::string_view key) {
  std::string token = "/";
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

/// A character of a key without quotes: a word's, a hyphen, or a byte of a letter beyond ASCII.
bool is_key_char(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (static_cast<unsigned char>(c) < 0x80) return is_word_char(c) || c == '-';
  return quote_at(text, at).family == QuoteFamily::none && mark_at(text, at).value == 0 &&
         odd_blank_at(text, at) == 0;
}

}  // namespace

DocumentRead read_document(std::string_view text, std::size_t at, const ReadPlan& plan) {
  return DocumentReader(text, at, plan).run();
}

DocumentRead DocumentReader::run() {
  try {
    if (plan_.doubled_braces) mend("doubled_braces");
    if (plan_.bare_members) {
      mend("missing_braces");
      read_.value = JsonValue::make_object();
      open_.push_back({&read_.value, '}'});
    } else {
      const Mark mark = peek();
      open_container(mark.value, mark.length);
    }
    while (!open_.empty()) step();
    read_.outcome = ReadOutcome::complete;
  } catch (const Fault& fault) {
    read_.outcome = fault.outcome;
    read_.message = fault.message;
  }
  if (read_.outcome == ReadOutcome::truncated) {
    read_.open_path = open_path();
    read_.outermost_closed = open_.size() == 1 && open_.front().value_read;
    try {
      // From the inside, because settling moves what is in the object.
      for (auto open = open_.rbegin(); open != open_.rend(); ++open) settle_duplicates(*open->node);
    } catch (const Fault& fault) {
      read_.outcome = fault.outcome;
      read_.message = fault.message;
    }
  }
  read_.end = at_;
  return std::move(read_);
}

void DocumentReader::mend(std::string_view name) {
  if (plan_.strict) fail("this is not JSON as it should be");
  if (std::find(read_.mends.begin(), read_.mends.end(), name) == read_.mends.end()) {
    read_.mends.push_back(name);
  }
}

/// One bracket may be wrong; two that are can be made to fit in too many ways.
void DocumentReader::mend_bracket(std::string_view name) {
  mend(name);
  read_.wrong_bracket = true;
  if (++bracket_mends_ > 1) fail("its brackets do not match");
}

Mark DocumentReader::peek() {
  skip_blanks();
  if (at_end() || ends_region(at_)) fail_cut();
  const Mark mark = mark_at(text_, at_);
  if (mark.length > 1) mend("full_width_punctuation");
  return mark;
}

void DocumentReader::step() {
  Open& container = open_.back();
  if (plan_.bare_members && open_.size() == 1 && container.value_read) {
    skip_blanks();
    if (at_end() || ends_region(at_)) {
      close_container();
      return;
    }
  }
  const Mark mark = peek();
  if (mark.value == container.closer) {
    if (container.comma_read && !container.value_read) mend("trailing_comma");
    at_ += bracket_length(mark);
    close_container();
  } else if (is_closer(mark.value)) {
    close_wrong(mark);
  } else if (container.value_read) {
    step_after_value(container, mark);
  } else {
    read_member_or_item(container, mark);
  }
}

void DocumentReader::step_after_value(Open& container, Mark mark) {
  if (mark.value == ',' || mark.value == ';') {
    take_comma(container, mark);
    return;
  }
  const bool next_begins = container.node->is_object() ? member_starts(at_) : value_starts(at_);
  if (next_begins) {
    mend("missing_comma");
    container.value_read = false;
    container.comma_read = false;
    return;
  }
  if (line_ended_ && only_prose_follows()) fail_cut();
  fail("a comma or a closing bracket was expected");
}

/// Sentences of a person, not the rest of a document: the brackets were never closed.
bool DocumentReader::only_prose_follows() const {
  return !plan_.strict && text_.find_first_of("{}[]\"", at_) == std::string_view::npos;
}

void DocumentReader::take_comma(Open& container, Mark mark) {
  if (mark.value == ';') mend("wrong_separator");
  at_ += mark.length;
  container.value_read = false;
  container.comma_read = true;
}

void DocumentReader::read_member_or_item(Open& container, Mark mark) {
  const bool object = container.node->is_object();
  if (mark.value == ',') {
    mend("extra_comma");
    take_comma(container, mark);
    return;
  }
  if (!object) {
    read_value();
    return;
  }
  if (mark.value == '{' && container.comma_read && open_.size() > 1) {
    imply_closed_object();
    return;
  }
  read_key();
  read_colon();
  read_value();
}

/// An object begins where a key should stand: the one around it was not closed before the comma.
void DocumentReader::imply_closed_object() {
  if (!open_[open_.size() - 2].node->is_array()) fail("a key was expected");
  mend_bracket("missing_bracket");
  close_container();
  open_.back().value_read = false;
  open_.back().comma_read = true;
}

void DocumentReader::read_key() {
  if (quote_at(text_, at_).family != QuoteFamily::none) {
    key_ = read_string(Place::key, false);
    if (inner_.count > 0) fail("a quote in a key is not escaped");
    quoted_keys_ = true;
    return;
  }
  const std::size_t start = at_;
  while (!at_end() && is_key_char(text_, at_)) ++at_;
  if (at_ == start) fail("a key was expected");
  if (at_end()) fail_cut();
  key_ = text_.substr(start, at_ - start);
  if (text_[at_] == '"' || text_[at_] == '\'') {
    mend("missing_quote");
    ++at_;
  } else {
    mend("unquoted_key");
    unquoted_keys_ = true;
  }
}

void DocumentReader::read_colon() {
  const Mark mark = peek();
  if (mark.value == ':') {
    at_ += mark.length;
    return;
  }
  const bool quote = quote_at(text_, at_).family != QuoteFamily::none;
  if (quote || is_ascii_digit(mark.value) || mark.value == '{' || mark.value == '[') {
    mend("missing_colon");
    return;
  }
  if (mark.value != '=') fail("a colon was expected");
  mend("wrong_separator");
  ++at_;
  if (!at_end() && text_[at_] == '>') ++at_;
}

DocumentReader::Place DocumentReader::value_place() const {
  return open_.back().node->is_object() ? Place::member : Place::item;
}

/// A new null where the next value of the innermost container goes.
JsonValue& DocumentReader::add_value() {
  if (open_.empty()) return read_.value;
  if (++read_.values > static_cast<std::size_t>(kMaxJsonValues)) fail("it has too many values");
  Open& container = open_.back();
  container.value_read = true;
  if (container.node->is_array()) return container.node->items.emplace_back();
  return container.node->members.emplace_back(std::move(key_), JsonValue()).second;
}

void DocumentReader::read_value() {
  const Mark mark = peek();
  if (begins_bracket(mark.value)) {
    open_container(mark.value, mark.length);
    return;
  }
  JsonValue value;
  if (quote_at(text_, at_).family != QuoteFamily::none) {
    value = JsonValue::make_string(read_string_parts(value_place(), false));
  } else if (is_ascii_digit(mark.value) || mark.value == '-' || mark.value == '+' ||
             mark.value == '.') {
    read_number(value);
  } else if (is_word_char(mark.value)) {
    read_word(value);
  } else {
    fail("a value was expected");
  }
  add_value() = std::move(value);
}

std::size_t DocumentReader::bracket_length(Mark mark) const {
  const bool brace = mark.value == '{' || mark.value == '}';
  if (!plan_.doubled_braces || !brace) return mark.length;
  if (at_ + 1 >= text_.size()) fail_cut();
  if (text_[at_ + 1] != mark.value) fail("only some of its braces are doubled");
  return 2;
}

void DocumentReader::open_container(char bracket, std::size_t length) {
  if (open_.size() == static_cast<std::size_t>(kMaxJsonDepth)) fail("it is nested too deeply");
  if (bracket == '(') mend("tuple");
  at_ += plan_.doubled_braces && bracket == '{' ? bracket_length({bracket, length}) : length;
  JsonValue& node = add_value();
  node = bracket == '{' ? JsonValue::make_object() : JsonValue::make_array();
  const char closer = bracket == '{' ? '}' : bracket == '[' ? ']' : ')';
  open_.push_back({&node, closer});
}

void DocumentReader::close_container() {
  const Open closed = open_.back();
  settle_duplicates(*closed.node);
  const bool parentheses_only =
      closed.closer == ')' && !closed.comma_read && closed.node->items.size() == 1;
  if (parentheses_only) {
    JsonValue inner = std::move(closed.node->items.front());
    *closed.node = std::move(inner);
  }
  open_.pop_back();
  if (open_.empty() && !plan_.strict) {
    open_.push_back(closed);
    check_after_root();
  }
}

/// The outermost bracket is closed: that is the end, unless a member of it follows, which means
/// that a bracket too many stands here.
void DocumentReader::check_after_root() {
  const std::size_t next = peek_blanks(at_);
  const bool object = open_.back().node->is_object() && open_.back().closer == '}';
  if (object && next < text_.size() && mark_at(text_, next).value == ',' &&
      member_starts(peek_blanks(next + 1)) && peek_blanks(next + 1) < text_.size()) {
    mend_bracket("extra_bracket");
    return;
  }
  open_.clear();
}

void DocumentReader::close_wrong(Mark mark) {
  Open& container = open_.back();
  if (container.comma_read && !container.value_read) mend("trailing_comma");
  switch (plan_.wrong_bracket) {
    case WrongBracket::stands_for_the_right_one:
      // An empty container says nothing about which of its brackets is the wrong one.
      if (container.closer == ')' || !container.value_read) fail("its brackets do not match");
      mend_bracket("wrong_bracket");
      at_ += mark.length;
      close_container();
      return;
    case WrongBracket::right_one_is_missing:
      if (open_.size() < 2 || open_[open_.size() - 2].closer != mark.value) {
        read_.wrong_bracket = true;
        fail("its brackets do not match");
      }
      // An array of one array may as well be a bracket too many at its start.
      if (container.node->items.size() == 1 && container.node->items.front().is_array()) {
        fail("its brackets do not match");
      }
      mend_bracket("missing_bracket");
      close_container();
      return;
    case WrongBracket::is_superfluous:
      // Only where it is written twice; else the one that it closes may have got lost.
      if (last_token() != mark.value) fail("its brackets do not match");
      mend_bracket("extra_bracket");
      at_ += mark.length;
      return;
  }
}

/// The last character before the read position that is no blank.
char DocumentReader::last_token() const {
  const std::size_t last = text_.substr(0, at_).find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? '\0' : text_[last];
}

/// Keeps one of two members that have the same key and the same value; two values are a fault,
/// because only one of them could be kept.
void DocumentReader::settle_duplicates(JsonValue& object) {
  auto& members = object.members;
  if (members.size() < 2) return;
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return members[a].first != members[b].first ? members[a].first < members[b].first : a < b;
  });
  std::vector<bool> doubled;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (members[order[i]].first != members[order[i - 1]].first) continue;
    if (members[order[i]].second != members[order[i - 1]].second) {
      fail("an object has the same key twice, with different values");
    }
    mend("duplicate_key");
    doubled.resize(members.size());
    doubled[order[i]] = true;
  }
  if (doubled.empty()) return;
  std::vector<JsonValue::Member> kept;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!doubled[i]) kept.push_back(std::move(members[i]));
  }
  members = std::move(kept);
}

std::string DocumentReader::open_path() const {
  std::string path;
  for (std::size_t i = 1; i < open_.size(); ++i) {
    const JsonValue& parent = *open_[i - 1].node;
    path += parent.is_array() ? "/" + std::to_string(parent.items.size() - 1)
                              : pointer_token(parent.members.back().first);
  }
  return path;
}

}  // namespace llmw
