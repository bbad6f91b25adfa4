// Steps as a flow: E06-E08, E11 (services), W03-W05, W07. Branches and data have files of their
// own.

#include <algorithm>
#include <array>
#include <string>

#include "core/rules_flow.hpp"

namespace llmw {
namespace {

/// So many decisions in a row could be one call.
constexpr int kLongRow = 3;

/// First words of texts that change something outside, so that doing them twice does harm.
constexpr std::array<std::string_view, 24> kEffects = {
    "send",   "post",  "create", "delete", "remove",   "pay",    "charge", "refund",
    "update", "write", "insert", "append", "add",      "notify", "email",  "publish",
    "book",   "order", "submit", "upload", "transfer", "cancel", "issue",  "schedule"};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  const std::string folded = fold(name);
  return std::any_of(names.begin(), names.end(),
                     [&folded](const std::string& known) { return fold(known) == folded; });
}

/// The part of `text` that becomes the first word when it is folded.
std::string_view first_word(std::string_view text) {
  constexpr std::string_view kGaps = " \t\r\n_-";
  text.remove_prefix(std::min(text.find_first_not_of(kGaps), text.size()));
  return text.substr(0, text.find_first_of(kGaps));
}

class StepChecks {
 public:
  StepChecks(const Workflow& workflow, const RuleContext& context, FindingList& findings)
      : workflow_(workflow),
        rules_(workflow.rules()),
        context_(context),
        findings_(findings),
        flow_(workflow) {}

  void run() {
    check_references(workflow_, flow_, findings_);
    check_branches(workflow_, findings_);
    check_services();
    check_limits();
    if (!flow_.graph().is_acyclic()) return;
    if (flow_.is_complete()) check_entry();
    check_data(workflow_, flow_, findings_);
    check_order();
    check_effects();
    check_rows();
  }

 private:
  bool has_type(const Item& item, const std::string& type) const {
    return !type.empty() && read_text(*item.json, rules_.type) == type;
  }

  void check_services() {
    if (context_.services.empty()) return;
    for (const Item& item : workflow_.items()) {
      const std::string_view service = read_text(*item.json, rules_.service);
      if (is_blank(service) || contains(context_.services, service)) continue;
      findings_.error("E11", item.place, child_path(item.path, rules_.service),
                      "the service " + shown(service) + " was not given",
                      "Use one of the services that the request names, or null.");
    }
  }

  void check_limits() {
    if (!workflow_.uses(rules_.timeout) && !workflow_.uses(rules_.retry)) return;
    for (const Item& item : workflow_.items()) {
      if (!has_type(item, rules_.call_type) || find_field(*item.json, rules_.timeout) != nullptr ||
          find_field(*item.json, rules_.retry) != nullptr)
        continue;
      findings_.warning("W04", item.place, item.path, "the call has neither timeout nor retry",
                        "Say how long to wait for the service and how often to try again.");
    }
  }

  void check_entry() {
    if (!flow_.has_control() || workflow_.size() == 0) return;
    if (flow_.is_listed()) {
      report_unreached(reached_from_first(), "the first step");
    } else if (workflow_.uses(rules_.next)) {
      check_single_entry();
    } else {
      report_unreached(largest_part(), "the other steps");
    }
  }

  NodeSet reached_from_first() const {
    NodeSet reached;
    for (int item = 0; item < workflow_.size(); ++item) {
      if (item == 0 || flow_.graph().leads_to(0, item)) reached.set(static_cast<std::size_t>(item));
    }
    return reached;
  }

  NodeSet largest_part() const {
    NodeSet largest;
    NodeSet seen;
    for (int item = 0; item < workflow_.size(); ++item) {
      if (seen.test(static_cast<std::size_t>(item))) continue;
      const NodeSet part = flow_.graph().connected(item);
      if (part.count() > largest.count()) largest = part;
      seen |= part;
    }
    return largest;
  }

  void report_unreached(const NodeSet& reached, const std::string& from) {
    for (int item = 0; item < workflow_.size(); ++item) {
      if (reached.test(static_cast<std::size_t>(item))) continue;
      findings_.error("E08", workflow_.item(item).place, workflow_.item(item).path,
                      "nothing leads from " + from + " to this step",
                      "Connect the step, or leave it out.");
    }
  }

  void check_single_entry() {
    bool has_entry = false;
    for (int item = 0; item < workflow_.size(); ++item) {
      if (flow_.graph().predecessors(item).any()) continue;
      if (has_entry)
        findings_.error("E08", workflow_.item(item).place, workflow_.item(item).path,
                        "nothing leads to this step, and another one is the first",
                        "Name the step in the " + rules_.next + " of the one before it.");
      has_entry = true;
    }
  }

