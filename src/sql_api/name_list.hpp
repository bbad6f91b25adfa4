#pragma once
// Lists of names in settings, separated by commas.

#include <string>
#include <string_view>
#include <vector>

namespace llmw {

/// `text` without blanks around it.
std::string_view trim(std::string_view text);

/// The names in `list`, each once.
std::vector<std::string> split_names(std::string_view list);

}  // namespace llmw
