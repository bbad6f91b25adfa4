#include "core/schema_engine.hpp"

#include <algorithm>
#include <functional>

#include "core/text.hpp"

namespace llmw::schema {
namespace {

/// Offset of the last byte of a token; 0 in a document that is a tree.
std::size_t last_byte(JsonSpan span) { return span.end == 0 ? 0 : span.end - 1; }

/// Whether one of the sorted values is `wanted`. Of a few, most differ in length.
bool holds(const std::vector<std::string>& values, std::string_view wanted) {
  constexpr std::size_t kFew = 16;
  if (values.size() > kFew) {
    return std::binary_search(values.begin(), values.end(), wanted, std::less<>());
  }
  return std::any_of(values.begin(), values.end(),
                     [wanted](const std::string& value) { return value == wanted; });
}

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

bool breaks(const NumberRules::Bound& bound, const Decimal& value) {
  switch (bound.keyword) {
    case Keyword::minimum: return value < bound.limit;
    case Keyword::maximum: return value > bound.limit;
    case Keyword::exclusive_minimum: return value <= bound.limit;
    case Keyword::exclusive_maximum: return value >= bound.limit;
    default: return !value.is_multiple_of(bound.limit);
  }
}

std::string literally(std::string_view word) { return std::string(word); }

}  // namespace

Engine::Engine(const Schema::Program& program, std::size_t max_violations)
    : program_(program), max_violations_(std::max<std::size_t>(max_violations, 1)) {
  branches_.push_back({kNone, kNone});
  add_target(program.root, 0);
}

Engine::Mark Engine::mark() const {
  return {static_cast<Index>(entries_.size()), static_cast<Index>(groups_.size()),
          static_cast<Index>(branches_.size()), static_cast<Index>(scopes_.size())};
}

// ---- Scalars ------------------------------------------------------------------------------------

bool Engine::on_token_begin(JsonToken token, std::size_t at) {
  begin_scalar(token == JsonToken::string ? kString : kNumber, at);
  return !stopped_;
}

void Engine::begin_value(Types type, std::size_t at) {
  offset_ = at;
  type_ = type;
  ++event_;
  if (!levels_.empty() && !levels_.back().object) next_item();
  const Mark before = mark();
  for (std::size_t i = 0; i < targets_.size(); ++i) spawn_target(targets_[i]);
  targets_.clear();
  charge(entries_.size() - before.entries);
  for (Index i = before.entries; i < entries_.size(); ++i) check_type(i, type);
}

void Engine::begin_scalar(Types type, std::size_t at) {
  if (begun_) return;
  begun_ = true;
  const Mark before = mark();
  begin_value(type, at);
  scalar_ = before;
  ++event_;
}

void Engine::check_type(Index i, Types type) {
  Entry& entry = entries_[i];
  const Node& node = *entry.node;
  if (!live(entry)) return;
  const bool right =
      type == kNumber ? (node.types & (kNumber | kInteger)) != 0 : (node.types & type) != 0;
  if (right && !node.never) return;
  entry.off = true;
  fail(i, node.never ? Keyword::false_schema : Keyword::type);
}

bool Engine::on_string(std::string_view value, JsonSpan span) {
  begin_scalar(kString, span.begin);
  offset_ = last_byte(span);
  for (Index i = scalar_.entries; i < entries_.size(); ++i) {
    if (live(entries_[i])) check_string(i, value);
  }
  return end_scalar(canonical_string, value);
}

void Engine::check_string(Index i, std::string_view value) {
  const Node& node = *entries_[i].node;
  if (node.enumeration && !holds(node.enumeration->strings, value)) fail(i, Keyword::enumeration);
  if (node.constant && !holds(node.constant->strings, value)) fail(i, Keyword::constant);
  if (!node.string) return;
  const StringRules& rules = *node.string;
  charge(value.size() / 64);
  if (rules.min_length > 0 || rules.max_length >= 0) {
    const std::int64_t length = code_points(value);
    if (length < rules.min_length) fail(i, Keyword::min_length);
    if (rules.max_length >= 0 && length > rules.max_length) fail(i, Keyword::max_length);
  }
  if (rules.pattern) {
    charge(value.size() / 8);
    if (!rules.pattern->found_in(value)) fail(i, Keyword::pattern);
  }
}

bool Engine::on_number(std::string_view literal, JsonSpan span) {
  begin_scalar(kNumber, span.begin);
  offset_ = last_byte(span);
  for (Index i = scalar_.entries; i < entries_.size(); ++i) {
    if (live(entries_[i])) check_number(i, literal);
  }
  return end_scalar(canonical_number, literal);
}

void Engine::check_number(Index i, std::string_view literal) {
  const Node& node = *entries_[i].node;
  const bool integer_only = (node.types & kNumber) == 0;
  if (!integer_only && !node.number && !node.enumeration && !node.constant) return;
  const Decimal value(literal);
  charge(literal.size() / 4);
  if (integer_only && !value.is_integer()) fail(i, Keyword::type);
  if (node.number) {
    for (std::size_t b = 0; b < node.number->bounds.size(); ++b) {
      const NumberRules::Bound& bound = node.number->bounds[b];
      if (breaks(bound, value)) fail(i, bound.keyword, static_cast<std::uint32_t>(b));
    }
  }
  if (!node.enumeration && !node.constant) return;
  const std::string canonical = value.canonical();
  if (node.enumeration && !holds(node.enumeration->numbers, canonical)) {
    fail(i, Keyword::enumeration);
  }
  if (node.constant && !holds(node.constant->numbers, canonical)) fail(i, Keyword::constant);
}

bool Engine::on_boolean(bool value, JsonSpan span) {
  begin_scalar(kBoolean, span.begin);
  offset_ = last_byte(span);
  for (Index i = scalar_.entries; i < entries_.size(); ++i) {
    if (live(entries_[i])) check_word(i, value ? &ValueSet::has_true : &ValueSet::has_false);
  }
  return end_scalar(literally, value ? "true" : "false");
}

bool Engine::on_null(JsonSpan span) {
  begin_scalar(kNull, span.begin);
  offset_ = last_byte(span);
  for (Index i = scalar_.entries; i < entries_.size(); ++i) {
    if (live(entries_[i])) check_word(i, &ValueSet::has_null);
  }
  return end_scalar(literally, "null");
}

void Engine::check_word(Index i, bool ValueSet::*member) {
  const Node& node = *entries_[i].node;
  if (node.enumeration && !((*node.enumeration).*member)) fail(i, Keyword::enumeration);
  if (node.constant && !((*node.constant).*member)) fail(i, Keyword::constant);
}

bool Engine::end_scalar(std::string (*canonical)(std::string_view), std::string_view text) {
  begun_ = false;
  if (canonical_.active()) {
    charge(text.size() / 64);
    canonical_.add(canonical(text));
  }
  end_value(scalar_);
  return !stopped_;
}

/// Decides what is open on the value that has ended.
void Engine::end_value(const Mark& mark) {
  for (Index group = static_cast<Index>(groups_.size()); group > mark.groups; --group) {
    settle(group - 1);
  }
  entries_.resize(mark.entries);
  groups_.resize(mark.groups, Group{});
  branches_.resize(mark.branches, Branch{});
  scopes_.resize(mark.scopes, Scope{});
  if (!levels_.empty() && scopes_.size() > levels_.back().mark.scopes) judge_children();
}

// ---- Containers ---------------------------------------------------------------------------------

bool Engine::begin_container(Types type, std::size_t at) {
  const Mark before = mark();
  begin_value(type, at);
  ++event_;
  const bool captured = needs_capture(before, type) || canonical_.active();
  if (captured) canonical_.begin(type == kObject);
  levels_.push_back({type == kObject, captured, before, path_.size(), 0});
  return !stopped_;
}

/// Whether the value must be known as a whole. Where no value of enum or const can equal it, that
/// is said at once.
bool Engine::needs_capture(const Mark& before, Types type) {
  bool needed = false;
  for (Index i = before.entries; i < entries_.size(); ++i) {
    const Node& node = *entries_[i].node;
    if (!live(entries_[i])) continue;
    for (const auto& [set, keyword] : {std::pair(node.enumeration.get(), Keyword::enumeration),
                                       std::pair(node.constant.get(), Keyword::constant)}) {
      if (set == nullptr) continue;
      if ((set->types & type) == 0) {
        fail(i, keyword);
      } else {
        needed = true;
      }
    }
    needed = needed || (type == kArray && node.array && node.array->unique);
  }
  return needed;
}

bool Engine::on_key(std::string_view key, JsonSpan span) {
  offset_ = last_byte(span);
  ++event_;
  Level& level = levels_.back();
  ++level.count;
  path_.resize(level.path);
  path_ += key;
  if (level.captured) canonical_.key(key);
  next_member(key);
  return !stopped_;
}

bool Engine::end_container(std::size_t at) {
  offset_ = at;
  ++event_;
  const Level level = levels_.back();
  levels_.pop_back();
  path_.resize(level.path);
  charge(entries_.size() - level.mark.entries);
  for (Index i = level.mark.entries; i < entries_.size(); ++i) {
    if (!live(entries_[i])) continue;
    if (level.object && entries_[i].node->object) check_members(i, level.count);
    if (!level.object && entries_[i].node->array) check_items(i, level.count);
  }
  if (level.captured) check_captured(level.mark, level.object ? kObject : kArray);
  end_value(level.mark);
  return !stopped_;
}

void Engine::check_members(Index i, std::size_t count) {
  const ObjectRules& rules = *entries_[i].node->object;
  const std::uint64_t seen = entries_[i].seen;
  if (rules.min > 0 && count < static_cast<std::size_t>(rules.min)) {
    fail(i, Keyword::min_properties);
  }
  if (rules.has_trigger && (seen >> kTriggerBit) == 0) return;
  for (std::uint32_t name = 0; name < rules.required.size(); ++name) {
    if ((seen >> name & 1) != 0) continue;
    fail(i, rules.has_trigger ? Keyword::dependent_required : Keyword::required, name);
  }
}

void Engine::check_items(Index i, std::size_t count) {
  const ArrayRules& rules = *entries_[i].node->array;
  if (rules.min > 0 && count < static_cast<std::size_t>(rules.min)) fail(i, Keyword::min_items);
  if (rules.contains != kNone && entries_[i].contained < rules.min_contains) {
    fail(i, rules.min_contains == 1 ? Keyword::contains : Keyword::min_contains);
  }
  if (!rules.unique) return;
  charge(4 * count);
  if (canonical_.has_equal_items()) fail(i, Keyword::unique_items);
}

void Engine::check_captured(const Mark& mark, Types type) {
  const std::string text = canonical_.end();
  charge(text.size() / 16);
  const auto differs = [&](const std::unique_ptr<ValueSet>& set) {
    return set && (set->types & type) != 0 && !holds(set->containers, text);
  };
  for (Index i = mark.entries; i < entries_.size(); ++i) {
    const Node& node = *entries_[i].node;
    if (!live(entries_[i])) continue;
    if (differs(node.enumeration)) fail(i, Keyword::enumeration);
    if (differs(node.constant)) fail(i, Keyword::constant);
  }
}

void Engine::add_fault(const JsonRead& read) {
  if (stopped_) return;
  violations_.push_back({"", "", "the document is not JSON: " + read.message, read.offset});
}

}  // namespace llmw::schema
