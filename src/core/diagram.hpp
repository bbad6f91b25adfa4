#pragma once
// Pictures of a document: a Mermaid flowchart and an SVG of its steps or stages, branches, teams
// and limbo zones. For any document of a format, valid or not: what can be drawn is drawn, and what
// cannot is named below the picture.
//
//   DiagramTexts texts = draw_diagram(*find_latest_format("pilot"), document);
//
// Time and memory are bounded by kMaxDiagramItems and by limits for links.

#include <string>

#include "core/format.hpp"
#include "core/json_value.hpp"

namespace llmw {

struct DiagramTexts {
  std::string mermaid;
  std::string svg;
};

/// Whether `document` looks like one of the format: it has the array of items that the rules name.
/// Without rules: it has every member that the schema requires, of which there is one at least.
bool looks_like(const Format& format, const JsonValue& document);

/// Throws llmw::Error: 22023 when there is nothing of the format in the document, 54000 when there
/// are too many items.
DiagramTexts draw_diagram(const Format& format, const JsonValue& document);

/// The same pictures in ASCII: other characters, which stand in texts only, become entities. For
/// databases whose encoding lacks some of them.
DiagramTexts in_ascii(const DiagramTexts& texts);

}  // namespace llmw
