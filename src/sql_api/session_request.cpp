#include "sql_api/session_request.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/wire.hpp"
#include "pg/agent_catalogue.hpp"
#include "pg/boundary.hpp"
#include "pg/catalogue.hpp"
#include "pg/format_catalogue.hpp"
#include "pg/ids.hpp"
#include "pg/provider_server.hpp"
#include "pg/settings.hpp"
#include "pg/sha256.hpp"
#include "pg/text.hpp"
#include "sql_api/request_access.hpp"
#include "sql_api/statement_cost.hpp"

namespace llmw {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// The names in a list that is separated by commas, each once.
std::vector<std::string> split_names(std::string_view list) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    const std::string_view name = trim(list.substr(at, comma - at));
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.emplace_back(name);
    at = comma + 1;
  }
  return names;
}

/// Of a name without a row: one that says nothing. It is a label in the ledger then.
Agent usable_agent(const std::string& name) {
  const Agent* agent = name.empty() ? nullptr : find_agent(name);
  if (agent == nullptr) return {};
  if (!agent->enabled)
    throw Error(sqlstate::kNotInPrerequisiteState, "agent \"" + name + "\" is disabled", {},
                "Choose another agent, or set enabled in its row of llm_agents.");
  return *agent;
}

/// The models of the agent, and of the session's settings where it has none: primary first, each
/// once.
std::vector<std::string> model_chain(const Agent& agent) {
  std::vector<std::string> chain{
      agent.model.empty() ? std::string(trim(to_utf8(settings.primary_model))) : agent.model};
  if (!settings.enable_fallback) return chain;
  for (const std::string& name : agent.fallback_models
                                     ? *agent.fallback_models
                                     : split_names(to_utf8(settings.fallback_models)))
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

/// Whether the current role may spend on the server of `name`.
bool may_use(const std::string& name) {
  const std::string server_name = existing_model(name).server;
  const ProviderServer server = find_provider_server(server_name);
  const Oid oid = server.oid;
  return PgCall([=] { return may_use_server(oid, GetUserId()); });
}

// The primary must be allowed, or a cheap model's missing grant would quietly cost a strong
// model's price. Fallbacks that are not allowed are left out by the flow.
void resolve_chain(const Agent& agent, GenerationRequest& request) {
  request.models = model_chain(agent);
  for (const std::string& name : request.models)
    if (!may_use(name)) request.forbidden.push_back(name);
  if (!request.forbidden.empty() && request.forbidden.front() == request.models.front()) {
    const std::string server = existing_model(request.models.front()).server;
    throw Error(sqlstate::kInsufficientPrivilege,
                "permission denied for foreign server \"" + server + "\"",
                "Model \"" + request.models.front() + "\" is asked through this server.",
                agent.model.empty()
                    ? "Ask for GRANT USAGE ON FOREIGN SERVER, or set llm_workflow.primary_model."
                    : "Ask for GRANT USAGE ON FOREIGN SERVER, or for another model of the agent.");
  }
}

/// Whether llm_workflow.compact says so of `format`. Names that are no format match none.
bool is_compact(const std::string& format) {
  const std::string setting(trim(to_utf8(settings.compact)));
  for (const char* yes : {"on", "true", "yes", "1"})
    if (pg_strcasecmp(setting.c_str(), yes) == 0) return true;
  if (pg_strcasecmp(setting.c_str(), "off") == 0) return false;
  const std::vector<std::string> formats = split_names(setting);
  return std::find(formats.begin(), formats.end(), format) != formats.end();
}

ResponseMode session_response_mode() {
  return settings.response_mode == kResponseModeHumanDebug ? ResponseMode::human_debug
                                                           : ResponseMode::machine;
}

std::string format_of(const RequestChoices& choices, const Agent& agent) {
  if (choices.format) return *choices.format;
  return agent.format.empty() ? to_utf8(settings.format) : agent.format;
}

/// The format's own limit stands between the agent's and the setting's.
int output_limit_of(const RequestChoices& choices, const Agent& agent,
                    const GenerationRequest& request) {
  if (choices.max_output_tokens) return *choices.max_output_tokens;
  if (agent.max_output_tokens > 0) return agent.max_output_tokens;
  const int of_format =
      find_format(request.format, request.format_version)->row().max_output_tokens;
  return of_format > 0 ? of_format : settings.max_output_tokens;
}

}  // namespace

GenerationRequest make_session_request(const RequestChoices& choices) {
  const Agent agent = usable_agent(choices.agent);
  GenerationRequest request;
  request.agent = choices.agent;
  request.format = format_of(choices, agent);
  request.format_version = latest_format_version(request.format);
  request.max_output_tokens = output_limit_of(choices, agent, request);
  request.max_tokens = agent.max_tokens;
  request.compact = is_compact(request.format);
  request.response_mode =
      choices.response_mode.value_or(agent.response_mode.value_or(session_response_mode()));
  request.max_retries = settings.max_retries;
  request.repair_attempts = settings.repair_attempts;
  request.retry_base_delay_ms = settings.retry_base_delay;
  request.timeout_ms = settings.request_timeout;
  request.store_prompt = settings.store_prompts;
  request.max_cost = request_cost_limit(1);
  resolve_chain(agent, request);
  return request;
}

void complete_request(GenerationRequest& request, Oid role) {
  request.id = new_uuid(GetCurrentTimestamp());
  WireWriter asked;
  asked.text(role_name_of(role));
  asked.text(request.prompt);
  asked.list(request.services);
  asked.text(request.format);
  asked.number(request.format_version);
  asked.flag(request.compact);
  asked.flag(request.response_mode == ResponseMode::human_debug);
  asked.number(request.max_output_tokens);
  asked.list(request.models);
  asked.list(request.forbidden);
  asked.text(request.parent ? to_string(*request.parent) : std::string());
  asked.text(request.feedback);
  // Not when there is none: requests without an agent keep the digest that they always had.
  if (request.max_tokens > 0) asked.number(request.max_tokens);
  request.request_sha256 = sha256(asked.bytes());
}

bool has_only_blanks(std::string_view text) { return trim(text).empty(); }

}  // namespace llmw
