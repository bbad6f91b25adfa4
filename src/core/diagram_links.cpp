// The links of a diagram: what leads where, over which branch or limbo zone.

#include <algorithm>
#include <map>
#include <set>

#include "core/diagram_layout.hpp"
#include "core/diagram_reading.hpp"
#include "core/diagram_text.hpp"
#include "core/limbo.hpp"

namespace llmw {
namespace {

/// More would be a black area.
constexpr std::size_t kMaxLinks = 1500;
constexpr std::size_t kMaxMissing = 40;
constexpr std::size_t kMaxParallel = 300;
constexpr std::size_t kMaxNotes = 12;

constexpr std::size_t index(int number) { return static_cast<std::size_t>(number); }

class LinkReader {
 public:
  LinkReader(const Workflow& workflow, const ControlFlow& flow, Diagram& diagram)
      : workflow_(workflow), rules_(workflow.rules()), flow_(flow), diagram_(diagram) {}

  void read() {
    read_branches();
    read_references(Link::next);
    read_references(Link::depends_on);
    if (flow_.is_listed()) link_as_listed();
    read_declared_zones();
    mark_circles();
    leave_out_implied();
    add_derived_zones();
    limit();
    read_parallel();
    add_notes();
  }

 private:
  using Pair = std::pair<int, int>;

  DiagramLink& add_link(int from, int to, DiagramLinkKind kind) {
    drawn_.emplace(from, to);
    DiagramLink& link = diagram_.links.emplace_back();
    link.from = from;
    link.to = to;
    link.kind = kind;
    return link;
  }

  /// The box that stands for a name that no item has; -1 when there are too many.
  int missing_box(std::string_view name) {
    const std::string shown = one_line(name, kMaxNameBytes);
    const auto found = missing_.find(shown);
    if (found != missing_.end()) return found->second;
    if (missing_.size() >= kMaxMissing) return -1;
    DiagramBox box;
    box.shape = BoxShape::missing;
    box.caption = "missing";
    box.text = shown.empty() ? "(no name)" : shown;
    box.hints.emplace_back("The document names it and does not have it.");
    diagram_.boxes.push_back(std::move(box));
    return missing_.emplace(shown, static_cast<int>(diagram_.boxes.size()) - 1).first->second;
  }

  int end_box() {
    DiagramBox box;
    box.shape = BoxShape::end;
    box.text = "end";
    diagram_.boxes.push_back(std::move(box));
    return static_cast<int>(diagram_.boxes.size()) - 1;
  }

  const JsonValue& branch_of(const Reference& reference) const {
    const JsonValue* list = find_field(*workflow_.item(reference.item).json, rules_.branches);
    return list->items[index(reference.index)];
  }

  void put_label(DiagramLink& link, const JsonValue& branch) const {
    const std::string when = one_line(read_text(branch, rules_.branch_when), kMaxBoxTextBytes);
    if (!when.empty()) link.stop = DiagramStop{false, when, {}, {}};
  }

  void read_branches() {
    for (const Reference& reference : flow_.references()) {
      if (reference.link != Link::branch) continue;
      DiagramLink* link = link_of(reference);
      if (link != nullptr) put_label(*link, branch_of(reference));
    }
    for (int item = 0; item < workflow_.size(); ++item) read_ends(item);
  }

  /// Branches that lead nowhere on purpose.
  void read_ends(int item) {
    for (const JsonValue* branch : llmw::read_branches(workflow_, workflow_.item(item))) {
      const std::string_view name = read_text(*branch, rules_.branch_next);
      if (workflow_.find(name) >= 0 || !is_end(name)) continue;
      if (diagram_.links.size() >= kMaxLinks) return;
      const int end = end_box();
      put_label(add_link(item, end, DiagramLinkKind::order), *branch);
    }
  }

  void read_references(Link kind) {
    for (const Reference& reference : flow_.references()) {
      if (reference.link != kind) continue;
      const bool waits = kind == Link::depends_on;
      const Pair pair =
          waits ? Pair(reference.target, reference.item) : Pair(reference.item, reference.target);
      if (reference.target >= 0 && drawn_.count(pair) != 0) continue;
      DiagramLink* link = link_of(reference);
      if (link != nullptr) link->is_dependency = waits;
    }
  }

  /// Adds the link that a reference stands for; nullptr when it cannot be drawn.
  DiagramLink* link_of(const Reference& reference) {
    if (reference.target == reference.item) {
      note_self(reference);
      return nullptr;
    }
    const int target = reference.target >= 0 ? reference.target : missing_box(reference.name);
    if (target < 0) {
      ++left_out_;
      return nullptr;
    }
    DiagramLinkKind kind = DiagramLinkKind::order;
    if (reference.target < 0) {
      kind = DiagramLinkKind::unnamed;
    } else if (flow_.is_loop(reference)) {
      kind = DiagramLinkKind::loop;
    }
    const bool waits = reference.link == Link::depends_on;
    return &add_link(waits ? target : reference.item, waits ? reference.item : target, kind);
  }

