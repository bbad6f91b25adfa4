#pragma once
// What the tests of the provider protocols share: one question and the answer to any reply.

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

#include "core/json.hpp"
#include "core/provider.hpp"

namespace llmw::testing {

inline constexpr std::string_view kSecret = "sk-canary-0123456789";
inline constexpr std::int64_t kNow = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT

inline ChatRequest question(std::string model = "gpt-4o-mini") {
  ChatRequest chat;
  chat.model = std::move(model);
  chat.system_prompt = "Be \"brief\".";
  chat.user_prompt = "Caf\xC3\xA9\nplan";
  chat.json_schema = R"({"type":"object","properties":{"z":{},"a":{}}})";
  chat.schema_name = "pilot";
  chat.max_output_tokens = 1000;
  chat.call_id = "0190-call";
  return chat;
}

inline Endpoint endpoint(Protocol protocol, StructuredOutput output = StructuredOutput::none) {
  return {protocol, "https://api.example.com/v1", std::string(kSecret), output};
}

inline Answer answer_to(Protocol protocol, const HttpReply& reply) {
  const ChatRequest chat = question();
  const HttpRequest request = build_http_request(endpoint(protocol), chat);
  return read_http_reply(protocol, request, chat, reply, kNow, kSecret);
}

inline HttpReply http(int status, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

inline bool has_header(const HttpRequest& request, std::string_view line) {
  for (const std::string& header : request.headers) {
    if (header == line) return true;
  }
  return false;
}

inline nlohmann::json body_of(const HttpRequest& request) {
  nlohmann::json body;
  read_json(request.body, body, DuplicateKeys::refuse);
  return body;
}

}  // namespace llmw::testing
