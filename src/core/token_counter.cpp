#include "core/token_counter.hpp"

#include <functional>

namespace llmw {

std::int64_t count_input_tokens(const ChatRequest& chat, TokenCounter* counter) {
  if (counter == nullptr) return estimate_input_tokens(chat);
  std::int64_t tokens = kTokensPerChat;
  const auto add = [&](std::string_view text) {
    tokens += kTokensPerMessage + counter->count(text);
  };
  add(chat.system_prompt);
  add(chat.user_prompt);
  for (const Exchange& exchange : chat.exchanges) {
    add(exchange.answer);
    add(exchange.reply);
  }
  return tokens;
}

std::int64_t CountedTexts::count(const Tokenizer& tokenizer, std::string_view text) {
  const int encoding = tokenizer.encoding ? static_cast<int>(*tokenizer.encoding) : -1;
  const std::tuple key{encoding, static_cast<int>(tokenizer.family), text.size(),
                       std::hash<std::string_view>{}(text)};
  const auto found = counts_.find(key);
  if (found != counts_.end()) return found->second;
  if (counts_.size() == kMost) counts_.clear();
  return counts_.emplace(key, count_text(tokenizer, text, 1, poll_).tokens).first->second;
}

}  // namespace llmw
