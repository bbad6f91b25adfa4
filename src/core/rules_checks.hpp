#pragma once
// How the rules see a document, and the groups of checks. For the files rules_*.cpp and limbo*.cpp.
//
// A Workflow looks into the document and copies nothing; it must not outlive it. Values of a wrong
// type are skipped everywhere: the format's schema reports them.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/finding.hpp"
#include "core/json_value.hpp"
#include "core/rules.hpp"
#include "core/rules_graph.hpp"

namespace llmw {

/// A string in a member of an object: the member itself, or an element of its array.
struct ListedText {
  std::string_view text;
  int index = -1;  ///< in the array; -1: the member is the string
};

/// A step or a stage.
struct Item {
  const JsonValue* json = nullptr;  ///< an object
  int place = 0;                    ///< in the document's array
  std::string path;                 ///< JSON Pointer
  std::string_view id;              ///< empty: it has none
};

class Workflow {
 public:
  /// The first rules.max_items items are looked at.
  Workflow(const Rules& rules, const JsonValue& document);

  const Rules& rules() const { return *rules_; }
  const JsonValue& document() const { return *document_; }
  const std::vector<Item>& items() const { return items_; }
  const Item& item(int number) const { return items_[static_cast<std::size_t>(number)]; }
  int size() const { return static_cast<int>(items_.size()); }

  /// Number of the item with this id; -1 when there is none.
  int find(std::string_view id) const;

  /// Whether the item can be told from the others by its id.
  bool is_named(int number) const { return find(item(number).id) == number; }

  /// Whether any item has something in `field`.
  bool uses(const std::string& field) const;

 private:
  const Rules* rules_;
  const JsonValue* document_;
  std::vector<Item> items_;
  std::map<std::string_view, int> numbers_;  ///< by id; the first item with an id has it
};

/// The member `name` of `object`; nullptr when there is none, it is null, or `name` is empty.
const JsonValue* find_field(const JsonValue& object, const std::string& name);
/// The string in that member, or empty.
std::string_view read_text(const JsonValue& object, const std::string& name);
/// The strings in that member, be it one string or an array; of a hostile number the first.
std::vector<ListedText> read_list(const JsonValue& object, const std::string& name);

/// A value that says nothing: null, a blank string, an empty array or object.
bool is_empty(const JsonValue& value);
bool is_blank(std::string_view text);
/// Text that stands where a text should be: dots, "tbd", "step 1".
bool is_placeholder(std::string_view text);
/// `text` for comparing names: ASCII letters small, blanks, '_' and '-' as one blank, none at the
/// ends.
std::string fold(std::string_view text);
/// `text` in quotes for a message: short, printable.
std::string shown(std::string_view text);
/// `path` and a key after it, as JSON Pointer wants it.
std::string child_path(const std::string& path, std::string_view key);
/// Where `text` stands, that read_list() found in the member `name` of the object at `path`.
std::string list_path(const std::string& path, const std::string& name, const ListedText& text);

/// Collects findings, at most kMaxFindings of each severity.
class FindingList {
 public:
  static constexpr std::size_t kMaxFindings = 100;
  static constexpr int kWholeDocument = -1;

  /// `place` orders findings: kWholeDocument, then item by item, then zone by zone.
  void error(const char* code, int place, std::string path, std::string message,
             std::string_view hint);
  void warning(const char* code, int place, std::string path, std::string message,
               std::string_view hint);
  /// Whether further errors would be dropped.
  bool is_full() const { return errors_.size() >= kMaxFindings; }
  /// Errors first, each group in document order, at most kMaxFindings in all.
  std::vector<Finding> take();

 private:
  using Placed = std::pair<int, Finding>;
  std::vector<Placed> errors_;
  std::vector<Placed> warnings_;
};

// The groups of checks.

/// E01-E05, S01 (ids) and W01: what each item must have.
void check_items(const Workflow& workflow, FindingList& findings);
/// E11 (secrets, URLs) and E13: every text of the document.
void check_texts(const Workflow& workflow, const RuleContext& context, FindingList& findings);
/// E06-E12, W02-W05, W07.
void check_steps(const Workflow& workflow, const RuleContext& context, FindingList& findings);
/// S01 (sequence) to S08.
void check_stages(const Workflow& workflow, FindingList& findings);
/// W06.
void check_coverage(const Workflow& workflow, const RuleContext& context, FindingList& findings);
/// L01-L10.
void check_limbo_zones(const Workflow& workflow, FindingList& findings);

}  // namespace llmw
