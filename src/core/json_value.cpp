#include "core/json_value.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/json_push.hpp"
#include "core/json_tree.hpp"

namespace llmw {
namespace {

/// Up to so many members, looking at each is as fast as an index.
constexpr std::size_t kIndexedMembers = 16;

void append_json(std::string& out, const JsonValue& value);

void append_array(std::string& out, const JsonValue& array) {
  out += '[';
  for (const JsonValue& item : array.items) {
    if (&item != &array.items.front()) out += ',';
    append_json(out, item);
  }
  out += ']';
}

void append_object(std::string& out, const JsonValue& object) {
  out += '{';
  for (const JsonValue::Member& member : object.members) {
    if (&member != &object.members.front()) out += ',';
    append_json_quoted(out, member.first);
    out += ':';
    append_json(out, member.second);
  }
  out += '}';
}

void append_json(std::string& out, const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null: out += "null"; return;
    case JsonValue::Kind::boolean: out += value.boolean ? "true" : "false"; return;
    case JsonValue::Kind::number: out += value.text; return;
    case JsonValue::Kind::string: append_json_quoted(out, value.text); return;
    case JsonValue::Kind::array: append_array(out, value); return;
    case JsonValue::Kind::object: append_object(out, value); return;
  }
}

}  // namespace

bool JsonValue::operator==(const JsonValue& other) const {
  return kind == other.kind && boolean == other.boolean && text == other.text &&
         items == other.items && members == other.members;
}

const JsonValue* JsonValue::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  const auto member = std::find_if(members.begin(), members.end(),
                                   [key](const Member& m) { return m.first == key; });
  return member == members.end() ? nullptr : &member->second;
}

JsonValue* JsonValue::find(std::string_view key) {
  return const_cast<JsonValue*>(std::as_const(*this).find(key));
}

JsonValue JsonValue::of_kind(Kind kind) {
  JsonValue value;
  value.kind = kind;
  return value;
}

JsonValue JsonValue::make_string(std::string value) {
  JsonValue string = of_kind(Kind::string);
  string.text = std::move(value);
  return string;
}

bool JsonTreeBuilder::on_key(std::string_view key, JsonSpan span) {
  Open& object = open_.back();
  if (JsonValue* earlier = find_member(object, key)) return duplicate(*earlier, span);
  auto& members = object.value->members;
  if (members.empty()) members.reserve(last_members_);
  next_ = &members.emplace_back(std::piecewise_construct, std::forward_as_tuple(key), std::tuple())
               .second;
  if (object.keys) object.keys->insert(static_cast<std::uint32_t>(members.size() - 1));
  return true;
}

JsonValue* JsonTreeBuilder::find_member(Open& object, std::string_view key) {
  auto& members = object.value->members;
  if (members.size() < kIndexedMembers) return object.value->find(key);
  if (!object.keys) {
    object.keys = std::make_unique<KeyIndex>(ByKey{object.value});
    for (std::uint32_t at = 0; at < members.size(); ++at) object.keys->insert(at);
  }
  const auto found = object.keys->find(key);
  return found == object.keys->end() ? nullptr : &members[*found].second;
}

bool JsonTreeBuilder::duplicate(JsonValue& earlier, JsonSpan span) {
  switch (duplicates_) {
    case DuplicateKeys::refuse: duplicate_at_ = span.begin; return false;
    case DuplicateKeys::keep_first: next_ = &discarded_.emplace_back(); return true;
    case DuplicateKeys::keep_last: break;
  }
  earlier = JsonValue();
  next_ = &earlier;
  return true;
}

JsonValue& JsonTreeBuilder::slot() {
  return next_ != nullptr ? *next_ : open_.back().value->items.emplace_back();
}

bool JsonTreeBuilder::put(JsonValue::Kind kind, std::string_view text, bool boolean) {
  JsonValue& value = slot();
  value.kind = kind;
  value.boolean = boolean;
  value.text = text;
  next_ = nullptr;
  return true;
}

bool JsonTreeBuilder::open(JsonValue::Kind kind) {
  JsonValue& value = slot();
  value.kind = kind;
  open_.push_back({&value, nullptr});
  next_ = nullptr;
  return true;
}

bool JsonTreeBuilder::close() {
  const JsonValue& closed = *open_.back().value;
  if (closed.is_object()) last_members_ = closed.members.size();
  open_.pop_back();
  return true;
}

JsonRead read_json_value(std::string_view text, JsonValue& out, DuplicateKeys duplicates) {
  JsonValue value;
  JsonTreeBuilder builder(value, duplicates);
  JsonPush parser(builder);
  const bool complete = parser.feed(text) && parser.finish();
  out = complete ? std::move(value) : JsonValue();
  if (builder.duplicate_at()) return duplicate_key_fault(*builder.duplicate_at());
  return parser.result();
}

std::string write_json(const JsonValue& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace llmw
