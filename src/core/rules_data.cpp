// Data: what an item takes in is there before it (E10, for stages S05), and what it makes is taken
// in (W02).
//
// An input that no item makes comes from outside; so does one that begins with "external:". An item
// that both takes in and makes a name changes it, and need not be the one that the others wait for.

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "core/rules_flow.hpp"

namespace llmw {
namespace {

constexpr std::string_view kExternal = "external:";

/// {{id.field}} in a text.
struct Placeholder {
  std::string_view id;
  bool is_output = false;  ///< the field says that it means what a step made
};

std::string_view trim(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r\n$");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

/// The part of `text` up to the next dot or bracket; the part is cut off, with the dot.
std::string_view cut_part(std::string_view& text) {
  const std::size_t end = text.find_first_of(".[| ");
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return part;
}

std::string_view part_before_dot(std::string_view text) { return text.substr(0, text.find('.')); }

Placeholder read_placeholder(std::string_view inside) {
  inside = trim(inside);
  Placeholder placeholder;
  placeholder.id = cut_part(inside);
  if (placeholder.id == "steps" || placeholder.id == "stages") {
    placeholder.id = cut_part(inside);
    placeholder.is_output = true;
  }
  const std::string_view field = cut_part(inside);
  if (field == "output" || field == "outputs") placeholder.is_output = true;
  return placeholder;
}

std::vector<Placeholder> find_placeholders(std::string_view text) {
  std::vector<Placeholder> found;
  for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
    const std::size_t end = text.find("}}", at);
    if (end == std::string_view::npos) break;
    found.push_back(read_placeholder(text.substr(at + 2, end - at - 2)));
    at = end;
  }
  return found;
}

class DataChecks {
 public:
  DataChecks(const Workflow& workflow, const ControlFlow& flow, FindingList& findings)
      : workflow_(workflow),
        rules_(workflow.rules()),
        flow_(flow),
        findings_(findings),
        guards_(flow.guards()),
        noun_(rules_.kind == RuleKind::steps ? "step" : "stage") {
    for (int item = 0; item < workflow_.size(); ++item) {
      const JsonValue& json = *workflow_.item(item).json;
      std::set<std::string> taken;
      for (const ListedText& input : read_list(json, rules_.inputs)) {
        taken.insert(fold(input.text));
        named_.insert(part_before_dot(input.text));
      }
      for (const JsonValue::Member& member : json.members) {
        for (const Placeholder& placeholder : find_placeholders(member.second.text))
          named_.insert(placeholder.id);
      }
      for (const ListedText& output : read_list(json, rules_.outputs)) {
        const std::string name = fold(output.text);
        if (taken.count(name) == 0) makers_[name].set(static_cast<std::size_t>(item));
      }
      taken_.insert(taken.begin(), taken.end());
    }
  }

  void check_inputs() {
    for (int item = 0; item < workflow_.size(); ++item) {
      for (const ListedText& input : read_list(*workflow_.item(item).json, rules_.inputs))
        check_input(item, input);
      placeholders_path_ = workflow_.item(item).path;
      check_placeholders(item, *workflow_.item(item).json);
    }
  }

  void check_outputs() {
    if (!workflow_.uses(rules_.inputs) || !workflow_.uses(rules_.outputs)) return;
    for (int item = 0; item < workflow_.size(); ++item) check_output(item);
  }

 private:
  void error(int item, std::string path, std::string message, std::string_view hint) {
    findings_.error(rules_.kind == RuleKind::steps ? "E10" : "S05", workflow_.item(item).place,
                    std::move(path), std::move(message), hint);
  }

  void check_input(int item, const ListedText& input) {
    if (findings_.is_full() || input.text.starts_with(kExternal)) return;
    const NodeSet before = flow_.graph().ancestors(item);
    NodeSet makers;
    const int named = named_item(input.text);
    if (named >= 0) makers.set(static_cast<std::size_t>(named));
    const auto made = makers_.find(fold(input.text));
    if (made != makers_.end()) makers |= made->second;
    makers.reset(static_cast<std::size_t>(item));
    if (makers.none() || (makers & before).any()) return;
    const Item& maker = workflow_.item(static_cast<int>(makers._Find_first()));
    error(item, list_path(workflow_.item(item).path, rules_.inputs, input),
          shown(input.text) + " comes from the " + noun_ + ' ' + shown(maker.id) +
              ", which this one does not wait for",
          "Name " + shown(maker.id) + " in " + rules_.depends_on + ", or take another input.");
  }

