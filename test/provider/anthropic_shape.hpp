// Bodies as the Anthropic messages API sends them.
#pragma once

#include <cstdint>
#include <string>

#include "completion.hpp"
#include "provider_error.hpp"

namespace llmw::sim {

// The body of a 200 answer.
std::string anthropic_body(const Completion& completion);

// The body of an error; `id` is the number of the answer, which the body repeats.
std::string anthropic_error(const ProviderError& error, uint64_t id);

}  // namespace llmw::sim
