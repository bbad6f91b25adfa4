// OpenAI chat completions, as every compatible server speaks it.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/json.hpp"
#include "core/provider_detail.hpp"

namespace llmw::detail {
namespace {

using Json = nlohmann::json;

/// The o-series and gpt-5 refuse `max_tokens`; every compatible server understands it.
bool counts_completion_tokens(std::string_view model) {
  const bool o_series = model.size() >= 2 && model[0] == 'o' && model[1] >= '0' && model[1] <= '9';
  return o_series || model.starts_with("gpt-5");
}

/// The first o-series models take neither a system message nor a response format.
bool takes_user_text_only(std::string_view model) {
  return model.starts_with("o1-mini") || model.starts_with("o1-preview");
}

std::string messages_json(const ChatRequest& chat) {
  const bool joined = takes_user_text_only(chat.model);
  std::string messages = "[";
  std::string user_prompt = chat.user_prompt;
  if (!chat.system_prompt.empty()) {
    if (joined)
      user_prompt = chat.system_prompt + "\n\n" + user_prompt;
    else
      messages += message_json("system", chat.system_prompt) + ',';
  }
  return messages + message_json("user", user_prompt) + exchanges_json(chat) + ']';
}

void check_schema_name(std::string_view name) {
  constexpr std::size_t kMaxBytes = 64;
  const bool fits = !name.empty() && name.size() <= kMaxBytes &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '_' || c == '-';
                    });
  if (fits) return;
  throw Error(sqlstate::kInvalidParameterValue, "invalid name of a JSON schema",
              "A name has 1 to 64 letters, digits, hyphens and underscores.");
}

/// The member `response_format` with a comma before it, or nothing. The schema goes in as it is
/// written: models answer in the order of its keys.
std::string response_format_json(StructuredOutput output, const ChatRequest& chat) {
  if (output == StructuredOutput::none || takes_user_text_only(chat.model)) return {};
  if (output == StructuredOutput::json_object || chat.json_schema.empty()) {
    return R"(,"response_format":{"type":"json_object"})";
  }
  check_schema_name(chat.schema_name);
  check_schema(chat);
  return R"(,"response_format":{"type":"json_schema","json_schema":{"name":)" +
         json_quote(chat.schema_name) + R"(,"strict":true,"schema":)" + chat.json_schema + "}}";
}

std::string limit_json(const ChatRequest& chat) {
  if (chat.max_output_tokens <= 0) return {};
  const char* key =
      counts_completion_tokens(chat.model) ? R"(,"max_completion_tokens":)" : R"(,"max_tokens":)";
  return key + std::to_string(chat.max_output_tokens);
}

void judge_choice(const Json& choice, Answer& answer) {
  const Json* message = find_member(choice, "message");
  const Json* content = message == nullptr ? nullptr : find_member(*message, "content");
  const std::string refusal = message == nullptr ? "" : read_string(*message, "refusal");
  answer.finish_reason = read_string(choice, "finish_reason");
  if (content != nullptr) answer.text = join_text(*content);
  if (!refusal.empty()) {
    set_error(answer, Outcome::refused, "refusal", refusal);
  } else if (answer.finish_reason == "content_filter") {
    set_error(answer, Outcome::refused, "content_filter",
              "the provider's filter stopped the answer");
  } else if (holds_error(choice)) {
    set_error(answer, Outcome::api_error, "error_in_answer", describe(read_error(choice)));
  } else if (answer.finish_reason == "length") {
    set_error(answer, Outcome::truncated, "length",
              "the answer reached the limit of output tokens");
  } else if (answer.text.empty()) {
    set_error(answer, Outcome::api_error, "answer_has_no_text", "the answer has no text");
  } else {
    answer.outcome = Outcome::ok;
  }
}

}  // namespace

HttpRequest build_openai_request(const Endpoint& endpoint, const ChatRequest& chat) {
  HttpRequest request;
  request.url = endpoint.base_url + "/chat/completions";
  request.headers = common_headers(chat);
  if (!endpoint.api_key.empty()) {
    request.headers.push_back(header("Authorization", "Bearer " + endpoint.api_key));
  }
  request.body = R"({"model":)" + json_quote(chat.model) + R"(,"messages":)" + messages_json(chat) +
                 limit_json(chat) + response_format_json(endpoint.structured_output, chat) +
                 R"(,"stream":false})";
  return request;
}

void read_openai_message(const nlohmann::json& body, Answer& answer) {
  const Json* choices = find_member(body, "choices");
  if (choices == nullptr || !choices->is_array()) {
    set_error(answer, Outcome::api_error, "answer_wrong_shape", "the answer has no choices");
  } else if (choices->empty()) {
    set_error(answer, Outcome::api_error, "answer_has_no_text", "the answer's choices are empty");
  } else {
    judge_choice(choices->front(), answer);
  }
}

std::optional<Usage> read_openai_usage(const nlohmann::json& body) {
  const Json* usage = find_member(body, "usage");
  if (usage == nullptr) return std::nullopt;
  const Json none;
  const Json* found = find_member(*usage, "prompt_tokens_details");
  const Json& input_details = found == nullptr ? none : *found;
  found = find_member(*usage, "completion_tokens_details");
  const Json& output_details = found == nullptr ? none : *found;

  const auto input = read_count(*usage, "prompt_tokens");
  const auto output = read_count(*usage, "completion_tokens");
  const auto cached = read_optional_count(input_details, "cached_tokens");
  const auto written = read_optional_count(input_details, "cache_write_tokens");
  if (!input || !output || !cached || !written) return std::nullopt;
  const auto reasoning = read_count(output_details, "reasoning_tokens");
  return Usage{*input, *cached, *written, *output, reasoning.value_or(0)};
}

}  // namespace llmw::detail
