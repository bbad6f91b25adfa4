#pragma once
// What the tests of rules share: documents from text, the rules of the built-in formats, findings
// as short lines.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/builtin_formats.hpp"
#include "core/json_value.hpp"
#include "core/rules.hpp"

namespace llmw {

inline JsonValue parsed(std::string_view text) {
  JsonValue value;
  const JsonRead read = read_json_value(text, value);
  EXPECT_EQ(read.fault, JsonFault::none) << read.message << " in " << text;
  return value;
}

inline const BuiltinFormat& builtin(std::string_view name) {
  for (const BuiltinFormat& format : builtin_formats()) {
    if (name == format.name) return format;
  }
  ADD_FAILURE() << "no format " << name;
  return builtin_formats()[0];
}

inline Rules builtin_rules(std::string_view name) {
  return parse_rules(parsed(builtin(name).rules));
}

/// Each finding as "code path".
inline std::vector<std::string> lines_of(const std::vector<Finding>& findings) {
  std::vector<std::string> lines;
  lines.reserve(findings.size());
  for (const Finding& finding : findings) lines.push_back(finding.code + ' ' + finding.path);
  return lines;
}

using Lines = std::vector<std::string>;

/// A document that breaks one rule, and the same with as little mended as possible.
struct RuleCase {
  const char* code;
  const char* path;
  std::string wrong;
  std::string right;
};

/// `pointer` leads somewhere in `document`.
inline bool exists(const JsonValue& document, std::string_view pointer) {
  const JsonValue* at = &document;
  while (at != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    std::string key(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(key.size());
    if (const std::size_t escape = key.find("~1"); escape != std::string::npos)
      key.replace(escape, 2, "/");
    if (at->is_array()) {
      const auto number = static_cast<std::size_t>(std::stoi(key));
      at = number < at->items.size() ? &at->items[number] : nullptr;
    } else {
      at = at->find(key);
    }
  }
  return at != nullptr;
}

inline Severity severity_of(const std::string& code) {
  for (const ValidationCode& known : validation_codes()) {
    if (code == known.code) return known.severity;
  }
  ADD_FAILURE() << code << " is not in the catalogue";
  return Severity::error;
}

inline void expect_case(const Rules& rules, const RuleCase& rule, const RuleContext& context = {}) {
  const JsonValue wrong = parsed(rule.wrong);
  const std::vector<Finding> findings = check_rules(rules, wrong, context);
  EXPECT_EQ(lines_of(findings), Lines{std::string(rule.code) + ' ' + rule.path}) << rule.wrong;
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.severity, severity_of(finding.code)) << finding.code;
    EXPECT_FALSE(finding.message.empty()) << finding.code;
    EXPECT_NE(finding.message.back(), '.') << finding.message;
    EXPECT_EQ(finding.hint.back(), '.') << finding.hint;
    EXPECT_TRUE(exists(wrong, finding.path)) << finding.path << " in " << rule.wrong;
  }
  EXPECT_EQ(lines_of(check_rules(rules, parsed(rule.right), context)), Lines{})
      << rule.code << ": " << rule.right;
}

}  // namespace llmw
