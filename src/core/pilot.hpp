#pragma once
// The format `pilot`: a workflow as a list of steps, its prompt, its schema and its checks.
//
// Source of the checks: FACTS, document 003 (array; 1-50 steps; each with a unique string id, a
// string operation, a step_type of four). Codes are stable and documented in docs/validation.md.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/answer_form.hpp"
#include "core/finding.hpp"

namespace llmw {

inline constexpr int kPilotVersion = 1;
inline constexpr int kMaxPilotSteps = 50;

/// The system prompt of the format. `machine` asks for JSON only; `human_debug` also for a top
/// level key `explanation`.
std::string pilot_system_prompt(ResponseMode mode);

/// The user message: the caller's prompt and, when given, the services that steps may name.
std::string pilot_user_prompt(std::string_view prompt, const std::vector<std::string>& services);

/// JSON Schema of the document, within the subset that OpenAI's strict mode accepts.
std::string pilot_json_schema(ResponseMode mode);

/// All findings, errors first in document order; empty when the document is right.
/// `services`: when not empty, a step that names another service gets a warning.
std::vector<Finding> validate_pilot(const nlohmann::json& document,
                                    const std::vector<std::string>& services);

/// Number of steps of a valid document.
int count_pilot_steps(const nlohmann::json& document);

}  // namespace llmw
