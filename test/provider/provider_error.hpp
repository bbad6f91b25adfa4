// The error answers of both providers: status, codes and messages.
//
// Codes and types follow the vendors' published error tables; messages are our own words except
// where clients are known to look for a phrase ("prompt is too long").
#pragma once

#include <string_view>

#include "fault.hpp"

namespace llmw::sim {

struct ProviderError {
  FaultId fault;
  int status;
  std::string_view openai_type;
  std::string_view openai_code;   // empty: null
  std::string_view openai_param;  // empty: null
  std::string_view openai_message;
  std::string_view anthropic_type;
  std::string_view anthropic_message;
  std::string_view anthropic_error_code = {};  // error.details.error_code; empty: no details
};

// The error answer of a kStatus fault. nonjson_413, echo_key and redirect have rows too, of which
// only the status is used as it stands.
const ProviderError& error_of(FaultId fault);

// A 400 (or 401) answer with a message of the simulator's own checks. `message` must outlive it.
ProviderError bad_request(std::string_view message);
ProviderError missing_key();

// The reason phrase of a status.
std::string_view reason_phrase(int status);

}  // namespace llmw::sim
