// The boxes of a diagram: what each says, its shape and its colour.

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/diagram_reading.hpp"
#include "core/diagram_text.hpp"

namespace llmw {
namespace {

/// Shapes for types that have no meaning of their own, in the order of the rules' types.
constexpr std::array kOtherShapes = {BoxShape::plain, BoxShape::rounded, BoxShape::sides,
                                     BoxShape::hexagon, BoxShape::pill};

BoxShape shape_of_other_type(const Rules& rules, std::string_view type) {
  if (type.empty()) return rules.kind == RuleKind::stages ? BoxShape::rounded : BoxShape::plain;
  std::size_t place = 0;
  for (const std::string& other : rules.types) {
    if (other == type) return kOtherShapes[place % kOtherShapes.size()];
    const bool has_meaning =
        other == rules.conditional_type || other == rules.decision_type || other == rules.call_type;
    place += has_meaning ? 0 : 1;
  }
  return BoxShape::plain;
}

BoxShape shape_of_type(const Rules& rules, std::string_view type) {
  if (!type.empty() && type == rules.conditional_type) return BoxShape::diamond;
  if (!type.empty() && type == rules.decision_type) return BoxShape::pill;
  if (!type.empty() && type == rules.call_type) return BoxShape::sides;
  if (rules.kind == RuleKind::stages) {
    if (type == "sequential") return BoxShape::rounded;
    if (type == "parallel") return BoxShape::sides;
    if (type == "conditional") return BoxShape::hexagon;
  }
  return shape_of_other_type(rules, type);
}

class ItemReader {
 public:
  ItemReader(const Workflow& workflow, Diagram& diagram)
      : workflow_(workflow), rules_(workflow.rules()), diagram_(diagram) {
    diagram_.has_teams = workflow.uses(rules_.team);
    // A type has the same colour in every picture.
    if (diagram_.has_teams) return;
    for (const std::string& type : rules_.types) number_colour(as_words(type));
  }

  void read() {
    diagram_.items = workflow_.size();
    for (const Item& item : workflow_.items()) diagram_.boxes.push_back(read_box(item));
    name_shapes();
    note_entries_that_are_none();
    note_ids();
  }

 private:
  std::string text_of(const Item& item, const std::string& field, std::size_t max_bytes) const {
    return one_line(read_text(*item.json, field), max_bytes);
  }

  DiagramBox read_box(const Item& item) {
    const std::string type = text_of(item, rules_.type, kMaxNameBytes);
    const std::string team = text_of(item, rules_.team, kMaxNameBytes);
    const std::string service = text_of(item, rules_.service, kMaxNameBytes);
    DiagramBox box;
    box.shape = shape_of_type(rules_, type);
    box.text = text_of(item, rules_.text, kMaxBoxTextBytes);
    if (box.text.empty()) box.text = as_words(one_line(item.id, kMaxNameBytes));
    if (box.text.empty()) box.text = "(no text)";
    box.caption = diagram_.has_teams ? team : as_words(type);
    if (!service.empty()) box.caption += (box.caption.empty() ? "" : " \xC2\xB7 ") + service;
    box.colour = colour_of(diagram_.has_teams ? team : as_words(type));
    const JsonValue* sequence = find_field(*item.json, rules_.sequence);
    if (sequence != nullptr && sequence->kind == JsonValue::Kind::number)
      box.badge = one_line(sequence->text, 6);
    read_details(item, box);
    read_hints(item, box);
    if (!type.empty()) types_.emplace(type, box.shape);
    return box;
  }

  void read_details(const Item& item, DiagramBox& box) const {
    const std::string condition = text_of(item, rules_.condition, kMaxBoxTextBytes);
    if (!condition.empty()) box.details.push_back(condition);
    const JsonValue* most = find_field(*item.json, rules_.max_iterations);
    if (most != nullptr && most->kind == JsonValue::Kind::number)
      box.details.push_back("at most " + one_line(most->text, kMaxNameBytes) + " times");
  }

