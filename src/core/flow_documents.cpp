// The part of Flow that gets a document out of one model: whole, repaired, or put together from
// parts. flow.cpp has the way from one model to the next.

#include <algorithm>
#include <utility>

#include "core/flow.hpp"
#include "core/flow_answer.hpp"

namespace llmw {

namespace {

constexpr int kMaxRestCalls = 8;   ///< a document of this many full answers is not wanted by anyone
constexpr int kMaxPartRounds = 2;  ///< what is missing after the first round is asked for once more

}  // namespace

ChatRequest Flow::base_chat() const {
  ChatRequest chat;
  chat.system_prompt = system_prompt_;
  chat.user_prompt = user_prompt_;
  chat.exchanges = exchanges_;
  chat.json_schema = form_->provider_schema();
  chat.schema_suits_anthropic = form_->suits_anthropic();
  chat.schema_is_ours = true;
  chat.schema_name = input_.format->row().name;
  return chat;
}

/// The first call to the model of the moment.
FlowStep Flow::ask_model(Purpose purpose, FlowStep step) {
  repairs_ = 0;
  rounds_ = 0;
  parts_.reset();
  failure_.reset();
  if (!is_large_ || input_.chain[current_].drafts_by_rules)
    return ask_whole(purpose, std::move(step));
  phase_ = Phase::outline;
  Lane lane{base_chat()};
  lane.chat.user_prompt = outline_prompt(lane.chat.user_prompt, noun_of(input_.format->rules()));
  lane.chat.json_schema = outline_schema();
  lane.chat.schema_suits_anthropic = true;
  lane.chat.schema_name = "outline";
  if (!fits(input_.chain[current_], lane.chat)) return ask_whole(purpose, std::move(step));
  lanes_ = {std::move(lane)};
  return call(0, purpose, std::move(step));
}

FlowStep Flow::ask_whole(Purpose purpose, FlowStep step) {
  phase_ = Phase::whole;
  lanes_ = {Lane{base_chat()}};
  return call(0, purpose, std::move(step));
}

// Without an outline the document is asked for in one piece, as if it were not large.
FlowStep Flow::on_outline(const Answer& answer) {
  FlowStep step;
  Judgement judgement;
  std::vector<OutlineItem> outline = read_outline(answer, judgement);
  step.judgement = std::move(judgement);
  if (outline.empty()) return ask_whole(Purpose::batch, std::move(step));
  phase_ = Phase::parts;
  parts_.emplace(input_.format->rules());
  parts_->plan(std::move(outline));
  return ask_parts(std::move(step));
}

FlowStep Flow::on_whole(const Answer& answer, Verdict verdict, FlowStep step) {
  switch (verdict.judgement.outcome) {
    case Outcome::ok: return accept(std::move(verdict), std::move(step));
    case Outcome::validation_failed: return repair(answer, verdict, std::move(step));
    case Outcome::truncated: break;
    default: return give_up(verdict, std::move(step));
  }
  const Rules& rules = input_.format->rules();
  if (rules.items.empty() || !verdict.document.is_object())
    return give_up(verdict, std::move(step));
  const bool has_all = has_all_items(rules, verdict.document);
  parts_.emplace(rules);
  parts_->keep(std::move(verdict.document));
  verdict.document = {};
  if (parts_->ids().empty()) return give_up(verdict, std::move(step));
  if (has_all) return accept_parts(std::move(verdict), std::move(step));
  phase_ = Phase::rest;
  return ask_rest(std::move(step));
}

FlowStep Flow::ask_rest(FlowStep step) {
  ++rounds_;
  Lane lane{base_chat()};
  lane.chat.exchanges.push_back({write_json(form_->shorten(parts_->document())),
                                 remaining_reply(noun_of(input_.format->rules()), parts_->ids())});
  if (!fits(input_.chain[current_], lane.chat)) return leave_full_window(std::move(step));
  lanes_ = {std::move(lane)};
  return call(0, Purpose::batch, std::move(step));
}

// The model would refuse the next call, or its answer could not hold anything.
FlowStep Flow::leave_full_window(FlowStep step) {
  constexpr const char* kWhy = "what there is of the document leaves no room for the rest of it";
  note_failure(FallbackReason::context_window_exceeded, kWhy, true);
  return move_on(FallbackReason::context_window_exceeded, kWhy, std::move(step));
}

// A whole answer ends the document, whether or not it added anything: the model has said all.
FlowStep Flow::on_rest(Verdict verdict, FlowStep step) {
  const bool whole = verdict.judgement.outcome == Outcome::ok;
  if (!whole && verdict.judgement.outcome != Outcome::truncated)
    return give_up(verdict, std::move(step));
  const bool has_all =
      verdict.document.is_object() && has_all_items(input_.format->rules(), verdict.document);
  const int added = parts_->add(std::move(verdict.document));
  if (whole || has_all) return accept_parts(std::move(verdict), std::move(step));
  if (added == 0 || rounds_ >= kMaxRestCalls) return give_up(verdict, std::move(step));
  return ask_rest(std::move(step));
}

FlowStep Flow::ask_parts(FlowStep step) {
  ++rounds_;
  lanes_.clear();
  for (const std::vector<std::string>& ids : parts_->missing()) {
    Lane lane{base_chat()};
    lane.chat.user_prompt =
        part_prompt(lane.chat.user_prompt, noun_of(input_.format->rules()), parts_->outline(), ids);
    if (!fits(input_.chain[current_], lane.chat)) return leave_full_window(std::move(step));
    lanes_.push_back(std::move(lane));
  }
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane)
    step = call(static_cast<int>(lane), Purpose::batch, std::move(step));
  return step;
}

