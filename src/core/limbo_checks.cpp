// The limbo zones that a document declares, compared with its dependencies: L01-L10.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/limbo.hpp"

namespace llmw {
namespace {

class ZoneChecks {
 public:
  ZoneChecks(const Workflow& workflow, FindingList& findings)
      : workflow_(workflow),
        rules_(workflow.rules()),
        findings_(findings),
        flow_(workflow),
        peers_(read_peers(workflow)),
        zones_(read_zones(workflow)) {}

  void run() {
    if (!flow_.is_complete() || !flow_.graph().is_acyclic()) return;
    for (const DeclaredZone& zone : zones_) {
      check_edge(zone);
      check_payload(zone);
      check_conditions(zone);
      check_wait(zone);
      check_join(zone);
      check_owner(zone);
      if (check_repetition(zone)) check_mutation(zone);
    }
    check_missing();
  }

 private:
  void warning(const char* code, const DeclaredZone& zone, std::string message,
               std::string_view hint) {
    findings_.warning(code, place_of(zone), zone.path, std::move(message), hint);
  }

  /// Zones come after all items.
  int place_of(const DeclaredZone& zone) const { return rules_.max_items + zone.place; }

  bool is_known(const DeclaredZone& zone) const { return zone.from >= 0 && zone.to >= 0; }

  bool is_edge(const DeclaredZone& zone) const {
    return is_known(zone) &&
           flow_.graph().predecessors(zone.to).test(static_cast<std::size_t>(zone.from));
  }

  bool are_peers(const DeclaredZone& zone) const {
    return is_known(zone) && (names_peer(zone.from, zone.to) || names_peer(zone.to, zone.from));
  }

  bool names_peer(int item, int peer) const {
    return peers_[static_cast<std::size_t>(item)].test(static_cast<std::size_t>(peer));
  }

  std::string shown_edge(const DeclaredZone& zone) const {
    return shown(read_text(*zone.json, rules_.zone_from)) + " and " +
           shown(read_text(*zone.json, rules_.zone_to));
  }

  void check_edge(const DeclaredZone& zone) {
    if (are_peers(zone)) {
      warning("L09", zone, "the stages " + shown_edge(zone) + " run in parallel, so none waits",
              "Leave the zone out, or do not call the stages parallel.");
    } else if (!is_edge(zone)) {
      warning("L01", zone, "nothing waits between " + shown_edge(zone),
              "Leave the zone out, or add the dependency that it stands for.");
    }
  }

  void check_missing() {
    if (find_zones(workflow_) == nullptr || flow_.is_listed()) return;
    std::set<std::pair<int, int>> declared;
    for (const DeclaredZone& zone : zones_) declared.emplace(zone.from, zone.to);
    for (const Reference& reference : flow_.references()) {
      if (reference.link != Link::depends_on || reference.target < 0 ||
          !workflow_.is_named(reference.item) ||
          declared.count({reference.target, reference.item}) != 0 ||
          flow_.graph().is_implied(reference.target, reference.item))
        continue;
      findings_.warning("L02", workflow_.item(reference.item).place, flow_.path_of(reference),
                        "no zone is declared for the wait between " + shown(reference.name) +
                            " and " + shown(workflow_.item(reference.item).id),
                        "Declare one zone for each dependency.");
    }
  }

  bool has(const DeclaredZone& zone, const std::string& field) const {
    const JsonValue* value = find_field(*zone.json, field);
    return value != nullptr && !is_empty(*value);
  }

  /// Whether any zone carries `field`: if none does, the author did not mean to.
  bool uses(const std::string& field) {
    const auto [known, is_new] = used_.emplace(field, false);
    if (is_new)
      known->second = std::any_of(zones_.begin(), zones_.end(),
                                  [&](const DeclaredZone& zone) { return has(zone, field); });
    return known->second;
  }

  void check_payload(const DeclaredZone& zone) {
    const JsonValue* payload = find_field(*zone.json, rules_.zone_payload);
    if (payload == nullptr ? !uses(rules_.zone_payload) : !is_empty(*payload)) return;
    warning("L03", zone, "nothing waits in the zone: it has no " + rules_.zone_payload,
            "Name what the first stage makes and the second takes in.");
  }

