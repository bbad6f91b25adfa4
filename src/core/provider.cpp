#include "core/provider.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.hpp"
#include "core/json.hpp"
#include "core/provider_detail.hpp"
#include "core/text.hpp"

namespace llmw {
namespace {

using Json = nlohmann::json;

// Chat templates and injected tool or safety prompts add input tokens that are not in our request.
constexpr std::int64_t kHiddenInputTokens = 10'000;
constexpr std::int64_t kBytesPerToken = 4;
constexpr std::size_t kMaxMessageBytes = 500;
constexpr std::size_t kMaxNameBytes = 200;

/// A body as JSON. With keys that stand twice in it, `json` has their last values and
/// `first_values` their first.
struct Body {
  JsonRead read;
  Json json;
  Json first_values;
  bool has_duplicates = false;
};

Body read_body(std::string_view text) {
  Body body;
  body.read = read_json(text, body.json, DuplicateKeys::refuse);
  if (body.read.fault == JsonFault::duplicate_key) {
    body.has_duplicates = true;
    read_json(text, body.first_values, DuplicateKeys::keep_first);
    body.read = read_json(text, body.json, DuplicateKeys::keep_last);
  }
  return body;
}

/// `text` with everything that could be bad Unicode made harmless, so that the counts in it can
/// still be read: they may be billed.
std::string only_ascii(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (static_cast<unsigned char>(out[i]) >= 0x80) out[i] = '?';
    if (out[i] == '\0') out[i] = ' ';
    if (out[i] != '\\' || i + 1 == out.size()) continue;
    if (out[i + 1] == 'u') out[i] = '?';
    ++i;
  }
  return out;
}

std::optional<Usage> read_usage(Protocol protocol, const Json& body) {
  return protocol == Protocol::anthropic ? detail::read_anthropic_usage(body)
                                         : detail::read_openai_usage(body);
}

ServiceTier read_service_tier(Protocol protocol, const Json& body) {
  if (protocol != Protocol::anthropic)
    return billed_service_tier(read_string(body, "service_tier"));
  const Json* usage = find_member(body, "usage");
  return usage == nullptr ? ServiceTier::standard
                          : billed_service_tier(read_string(*usage, "service_tier"));
}

/// Whether request and reply can hold what `usage` says.
bool is_plausible(const Usage& usage, const HttpRequest& request, const ChatRequest& chat,
                  const HttpReply& reply, const Answer& answer) {
  const auto request_bytes = static_cast<std::int64_t>(request.body.size());
  const auto reply_bytes = static_cast<std::int64_t>(reply.body.size());
  const std::int64_t max_output = std::max<std::int64_t>(chat.max_output_tokens, reply_bytes);
  const std::int64_t min_output = answer.text.empty() ? 0 : 1;
  return usage.input >= 1 && usage.input <= request_bytes + kHiddenInputTokens &&
         usage.output >= min_output && usage.output <= max_output &&
         usage.cached_input + usage.cache_write <= usage.input;
}

std::optional<Usage> believable_usage(Protocol protocol, const Body& body,
                                      const HttpRequest& request, const ChatRequest& chat,
                                      const HttpReply& reply, const Answer& answer) {
  std::optional<Usage> usage = read_usage(protocol, body.json);
  if (!usage || !is_plausible(*usage, request, chat, reply, answer)) return std::nullopt;
  if (body.has_duplicates && read_usage(protocol, body.first_values) != usage) return std::nullopt;
  if (usage->reasoning > usage->output) usage->reasoning = 0;
  return usage;
}

const char* code_of(JsonFault fault) {
  switch (fault) {
    case JsonFault::too_deep: return "answer_too_deep";
    case JsonFault::too_many_values: return "answer_too_large";
    case JsonFault::bad_unicode: return "answer_bad_unicode";
    case JsonFault::bad_number: return "answer_bad_number";
    default: return "answer_not_json";
  }
}

/// The outcome, the text and the words of an answer with a 2xx status.
void judge_message(Protocol protocol, const Body& body, JsonFault fault, Answer& answer) {
  if (fault != JsonFault::none) {
    detail::set_error(answer, Outcome::api_error, code_of(fault),
                      "the answer cannot be read as JSON: " + body.read.message);
  } else if (detail::holds_error(body.json)) {
    detail::set_error(answer, Outcome::api_error, "error_in_answer",
                      detail::describe(detail::read_error(body.json)));
  } else if (protocol == Protocol::anthropic) {
    detail::read_anthropic_message(body.json, answer);
  } else {
    detail::read_openai_message(body.json, answer);
  }
}

void judge_success(Protocol protocol, const HttpRequest& request, const ChatRequest& chat,
                   const HttpReply& reply, Answer& answer) {
  Body body = read_body(reply.body);
  const JsonFault fault = body.read.fault;
  if (fault == JsonFault::bad_unicode) {
    const JsonRead first_read = body.read;
    body = read_body(only_ascii(reply.body));
    body.read = first_read;
  }
  answer.returned_model = read_string(body.json, "model");
  judge_message(protocol, body, fault, answer);
  const auto usage = believable_usage(protocol, body, request, chat, reply, answer);
  answer.billing = usage ? Billing::reported : Billing::possible;
  answer.usage = usage.value_or(Usage{});
  answer.service_tier = read_service_tier(protocol, body.json);
}

void judge_redirect(const HttpReply& reply, Answer& answer) {
  detail::set_error(answer, Outcome::api_error, "redirect_not_followed",
                    "the server answered with a redirect, HTTP " + std::to_string(reply.status) +
                        ", which is never followed");
  answer.billing = Billing::none;
}

struct TransferVerdict {
  Outcome outcome;
  bool retryable;
  Billing billing;
  const char* code;
  const char* message;
};

TransferVerdict verdict_on(TransferEnd end) {
  switch (end) {
    case TransferEnd::not_sent:
      return {Outcome::api_error, true, Billing::none, "not_sent", "the request was not sent"};
    case TransferEnd::connection_lost:
      return {Outcome::api_error, true, Billing::possible, "connection_lost",
              "the connection broke before the answer was complete"};
    case TransferEnd::timeout:
      return {Outcome::timeout, false, Billing::possible, "timeout", "no answer came in time"};
    case TransferEnd::too_large:
      return {Outcome::api_error, false, Billing::possible, "answer_too_large",
              "the answer is larger than what is accepted"};
    case TransferEnd::cancelled:
      return {Outcome::cancelled, false, Billing::possible, "cancelled", "the call was cancelled"};
    case TransferEnd::complete:
    case TransferEnd::malformed: break;
  }
  return {Outcome::api_error, false, Billing::possible, "answer_malformed",
          "the answer is not well-formed HTTP"};
}

/// The code with which a transfer's error begins: small letters and underscores before a colon.
std::string_view leading_code(std::string_view error) {
  const auto end = std::find_if_not(error.begin(), error.end(),
                                    [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  const bool has_code = end != error.begin() && end != error.end() && *end == ':';
  return has_code ? error.substr(0, static_cast<std::size_t>(end - error.begin()))
                  : std::string_view();
}

/// Codes of src/http for calls of which nothing left, though their end does not say so.
bool is_unsent(std::string_view code) {
  return code == "connect_timeout" || code == "cancelled_unsent";
}

/// Codes of src/http for requests that will never be sent, however often they are tried.
bool is_hopeless(std::string_view code) {
  return code == "invalid_url" || code == "invalid_header" || code == "address_refused";
}

void judge_transfer(const HttpReply& reply, TransferEnd end, Answer& answer) {
  constexpr std::string_view kSeparator = ": ";
  const TransferVerdict verdict = verdict_on(end);
  const std::string code(leading_code(reply.error));
  std::string message = reply.error;
  if (!code.empty()) message.erase(0, std::min(message.size(), code.size() + kSeparator.size()));
  if (message.empty()) message = verdict.message;
  detail::set_error(answer, verdict.outcome, code.empty() ? verdict.code : code, message);
  answer.retryable = verdict.retryable && !is_hopeless(code);
  answer.billing = is_unsent(code) ? Billing::none : verdict.billing;
}

void judge(Protocol protocol, const HttpRequest& request, const ChatRequest& chat,
           const HttpReply& reply, std::int64_t now_utc, Answer& answer) {
  if (reply.end != TransferEnd::complete) {
    judge_transfer(reply, reply.end, answer);
  } else if (reply.status < 200) {
    judge_transfer(reply, TransferEnd::malformed, answer);
  } else if (reply.status < 300) {
    judge_success(protocol, request, chat, reply, answer);
  } else if (reply.status < 400) {
    judge_redirect(reply, answer);
  } else {
    detail::judge_http_error(reply, read_body(reply.body).json, now_utc, answer);
  }
}

/// Makes a text of the provider safe to store and to log. Cut last, so that no part of a secret
/// is left over; redacted again, because cleaning changes characters.
void clean(std::string& text, std::size_t max_bytes, std::string_view secret) {
  if (text.empty()) return;
  const std::string line = printable(redact(text, secret), max_bytes);
  text = std::string(cut_utf8(redact(line, secret), max_bytes));
}

void clean(Answer& answer, std::string_view secret) {
  clean(answer.error_message, kMaxMessageBytes, secret);
  for (std::string* name : {&answer.error_code, &answer.finish_reason, &answer.returned_model,
                            &answer.provider_request_id}) {
    clean(*name, kMaxNameBytes, secret);
  }
  if (secret.size() >= kMinSecretBytes && !answer.text.empty()) {
    answer.text = redact(answer.text, secret);
  }
}

}  // namespace

HttpRequest build_http_request(const Endpoint& endpoint, const ChatRequest& chat) {
  const bool plain = std::all_of(endpoint.base_url.begin(), endpoint.base_url.end(),
                                 [](char c) { return c > ' ' && c < 0x7F; });
  if (!plain) {
    throw Error(sqlstate::kInvalidParameterValue, "invalid base URL of a provider",
                "A URL must not contain spaces, control characters or non-ASCII characters.");
  }
  switch (endpoint.protocol) {
    case Protocol::openai: return detail::build_openai_request(endpoint, chat);
    case Protocol::anthropic: return detail::build_anthropic_request(endpoint, chat);
    case Protocol::builtin: break;
  }
  throw Error(sqlstate::kInternalError, "the protocol builtin has no HTTP requests");
}

Answer read_http_reply(Protocol protocol, const HttpRequest& request, const ChatRequest& chat,
                       const HttpReply& reply, std::int64_t now_utc, std::string_view secret) {
  Answer answer;
  answer.http_status = reply.status;
  answer.provider_request_id = reply.request_id;
  judge(protocol, request, chat, reply, now_utc, answer);
  clean(answer, secret);
  return answer;
}

std::int64_t estimate_tokens(std::string_view text) {
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  });
  return (characters + kBytesPerToken - 1) / kBytesPerToken;
}

