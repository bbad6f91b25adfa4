#pragma once
// The enabled budgets of the current database, cached per process.
//
// Like the models (pg/catalogue.hpp): read from llm_budgets on first use and again when the table
// has changed. Call inside a transaction; may throw llmw::Error.

#include <span>

#include "core/budget.hpp"

namespace llmw {

/// All enabled budgets, by name. Valid until the next call.
std::span<const Budget> enabled_budgets();

}  // namespace llmw
