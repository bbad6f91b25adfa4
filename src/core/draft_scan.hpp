#pragma once
// The scanner behind DraftText: from clean text to tokens, before words are looked up.

#include <string_view>
#include <vector>

#include "core/draft_text.hpp"

namespace llmw {

/// The tokens of `text`, which must be the result of clean_draft_text; `lower` is the same text in
/// lower case, byte for byte. Tokens point into both. Word classes and verbs are not set.
std::vector<Token> scan_draft_text(std::string_view text, std::string_view lower);

}  // namespace llmw
