// token_budget() and count_tokens_detail(): what a call would take, before it is made.

#include "core/token_budget.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "core/error.hpp"
#include "core/token_counter.hpp"
#include "pg/boundary.hpp"
#include "pg/model_tokens.hpp"
#include "pg/provider_server.hpp"
#include "pg/settings.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

std::string text_or_empty(FunctionCallInfo fcinfo, int n) {
  if (PG_ARGISNULL(n)) return {};
  return to_utf8(reinterpret_cast<text*>(DatumGetPointer(PG_GETARG_DATUM(n))));
}

std::int64_t count_argument(FunctionCallInfo fcinfo, int n, int least, const char* fault) {
  if (PG_ARGISNULL(n)) return 0;
  const int value = PG_GETARG_INT32(n);
  if (value < least) throw Error(sqlstate::kInvalidParameterValue, fault);
  return value;
}

Datum to_int(std::int64_t value) {
  return Int32GetDatum(
      static_cast<int>(std::min<std::int64_t>(value, std::numeric_limits<int>::max())));
}

Datum to_factor(double factor) {
  return PgCall([=] {
    const Datum exact = DirectFunctionCall1(float8_numeric, Float8GetDatum(factor));
    const Datum rounded = DirectFunctionCall2(numeric_round, exact, Int32GetDatum(4));
    return DirectFunctionCall1(numeric_trim_scale, rounded);
  });
}

/// The row that the function returns, of the types in its OUT parameters.
template <std::size_t kColumns>
Datum to_record(FunctionCallInfo fcinfo, const Datum (&values)[kColumns],
                const bool (&nulls)[kColumns]) {
  return PgCall([&] {
    TupleDesc columns = nullptr;
    get_call_result_type(fcinfo, nullptr, &columns);
    HeapTuple row = heap_form_tuple(BlessTupleDesc(columns), const_cast<Datum*>(values),
                                    const_cast<bool*>(nulls));
    return HeapTupleGetDatum(row);
  });
}

struct Counted {
  TokenQuestion question;
  bool exact = false;
};

/// The question that arguments 0 to 4 ask, as the worker would ask it of the same two prompts.
Counted count_question(FunctionCallInfo fcinfo) {
  const Model model = get_model(text_or_empty(fcinfo, 0));
  const ModelTokenizer tokenizer = tokenizer_of(model);
  Counted counted;
  counted.exact = tokenizer.tokenizer.encoding.has_value();
  TokenQuestion& question = counted.question;
  question.context_window = model.context_window;
  question.deployment_limit =
      lower_known(model.deployment_limit, find_provider_server(model.server).max_model_len);
  question.wanted_output = lower_known(
      count_argument(fcinfo, 3, 1, "wanted_output must be at least 1"), model.max_output_tokens);
  question.reserve = count_argument(fcinfo, 4, 0, "reserve must not be negative");
  ChatRequest chat;
  chat.system_prompt = text_or_empty(fcinfo, 1);
  chat.user_prompt = text_or_empty(fcinfo, 2);
  CountedTexts texts(poll_interrupts);
  TokenizerCounter counter(tokenizer.tokenizer, texts);
  question.system_tokens = scale_tokens(counter.count(chat.system_prompt), tokenizer.learned);
  question.input_tokens = scale_tokens(count_input_tokens(chat, &counter), tokenizer.learned);
  return counted;
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_token_budget) {
  using namespace llmw;
  if (PG_ARGISNULL(0)) throw Error(sqlstate::kInvalidParameterValue, "model must not be null");
  const Counted counted = count_question(fcinfo);
  const TokenQuestion& question = counted.question;
  const TokenBudget budget = plan_tokens(question);
  const std::string advice = advice_on(question, budget);
  const Datum values[] = {to_int(question.context_window),
                          to_int(question.deployment_limit),
                          to_int(question.input_tokens),
                          BoolGetDatum(counted.exact),
                          to_int(budget.available),
                          to_int(budget.max_output_tokens),
                          BoolGetDatum(budget.fits),
                          advice.empty() ? 0 : PointerGetDatum(to_server_text(advice))};
  const bool nulls[] = {question.context_window == 0,
                        question.deployment_limit == 0,
                        false,
                        false,
                        !budget.window_known,
                        !budget.window_known && budget.max_output_tokens == 0,
                        false,
                        advice.empty()};
  return to_record(fcinfo, values, nulls);
}

LLMW_SQL_FUNCTION(llmw_count_tokens_detail) {
  using namespace llmw;
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const std::string name =
      PG_ARGISNULL(1) ? to_utf8(settings.primary_model) : text_or_empty(fcinfo, 1);
  const ModelTokenizer model = tokenizer_of(get_model(name));
  const TextCount count = count_text(model, text_or_empty(fcinfo, 0));
  const Datum values[] = {to_int(count.tokens), BoolGetDatum(count.exact),
                          PointerGetDatum(to_server_text(encoding_name(model.tokenizer))),
                          to_factor(count.factor)};
  const bool nulls[] = {false, false, false, false};
  return to_record(fcinfo, values, nulls);
}
