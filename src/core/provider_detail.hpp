#pragma once
// What the protocols share; used by src/core/provider*.cpp only.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/provider.hpp"

namespace llmw::detail {

HttpRequest build_openai_request(const Endpoint& endpoint, const ChatRequest& chat);
HttpRequest build_anthropic_request(const Endpoint& endpoint, const ChatRequest& chat);

/// Reads an answer with a 2xx status and no error in it: sets outcome, text, finish_reason and,
/// when the outcome is not ok, error_code and error_message. `body` may have any shape.
void read_openai_message(const nlohmann::json& body, Answer& answer);
void read_anthropic_message(const nlohmann::json& body, Answer& answer);

/// The usage in the body in our normal form; nothing when a count is missing or is not a count.
std::optional<Usage> read_openai_usage(const nlohmann::json& body);
std::optional<Usage> read_anthropic_usage(const nlohmann::json& body);

/// What an error body says, whatever its shape; all texts may be empty.
struct ProviderError {
  std::string code;  ///< the most exact structured code
  std::string type;
  std::string message;
  std::string request_id;
};
ProviderError read_error(const nlohmann::json& body);

/// `error` in one line: its code, or else its type, and its message.
std::string describe(const ProviderError& error);

/// Whether a body (of any status) reports an error.
bool holds_error(const nlohmann::json& body);

/// Judges an answer with an HTTP error status: fills everything but the status and the ids.
void judge_http_error(const HttpReply& reply, const nlohmann::json& body, std::int64_t now_utc,
                      Answer& answer);

/// Makes `answer` an end without a usable text.
void set_error(Answer& answer, Outcome outcome, std::string code, std::string message);

/// The text in `content`: a string, or an array whose parts of type "text" are joined.
std::string join_text(const nlohmann::json& content);

/// The count at `object[key]`; 0 when absent or null; nothing when it is not a count.
std::optional<std::int64_t> read_optional_count(const nlohmann::json& object, const char* key);

/// "Name: value"; throws llmw::Error 22023 when `value` holds anything but printable ASCII.
std::string header(std::string_view name, std::string_view value);

/// The headers of every request, whatever the protocol.
std::vector<std::string> common_headers(const ChatRequest& chat);

/// {"role":ROLE,"content":CONTENT}
std::string message_json(std::string_view role, std::string_view content);

/// The messages of the exchanges of `chat`, each with a comma before it.
std::string exchanges_json(const ChatRequest& chat);

/// Throws llmw::Error 22032 unless the schema of `chat` is a JSON object, or known to be one.
void check_schema(const ChatRequest& chat);

}  // namespace llmw::detail
