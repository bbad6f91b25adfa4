// regenerate_workflow(): a request of the ledger once more, told what should be different.
//
// What was asked is taken from the parent: prompt, services, format, agent, category, complexity
// and tags. How it is asked is taken from the agent's row and the route as they are now and from
// the session: models, limits and the newest enabled version of the format. The parent's own
// version may be disabled, and its document is only shown to the model.

#include <string>

#include "core/error.hpp"
#include "core/request.hpp"
#include "pg/boundary.hpp"
#include "sql_api/parent_request.hpp"
#include "sql_api/request_arguments.hpp"
#include "sql_api/session_request.hpp"
#include "sql_api/waiting.hpp"

namespace llmw {

namespace {

enum Argument { kRequestId, kFeedback, kThrowOnError };

std::string feedback_argument(FunctionCallInfo fcinfo) {
  std::string feedback = read_text(fcinfo, kFeedback, "");
  if (has_only_blanks(feedback))
    throw Error(sqlstate::kInvalidParameterValue, "feedback must not be empty");
  return feedback;
}

GenerationRequest make_request(const Uuid& parent_id, std::string feedback) {
  ParentRequest parent = find_parent_request(parent_id);
  RequestChoices choices;
  choices.agent = std::move(parent.agent);
  choices.format = std::move(parent.format);
  choices.complexity = parse_complexity(parent.complexity);
  if (!parent.category.empty()) choices.category = std::move(parent.category);
  GenerationRequest request = make_session_request(choices, std::move(parent.prompt));
  request.services = std::move(parent.services);
  request.tags = std::move(parent.tags);
  request.parent = parent_id;
  request.previous_document = std::move(parent.document);
  request.previous_findings = parent.findings + write_issue_lines(parent.issues, request.rules);
  request.feedback = std::move(feedback);
  complete_request(choices, request);
  return request;
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_regenerate_workflow) {
  using namespace llmw;
  if (PG_ARGISNULL(kRequestId) || PG_ARGISNULL(kFeedback)) PG_RETURN_NULL();
  check_can_generate();
  const bool throw_on_error = PG_ARGISNULL(kThrowOnError) || PG_GETARG_BOOL(kThrowOnError);
  const GenerationRequest request =
      make_request(read_uuid(fcinfo, kRequestId), feedback_argument(fcinfo));
  return to_datum(generate(request), throw_on_error);
}
