// Stages: their sequence (S01, S03), dependencies (S02), parallel work (S04, S06), materials (S05),
// teams (S07), and stages that stand alone (S08).

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/rules_flow.hpp"

namespace llmw {
namespace {

std::optional<int> read_integer(const JsonValue& object, const std::string& name) {
  const JsonValue* value = find_field(object, name);
  if (value == nullptr || value->kind != JsonValue::Kind::number) return std::nullopt;
  int number = 0;
  const char* end = value->text.data() + value->text.size();
  const auto read = std::from_chars(value->text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

class StageChecks {
 public:
  StageChecks(const Workflow& workflow, FindingList& findings)
      : workflow_(workflow),
        rules_(workflow.rules()),
        findings_(findings),
        flow_(workflow),
        peers_(read_peers(workflow)) {}

  void run() {
    check_sequence();
    check_references(workflow_, flow_, findings_);
    check_peer_names();
    check_symmetry();
    check_teams();
    if (!flow_.graph().is_acyclic() || flow_.is_listed()) return;
    check_sequence_of_dependencies();
    check_peers();
    if (!flow_.is_complete()) return;
    check_inputs(workflow_, flow_, findings_);
    check_connected();
  }

 private:
  void error(const char* code, const Item& item, const std::string& field, std::string message,
             std::string_view hint) {
    findings_.error(code, item.place, child_path(item.path, field), std::move(message), hint);
  }

  void check_sequence() {
    std::map<int, const Item*> stages;
    for (const Item& item : workflow_.items()) {
      const std::optional<int> number = read_integer(*item.json, rules_.sequence);
      if (number) stages.emplace(*number, &item);
    }
    int expected = 1;
    for (const auto& [number, item] : stages) {
      if (number != expected)
        error("S01", *item, rules_.sequence,
              expected == 1 ? "the " + rules_.sequence + " begins with " + std::to_string(number)
                            : "the " + rules_.sequence + " has no " + std::to_string(expected) +
                                  " before " + std::to_string(number),
              "Number the stages 1, 2, 3 and so on without gaps.");
      expected = number < std::numeric_limits<int>::max() ? number + 1 : number;
    }
  }

  void check_sequence_of_dependencies() {
    for (const Reference& reference : flow_.references()) {
      if (reference.target < 0) continue;
      const Item& later = workflow_.item(reference.item);
      const Item& earlier = workflow_.item(reference.target);
      const std::optional<int> number = read_integer(*later.json, rules_.sequence);
      const std::optional<int> before = read_integer(*earlier.json, rules_.sequence);
      if (!number || !before || *before < *number) continue;
      error("S03", later, rules_.sequence,
            "the stage has the " + rules_.sequence + ' ' + std::to_string(*number) +
                ", but waits for " + shown(earlier.id) + " with " + std::to_string(*before),
            "Give each stage a higher number than the stages that it waits for.");
    }
  }

  void check_peer_names() {
    for (int item = 0; item < workflow_.size(); ++item) {
      const Item& stage = workflow_.item(item);
      for (const ListedText& name : read_list(*stage.json, rules_.parallel_with)) {
        const int peer = workflow_.find(name.text);
        if (findings_.is_full() || (peer >= 0 && peer != item)) continue;
        findings_.error("S04", stage.place, list_path(stage.path, rules_.parallel_with, name),
                        peer == item ? "the stage runs in parallel with itself"
                                     : "no stage has the id " + shown(name.text),
                        "Name another stage of this workflow.");
      }
    }
  }

  bool names_peer(int item, int peer) const {
    return peers_[static_cast<std::size_t>(item)].test(static_cast<std::size_t>(peer));
  }

  void check_symmetry() {
    for (int item = 0; item < workflow_.size(); ++item) {
      for (int peer = 0; peer < workflow_.size(); ++peer) {
        if (!names_peer(item, peer) || names_peer(peer, item)) continue;
        const std::string& id = shown(workflow_.item(item).id);
        error("S04", workflow_.item(item), rules_.parallel_with,
              shown(workflow_.item(peer).id) + " does not name this stage in its " +
                  rules_.parallel_with,
              "Parallel stages name each other: add " + id + " there.");
      }
    }
  }

  /// Pairs of parallel stages, each once.
  void check_peers() {
    for (int a = 0; a < workflow_.size(); ++a) {
      for (int b = a + 1; b < workflow_.size(); ++b) {
        if (!names_peer(a, b) && !names_peer(b, a)) continue;
        const Item& later = workflow_.item(names_peer(b, a) ? b : a);
        const Item& other = workflow_.item(names_peer(b, a) ? a : b);
        if (flow_.graph().leads_to(a, b) || flow_.graph().leads_to(b, a)) {
          error("S04", later, rules_.parallel_with,
                "the stage cannot run in parallel with " + shown(other.id) +
                    ", as one of them waits for the other",
                "Leave out the dependency, or do not call the two parallel.");
        } else {
          check_common_output(later, other);
        }
      }
    }
  }

  void check_common_output(const Item& stage, const Item& other) {
    std::set<std::string> outputs;
    for (const ListedText& output : read_list(*other.json, rules_.outputs))
      outputs.insert(fold(output.text));
    for (const ListedText& output : read_list(*stage.json, rules_.outputs)) {
      if (outputs.count(fold(output.text)) == 0) continue;
      findings_.error(
          "S06", stage.place, list_path(stage.path, rules_.outputs, output),
          "the parallel stage " + shown(other.id) + " makes " + shown(output.text) + " too",
          "Give what each of the two makes a name of its own.");
      return;
    }
  }

  void check_teams() {
    if (!workflow_.uses(rules_.team)) return;
    for (const Item& item : workflow_.items()) {
      const JsonValue* value = find_field(*item.json, rules_.team);
      if (value != nullptr && !value->is_string()) continue;
      const std::string_view team = read_text(*item.json, rules_.team);
      const bool is_known =
          rules_.teams.empty() ||
          std::any_of(rules_.teams.begin(), rules_.teams.end(),
                      [team](const std::string& known) { return fold(known) == fold(team); });
      if (!is_blank(team) && !is_placeholder(team) && is_known) continue;
      const bool has_member = item.json->find(rules_.team) != nullptr;
      findings_.error("S07", item.place,
                      has_member ? child_path(item.path, rules_.team) : item.path,
                      is_blank(team) ? "the stage has no " + rules_.team
                                     : "there is no " + rules_.team + ' ' + shown(team),
                      "Say who does the work.");
    }
  }

  void check_connected() {
    if (workflow_.size() < 2) return;
    for (int item = 0; item < workflow_.size(); ++item) {
      const bool is_alone = flow_.graph().predecessors(item).none() &&
                            flow_.graph().successors(item).none() &&
                            peers_[static_cast<std::size_t>(item)].none();
      if (!is_alone) continue;
      findings_.error("S08", workflow_.item(item).place, workflow_.item(item).path,
                      "no stage waits for this one, and it waits for none",
                      "Say which stages come before it, or which wait for it.");
    }
  }

  const Workflow& workflow_;
  const Rules& rules_;
  FindingList& findings_;
  ControlFlow flow_;
  std::vector<NodeSet> peers_;  ///< of each stage: those that it names as parallel
};

}  // namespace

void check_stages(const Workflow& workflow, FindingList& findings) {
  StageChecks(workflow, findings).run();
}

}  // namespace llmw
