#include "document.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "text.hpp"
#include "workflow.hpp"

namespace llmw::sim {
namespace {

constexpr uint64_t kDefaultDepth = 100000;
constexpr uint64_t kDefaultNumbers = 1000;
constexpr uint64_t kDefaultItems = 30;
constexpr uint64_t kDefaultCut = 10;
constexpr size_t kTooMany = 51;
constexpr uint64_t kMaxSize = 10000000;

uint64_t size_argument(const Fault& fault, uint64_t otherwise) {
  uint64_t value = 0;
  return parse_number(fault.argument, kMaxSize, &value) ? value : otherwise;
}

std::string number_bomb(uint64_t numbers) {
  std::string extra = R"(,"weights":[)";
  for (uint64_t i = 0; i < numbers; ++i) extra += i == 0 ? "1e130000" : ",1e130000";
  return extra + ']';
}

std::string nested_arrays(uint64_t depth) {
  return R"(,"nested":)" + std::string(depth, '[') + std::string(depth, ']');
}

// The item at `place`, or the last one of fewer.
Item& item_at(Workflow& workflow, size_t place) {
  return workflow.items[std::min(place, workflow.items.size() - 1)];
}

void depend_on_nothing_known(Workflow& workflow) {
  item_at(workflow, 2).depends_on.emplace_back("step_9999");
}

// Changes what the document says.
void spoil_items(Workflow& workflow, const Fault& fault) {
  if (workflow.items.empty()) return;
  switch (fault.id) {
    case FaultId::kBadSteps: workflow.items.back().id = workflow.items[0].id; return;
    case FaultId::kBadType: item_at(workflow, 2).type = "human_review"; return;
    case FaultId::kNoSteps: workflow.items.clear(); return;
    case FaultId::kTooManySteps:
      workflow.items = good_workflow(workflow.format, kTooMany).items;
      return;
    case FaultId::kMissingOperation:
      item_at(workflow, 3).text.clear();
      item_at(workflow, 3).name.clear();
      return;
    case FaultId::kCycle: item_at(workflow, 1).depends_on = {workflow.items.back().id}; return;
    case FaultId::kDangling: depend_on_nothing_known(workflow); return;
    case FaultId::kBadService: item_at(workflow, 0).service = "carrier_pigeon"; return;
    case FaultId::kNoZones: workflow.with_zones = false; return;
    case FaultId::kTwoCodes:
      workflow.items.back().id = workflow.items[0].id;
      depend_on_nothing_known(workflow);
      return;
    default: return;
  }
}

std::string extra_of(const Fault& fault) {
  switch (fault.id) {
    case FaultId::kNumberBomb: return number_bomb(size_argument(fault, kDefaultNumbers));
    case FaultId::kDepthContent: return nested_arrays(size_argument(fault, kDefaultDepth));
    case FaultId::kPython: return R"(,"service":None)";
    default: return "";
  }
}

// Puts `more` before the last end of a list.
std::string with_more_in_list(std::string text, std::string_view more) {
  const size_t end = text.rfind(']');
  return end == std::string::npos ? text : text.insert(end, more);
}

// Whether the fault is in how the document is written, whatever it says.
bool is_misspelling(FaultId id) { return id >= FaultId::kFenced && id <= FaultId::kTwoObjects; }

// As Python prints it: single quotes, but for texts that hold one.
std::string single_quoted(std::string text) {
  bool inside = false;
  bool apostrophe = false;
  size_t begin = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\'') apostrophe = true;
    if (text[at] != '"') continue;
    if (inside && !apostrophe) text[begin] = text[at] = '\'';
    inside = !inside;
    apostrophe = false;
    begin = at;
  }
  return text;
}

std::string commented(std::string text) {
  text = with_more_in_list(std::move(text), " /* nothing was left out */ ");
  return text.insert(1, "\n// in order of execution\n");
}

std::string two_objects(const Assignment& assignment, const std::string& good) {
  Workflow other = good_workflow(assignment.format, usual_size(assignment.format) / 2);
  return good + "\n\nA shorter one would be:\n\n" + write(other);
}

// Changes how the model wrote a good document.
std::string misspelt(const Fault& fault, const Assignment& assignment, std::string good) {
  switch (fault.id) {
    case FaultId::kFenced:
      return "Here is the workflow that you asked for:\n\n```json\n" + good +
             "\n```\n\nTell me if a step should be split further.";
    case FaultId::kProse:
      return "The workflow has twelve steps. " + good + " It covers every sentence.";
    case FaultId::kTrailingComma: return with_more_in_list(std::move(good), ",");
    case FaultId::kElided: return with_more_in_list(std::move(good), ", ...");
    case FaultId::kSingleQuotes: return single_quoted(std::move(good));
    case FaultId::kComments: return commented(std::move(good));
    case FaultId::kThink:
      return "<think>\nThe work has parts. A first draft: {\"id\": \"draft\"}. "
             "Better:\n</think>\n" +
             good;
    case FaultId::kJsonInString: {
      std::string quoted = "\"";
      append_escaped(quoted, good);
      return quoted + '"';
    }
    case FaultId::kTwoObjects: return two_objects(assignment, good);
    default: return good;
  }
}

