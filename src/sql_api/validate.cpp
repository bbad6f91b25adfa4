// validate_workflow() and workflow_is_valid(): what generation does with a document, for documents
// that come from elsewhere. workflow_validation_codes() says what the codes mean.

#include <string>
#include <vector>

#include "core/format.hpp"
#include "core/rules.hpp"
#include "pg/boundary.hpp"
#include "pg/format_catalogue.hpp"
#include "pg/jsonb.hpp"
#include "pg/result_rows.hpp"
#include "pg/text.hpp"
#include "sql_api/request_arguments.hpp"

namespace llmw {

namespace {

/// The findings about the arguments (workflow jsonb, format text, services text[]).
std::vector<Finding> findings_of(FunctionCallInfo fcinfo) {
  const std::string document = jsonb_to_utf8(PG_GETARG_DATUM(0));
  const std::string format = read_text(fcinfo, 1, "");
  ArrayType* services = PgCall([=] { return PG_GETARG_ARRAYTYPE_P(2); });
  RuleContext context;
  context.services = to_utf8_list(services, "services");
  return find_latest_format(format)->validate(document, context);
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_validate_workflow) {
  using namespace llmw;
  ResultRows rows(fcinfo);
  for (const Finding& finding : findings_of(fcinfo))
    rows.text(finding.code)
        .text(to_string(finding.severity))
        .text(finding.path)
        .text(finding.message)
        .text(finding.hint)
        .end_row();
  return 0;
}

LLMW_SQL_FUNCTION(llmw_workflow_is_valid) {
  return BoolGetDatum(!llmw::has_errors(llmw::findings_of(fcinfo)));
}

LLMW_SQL_FUNCTION(llmw_validation_codes) {
  using namespace llmw;
  ResultRows rows(fcinfo);
  for (const ValidationCode& one : validation_codes())
    rows.text(one.code).text(to_string(one.severity)).text(one.meaning).end_row();
  return 0;
}
