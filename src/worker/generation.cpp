#include "worker/generation.hpp"

#include <algorithm>
#include <utility>

#include "core/draft.hpp"
#include "core/token_budget.hpp"
#include "pg/boundary.hpp"
#include "pg/format_catalogue.hpp"
#include "pg/ids.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::string name_of_role(Oid role) {
  const char* name = PgCall([=] { return GetUserNameFromId(role, true); });
  return name == nullptr ? std::to_string(role) : to_utf8(name);
}

constexpr std::string_view kDraftFormat = "pilot";

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

Generation::Generation(const TakenSlot& slot, RepairAdviser& adviser)
    : request_(decode_request(slot.request)),
      slot_(slot.index),
      role_name_(name_of_role(slot.role)),
      role_(slot.role),
      submitted_at_(from_unix_micros(uuid7_unix_micros(request_.id))) {
  flow_.emplace(make_flow_input(adviser));
}

FlowInput Generation::make_flow_input(RepairAdviser& adviser) {
  FlowInput input;
  input.prompt = request_.prompt;
  input.services = request_.services;
  input.format = find_format(request_.format, request_.format_version);
  input.compact = request_.compact;
  input.response_mode = request_.response_mode;
  if (request_.parent)
    input.regeneration =
        Regeneration{request_.previous_document, request_.previous_findings, request_.feedback};
  input.max_output_tokens = request_.max_output_tokens;
  input.max_retries = request_.max_retries;
  input.repair_attempts = request_.repair_attempts;
  input.adviser = &adviser;
  input.retry_base_delay = milliseconds{request_.retry_base_delay_ms};
  input.max_retry_wait = timeout();
  input.seed = static_cast<std::uint64_t>(submitted_at_);
  for (const std::string& name : request_.models)
    input.chain.push_back(make_candidate(name, adviser));
  return input;
}

