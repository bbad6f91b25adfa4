#include "core/builtin_formats.hpp"

namespace llmw {
namespace {

// Every word of a prompt is paid for on every call. What to do about explanations is said by the
// answer form (answer_form.hpp), which knows the response mode.
//
// The properties of a schema stand in the order in which a model should write them: what it has to
// think of first comes first. A provider's strict mode makes it write every one of them.

constexpr const char* kPilotPrompt =
    R"(You turn a description of work into a workflow. Answer with one JSON object and nothing else:
{"pilot_steps": [step, ...]}
1 to 50 steps in order of execution. Keys of a step:
"id": unique snake_case name
"operation": what is done, one imperative sentence; keep names, numbers and quoted texts of the
description
"step_type": one of
  "llm_decision": needs judgement or writing by a language model
  "transform": computes or reshapes data by fixed rules
  "conditional": chooses a branch by a condition
  "api_call": reads from or writes to a service
"depends_on": ids of earlier steps that must finish first
"service": one of the given services, or null
"inputs", "outputs": names of data; an input is the output of a step that this one depends on,
directly or through others, or comes from outside
"condition": what a conditional looks at; else null
"branches": of a conditional, two or more {"when": case, "next": step id, or null to end}, the last
with "when": "else"; else null
"outcomes": of an llm_decision with branches, each "when" of them; else null
Cover every action of the description once; invent none. No secrets; URLs with https.
)";

// Steps may have further keys, which the rules know (E04): those that builtin-draft adds and those
// that only people write. They are no properties, as a model would then have to write them too.
constexpr const char* kPilotSchema = R"({
  "type": "object",
  "properties": {
    "pilot_steps": {
      "type": "array",
      "minItems": 1,
      "maxItems": 50,
      "items": {
        "type": "object",
        "properties": {
          "id": {"type": "string", "minLength": 1},
          "operation": {"type": "string", "minLength": 1},
          "step_type": {
            "type": "string",
            "enum": ["llm_decision", "transform", "conditional", "api_call"]
          },
          "depends_on": {"type": ["array", "null"], "items": {"type": "string"}},
          "service": {"type": ["string", "null"]},
          "inputs": {"type": ["array", "null"], "items": {"type": "string"}},
          "outputs": {"type": ["array", "null"], "items": {"type": "string"}},
          "condition": {"type": ["string", "null"]},
          "branches": {
            "type": ["array", "null"],
            "items": {
              "type": "object",
              "properties": {
                "when": {"type": "string"},
                "next": {"type": ["string", "null"]}
              },
              "required": ["when", "next"],
              "additionalProperties": false
            }
          },
          "outcomes": {"type": ["array", "null"], "items": {"type": "string"}}
        },
        "required": ["id", "operation", "step_type"]
      }
    }
  },
  "required": ["pilot_steps"]
})";

constexpr const char* kPilotRules = R"({
  "kind": "steps",
  "items": "pilot_steps",
  "max_items": 50,
  "id": "id",
  "text": "operation",
  "type": "step_type",
  "types": ["llm_decision", "transform", "conditional", "api_call"],
  "conditional_type": "conditional",
  "decision_type": "llm_decision",
  "call_type": "api_call",
  "depends_on": "depends_on",
  "next": "next",
  "branches": "branches",
  "condition": "condition",
  "outcomes": "outcomes",
  "max_iterations": "max_iterations",
  "inputs": "inputs",
  "outputs": "outputs",
  "service": "service",
  "timeout": "timeout",
  "retry": "retry",
  "other_keys": ["actor", "schedule", "constraint"]
})";

constexpr const char* kStagesPrompt =
    R"(You turn a description of a business into the stages of its work and the limbo zones in which
work waits between them. Answer with one JSON object and nothing else:
{"stages": [stage, ...], "limbo_zones": [zone, ...]}
1 to 50 stages. Keys of a stage:
"id": unique snake_case name
"name": short name
"description": one or two sentences; keep names and numbers of the description
"type": "sequential", "parallel" (runs beside others) or "conditional" (runs only in some cases)
"team": who does the work
"depends_on": ids of stages that must finish first, without those that follow through others
"parallel_with": ids of stages that run at the same time; both name each other, neither depends on
the other, and they have no output in common
"sequence": 1, 2, 3, ... without gaps, higher than that of each stage it depends on; parallel stages
may share it
"inputs", "outputs": names of materials or data; an input is an output, by the same name, of a stage
that this one depends on, directly or through others, or comes from outside
Every stage depends on another one or is depended on.
Exactly one limbo zone for each id in each depends_on. Keys of a zone:
"id": unique snake_case name
"from", "to": ids of the two stages
"payload": the outputs of "from" that wait as inputs of "to", at least one
"join": "all" or "any", what "to" waits for when it depends on several stages; else null
"entry_condition", "exit_condition": when work enters and when it may leave
"max_wait": longest wait, e.g. "2 days"
"owner": who receives what waits
)";

