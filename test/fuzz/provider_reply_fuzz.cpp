// Any reply of a provider: the answer keeps its promises about texts, usage and the key.
//
// Input: first byte protocol and status, second byte how the transfer ended; then headers and body,
// separated by line feeds. The byte 0x01 stands for the key, 0x02 for its JSON-escaped form.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/provider.hpp"

namespace {

constexpr std::string_view kSecret = "sk-canary-0123456789";
constexpr std::string_view kEscapedSecret = R"(\u0073k-canary-0123456789)";
constexpr std::array<int, 16> kStatus = {200, 201, 204, 301, 400, 401, 403, 408,
                                         413, 422, 429, 500, 529, 0,   100, 999};

void require(bool holds) {
  if (!holds) std::abort();
}

std::string with_secrets(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == 1) {
      out += kSecret;
    } else if (c == 2) {
      out += kEscapedSecret;
    } else {
      out += c;
    }
  }
  return out;
}

/// Cuts the text up to the next line feed off `rest`.
std::string take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string line = with_secrets(rest.substr(0, end));
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

void check_text(const std::string& text, std::size_t max_bytes) {
  require(text.size() <= max_bytes);
  require(text.find(kSecret) == std::string::npos);
  require(text.find(kEscapedSecret) == std::string::npos);
  nlohmann::json read_back;
  require(llmw::read_json(llmw::json_quote(text), read_back).fault == llmw::JsonFault::none);
  require(read_back == text);  // not so if invalid UTF-8 was replaced
}

void check_answer(const llmw::Answer& answer, const llmw::HttpRequest& request) {
  check_text(answer.text, SIZE_MAX);
  check_text(answer.error_message, 500);
  for (const std::string* name : {&answer.error_code, &answer.finish_reason, &answer.returned_model,
                                  &answer.provider_request_id}) {
    check_text(*name, 200);
    require(name->find_first_of("\n\r\t\x1b") == std::string::npos);
  }
  require(answer.outcome != llmw::Outcome::ok || !answer.text.empty());
  require((answer.outcome == llmw::Outcome::ok) == answer.error_code.empty());
  require(!answer.retryable || answer.outcome == llmw::Outcome::api_error ||
          answer.outcome == llmw::Outcome::rate_limited);
  require(!answer.retryable ||
          answer.retry_after.value_or(llmw::kMaxRetryAfter) <= llmw::kMaxRetryAfter);
  const llmw::Usage& usage = answer.usage;
  if (answer.billing != llmw::Billing::reported) {
    require(usage == llmw::Usage{});
    return;
  }
  require(usage.input > 0 && usage.output >= 0 && usage.cached_input >= 0);
  require(usage.cache_write >= 0 && usage.cached_input + usage.cache_write <= usage.input);
  require(usage.reasoning >= 0 && usage.reasoning <= usage.output);
  require(usage.input <= static_cast<std::int64_t>(request.body.size()) + 10'000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto protocol = data[0] & 0x80 ? llmw::Protocol::anthropic : llmw::Protocol::openai;
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  llmw::HttpReply reply;
  reply.status = kStatus[data[0] % kStatus.size()];
  const int end = data[1] % 16;
  reply.end = end > 6 ? llmw::TransferEnd::complete : static_cast<llmw::TransferEnd>(end);
  reply.request_id = take_line(rest);
  reply.retry_after = take_line(rest);
  reply.retry_after_ms = take_line(rest);
  reply.should_retry = take_line(rest);
  reply.error = take_line(rest);
  reply.body = with_secrets(rest);

  llmw::ChatRequest chat;
  chat.model = "m";
  chat.user_prompt = "p";
  chat.max_output_tokens = 100;
  const llmw::HttpRequest request =
      llmw::build_http_request({protocol, "https://x.example/v1", std::string(kSecret), {}}, chat);
  check_answer(llmw::read_http_reply(protocol, request, chat, reply, 784'111'777, kSecret),
               request);
  return 0;
}