  void check_order() {
    int reported = -1;
    for (const Reference& reference : flow_.references()) {
      if (reference.target < 0 || reference.item == reported || flow_.is_loop(reference)) continue;
      const bool waits = reference.link == Link::depends_on;
      if (waits ? reference.target < reference.item : reference.item < reference.target) continue;
      reported = reference.item;
      findings_.warning("W03", workflow_.item(reference.item).place, flow_.path_of(reference),
                        "the step " + shown(reference.name) + " is listed " +
                            (waits ? "later, although this one waits for it"
                                   : "earlier, although it follows this one"),
                        "List the steps in the order in which they run.");
    }
  }

  bool has_effect(const Item& item) const {
    if (!has_type(item, rules_.call_type)) return false;
    const std::string first = fold(first_word(read_text(*item.json, rules_.text)));
    return std::find(kEffects.begin(), kEffects.end(), first) != kEffects.end();
  }

  /// A step that waits for several others runs once; one that several others lead to runs for each.
  void check_effects() {
    if (!flow_.has_control()) return;
    const std::vector<BranchSet> guards = flow_.guards();
    if (guards.empty()) return;
    for (int item = 0; item < workflow_.size(); ++item) {
      if (!has_effect(workflow_.item(item)) || !is_led_twice(item, guards)) continue;
      findings_.warning("W05", workflow_.item(item).place, workflow_.item(item).path,
                        "two ways that can both be taken lead to this call, so it may run twice",
                        "Join the ways in a step before it, or lead only one of them here.");
    }
  }

  bool is_led_twice(int item, const std::vector<BranchSet>& guards) const {
    std::vector<BranchSet> ways;
    for (const Reference& reference : flow_.references()) {
      if (reference.target != item || reference.link == Link::depends_on ||
          flow_.is_loop(reference))
        continue;
      BranchSet way = guards[static_cast<std::size_t>(reference.item)];
      if (reference.branch >= 0) way.set(static_cast<std::size_t>(reference.branch));
      if (std::any_of(ways.begin(), ways.end(), [&](const BranchSet& other) {
            return !flow_.exclude_each_other(way, other);
          }))
        return true;
      ways.push_back(way);
    }
    return false;
  }

  void check_rows() {
    for (int item = 0; item < workflow_.size(); ++item) {
      if (!is_decision(item) || row_before(item) >= 0) continue;
      int length = 1;
      for (int next = row_after(item); next >= 0; next = row_after(next)) ++length;
      if (length < kLongRow) continue;
      findings_.warning("W07", workflow_.item(item).place, workflow_.item(item).path,
                        std::to_string(length) + " decisions follow each other from here on",
                        "Ask for them in one step: each costs a call of a model.");
    }
  }

  bool is_decision(int item) const { return has_type(workflow_.item(item), rules_.decision_type); }

  /// The decision that alone follows `item`, which it alone follows; -1 when there is none.
  int row_after(int item) const {
    const NodeSet& after = flow_.graph().successors(item);
    if (after.count() != 1) return -1;
    const int next = static_cast<int>(after._Find_first());
    return is_decision(next) && flow_.graph().predecessors(next).count() == 1 ? next : -1;
  }

  int row_before(int item) const {
    const NodeSet& before = flow_.graph().predecessors(item);
    if (before.count() != 1) return -1;
    const int previous = static_cast<int>(before._Find_first());
    return is_decision(previous) && row_after(previous) == item ? previous : -1;
  }

  const Workflow& workflow_;
  const Rules& rules_;
  const RuleContext& context_;
  FindingList& findings_;
  ControlFlow flow_;
};

}  // namespace

void check_references(const Workflow& workflow, const ControlFlow& flow, FindingList& findings) {
  const bool is_steps = workflow.rules().kind == RuleKind::steps;
  const std::string noun = is_steps ? "step" : "stage";
  for (const Reference& reference : flow.references()) {
    if (reference.target >= 0) continue;
    findings.error(is_steps ? "E06" : "S02", workflow.item(reference.item).place,
                   flow.path_of(reference), "no " + noun + " has the id " + shown(reference.name),
                   "Name a " + noun + " of this workflow.");
  }
  const std::vector<int> circle = flow.graph().circle();
  if (circle.empty()) return;
  std::string names;
  for (const int item : circle) names += shown(workflow.item(item).id) + " -> ";
  names += shown(workflow.item(circle.front()).id);
  const Item& first = workflow.item(*std::min_element(circle.begin(), circle.end()));
  findings.error(is_steps ? "E07" : "S02", first.place, first.path,
                 "the " + noun + "s wait for each other in a circle: " + names,
                 "Leave out the dependency that leads back.");
}

void check_steps(const Workflow& workflow, const RuleContext& context, FindingList& findings) {
  StepChecks(workflow, context, findings).run();
}

}  // namespace llmw
