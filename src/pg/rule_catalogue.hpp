#pragma once
// The learned rules of the current database, cached per process.
//
// Like the models (pg/catalogue.hpp): read from llm_rules on first use and again when the table has
// changed, for every role: what a request is told must not depend on who may read the table. Call
// inside a transaction; may throw llmw::Error.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/learned_rules.hpp"

namespace llmw {

/// The active rules of `category`, in the order of the legend.
std::vector<LearnedRule> active_rules(std::string_view category);

/// The category of the rule `id`, active or not; nothing when there is no such rule.
std::optional<std::string> category_of_rule(std::string_view id);

}  // namespace llmw
