#include "document.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "text.hpp"

namespace llmw::sim {
namespace {

constexpr uint64_t kDefaultDepth = 100000;
constexpr uint64_t kDefaultNumbers = 1000;
constexpr uint64_t kMaxSize = 10000000;

struct Step {
  std::string id;
  std::string_view operation;
  std::string_view type;
  std::string depends_on;  // ids in quotes, comma separated
};

struct StepText {
  std::string_view operation;
  std::string_view type;
  std::string_view depends_on;
};

constexpr StepText kSteps[] = {
    {"Read the orders that came in since the last run from the orders spreadsheet, oldest first",
     "api_call", ""},
    {"Drop rows without an order number, trim the names and bring all dates into ISO 8601 form",
     "transform", R"("step_1")"},
    {"Decide for each order whether it is a new order, a change of an earlier one or a complaint",
     "llm_decision", R"("step_2")"},
    {"If the order is a complaint, hand it to the support queue and leave the normal path",
     "conditional", R"("step_3")"},
    {"Look up the customer's record and open invoices in the customer database by e-mail address",
     "api_call", R"("step_3")"},
    {"Join order lines with the price list and compute net, tax and total amounts for each order",
     "transform", R"("step_2","step_5")"},
    {"If the total is above the customer's credit limit, ask the sales team for an approval first",
     "conditional", R"("step_5","step_6")"},
    {"Reserve the ordered articles in the warehouse system and note articles that are out of stock",
     "api_call", R"("step_7")"},
    {"Choose the replacement to offer for each missing article from the list of similar articles",
     "llm_decision", R"("step_8")"},
    {"Write the order summary with amounts, delivery date and replacements as a short message",
     "llm_decision", R"("step_6","step_9")"},
    {"Send the order summary by e-mail to the customer and a copy to the responsible salesperson",
     "api_call", R"("step_10")"},
    {"Mark the processed orders in the spreadsheet and append one line for each to the run log",
     "transform", R"("step_4","step_11")"},
};

std::vector<Step> good_steps() {
  std::vector<Step> steps;
  for (const StepText& text : kSteps) {
    steps.push_back({"step_" + std::to_string(steps.size() + 1), text.operation, text.type,
                     std::string(text.depends_on)});
  }
  return steps;
}

// `extra` goes into the first step, after its other fields.
std::string document_text(const std::vector<Step>& steps, std::string_view extra = "") {
  std::string text = R"({"pilot_steps":[)";
  for (const Step& step : steps) {
    if (&step != &steps.front()) text += ',';
    text += R"({"id":")" + step.id + '"';
    if (!step.operation.empty()) {
      text += R"(,"operation":")";
      text += step.operation;
      text += '"';
    }
    text += R"(,"step_type":")";
    text += step.type;
    text += R"(","depends_on":[)" + step.depends_on + ']';
    if (&step == &steps.front()) text += extra;
    text += '}';
  }
  return text + "]}";
}

std::string too_many_steps() {
  std::vector<Step> steps = good_steps();
  while (steps.size() < 51) {
    steps.push_back({"step_" + std::to_string(steps.size() + 1),
                     "Check the result of the step before", "transform",
                     "\"step_" + std::to_string(steps.size()) + '"'});
  }
  return document_text(steps);
}

uint64_t size_argument(const Fault& fault, uint64_t otherwise) {
  uint64_t value = 0;
  return parse_number(fault.argument, kMaxSize, &value) ? value : otherwise;
}

std::string number_bomb(const Fault& fault) {
  std::string extra = R"(,"weights":[)";
  const uint64_t numbers = size_argument(fault, kDefaultNumbers);
  for (uint64_t i = 0; i < numbers; ++i) extra += i == 0 ? "1e130000" : ",1e130000";
  return document_text(good_steps(), extra + ']');
}

std::string depth_content(const Fault& fault) {
  const uint64_t depth = size_argument(fault, kDefaultDepth);
  const std::string extra = R"(,"nested":)" + std::string(depth, '[') + std::string(depth, ']');
  return document_text(good_steps(), extra);
}

std::string variant_text(const Fault& fault, const std::string& good) {
  std::vector<Step> steps = good_steps();
  switch (fault.id) {
    case FaultId::kFenced:
      return "Here is the workflow that you asked for:\n\n```json\n" + good +
             "\n```\n\nTell me if a step should be split further.";
    case FaultId::kProse:
      return "The workflow has twelve steps. " + good + " It covers every sentence.";
    case FaultId::kBadSteps: steps[1].id = steps[0].id; return document_text(steps);
    case FaultId::kBadType: steps[2].type = "human_review"; return document_text(steps);
    case FaultId::kNoSteps: return document_text({});
    case FaultId::kTooManySteps: return too_many_steps();
    case FaultId::kMissingOperation: steps[3].operation = ""; return document_text(steps);
    case FaultId::kNumberBomb: return number_bomb(fault);
    case FaultId::kDepthContent: return depth_content(fault);
    default: return good;
  }
}

// Puts `raw` at the start of the first operation, `in_text` as the model wrote it and
// `in_envelope` as it stands in the body.
ContentPtr spoiled(std::string_view in_text, std::string_view in_envelope) {
  const std::string text = document_text(good_steps());
  const std::string_view before = R"("operation":")";
  const size_t at = text.find(before) + before.size();
  auto content = std::make_shared<Content>();
  content->text = text.substr(0, at) + std::string(in_text) + text.substr(at);
  append_escaped(content->escaped, text.substr(0, at));
  content->escaped += in_envelope;
  append_escaped(content->escaped, text.substr(at));
  return content;
}

ContentPtr build_variant(const Fault& fault, const std::string& good) {
  using std::string_view_literals::operator""sv;
  const bool inner = fault.argument == "inner";
  switch (fault.id) {
    case FaultId::kInvalidUtf8: return spoiled("\xC3\x28", "\xC3\x28");
    case FaultId::kNul: return spoiled("\0"sv, "\0"sv);
    case FaultId::kU0000:
      return inner ? spoiled(R"(\u0000)", R"(\\u0000)") : spoiled("\0"sv, R"(\u0000)");
    case FaultId::kLoneSurrogate:
      return inner ? spoiled(R"(\ud800)", R"(\\ud800)") : spoiled("\xED\xA0\x80", R"(\ud800)");
    default: return make_content(variant_text(fault, good));
  }
}

}  // namespace

ContentPtr make_content(std::string text) {
  auto content = std::make_shared<Content>();
  append_escaped(content->escaped, text);
  content->text = std::move(text);
  return content;
}

Documents::Documents(std::string default_text)
    : default_(make_content(default_text.empty() ? document_text(good_steps())
                                                 : std::move(default_text))) {}

ContentPtr Documents::get(const Fault* fault) {
  if (fault == nullptr) return default_;
  ContentPtr& kept = variants_[std::string(fault->name) + ':' + fault->argument];
  if (!kept) kept = build_variant(*fault, default_->text);
  return kept;
}

}  // namespace llmw::sim
