#pragma once
// The order of work in a document: who refers to whom by depends_on, next and branches, and the
// graph that follows. For the files rules_*.cpp and limbo*.cpp.

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "core/rules_checks.hpp"
#include "core/rules_graph.hpp"

namespace llmw {

enum class Link { depends_on, next, branch };

/// One item names another one.
struct Reference {
  Link link = Link::depends_on;
  int item = 0;           ///< number of the item that names
  int target = -1;        ///< number of the item that is named; -1: there is none
  std::string_view name;  ///< as it is written
  int index = -1;         ///< in the array of the item; -1: its member is the name itself
  int branch = -1;        ///< number of the branch in the whole document; -1: no branch
};

/// Branches that must be taken for an item to be reached, by their numbers in the document.
using BranchSet = std::bitset<256>;

class ControlFlow {
 public:
  /// `workflow` has at most kMaxGraphNodes items.
  explicit ControlFlow(const Workflow& workflow);

  const std::vector<Reference>& references() const { return references_; }
  const Graph& graph() const { return graph_; }

  /// JSON Pointer to what names.
  std::string path_of(const Reference& reference) const;
  /// Whether every reference leads somewhere. What is out of reach otherwise may be a typing error.
  bool is_complete() const { return unknown_ == 0; }
  /// Whether items say what follows them.
  bool has_control() const { return has_control_; }
  /// Whether items follow each other as they stand in the document, because none says otherwise.
  bool is_listed() const { return is_listed_; }
  /// Whether `reference` leads back in a loop that is bounded, and is no edge of the graph.
  bool is_loop(const Reference& reference) const;

  /// The branches without which `item` is not reached. Of an acyclic graph; empty when the document
  /// has more branches than a BranchSet can hold.
  std::vector<BranchSet> guards() const;
  /// Whether no run takes both sets of branches, as a conditional takes one of its branches.
  bool exclude_each_other(const BranchSet& a, const BranchSet& b) const;

 private:
  void read_references(int item);
  void add_reference(const Reference& reference);
  std::vector<std::pair<int, int>> edges() const;
  BranchSet guard_of(int item, const std::vector<const Reference*>& ways,
                     const std::vector<BranchSet>& guards) const;
  BranchSet without_contradictions(BranchSet guard) const;

  const Workflow* workflow_;
  std::vector<Reference> references_;
  std::vector<int> owners_;  ///< of each branch: the number of its item
  std::size_t unknown_ = 0;  ///< references that lead nowhere
  bool has_control_ = false;
  bool is_listed_ = false;
  Graph graph_;
};

/// Whether `target` stands for "nothing follows", as null does.
bool is_end(std::string_view target);

/// The branches of an item: objects with a label and a target.
std::vector<const JsonValue*> read_branches(const Workflow& workflow, const Item& item);

/// For each item those that it names as parallel, without itself.
std::vector<NodeSet> read_peers(const Workflow& workflow);

// The groups of checks that look at a flow.

/// E06, E07; for stages both are S02.
void check_references(const Workflow& workflow, const ControlFlow& flow, FindingList& findings);
/// E09 and E12: branches and the outcomes of decisions.
void check_branches(const Workflow& workflow, FindingList& findings);
/// E10; for stages S05: what an item takes in is there before it. Of an acyclic, complete flow.
void check_inputs(const Workflow& workflow, const ControlFlow& flow, FindingList& findings);
/// E10, if the flow is complete, and W02: outputs that nothing takes in. Of an acyclic flow.
void check_data(const Workflow& workflow, const ControlFlow& flow, FindingList& findings);

}  // namespace llmw
