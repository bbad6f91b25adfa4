#include "assignment.hpp"

#include <cstddef>
#include <cstring>

namespace llmw::sim {
namespace {

constexpr size_t kNowhere = std::string_view::npos;

// Several times faster than find(), which stops at each quote of a body that is full of them.
bool holds(std::string_view text, std::string_view part) {
  return !text.empty() && memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

Format read_format(const ModelRequest& request) {
  if (request.schema_name == "stages") return Format::kStages;
  if (request.schema_name == "discovery") return Format::kDiscovery;
  if (holds(request.system, R"(\"limbo_zones\")")) return Format::kStages;
  if (holds(request.system, R"(\"problem_analysis\")")) return Format::kDiscovery;
  return Format::kPilot;
}

// In the prompt the key has escaped quotes; with bare ones it is a key of the schema.
bool read_explained(const ModelRequest& request, std::string_view body) {
  return holds(request.system, R"(\"explanation\")") || holds(body, R"("explanation":)");
}

// What follows the phrase up to the end of its line, or null when the phrase is not there. The
// last place counts: the description may hold the same words.
std::string_view line_after(std::string_view text, std::string_view phrase) {
  if (!holds(text, phrase)) return {};
  const size_t at = text.rfind(phrase);
  text.remove_prefix(at + phrase.size());
  return text.substr(0, text.find(R"(\n)"));
}

std::vector<std::string> quoted_ids(std::string_view line) {
  constexpr std::string_view kQuote = R"(\")";
  std::vector<std::string> ids;
  while (true) {
    const size_t begin = line.find(kQuote);
    if (begin == kNowhere) return ids;
    line.remove_prefix(begin + kQuote.size());
    const size_t end = line.find(kQuote);
    if (end == kNowhere) return ids;
    ids.emplace_back(line.substr(0, end));
    line.remove_prefix(end + kQuote.size());
  }
}

void read_scope(std::string_view text, Assignment& assignment) {
  struct Phrase {
    Scope scope;
    std::string_view words;
  };
  constexpr Phrase kPhrases[] = {
      {Scope::kOutline, "Outline: list every step"},
      {Scope::kOutline, "Outline: list every stage"},
      {Scope::kPart, "Write exactly these steps:"},
      {Scope::kPart, "Write exactly these stages:"},
      {Scope::kRest, "Write the remaining steps after these ids:"},
      {Scope::kRest, "Write the remaining stages after these ids:"},
  };
  for (const Phrase& phrase : kPhrases) {
    const std::string_view line = line_after(text, phrase.words);
    if (line.data() == nullptr) continue;
    assignment.scope = phrase.scope;
    assignment.ids = quoted_ids(line);
    return;
  }
}

}  // namespace

Assignment read_assignment(const ModelRequest& request, std::string_view body) {
  Assignment assignment;
  assignment.format = read_format(request);
  assignment.explained = read_explained(request, body);
  read_scope(request.user, assignment);
  assignment.repair = request.has_answer && assignment.scope == Scope::kWhole;
  // A repair asks once more for what the first message of the user asked for.
  if (assignment.repair) read_scope(request.talk, assignment);
  return assignment;
}

}  // namespace llmw::sim