constexpr const char* kStagesSchema = R"({
  "type": "object",
  "properties": {
    "stages": {
      "type": "array",
      "minItems": 1,
      "maxItems": 50,
      "items": {
        "type": "object",
        "properties": {
          "id": {"type": "string", "minLength": 1},
          "name": {"type": "string", "minLength": 1},
          "description": {"type": ["string", "null"]},
          "type": {"type": "string", "enum": ["sequential", "parallel", "conditional"]},
          "team": {"type": ["string", "null"]},
          "depends_on": {"type": ["array", "null"], "items": {"type": "string"}},
          "parallel_with": {"type": ["array", "null"], "items": {"type": "string"}},
          "sequence": {"type": ["integer", "null"]},
          "inputs": {"type": ["array", "null"], "items": {"type": "string"}},
          "outputs": {"type": ["array", "null"], "items": {"type": "string"}}
        },
        "required": ["id", "name", "type"],
        "additionalProperties": false
      }
    },
    "limbo_zones": {
      "type": ["array", "null"],
      "items": {
        "type": "object",
        "properties": {
          "id": {"type": "string", "minLength": 1},
          "from": {"type": "string"},
          "to": {"type": "string"},
          "payload": {"type": ["array", "null"], "items": {"type": "string"}},
          "join": {"type": ["string", "null"], "enum": ["all", "any", null]},
          "entry_condition": {"type": ["string", "null"]},
          "exit_condition": {"type": ["string", "null"]},
          "max_wait": {"type": ["string", "null"]},
          "owner": {"type": ["string", "null"]}
        },
        "required": ["id", "from", "to"]
      }
    }
  },
  "required": ["stages"]
})";

constexpr const char* kStagesRules = R"({
  "kind": "stages",
  "items": "stages",
  "max_items": 50,
  "id": "id",
  "text": "name",
  "type": "type",
  "types": ["sequential", "parallel", "conditional"],
  "depends_on": "depends_on",
  "parallel_with": "parallel_with",
  "sequence": "sequence",
  "team": "team",
  "inputs": "inputs",
  "outputs": "outputs",
  "zones": "limbo_zones",
  "other_keys": ["description"]
})";

constexpr const char* kDiscoveryPrompt =
    R"(You explore a request in depth before anything is built. Answer with one JSON object and
nothing else. It has these ten keys, the dimensions:
"problem_analysis": what is wrong, for whom, why now, root causes
"current_state": how the work is done today, with volumes and pain points
"stakeholder_analysis": who takes part, decides, is affected, and what each needs
"scope_and_constraints": what is in, what is out, limits of time, money, law and technology
"requirements_breakdown": functional and non-functional requirements, each testable
"data_and_integrations": data, its sources and quality, systems to connect
"solution_options": two or more ways to do it, with gains and drawbacks
"risk_assessment": what can go wrong, how likely, how bad, what to do about it
"success_metrics": how success is measured, with targets
"implementation_plan": phases in order, with effort and dependencies
The value of each is an object:
"summary": two to four sentences
"findings": array of statements, one fact or item each
"open_questions": array of questions that only the requester can answer
Explore every dimension fully. Say what the request says and what follows from it; mark assumptions
as such.
)";

constexpr const char* kDiscoverySchema = R"({
  "type": "object",
  "properties": {
    "problem_analysis": {"$ref": "#/$defs/dimension"},
    "current_state": {"$ref": "#/$defs/dimension"},
    "stakeholder_analysis": {"$ref": "#/$defs/dimension"},
    "scope_and_constraints": {"$ref": "#/$defs/dimension"},
    "requirements_breakdown": {"$ref": "#/$defs/dimension"},
    "data_and_integrations": {"$ref": "#/$defs/dimension"},
    "solution_options": {"$ref": "#/$defs/dimension"},
    "risk_assessment": {"$ref": "#/$defs/dimension"},
    "success_metrics": {"$ref": "#/$defs/dimension"},
    "implementation_plan": {"$ref": "#/$defs/dimension"}
  },
  "required": ["problem_analysis", "current_state", "stakeholder_analysis", "scope_and_constraints",
               "requirements_breakdown", "data_and_integrations", "solution_options",
               "risk_assessment", "success_metrics", "implementation_plan"],
  "$defs": {
    "dimension": {
      "type": "object",
      "properties": {
        "summary": {"type": "string", "minLength": 1},
        "findings": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
        "open_questions": {"type": "array", "items": {"type": "string", "minLength": 1}}
      },
      "required": ["summary", "findings", "open_questions"],
      "additionalProperties": false
    }
  }
})";

constexpr const char* kDiscoveryRules = R"({"kind": "none"})";

// Output tokens: a workflow of 15 stages and 14 zones took 5,683 of the 12,000 that the setting
// allows by default (document 000); a full discovery takes 3,000 to 4,000 (document 002),
// and one that is cut costs a fallback: twice that is allowed.
constexpr BuiltinFormat kFormats[] = {
    {"pilot", 1, "Steps that an agent can execute, with dependencies and branches", kPilotPrompt,
     kPilotSchema, kPilotRules, 0},
    {"stages", 1, "Stages of a business and the limbo zones in which work waits between them",
     kStagesPrompt, kStagesSchema, kStagesRules, 0},
    {"discovery", 1, "A request explored in ten dimensions", kDiscoveryPrompt, kDiscoverySchema,
     kDiscoveryRules, 8192},
};

}  // namespace

std::span<const BuiltinFormat> builtin_formats() { return kFormats; }

}  // namespace llmw
