// What the simulated providers read from the JSON body of a request.
//
// The body is checked as strict JSON (UTF-8, no lone surrogates, at most 256 levels) and only
// the few fields below are kept, in one pass and without building a tree: the simulator must stay
// faster than what a benchmark measures. Texts are as written between the quotes, escapes not
// resolved; one of several blocks reaches from the first block to the last, with the JSON between.
#pragma once

#include <cstdint>
#include <string_view>

namespace llmw::sim {

struct ModelRequest {
  std::string_view model;
  std::string_view schema_name;  // of response_format.json_schema
  std::string_view system;       // the system prompt
  std::string_view user;         // the last message of the user
  std::string_view talk;         // from the first message of the user to the last
  uint64_t content_bytes = 0;    // decoded bytes of all message contents and the system prompt
  uint64_t messages = 0;
  bool has_answer = false;  // one of the messages is an answer that the model gave before
  bool has_model = false;
  bool has_messages = false;
  bool has_max_tokens = false;
  bool stream = false;
};

// Reads `body` into `request`, whose views point into `body`. Returns nullptr on success, else
// the reason why it is not a JSON object of the expected types (static text).
const char* read_model_request(std::string_view body, ModelRequest* request);

}  // namespace llmw::sim
