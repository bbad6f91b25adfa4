#pragma once
// One result of validation: a row of validate_workflow(). Codes are stable and documented in
// docs/validation.md.

#include <string>
#include <vector>

namespace llmw {

enum class Severity { error, warning };

struct Finding {
  std::string code;  ///< stable, e.g. "E07"
  Severity severity = Severity::error;
  std::string path;  ///< JSON Pointer into the document, e.g. "/pilot_steps/3/id"
  std::string message;
  std::string hint;

  bool operator==(const Finding&) const = default;
};

bool has_errors(const std::vector<Finding>& findings);

const char* to_string(Severity severity);

}  // namespace llmw
