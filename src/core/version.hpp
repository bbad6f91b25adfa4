#pragma once
// The order of versions such as 1.0 and 1.10.2.
//
// Parts between points count as numbers, a missing part as 0: 1 = 1.0 < 1.2 < 1.10. Parts that are
// no numbers, or no 64 bits hold, are compared as texts.

#include <compare>
#include <string_view>

namespace llmw {

std::weak_ordering compare_versions(std::string_view left, std::string_view right);

}  // namespace llmw
