#include "sql_api/model_chain.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/catalogue.hpp"
#include "pg/experiment_catalogue.hpp"
#include "pg/provider_server.hpp"
#include "pg/settings.hpp"
#include "pg/sha256.hpp"
#include "pg/text.hpp"
#include "sql_api/name_list.hpp"
#include "sql_api/request_access.hpp"

namespace llmw {

namespace {

std::string first_model(const ModelSources& sources) {
  if (sources.argument) return *sources.argument;
  if (!sources.agent.model.empty()) return sources.agent.model;
  if (!sources.route.model.empty()) return sources.route.model;
  return std::string(trim(to_utf8(settings.primary_model)));
}

std::vector<std::string> fallback_models(const ModelSources& sources) {
  if (!settings.enable_fallback) return {};
  if (sources.agent.fallback_models) return *sources.agent.fallback_models;
  if (sources.route.fallback_models) return *sources.route.fallback_models;
  return split_names(to_utf8(settings.fallback_models));
}

/// What to do when the first model may not be used.
const char* hint_for(const ModelSources& sources) {
  if (sources.argument) return "Ask for GRANT USAGE ON FOREIGN SERVER, or name another model.";
  if (!sources.agent.model.empty())
    return "Ask for GRANT USAGE ON FOREIGN SERVER, or for another model of the agent.";
  if (!sources.route.model.empty())
    return "Ask for GRANT USAGE ON FOREIGN SERVER, or for another model of the route.";
  return "Ask for GRANT USAGE ON FOREIGN SERVER, or set llm_workflow.primary_model.";
}

/// First model first, each once.
std::vector<std::string> model_chain(const ModelSources& sources) {
  std::vector<std::string> chain{first_model(sources)};
  for (const std::string& name : fallback_models(sources))
    if (std::find(chain.begin(), chain.end(), name) == chain.end()) chain.push_back(name);
  return chain;
}

const Model& existing_model(const std::string& name) {
  const Model* model = find_model(name);
  if (model == nullptr)
    throw Error(sqlstate::kUndefinedObject, "model \"" + name + "\" does not exist", {},
                "Choose a model of the table llm_models, or add a row to it.");
  if (!model->enabled)
    throw Error(sqlstate::kNotInPrerequisiteState, "model \"" + name + "\" is disabled", {},
                "Choose another model, or set enabled in its row of llm_models.");
  return *model;
}

/// Whether `role` may spend on the server of `model`.
bool may_use(const Model& model, Oid role) {
  const std::string server_name = model.server;
  const Oid server = find_provider_server(server_name).oid;
  return PgCall([=] { return may_use_server(server, role); });
}

bool is_usable(const std::string& name, Oid role) {
  const Model* model = find_model(name);
  return model != nullptr && model->enabled && may_use(*model, role);
}

}  // namespace

// The first must be allowed, or a cheap model's missing grant would quietly cost a strong model's
// price. Fallbacks that are not allowed are left out by the flow.
void resolve_chain(const ModelSources& sources, GenerationRequest& request) {
  request.models = model_chain(sources);
  request.forbidden.clear();
  for (const std::string& name : request.models)
    if (!may_use(existing_model(name), GetUserId())) request.forbidden.push_back(name);
  if (request.forbidden.empty() || request.forbidden.front() != request.models.front()) return;
  const std::string server = existing_model(request.models.front()).server;
  throw Error(
      sqlstate::kInsufficientPrivilege, "permission denied for foreign server \"" + server + "\"",
      "Model \"" + request.models.front() + "\" is asked through this server.", hint_for(sources));
}

void assign_to_experiment(GenerationRequest& request, Oid role) {
  const Experiment* found = choose_experiment(running_experiments(), request.category,
                                              request.agent, request.models.front());
  if (found == nullptr) return;
  const Experiment experiment = *found;
  if (!is_usable(experiment.candidate_model, role)) return;
  const std::string id = to_string(request.id);
  const std::string role_name = role_name_of(role);
  const std::optional<std::string> value =
      assignment_value(experiment.assignment_key, {id, request.prompt, role_name, request.tags});
  if (!value) return;
  const Arm arm = arm_of(sha256(assignment_text(experiment.name, *value)), experiment.share);
  request.experiment = experiment.name;
  request.arm = to_string(arm);
  if (arm == Arm::control) return;
  std::erase(request.models, experiment.candidate_model);
  request.models.front() = experiment.candidate_model;
}

}  // namespace llmw
