#include "core/flow_prompts.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/json.hpp"

namespace llmw {

namespace {

constexpr std::size_t kMaxToldFindings = 20;

std::string quoted_list(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) {
    if (!list.empty()) list += ", ";
    list += json_quote(value);
  }
  return list;
}

}  // namespace

std::string generation_prompt(std::string_view prompt, const std::vector<std::string>& services) {
  std::string text(prompt);
  if (!services.empty()) text += "\n\nServices: " + quoted_list(services);
  return text;
}

std::string repair_reply(const std::vector<Finding>& findings,
                         const std::vector<LearnedRule>& rules) {
  std::string text = "The document has errors:\n";
  std::size_t told = 0;
  for (const Finding& finding : findings) {
    if (finding.severity != Severity::error) continue;
    if (++told > kMaxToldFindings) break;
    const LearnedRule* rule = rule_for_code(rules, finding.code);
    text += finding.code + " at " + (finding.path.empty() ? "the top level" : finding.path) + ": " +
            (rule == nullptr ? finding.hint : rule->id) + '\n';
  }
  return text + "Answer with the whole corrected JSON document and nothing else.";
}

std::string unreadable_reply(std::string_view why) {
  return "No JSON document could be read from this: " + std::string(why) +
         ".\nAnswer with one complete JSON document and nothing else.";
}

std::string regeneration_reply(std::string_view findings, std::string_view feedback) {
  std::string text;
  if (!findings.empty()) text += "Findings about this document:\n" + std::string(findings) + '\n';
  return text + "Change it as follows, and answer with the whole new JSON document:\n" +
         std::string(feedback);
}

std::string remaining_reply(std::string_view noun, const std::vector<std::string>& ids) {
  return "The answer was cut off. Write the remaining " + std::string(noun) +
         " after these ids: " + quoted_list(ids) +
         ". Answer with a JSON document of the same form that holds only the remaining " +
         std::string(noun) + "; refer to the ids above, do not repeat them.";
}

std::string outline_prompt(std::string_view prompt, std::string_view noun) {
  std::string item(noun);
  item.pop_back();
  return std::string(prompt) +
         "\n\nThe workflow is large. First only its outline. Outline: list every " + item +
         R"( in order as {"outline":[{"id":"short_unique_name","title":"a few words"}]}.)";
}

std::string_view outline_schema() {
  return R"({"type":"object","properties":{"outline":{"type":"array","items":{"type":"object",)"
         R"("properties":{"id":{"type":"string"},"title":{"type":"string"}},)"
         R"("required":["id","title"],"additionalProperties":false}}},)"
         R"("required":["outline"],"additionalProperties":false})";
}

std::string part_prompt(std::string_view prompt, std::string_view noun,
                        const std::vector<OutlineItem>& outline,
                        const std::vector<std::string>& ids) {
  std::string text(prompt);
  text += "\n\nThe workflow has these " + std::string(noun) + ", in order:\n";
  for (const OutlineItem& item : outline) text += item.id + ": " + item.title + '\n';
  return text + "Write exactly these " + std::string(noun) + ": " + quoted_list(ids) +
         ". Keep their ids, refer to the others by id, leave all other lists of the document "
         "empty.";
}

namespace {

/// The lower-case words and numbers of a text; '-' and '+' inside or after them are separators.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  /// Empty at the end. Long words are cut: none that matters is long.
  std::string_view next() {
    while (at_ < text_.size() && !is_word(text_[at_])) ++at_;
    length_ = 0;
    for (; at_ < text_.size() && is_word(text_[at_]); ++at_)
      if (length_ < word_.size()) word_[length_++] = lower(text_[at_]);
    return {word_.data(), length_};
  }

 private:
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t length_ = 0;
  std::array<char, 16> word_{};
};

/// The number that `word` writes in digits or as a ten; 0: none.
int number_of(std::string_view word) {
  constexpr std::array<std::string_view, 9> kTens = {"ten",   "twenty",  "thirty", "forty", "fifty",
                                                     "sixty", "seventy", "eighty", "ninety"};
  const auto ten = std::find(kTens.begin(), kTens.end(), word);
  if (ten != kTens.end()) return static_cast<int>(ten - kTens.begin() + 1) * 10;
  if (word == "hundred") return 100;
  int number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc{} && end == word.data() + word.size() ? number : 0;
}

bool names_items(std::string_view word) {
  constexpr std::array<std::string_view, 4> kNames = {"steps", "stages", "phases", "tasks"};
  return std::find(kNames.begin(), kNames.end(), word) != kNames.end();
}

/// Words that may stand between the number and the name. Any other ("30 days, then all steps")
/// means that the number counts something else; a request that is missed is only asked in one
/// piece.
bool describes_items(std::string_view word) {
  constexpr std::array<std::string_view, 16> kWords = {
      "or",      "more",       "detailed", "distinct",  "separate",   "different",
      "process", "clear",      "workflow", "numbered",  "sequential", "individual",
      "named",   "production", "small",    "manageable"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

}  // namespace

int asked_items(std::string_view prompt) {
  int largest = 0;
  int number = 0;
  WordReader words(prompt);
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    if (const int found = number_of(word); found > 0) {
      number = found;
    } else if (number == 0) {
      continue;  // nothing is counted
    } else if (names_items(word)) {
      largest = std::max(largest, number);
      number = 0;
    } else if (!describes_items(word)) {
      number = 0;
    }
  }
  return largest;
}

}  // namespace llmw
