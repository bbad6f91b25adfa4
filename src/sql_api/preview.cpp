// preview_workflow(): what a request would ask of each model and what that call can cost at most,
// as the worker would ask it. Nothing is sent and nothing is written.

#include <cstdint>
#include <string>
#include <utility>

#include "core/flow.hpp"
#include "core/token_counter.hpp"
#include "pg/boundary.hpp"
#include "pg/catalogue.hpp"
#include "pg/flow_input.hpp"
#include "pg/model_tokens.hpp"
#include "pg/result_rows.hpp"
#include "sql_api/request_arguments.hpp"

namespace llmw {

namespace {

/// A model of the request's chain, as the role of this session may use it. Whether there is a key
/// is for the worker to find out: sessions do not read secrets.
struct PreviewedModel {
  Candidate candidate;
  std::string server;
  bool input_exact = false;
  StructuredOutput structured_output = StructuredOutput::none;
};

/// The counter of the candidate is left to the caller.
PreviewedModel look_at_model(const GenerationRequest& request, const Model& model,
                             const ModelTokenizer& tokenizer) {
  const ProviderServer server = find_provider_server(model.server);
  PreviewedModel result;
  result.candidate = candidate_of(request, model, server);
  result.candidate.input_factor = tokenizer.learned;
  result.server = model.server;
  result.input_exact = tokenizer.tokenizer.encoding.has_value();
  result.structured_output = structured_output_of(model, server);
  return result;
}

Datum to_numeric(Money cost) {
  const std::string text = cost.to_string();
  return PgCall([&] {
    return DirectFunctionCall3(numeric_in, CStringGetDatum(text.c_str()),
                               ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
  });
}

// The most that the call can cost, by the input that the worker takes for it when it reserves.
void add_cost(const PreviewedModel& model, const ChatRequest& chat, ResultRows& rows) {
  const Candidate& candidate = model.candidate;
  const std::int64_t input = Flow::most_input_tokens(candidate, chat, model.structured_output);
  const DatedPrice* price = find_price(candidate.model, input, GetCurrentTimestamp());
  if (price == nullptr)
    rows.null();
  else
    rows.datum(to_numeric(cost_of(Usage{input, 0, 0, chat.max_output_tokens, 0}, price->price)));
}

void add_call(const PreviewedModel& model, const FlowStep& first, ResultRows& rows) {
  if (first.finished()) {
    const std::string& unusable = model.candidate.unusable;
    rows.null().null().null().null();
    rows.text(unusable.empty() ? "the input does not fit its context window" : unusable);
    return;
  }
  const ChatRequest& chat = first.calls.front().chat;
  if (model.candidate.drafts_by_rules) {
    rows.number(0).datum(BoolGetDatum(true)).number(0).datum(to_numeric(Money())).null();
    return;
  }
  rows.number(static_cast<int>(Flow::input_tokens(model.candidate, chat)));
  rows.datum(BoolGetDatum(model.input_exact)).number(chat.max_output_tokens);
  add_cost(model, chat, rows);
  rows.null();
}

/// The row of the model `name`, as if it were the only one.
void add_model(const GenerationRequest& request, const std::string& name, int position,
               CountedTexts& texts, ResultRows& rows) {
  const Model model = get_model(name);
  const ModelTokenizer tokenizer = tokenizer_of(model);
  TokenizerCounter counter(tokenizer.tokenizer, texts);
  PreviewedModel previewed = look_at_model(request, model, tokenizer);
  previewed.candidate.counter = &counter;
  FlowInput input = flow_input_of(request);
  input.chain = {previewed.candidate};
  Flow flow(std::move(input));
  rows.number(position).text(model.name).text(previewed.server);
  add_call(previewed, flow.start(), rows);
  rows.end_row();
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_preview_workflow) {
  using namespace llmw;
  ResultRows rows(fcinfo);
  if (PG_ARGISNULL(kPrompt)) return 0;
  std::string prompt = read_prompt(fcinfo);
  const RequestChoices choices = read_choices(fcinfo, {kFurtherArguments});
  const GenerationRequest request = read_request(fcinfo, choices, std::move(prompt));
  CountedTexts texts(poll_interrupts);
  int position = 0;
  for (const std::string& name : request.models) add_model(request, name, ++position, texts, rows);
  return 0;
}
