#include "sql_api/request_result.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "core/error.hpp"
#include "core/json_value.hpp"
#include "core/result.hpp"
#include "pg/boundary.hpp"
#include "pg/spi_plan.hpp"
#include "shmem/job_events.hpp"
#include "sql_api/extension_owner.hpp"
#include "sql_api/request_access.hpp"
#include "sql_api/waiting.hpp"

namespace llmw {

namespace {

constexpr std::int64_t kLookEvery = 1000;  // milliseconds: not every end is announced here
constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();

constexpr const char* kFindRequest =
    "SELECT role_name, status, format, document, explanation, generator_used, warnings,"
    " fallback_reason, input_tokens, output_tokens, cost_usd, generation_time_ms,"
    " cached_from IS NOT NULL, error_code, error_message"
    " FROM @extschema@.workflow_requests"
    " WHERE request_id OPERATOR(pg_catalog.=) $1 AND submitted_at OPERATOR(pg_catalog.=) $2";
enum Column {
  kRoleName = 1,
  kStatus,
  kFormat,
  kDocument,
  kExplanation,
  kGeneratorUsed,
  kWarnings,
  kFallbackReason,
  kInputTokens,
  kOutputTokens,
  kCost,
  kGenerationTime,
  kIsCached,
  kErrorCode,
  kErrorMessage
};

constexpr const char* kFindJob =
    "SELECT role_name, xmin FROM @extschema@.workflow_jobs"
    " WHERE request_id OPERATOR(pg_catalog.=) $1 AND submitted_at OPERATOR(pg_catalog.=) $2";
enum JobColumn { kJobRoleName = 1, kXmin };

std::vector<Finding> parse_findings(const std::string& json) {
  JsonValue array;
  read_json_value(json, array);
  std::vector<Finding> findings;
  for (const JsonValue& item : array.items) {
    const auto text = [&](const char* key) {
      const JsonValue* value = item.find(key);
      return value != nullptr ? value->text : std::string();
    };
    findings.push_back({text("code"),
                        text("severity") == "error" ? Severity::error : Severity::warning,
                        text("path"), text("message"), text("hint")});
  }
  return findings;
}

std::optional<FallbackReason> parse_fallback_reason(const std::string& text) {
  for (int i = 0; i <= static_cast<int>(FallbackReason::budget); ++i)
    if (text == to_string(static_cast<FallbackReason>(i))) return static_cast<FallbackReason>(i);
  return std::nullopt;
}

FlowResult read_outcome(const SpiRow& row) {
  FlowResult outcome;
  outcome.ok = row.text(kStatus) == "succeeded";
  outcome.document = row.text(kDocument);
  outcome.explanation = row.text(kExplanation);
  outcome.generator = row.text(kGeneratorUsed);
  outcome.fallback_reason = parse_fallback_reason(row.text(kFallbackReason));
  outcome.warnings = parse_findings(row.text(kWarnings));
  outcome.cached = DatumGetBool(*row.get(kIsCached));
  outcome.error_sqlstate = row.text(kErrorCode);
  outcome.error_message = row.text(kErrorMessage);
  if (!outcome.ok && outcome.error_message.empty())
    outcome.error_message = "what the error said was not kept";
  return outcome;
}

RequestTotals read_totals(const SpiRow& row) {
  RequestTotals totals;
  totals.input_tokens = row.bigint(kInputTokens);
  totals.output_tokens = row.bigint(kOutputTokens);
  const std::optional<Money> cost = parse_money(row.text(kCost));
  totals.cost_known = cost.has_value();
  totals.cost = cost.value_or(Money());
  totals.generation_time_ms = row.bigint(kGenerationTime);
  return totals;
}

/// What generate_workflow would have returned.
GenerationResult read_result(const Uuid& id, const SpiRow& row) {
  const FlowResult outcome = read_outcome(row);
  GenerationResult result;
  result.ok = outcome.ok;
  result.json = result_json(id, row.text(kFormat), outcome, read_totals(row));
  result.cost = "0";  // whoever asks now spends nothing
  result.error_sqlstate = outcome.error_sqlstate;
  result.error_message = outcome.error_message;
  return result;
}

bool has_ended(const std::string& status) { return status != "running" && status != "queued"; }

/// The result once the request has ended, for roles that may see it.
std::optional<GenerationResult> look(const Uuid& id, bool to_wait) {
  FoundRequest found = find_request(id);
  check_may_see(id, found.role_name);
  if (found.lacks_document)
    throw Error(sqlstate::kNotInPrerequisiteState,
                "the document of request " + to_string(id) + " was not kept",
                "It was generated with llm_workflow.store_prompts off, or was erased.",
                "Generate it again.");
  if (to_wait && found.is_uncommitted)
    throw Error(sqlstate::kNotInPrerequisiteState, "the job is not committed yet",
                "Request " + to_string(id) + " was submitted by this transaction.",
                "A job begins when the transaction that submitted it commits: wait after COMMIT.");
  return std::move(found.result);
}

/// Milliseconds until `deadline`, at most kLookEvery.
long nap_until(std::chrono::steady_clock::time_point begin, std::int64_t most_milliseconds) {
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  return static_cast<long>(std::min(kLookEvery, most_milliseconds - waited.count()));
}

}  // namespace

// Both tables are read in one snapshot: when a job ends, its row goes and the other says so.
FoundRequest find_request(const Uuid& id) {
  const Extension extension = installed_extension();
  bool exists = false;
  FoundRequest found;
  read_newest_as_owner(extension, [&] {
    if (find_by_request(extension, kFindRequest, id)) {
      const SpiRow row(0);
      exists = true;
      found.role_name = row.text(kRoleName);
      if (has_ended(row.text(kStatus))) found.result = read_result(id, row);
      found.lacks_document = found.result && found.result->ok && !row.get(kDocument);
    }
    if (!found.result && find_by_request(extension, kFindJob, id)) {
      const SpiRow row(0);
      exists = true;
      found.role_name = row.text(kJobRoleName);
      found.is_job = true;
      found.is_uncommitted =
          TransactionIdIsCurrentTransactionId(DatumGetTransactionId(*row.get(kXmin)));
    }
  });
  if (!exists) throw_unknown_request(id);
  return found;
}

std::optional<GenerationResult> find_result(const Uuid& id, std::int64_t most_milliseconds) {
  const auto begin = std::chrono::steady_clock::now();
  std::optional<GenerationResult> result = look(id, most_milliseconds > 0);
  if (result || most_milliseconds == 0) return result;
  PgCall([&] { enter_job_events(id); });
  try {
    for (;;) {
      result = look(id, true);
      const long nap = nap_until(begin, most_milliseconds);
      if (result || nap <= 0) break;
      PgCall([&] {
        sleep_for_job_event(id, nap);
        check_client();
        CHECK_FOR_INTERRUPTS();
      });
    }
  } catch (...) {
    leave_job_events();
    throw;
  }
  leave_job_events();
  return result;
}

GenerationResult wait_for_result(const Uuid& id) { return *find_result(id, kNoEnd); }

}  // namespace llmw