std::int64_t estimate_input_tokens(const ChatRequest& chat) {
  std::int64_t tokens = estimate_tokens(chat.system_prompt) + estimate_tokens(chat.user_prompt);
  for (const Exchange& exchange : chat.exchanges)
    tokens += estimate_tokens(exchange.answer) + estimate_tokens(exchange.reply);
  return tokens;
}

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::validation_failed: return "validation_failed";
    case Outcome::api_error: return "api_error";
    case Outcome::timeout: return "timeout";
    case Outcome::rate_limited: return "rate_limited";
    case Outcome::truncated: return "truncated";
    case Outcome::refused: return "refused";
    case Outcome::context_window_exceeded: return "context_window_exceeded";
    case Outcome::credentials_missing: return "credentials_missing";
    case Outcome::cancelled: return "cancelled";
    case Outcome::lost: return "lost";
  }
  return "api_error";
}

std::optional<Protocol> parse_protocol(std::string_view name) {
  if (name == "openai") return Protocol::openai;
  if (name == "anthropic") return Protocol::anthropic;
  if (name == "builtin") return Protocol::builtin;
  return std::nullopt;
}

std::optional<StructuredOutput> parse_structured_output(std::string_view name) {
  if (name == "none") return StructuredOutput::none;
  if (name == "json_object") return StructuredOutput::json_object;
  if (name == "json_schema") return StructuredOutput::json_schema;
  return std::nullopt;
}

