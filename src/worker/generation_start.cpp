// How a request begins: what its flow is made of.

#include <algorithm>

#include "core/token_budget.hpp"
#include "pg/boundary.hpp"
#include "pg/catalogue.hpp"
#include "pg/format_catalogue.hpp"
#include "pg/ids.hpp"
#include "pg/provider_server.hpp"
#include "worker/generation.hpp"

namespace llmw {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view kDraftFormat = "pilot";

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Of a job: it was submitted long ago, and grants change.
bool may_use(Oid server, Oid role) {
  return PgCall([=] { return may_use_server(server, role); });
}

}  // namespace

Generation::Generation(Asked asked)
    : request_(std::move(asked.request)),
      slot_(asked.slot),
      job_(std::move(asked.job)),
      role_name_(std::move(asked.role_name)),
      role_(asked.role),
      submitted_at_(from_unix_micros(uuid7_unix_micros(request_.id))),
      due_at_(job_ ? std::max(submitted_at_, job_->run_at) : submitted_at_),
      taken_at_(GetCurrentTimestamp()) {
  if (!job_) return;
  calls_made_ = job_->calls;
  totals_ = job_->totals;
}

Generation::Turn Generation::new_turn() const {
  Turn turn;
  turn.entry.request_id = request_.id;
  turn.entry.request = &request_;
  turn.entry.role_name = role_name_;
  turn.entry.submitted_at = submitted_at_;
  if (job_) turn.entry.job_attempt = job_->attempt;
  return turn;
}

Generation::Turn Generation::open() const {
  Turn turn = new_turn();
  turn.entry.opened = RequestRow{job_.has_value()};
  return turn;
}

void Generation::start(RepairAdviser& adviser, Turn& turn) {
  flow_.emplace(make_flow_input(adviser));
  follow(flow_->start(), turn);
}

FlowInput Generation::make_flow_input(RepairAdviser& adviser) {
  FlowInput input;
  input.prompt = request_.prompt;
  input.services = request_.services;
  input.format = find_format(request_.format, request_.format_version);
  input.compact = request_.compact;
  input.response_mode = request_.response_mode;
  input.rules = request_.rules;
  if (request_.parent)
    input.regeneration =
        Regeneration{request_.previous_document, request_.previous_findings, request_.feedback};
  input.max_output_tokens = request_.max_output_tokens;
  input.max_retries = request_.max_retries;
  input.repair_attempts = request_.repair_attempts;
  input.adviser = &adviser;
  input.retry_base_delay = milliseconds{request_.retry_base_delay_ms};
  input.max_retry_wait = timeout();
  input.calls_before = calls_made_;
  input.seed = static_cast<std::uint64_t>(submitted_at_);
  for (const std::string& name : request_.models)
    input.chain.push_back(make_candidate(name, adviser));
  return input;
}

Candidate Generation::make_candidate(const std::string& name, RepairAdviser& adviser) {
  Target& target = targets_.emplace_back();
  Candidate candidate;
  candidate.model = name;
  const Model* model = find_model(name);
  if (model == nullptr || !model->enabled) {
    candidate.unusable = model == nullptr ? "the model does not exist" : "the model is disabled";
    return candidate;
  }
  candidate.remote_name = model->remote_name;
  candidate.context_window = model->context_window;
  candidate.deployment_limit = model->deployment_limit;
  candidate.max_output_tokens = model->max_output_tokens;
  add_counter(*model, adviser, candidate);
  target.server = model->server;
  const ProviderServer server = find_provider_server(target.server);
  candidate.deployment_limit = lower_known(candidate.deployment_limit, server.max_model_len);
  target.options = endpoint_options(server);
  target.endpoint = {server.protocol,
                     server.base_url,
                     {},
                     model->structured_output.value_or(server.structured_output)};
  candidate.drafts_by_rules = server.protocol == Protocol::builtin;
  if (candidate.drafts_by_rules && request_.format != kDraftFormat) {
    candidate.unusable = "it drafts documents of the format pilot only";
    candidate.unusable_reason = FallbackReason::api_error;
    return candidate;
  }
  if (contains(request_.forbidden, name) || (job_ && !may_use(server.oid, role_))) {
    candidate.unusable = "permission denied for foreign server \"" + server.name + "\"";
    return candidate;
  }
  find_key(server, target, candidate);
  return candidate;
}

// What providers count is known better than what an estimate says, and no better than what their
// own tokenizer does.
void Generation::add_counter(const Model& model, RepairAdviser& adviser, Candidate& candidate) {
  const Tokenizer tokenizer = find_tokenizer(model.tokenizer);
  candidate.counter = &counters_.emplace_back(tokenizer, adviser.counted_texts());
  if (!tokenizer.encoding) candidate.input_factor = adviser.token_factor(model.name);
}

// A key that cannot be read makes its model unusable, not the request: another may have its own.
void Generation::find_key(const ProviderServer& server, Target& target, Candidate& candidate) {
  try {
    const std::optional<std::string> key = find_api_key(server, role_);
    if (key)
      target.endpoint.api_key = *key;
    else if (server.needs_key)
      candidate.unusable = "there is no API key for server \"" + server.name + "\"";
  } catch (const Error& error) {
    if (error.sqlstate() != sqlstate::kCredentialsMissing) throw;
    candidate.unusable = error.message();
  }
}

}  // namespace llmw
