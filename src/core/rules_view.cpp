// How the rules see a document (rules_checks.hpp).

#include <algorithm>
#include <array>
#include <iterator>

#include "core/rules_checks.hpp"
#include "core/text.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMaxShownBytes = 60;
constexpr std::size_t kMaxListed = 1000;  ///< of a hostile number of names the first are looked at

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// What fold() makes of each character. By table: most texts of a document are folded.
struct FoldedChar {
  char small = 0;
  bool is_gap = false;
};

constexpr std::array<FoldedChar, 256> make_folded_chars() {
  std::array<FoldedChar, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    table[i] = {lower(c), is_space(c) || c == '_' || c == '-'};
  }
  return table;
}
constexpr std::array<FoldedChar, 256> kFoldedChars = make_folded_chars();

}  // namespace

Workflow::Workflow(const Rules& rules, const JsonValue& document)
    : rules_(&rules), document_(&document) {
  const JsonValue* list = find_field(document, rules.items);
  if (list == nullptr || !list->is_array()) return;
  const std::size_t count = std::min(list->items.size(), static_cast<std::size_t>(rules.max_items));
  const std::string path = child_path("", rules.items);
  for (std::size_t i = 0; i < count; ++i) {
    const JsonValue& json = list->items[i];
    if (!json.is_object()) continue;
    const std::string_view id = read_text(json, rules.id);
    if (!id.empty()) numbers_.emplace(id, size());
    items_.push_back({&json, static_cast<int>(i), path + '/' + std::to_string(i), id});
  }
}

int Workflow::find(std::string_view id) const {
  const auto found = numbers_.find(id);
  return found == numbers_.end() ? -1 : found->second;
}

bool Workflow::uses(const std::string& field) const {
  return std::any_of(items_.begin(), items_.end(), [&](const Item& item) {
    const JsonValue* value = find_field(*item.json, field);
    return value != nullptr && !is_empty(*value);
  });
}

const JsonValue* find_field(const JsonValue& object, const std::string& name) {
  if (name.empty()) return nullptr;
  const JsonValue* value = object.find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string_view read_text(const JsonValue& object, const std::string& name) {
  const JsonValue* value = find_field(object, name);
  return value != nullptr && value->is_string() ? std::string_view(value->text)
                                                : std::string_view();
}

std::vector<ListedText> read_list(const JsonValue& object, const std::string& name) {
  const JsonValue* value = find_field(object, name);
  if (value == nullptr) return {};
  if (value->is_string()) return {{value->text, -1}};
  std::vector<ListedText> texts;
  for (std::size_t i = 0; i < std::min(value->items.size(), kMaxListed); ++i) {
    if (value->items[i].is_string()) texts.push_back({value->items[i].text, static_cast<int>(i)});
  }
  return texts;
}

bool is_empty(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null: return true;
    case JsonValue::Kind::string: return is_blank(value.text);
    case JsonValue::Kind::array: return value.items.empty();
    case JsonValue::Kind::object: return value.members.empty();
    default: return false;
  }
}

bool is_blank(std::string_view text) { return std::all_of(text.begin(), text.end(), is_space); }

namespace {

bool has_letters(std::string_view text, int count) {
  for (const char c : text) {
    if (lower(c) >= 'a' && lower(c) <= 'z') --count;
    if (count == 0) return true;
  }
  return false;
}

}  // namespace

bool is_placeholder(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kPlaceholders = {
      "todo",         "tbd", "tba",         "n/a",         "none",
      "null",         "xxx", "placeholder", "lorem ipsum", "to be determined",
      "to be defined"};
  static constexpr std::array<std::string_view, 5> kNumbered = {"step", "stage", "task", "item",
                                                                "operation"};
  constexpr int kMostLetters = 14;      // "to be determined"
  constexpr std::size_t kLongest = 80;  // a placeholder is a word or two, or dots
  if (text.size() > kLongest || has_letters(text, kMostLetters + 1)) return false;
  std::string folded = fold(text);
  if (folded.find_first_not_of(".?<>[]{}\xE2\x80\xA6 ") == std::string::npos) return true;
  if (std::find(kPlaceholders.begin(), kPlaceholders.end(), folded) != kPlaceholders.end())
    return true;
  const std::size_t last = folded.find_last_not_of("0123456789# ");
  folded.resize(last == std::string::npos ? 0 : last + 1);
  return std::find(kNumbered.begin(), kNumbered.end(), folded) != kNumbered.end();
}

std::string fold(std::string_view text) {
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  bool gap = false;
  for (const char c : text) {
    const FoldedChar folded = kFoldedChars[static_cast<unsigned char>(c)];
    if (folded.is_gap) {
      gap = size > 0;
      continue;
    }
    if (gap) out[size++] = ' ';
    gap = false;
    out[size++] = folded.small;
  }
  out.resize(size);
  return out;
}

std::string shown(std::string_view text) { return '"' + printable(text, kMaxShownBytes) + '"'; }

std::string child_path(const std::string& path, std::string_view key) {
  std::string out = path + '/';
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string list_path(const std::string& path, const std::string& name, const ListedText& text) {
  const std::string member = child_path(path, name);
  return text.index < 0 ? member : member + '/' + std::to_string(text.index);
}

void FindingList::error(const char* code, int place, std::string path, std::string message,
                        std::string_view hint) {
  if (errors_.size() >= kMaxFindings) return;
  errors_.emplace_back(place, Finding{code, Severity::error, std::move(path), std::move(message),
                                      std::string(hint)});
}

void FindingList::warning(const char* code, int place, std::string path, std::string message,
                          std::string_view hint) {
  if (warnings_.size() >= kMaxFindings) return;
  warnings_.emplace_back(place, Finding{code, Severity::warning, std::move(path),
                                        std::move(message), std::string(hint)});
}

std::vector<Finding> FindingList::take() {
  std::vector<Finding> findings;
  for (std::vector<Placed>* group : {&errors_, &warnings_}) {
    std::stable_sort(group->begin(), group->end(),
                     [](const Placed& a, const Placed& b) { return a.first < b.first; });
    for (Placed& placed : *group) {
      if (findings.size() < kMaxFindings) findings.push_back(std::move(placed.second));
    }
    group->clear();
  }
  return findings;
}

}  // namespace llmw
