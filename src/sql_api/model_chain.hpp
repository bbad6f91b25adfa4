#pragma once
// Which models a request asks, in which order: the argument, the agent, the route and the settings
// of the session, the earlier before the later; and the experiment that then may replace the first.

#include <optional>
#include <string>

#include "core/request.hpp"
#include "pg/agent_catalogue.hpp"
#include "pg/postgres.hpp"
#include "pg/route_catalogue.hpp"

namespace llmw {

/// Where models can come from, apart from the settings.
struct ModelSources {
  std::optional<std::string> argument;  ///< the first model, of this request alone
  const Agent& agent;
  const Route& route;
};

/// Sets models and forbidden of `request`. Throws llmw::Error when a model of the chain does not
/// exist or is disabled, or the current role may not use the server of the first.
void resolve_chain(const ModelSources& sources, GenerationRequest& request);

/// When an experiment is running for such requests and `role` may use its candidate: sets
/// experiment and arm of `request`, and has it ask the candidate first in that arm.
void assign_to_experiment(GenerationRequest& request, Oid role);

}  // namespace llmw
