#include "pg/agent_catalogue.hpp"

#include <map>
#include <span>
#include <utility>

#include "pg/table_cache.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

using Agents = std::map<std::string, Agent, std::less<>>;

/// A row as read: trivially destructible, so that an error of PostgreSQL may skip it.
struct AgentRow {
  const char* name;
  const char* model;
  ArrayType* fallback_models;
  std::int64_t max_tokens;
  int max_output_tokens;
  const char* response_mode;
  const char* format;
  const char* category;
  bool enabled;
};

constinit TableCache<Agents> cache{"llm_agents"};

AgentRow read_row(const RowReader& row) {
  return {row.text_or_null("agent"),
          row.text_or_null("model"),
          row.text_array_or_null("fallback_models"),
          row.bigint_or_zero("max_tokens"),
          row.int_or_zero("max_output_tokens"),
          row.text_or_null("response_mode"),
          row.text_or_null("format"),
          row.text_or_null("category"),
          DatumGetBool(row.get("enabled"))};
}

Agent to_agent(const AgentRow& row) {
  Agent agent;
  agent.name = to_utf8(row.name);
  agent.model = utf8_or_empty(row.model);
  if (row.fallback_models != nullptr)
    agent.fallback_models = to_utf8_list(row.fallback_models, "fallback_models");
  agent.max_tokens = row.max_tokens;
  agent.max_output_tokens = row.max_output_tokens;
  // The table's check lets no third word in.
  if (row.response_mode != nullptr)
    agent.response_mode = std::string_view(row.response_mode) == "human_debug"
                              ? ResponseMode::human_debug
                              : ResponseMode::machine;
  agent.format = utf8_or_empty(row.format);
  agent.category = utf8_or_empty(row.category);
  agent.enabled = row.enabled;
  return agent;
}

Agents to_agents(std::span<const AgentRow> rows) {
  Agents agents;
  for (const AgentRow& row : rows) {
    Agent agent = to_agent(row);
    std::string name = agent.name;
    agents.emplace(std::move(name), std::move(agent));
  }
  return agents;
}

}  // namespace

const Agent* find_agent(std::string_view name) {
  const Agents& agents = cache.current(read_row, to_agents);
  const auto found = agents.find(name);
  return found == agents.end() ? nullptr : &found->second;
}

}  // namespace llmw
