#pragma once
// Which of the caller's services a step uses: by the service's own name in the step's words, or by
// words of what such a service does ("email" for a mail service).

#include <span>
#include <string>
#include <vector>

#include "core/draft_plan.hpp"

namespace llmw {

inline constexpr std::size_t kMaxDraftServices = 64;  ///< services beyond are not looked at

/// The index in `services` of the one that fits each step of `plan`, or -1. Steps that decide use
/// none, steps that transform only one that they name. Of several that fit equally the first wins.
std::vector<int> match_services(const Plan& plan, std::span<const std::string> services);

}  // namespace llmw
