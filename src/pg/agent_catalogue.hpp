#pragma once
// The agents of the current database, cached per process.
//
// Like the models (pg/catalogue.hpp): read from llm_agents on first use and again when the table
// has changed, for every role: what an agent takes must not depend on who may read the table. Call
// inside a transaction; may throw llmw::Error.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/answer_form.hpp"

namespace llmw {

/// A row of llm_agents: what its requests take as far as their callers do not say.
struct Agent {
  std::string name;
  std::string model;                                        ///< empty: the route's
  std::optional<std::vector<std::string>> fallback_models;  ///< absent: the route's
  std::int64_t max_tokens = 0;                              ///< of a request; 0: no limit
  int max_output_tokens = 0;                                ///< 0: the route's
  std::optional<ResponseMode> response_mode;                ///< absent: the settings'
  std::string format;                                       ///< empty: the settings'
  std::string category;                                     ///< empty: none
  bool enabled = true;
};

/// The agent called `name`, enabled or not; nullptr when there is none. Valid until the next call.
const Agent* find_agent(std::string_view name);

}  // namespace llmw
