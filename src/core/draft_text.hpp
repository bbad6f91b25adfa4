#pragma once
// The text of a description as tokens: words, quotes and the punctuation that separates.
//
// Bytes that are not UTF-8 become U+FFFD, control characters become spaces, typographic quotes,
// dashes, arrows and list dots become ASCII. A dot inside a number, an address or an abbreviation
// ends no sentence. Work is linear in the text, and text beyond kMaxDraftBytes is ignored.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/draft_words.hpp"

namespace llmw {

inline constexpr std::size_t kMaxDraftBytes = 64 * 1024;

enum class TokenKind : std::uint8_t {
  word,
  quote,  ///< a short quotation, one opaque noun
  comma,
  semicolon,
  colon,
  dash,
  open,
  close,
  stop,      ///< end of a sentence
  bullet,    ///< start of a list item
  numbered,  ///< start of a numbered list item
};

struct Token {
  TokenKind kind = TokenKind::word;
  bool space = false;     ///< white space stands before it
  bool inert = false;     ///< kept in texts, not looked at: in parentheses, an example
  bool removed = false;   ///< neither kept nor looked at: said elsewhere (schedule, actor)
  bool parallel = false;  ///< of a removed phrase that means "at the same time"
  std::string_view text;
  std::string_view lower;
  WordClass word_class = WordClass::none;
  std::optional<VerbReading> verb;

  bool is_live_word() const {
    return !inert && !removed && (kind == TokenKind::word || kind == TokenKind::quote);
  }
};

/// `description` as valid UTF-8 without control characters other than newlines, at most
/// kMaxDraftBytes long (cut at a character). A text in capitals is put into lower case.
std::string clean_draft_text(std::string_view description);

/// `text` cut to at most `limit` bytes at the end of a character, and of a word where there is one
/// in the last third; "..." is added when something was cut (beyond `limit`).
std::string shorten_text(std::string_view text, std::size_t limit);

/// Owns the text that its tokens point into: neither copied nor moved.
class DraftText {
 public:
  explicit DraftText(std::string_view description);
  DraftText(const DraftText&) = delete;
  DraftText& operator=(const DraftText&) = delete;

  const std::string& clean() const { return clean_; }
  std::vector<Token>& tokens() { return tokens_; }
  const std::vector<Token>& tokens() const { return tokens_; }

  /// Tokens [begin, end) as text: as written, white space made single, removed tokens left out.
  std::string render(int begin, int end) const;

 private:
  std::string clean_;
  std::string lower_;
  std::vector<Token> tokens_;
};

}  // namespace llmw
