// The calls of a request: what is sent, what it may cost, and what it did.

#include <algorithm>
#include <utility>

#include "core/draft.hpp"
#include "pg/boundary.hpp"
#include "pg/ids.hpp"
#include "worker/generation.hpp"

namespace llmw {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

}  // namespace

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
    intent.reservation.cost = cost_of(worst, price->price);
    intent.price_effective_from = price->effective_from;
  }
  intent.reservation.tokens = intent.input_tokens_estimate + intent.max_output_tokens;
  call.reservation = intent.reservation;
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
  row.reservation = call.reservation;
  row.max_output_tokens = call.http.url.empty() ? 0 : call.plan.chat.max_output_tokens;
  row.latency_ms = std::chrono::duration_cast<milliseconds>(elapsed).count();
  price(row, call.plan);
  totals_.input_tokens += row.usage.input;
  totals_.output_tokens += row.usage.output;
  row.answer.text.clear();
  if (row.judgement.outcome == Outcome::ok)
    ok_calls_.push_back({row.started_at, row.model, row.usage});
  ++calls_made_;
  return row;
}

std::int64_t Generation::most_input_tokens(const CallPlan& plan) const {
  return Flow::most_input_tokens(flow_->input().chain[plan.candidate], plan.chat,
                                 target_of(plan).endpoint.structured_output);
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

CallTicket Generation::ticket(int lane) const {
  const CallPlan& plan = planned_.at(lane);
  const Target& target = target_of(plan);
  const Candidate& candidate = flow_->input().chain[plan.candidate];
  return {target.server, candidate.model, target.options,
          Flow::input_tokens(candidate, plan.chat) + plan.chat.max_output_tokens, timeout()};
}

Admission::Ended Generation::ended(const Turn& turn, const HttpReply& reply, microseconds elapsed) {
  const CallRow& call = turn.entry.calls.front();
  return {call.judgement.outcome,
          reply.status,
          reply.end != TransferEnd::not_sent,
          elapsed,
          call.usage.input + call.usage.output,
          &reply};
}

Generation::Reserved Generation::reserve(int lane, BudgetBook& book, Turn& turn) {
  OpenCall& call = calls_.at(lane);
  const auto intent = std::find_if(turn.entry.intents.begin(), turn.entry.intents.end(),
                                   [&](const IntentRow& row) { return row.call_id == call.id; });
  BudgetDecision decision;
  decision.refusal = over_own_limit(call);
  if (!decision.refusal) decision = ask_budgets(book, call, *intent, turn);
  if (!decision.refusal) return Reserved::yes;
  turn.entry.intents.erase(intent);
  std::erase(turn.sends, lane);
  planned_.insert_or_assign(lane, std::move(call.plan));
  calls_.erase(lane);
  if (decision.ask_again) return Reserved::not_yet;
  const BudgetRefusal& why = *decision.refusal;
  refuse(lane, {FallbackReason::budget, why.message, why.detail, why.hint}, turn);
  return Reserved::refused;
}

/// llm_workflow.max_request_cost and the agent's max_tokens, for all calls of the request.
std::optional<BudgetRefusal> Generation::over_own_limit(const OpenCall& call) const {
  if (std::optional<BudgetRefusal> refusal = over_agent_limit(call)) return refusal;
  const std::optional<Money> most = parse_money(request_.max_cost);
  if (!most) return std::nullopt;
  Money spent = totals_.cost;
  for (const auto& [lane, other] : calls_)
    if (other.id != call.id) spent += other.reservation.cost.value_or(Money());
  // After a call whose cost is not known, nothing is known to be left.
  const std::optional<Money> worst = totals_.cost_known ? call.reservation.cost : std::nullopt;
  return over_request_cost(*most, spent, worst);
}

std::optional<BudgetRefusal> Generation::over_agent_limit(const OpenCall& call) const {
  if (request_.max_tokens == 0) return std::nullopt;
  std::int64_t used = totals_.input_tokens + totals_.output_tokens;
  for (const auto& [lane, other] : calls_)
    if (other.id != call.id) used += other.reservation.tokens;
  return over_request_tokens(request_.agent, request_.max_tokens, used, call.reservation.tokens);
}

BudgetDecision Generation::ask_budgets(BudgetBook& book, OpenCall& call, IntentRow& intent,
                                       Turn& turn) {
  BudgetDecision decision;
  if (book.any()) {
    BudgetQuestion question;
    question.request = &request_;
    question.role_name = role_name_;
    question.model = intent.model;
    question.server = intent.server;
    question.is_primary = call.plan.candidate == 0;
    question.worst_cost = call.reservation.cost;
    question.worst_tokens = call.reservation.tokens;
    decision = book.reserve(question);
    for (const std::string& warning : decision.warnings)
      add_event(turn, "BUDGET_EXCEEDED", "warning", warning_details(warning));
  }
  call.reservation.shares = decision.shares;
  intent.reservation = call.reservation;
  return decision;
}

}  // namespace llmw
