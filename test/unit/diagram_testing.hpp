#pragma once
// What the tests of diagrams share: pictures of documents from text, and a reader that tells
// whether an SVG is well-formed.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "core/diagram.hpp"
#include "diagram_sound.hpp"
#include "rules_testing.hpp"

namespace llmw {

inline const Format& builtin_format(std::string_view name) {
  const BuiltinFormat& format = builtin(name);
  FormatRow row;
  row.name = format.name;
  row.json_schema = format.json_schema;
  row.rules = format.rules;
  static auto& made = *new std::map<std::string, Format, std::less<>>();
  const auto found = made.find(name);
  if (found != made.end()) return found->second;
  return made.emplace(name, Format(std::move(row))).first->second;
}

inline DiagramTexts drawn(std::string_view format, std::string_view json) {
  return draw_diagram(builtin_format(format), parsed(json));
}

inline void expect_sound(const DiagramTexts& texts) {
  EXPECT_EQ(svg_fault(texts.svg), "");
  EXPECT_EQ(mermaid_fault(texts.mermaid), "");
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace llmw