// A cut part gives what it has; the rest of it counts as missing.
FlowStep Flow::on_part(Verdict verdict, FlowStep step) {
  const Outcome outcome = verdict.judgement.outcome;
  if (outcome == Outcome::ok || (outcome == Outcome::truncated && verdict.document.is_object()))
    parts_->add(std::move(verdict.document));
  else if (outcome != Outcome::validation_failed && !failure_)
    failure_ = Failure{last_reason_, verdict.why};
  return end_parts(std::move(step));
}

// Calls that are out are paid for: their answers are waited for before the model is left.
FlowStep Flow::end_parts(FlowStep step) {
  if (any_open()) {
    step.kind = FlowStep::Kind::pending;
    return step;
  }
  if (failure_) return move_on(failure_->reason, failure_->detail, std::move(step));
  if (parts_->missing().empty()) return accept_parts({}, std::move(step));
  if (rounds_ < kMaxPartRounds) return ask_parts(std::move(step));
  if (step.judgement) {
    step.judgement->outcome = Outcome::validation_failed;
    step.judgement->validation_codes = {"parts_missing"};
  }
  note_failure(FallbackReason::validation_failed, "parts of the document are missing", true);
  return move_on(FallbackReason::validation_failed, "parts_missing", std::move(step));
}

/// Validates the document that the parts make; the last answer's call carries what is wrong.
FlowStep Flow::accept_parts(Verdict verdict, FlowStep step) {
  verdict.document = std::move(*parts_).assemble();
  parts_.reset();
  verdict.judgement = {Outcome::ok, {}, {}, {}};
  validate_document(verdict, use());
  if (verdict.judgement.outcome == Outcome::ok) return accept(std::move(verdict), std::move(step));
  if (step.judgement) {
    step.judgement->outcome = verdict.judgement.outcome;
    step.judgement->validation_codes = verdict.judgement.validation_codes;
  }
  note_failure(FallbackReason::validation_failed, verdict.why, true);
  return give_up(verdict, std::move(step));
}

FlowStep Flow::repair(const Answer& answer, const Verdict& verdict, FlowStep step) {
  if (repairs_ >= input_.repair_attempts || input_.chain[current_].drafts_by_rules)
    return give_up(verdict, std::move(step));
  Lane lane{base_chat()};
  lane.chat.exchanges.push_back({answer.text, verdict.findings.empty()
                                                  ? unreadable_reply(verdict.why)
                                                  : repair_reply(verdict.findings, input_.rules)});
  if (!fits(input_.chain[current_], lane.chat))
    return give_up(verdict, std::move(step), "; not repaired: it does not fit the context window");
  if (!repair_pays(answer, lane.chat))
    return give_up(verdict, std::move(step),
                   "; not repaired: the fallback is expected to cost less");
  ++repairs_;
  lanes_ = {std::move(lane)};
  return call(0, Purpose::repair, std::move(step));
}

// A repair costs r and works with probability p; without it, or when it fails, the fallback costs
// f. It pays when r + (1 - p) f <= f, that is when r <= p f. p is the share of the model's recent
// repairs that worked, with one success and one failure assumed beforehand.
bool Flow::repair_pays(const Answer& answer, const ChatRequest& chat) {
  const Candidate* next = next_language_model();
  if (input_.adviser == nullptr || next == nullptr) return true;
  const Candidate& current = input_.chain[current_];
  const std::string& model = current.model;
  const RepairRecord record = input_.adviser->repair_record(model);
  const std::int64_t answered =
      answer.billing == Billing::reported ? answer.usage.output : estimate_tokens(answer.text);
  const std::int64_t repaired =
      record.mean_output_tokens > 0 ? record.mean_output_tokens : answered;
  const auto repair_cost =
      input_.adviser->cost(model, {input_tokens(current, chat), 0, 0, repaired, 0});
  const auto fallback_cost =
      input_.adviser->cost(next->model, {input_tokens(*next, base_chat()), 0, 0, answered, 0});
  if (!repair_cost || !fallback_cost) return true;
  return repair_cost->units() * (record.repairs + 2) <=
         fallback_cost->units() * (record.successes + 1);
}

/// A draft by rules costs nothing and is worth less than any answer: it is no alternative.
const Candidate* Flow::next_language_model() const {
  for (std::size_t i = current_ + 1; i < input_.chain.size(); ++i)
    if (!input_.chain[i].drafts_by_rules && !obstacle(input_.chain[i])) return &input_.chain[i];
  return nullptr;
}

bool Flow::any_open() const {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.open; });
}

}  // namespace llmw
