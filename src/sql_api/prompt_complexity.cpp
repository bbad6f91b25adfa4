// prompt_complexity(): the rule by which llm_workflow.complexity = auto tells prompts apart.

#include "core/prompt_complexity.hpp"

#include "pg/boundary.hpp"
#include "pg/text.hpp"

LLMW_SQL_FUNCTION(llmw_prompt_complexity) {
  using namespace llmw;
  const std::string prompt = to_utf8(reinterpret_cast<text*>(PG_GETARG_DATUM(0)));
  return PointerGetDatum(to_server_text(to_string(prompt_complexity(prompt))));
}
