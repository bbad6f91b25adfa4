#pragma once
// A request as its caller, its agent, its route and the settings of this session have it: models,
// limits, the version of the format. What the caller says goes before the agent's row of
// llm_agents, that before the row of llm_routes, and that before the settings.

#include <optional>
#include <string>
#include <string_view>

#include "core/prompt_complexity.hpp"
#include "core/request.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// What the caller says itself.
struct RequestChoices {
  std::string agent;  ///< empty: none
  std::optional<std::string> format;
  std::optional<ResponseMode> response_mode;
  std::optional<int> max_output_tokens;
  std::optional<std::string> category;
  std::optional<Complexity> complexity;
  std::optional<std::string> model;  ///< the first of the chain
};

/// What the caller or the session says of it, or the rule finds in `prompt`; empty: nothing is
/// asked.
std::string complexity_of(const RequestChoices& choices, std::string_view prompt);

/// A request for `prompt` with all that `choices`, the agent, the route and the settings say. Of
/// the prompt it depends on its complexity only. The caller adds what else was asked for, and then
/// calls complete_request().
/// Throws llmw::Error when the agent is disabled, or the format, the primary model or its server
/// cannot be used by the current role.
GenerationRequest make_session_request(const RequestChoices& choices, std::string prompt);

/// Makes `request`, which was made of `choices`, one of its own: a new id, the digest of what
/// `role` asks for, and its arm of an experiment if the caller did not name the model. Once for
/// each request.
void complete_request(const RequestChoices& choices, GenerationRequest& request,
                      Oid role = GetUserId());

/// Whether `text` is empty or has nothing but blanks in it.
bool has_only_blanks(std::string_view text);

}  // namespace llmw
