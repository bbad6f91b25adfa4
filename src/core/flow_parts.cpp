#include "core/flow_parts.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace llmw {

namespace {

constexpr std::size_t kItemsInPart = 10;

}  // namespace

void PartsCollector::keep(JsonValue document) {
  document_ = JsonValue::make_object();
  add(std::move(document));
}

int PartsCollector::add(JsonValue part) {
  if (!document_.is_object()) document_ = JsonValue::make_object();
  int added = 0;
  for (JsonValue::Member& member : part.members) {
    JsonValue* mine = document_.find(member.first);
    const bool is_list = member.second.is_array();
    if (mine == nullptr) {
      document_.members.emplace_back(member.first,
                                     is_list ? JsonValue::make_array() : std::move(member.second));
      mine = &document_.members.back().second;
    }
    if (!is_list || !mine->is_array()) continue;
    if (member.first == rules_.items)
      added += add_items(member.second, *mine);
    else
      std::move(member.second.items.begin(), member.second.items.end(),
                std::back_inserter(mine->items));
  }
  return added;
}

int PartsCollector::add_items(JsonValue& from, JsonValue& to) {
  int added = 0;
  for (JsonValue& item : from.items) {
    const std::string id = id_of(item);
    if (!is_planned(id) || !known_.insert(id).second) continue;
    ids_.push_back(id);
    to.items.push_back(std::move(item));
    ++added;
  }
  return added;
}

std::string PartsCollector::id_of(const JsonValue& item) const {
  const JsonValue* id = item.find(rules_.id);
  return id == nullptr ? std::string() : id->text;
}

bool PartsCollector::is_planned(const std::string& id) const {
  if (id.empty()) return false;
  return outline_.empty() || std::any_of(outline_.begin(), outline_.end(),
                                         [&](const OutlineItem& item) { return item.id == id; });
}

// Groups of equal size, so that no call is left with a single item.
std::vector<std::vector<std::string>> PartsCollector::missing() const {
  std::vector<std::string> ids;
  for (const OutlineItem& item : outline_)
    if (known_.count(item.id) == 0) ids.push_back(item.id);
  const std::size_t parts = (ids.size() + kItemsInPart - 1) / kItemsInPart;
  std::vector<std::vector<std::string>> groups;
  for (std::size_t part = 0; part < parts; ++part) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() * part / parts);
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() * (part + 1) / parts);
    groups.emplace_back(begin, end);
  }
  return groups;
}

JsonValue PartsCollector::assemble() && {
  JsonValue* items = document_.find(rules_.items);
  if (items != nullptr && !outline_.empty()) {
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < outline_.size(); ++i) place.emplace(outline_[i].id, i);
    std::stable_sort(
        items->items.begin(), items->items.end(),
        [&](const JsonValue& a, const JsonValue& b) { return place[id_of(a)] < place[id_of(b)]; });
  }
  return std::move(document_);
}

bool has_all_items(const Rules& rules, const JsonValue& document) {
  return document.find(rules.items) != nullptr && document.members.back().first != rules.items;
}

std::string_view noun_of(const Rules& rules) {
  return rules.kind == RuleKind::stages ? "stages" : "steps";
}

}  // namespace llmw
