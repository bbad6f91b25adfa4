#include "sql_api/parent_request.hpp"

#include <optional>

#include "core/error.hpp"
#include "core/json_value.hpp"
#include "pg/boundary.hpp"
#include "pg/spi_plan.hpp"
#include "pg/text.hpp"
#include "sql_api/extension_owner.hpp"
#include "sql_api/request_access.hpp"

namespace llmw {

namespace {

constexpr const char* kFindRequest =
    "SELECT role_name, status, format, prompt, services, agent, tags, document, warnings,"
    " category, complexity"
    " FROM @extschema@.workflow_requests"
    " WHERE request_id OPERATOR(pg_catalog.=) $1 AND submitted_at OPERATOR(pg_catalog.=) $2";

constexpr const char* kFindIssues =
    "SELECT pg_catalog.json_agg(i)::pg_catalog.text FROM ("
    " SELECT rule, description FROM @extschema@.llm_issues"
    " WHERE request_id OPERATOR(pg_catalog.=) $1 ORDER BY recorded_at, issue_id"
    ") AS i";

enum Column {
  kRoleName = 1,
  kStatus,
  kFormat,
  kPrompt,
  kServices,
  kAgent,
  kTags,
  kDocument,
  kWarnings,
  kCategory,
  kComplexity
};

struct ParentRow {
  std::string role_name;
  std::string status;
  bool has_prompt = false;
  std::string warnings;  ///< JSON; empty: none
  ParentRequest parent;
};

ParentRow read_row(const SpiRow& found) {
  ParentRow row;
  row.role_name = found.text(kRoleName);
  row.status = found.text(kStatus);
  row.has_prompt = found.get(kPrompt).has_value();
  row.warnings = found.text(kWarnings);
  row.parent.format = found.text(kFormat);
  row.parent.prompt = found.text(kPrompt);
  const Datum services = *found.get(kServices);
  row.parent.services =
      to_utf8_list(PgCall([=] { return DatumGetArrayTypeP(services); }), "services");
  row.parent.agent = found.text(kAgent);
  row.parent.category = found.text(kCategory);
  row.parent.complexity = found.text(kComplexity);
  row.parent.tags = found.text(kTags);
  row.parent.document = found.text(kDocument);
  return row;
}

std::string member(const JsonValue& object, const char* key) {
  const JsonValue* value = object.find(key);
  return value != nullptr ? value->text : std::string();
}

/// "CODE at PATH: MESSAGE" for each finding in a column `warnings`.
std::string to_lines(const std::string& warnings) {
  JsonValue findings;
  read_json_value(warnings, findings);
  std::string lines;
  for (const JsonValue& finding : findings.items) {
    const std::string path = member(finding, "path");
    lines += member(finding, "code");
    if (!path.empty()) lines += " at " + path;
    lines += ": " + member(finding, "message") + '\n';
  }
  return lines;
}

std::vector<DocumentIssue> to_issues(const std::string& rows) {
  JsonValue array;
  read_json_value(rows, array);
  std::vector<DocumentIssue> issues;
  for (const JsonValue& row : array.items)
    issues.push_back({member(row, "rule"), member(row, "description")});
  return issues;
}

}  // namespace

ParentRequest find_parent_request(const Uuid& id) {
  std::optional<ParentRow> row;
  const Extension extension = installed_extension();
  read_newest_as_owner(extension, [&] {
    if (!find_by_request(extension, kFindRequest, id)) return;
    row = read_row(SpiRow(0));
    find_by_request(extension, kFindIssues, id);
    row->parent.issues = to_issues(SpiRow(0).text(1));
  });
  if (!row) throw_unknown_request(id);
  check_may_see(id, row->role_name);
  if (row->status == "running" || row->status == "queued")
    throw Error(sqlstate::kNotInPrerequisiteState, "request " + to_string(id) + " is running", {},
                "Wait for its end.");
  if (!row->has_prompt)
    throw Error(sqlstate::kNotInPrerequisiteState,
                "the prompt of request " + to_string(id) + " was not stored", {},
                "Generate with the prompt again, and with llm_workflow.store_prompts on.");
  row->parent.findings = to_lines(row->warnings);
  return std::move(row->parent);
}

}  // namespace llmw
