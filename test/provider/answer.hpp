// The answer of a provider to a checked request: status, headers, body and what it costs.
//
// An answer knows nothing about sockets; reply.hpp decides how it travels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assignment.hpp"
#include "document.hpp"
#include "fault.hpp"
#include "fault_script.hpp"
#include "http_request.hpp"
#include "model_request.hpp"
#include "provider_error.hpp"

namespace llmw::sim {

struct Answer {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string headers;  // complete lines, each with its line end
  std::string body;
  bool billed = false;
  uint64_t input_tokens = 0;   // true ones, 0 when not billed
  uint64_t output_tokens = 0;  // true ones, 0 when not billed
};

// The parts of a request that an answer depends on. All references outlive the call.
struct Question {
  const HttpRequest& http;
  const Target& target;
  const ModelRequest& model;
  const Assignment& assignment;
  const FaultSet& faults;
  std::string_view service_tier;
  uint64_t id;  // number of the answer, from 1
};

// Answers with the model's text, changed by the faults.
Answer answer_question(const Question& question, Documents& documents);

// Answers with an error in the shape of the provider; shape kNone gets the OpenAI one.
Answer answer_error(const ProviderError& error, Shape shape, uint64_t id);

}  // namespace llmw::sim
