#include "core/request_json.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/error.hpp"
#include "core/json_value.hpp"
#include "core/text.hpp"

namespace llmw {

namespace {

constexpr const char* kParent = "parent";
constexpr const char* kSha256 = "request_sha256";

/// Calls `visit` with the key and the member for all but those whose type JSON has not.
template <typename Visit>
void for_each_member(Visit&& visit) {
  using R = GenerationRequest;
  visit("prompt", &R::prompt);
  visit("services", &R::services);
  visit("format", &R::format);
  visit("format_version", &R::format_version);
  visit("compact", &R::compact);
  visit("agent", &R::agent);
  visit("category", &R::category);
  visit("complexity", &R::complexity);
  // As text: what jsonb holds may be deeper than what our parser takes.
  visit("tags", &R::tags);
  visit("response_mode", &R::response_mode);
  visit("max_output_tokens", &R::max_output_tokens);
  visit("max_retries", &R::max_retries);
  visit("repair_attempts", &R::repair_attempts);
  visit("retry_base_delay_ms", &R::retry_base_delay_ms);
  visit("timeout_ms", &R::timeout_ms);
  visit("store_prompt", &R::store_prompt);
  visit("max_cost", &R::max_cost);
  visit("max_tokens", &R::max_tokens);
  visit("cache_for_ms", &R::cache_for_ms);
  visit("idempotency_key", &R::idempotency_key);
  visit("models", &R::models);
  visit("forbidden", &R::forbidden);
  visit("experiment", &R::experiment);
  visit("arm", &R::arm);
  visit("rules", &R::rules);
  visit("previous_document", &R::previous_document);
  visit("previous_findings", &R::previous_findings);
  visit("feedback", &R::feedback);
}

// ---- Writing
// --------------------------------------------------------------------------------------

std::string literal(const std::string& text) { return json_quote(text); }
std::string literal(bool flag) { return flag ? "true" : "false"; }
std::string literal(int number) { return std::to_string(number); }
std::string literal(std::int64_t number) { return std::to_string(number); }
std::string literal(ResponseMode mode) {
  return mode == ResponseMode::human_debug ? R"("human_debug")" : R"("machine")";
}
std::string literal(const std::vector<std::string>& texts) {
  std::string array = "[";
  for (const std::string& text : texts) {
    if (array.size() > 1) array += ',';
    array += json_quote(text);
  }
  return array + ']';
}
std::string literal(const std::vector<LearnedRule>& rules) {
  std::string array = "[";
  for (const LearnedRule& rule : rules) {
    if (array.size() > 1) array += ',';
    array += R"({"rule":)" + json_quote(rule.id) + R"(,"text":)" + json_quote(rule.text);
    if (!rule.code.empty()) array += R"(,"code":)" + json_quote(rule.code);
    array += '}';
  }
  return array + ']';
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 0x0F];
  }
  return hex;
}

// ---- Reading
// --------------------------------------------------------------------------------------

[[noreturn]] void refuse(const std::string& detail) {
  throw Error(sqlstate::kDataCorrupted, "the stored request cannot be read", detail);
}

[[noreturn]] void refuse_member(const char* key) {
  refuse(std::string("Its member \"") + key + "\" is not what a request has there.");
}

template <typename Integer>
bool read_integer(const JsonValue& value, Integer& out) {
  if (value.kind != JsonValue::Kind::number) return false;
  const char* end = value.text.data() + value.text.size();
  const auto read = std::from_chars(value.text.data(), end, out);
  return read.ec == std::errc() && read.ptr == end;
}

bool read(const JsonValue& value, int& out) { return read_integer(value, out); }
bool read(const JsonValue& value, std::int64_t& out) { return read_integer(value, out); }
bool read(const JsonValue& value, bool& out) {
  out = value.boolean;
  return value.kind == JsonValue::Kind::boolean;
}
bool read(const JsonValue& value, std::string& out) {
  out = value.text;
  return value.is_string();
}
bool read(const JsonValue& value, ResponseMode& out) {
  out = value.text == "human_debug" ? ResponseMode::human_debug : ResponseMode::machine;
  return value.is_string() && (value.text == "human_debug" || value.text == "machine");
}
bool read(const JsonValue& value, std::vector<std::string>& out) {
  for (const JsonValue& item : value.items) {
    if (!item.is_string()) return false;
    out.push_back(item.text);
  }
  return value.is_array();
}
bool read(const JsonValue& value, std::vector<LearnedRule>& out) {
  for (const JsonValue& item : value.items) {
    const JsonValue* id = item.find("rule");
    const JsonValue* text = item.find("text");
    const JsonValue* code = item.find("code");
    if (id == nullptr || !id->is_string() || text == nullptr || !text->is_string()) return false;
    if (code != nullptr && !code->is_string()) return false;
    out.push_back({id->text, text->text, code == nullptr ? std::string() : code->text});
  }
  return value.is_array();
}

std::optional<std::string> from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    const int high = hex_value(hex[at]);
    const int low = hex_value(hex[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  if (hex.size() % 2 != 0) return std::nullopt;
  return bytes;
}

/// The text at `key`, read by `parse`; nothing when there is no such key.
template <typename Parse>
auto read_parsed(const JsonValue& object, const char* key, Parse&& parse)
    -> decltype(parse(std::string_view())) {
  const JsonValue* value = object.find(key);
  if (value == nullptr) return std::nullopt;
  auto parsed = parse(std::string_view(value->text));
  if (!value->is_string() || !parsed) refuse_member(key);
  return parsed;
}

}  // namespace

std::string request_to_json(const GenerationRequest& request) {
  const GenerationRequest defaults;
  std::string json;
  const auto add = [&](const char* key, const std::string& value) {
    json += json.empty() ? "{\"" : ",\"";
    json.append(key).append("\":").append(value);
  };
  for_each_member([&](const char* key, auto member) {
    if (request.*member != defaults.*member) add(key, literal(request.*member));
  });
  if (!request.request_sha256.empty()) add(kSha256, json_quote(to_hex(request.request_sha256)));
  if (request.parent) add(kParent, json_quote(to_string(*request.parent)));
  return json.empty() ? "{}" : json + '}';
}

GenerationRequest request_from_json(const Uuid& id, std::string_view json) {
  JsonValue object;
  const JsonRead outcome = read_json_value(json, object);
  if (outcome.fault != JsonFault::none || !object.is_object()) refuse("It is not a JSON object.");
  GenerationRequest request;
  request.id = id;
  for_each_member([&](const char* key, auto member) {
    const JsonValue* value = object.find(key);
    if (value != nullptr && !read(*value, request.*member)) refuse_member(key);
  });
  request.request_sha256 = read_parsed(object, kSha256, from_hex).value_or(std::string());
  request.parent = read_parsed(object, kParent, parse_uuid);
  if (request.prompt.empty() || request.format.empty() || request.models.empty())
    refuse("A request has a prompt, a format and a model.");
  return request;
}

}  // namespace llmw
