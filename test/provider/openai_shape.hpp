// Bodies as the OpenAI chat completions API sends them.
#pragma once

#include <string>

#include "completion.hpp"
#include "provider_error.hpp"

namespace llmw::sim {

// The body of a 200 answer.
std::string openai_body(const Completion& completion);

// The body of an error.
std::string openai_error(const ProviderError& error);

}  // namespace llmw::sim
