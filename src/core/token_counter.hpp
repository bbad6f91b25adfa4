#pragma once
// Counts what is sent to models, each text once: system prompts and schemas are sent again and
// again.
//
//   CountedTexts texts;                          // of one process
//   TokenizerCounter counter(find_tokenizer("o200k_base"), texts);
//   count_input_tokens(chat, &counter);

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "core/provider.hpp"
#include "core/token_estimate.hpp"

namespace llmw {

class TokenCounter {
 public:
  virtual ~TokenCounter() = default;
  virtual std::int64_t count(std::string_view text) = 0;
};

/// What the frame of a chat adds by OpenAI's account: to each message, and to the whole at most.
inline constexpr std::int64_t kTokensPerMessage = 3;
inline constexpr std::int64_t kTokensPerChat = 6;

/// All that `chat` sends but for its schema, of which each provider makes something else. Without a
/// counter it is estimate_input_tokens().
std::int64_t count_input_tokens(const ChatRequest& chat, TokenCounter* counter);

/// Counts of texts by tokenizer, length and hash: a collision would only cost a wrong estimate. It
/// forgets all of them when they become many.
class CountedTexts {
 public:
  explicit CountedTexts(Poll poll = nullptr) : poll_(poll) {}

  std::int64_t count(const Tokenizer& tokenizer, std::string_view text);

 private:
  Poll poll_;
  static constexpr std::size_t kMost = 10'000;
  std::map<std::tuple<int, int, std::size_t, std::size_t>, std::int64_t> counts_;
};

/// `texts` outlives the object.
class TokenizerCounter final : public TokenCounter {
 public:
  TokenizerCounter(const Tokenizer& tokenizer, CountedTexts& texts)
      : tokenizer_(tokenizer), texts_(&texts) {}

  std::int64_t count(std::string_view text) override { return texts_->count(tokenizer_, text); }

 private:
  Tokenizer tokenizer_;
  CountedTexts* texts_;
};

}  // namespace llmw
