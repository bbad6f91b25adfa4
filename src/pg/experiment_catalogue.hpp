#pragma once
// The running experiments of the current database, cached per process.
//
// Like the models (pg/catalogue.hpp): read from llm_experiments on first use and again when the
// table has changed. Call inside a transaction; may throw llmw::Error.

#include <span>

#include "core/experiment_arm.hpp"

namespace llmw {

/// Valid until the next call.
std::span<const Experiment> running_experiments();

}  // namespace llmw
