// What an HTTP error means: error bodies of every shape that is in use, and what may be done.

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "core/provider_detail.hpp"

namespace llmw::detail {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kPageMarkBytes = 300;  ///< in which a page is recognised

constexpr std::array<std::string_view, 3> kContextCodes = {
    "context_length_exceeded", "model_context_window_exceeded", "exceed_context_size_error"};
constexpr std::array<std::string_view, 2> kPolicyCodes = {"content_policy_violation",
                                                          "content_filter"};
constexpr std::array<std::string_view, 2> kQuotaCodes = {"insufficient_quota",
                                                         "enforced_spend_limit_reached"};
// Servers that report a full context window without a code of its own.
constexpr std::array<std::string_view, 3> kContextMessages = {
    "maximum context length", "available context size", "exceed context limit"};
constexpr std::string_view kAnthropicContextMessage = "prompt is too long";
// Anthropic's content filter has no code of its own either.
constexpr std::string_view kAnthropicPolicyMessage = "content filtering policy";

template <std::size_t kCount>
bool is_one_of(std::string_view code, const std::array<std::string_view, kCount>& codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// The text at `detail`: a string, or the list of {"msg": ...} that some frameworks write.
std::string read_detail(const Json& object) {
  const Json* detail = find_member(object, "detail");
  if (detail == nullptr) return {};
  if (detail->is_string()) return detail->get<std::string>();
  if (detail->is_array() && !detail->empty()) return read_string(detail->front(), "msg");
  return read_string(*detail, "message");
}

std::string read_code(const Json& error) {
  if (const Json* details = find_member(error, "details")) {
    if (std::string code = read_string(*details, "error_code"); !code.empty()) return code;
  }
  return read_string(error, "code");
}

bool is_context_error(int status, const ProviderError& error) {
  if (is_one_of(error.code, kContextCodes) || is_one_of(error.type, kContextCodes)) return true;
  if (status == 413) return true;
  if (!error.code.empty() || (status != 400 && status != 422)) return false;
  if (error.message.starts_with(kAnthropicContextMessage)) return true;
  return std::any_of(kContextMessages.begin(), kContextMessages.end(), [&](std::string_view words) {
    return error.message.find(words) != std::string::npos;
  });
}

bool is_policy_error(int status, const ProviderError& error) {
  if (is_one_of(error.code, kPolicyCodes) || is_one_of(error.type, kPolicyCodes)) return true;
  return status == 400 && error.code.empty() &&
         error.message.find(kAnthropicPolicyMessage) != std::string::npos;
}

Outcome outcome_of(int status, const ProviderError& error) {
  if (status == 429) return Outcome::rate_limited;
  if (status >= 500) return Outcome::api_error;
  if (is_context_error(status, error)) return Outcome::context_window_exceeded;
  if (is_policy_error(status, error)) return Outcome::refused;
  return Outcome::api_error;
}

bool may_retry(const HttpReply& reply, const ProviderError& error, const Answer& answer) {
  const bool may_pass =
      answer.outcome == Outcome::api_error || answer.outcome == Outcome::rate_limited;
  if (!may_pass || is_one_of(error.code, kQuotaCodes) || is_one_of(error.type, kQuotaCodes)) {
    return false;
  }
  if (answer.retry_after.value_or(kMaxRetryAfter) > kMaxRetryAfter) return false;
  if (reply.should_retry == "true") return true;
  if (reply.should_retry == "false") return false;
  return reply.status == 408 || reply.status == 409 || reply.status == 429 || reply.status >= 500;
}

std::string code_for(int status, const ProviderError& error) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (!error.code.empty()) return error.code;
  if (!error.type.empty()) return error.type;
  return "http_" + std::to_string(status);
}

std::string message_for(const HttpReply& reply, const ProviderError& error) {
  if (!error.message.empty()) return error.message;
  const std::string status = "HTTP " + std::to_string(reply.status);
  const bool page = reply.body.find_first_not_of(" \t\r\n") == std::string::npos ||
                    reply.body.find('<') < kPageMarkBytes;
  return page ? status + " without a readable error text" : status + ": " + reply.body;
}

}  // namespace

ProviderError read_error(const nlohmann::json& body) {
  const Json& top = body.is_array() && !body.empty() ? body.front() : body;
  const Json* inner = find_member(top, "error");
  ProviderError error;
  error.request_id = read_string(top, "request_id");
  if (inner != nullptr && inner->is_string()) {
    error.message = inner->get<std::string>();
    error.code = read_code(top);
    return error;
  }
  const Json& source = inner != nullptr && inner->is_object() ? *inner : top;
  error.code = read_code(source);
  error.type = read_string(source, "type");
  error.message = read_string(source, "message");
  if (error.message.empty()) error.message = read_detail(source);
  return error;
}

std::string describe(const ProviderError& error) {
  const std::string& code = error.code.empty() ? error.type : error.code;
  if (error.message.empty()) return code.empty() ? "an error without a text" : code;
  return code.empty() ? error.message : code + ": " + error.message;
}

bool holds_error(const nlohmann::json& body) {
  const Json* error = find_member(body, "error");
  if (error != nullptr) return !error->is_boolean() || error->get<bool>();
  return read_string(body, "type") == "error" || read_string(body, "object") == "error";
}

void judge_http_error(const HttpReply& reply, const nlohmann::json& body, std::int64_t now_utc,
                      Answer& answer) {
  const ProviderError error = read_error(body);
  set_error(answer, outcome_of(reply.status, error), code_for(reply.status, error),
            message_for(reply, error));
  answer.billing = Billing::none;
  answer.retry_after = parse_retry_after(reply.retry_after_ms, reply.retry_after, now_utc);
  answer.retryable = may_retry(reply, error, answer);
  if (answer.provider_request_id.empty()) answer.provider_request_id = error.request_id;
}

}  // namespace llmw::detail
