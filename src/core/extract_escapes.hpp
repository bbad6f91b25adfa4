#pragma once
// The escapes in a string of a model. A backslash that escapes nothing is content: \d of a pattern,
// C:\Program Files. It is kept, and where \n or \t beside it may be content too, the string is
// refused.

#include <string>
#include <string_view>

#include "core/extract_text.hpp"

namespace llmw {

struct DecodedString {
  std::string value;
  bool mended = false;          ///< JSON has no such escape
  const char* fault = nullptr;  ///< why it cannot be told what was meant
};

/// What `raw`, the text between quotes of `family`, stands for.
DecodedString decode_escapes(std::string_view raw, QuoteFamily family);

}  // namespace llmw