milliseconds Generation::timeout() const { return milliseconds{request_.timeout_ms}; }

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
  target.max_concurrency = server.max_concurrency;
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
  if (contains(request_.forbidden, name)) {
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

Generation::Turn Generation::new_turn() const {
  Turn turn;
  turn.entry.request_id = request_.id;
  turn.entry.submitted_at = submitted_at_;
  return turn;
}

Generation::Turn Generation::start() {
  Turn turn = new_turn();
  turn.entry.opened = RequestRow{&request_, role_name_};
  return follow(flow_->start(), std::move(turn));
}

Generation::Turn Generation::on_reply(int lane, const HttpReply& reply, microseconds elapsed) {
  const OpenCall call = std::move(calls_.extract(lane).mapped());
  const Endpoint& endpoint = target_of(call.plan).endpoint;
  Answer answer =
      read_http_reply(endpoint.protocol, call.http, call.plan.chat, reply,
                      to_unix_micros(GetCurrentTimestamp()) / USECS_PER_SEC, endpoint.api_key);
  FlowStep step = flow_->on_answer(lane, answer);
  Turn turn = new_turn();
  turn.entry.calls.push_back(close_call(call, std::move(answer), *step.judgement, elapsed));
  return follow(std::move(step), std::move(turn));
}

Generation::Turn Generation::on_wait_over(int lane) {
  return follow(flow_->on_wait_over(lane), new_turn());
}

Generation::Turn Generation::on_admitted(int lane) {
  Turn turn = new_turn();
  send(lane, turn);
  return turn;
}

Generation::Turn Generation::on_dropped(int lane) {
  planned_.erase(lane);
  return follow(flow_->on_dropped(lane), new_turn());
}

Generation::Turn Generation::on_cancel() {
  Turn turn = new_turn();
  for (const auto& [lane, call] : std::exchange(calls_, {})) {
    Answer answer;
    answer.outcome = Outcome::cancelled;
    answer.billing = Billing::possible;
    const microseconds elapsed{GetCurrentTimestamp() - call.started_at};
    turn.entry.calls.push_back(
        close_call(call, std::move(answer), {Outcome::cancelled, {}, {}, {}}, elapsed));
  }
  FlowResult result;
  result.error_sqlstate = "57014";
  result.error_message = "the caller did not wait for the result";
  end("cancelled", std::move(result), turn);
  add_event(turn, "WORKFLOW_GENERATION_FAILED", "warning",
            failed_details(request_.models.front(), "cancelled", outcome_, totals_));
  return turn;
}

// A draft by rules is an answer at once: it needs no intent, so several steps fit in one turn.
Generation::Turn Generation::follow(FlowStep step, Turn turn) {
  for (;;) {
    if (step.fallback)
      add_event(turn, "WORKFLOW_GENERATION_FALLBACK", "warning", fallback_details(*step.fallback));
    if (step.waits()) turn.wait = Turn::Wait{step.lane, step.wait};
    if (step.finished()) break;
    if (step.calls.empty()) return turn;
    if (target_of(step.calls.front()).endpoint.protocol != Protocol::builtin) {
      for (CallPlan& plan : step.calls) {
        turn.asks.push_back(plan.lane);
        planned_.insert_or_assign(plan.lane, std::move(plan));
      }
      return turn;
    }
    step = draft(step.calls.front(), turn);
  }
  end(flow_->result().ok ? "succeeded" : "failed", flow_->result(), turn);
  if (outcome_.ok)
    add_event(turn, "WORKFLOW_GENERATED", "info", generated_details(outcome_, totals_));
  else
    add_event(turn, "WORKFLOW_GENERATION_FAILED", "error",
              failed_details(request_.models.front(),
                             to_string(outcome_.failure.value_or(FallbackReason::api_error)),
                             outcome_, totals_));
  return turn;
}

FlowStep Generation::draft(const CallPlan& plan, Turn& turn) {
  OpenCall call;
  call.started_at = GetCurrentTimestamp();
  call.id = new_uuid(call.started_at);
  call.plan = plan;
  Answer answer;
  answer.outcome = Outcome::ok;
  answer.billing = Billing::reported;  // zero tokens: nobody bills rules
  answer.text = draft_workflow(request_.prompt, request_.services);
  FlowStep step = flow_->on_answer(plan.lane, answer);
  CallRow row = close_call(call, std::move(answer), *step.judgement,
                           microseconds{GetCurrentTimestamp() - call.started_at});
  row.had_intent = false;
  turn.entry.calls.push_back(std::move(row));
  return step;
}

void Generation::send(int lane, Turn& turn) {
  CallPlan plan = std::move(planned_.extract(lane).mapped());
  const Target& target = target_of(plan);
  const Candidate& candidate = flow_->input().chain[plan.candidate];
  const std::string& model = candidate.model;
  OpenCall call;
  call.started_at = GetCurrentTimestamp();
  call.id = new_uuid(call.started_at);
  plan.chat.call_id = to_string(call.id);
  call.http = build_http_request(target.endpoint, plan.chat);
  call.http.new_connection = plan.purpose == Purpose::retry;

  IntentRow intent{
      call.id, call.started_at, plan.attempt, plan.purpose, model, target.server, {}, {}, {}, {}};
  call.estimated_input_tokens = count_input_tokens(plan.chat, candidate.counter);
  intent.input_tokens_estimate = most_input_tokens(plan);
  intent.max_output_tokens = plan.chat.max_output_tokens;
  if (const DatedPrice* price = find_price(model, intent.input_tokens_estimate, call.started_at)) {
    const Usage worst{intent.input_tokens_estimate, 0, 0, intent.max_output_tokens, 0};
    intent.worst_case_cost = cost_of(worst, price->price).to_string();
    intent.price_effective_from = price->effective_from;
  }
  turn.entry.intents.push_back(std::move(intent));
  turn.sends.push_back(lane);
  call.plan = std::move(plan);
  calls_.emplace(lane, std::move(call));
}

CallRow Generation::close_call(const OpenCall& call, Answer answer, Judgement judgement,
                               microseconds elapsed) {
  CallRow row;
  row.call_id = call.id;
  row.started_at = call.started_at;
  row.finished_at = GetCurrentTimestamp();
  row.attempt = call.plan.attempt;
  row.purpose = call.plan.purpose;
  row.model = flow_->input().chain[call.plan.candidate].model;
  row.server = targets_[call.plan.candidate].server;
  row.answer = std::move(answer);
  row.judgement = std::move(judgement);
  row.estimated_input_tokens = call.estimated_input_tokens;
  row.max_output_tokens = call.http.url.empty() ? 0 : call.plan.chat.max_output_tokens;
  row.latency_ms = std::chrono::duration_cast<milliseconds>(elapsed).count();
  price(row, call.plan);
  totals_.input_tokens += row.usage.input;
  totals_.output_tokens += row.usage.output;
  row.answer.text.clear();
  return row;
}

// For costs, where too much is better than too little: also by the rule of thumb, as a server may
// count otherwise than its model's tokenizer does, and with the schema.
std::int64_t Generation::most_input_tokens(const CallPlan& plan) const {
  const Candidate& candidate = flow_->input().chain[plan.candidate];
  std::int64_t tokens =
      std::max(Flow::input_tokens(candidate, plan.chat), estimate_input_tokens(plan.chat));
  if (target_of(plan).endpoint.structured_output == StructuredOutput::json_schema)
    tokens += candidate.counter->count(plan.chat.json_schema);
  return tokens;
}

// What the provider did not report is estimated: never nothing for a call that may be billed.
void Generation::price(CallRow& row, const CallPlan& plan) {
  row.cost = "0";
  if (row.answer.billing == Billing::none) return;
  row.cost_source = "reported";
  row.usage = row.answer.usage;
  if (row.answer.billing == Billing::possible) {
    row.cost_source = "estimated";
    row.usage = {};
    const Candidate& candidate = flow_->input().chain[plan.candidate];
    row.usage.input = most_input_tokens(plan);
    row.usage.output = row.answer.text.empty() ? plan.chat.max_output_tokens
                                               : std::max(candidate.counter->count(row.answer.text),
                                                          estimate_tokens(row.answer.text));
  }
  const DatedPrice* price =
      find_price({row.model, row.usage.input, row.started_at, row.answer.service_tier});
  if (price == nullptr) {
    row.cost.clear();
    row.cost_source = "unknown_price";
    totals_.cost_known = false;
    return;
  }
  const Money cost = cost_of(row.usage, price->price);
  row.cost = cost.to_string();
  row.price_effective_from = price->effective_from;
  totals_.cost += cost;
}

void Generation::end(const char* status, FlowResult result, Turn& turn) {
  const TimestampTz now = GetCurrentTimestamp();
  outcome_ = std::move(result);
  totals_.generation_time_ms = std::max<std::int64_t>(0, (now - submitted_at_) / 1000);
  turn.entry.ended = EndRow{status, now, outcome_, totals_};
  turn.finished = true;
}

void Generation::add_event(Turn& turn, const char* action, const char* severity,
                           std::string details) const {
  const TimestampTz now = GetCurrentTimestamp();
  turn.entry.events.push_back(
      {new_uuid(now), now, action, severity, role_name_, std::move(details)});
}

GenerationResult Generation::result() const {
  return {outcome_.ok,
          result_json(request_.id, request_.format, outcome_, totals_),
          totals_.cost_known ? totals_.cost.to_string() : std::string(),
          outcome_.error_sqlstate,
          outcome_.error_message,
          outcome_.error_detail,
          outcome_.error_hint};
}

namespace {

bool make_ascii(std::string& text) {
  bool changed = false;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x80) continue;
    c = '?';
    changed = true;
  }
  return changed;
}

