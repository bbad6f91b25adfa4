#include "sql_api/session_request.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/wire.hpp"
#include "pg/agent_catalogue.hpp"
#include "pg/format_catalogue.hpp"
#include "pg/ids.hpp"
#include "pg/route_catalogue.hpp"
#include "pg/rule_catalogue.hpp"
#include "pg/settings.hpp"
#include "pg/sha256.hpp"
#include "pg/text.hpp"
#include "sql_api/model_chain.hpp"
#include "sql_api/name_list.hpp"
#include "sql_api/request_access.hpp"
#include "sql_api/statement_cost.hpp"

namespace llmw {

namespace {

/// Of a name without a row: one that says nothing. It is a label in the ledger then.
Agent usable_agent(const std::string& name) {
  const Agent* agent = name.empty() ? nullptr : find_agent(name);
  if (agent == nullptr) return {};
  if (!agent->enabled)
    throw Error(sqlstate::kNotInPrerequisiteState, "agent \"" + name + "\" is disabled", {},
                "Choose another agent, or set enabled in its row of llm_agents.");
  return *agent;
}

/// Of none: one that says nothing.
Route route_of(const GenerationRequest& request) {
  const Route* route = find_route(request.category, request.complexity);
  return route == nullptr ? Route() : *route;
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

/// The format's own limit stands between the route's and the setting's.
int output_limit_of(const RequestChoices& choices, const Agent& agent, const Route& route,
                    const GenerationRequest& request) {
  if (choices.max_output_tokens) return *choices.max_output_tokens;
  if (agent.max_output_tokens > 0) return agent.max_output_tokens;
  if (route.max_output_tokens > 0) return route.max_output_tokens;
  const int of_format =
      find_format(request.format, request.format_version)->row().max_output_tokens;
  return of_format > 0 ? of_format : settings.max_output_tokens;
}

}  // namespace

std::string complexity_of(const RequestChoices& choices, std::string_view prompt) {
  if (choices.complexity) return to_string(*choices.complexity);
  switch (settings.complexity) {
    case kComplexityAuto: return to_string(prompt_complexity(prompt));
    case kComplexityLow: return to_string(Complexity::low);
    case kComplexityMedium: return to_string(Complexity::medium);
    case kComplexityHigh: return to_string(Complexity::high);
    default: return {};
  }
}

GenerationRequest make_session_request(const RequestChoices& choices, std::string prompt) {
  const Agent agent = usable_agent(choices.agent);
  GenerationRequest request;
  request.agent = choices.agent;
  request.category = choices.category.value_or(agent.category);
  request.complexity = complexity_of(choices, prompt);
  request.prompt = std::move(prompt);
  const Route route = route_of(request);
  request.format = format_of(choices, agent);
  request.format_version = latest_format_version(request.format);
  request.max_output_tokens = output_limit_of(choices, agent, route, request);
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
  request.rules = active_rules(request.category);
  resolve_chain({choices.model, agent, route}, request);
  return request;
}

void complete_request(const RequestChoices& choices, GenerationRequest& request, Oid role) {
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
  if (!request.rules.empty()) asked.text(write_rule_legend(request.rules));
  request.request_sha256 = sha256(asked.bytes());
  // After the digest: a request that is made again is the same one, whatever arm it is in.
  if (!choices.model) assign_to_experiment(request, role);
}

bool has_only_blanks(std::string_view text) { return trim(text).empty(); }

}  // namespace llmw
