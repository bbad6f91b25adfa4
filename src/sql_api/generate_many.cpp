// generate_workflows(): many prompts at once, a row for each as soon as it has ended.
//
// Rows are given back one by one, not collected, so that the first can be used while others are
// under way. The object that holds what is under way lives as long as the memory of the query: an
// error, a LIMIT that is reached and a cursor that is closed all end it, and abandon what is left.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/result.hpp"
#include "pg/boundary.hpp"
#include "pg/jsonb.hpp"
#include "pg/text.hpp"
#include "sql_api/request_arguments.hpp"
#include "sql_api/session_request.hpp"
#include "sql_api/statement_cost.hpp"
#include "sql_api/waiting.hpp"

namespace llmw {

namespace {

enum Argument { kPrompts = kPrompt, kCacheFor = kFurtherArguments, kCategory };

constexpr std::size_t kMostAtOnce = 256;  // slots are for other sessions too

struct BatchPrompt {
  std::optional<std::string> text;
  std::string complexity;  ///< see BatchRequests
};
using Prompts = std::vector<BatchPrompt>;

/// What the requests of a batch have in common, by the complexity of their prompts.
using BatchRequests = std::map<std::string, GenerationRequest, std::less<>>;

/// A row of the result; without JSON, result is NULL.
struct PromptResult {
  int ordinal = 0;
  std::optional<std::string> json;
};

std::string json_of(const GenerationResult& result) {
  return result.json.empty() ? error_json(result) : result.json;
}

PromptResult failed(int ordinal, const Error& error) {
  GenerationResult result;
  result.error_sqlstate = error.sqlstate();
  result.error_message = error.message();
  result.error_detail = error.detail();
  result.error_hint = error.hint();
  return {ordinal, error_json(result)};
}

/// There is no room for one request more, and there may be later.
bool is_full(const Error& error) {
  return error.sqlstate() == sqlstate::kConfigurationLimitExceeded ||
         error.sqlstate() == sqlstate::kOutOfMemory;
}

class PromptBatch {
 public:
  PromptBatch(RequestChoices choices, BatchRequests requests, Prompts prompts)
      : role_(GetUserId()),
        choices_(std::move(choices)),
        requests_(std::move(requests)),
        prompts_(std::move(prompts)) {}

  /// The next row; nothing when all were given back.
  std::optional<PromptResult> next() {
    for (;;) {
      if (std::optional<PromptResult> row = begin_more()) return row;
      if (awaited_.size() > 0) return take_one();
      if (begun_ == prompts_.size()) return std::nullopt;
      wait_a_little();
    }
  }

  void abandon() noexcept { awaited_.abandon_all(); }

 private:
  /// Begins as many as there is room for. A prompt that needs no worker is a row at once, and one
  /// for which the memory does not suffice though nothing else of ours is in it.
  std::optional<PromptResult> begin_more() {
    while (begun_ < prompts_.size() && awaited_.size() < kMostAtOnce) {
      const BatchPrompt& prompt = prompts_[begun_];
      const int ordinal = static_cast<int>(begun_) + 1;
      if (!prompt.text) return give({ordinal, std::nullopt});
      if (has_only_blanks(*prompt.text)) return give(failed(ordinal, empty_prompt()));
      try {
        begin(prompt, ordinal);
      } catch (const Error& error) {
        if (awaited_.size() == 0 && error.sqlstate() == sqlstate::kOutOfMemory)
          return give(failed(ordinal, error));
        if (begun_ == 0 || !is_full(error)) throw;
        break;
      }
    }
    return std::nullopt;
  }

  void begin(const BatchPrompt& prompt, int ordinal) {
    GenerationRequest request = requests_.at(prompt.complexity);
    request.prompt = *prompt.text;
    complete_request(choices_, request, role_);
    awaited_.add(request, ordinal);
    ++begun_;
  }

  PromptResult give(PromptResult row) {
    ++begun_;
    return row;
  }

  PromptResult take_one() {
    const AwaitedRequests::Ended ended = awaited_.wait_for_one();
    return {ended.tag, json_of(ended.result)};
  }

