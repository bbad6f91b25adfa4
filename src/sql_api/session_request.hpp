#pragma once
// A request as its caller, its agent and the settings of this session have it: models, limits, the
// version of the format. What the caller says goes before the agent's row of llm_agents, and that
// before the settings.

#include <optional>
#include <string>

#include "core/request.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// What the caller says itself.
struct RequestChoices {
  std::string agent;  ///< empty: none
  std::optional<std::string> format;
  std::optional<ResponseMode> response_mode;
  std::optional<int> max_output_tokens;
};

/// A request with all that `choices`, the agent and the settings say; the caller adds what was
/// asked for, and then calls complete_request().
/// Throws llmw::Error when the agent is disabled, or the format, the primary model or its server
/// cannot be used by the current role.
GenerationRequest make_session_request(const RequestChoices& choices);

/// Makes `request` one of its own: a new id, and the digest of what `role` asks for.
void complete_request(GenerationRequest& request, Oid role = GetUserId());

/// Whether `text` is empty or has nothing but blanks in it.
bool has_only_blanks(std::string_view text);

}  // namespace llmw
