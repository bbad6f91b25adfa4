// record_workflow_issue(): what was wrong with the document of a request, and the rule that speaks
// of it. rule_legend(): what requests of a category are told.

#include <algorithm>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/learned_rules.hpp"
#include "pg/boundary.hpp"
#include "pg/columns.hpp"
#include "pg/ids.hpp"
#include "pg/rule_catalogue.hpp"
#include "pg/spi_plan.hpp"
#include "pg/text.hpp"
#include "sql_api/extension_owner.hpp"
#include "sql_api/recording.hpp"
#include "sql_api/request_access.hpp"
#include "sql_api/request_arguments.hpp"
#include "sql_api/request_result.hpp"
#include "sql_api/session_request.hpp"

namespace llmw {

namespace {

constexpr std::ptrdiff_t kLongestDescription = 2000;  // characters; the table's check says so too

constexpr const char* kFindCategory =
    "SELECT category FROM @extschema@.workflow_requests"
    " WHERE request_id OPERATOR(pg_catalog.=) $1 AND submitted_at OPERATOR(pg_catalog.=) $2";

constexpr const char* kRecordIssue =
    "WITH issue AS ("
    " INSERT INTO @extschema@.llm_issues (issue_id, recorded_at, category, request_id, description,"
    " rule, recorded_by) VALUES ($1, $2, $3, $4, $5, $6, $7::pg_catalog.name)"
    ")"
    "INSERT INTO @extschema@.audit_logs (event_id, \"timestamp\", action, severity, actor,"
    " request_id, details)"
    " VALUES ($8, $2, 'WORKFLOW_ISSUE_RECORDED', 'info', $7, $4,"
    " pg_catalog.jsonb_build_object('issue_id', $1, 'category', $3, 'rule', $6,"
    " 'description', $5))";
constexpr Oid kRecordIssueTypes[] = {UUIDOID, TIMESTAMPTZOID, TEXTOID, UUIDOID,
                                     TEXTOID, TEXTOID,        TEXTOID, UUIDOID};

struct Issue {
  Uuid request_id;
  std::string category;
  std::string description;
  std::string rule;  ///< empty: none
};

std::string read_description(FunctionCallInfo fcinfo, int n) {
  std::string description = read_text(fcinfo, n, "");
  if (has_only_blanks(description))
    throw Error(sqlstate::kInvalidParameterValue, "description must not be empty");
  const std::ptrdiff_t characters =
      std::count_if(description.begin(), description.end(),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  if (characters > kLongestDescription)
    throw Error(sqlstate::kInvalidParameterValue, "description is too long",
                "It has " + std::to_string(characters) + " characters, and may have " +
                    std::to_string(kLongestDescription) + ".");
  return description;
}

/// The category of a request that the current role may see and that has ended; empty: it has none.
std::string category_of_request(const Uuid& id) {
  const FoundRequest found = find_request(id);
  check_may_see(id, found.role_name);
  if (!found.result)
    throw Error(sqlstate::kNotInPrerequisiteState, "request " + to_string(id) + " has not ended",
                {}, "Wait for its end.");
  const Extension extension = installed_extension();
  std::string category;
  read_newest_as_owner(extension, [&] {
    if (find_by_request(extension, kFindCategory, id)) category = SpiRow(0).text(1);
  });
  return category;
}

std::string category_of_known_rule(const std::string& rule) {
  const std::optional<std::string> category = category_of_rule(rule);
  if (!category)
    throw Error(sqlstate::kUndefinedObject, "rule \"" + rule + "\" does not exist", {},
                "Choose a rule of the table llm_rules, or leave it out.");
  return *category;
}

/// The request says of which category its issues are; for one without, the caller or the rule does.
std::string settle_category(const Uuid& request_id, const std::string& given,
                            const std::string& rule) {
  std::string category = category_of_request(request_id);
  if (!category.empty() && !given.empty() && category != given)
    throw Error(sqlstate::kInvalidParameterValue, "request " + to_string(request_id) +
                                                      " is of category \"" + category +
                                                      "\", not \"" + given + "\"");
  if (category.empty()) category = given;
  if (!rule.empty()) {
    std::string of_rule = category_of_known_rule(rule);
    if (category.empty()) return of_rule;
    if (category != of_rule)
      throw Error(sqlstate::kInvalidParameterValue, "rule \"" + rule + "\" is of category \"" +
                                                        of_rule + "\", not \"" + category + "\"");
  }
  if (category.empty())
    throw Error(sqlstate::kInvalidParameterValue,
                "request " + to_string(request_id) + " has no category", {},
                "Name the category, or a rule.");
  return category;
}

Uuid record_issue(const Issue& issue) {
  const TimestampTz now = GetCurrentTimestamp();
  const Uuid id = new_uuid(now);
  Columns columns(kRecordIssueTypes, 1);
  columns.add(id).add(now).add(issue.category).add(issue.request_id).add(issue.description);
  columns.add_or_null(issue.rule).add(role_name_of(GetUserId())).add(new_uuid(now));
  const Columns::Parameters row = columns.row();
  write_record(kRecordIssue, kRecordIssueTypes, row.values, row.nulls);
  return id;
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_record_workflow_issue) {
  using namespace llmw;
  enum Argument { kRequestId, kDescription, kRule, kGivenCategory };
  check_is_given(fcinfo, kRequestId, "request_id");
  check_is_given(fcinfo, kDescription, "description");
  check_can_write("record_workflow_issue()");
  Issue issue;
  issue.request_id = read_uuid(fcinfo, kRequestId);
  issue.description = read_description(fcinfo, kDescription);
  issue.rule = read_text(fcinfo, kRule, "");
  issue.category =
      settle_category(issue.request_id, read_text(fcinfo, kGivenCategory, ""), issue.rule);
  return uuid_datum(record_issue(issue));
}

LLMW_SQL_FUNCTION(llmw_rule_legend) {
  using namespace llmw;
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  PG_RETURN_TEXT_P(to_server_text(write_rule_legend(active_rules(read_text(fcinfo, 0, "")))));
}
