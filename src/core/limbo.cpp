#include "core/limbo.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace llmw {
namespace {

/// Fifty stages have at most 625 dependencies that no longer path implies.
constexpr std::size_t kMaxZones = 1000;

/// Ids that no zone of a document has yet.
class ZoneIds {
 public:
  explicit ZoneIds(const Rules& rules, const std::vector<DeclaredZone>& zones) {
    for (const DeclaredZone& zone : zones)
      taken_.insert(std::string(read_text(*zone.json, rules.zone_id)));
  }

  std::string make(std::string_view from, std::string_view to) {
    std::string id(from);
    id += "__";
    id += to;
    const std::string base = id;
    for (int n = 2; !taken_.insert(id).second; ++n) id = base + '_' + std::to_string(n);
    return id;
  }

 private:
  std::set<std::string> taken_;
};

const DeclaredZone* find_declared(const std::vector<DeclaredZone>& zones, int from, int to) {
  const auto zone = std::find_if(zones.begin(), zones.end(), [&](const DeclaredZone& candidate) {
    return candidate.from == from && candidate.to == to;
  });
  return zone == zones.end() ? nullptr : &*zone;
}

/// Whether `stage` waits for several stages.
bool joins(const Graph& graph, int stage) { return graph.predecessors(stage).count() > 1; }

LimboZone make_zone(const Workflow& workflow, const Graph& graph, const DeclaredZone* declared,
                    int from, int to) {
  const Rules& rules = workflow.rules();
  LimboZone zone;
  zone.from = workflow.item(from).id;
  zone.to = workflow.item(to).id;
  zone.payload = payload_between(workflow, from, to);
  if (declared != nullptr) zone.join = read_text(*declared->json, rules.zone_join);
  if (zone.join.empty() && joins(graph, to)) zone.join = "all";
  zone.from_team = read_text(*workflow.item(from).json, rules.team);
  zone.to_team = read_text(*workflow.item(to).json, rules.team);
  return zone;
}

std::vector<LimboZone> derive_zones(const Workflow& workflow,
                                    const std::vector<DeclaredZone>& declared_zones) {
  std::vector<LimboZone> zones;
  const ControlFlow flow(workflow);
  if (flow.is_listed() || !flow.graph().is_acyclic()) return zones;
  ZoneIds ids(workflow.rules(), declared_zones);
  for (const Reference& reference : flow.references()) {
    if (reference.link != Link::depends_on || reference.target < 0 ||
        !workflow.is_named(reference.item) ||
        flow.graph().is_implied(reference.target, reference.item))
      continue;
    const DeclaredZone* declared = find_declared(declared_zones, reference.target, reference.item);
    LimboZone zone = make_zone(workflow, flow.graph(), declared, reference.target, reference.item);
    if (declared != nullptr) zone.id = read_text(*declared->json, workflow.rules().zone_id);
    if (zone.id.empty()) zone.id = ids.make(zone.from, zone.to);
    zones.push_back(std::move(zone));
  }
  return zones;
}

JsonValue to_json(const Rules& rules, const LimboZone& zone) {
  JsonValue json = JsonValue::make_object();
  JsonValue payload = JsonValue::make_array();
  for (const std::string& name : zone.payload)
    payload.items.push_back(JsonValue::make_string(name));
  json.members.emplace_back(rules.zone_id, JsonValue::make_string(zone.id));
  json.members.emplace_back(rules.zone_from, JsonValue::make_string(zone.from));
  json.members.emplace_back(rules.zone_to, JsonValue::make_string(zone.to));
  json.members.emplace_back(rules.zone_payload, std::move(payload));
  if (!zone.join.empty())
    json.members.emplace_back(rules.zone_join, JsonValue::make_string(zone.join));
  return json;
}

void mark(JsonValue& zone, const char* origin) {
  constexpr const char* kOrigin = "origin";
  if (!zone.is_object()) return;
  JsonValue value = JsonValue::make_string(origin);
  if (JsonValue* member = zone.find(kOrigin)) {
    *member = std::move(value);
  } else {
    zone.members.emplace_back(kOrigin, std::move(value));
  }
}

}  // namespace

const JsonValue* find_zones(const Workflow& workflow) {
  const JsonValue* zones = find_field(workflow.document(), workflow.rules().zones);
  return zones != nullptr && zones->is_array() ? zones : nullptr;
}

std::vector<DeclaredZone> read_zones(const Workflow& workflow) {
  std::vector<DeclaredZone> zones;
  const JsonValue* list = find_zones(workflow);
  if (list == nullptr) return zones;
  const Rules& rules = workflow.rules();
  const std::string path = child_path("", rules.zones);
  for (std::size_t i = 0; i < std::min(list->items.size(), kMaxZones); ++i) {
    const JsonValue& json = list->items[i];
    if (!json.is_object()) continue;
    zones.push_back({&json, static_cast<int>(i), path + '/' + std::to_string(i),
                     workflow.find(read_text(json, rules.zone_from)),
                     workflow.find(read_text(json, rules.zone_to))});
  }
  return zones;
}

std::vector<std::string> payload_between(const Workflow& workflow, int from, int to) {
  const Rules& rules = workflow.rules();
  std::set<std::string> taken;
  for (const ListedText& input : read_list(*workflow.item(to).json, rules.inputs))
    taken.insert(fold(input.text));
  std::vector<std::string> payload;
  for (const ListedText& output : read_list(*workflow.item(from).json, rules.outputs)) {
    if (taken.erase(fold(output.text)) != 0) payload.emplace_back(output.text);
  }
  return payload;
}

std::vector<LimboZone> derive_limbo_zones(const Rules& rules, const JsonValue& document) {
  if (rules.zones.empty()) return {};
  const Workflow workflow(rules, document);
  return derive_zones(workflow, read_zones(workflow));
}

JsonValue complete_limbo_zones(const Rules& rules, JsonValue document) {
  if (rules.zones.empty() || !document.is_object()) return document;
  std::vector<LimboZone> derived;
  {
    const Workflow workflow(rules, document);
    const std::vector<DeclaredZone> declared = read_zones(workflow);
    for (LimboZone& zone : derive_zones(workflow, declared)) {
      const int from = workflow.find(zone.from);
      if (find_declared(declared, from, workflow.find(zone.to)) == nullptr)
        derived.push_back(std::move(zone));
    }
  }
  JsonValue* zones = document.find(rules.zones);
  if (zones == nullptr && derived.empty()) return document;
  if (zones == nullptr) {
    document.members.emplace_back(rules.zones, JsonValue::make_array());
    zones = &document.members.back().second;
  }
  if (zones->is_null()) *zones = JsonValue::make_array();
  if (!zones->is_array()) return document;
  for (JsonValue& zone : zones->items) mark(zone, "declared");
  for (const LimboZone& zone : derived) {
    zones->items.push_back(to_json(rules, zone));
    mark(zones->items.back(), "derived");
  }
  return document;
}

}  // namespace llmw