  void check_conditions(const DeclaredZone& zone) {
    for (const std::string* field : {&rules_.zone_entry, &rules_.zone_exit}) {
      if (!uses(*field) || has(zone, *field)) continue;
      warning("L04", zone, "the zone has no " + *field,
              "Say when work enters the zone and when it may leave.");
      return;
    }
  }

  void check_wait(const DeclaredZone& zone) {
    if (!uses(rules_.zone_max_wait) || has(zone, rules_.zone_max_wait)) return;
    warning("L05", zone, "the zone has no " + rules_.zone_max_wait,
            "Say how long work may wait before somebody has to look.");
  }

  void check_join(const DeclaredZone& zone) {
    if (!uses(rules_.zone_join) || has(zone, rules_.zone_join) || zone.to < 0 ||
        flow_.graph().predecessors(zone.to).count() < 2)
      return;
    warning("L06", zone,
            "the stage " + shown(workflow_.item(zone.to).id) +
                " waits for several stages, and the zone has no " + rules_.zone_join,
            "Say whether it waits for all of them or for any.");
  }

  void check_owner(const DeclaredZone& zone) {
    if (!uses(rules_.zone_owner) || has(zone, rules_.zone_owner) || !is_known(zone)) return;
    const std::string_view from = read_text(*workflow_.item(zone.from).json, rules_.team);
    const std::string_view to = read_text(*workflow_.item(zone.to).json, rules_.team);
    if (fold(from) == fold(to)) return;
    warning("L07", zone,
            "work goes from " + shown(from) + " to " + shown(to) + ", and the zone has no " +
                rules_.zone_owner,
            "Say who receives the work.");
  }

  /// Whether the zone is the first on its edge.
  bool check_repetition(const DeclaredZone& zone) {
    const std::string id(read_text(*zone.json, rules_.zone_id));
    const bool is_new_edge = !is_known(zone) || edges_.emplace(zone.from, zone.to).second;
    const bool is_new_id = id.empty() || ids_.insert(fold(id)).second;
    if (!is_new_edge || !is_new_id)
      warning("L08", zone,
              is_new_edge ? "an earlier zone has the " + rules_.zone_id + ' ' + shown(id) + " too"
                          : "an earlier zone stands between " + shown_edge(zone) + " too",
              "Declare each zone once, with an id of its own.");
    return is_new_edge;
  }

  /// A third stage that takes in and makes the same name changes what waits, unless it is done
  /// before `from` makes it or begins after `to` took it.
  void check_mutation(const DeclaredZone& zone) {
    if (!is_edge(zone)) return;
    for (const std::string& name : payload_between(workflow_, zone.from, zone.to)) {
      for (const int item : changers(fold(name))) {
        if (item == zone.from || item == zone.to || flow_.graph().leads_to(item, zone.from) ||
            flow_.graph().leads_to(zone.to, item))
          continue;
        warning("L10", zone,
                "the stage " + shown(workflow_.item(item).id) + " may change " + shown(name) +
                    " while it waits",
                "Let one stage wait for the other, or give what it makes another name.");
        return;
      }
    }
  }

  /// The stages that take in and make `name`.
  const std::vector<int>& changers(const std::string& name) {
    if (changers_.empty()) {
      for (int item = 0; item < workflow_.size(); ++item) {
        for (const std::string& changed : payload_between(workflow_, item, item))
          changers_[fold(changed)].push_back(item);
      }
    }
    return changers_[name];
  }

  const Workflow& workflow_;
  const Rules& rules_;
  FindingList& findings_;
  ControlFlow flow_;
  std::vector<NodeSet> peers_;
  std::vector<DeclaredZone> zones_;
  std::map<std::string, bool> used_;
  std::set<std::pair<int, int>> edges_;
  std::set<std::string> ids_;                         ///< folded
  std::map<std::string, std::vector<int>> changers_;  ///< by folded name: who takes in and makes it
};

}  // namespace

void check_limbo_zones(const Workflow& workflow, FindingList& findings) {
  if (!workflow.rules().zones.empty()) ZoneChecks(workflow, findings).run();
}

}  // namespace llmw
