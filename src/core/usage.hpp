#pragma once
// Tokens that a provider reported for one call, in one normal form for all providers.
//
// `input` counts every input token, cached ones included (OpenAI's prompt_tokens does; Anthropic's
// input_tokens does not, so its cache counts are added when its answer is read). `output` includes
// reasoning tokens. Sources: the vendors' own SDK types.

#include <cstdint>

namespace llmw {

struct Usage {
  std::int64_t input = 0;
  std::int64_t cached_input = 0;  ///< of `input`, read from the provider's cache
  std::int64_t cache_write = 0;   ///< of `input`, written to the provider's cache
  std::int64_t output = 0;
  std::int64_t reasoning = 0;  ///< of `output`, informational: priced as output

  bool operator==(const Usage&) const = default;
};

}  // namespace llmw
