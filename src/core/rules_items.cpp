// What each item must have: E01-E05, the ids of stages (S01) and W01.

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "core/rules_checks.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMaxIdBytes = 64;

/// Letters, digits, '_', '-', '.', and letters beyond ASCII.
bool is_slug(std::string_view id) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
  };
  return id.size() <= kMaxIdBytes && std::all_of(id.begin(), id.end(), fits);
}

class ItemChecks {
 public:
  ItemChecks(const Workflow& workflow, FindingList& findings)
      : workflow_(workflow),
        rules_(workflow.rules()),
        findings_(findings),
        is_steps_(rules_.kind == RuleKind::steps),
        noun_(is_steps_ ? "step" : "stage") {}

  void run() {
    check_count();
    for (const Item& item : workflow_.items()) {
      check_id(item);
      check_type(item);
      check_keys(item);
      check_text(item);
    }
  }

 private:
  void check_count() {
    const JsonValue* list = workflow_.document().find(rules_.items);
    if (list == nullptr) {
      report_count("", "the document has no key " + shown(rules_.items));
    } else if (!list->is_array()) {
      report_count(child_path("", rules_.items), rules_.items + " is not an array");
    } else if (list->items.empty() ||
               list->items.size() > static_cast<std::size_t>(rules_.max_items)) {
      report_count(child_path("", rules_.items),
                   "the workflow has " + std::to_string(list->items.size()) + ' ' + noun_ + 's');
    }
  }

  void report_count(std::string path, std::string message) {
    findings_.error("E01", FindingList::kWholeDocument, std::move(path), std::move(message),
                    "Put 1 to " + std::to_string(rules_.max_items) + ' ' + noun_ +
                        "s into an array under the key " + rules_.items + '.');
  }

  void check_id(const Item& item) {
    const JsonValue* id = item.json->find(rules_.id);
    if (id == nullptr) {
      report_id(item, item.path, "the " + noun_ + " has no " + rules_.id);
    } else if (!id->is_string()) {
      return;
    } else if (is_blank(id->text)) {
      report_id(item, path_of(item, rules_.id), "the " + noun_ + "'s " + rules_.id + " is empty");
    } else if (!ids_.emplace(fold(id->text), &item).second) {
      report_id(item, path_of(item, rules_.id),
                "an earlier " + noun_ + " has the " + rules_.id + ' ' + shown(id->text) +
                    " too, or one that differs in case only");
    } else if (!is_slug(id->text)) {
      report_id(item, path_of(item, rules_.id), shown(id->text) + " is not a usable " + rules_.id);
    }
  }

  void report_id(const Item& item, std::string path, std::string message) {
    findings_.error(is_steps_ ? "E02" : "S01", item.place, std::move(path), std::move(message),
                    "Give each " + noun_ + " a short id of letters, digits and _ that no other " +
                        noun_ + " has.");
  }

  void check_type(const Item& item) {
    if (rules_.type.empty() || rules_.types.empty()) return;
    const JsonValue* type = item.json->find(rules_.type);
    if (type == nullptr) {
      report_type(item, item.path, "the " + noun_ + " has no " + rules_.type);
    } else if (!type->is_string()) {
      report_type(item, path_of(item, rules_.type),
                  "the " + noun_ + "'s " + rules_.type + " is not a string");
    } else if (std::find(rules_.types.begin(), rules_.types.end(), type->text) ==
               rules_.types.end()) {
      report_type(item, path_of(item, rules_.type),
                  "there is no " + rules_.type + ' ' + shown(type->text));
    }
  }

  void report_type(const Item& item, std::string path, std::string message) {
    std::string hint = "Use one of ";
    for (const std::string& type : rules_.types) {
      if (&type != &rules_.types.front()) hint += ", ";
      hint += type;
    }
    findings_.error("E03", item.place, std::move(path), std::move(message), hint + '.');
  }

  static std::string path_of(const Item& item, const std::string& field) {
    return child_path(item.path, field);
  }

  void check_keys(const Item& item) {
    if (!rules_.other_keys) return;
    for (const auto& [key, value] : item.json->members) {
      if (findings_.is_full() || is_known(key)) continue;
      findings_.error("E04", item.place, child_path(item.path, key),
                      "a " + noun_ + " has no key " + shown(key),
                      "Use only the keys that the format names.");
    }
  }

  bool is_known(const std::string& key) const {
    const std::string* const named[] = {
        &rules_.id,      &rules_.text,     &rules_.type,           &rules_.depends_on,
        &rules_.next,    &rules_.branches, &rules_.condition,      &rules_.outcomes,
        &rules_.inputs,  &rules_.outputs,  &rules_.max_iterations, &rules_.service,
        &rules_.timeout, &rules_.retry,    &rules_.sequence,       &rules_.parallel_with,
        &rules_.team,
    };
    return std::any_of(std::begin(named), std::end(named),
                       [&key](const std::string* name) { return *name == key; }) ||
           std::find(rules_.other_keys->begin(), rules_.other_keys->end(), key) !=
               rules_.other_keys->end();
  }

  void check_text(const Item& item) {
    if (rules_.text.empty()) return;
    const JsonValue* value = item.json->find(rules_.text);
    if (value == nullptr) {
      report_text(item, item.path, "the " + noun_ + " has no " + rules_.text);
    } else if (!value->is_string()) {
      return;
    } else if (is_blank(value->text)) {
      report_text(item, path_of(item, rules_.text),
                  "the " + noun_ + "'s " + rules_.text + " is empty");
    } else if (is_placeholder(value->text)) {
      report_text(item, path_of(item, rules_.text),
                  shown(value->text) + " says nothing about the " + noun_);
    } else {
      check_repetition(item, value->text);
    }
  }

  void report_text(const Item& item, std::string path, std::string message) {
    findings_.error("E05", item.place, std::move(path), std::move(message),
                    is_steps_ ? "Say in one sentence what the step does."
                              : "Give the stage the name by which people know it.");
  }

  void check_repetition(const Item& item, std::string_view text) {
    const auto [earlier, is_new] = texts_.emplace(fold(text), &item);
    if (is_new) return;
    findings_.warning(
        "W01", item.place, path_of(item, rules_.text),
        "the " + noun_ + " has the same " + rules_.text + " as " + shown(earlier->second->id),
        "Say how the two differ, or leave one out.");
  }

  const Workflow& workflow_;
  const Rules& rules_;
  FindingList& findings_;
  bool is_steps_;
  std::string noun_;
  std::map<std::string, const Item*> ids_;    ///< folded
  std::map<std::string, const Item*> texts_;  ///< folded
};

}  // namespace

void check_items(const Workflow& workflow, FindingList& findings) {
  ItemChecks(workflow, findings).run();
}

}  // namespace llmw
