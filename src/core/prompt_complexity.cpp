#include "core/prompt_complexity.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

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

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
/// Within a word, such as the apostrophe of "don't".
bool joins_letters(char c) { return c == '\'' || c == '-' || c == '_'; }

enum class WordKind { joining, branch, other };

WordKind kind_of(std::string_view word) {
  constexpr std::size_t kLongest = std::string_view("simultaneously").size();
  if (word.size() > kLongest) return WordKind::other;
  std::array<char, kLongest> letters{};
  std::transform(word.begin(), word.end(), letters.begin(), to_lower);
  const std::string_view lower(letters.data(), word.size());
  if (lower == "and" || lower == "then") return WordKind::joining;
  return std::binary_search(kBranchWords.begin(), kBranchWords.end(), lower) ? WordKind::branch
                                                                             : WordKind::other;
}

/// Reads a prompt character by character.
class PromptMeter {
 public:
  explicit PromptMeter(std::string_view prompt) : prompt_(prompt) {}

  PromptMeasures measure() {
    while (at_ < prompt_.size()) {
      if (static_cast<unsigned char>(prompt_[at_]) < 0x80)
        take_ascii(prompt_[at_]);
      else
        take_other();
    }
    end_word();
    measures_.words += (characters_ + 1) / 2;
    return measures_;
  }

 private:
  void take_ascii(char c) {
    if (is_letter(c) || is_digit(c)) {
      take_into_word(1, is_digit(c));
    } else if (c == '\n' || ends_part(c)) {
      end_part(1);
    } else {
      if (!joins_letters(c)) end_word();
      ++at_;
    }
  }

  /// Not within a number, an address or a name of a file.
  bool ends_part(char c) const {
    const bool is_mark = c == '.' || c == ',' || c == ';' || c == ':' || c == '!' || c == '?';
    return is_mark &&
           (at_ + 1 == prompt_.size() || static_cast<unsigned char>(prompt_[at_ + 1]) <= ' ');
  }

  void take_other() {
    const DecodedChar c = decode_utf8(prompt_, at_);
    const bool is_valid = c.state == Utf8::valid;
    const std::size_t length = is_valid ? c.length : 1;
    if (is_valid && is_east_asian_stop(c.value)) {
      end_part(length);
    } else if (is_valid && c.value >= kFirstOfEastAsia) {
      end_word();
      ++characters_;
      begin_part();
      at_ += length;
    } else {
      take_into_word(length, false);
    }
  }

  void take_into_word(std::size_t length, bool is_digit) {
    if (!in_word_) {
      word_begin_ = at_;
      is_number_ = true;
    }
    in_word_ = true;
    is_number_ = is_number_ && is_digit;
    at_ += length;
    word_end_ = at_;
  }

  void end_word() {
    if (!in_word_) return;
    in_word_ = false;
    ++measures_.words;
    const WordKind kind = kind_of(prompt_.substr(word_begin_, word_end_ - word_begin_));
    if (kind == WordKind::branch) ++measures_.branches;
    if (kind == WordKind::joining)
      in_part_ = false;
    else if (!is_number_)  // the number of an item of a list is no part by itself
      begin_part();
  }

  void begin_part() {
    if (!in_part_) ++measures_.parts;
    in_part_ = true;
  }

  void end_part(std::size_t length) {
    end_word();
    in_part_ = false;
    at_ += length;
  }

  std::string_view prompt_;
  std::size_t at_ = 0;
  std::size_t word_begin_ = 0;  ///< of the word being read
  std::size_t word_end_ = 0;    ///< behind its last letter or digit
  bool in_word_ = false;
  bool is_number_ = false;  ///< the word has digits only
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
