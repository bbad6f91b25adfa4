#include "core/prompt_complexity.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "core/text.hpp"

namespace llmw {

namespace {

constexpr int kMostLow = 8;      // points
constexpr int kMostMedium = 24;  // points
constexpr int kPointsOfBranch = 2;
constexpr int kWordsOfPoint = 50;

// In the order of Complexity.
constexpr std::array<std::string_view, 3> kNames{"low", "medium", "high"};

// Sorted: they are looked up by binary search.
constexpr std::array<std::string_view, 20> kBranchWords{
    "concurrently", "depending",      "either",    "else",     "escalate", "except",  "fails",
    "if",           "meanwhile",      "otherwise", "parallel", "repeat",   "retries", "retry",
    "rollback",     "simultaneously", "unless",    "until",    "whether",  "while"};
static_assert(std::is_sorted(kBranchWords.begin(), kBranchWords.end()));

bool is_joining(std::string_view word) { return word == "and" || word == "then"; }

/// From here on the scripts of East Asia, which put no blanks between words.
constexpr char32_t kFirstOfEastAsia = 0x2E80;

bool is_east_asian_stop(char32_t c) {
  switch (c) {
    case 0x3001:  // ideographic comma
    case 0x3002:  // ideographic full stop
    case 0xFF01:  // the full-width forms of ! , : ; ?
    case 0xFF0C:
    case 0xFF1A:
    case 0xFF1B:
    case 0xFF1F: return true;
    default: return false;
  }
}

bool is_ascii_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Such as the number of an item of a list, which is no part by itself.
bool is_number(std::string_view word) {
  return word.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Reads a prompt character by character.
class PromptMeter {
 public:
  explicit PromptMeter(std::string_view prompt) : prompt_(prompt) {}

  PromptMeasures measure() {
    while (at_ < prompt_.size()) {
      const auto byte = static_cast<unsigned char>(prompt_[at_]);
      if (byte < 0x80)
        take_ascii(prompt_[at_++]);
      else
        take_other();
    }
    end_word();
    measures_.words += (characters_ + 1) / 2;
    return measures_;
  }

 private:
  void take_ascii(char c) {
    if (is_ascii_letter_or_digit(c)) {
      word_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (c == '\n' || is_stop(c)) {
      end_part();
    } else if (c != '\'' && c != '-' && c != '_') {
      end_word();
    }
  }

  /// Not within a number, an address or a name of a file.
  bool is_stop(char c) const {
    const bool is_mark = c == '.' || c == ',' || c == ';' || c == ':' || c == '!' || c == '?';
    return is_mark && (at_ == prompt_.size() || static_cast<unsigned char>(prompt_[at_]) <= ' ');
  }

  void take_other() {
    const DecodedChar c = decode_utf8(prompt_, at_);
    const bool is_valid = c.state == Utf8::valid;
    at_ += is_valid ? c.length : 1;
    if (is_valid && is_east_asian_stop(c.value)) {
      end_part();
    } else if (is_valid && c.value >= kFirstOfEastAsia) {
      end_word();
      ++characters_;
      begin_part();
    } else {
      word_ += '*';  // a letter; no word that is looked for has it
    }
  }

  void end_word() {
    if (word_.empty()) return;
    ++measures_.words;
    if (std::binary_search(kBranchWords.begin(), kBranchWords.end(), word_)) ++measures_.branches;
    if (is_joining(word_))
      in_part_ = false;
    else if (!is_number(word_))
      begin_part();
    word_.clear();
  }

  void begin_part() {
    if (!in_part_) ++measures_.parts;
    in_part_ = true;
  }

  void end_part() {
    end_word();
    in_part_ = false;
  }

  std::string_view prompt_;
  std::size_t at_ = 0;
  std::string word_;  ///< the one being read, in lower case
  bool in_part_ = false;
  int characters_ = 0;  ///< of scripts without blanks
  PromptMeasures measures_;
};

}  // namespace

const char* to_string(Complexity complexity) {
  return kNames[static_cast<std::size_t>(complexity)].data();
}

std::optional<Complexity> parse_complexity(std::string_view word) {
  const auto found = std::find(kNames.begin(), kNames.end(), word);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Complexity>(found - kNames.begin());
}

PromptMeasures measure_prompt(std::string_view prompt) { return PromptMeter(prompt).measure(); }

Complexity prompt_complexity(std::string_view prompt) {
  const PromptMeasures measures = measure_prompt(prompt);
  const int points =
      measures.parts + kPointsOfBranch * measures.branches + measures.words / kWordsOfPoint;
  if (points <= kMostLow) return Complexity::low;
  return points <= kMostMedium ? Complexity::medium : Complexity::high;
}

}  // namespace llmw
