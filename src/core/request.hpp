#pragma once
// What a backend asks a worker for, and what it gets back.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/answer_form.hpp"
#include "core/learned_rules.hpp"
#include "core/uuid.hpp"

namespace llmw {

/// One request as the backend put it together from arguments and settings. All texts are UTF-8.
struct GenerationRequest {
  Uuid id;
  std::string prompt;
  std::vector<std::string> services;
  std::string format;
  int format_version = 1;
  bool compact = false;    ///< ask for the compact form of the format
  std::string agent;       ///< empty: none
  std::string category;    ///< the kind of work; empty: none
  std::string complexity;  ///< low, medium or high; empty: not asked for
  std::string tags;        ///< JSON object
  ResponseMode response_mode = ResponseMode::machine;
  int max_output_tokens = 0;
  int max_retries = 0;
  int repair_attempts = 1;  ///< calls that tell a model what is wrong with its document
  std::int64_t retry_base_delay_ms = 0;
  std::int64_t timeout_ms = 0;  ///< of each call
  bool store_prompt = true;
  std::string max_cost;             ///< of all its calls, decimal USD; empty: no limit of its own
  std::int64_t max_tokens = 0;      ///< input and output of all its calls; 0: as many as it takes
  std::int64_t cache_for_ms = 0;    ///< how old an equal request's document may be; 0: ask anew
  std::string idempotency_key;      ///< empty: none
  std::string request_sha256;       ///< 32 bytes: requests with the same ask for the same; or empty
  std::vector<std::string> models;  ///< the chain, primary first
  std::vector<std::string> forbidden;  ///< of `models`: the role may not use their servers
  std::string experiment;              ///< which chose the first of `models`; empty: none
  std::string arm;                     ///< of `experiment`: control or candidate
  std::vector<LearnedRule> rules;      ///< of its category, in the order of the legend
  std::optional<Uuid> parent;          ///< the request that this one regenerates
  std::string previous_document;       ///< of `parent`, JSON; empty: it had none
  std::string previous_findings;       ///< of `parent`, one line each
  std::string feedback;                ///< what should be different

  bool operator==(const GenerationRequest&) const = default;
};

/// The end of a request. `json` is what generate_workflow returns when it does not raise.
struct GenerationResult {
  bool ok = false;
  std::string json;
  std::string cost;            ///< decimal USD, of a failed request too; empty: not known
  std::string error_sqlstate;  ///< these when not ok
  std::string error_message;
  std::string error_detail;
  std::string error_hint;

  bool operator==(const GenerationResult&) const = default;
};

/// Equal for requests that ask for the same; nothing when request_sha256 is not known.
std::optional<Uuid> fingerprint_of(const GenerationRequest& request);

std::string encode(const GenerationRequest& request);
std::string encode(const GenerationResult& result);

/// Throw llmw::Error XX000 when `bytes` are not what encode() made.
GenerationRequest decode_request(std::string_view bytes);
GenerationResult decode_result(std::string_view bytes);

}  // namespace llmw
