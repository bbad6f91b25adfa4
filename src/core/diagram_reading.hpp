#pragma once
// How a document becomes a Diagram: boxes, then links. For the files diagram_items, diagram_links
// and diagram_read.cpp.

#include <string>
#include <string_view>

#include "core/diagram_model.hpp"
#include "core/rules_flow.hpp"

namespace llmw {

inline constexpr std::size_t kMaxBoxTextBytes = 400;
inline constexpr std::size_t kMaxHintBytes = 600;
inline constexpr std::size_t kMaxNameBytes = 80;

/// The boxes of items, with colours and shapes.
void add_items(const Workflow& workflow, Diagram& diagram);

/// Links, limbo zones, what runs in parallel, and boxes for what is named and missing.
void add_links(const Workflow& workflow, const ControlFlow& flow, Diagram& diagram);

/// The text of an item in quotes, for a note.
std::string quoted_item(const Diagram& diagram, int item);

/// The strings in a member as one text: "rolls, trims".
std::string joined_list(const JsonValue& object, const std::string& name);

/// Adds "label: text" unless the text is empty.
void add_hint(std::vector<std::string>& hints, std::string_view label, std::string_view text);

/// A count with its noun: "1 step", "2 steps".
std::string counted(std::size_t count, const std::string& noun);

}  // namespace llmw
