#pragma once
// What is sent to a provider and what its answer means. Pure functions: bytes in, bytes out.
//
// One pair of functions per protocol (provider_openai.cpp, provider_anthropic.cpp). Classification
// looks at structured codes before message texts, and only ever at the latter for the few errors
// that have no code. Sources of the wire facts: the vendors' own SDK types.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/rate_limit_headers.hpp"
#include "core/service_tier.hpp"
#include "core/usage.hpp"

namespace llmw {

enum class Protocol { openai, anthropic, builtin };
enum class StructuredOutput { none, json_object, json_schema };

/// Where a call goes. `api_key` is secret: it appears in the headers of HttpRequest, nowhere else.
struct Endpoint {
  Protocol protocol = Protocol::openai;
  std::string base_url;  ///< without trailing slash, e.g. "https://api.openai.com/v1"
  std::string api_key;   ///< may be empty for a server that needs none
  StructuredOutput structured_output = StructuredOutput::none;
};

/// What a model answered before, and what it was told then.
struct Exchange {
  std::string answer;
  std::string reply;
};

/// One question to a model.
struct ChatRequest {
  std::string model;  ///< the provider's own name of it
  std::string system_prompt;
  std::string user_prompt;
  std::vector<Exchange> exchanges;  ///< after user_prompt, in order; the last reply is the question
  std::string json_schema;  ///< of the document; used when the endpoint does structured output
  bool schema_suits_anthropic = true;  ///< whether Anthropic takes it
  bool schema_is_ours = false;         ///< it was written by AnswerForm: known to be a JSON object
  std::string schema_name;             ///< [a-zA-Z0-9_-]{1,64}
  int max_output_tokens = 0;
  std::string call_id;  ///< sent as X-Client-Request-Id: joins the provider's records to ours
};

struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;
  bool new_connection = false;  ///< do not reuse one: for a retry, the one before may have died
};

/// How a transfer ended, as the http layer tells it.
enum class TransferEnd {
  complete,         ///< a whole HTTP answer arrived
  not_sent,         ///< provably no byte of the request left (resolve, connect, TLS, address)
  connection_lost,  ///< broke after the request may have been read: may be billed
  timeout,          ///< our deadline passed
  too_large,        ///< the decoded body exceeded the cap
  malformed,        ///< not HTTP, or the body's framing is wrong
  cancelled,        ///< we ended it
};

/// Headers are kept as they came, each name once (the last wins), empty when absent.
struct HttpReply {
  TransferEnd end = TransferEnd::complete;
  int status = 0;  ///< 0 when no status line arrived
  std::string body;
  std::string request_id;      ///< x-request-id (OpenAI) or request-id (Anthropic)
  std::string retry_after;     ///< Retry-After
  std::string retry_after_ms;  ///< retry-after-ms
  std::string should_retry;    ///< x-should-retry
  RateLimitHeaders rate_limit_headers;
  std::string error;  ///< of the transfer: "code: text for people", without secrets
};

/// The outcome of one call: column llm_calls.outcome.
enum class Outcome {
  ok,  ///< a text came back whole; whether its document is valid is the flow's question
  validation_failed,
  api_error,
  timeout,
  rate_limited,
  truncated,
  refused,
  context_window_exceeded,
  credentials_missing,
  cancelled,
  lost,  ///< the worker ended before the answer came
};

/// What may have been billed for a call, column llm_calls.cost_source once priced.
enum class Billing {
  reported,  ///< `usage` holds what the provider reported
  possible,  ///< may be billed, and no usable usage was reported: estimate the cost
  none,      ///< provably not billed: nothing was sent, or the provider answered with an error
};

struct Answer {
  Outcome outcome = Outcome::api_error;
  bool retryable = false;                                ///< the same model may be asked again
  std::optional<std::chrono::milliseconds> retry_after;  ///< as the provider asked for
  Billing billing = Billing::none;
  Usage usage;                                       ///< meaningful when billing == reported
  ServiceTier service_tier = ServiceTier::standard;  ///< that it was billed by
  std::string text;  ///< the model's text (UTF-8, valid); also set when truncated
  int http_status = 0;
  std::string finish_reason;  ///< the provider's own word
  std::string returned_model;
  std::string provider_request_id;
  std::string error_code;     ///< the provider's, or ours such as "connection_refused"
  std::string error_message;  ///< for people: printable, at most 500 bytes, no secrets
};

/// Longest wait asked for by Retry-After that is honoured (openai-python honours the same); a
/// longer one makes the call not retryable.
inline constexpr std::chrono::milliseconds kMaxRetryAfter{120'000};

inline constexpr std::size_t kMinSecretBytes = 8;

/// The request for `chat` at `endpoint`, whose protocol must not be builtin. Throws llmw::Error
/// 22023 when the key, the URL, the call id or the schema's name holds a character that it must not
/// hold, and 22032 when the schema is not a JSON object.
HttpRequest build_http_request(const Endpoint& endpoint, const ChatRequest& chat);

/// What `reply` to `request` means. `now_utc` (seconds since 1970) is for a Retry-After that is a
/// date. `secret` (the API key) is cut out of every text that the answer carries; out of the
/// model's own text only if it has at least kMinSecretBytes, because a key such as "none" protects
/// nothing and is also an English word.
/// Usage that is absent, negative, not an integer, contradictory or beyond what request and answer
/// can hold is not believed: Billing::possible. Never throws except std::bad_alloc.
Answer read_http_reply(Protocol protocol, const HttpRequest& request, const ChatRequest& chat,
                       const HttpReply& reply, std::int64_t now_utc, std::string_view secret);

/// Retry-After in milliseconds from both headers: milliseconds, seconds (decimals allowed) or an
/// HTTP date rounded up to the next second. Nothing for absent, negative or unreadable values;
/// absurd values give a wait beyond kMaxRetryAfter rather than 0.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view retry_after_ms,
                                                           std::string_view retry_after,
                                                           std::int64_t now_utc);

/// Tokens of `text` by the rule of thumb 1 token ~ 4 characters (FACTS, document 002), rounded up.
std::int64_t estimate_tokens(std::string_view text);

/// The same for all that `chat` sends.
std::int64_t estimate_input_tokens(const ChatRequest& chat);

const char* to_string(Outcome outcome);
std::optional<Protocol> parse_protocol(std::string_view name);
std::optional<StructuredOutput> parse_structured_output(std::string_view name);

}  // namespace llmw