  /// The item whose id the input is, alone or before a dot; -1 when there is none.
  int named_item(std::string_view input) const { return workflow_.find(part_before_dot(input)); }

  void check_placeholders(int item, const JsonValue& value) {
    if (value.is_string()) check_text(item, value.text);
    for (const JsonValue& element : value.items) check_placeholders(item, element);
    for (const JsonValue::Member& member : value.members) check_placeholders(item, member.second);
  }

  void check_text(int item, std::string_view text) {
    const std::vector<Placeholder> placeholders = find_placeholders(text);
    NodeSet named;
    for (const Placeholder& placeholder : placeholders) {
      const int target = workflow_.find(placeholder.id);
      if (target >= 0) named.set(static_cast<std::size_t>(target));
    }
    for (const Placeholder& placeholder : placeholders) {
      if (findings_.is_full()) return;
      const int target = workflow_.find(placeholder.id);
      if (target < 0) {
        if (placeholder.is_output)
          error(item, placeholders_path_,
                "{{...}} names " + shown(placeholder.id) + ", which is no " + noun_,
                "Name a " + noun_ + " that runs before this one.");
      } else if (!flow_.graph().leads_to(target, item)) {
        error(item, placeholders_path_,
              "{{...}} names the " + noun_ + ' ' + shown(placeholder.id) +
                  ", which this one does not wait for",
              "Name a " + noun_ + " that runs before this one.");
      } else if (!is_certain(target, item, named)) {
        error(item, placeholders_path_,
              "{{...}} names the " + noun_ + ' ' + shown(placeholder.id) +
                  ", which runs in one branch only",
              "Name a " + noun_ + " that runs in every branch that leads here.");
      }
    }
  }

  /// Whether `target` ran whenever `item` runs. Texts that name steps of several branches of one
  /// conditional offer alternatives, and one of them ran.
  bool is_certain(int target, int item, const NodeSet& named) const {
    if (guards_.empty()) return true;
    const BranchSet& needed = guards_[static_cast<std::size_t>(target)];
    if ((needed & ~guards_[static_cast<std::size_t>(item)]).none()) return true;
    for (int other = 0; other < workflow_.size(); ++other) {
      if (named.test(static_cast<std::size_t>(other)) &&
          flow_.exclude_each_other(needed, guards_[static_cast<std::size_t>(other)]))
        return true;
    }
    return false;
  }

  /// The last steps make what the workflow is for, a call is made for its effect, and a step whose
  /// followers list no inputs is not to blame.
  void check_output(int item) {
    const JsonValue& json = *workflow_.item(item).json;
    const std::vector<ListedText> outputs = read_list(json, rules_.outputs);
    const NodeSet& after = flow_.graph().successors(item);
    if (!rules_.call_type.empty() && read_text(json, rules_.type) == rules_.call_type) return;
    if (outputs.empty() || after.none()) return;
    for (int next = 0; next < workflow_.size(); ++next) {
      if (after.test(static_cast<std::size_t>(next)) &&
          read_list(*workflow_.item(next).json, rules_.inputs).empty())
        return;
    }
    const std::string_view id = workflow_.item(item).id;
    if (std::any_of(outputs.begin(), outputs.end(),
                    [&](const ListedText& output) { return is_taken(fold(output.text)); }) ||
        named_.count(id) != 0)
      return;
    findings_.warning("W02", workflow_.item(item).place,
                      child_path(workflow_.item(item).path, rules_.outputs),
                      "no " + noun_ + " takes in what this one makes",
                      "Use the same names in " + rules_.inputs + " and " + rules_.outputs + '.');
  }

  bool is_taken(const std::string& output) const { return taken_.count(output) != 0; }

  const Workflow& workflow_;
  const Rules& rules_;
  const ControlFlow& flow_;
  FindingList& findings_;
  std::vector<BranchSet> guards_;
  std::string noun_;
  std::string placeholders_path_;
  std::map<std::string, NodeSet> makers_;  ///< by folded name; without those that only change it
  std::set<std::string> taken_;            ///< all inputs, folded
  std::set<std::string_view> named_;       ///< what inputs and placeholders name before a dot
};

}  // namespace

void check_inputs(const Workflow& workflow, const ControlFlow& flow, FindingList& findings) {
  DataChecks(workflow, flow, findings).check_inputs();
}

void check_data(const Workflow& workflow, const ControlFlow& flow, FindingList& findings) {
  DataChecks checks(workflow, flow, findings);
  if (flow.is_complete()) checks.check_inputs();
  checks.check_outputs();
}

}  // namespace llmw
