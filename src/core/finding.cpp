#include "core/finding.hpp"

#include <algorithm>

namespace llmw {

bool has_errors(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::error; });
}

const char* to_string(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

}  // namespace llmw
