#pragma once
// Tokens of a text as a model counts them: exact where its tokenizer is public, else an estimate.
//
// An estimate is the count of o200k_base times a factor, which depends on the family of tokenizers
// and on the text: a vocabulary made for English needs more tokens for Russian, code and digits
// than o200k_base does. docs/token_budget.md has the factors and where they come from.
//
//   count_text(find_tokenizer("claude"), "Hello world").tokens

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/tokens.hpp"

namespace llmw {

/// Families of tokenizers that are not public, or that nobody wrote an exact encoder for here.
enum class TokenFamily { unknown, claude, claude_4_7, mistral_v3, llama2 };

/// How a model counts: column llm_models.tokenizer.
struct Tokenizer {
  std::optional<Encoding> encoding;           ///< set: exact
  TokenFamily family = TokenFamily::unknown;  ///< else
};

/// By its name: an encoding, or claude, claude-4.7, mistral-v3, llama2. Other names, and none, are
/// the family unknown.
Tokenizer find_tokenizer(std::string_view name);

struct TextCount {
  std::int64_t tokens = 0;
  bool exact = false;
  double factor = 1;  ///< by which the exact count of o200k_base was multiplied
};

/// `text` is UTF-8. Estimates are multiplied by `learned` as well, exact counts are not.
TextCount count_text(const Tokenizer& tokenizer, std::string_view text, double learned = 1,
                     Poll poll = nullptr);

/// The name of the encoding that count_text() counts with.
std::string_view encoding_name(const Tokenizer& tokenizer);

/// Tokens of a tokenizer of `family` for one of o200k_base, in text such as `text`.
double token_factor(TokenFamily family, std::string_view text);

/// `tokens` times `factor`, rounded up.
std::int64_t scale_tokens(std::int64_t tokens, double factor);

}  // namespace llmw
