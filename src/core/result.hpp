#pragma once
// What a finished request says: the jsonb that generate_workflow returns and the details of events.
//
// Fields and their meaning: FACTS, document 003; docs/accounting.md lists them for users.

#include <chrono>
#include <cstdint>
#include <string>

#include "core/flow.hpp"
#include "core/money.hpp"
#include "core/request.hpp"
#include "core/uuid.hpp"

namespace llmw {

/// Sums over all calls of a request.
struct RequestTotals {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  Money cost;
  bool cost_known = true;  ///< false when a call has no known price: the cost is then null
  std::int64_t generation_time_ms = 0;
};

/// The result of generate_workflow as JSON text. Our own keys win over keys of the document.
std::string result_json(const Uuid& request_id, const std::string& format, const FlowResult& result,
                        const RequestTotals& totals);

/// The same of a request of which nothing but its error is known.
std::string error_json(const GenerationResult& failed);

/// Details of WORKFLOW_GENERATED.
std::string generated_details(const FlowResult& result, const RequestTotals& totals);

/// Details of WORKFLOW_GENERATION_FALLBACK.
std::string fallback_details(const FallbackNotice& notice);

/// Details of WORKFLOW_GENERATION_FAILED. `reason` is a fallback_reason, "cancelled" or "lost".
std::string failed_details(const std::string& primary_model, const std::string& reason,
                           const FlowResult& result, const RequestTotals& totals);

/// Details of WORKFLOW_CACHED.
std::string cached_details(const Uuid& source, const FlowResult& result,
                           const RequestTotals& totals);

/// Details of WORKFLOW_JOB_RETRY: `attempt` failed, the next one comes after `wait`.
std::string retry_details(int attempt, std::chrono::milliseconds wait, const FlowResult& result,
                          const RequestTotals& totals);

/// Details of CIRCUIT_OPENED and CIRCUIT_CLOSED.
std::string circuit_details(const std::string& server, const std::string& model,
                            const std::string& reason);

/// Details of BUDGET_EXCEEDED.
std::string warning_details(const std::string& warning);

/// What may be recorded of a result when no text of the request may be: codes, names of models and
/// figures, and nothing that could quote the prompt or an answer.
FlowResult without_texts(FlowResult result);

/// The findings as a JSON array of {code, severity, path, message, hint}.
std::string findings_json(const std::vector<Finding>& findings);

/// The cost as a JSON number, or null.
std::string cost_json(const RequestTotals& totals);

}  // namespace llmw
