// From a document to what is on its picture.

#include <algorithm>

#include "core/diagram_reading.hpp"
#include "core/diagram_text.hpp"
#include "core/error.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMaxPoints = 60;  ///< of a topic

void require_drawable(const Rules& rules, const JsonValue& document) {
  const JsonValue* list = find_field(document, rules.items);
  const std::string name = one_line(rules.items, kMaxNameBytes);
  if (list == nullptr || !list->is_array())
    throw Error(sqlstate::kInvalidParameterValue, "the document has no array \"" + name + "\"", {},
                "Give a document of the format, or the result of generate_workflow().");
  if (list->items.size() > static_cast<std::size_t>(kMaxDiagramItems))
    throw Error(sqlstate::kProgramLimitExceeded,
                "the document has too many entries in \"" + name + "\" to be drawn",
                "There are " + std::to_string(list->items.size()) + ", and at most " +
                    std::to_string(kMaxDiagramItems) + " are drawn.",
                "Draw a part of the document.");
}

std::string title_of(const Rules& rules, const Diagram& diagram) {
  const bool are_stages = rules.kind == RuleKind::stages;
  std::string title =
      counted(static_cast<std::size_t>(diagram.items), are_stages ? "stage" : "step");
  const auto zones =
      std::count_if(diagram.links.begin(), diagram.links.end(),
                    [](const DiagramLink& link) { return link.stop && link.stop->is_zone; });
  if (zones > 0) title += ", " + counted(static_cast<std::size_t>(zones), "limbo zone");
  if (diagram.has_teams) title += ", " + counted(diagram.colours.size(), "team");
  return title;
}

/// The strings of an array; texts of its objects when it holds objects.
std::vector<std::string> read_points(const JsonValue* list) {
  std::vector<std::string> points;
  if (list == nullptr) return points;
  for (const JsonValue& entry : list->items) {
    std::string text;
    if (entry.is_string()) text = one_line(entry.text, kMaxHintBytes);
    for (const auto& [key, value] : entry.members)
      if (value.is_string())
        text += (text.empty() ? "" : " \xC2\xB7 ") + one_line(value.text, kMaxHintBytes);
    if (!text.empty()) points.push_back(one_line(text, kMaxHintBytes));
    if (points.size() >= kMaxPoints) break;
  }
  return points;
}

OutlineTopic read_topic(const std::string& key, const JsonValue& value) {
  OutlineTopic topic;
  topic.name = as_words(one_line(key, kMaxNameBytes));
  if (!topic.name.empty() && topic.name[0] >= 'a' && topic.name[0] <= 'z')
    topic.name[0] = static_cast<char>(topic.name[0] - 'a' + 'A');
  if (value.is_string() || value.kind == JsonValue::Kind::number)
    topic.summary = one_line(value.text, kMaxHintBytes);
  if (value.is_array()) topic.points = read_points(&value);
  for (const auto& [name, member] : value.members) {
    if (member.is_string()) {
      topic.summary += (topic.summary.empty() ? "" : " ") + one_line(member.text, kMaxHintBytes);
    } else if (member.is_array()) {
      std::vector<std::string> points = read_points(&member);
      auto& into = name.find("question") == std::string::npos ? topic.points : topic.questions;
      into.insert(into.end(), points.begin(), points.end());
    }
  }
  topic.summary = one_line(topic.summary, kMaxHintBytes);
  return topic;
}

}  // namespace

Diagram read_diagram(const Rules& rules, const JsonValue& document) {
  require_drawable(rules, document);
  Rules all = rules;
  all.max_items = kMaxDiagramItems;
  const Workflow workflow(all, document);
  const ControlFlow flow(workflow);
  Diagram diagram;
  add_items(workflow, diagram);
  add_links(workflow, flow, diagram);
  if (diagram.items == 0) diagram.notes.emplace_back("There is nothing to draw.");
  diagram.title = title_of(rules, diagram);
  return diagram;
}

DiagramOutline read_outline(const std::vector<std::string>& keys, const JsonValue& document) {
  DiagramOutline outline;
  std::size_t missing = 0;
  for (const std::string& key : keys) {
    const JsonValue* value = find_field(document, key);
    if (value == nullptr) {
      ++missing;
    } else if (outline.topics.size() < static_cast<std::size_t>(kMaxDiagramItems)) {
      outline.topics.push_back(read_topic(key, *value));
    }
  }
  if (missing > 0) outline.notes.push_back("Not there: " + counted(missing, "topic") + '.');
  outline.title = counted(outline.topics.size(), "topic");
  return outline;
}

}  // namespace llmw
