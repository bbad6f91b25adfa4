// How a request begins: what its flow is made of.

#include <algorithm>

#include "pg/boundary.hpp"
#include "pg/catalogue.hpp"
#include "pg/flow_input.hpp"
#include "pg/ids.hpp"
#include "pg/provider_server.hpp"
#include "worker/generation.hpp"

namespace llmw {

namespace {

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
  FlowInput input = flow_input_of(request_);
  input.adviser = &adviser;
  input.calls_before = calls_made_;
  input.seed = static_cast<std::uint64_t>(submitted_at_);
  for (const std::string& name : request_.models)
    input.chain.push_back(make_candidate(name, adviser));
  return input;
}

Candidate Generation::make_candidate(const std::string& name, RepairAdviser& adviser) {
  Target& target = targets_.emplace_back();
  const Model* model = find_model(name);
  if (model == nullptr || !model->enabled) {
    Candidate candidate;
    candidate.model = name;
    candidate.unusable = model == nullptr ? "the model does not exist" : "the model is disabled";
    return candidate;
  }
  const ProviderServer server = find_provider_server(model->server);
  target.server = model->server;
  target.options = endpoint_options(server);
  target.endpoint = {server.protocol, server.base_url, {}, structured_output_of(*model, server)};
  // Of a job: it was submitted long ago, and grants change.
  Candidate candidate = candidate_of(request_, *model, server, !job_ || may_use(server.oid, role_));
  add_counter(*model, adviser, candidate);
  if (candidate.unusable.empty()) find_key(server, target, candidate);
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
