// Anthropic messages.

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/json.hpp"
#include "core/provider_detail.hpp"

namespace llmw::detail {
namespace {

using Json = nlohmann::json;

/// The member `output_config` with a comma before it, or nothing: this protocol knows no
/// json_object, and fewer schemas.
std::string output_config_json(StructuredOutput output, const ChatRequest& chat) {
  if (output != StructuredOutput::json_schema || chat.json_schema.empty()) return {};
  if (!chat.schema_suits_anthropic) return {};
  check_schema(chat);
  return R"(,"output_config":{"format":{"type":"json_schema","schema":)" + chat.json_schema + "}}";
}

std::string refusal_message(const Json& body) {
  const Json* details = find_member(body, "stop_details");
  std::string message = details == nullptr ? "" : read_string(*details, "explanation");
  return message.empty() ? "the model refused to answer" : message;
}

}  // namespace

HttpRequest build_anthropic_request(const Endpoint& endpoint, const ChatRequest& chat) {
  if (chat.max_output_tokens <= 0) {
    throw Error(sqlstate::kInvalidParameterValue, "the limit of output tokens must be positive",
                "The protocol anthropic has no request without such a limit.");
  }
  HttpRequest request;
  request.url = endpoint.base_url + "/messages";
  request.headers = common_headers(chat);
  request.headers.emplace_back("anthropic-version: 2023-06-01");
  if (!endpoint.api_key.empty()) request.headers.push_back(header("x-api-key", endpoint.api_key));
  request.body = R"({"model":)" + json_quote(chat.model) + R"(,"max_tokens":)" +
                 std::to_string(chat.max_output_tokens);
  if (!chat.system_prompt.empty()) request.body += R"(,"system":)" + json_quote(chat.system_prompt);
  request.body += R"(,"messages":[)" + message_json("user", chat.user_prompt) +
                  exchanges_json(chat) + ']' +
                  output_config_json(endpoint.structured_output, chat) + '}';
  return request;
}

void read_anthropic_message(const nlohmann::json& body, Answer& answer) {
  const Json* content = find_member(body, "content");
  answer.finish_reason = read_string(body, "stop_reason");
  if (content != nullptr) answer.text = join_text(*content);
  if (answer.finish_reason == "refusal") {
    set_error(answer, Outcome::refused, "refusal", refusal_message(body));
  } else if (answer.finish_reason == "model_context_window_exceeded") {
    set_error(answer, Outcome::context_window_exceeded, answer.finish_reason,
              "the answer reached the end of the model's context window");
  } else if (answer.finish_reason == "max_tokens") {
    set_error(answer, Outcome::truncated, "max_tokens",
              "the answer reached the limit of output tokens");
  } else if (content == nullptr || !content->is_array()) {
    set_error(answer, Outcome::api_error, "answer_wrong_shape", "the answer has no content");
  } else if (answer.text.empty()) {
    set_error(answer, Outcome::api_error, "answer_has_no_text", "the answer has no text");
  } else {
    answer.outcome = Outcome::ok;
  }
}

std::optional<Usage> read_anthropic_usage(const nlohmann::json& body) {
  const Json* usage = find_member(body, "usage");
  if (usage == nullptr) return std::nullopt;
  const auto fresh = read_count(*usage, "input_tokens");
  const auto output = read_count(*usage, "output_tokens");
  const auto cached = read_optional_count(*usage, "cache_read_input_tokens");
  const auto written = read_optional_count(*usage, "cache_creation_input_tokens");
  if (!fresh || !output || !cached || !written) return std::nullopt;
  return Usage{*fresh + *cached + *written, *cached, *written, *output, 0};
}

}  // namespace llmw::detail
