#pragma once
// How many tokens an answer may have: what the context window leaves after the input.
//
// Input and output share the window, so a model that is asked for more than fits refuses the call.
// A value of 0 stands for "not known"; without any known window nothing is checked.
//
//   TokenBudget budget = plan_tokens({.context_window = 8000, .input_tokens = 3000,
//                                     .wanted_output = 4096, .reserve = 1000});
//   budget.max_output_tokens == 4000

#include <cstdint>
#include <string>

namespace llmw {

/// An answer with fewer tokens than this rarely holds a document.
inline constexpr std::int64_t kUsefulOutputTokens = 2000;

struct TokenQuestion {
  std::int64_t context_window = 0;    ///< of the model
  std::int64_t deployment_limit = 0;  ///< of its server (vLLM: max-model-len)
  std::int64_t input_tokens = 0;
  std::int64_t system_tokens = 0;  ///< of these, the system prompt's: for the advice only
  std::int64_t wanted_output = 0;  ///< 0: as many as there are
  std::int64_t reserve = 0;        ///< to be left free
};

struct TokenBudget {
  bool window_known = false;
  std::int64_t available = 0;          ///< for the answer; never negative; 0 when unknown
  std::int64_t max_output_tokens = 0;  ///< to ask for; 0: none fits, or nothing is known to ask for
  bool fits = true;                    ///< at least one token of answer fits
  bool is_short = false;               ///< fewer than wanted, and than kUsefulOutputTokens
};

/// The lower of two limits of which 0 means "not known".
std::int64_t lower_known(std::int64_t a, std::int64_t b);

TokenBudget plan_tokens(const TokenQuestion& question);

/// What to do about `budget`, for people; empty when nothing is wrong.
std::string advice_on(const TokenQuestion& question, const TokenBudget& budget);

}  // namespace llmw
