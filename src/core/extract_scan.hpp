#pragma once
// Walks over an answer once and hands every document in it to a Choice: those in fences and tags,
// those in the prose around them, never those in thinking.

#include <string_view>

#include "core/extract_choice.hpp"

namespace llmw {

/// What the walk ended in.
enum class ScanEnd { text, thinking, empty_fence };

ScanEnd scan_answer(std::string_view text, Choice& choice);

}  // namespace llmw
