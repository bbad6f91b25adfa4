#include "pg/agent_catalogue.hpp"

#include <map>
#include <memory>
#include <utility>

#include "pg/boundary.hpp"
#include "pg/own_table.hpp"
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
  bool enabled;
};

/// The cache of this process. `loaded` is read only while `age` is current.
struct AgentCache {
  Agents* loaded;
  CacheAge age;
  Oid table;
  bool callback_registered;
};

constinit AgentCache agents{nullptr, {}, InvalidOid, false};

void on_agents_changed(Datum, Oid relation) {
  if (relation == InvalidOid || relation == agents.table) ++agents.age.generation;
}

void register_callback() {
  if (agents.callback_registered) return;
  PgCall([] { CacheRegisterRelcacheCallback(on_agents_changed, 0); });
  agents.callback_registered = true;
}

AgentRow read_row(const RowReader& row) {
  return {row.text_or_null("agent"),
          row.text_or_null("model"),
          row.text_array_or_null("fallback_models"),
          row.bigint_or_zero("max_tokens"),
          row.int_or_zero("max_output_tokens"),
          row.text_or_null("response_mode"),
          row.text_or_null("format"),
          DatumGetBool(row.get("enabled"))};
}

std::string utf8_or_empty(const char* text) { return text == nullptr ? "" : to_utf8(text); }

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
  agent.enabled = row.enabled;
  return agent;
}

void load() {
  register_callback();
  agents.table = find_own_table("llm_agents");
  const LoadMark mark =
      load_table<AgentRow>(agents.age, agents.table, read_row, [](std::span<const AgentRow> rows) {
        auto fresh = std::make_unique<Agents>();
        for (const AgentRow& row : rows) {
          Agent agent = to_agent(row);
          std::string name = agent.name;
          fresh->emplace(std::move(name), std::move(agent));
        }
        delete std::exchange(agents.loaded, fresh.release());
      });
  agents.age.loaded = mark;
}

}  // namespace

const Agent* find_agent(std::string_view name) {
  if (!agents.age.is_current()) load();
  const auto found = agents.loaded->find(name);
  return found == agents.loaded->end() ? nullptr : &found->second;
}

}  // namespace llmw
