#pragma once
// What is on the picture of a workflow, before anything is drawn: boxes, links and what goes with
// them. Read from a document by its format's rules; made Mermaid and SVG by files of those names.
//
// All texts are one line (core/diagram_text.hpp), not escaped.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json_value.hpp"
#include "core/rules.hpp"

namespace llmw {

inline constexpr int kMaxDiagramItems = 500;

enum class BoxShape : std::uint8_t { plain, rounded, sides, pill, diamond, hexagon, missing, end };

/// A step, a stage, or what stands for one.
struct DiagramBox {
  BoxShape shape = BoxShape::plain;
  std::string badge;    ///< number in the order of stages
  std::string caption;  ///< above the text: team, or type and service
  std::string text;
  std::vector<std::string> details;  ///< below the text
  std::vector<std::string> hints;    ///< shown when somebody points at it
  int colour = -1;                   ///< number in Diagram::colours; -1: none
};

/// What stands on a link: the case of a branch, or a limbo zone.
struct DiagramStop {
  bool is_zone = false;
  std::string text;
  std::vector<std::string> details;
  std::vector<std::string> hints;
};

enum class DiagramLinkKind : std::uint8_t {
  order,
  zone,     ///< a zone between stages, of which neither waits for the other
  loop,     ///< leads back, and the document bounds how often
  circle,   ///< leads back, and nothing bounds it
  unnamed,  ///< from or to a box that is missing
};

struct DiagramLink {
  int from = 0;
  int to = 0;
  DiagramLinkKind kind = DiagramLinkKind::order;
  bool is_dependency = false;  ///< it is there because `to` waits for `from`
  std::optional<DiagramStop> stop;
};

/// A team or a type of step: what a colour stands for.
struct DiagramColour {
  std::string name;
  int boxes = 0;
};

struct DiagramShapeName {
  BoxShape shape = BoxShape::plain;
  std::string name;
};

struct Diagram {
  std::string title;
  std::vector<DiagramBox> boxes;  ///< the items first, as they stand in the document
  int items = 0;
  std::vector<DiagramLink> links;
  std::vector<std::pair<int, int>> parallel;  ///< items that run beside each other
  bool has_teams = false;                     ///< colours are teams
  std::vector<DiagramColour> colours;
  std::vector<DiagramShapeName> shapes;  ///< of the types that occur
  std::vector<std::string> notes;        ///< what could not be drawn, and what is wrong
};

/// Reads a document. Throws llmw::Error: 22023 when it has no array of items, 54000 when there are
/// more than kMaxDiagramItems.
Diagram read_diagram(const Rules& rules, const JsonValue& document);

/// A node of an outline: a dimension of a document that has no items.
struct OutlineTopic {
  std::string name;
  std::string summary;
  std::vector<std::string> points;
  std::vector<std::string> questions;
};

struct DiagramOutline {
  std::string title;
  std::vector<OutlineTopic> topics;
  std::vector<std::string> notes;
};

/// The members of `document` that are named in `keys`, in their order.
DiagramOutline read_outline(const std::vector<std::string>& keys, const JsonValue& document);

std::string to_mermaid(const Diagram& diagram);
std::string to_mermaid(const DiagramOutline& outline);
std::string to_svg(const Diagram& diagram);
std::string to_svg(const DiagramOutline& outline);

}  // namespace llmw
