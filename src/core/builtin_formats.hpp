#pragma once
// The formats that come with the extension: `pilot` (steps), `stages` (stages and the limbo zones
// between them) and `discovery` (ten dimensions). CREATE EXTENSION puts them into workflow_formats.
//
// Sources: FACTS, documents 003 (pilot), 000 (stages) and 002 (discovery).

#include <span>

namespace llmw {

/// A row of workflow_formats as it ships.
struct BuiltinFormat {
  const char* name;
  int version;
  const char* description;
  const char* system_prompt;
  const char* json_schema;  ///< JSON Schema 2020-12
  const char* rules;        ///< JSON, see core/rules.hpp
  int max_output_tokens;    ///< 0: as llm_workflow.max_output_tokens says
};

std::span<const BuiltinFormat> builtin_formats();

}  // namespace llmw
