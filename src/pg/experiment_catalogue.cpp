#include "pg/experiment_catalogue.hpp"

#include <string_view>
#include <vector>

#include "pg/table_cache.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

using Experiments = std::vector<Experiment>;

/// A row as read: trivially destructible, so that an error of PostgreSQL may skip it.
struct ExperimentRow {
  const char* name;
  const char* category;
  const char* agent;
  const char* control_model;
  const char* candidate_model;
  double share;
  const char* assignment_key;
  const char* status;
};

constinit TableCache<Experiments> cache{"llm_experiments"};

ExperimentRow read_row(const RowReader& row) {
  return {row.text_or_null("experiment"),
          row.text_or_null("category"),
          row.text_or_null("agent"),
          row.text_or_null("control_model"),
          row.text_or_null("candidate_model"),
          DatumGetFloat8(DirectFunctionCall1(numeric_float8, row.get("share"))),
          row.text_or_null("assignment_key"),
          row.text_or_null("status")};
}

Experiment to_experiment(const ExperimentRow& row) {
  return {to_utf8(row.name),          utf8_or_empty(row.category),  utf8_or_empty(row.agent),
          to_utf8(row.control_model), to_utf8(row.candidate_model), row.share,
          to_utf8(row.assignment_key)};
}

Experiments to_experiments(std::span<const ExperimentRow> rows) {
  Experiments experiments;
  for (const ExperimentRow& row : rows)
    if (std::string_view(row.status) == "running") experiments.push_back(to_experiment(row));
  return experiments;
}

}  // namespace

std::span<const Experiment> running_experiments() {
  return cache.current(read_row, to_experiments);
}

}  // namespace llmw