  void read_hints(const Item& item, DiagramBox& box) const {
    box.hints.push_back(box.text);
    add_hint(box.hints, "id", item.id);
    add_hint(box.hints, "type", as_words(read_text(*item.json, rules_.type)));
    add_hint(box.hints, "team", read_text(*item.json, rules_.team));
    add_hint(box.hints, "service", read_text(*item.json, rules_.service));
    add_hint(box.hints, "what", read_text(*item.json, "description"));
    add_hint(box.hints, "takes in", joined_list(*item.json, rules_.inputs));
    add_hint(box.hints, "makes", joined_list(*item.json, rules_.outputs));
  }

  int number_colour(const std::string& name) {
    const auto [found, is_new] = colours_.emplace(name, static_cast<int>(colours_.size()));
    if (is_new) diagram_.colours.push_back({name, 0});
    return found->second;
  }

  int colour_of(const std::string& name) {
    if (name.empty()) return -1;
    const int colour = number_colour(name);
    ++diagram_.colours[static_cast<std::size_t>(colour)].boxes;
    return colour;
  }

  /// Types in the order of the rules, then those that the rules do not know.
  void name_shapes() {
    for (const std::string& type : rules_.types) {
      const auto found = types_.find(type);
      if (found == types_.end()) continue;
      diagram_.shapes.push_back({found->second, as_words(type)});
      types_.erase(found);
    }
    constexpr std::size_t kMaxShapes = 12;
    for (const auto& [type, shape] : types_)
      if (diagram_.shapes.size() < kMaxShapes) diagram_.shapes.push_back({shape, as_words(type)});
  }

  void note_entries_that_are_none() {
    const JsonValue* list = find_field(workflow_.document(), rules_.items);
    const std::size_t left_out = list->items.size() - workflow_.items().size();
    if (left_out > 0)
      diagram_.notes.push_back("Not drawn: " + counted(left_out, "entry") + " of \"" +
                               one_line(rules_.items, kMaxNameBytes) + "\" that " +
                               (left_out == 1 ? "is no object." : "are no objects."));
  }

  void note_ids() {
    std::size_t unnamed = 0;
    std::set<std::string> doubles;
    for (int number = 0; number < workflow_.size(); ++number) {
      const Item& item = workflow_.item(number);
      if (item.id.empty()) {
        ++unnamed;
      } else if (!workflow_.is_named(number)) {
        doubles.insert(one_line(item.id, kMaxNameBytes));
      }
    }
    const bool are_steps = rules_.kind != RuleKind::stages;
    if (unnamed > 0)
      diagram_.notes.push_back(counted(unnamed, are_steps ? "step" : "stage") +
                               " without an id: nothing can lead there.");
    constexpr std::size_t kMaxShown = 5;
    std::size_t shown = 0;
    for (const std::string& id : doubles)
      if (shown++ < kMaxShown)
        diagram_.notes.push_back("Several have the id \"" + id + "\": links lead to the first.");
  }

  const Workflow& workflow_;
  const Rules& rules_;
  Diagram& diagram_;
  std::map<std::string, int> colours_;
  std::map<std::string, BoxShape> types_;  ///< that occur
};

}  // namespace

void add_items(const Workflow& workflow, Diagram& diagram) { ItemReader(workflow, diagram).read(); }

std::string quoted_item(const Diagram& diagram, int item) {
  return '"' + one_line(diagram.boxes[static_cast<std::size_t>(item)].text, kMaxNameBytes) + '"';
}

std::string joined_list(const JsonValue& object, const std::string& name) {
  std::string joined;
  for (const ListedText& entry : read_list(object, name)) {
    const std::string text = as_words(one_line(entry.text, kMaxNameBytes));
    if (text.empty()) continue;
    if (!joined.empty()) joined += ", ";
    joined += text;
    if (joined.size() > kMaxHintBytes) break;
  }
  return one_line(joined, kMaxHintBytes);
}

void add_hint(std::vector<std::string>& hints, std::string_view label, std::string_view text) {
  const std::string line = one_line(text, kMaxHintBytes);
  if (!line.empty()) hints.push_back(std::string(label) + ": " + line);
}

std::string counted(std::size_t count, const std::string& noun) {
  std::string text = std::to_string(count) + ' ' + noun;
  if (count == 1) return text;
  if (text.back() != 'y') return text + 's';
  text.pop_back();
  return text + "ies";
}

}  // namespace llmw