// What providers wrote, in a form that every encoding holds. True when that changed anything.
bool make_ascii(LedgerEntry& entry) {
  bool changed = false;
  for (CallRow& call : entry.calls)
    for (std::string* text :
         {&call.answer.returned_model, &call.answer.provider_request_id, &call.answer.error_message,
          &call.answer.finish_reason, &call.judgement.error_code})
      changed = make_ascii(*text) || changed;
  for (EventRow& event : entry.events) changed = make_ascii(event.details) || changed;
  return changed;
}

}  // namespace

// A request that had failed anyway keeps its own error, if it was the texts of its calls.
void Generation::fail_with(const Error& error, LedgerEntry& entry) {
  const bool changed = make_ascii(entry);
  if (!entry.ended) return;
  const bool had_document = outcome_.ok;
  if (had_document || !changed) {
    outcome_ = {};
    outcome_.error_sqlstate = error.sqlstate();
    outcome_.error_message = error.message();
    outcome_.error_detail = error.detail();
    outcome_.error_hint = error.hint();
  }
  make_ascii(outcome_.error_message);
  make_ascii(outcome_.error_detail);
  const char* status = had_document ? "failed" : entry.ended->status;
  entry.ended = EndRow{status, entry.ended->finished_at, outcome_, totals_};
  if (!had_document) return;
  std::erase_if(entry.events, [](const EventRow& event) {
    return std::string_view(event.action) == "WORKFLOW_GENERATED";
  });
  const TimestampTz now = GetCurrentTimestamp();
  entry.events.push_back(
      {new_uuid(now), now, "WORKFLOW_GENERATION_FAILED", "error", role_name_,
       failed_details(request_.models.front(), to_string(FallbackReason::validation_failed),
                      outcome_, totals_)});
}

}  // namespace llmw
