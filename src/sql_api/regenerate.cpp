// regenerate_workflow(): a request of the ledger once more, told what should be different.
//
// What was asked is taken from the parent: prompt, services, format, agent and tags. How it is
// asked is taken from the session: models, limits and the newest enabled version of the format. The
// parent's own version may be disabled, and its document is only shown to the model.

#include <string>

#include "core/error.hpp"
#include "core/request.hpp"
#include "pg/boundary.hpp"
#include "pg/text.hpp"
#include "sql_api/parent_request.hpp"
#include "sql_api/session_request.hpp"
#include "sql_api/waiting.hpp"

namespace llmw {

namespace {

enum Argument { kRequestId, kFeedback, kThrowOnError };

Uuid id_argument(FunctionCallInfo fcinfo) {
  const pg_uuid_t* uuid = PG_GETARG_UUID_P(kRequestId);
  Uuid id;
  std::memcpy(id.bytes.data(), uuid->data, id.bytes.size());
  return id;
}

std::string feedback_argument(FunctionCallInfo fcinfo) {
  std::string feedback =
      to_utf8(reinterpret_cast<text*>(DatumGetPointer(PG_GETARG_DATUM(kFeedback))));
  if (has_only_blanks(feedback))
    throw Error(sqlstate::kInvalidParameterValue, "feedback must not be empty");
  return feedback;
}

GenerationRequest make_request(const Uuid& parent_id, std::string feedback) {
  ParentRequest parent = find_parent_request(parent_id);
  GenerationRequest request = make_session_request(parent.format, std::nullopt);
  request.prompt = std::move(parent.prompt);
  request.services = std::move(parent.services);
  request.agent = std::move(parent.agent);
  request.tags = std::move(parent.tags);
  request.parent = parent_id;
  request.previous_document = std::move(parent.document);
  request.previous_findings = std::move(parent.findings);
  request.feedback = std::move(feedback);
  return request;
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_regenerate_workflow) {
  using namespace llmw;
  if (PG_ARGISNULL(kRequestId) || PG_ARGISNULL(kFeedback)) PG_RETURN_NULL();
  check_can_generate();
  const bool throw_on_error = PG_ARGISNULL(kThrowOnError) || PG_GETARG_BOOL(kThrowOnError);
  return generate(make_request(id_argument(fcinfo), feedback_argument(fcinfo)), throw_on_error);
}
