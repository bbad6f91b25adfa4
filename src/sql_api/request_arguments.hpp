#pragma once
// The arguments that generate_workflow, submit_workflow and generate_workflows have in common.

#include <cstdint>
#include <string>

#include "core/error.hpp"
#include "core/request.hpp"
#include "pg/postgres.hpp"
#include "sql_api/session_request.hpp"

namespace llmw {

/// Where they stand. What a function has besides comes after them, and then the routing arguments.
enum RequestArgument {
  kPrompt,  ///< of generate_workflows: prompts
  kServices,
  kFormat,
  kAgent,
  kResponseMode,
  kMaxOutputTokens,
  kTags,
  kFurtherArguments
};

/// The last arguments of each function: category, complexity and model.
struct RoutingArguments {
  int category;
  int complexity = category + 1;
  int model = category + 2;
};

/// What the arguments say of how `prompt` is to be asked.
RequestChoices read_choices(FunctionCallInfo fcinfo, RoutingArguments routing);

/// The request for `prompt` that `choices`, the other arguments and the settings of the session ask
/// for. The caller may add to it, and then calls complete_request().
GenerationRequest read_request(FunctionCallInfo fcinfo, const RequestChoices& choices,
                               std::string prompt);

/// The prompt, which must not be NULL. Error 22023 when it is empty.
std::string read_prompt(FunctionCallInfo fcinfo);

/// The error 22023 of a prompt that has nothing but blanks in it.
Error empty_prompt();

/// The text argument `n`; `otherwise` when it is NULL.
std::string read_text(FunctionCallInfo fcinfo, int n, const char* otherwise);

/// The argument `n`, which must not be NULL.
Uuid read_uuid(FunctionCallInfo fcinfo, int n);

/// An idempotency_key, empty when it is NULL. Error 22023 when it is empty or too long.
std::string read_idempotency_key(FunctionCallInfo fcinfo, int n);

/// An interval in milliseconds, months of 30 days; 0 when it is NULL. Error 22023 that names
/// `argument` when it is negative.
std::int64_t read_milliseconds(FunctionCallInfo fcinfo, int n, const char* argument);

}  // namespace llmw