  void note_self(const Reference& reference) {
    if (!flow_.is_loop(reference)) {
      waiting_for_themselves_.insert(reference.item);
    } else if (repeating_.insert(reference.item).second) {
      diagram_.boxes[index(reference.item)].details.emplace_back("may repeat itself");
    }
  }

  /// Items that say nothing else follow each other.
  void link_as_listed() {
    for (int item = 0; item + 1 < workflow_.size(); ++item) {
      if (llmw::read_branches(workflow_, workflow_.item(item)).empty())
        add_link(item, item + 1, DiagramLinkKind::order);
    }
  }

  // Limbo zones.

  DiagramStop zone_stop(const JsonValue& json, int from, int to) const {
    DiagramStop stop;
    stop.is_zone = true;
    stop.text = joined_list(json, rules_.zone_payload);
    if (stop.text.empty())
      stop.text = as_words(one_line(read_text(json, rules_.zone_id), kMaxNameBytes));
    if (stop.text.empty()) stop.text = "waits";
    const std::string exit = one_line(read_text(json, rules_.zone_exit), kMaxBoxTextBytes);
    if (!exit.empty()) stop.details.push_back("until: " + exit);
    add_terms(stop, one_line(read_text(json, rules_.zone_max_wait), kMaxNameBytes),
              one_line(read_text(json, rules_.zone_join), kMaxNameBytes));
    stop.hints.push_back("Limbo zone between " + quoted_item(diagram_, from) + " and " +
                         quoted_item(diagram_, to));
    add_hint(stop.hints, "id", read_text(json, rules_.zone_id));
    add_hint(stop.hints, "waits", joined_list(json, rules_.zone_payload));
    add_hint(stop.hints, "enters when", read_text(json, rules_.zone_entry));
    add_hint(stop.hints, "leaves when", read_text(json, rules_.zone_exit));
    add_hint(stop.hints, "longest wait", read_text(json, rules_.zone_max_wait));
    add_hint(stop.hints, "join", read_text(json, rules_.zone_join));
    add_hint(stop.hints, "received by", read_text(json, rules_.zone_owner));
    return stop;
  }

  static void add_terms(DiagramStop& stop, const std::string& max_wait, const std::string& join) {
    std::string terms;
    if (!max_wait.empty()) terms = "\xE2\x89\xA4 " + max_wait;
    if (!join.empty()) terms += (terms.empty() ? "" : " \xC2\xB7 ") + ("join: " + join);
    if (!terms.empty()) stop.details.push_back(std::move(terms));
  }

  void read_declared_zones() {
    if (rules_.zones.empty()) return;
    std::set<Pair> pairs;
    std::vector<DiagramLink> links;
    for (const DeclaredZone& zone : read_zones(workflow_)) {
      if (zone.from < 0 || zone.to < 0 || zone.from == zone.to) {
        ++zones_left_out_;
        continue;
      }
      DiagramLink link;
      link.from = zone.from;
      link.to = zone.to;
      link.is_dependency = drawn_.count({zone.from, zone.to}) != 0;
      link.kind = link.is_dependency ? DiagramLinkKind::order : DiagramLinkKind::zone;
      link.stop = zone_stop(*zone.json, zone.from, zone.to);
      links.push_back(std::move(link));
      pairs.emplace(zone.from, zone.to);
    }
    // A zone stands for the dependency that it lies on.
    erase_links([&](const DiagramLink& link) {
      return link.is_dependency && pairs.count({link.from, link.to}) != 0;
    });
    std::move(links.begin(), links.end(), std::back_inserter(diagram_.links));
  }

  /// As limbo.cpp derives them: each dependency has one, unless stages wait in a circle.
  void add_derived_zones() {
    if (rules_.zones.empty() || !circles_.empty()) return;
    std::vector<int> waits(diagram_.boxes.size());
    for (const DiagramLink& link : diagram_.links) ++waits[index(link.to)];
    std::size_t added = 0;
    for (DiagramLink& link : diagram_.links) {
      const bool is_between_items = link.from < diagram_.items && link.to < diagram_.items;
      if (!link.is_dependency || link.stop || !is_between_items || ++added > kMaxLinks) continue;
      DiagramStop stop;
      stop.is_zone = true;
      for (const std::string& name : payload_between(workflow_, link.from, link.to))
        stop.text += (stop.text.empty() ? "" : ", ") + as_words(one_line(name, kMaxNameBytes));
      stop.text = one_line(stop.text, kMaxHintBytes);
      if (stop.text.empty()) stop.text = "waits";
      if (waits[index(link.to)] > 1) add_terms(stop, "", "all");
      stop.hints.push_back("Limbo zone between " + quoted_item(diagram_, link.from) + " and " +
                           quoted_item(diagram_, link.to));
      stop.hints.emplace_back("It follows from the dependency; the document does not declare it.");
      link.stop = std::move(stop);
    }
  }

