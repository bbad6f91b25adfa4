#include "core/draft_text.hpp"

#include <algorithm>
#include <array>

#include "core/draft_scan.hpp"

namespace llmw {
namespace {

struct Replacement {
  std::string_view from;
  std::string_view to;
};

// Typographic characters in the ASCII that the scanner knows.
constexpr std::array kReplacements = {
    Replacement{"\u2018", "'"},    Replacement{"\u2019", "'"},    Replacement{"\u201C", "\""},
    Replacement{"\u201D", "\""},   Replacement{"\u2013", " - "},  Replacement{"\u2014", " - "},
    Replacement{"\u2192", " -> "}, Replacement{"\u21D2", " -> "}, Replacement{"\u27A1", " -> "},
    Replacement{"\u2022", "\n- "}, Replacement{"\u25AA", "\n- "}, Replacement{"\u25CF", "\n- "},
    Replacement{"\u25E6", "\n- "}, Replacement{"\u2023", "\n- "}, Replacement{"\u00A0", " "},
    Replacement{"\u202F", " "},    Replacement{"\u2026", "..."},  Replacement{"\u200B", ""},
    Replacement{"\uFEFF", ""},     Replacement{"\u2028", "\n"},   Replacement{"\u2029", "\n"},
    Replacement{"\u0085", "\n"},   Replacement{"\u3002", ". "},
};

/// Length of the valid UTF-8 character at the start of `text`; 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const unsigned second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool no_character = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || no_character ? 0 : length;
}

/// Longest prefix of at most `limit` bytes that cuts no character in two.
std::size_t cut_at_character(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text.size();
  std::size_t end = limit;
  while (end > 0 && limit - end < 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return end;
}

void append_character(std::string& out, std::string_view character) {
  if (character.size() == 1) {
    const char c = character[0];
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    out += c == '\n' || c == '\r' ? '\n' : control ? ' ' : c;
    return;
  }
  for (const Replacement& replacement : kReplacements)
    if (replacement.from == character) {
      out += replacement.to;
      return;
    }
  const bool other_control =
      character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
  out += other_control ? std::string_view(" ") : character;
}

void to_lower(std::string& text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
}

bool is_in_capitals(std::string_view text) {
  const auto upper =
      std::count_if(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  const auto lower =
      std::count_if(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return upper >= 12 && lower * 10 < upper;
}

}  // namespace

std::string clean_draft_text(std::string_view description) {
  const std::string_view input =
      description.substr(0, cut_at_character(description, kMaxDraftBytes));
  std::string out;
  out.reserve(input.size());
  for (std::size_t at = 0; at < input.size();) {
    const std::size_t length = character_length(input.substr(at));
    if (length == 0)
      out += "\uFFFD";
    else
      append_character(out, input.substr(at, length));
    at += std::max<std::size_t>(length, 1);
  }
  out.resize(cut_at_character(out, kMaxDraftBytes));
  if (is_in_capitals(out)) to_lower(out);
  return out;
}

std::string shorten_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::string_view kept = text.substr(0, cut_at_character(text, limit));
  const std::size_t space = kept.rfind(' ');
  if (space != std::string_view::npos && space >= limit * 2 / 3) kept = kept.substr(0, space);
  while (!kept.empty() && (kept.back() == ' ' || kept.back() == ',')) kept.remove_suffix(1);
  return std::string(kept) + "...";
}

DraftText::DraftText(std::string_view description)
    : clean_(clean_draft_text(description)), lower_(clean_) {
  to_lower(lower_);
  tokens_ = scan_draft_text(clean_, lower_);
  for (Token& token : tokens_) {
    if (token.kind != TokenKind::word) continue;
    token.word_class = classify_word(token.lower);
    if (token.text == "IT" || token.text == "US") token.word_class = WordClass::actor;
    const bool may_be_verb =
        token.word_class == WordClass::none || token.word_class == WordClass::actor;
    if (may_be_verb) token.verb = read_verb(token.lower);
  }
}

std::string DraftText::render(int begin, int end) const {
  std::string out;
  bool space = false;
  for (int i = begin; i < end; ++i) {
    const Token& token = tokens_[static_cast<std::size_t>(i)];
    space = space || token.space;
    if (token.removed || token.kind >= TokenKind::stop) continue;
    if (out.empty() && token.kind == TokenKind::comma) continue;
    if (space && !out.empty()) out += ' ';
    out += token.text;
    space = false;
  }
  while (!out.empty() && (out.back() == ',' || out.back() == ' ' || out.back() == '-'))
    out.pop_back();
  return out;
}

}  // namespace llmw