namespace detail {

void set_error(Answer& answer, Outcome outcome, std::string code, std::string message) {
  answer.outcome = outcome;
  answer.error_code = std::move(code);
  answer.error_message = std::move(message);
}

std::string join_text(const nlohmann::json& content) {
  if (content.is_string()) return content.get<std::string>();
  if (!content.is_array()) return {};
  std::string text;
  for (const Json& part : content) {
    if (read_string(part, "type") == "text") text += read_string(part, "text");
  }
  return text;
}

std::optional<std::int64_t> read_optional_count(const nlohmann::json& object, const char* key) {
  return find_member(object, key) == nullptr ? 0 : read_count(object, key);
}

std::string header(std::string_view name, std::string_view value) {
  const bool plain =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c < 0x7F; });
  if (!plain) {
    throw Error(sqlstate::kInvalidParameterValue,
                "invalid value for the HTTP header \"" + std::string(name) + "\"",
                "A header value must not contain control characters or non-ASCII characters.",
                "Check the API key for a line break at its end.");
  }
  return std::string(name) + ": " + std::string(value);
}

std::vector<std::string> common_headers(const ChatRequest& chat) {
  std::vector<std::string> headers = {"Content-Type: application/json", "Accept: application/json",
                                      "User-Agent: llm_workflow"};
  if (!chat.call_id.empty()) headers.push_back(header("X-Client-Request-Id", chat.call_id));
  return headers;
}

std::string message_json(std::string_view role, std::string_view content) {
  std::string message = R"({"role":)" + json_quote(role) + R"(,"content":)";
  append_json_quoted(message, content);
  message += '}';
  return message;
}

std::string exchanges_json(const ChatRequest& chat) {
  std::string messages;
  for (const Exchange& exchange : chat.exchanges)
    messages += ',' + message_json("assistant", exchange.answer) + ',' +
                message_json("user", exchange.reply);
  return messages;
}

void check_schema(const ChatRequest& chat) {
  if (chat.schema_is_ours) return;
  Json schema;
  const JsonRead read = read_json(chat.json_schema, schema);
  if (read.fault == JsonFault::none && schema.is_object()) return;
  throw Error(sqlstate::kInvalidJsonText, "the JSON schema of the document is not a JSON object",
              read.message.empty() ? "" : "The fault: " + read.message + ".");
}

}  // namespace detail
}  // namespace llmw