// Puts `raw` into the first step, `in_text` as the model wrote it and `in_envelope` as it stands
// in the body.
ContentPtr spoiled(const std::string& text, std::string_view in_text,
                   std::string_view in_envelope) {
  constexpr std::string_view kBefore = R"("operation":")";
  const size_t found = text.find(kBefore);
  const size_t at = found == std::string::npos ? text.find(R"(":")") + 3 : found + kBefore.size();
  auto content = std::make_shared<Content>();
  content->text = text.substr(0, at) + std::string(in_text) + text.substr(at);
  append_escaped(content->escaped, text.substr(0, at));
  content->escaped += in_envelope;
  append_escaped(content->escaped, text.substr(at));
  return content;
}

// Null when the fault is none about bytes.
ContentPtr with_bad_bytes(const Fault& fault, const std::string& good) {
  using std::string_view_literals::operator""sv;
  const bool inner = fault.argument == "inner";
  switch (fault.id) {
    case FaultId::kInvalidUtf8: return spoiled(good, "\xC3\x28", "\xC3\x28");
    case FaultId::kNul: return spoiled(good, "\0"sv, "\0"sv);
    case FaultId::kU0000:
      return inner ? spoiled(good, R"(\u0000)", R"(\\u0000)") : spoiled(good, "\0"sv, R"(\u0000)");
    case FaultId::kLoneSurrogate:
      return inner ? spoiled(good, R"(\ud800)", R"(\\ud800)")
                   : spoiled(good, "\xED\xA0\x80", R"(\ud800)");
    default: return nullptr;
  }
}

// The workflow that the assignment asks for, spoiled as the faults say.
Workflow make_workflow(const Assignment& assignment, const FaultSet& faults) {
  const Fault* size = faults.find(Family::kSize);
  const size_t usual = usual_size(assignment.format);
  Workflow workflow = good_workflow(assignment.format,
                                    size == nullptr ? usual : size_argument(*size, kDefaultItems));
  workflow.explained = assignment.explained;
  keep_asked(workflow, assignment);
  if (const Fault* fault = faults.find(Family::kDocument)) spoil_items(workflow, *fault);
  return workflow;
}

void append_key(std::string& key, const Fault* fault) {
  key += '/';
  if (fault == nullptr) return;
  key += fault->name;
  key += ':';
  key += fault->argument;
}

}  // namespace

ContentPtr make_content(std::string text, bool cut) {
  auto content = std::make_shared<Content>();
  append_escaped(content->escaped, text);
  content->text = std::move(text);
  content->cut = cut;
  return content;
}

Documents::Documents(std::string reply) : reply_(std::move(reply)) {}

ContentPtr Documents::get(const Assignment& assignment, const FaultSet& faults) {
  if (assignment.scope == Scope::kRest || assignment.scope == Scope::kPart) {
    return build(assignment, faults);
  }
  std::string key;
  key += static_cast<char>('0' + static_cast<int>(assignment.format));
  key += assignment.explained ? 'e' : '-';
  key += assignment.scope == Scope::kOutline ? 'o' : '-';
  append_key(key, faults.find(Family::kSize));
  append_key(key, faults.find(Family::kDocument));
  if (faults.has(FaultId::kCut)) append_key(key, faults.find(Family::kEnvelope));
  ContentPtr& kept = kept_[key];
  if (!kept) kept = build(assignment, faults);
  return kept;
}

ContentPtr Documents::build(const Assignment& assignment, const FaultSet& faults) const {
  const Fault* fault = faults.find(Family::kDocument);
  if (faults.has(FaultId::kSay)) return make_content(read_hex(fault->argument));
  if (!reply_.empty() && (fault == nullptr || is_misspelling(fault->id))) {
    return make_content(fault == nullptr ? reply_ : misspelt(*fault, assignment, reply_));
  }
  const Workflow workflow = make_workflow(assignment, faults);
  const std::string extra = fault == nullptr ? "" : extra_of(*fault);
  Writing writing;
  writing.extra = extra;
  const bool outline = assignment.scope == Scope::kOutline;
  if (faults.has(FaultId::kCut) && !outline) {
    writing.cut = size_argument(*faults.find(Family::kEnvelope), kDefaultCut);
  }
  std::string text = outline ? write_outline(workflow) : write(workflow, writing);
  if (fault != nullptr) {
    if (ContentPtr content = with_bad_bytes(*fault, text)) return content;
    text = misspelt(*fault, assignment, std::move(text));
  }
  return make_content(std::move(text), workflow.items.size() > writing.cut);
}

}  // namespace llmw::sim
