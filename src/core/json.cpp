#include "core/json.hpp"

#include <algorithm>
#include <charconv>
#include <list>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "core/json_push.hpp"

namespace llmw {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMaxExactCount = std::int64_t{1} << 53;

/// Makes a nlohmann::json of the parser's events.
class DomBuilder {
 public:
  DomBuilder(Json& out, DuplicateKeys duplicates) : next_(&out), duplicates_(duplicates) {}

  bool on_object_begin(std::size_t) { return open(Json::value_t::object); }
  bool on_object_end(std::size_t) { return close(); }
  bool on_array_begin(std::size_t) { return open(Json::value_t::array); }
  bool on_array_end(std::size_t) { return close(); }
  bool on_string(std::string_view value, JsonSpan) { return put(std::string(value)); }
  bool on_boolean(bool value, JsonSpan) { return put(value); }
  bool on_null(JsonSpan) { return put(nullptr); }

  bool on_number(std::string_view literal, JsonSpan) {
    const bool integer = std::all_of(literal.begin(), literal.end(),
                                     [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
    return (integer && (put_as<std::int64_t>(literal) || put_as<std::uint64_t>(literal))) ||
           put_as<double>(literal);
  }

  bool on_key(std::string_view key, JsonSpan span) {
    auto& members = open_.back()->get_ref<Json::object_t&>();
    const auto [member, added] = members.try_emplace(std::string(key));
    next_ = &member->second;
    if (added || duplicates_ == DuplicateKeys::keep_last) return true;
    if (duplicates_ == DuplicateKeys::keep_first) {
      next_ = &discarded_.emplace_back();
      return true;
    }
    duplicate_at_ = span.begin;
    return false;
  }

  std::optional<std::size_t> duplicate_at() const { return duplicate_at_; }

 private:
  /// Where the next value goes.
  Json& slot() {
    Json* slot = std::exchange(next_, nullptr);
    return slot != nullptr ? *slot : open_.back()->get_ref<Json::array_t&>().emplace_back();
  }

  template <typename Value>
  bool put(Value&& value) {
    slot() = std::forward<Value>(value);
    return true;
  }

  template <typename Number>
  bool put_as(std::string_view literal) {
    Number value{};
    const auto [end, error] =
        std::from_chars(literal.data(), literal.data() + literal.size(), value);
    return error == std::errc{} && put(value);
  }

  bool open(Json::value_t kind) {
    Json& value = slot();
    value = Json(kind);
    open_.push_back(&value);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Json* next_;  ///< slot of the next value; null inside an array
  DuplicateKeys duplicates_;
  std::vector<Json*> open_;
  std::list<Json> discarded_;  ///< later values of a key with keep_first; a list: pointers last
  std::optional<std::size_t> duplicate_at_;
};

/// The escape of `c`, which is below 0x20 or one of `"` and `\`.
void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[c & 0x0F];
  }
}

}  // namespace

JsonRead read_json(std::string_view text, nlohmann::json& out, DuplicateKeys duplicates) {
  out = nullptr;
  Json value;
  DomBuilder builder(value, duplicates);
  JsonPush parser(builder);
  if (parser.feed(text) && parser.finish()) out = std::move(value);
  if (builder.duplicate_at()) return duplicate_key_fault(*builder.duplicate_at());
  return parser.result();
}

const nlohmann::json* find_member(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto member = object.find(key);
  return member == object.end() || member->is_null() ? nullptr : &*member;
}

std::optional<std::int64_t> read_count(const nlohmann::json& object, const char* key) {
  const Json* value = find_member(object, key);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  if (value->is_number_unsigned() &&
      value->get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxExactCount)) {
    return std::nullopt;
  }
  const auto count = value->get<std::int64_t>();
  if (count < 0 || count > kMaxExactCount) return std::nullopt;
  return count;
}

std::string read_string(const nlohmann::json& object, const char* key) {
  const Json* value = find_member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::string write_json(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8 + 2);
  append_json_quoted(out, text);
  return out;
}

void append_json_quoted(std::string& out, std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  out += '"';
  while (true) {
    const char* const stop = skip_characters(at, end);
    out.append(at, stop);
    if (stop == end) break;
    if (static_cast<unsigned char>(*stop) < 0x80) {
      append_escape(out, *stop);
    } else {
      out += "\xEF\xBF\xBD";
    }
    at = stop + 1;
  }
  out += '"';
}

}  // namespace llmw
