#pragma once
// The routes of the current database, cached per process.
//
// Like the models (pg/catalogue.hpp): read from llm_routes on first use and again when the table
// has changed. Call inside a transaction; may throw llmw::Error.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmw {

/// A row of llm_routes: what its requests take where neither arguments nor an agent say.
struct Route {
  std::string model;
  std::optional<std::vector<std::string>> fallback_models;  ///< absent: the settings'
  int max_output_tokens = 0;                                ///< 0: the format's or the settings'
};

/// The route of requests of `category` and `complexity`, each of which may be empty: the row that
/// names both, else the category, else the complexity; of each, the user's own before the shipped
/// one. nullptr when there is none. Valid until the next call.
const Route* find_route(std::string_view category, std::string_view complexity);

}  // namespace llmw
