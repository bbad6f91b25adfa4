#pragma once
// Validation of a document that is given as JSON text, in any format that is built in.

#include <string_view>
#include <vector>

#include "core/pilot.hpp"

namespace llmw {

/// The findings of the rules of `format` about `json` (UTF-8). Text that the product would not
/// store (too deep, not JSON, numbers out of bounds) is one finding with the code json_unreadable.
/// `services`: as for validate_pilot. Error 22023 for a format that does not exist.
std::vector<Finding> validate_document(std::string_view format, std::string_view json,
                                       const std::vector<std::string>& services);

}  // namespace llmw
