#include "core/token_budget.hpp"

#include <algorithm>

namespace llmw {

namespace {

std::int64_t useful_output(const TokenQuestion& question) {
  if (question.wanted_output == 0) return kUsefulOutputTokens;
  return std::min(question.wanted_output, kUsefulOutputTokens);
}

/// The window that the answer would need.
std::int64_t needed_window(const TokenQuestion& question) {
  return question.input_tokens + question.reserve + useful_output(question);
}

/// The deployment is the bottleneck when the model itself could take the call.
bool deployment_is_too_small(const TokenQuestion& question) {
  const std::int64_t limit = question.deployment_limit;
  if (limit == 0 || limit >= needed_window(question)) return false;
  return question.context_window == 0 || question.context_window >= needed_window(question);
}

std::string what_is_wrong(const TokenQuestion& question, const TokenBudget& budget) {
  if (budget.fits)
    return "Only " + std::to_string(budget.available) +
           " tokens are left for the answer, which may be cut.";
  return "The input of " + std::to_string(question.input_tokens) +
         " tokens leaves no room for an answer in the window of " +
         std::to_string(lower_known(question.context_window, question.deployment_limit)) + ".";
}

std::string what_helps(const TokenQuestion& question) {
  if (deployment_is_too_small(question)) {
    std::string text = "Raise the deployment limit (max_model_len) to at least " +
                       std::to_string(needed_window(question));
    if (question.context_window > 0)
      text += "; the model takes up to " + std::to_string(question.context_window);
    return text + ".";
  }
  const std::int64_t window = lower_known(question.context_window, question.deployment_limit);
  const bool mostly_system = question.system_tokens * 2 > question.input_tokens;
  return std::string("Shorten the ") + (mostly_system ? "system prompt" : "prompt") + " by " +
         std::to_string(needed_window(question) - window) +
         " tokens or more, or use a model with a larger window.";
}

}  // namespace

std::int64_t lower_known(std::int64_t a, std::int64_t b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

TokenBudget plan_tokens(const TokenQuestion& question) {
  TokenBudget budget;
  budget.max_output_tokens = question.wanted_output;
  const std::int64_t window = lower_known(question.context_window, question.deployment_limit);
  if (window == 0) return budget;
  budget.window_known = true;
  budget.available = std::max<std::int64_t>(0, window - question.input_tokens - question.reserve);
  budget.max_output_tokens = lower_known(question.wanted_output, budget.available);
  budget.fits = budget.available > 0;
  if (!budget.fits) budget.max_output_tokens = 0;
  budget.is_short = budget.available < useful_output(question);
  return budget;
}

std::string advice_on(const TokenQuestion& question, const TokenBudget& budget) {
  if (!budget.window_known)
    return "The context window of the model is not known, so nothing was checked. Set "
           "llm_models.context_window.";
  if (!budget.is_short) return {};
  return what_is_wrong(question, budget) + " " + what_helps(question);
}

}  // namespace llmw