  Oid role_;
  RequestChoices choices_;
  BatchRequests requests_;
  Prompts prompts_;
  std::size_t begun_ = 0;  ///< of prompts_
  AwaitedRequests awaited_;
};

Prompts read_prompts(FunctionCallInfo fcinfo) {
  struct Elements {
    Datum* values;
    bool* nulls;
    int count;
  };
  const Datum array = PG_GETARG_DATUM(kPrompts);
  const Elements elements = PgCall([=] {
    Elements e{};
    deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &e.values,
                      &e.nulls, &e.count);
    return e;
  });
  Prompts prompts;
  prompts.reserve(static_cast<std::size_t>(elements.count));
  for (int i = 0; i < elements.count; ++i) {
    if (elements.nulls[i])
      prompts.emplace_back();
    else
      prompts.push_back({to_utf8(DatumGetTextPP(elements.values[i])), {}});
  }
  return prompts;
}

void end_batch(void* batch) {
  static_cast<PromptBatch*>(batch)->abandon();
  delete static_cast<PromptBatch*>(batch);
}

/// All are made before the first prompt is sent: a route that cannot be used costs nothing then.
BatchRequests make_requests(FunctionCallInfo fcinfo, const RequestChoices& choices,
                            Prompts& prompts) {
  BatchRequests requests;
  const auto add = [&](const std::string& prompt) {
    GenerationRequest request = read_request(fcinfo, choices, prompt);
    request.cache_for_ms = read_milliseconds(fcinfo, kCacheFor, "cache_for");
    if (!prompts.empty()) request.max_cost = request_cost_limit(static_cast<int>(prompts.size()));
    std::string complexity = request.complexity;
    requests.emplace(std::move(complexity), std::move(request));
  };
  for (BatchPrompt& prompt : prompts) {
    if (!prompt.text) continue;
    prompt.complexity = complexity_of(choices, *prompt.text);
    if (!requests.contains(prompt.complexity)) add(*prompt.text);
  }
  if (requests.empty()) add({});
  return requests;
}

void begin_batch(FunctionCallInfo fcinfo) {
  Prompts prompts = PG_ARGISNULL(kPrompts) ? Prompts() : read_prompts(fcinfo);
  RequestChoices choices = read_choices(fcinfo, {kCategory});
  BatchRequests requests = make_requests(fcinfo, choices, prompts);
  FuncCallContext* call = PgCall([=] {
    FuncCallContext* context = init_MultiFuncCall(fcinfo);
    MemoryContext before = MemoryContextSwitchTo(context->multi_call_memory_ctx);
    if (get_call_result_type(fcinfo, nullptr, &context->tuple_desc) != TYPEFUNC_COMPOSITE)
      ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                      errmsg("generate_workflows must be called where it can return rows")));
    context->tuple_desc = BlessTupleDesc(context->tuple_desc);
    context->user_fctx = palloc0(sizeof(MemoryContextCallback));
    MemoryContextSwitchTo(before);
    return context;
  });
  auto* at_end = static_cast<MemoryContextCallback*>(call->user_fctx);
  at_end->func = end_batch;
  at_end->arg = new PromptBatch(std::move(choices), std::move(requests), std::move(prompts));
  MemoryContextRegisterResetCallback(call->multi_call_memory_ctx, at_end);
}

Datum to_row(const PromptResult& row, TupleDesc columns) {
  const Datum json = row.json ? to_jsonb(*row.json) : 0;
  return PgCall([&] {
    Datum values[] = {Int32GetDatum(row.ordinal), json};
    bool nulls[] = {false, !row.json};
    return HeapTupleGetDatum(heap_form_tuple(columns, values, nulls));
  });
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_generate_workflows) {
  using namespace llmw;
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  if (fcinfo->flinfo->fn_extra == nullptr) {
    check_can_generate();
    begin_batch(fcinfo);
  }
  auto* call = static_cast<FuncCallContext*>(fcinfo->flinfo->fn_extra);
  auto* batch =
      static_cast<PromptBatch*>(static_cast<MemoryContextCallback*>(call->user_fctx)->arg);
  const std::optional<PromptResult> row = batch->next();
  if (!row) {
    PgCall([=] { end_MultiFuncCall(fcinfo, call); });
    result->isDone = ExprEndResult;
    PG_RETURN_NULL();
  }
  const Datum datum = to_row(*row, call->tuple_desc);
  result->isDone = ExprMultipleResult;
  return datum;
}
