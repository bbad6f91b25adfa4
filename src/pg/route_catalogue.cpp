#include "pg/route_catalogue.hpp"

#include <map>
#include <span>
#include <utility>

#include "pg/table_cache.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

using RouteKey = std::pair<std::string, std::string>;  // category, complexity
using Routes = std::map<RouteKey, Route>;

/// A row as read: trivially destructible, so that an error of PostgreSQL may skip it.
struct RouteRow {
  const char* category;
  const char* complexity;
  const char* model;
  ArrayType* fallback_models;
  int max_output_tokens;
  bool builtin;
};

constinit TableCache<Routes> cache{"llm_routes"};

RouteRow read_row(const RowReader& row) {
  return {row.text_or_null("category"),
          row.text_or_null("complexity"),
          row.text_or_null("model"),
          row.text_array_or_null("fallback_models"),
          row.int_or_zero("max_output_tokens"),
          DatumGetBool(row.get("builtin"))};
}

Route to_route(const RouteRow& row) {
  Route route;
  route.model = to_utf8(row.model);
  if (row.fallback_models != nullptr)
    route.fallback_models = to_utf8_list(row.fallback_models, "fallback_models");
  route.max_output_tokens = row.max_output_tokens;
  return route;
}

Routes to_routes(std::span<const RouteRow> rows) {
  Routes routes;
  for (const bool builtin : {false, true})
    for (const RouteRow& row : rows)
      if (row.builtin == builtin)
        routes.emplace(RouteKey(to_utf8(row.category), to_utf8(row.complexity)), to_route(row));
  return routes;
}

}  // namespace

const Route* find_route(std::string_view category, std::string_view complexity) {
  const Routes& routes = cache.current(read_row, to_routes);
  const RouteKey keys[] = {{std::string(category), std::string(complexity)},
                           {std::string(category), {}},
                           {{}, std::string(complexity)}};
  for (const RouteKey& key : keys) {
    const auto found = routes.find(key);
    if (found != routes.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace llmw
