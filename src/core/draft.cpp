#include "core/draft.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "core/draft_plan.hpp"
#include "core/draft_reader.hpp"
#include "core/draft_services.hpp"
#include "core/draft_text.hpp"

namespace llmw {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxSteps = 50;  // of the format pilot
constexpr std::size_t kMaxId = 48;
constexpr int kMaxIdWords = 6;
constexpr std::size_t kMaxQuoted = 120;  ///< bytes of the text in a document without actions

bool is_id_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Lower-case words of `text` that are all ASCII; signs separate, apostrophes vanish.
std::vector<std::string> id_words(std::string_view text) {
  std::vector<std::string> words(1);
  char before = ' ';
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    const bool digits = c == ',' && before >= '0' && before <= '9';
    before = c;
    if (digits) continue;  // "1,000"
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool foreign = static_cast<unsigned char>(c) >= 0x80;
    if (is_id_character(c) || foreign)
      words.back() += foreign ? '?' : c;
    else if (c != '\'' && !words.back().empty())
      words.emplace_back();
  }
  std::erase_if(words, [](const std::string& word) {
    return word.empty() || word.find('?') != std::string::npos;
  });
  return words;
}

bool carries_meaning(const std::string& word) {
  switch (find_word_class(word)) {
    case WordClass::determiner:
    case WordClass::subject:
    case WordClass::object:
    case WordClass::be:
    case WordClass::modal:
    case WordClass::to:
    case WordClass::coordinator:
    case WordClass::complement:
    case WordClass::preposition: return false;
    default: return true;
  }
}

/// "Send the summary emails" -> "send_summary_emails"
std::string slug(std::string_view operation) {
  std::string id;
  int count = 0;
  for (const std::string& word : id_words(operation)) {
    const bool particle = count == 1 && is_particle(word);
    if (count > 0 && !particle && !carries_meaning(word)) continue;
    if (id.size() + word.size() + 1 > kMaxId - 4) break;  // room for a number
    if (!id.empty()) id += '_';
    id += word;
    if (++count == kMaxIdWords) break;
  }
  return id.empty() ? "step" : id;
}

std::vector<std::string> make_ids(const Plan& plan) {
  std::vector<std::string> ids;
  std::unordered_set<std::string> used;
  for (const PlanStep& step : plan.steps) {
    const std::string base = slug(step.operation);
    std::string id = base;
    for (int n = 2; !used.insert(id).second; ++n) id = base + "_" + std::to_string(n);
    ids.push_back(std::move(id));
  }
  return ids;
}

const char* to_string(StepKind kind) {
  constexpr std::array<const char*, 4> kNames = {"llm_decision", "transform", "conditional",
                                                 "api_call"};
  return kNames[static_cast<std::size_t>(kind)];
}

void put_text(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

Json step_json(const PlanStep& step, const std::vector<std::string>& ids, std::size_t index,
               const std::string* service) {
  Json out;
  out["id"] = ids[index];
  out["operation"] = step.operation;
  out["step_type"] = to_string(service != nullptr ? StepKind::api_call : step.kind);
  out["depends_on"] = Json::array();
  for (const int other : step.depends_on)
    out["depends_on"].push_back(ids[static_cast<std::size_t>(other)]);
  if (service != nullptr) out["service"] = *service;
  put_text(out, "actor", step.actor);
  put_text(out, "condition", step.condition);
  put_text(out, "schedule", step.schedule);
  put_text(out, "constraint", step.constraint);
  return out;
}

std::string write_document(const Plan& plan, std::span<const std::string> services) {
  const std::vector<std::string> ids = make_ids(plan);
  const std::vector<int> matches = match_services(plan, services);
  Json document;
  Json& steps = document["pilot_steps"] = Json::array();
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const int match = matches[i];
    const std::string* service = match < 0 ? nullptr : &services[static_cast<std::size_t>(match)];
    steps.push_back(step_json(plan.steps[i], ids, i, service));
  }
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Whether small words of other languages outnumber the English ones.
bool is_foreign(const DraftText& text) {
  constexpr std::array<std::string_view, 48> kForeign = {
      "al",  "auf", "aus",  "avec", "che", "com", "con", "dans", "das", "de",  "del",  "der",
      "des", "di",  "die",  "du",   "e",   "een", "ein", "eine", "el",  "en",  "est",  "et",
      "het", "il",  "la",   "las",  "le",  "les", "los", "mit",  "og",  "os",  "para", "per",
      "por", "que", "sind", "sur",  "um",  "una", "und", "une",  "van", "wir", "y",    "zu"};
  int foreign = 0;
  int english = 0;
  for (const Token& token : text.tokens()) {
    if (token.kind != TokenKind::word) continue;
    foreign += std::binary_search(kForeign.begin(), kForeign.end(), token.lower);
    english += token.word_class != WordClass::none && token.word_class != WordClass::actor &&
               token.word_class != WordClass::noun;
  }
  return foreign >= 2 && foreign > english;
}

/// The step for a text in which nothing is recognised.
Plan undecided_plan(const DraftText& text) {
  const int count = static_cast<int>(text.tokens().size());
  std::string quoted = shorten_text(text.render(0, std::min(count, 200)), kMaxQuoted);
  PlanStep step;
  step.kind = StepKind::llm_decision;
  step.operation = "Decide how to handle: " + (quoted.empty() ? "an empty description" : quoted);
  Plan plan;
  plan.steps.push_back(std::move(step));
  return plan;
}

}  // namespace

std::string draft_workflow(std::string_view description, std::span<const std::string> services) {
  DraftText text(description);
  Plan plan;
  if (!is_foreign(text)) plan = read_plan(text);
  link_plan(plan, kMaxSteps);
  if (plan.steps.empty()) plan = undecided_plan(text);
  return write_document(plan, services);
}

}  // namespace llmw
