#include "pg/flow_input.hpp"

#include <algorithm>

#include "core/token_budget.hpp"
#include "pg/format_catalogue.hpp"

namespace llmw {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view kDraftFormat = "pilot";

bool is_forbidden(const GenerationRequest& request, const std::string& model) {
  const auto& forbidden = request.forbidden;
  return std::find(forbidden.begin(), forbidden.end(), model) != forbidden.end();
}

}  // namespace

FlowInput flow_input_of(const GenerationRequest& request) {
  FlowInput input;
  input.prompt = request.prompt;
  input.services = request.services;
  input.format = find_format(request.format, request.format_version);
  input.compact = request.compact;
  input.response_mode = request.response_mode;
  input.rules = request.rules;
  if (request.parent)
    input.regeneration =
        Regeneration{request.previous_document, request.previous_findings, request.feedback};
  input.max_output_tokens = request.max_output_tokens;
  input.max_retries = request.max_retries;
  input.repair_attempts = request.repair_attempts;
  input.retry_base_delay = milliseconds{request.retry_base_delay_ms};
  input.max_retry_wait = milliseconds{request.timeout_ms};
  return input;
}

Candidate candidate_of(const GenerationRequest& request, const Model& model,
                       const ProviderServer& server, bool may_use) {
  Candidate candidate;
  candidate.model = model.name;
  candidate.remote_name = model.remote_name;
  candidate.context_window = model.context_window;
  candidate.deployment_limit = lower_known(model.deployment_limit, server.max_model_len);
  candidate.max_output_tokens = model.max_output_tokens;
  candidate.drafts_by_rules = server.protocol == Protocol::builtin;
  if (candidate.drafts_by_rules && request.format != kDraftFormat) {
    candidate.unusable = "it drafts documents of the format pilot only";
    candidate.unusable_reason = FallbackReason::api_error;
  } else if (!may_use || is_forbidden(request, model.name)) {
    candidate.unusable = "permission denied for foreign server \"" + server.name + "\"";
  }
  return candidate;
}

StructuredOutput structured_output_of(const Model& model, const ProviderServer& server) {
  return model.structured_output.value_or(server.structured_output);
}

}  // namespace llmw
