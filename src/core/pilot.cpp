#include "core/pilot.hpp"

#include "core/json.hpp"

namespace llmw {
namespace {

// Every word of these is paid for on every call.
constexpr std::string_view kInstructions =
    R"(You turn a description of work into a workflow. Answer with one JSON object and nothing else:
{"pilot_steps": [step, ...]}
with 1 to 50 steps in order of execution. Each step has exactly these keys:
"id": short unique snake_case name
"operation": what is done, one imperative sentence
"step_type": one of
  "llm_decision": needs judgement or writing by a language model
  "transform": computes or reshapes data by fixed rules
  "conditional": chooses a branch by its condition
  "api_call": reads from or writes to a service
"depends_on": array of ids of earlier steps that must finish first
"service": one of the given services, or null
"inputs", "outputs": arrays of names of data; an input is an earlier output or comes from outside
"condition": when the branch is taken, for conditional steps; else null
Cover every action of the description once; invent none.
)";

constexpr std::string_view kMachineStyle = "Keep texts short. No explanations, no comments.\n";
constexpr std::string_view kDebugStyle =
    R"(Begin the object with "explanation": a few sentences on why you chose these steps.
)";

// Keys in the order in which a model should write them. Only words of the schema language that
// OpenAI's strict mode and Anthropic both take: the checks see to the rest.
constexpr std::string_view kSchemaSteps =
    R"("pilot_steps":{"type":"array","items":{"type":"object","properties":{)"
    R"("id":{"type":"string"},"operation":{"type":"string"},)"
    R"("step_type":{"type":"string","enum":["llm_decision","transform","conditional","api_call"]},)"
    R"("depends_on":{"type":"array","items":{"type":"string"}},)"
    R"("service":{"type":["string","null"]},)"
    R"("inputs":{"type":"array","items":{"type":"string"}},)"
    R"("outputs":{"type":"array","items":{"type":"string"}},)"
    R"("condition":{"type":["string","null"]}},)"
    R"("required":["id","operation","step_type","depends_on","service","inputs","outputs",)"
    R"("condition"],"additionalProperties":false}})";

}  // namespace

std::string pilot_system_prompt(ResponseMode mode) {
  std::string prompt(kInstructions);
  prompt += mode == ResponseMode::machine ? kMachineStyle : kDebugStyle;
  return prompt;
}

std::string pilot_user_prompt(std::string_view prompt, const std::vector<std::string>& services) {
  std::string text(prompt);
  if (services.empty()) return text;
  text += "\n\nServices: ";
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (i > 0) text += ", ";
    text += json_quote(services[i]);
  }
  return text;
}

std::string pilot_json_schema(ResponseMode mode) {
  const bool explains = mode == ResponseMode::human_debug;
  std::string schema = R"({"type":"object","properties":{)";
  if (explains) schema += R"("explanation":{"type":"string"},)";
  schema += kSchemaSteps;
  schema += R"(},"required":[)";
  if (explains) schema += R"("explanation",)";
  schema += R"("pilot_steps"],"additionalProperties":false})";
  return schema;
}

}  // namespace llmw
