#pragma once
// What the tests of the flow share: formats, chains of models, answers.

#include <memory>
#include <string>
#include <utility>

#include "core/builtin_formats.hpp"
#include "core/flow.hpp"

namespace llmw {

inline std::shared_ptr<const Format> builtin_format(std::string_view name) {
  for (const BuiltinFormat& format : builtin_formats())
    if (format.name == name)
      return std::make_shared<Format>(FormatRow{format.name, format.version, format.system_prompt,
                                                format.json_schema, format.rules,
                                                format.max_output_tokens});
  return nullptr;
}

inline FlowInput two_models() {
  FlowInput input;
  input.prompt = "Send a mail";
  input.format = builtin_format("pilot");
  Candidate cheap;
  cheap.model = "cheap";
  cheap.remote_name = "cheap-1";
  cheap.context_window = 128000;
  cheap.max_output_tokens = 16384;
  Candidate strong = cheap;
  strong.model = "strong";
  strong.remote_name = "strong-1";
  strong.context_window = 200000;
  strong.max_output_tokens = 64000;
  input.chain = {cheap, strong};
  input.repair_attempts = 0;
  return input;
}

inline Answer text_answer(std::string text) {
  Answer answer;
  answer.outcome = Outcome::ok;
  answer.text = std::move(text);
  answer.billing = Billing::reported;
  answer.usage = {100, 0, 0, 20, 0};
  return answer;
}

/// An answer that the limit of output tokens cut.
inline Answer cut_answer(std::string text) {
  Answer answer = text_answer(std::move(text));
  answer.outcome = Outcome::truncated;
  answer.error_code = "length";
  return answer;
}

inline Answer failure(Outcome outcome, bool retryable = false) {
  Answer answer;
  answer.outcome = outcome;
  answer.retryable = retryable;
  answer.error_code = "some_code";
  return answer;
}

}  // namespace llmw