  // What is drawn of all links.

  template <typename Condition>
  std::size_t erase_links(Condition condition) {
    const auto kept = std::remove_if(diagram_.links.begin(), diagram_.links.end(), condition);
    const auto erased = static_cast<std::size_t>(diagram_.links.end() - kept);
    diagram_.links.erase(kept, diagram_.links.end());
    return erased;
  }

  std::vector<bool> links_back() const {
    std::vector<LinkToPlace> links;
    for (const DiagramLink& link : diagram_.links) links.push_back({link.from, link.to, {}, false});
    return find_links_back(static_cast<int>(diagram_.boxes.size()), links);
  }

  void mark_circles() {
    const std::vector<bool> back = links_back();
    for (std::size_t i = 0; i < back.size(); ++i) {
      DiagramLink& link = diagram_.links[i];
      if (!back[i] || link.kind == DiagramLinkKind::loop) continue;
      link.kind = DiagramLinkKind::circle;
      circles_.emplace_back(link.from, link.to);
    }
  }

  /// A dependency that a longer way implies says nothing new, and hides what does.
  void leave_out_implied() {
    const std::vector<bool> back = links_back();
    std::vector<Pair> edges;
    for (std::size_t i = 0; i < back.size(); ++i) {
      const DiagramLink& link = diagram_.links[i];
      if (!back[i] && link.from < diagram_.items && link.to < diagram_.items)
        edges.emplace_back(link.from, link.to);
    }
    const Graph graph(diagram_.items, edges);
    erase_links([&](const DiagramLink& link) {
      return link.is_dependency && !link.stop && link.kind == DiagramLinkKind::order &&
             graph.is_implied(link.from, link.to);
    });
  }

  void limit() {
    if (diagram_.links.size() <= kMaxLinks) return;
    left_out_ += diagram_.links.size() - kMaxLinks;
    diagram_.links.resize(kMaxLinks);
  }

  void read_parallel() {
    const std::vector<NodeSet> peers = read_peers(workflow_);
    for (int a = 0; a < workflow_.size(); ++a) {
      for (int b = a + 1; b < workflow_.size(); ++b) {
        if (!peers[index(a)].test(index(b)) && !peers[index(b)].test(index(a))) continue;
        if (diagram_.parallel.size() >= kMaxParallel) return;
        diagram_.parallel.emplace_back(a, b);
        say_parallel(a, b);
        say_parallel(b, a);
      }
    }
  }

  void say_parallel(int item, int peer) {
    constexpr std::string_view kBeside = "beside ";
    std::vector<std::string>& details = diagram_.boxes[index(item)].details;
    const std::string name = one_line(diagram_.boxes[index(peer)].text, kMaxNameBytes);
    if (!details.empty() && details.back().compare(0, kBeside.size(), kBeside) == 0) {
      if (details.back().size() < kMaxBoxTextBytes) details.back() += ", " + name;
    } else {
      details.push_back(std::string(kBeside) + name);
    }
  }

  void add_notes() {
    for (const auto& [name, box] : missing_)
      note("\"" + diagram_.boxes[index(box)].text + "\" is named, but is not there.");
    for (const int item : waiting_for_themselves_)
      note(quoted_item(diagram_, item) + " waits for itself.");
    for (const auto& [from, to] : circles_)
      note("The way from " + quoted_item(diagram_, from) + " to " + quoted_item(diagram_, to) +
           " closes a circle.");
    if (notes_ > kMaxNotes)
      diagram_.notes.push_back("And " + counted(notes_ - kMaxNotes, "note") + " like these.");
    if (zones_left_out_ > 0)
      diagram_.notes.push_back("Not drawn: " + counted(zones_left_out_, "limbo zone") +
                               " between stages that are not there.");
    if (left_out_ > 0)
      diagram_.notes.push_back("Not drawn: " + counted(left_out_, "link") + ", too many.");
  }

  void note(std::string text) {
    if (++notes_ <= kMaxNotes) diagram_.notes.push_back(std::move(text));
  }

  const Workflow& workflow_;
  const Rules& rules_;
  const ControlFlow& flow_;
  Diagram& diagram_;
  std::set<Pair> drawn_;
  std::map<std::string, int> missing_;  ///< boxes by the names that they stand for
  std::set<int> waiting_for_themselves_;
  std::set<int> repeating_;  ///< items that name themselves in a bounded loop
  std::vector<Pair> circles_;
  std::size_t left_out_ = 0;
  std::size_t zones_left_out_ = 0;
  std::size_t notes_ = 0;
};

}  // namespace

void add_links(const Workflow& workflow, const ControlFlow& flow, Diagram& diagram) {
  LinkReader(workflow, flow, diagram).read();
}

}  // namespace llmw
