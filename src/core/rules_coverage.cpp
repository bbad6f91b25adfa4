// W06: what the request names and the document does not.
//
// Quoted phrases and numbers must be found; of the other significant words, too many must be
// missing. Words are compared by their beginnings, so that "orders" covers "ordering".

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/rules_checks.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMaxPromptBytes = 20'000;  ///< of a longer request the start is looked at
constexpr std::size_t kMinWord = 5;              ///< shorter words say little
constexpr std::size_t kStem = 4;
constexpr std::size_t kMaxPhrase = 60;
constexpr std::size_t kMinMissingWords = 4;
constexpr std::size_t kMaxListed = 10;

/// Words of requests that no step needs to repeat. Sorted.
constexpr std::string_view kCommonWords[] = {
    "about",     "above",      "actually",  "after",    "again",     "agent",     "along",
    "already",   "always",     "another",   "anything", "around",    "because",   "before",
    "being",     "below",      "between",   "could",    "create",    "currently", "daily",
    "describe",  "different",  "doing",     "during",   "either",    "ensure",    "every",
    "everyone",  "everything", "finally",   "first",    "following", "generate",  "going",
    "handle",    "having",     "house",     "however",  "including", "instead",   "kindly",
    "large",     "later",      "least",     "looking",  "makes",     "making",    "manage",
    "manual",    "manually",   "maybe",     "might",    "multiple",  "needed",    "needs",
    "never",     "normally",   "often",     "other",    "others",    "otherwise", "please",
    "possible",  "process",    "processes", "properly", "really",    "regular",   "require",
    "right",     "several",    "should",    "simple",   "since",     "small",     "something",
    "sometimes", "start",      "still",     "system",   "their",     "there",     "these",
    "things",    "third",      "those",     "through",  "together",  "under",     "until",
    "using",     "usually",    "various",   "wants",    "weekly",    "where",     "whether",
    "which",     "while",      "whole",     "within",   "without",   "workflow",  "workflows",
    "would",     "write",      "years",
};

static_assert(std::is_sorted(std::begin(kCommonWords), std::end(kCommonWords)));

constexpr std::array<std::string_view, 13> kNumberWords = {
    "zero",  "one",   "two",  "three", "four",   "five",  "six",
    "seven", "eight", "nine", "ten",   "eleven", "twelve"};

/// What a character is to the reading of words. By table: every byte of a document is looked at.
struct TokenChar {
  char small = 0;  ///< in small letters
  bool letter = false;
  bool digit = false;
};

constexpr std::array<TokenChar, 256> make_token_chars() {
  std::array<TokenChar, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    const bool capital = c >= 'A' && c <= 'Z';
    table[c].small = static_cast<char>(capital ? c | 0x20 : c);
    table[c].letter = capital || (c >= 'a' && c <= 'z') || c >= 0x80;
    table[c].digit = c >= '0' && c <= '9';
  }
  return table;
}
constexpr std::array<TokenChar, 256> kTokenChars = make_token_chars();

constexpr const TokenChar& token_char(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }
bool is_digit(char c) { return token_char(c).digit; }
bool is_letter(char c) { return token_char(c).letter; }
char lower(char c) { return token_char(c).small; }

/// Other scripts do not part words by blanks, and inflect at their beginnings.
bool is_ascii(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= 0; });
}

/// Reads the words and numbers of a text one by one. Numbers come without thousands separators,
/// leading zeros and decimals that are zero. Folding a text changes the case of its words and no
/// more of what is read here.
class TokenReader {
 public:
  explicit TokenReader(std::string_view text) : text_(text) {}

  /// Valid until the next call; empty at the end.
  std::string_view next() {
    while (at_ < text_.size() && !is_digit(text_[at_]) && !is_letter(text_[at_])) ++at_;
    if (at_ == text_.size()) return {};
    return is_digit(text_[at_]) ? number() : word();
  }

 private:
  std::string_view word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  bool digit_at(std::size_t at) const { return at < text_.size() && is_digit(text_[at]); }

  std::string_view number() {
    digits_.clear();
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == ',' && digit_at(at_ + 1) && digit_at(at_ + 2) && digit_at(at_ + 3)) continue;
      if (!is_digit(c) && !(c == '.' && digit_at(at_ + 1))) break;
      digits_ += c;
    }
    if (digits_.find('.') != std::string::npos) {
      digits_.erase(digits_.find_last_not_of('0') + 1);
      if (digits_.back() == '.') digits_.pop_back();
    }
    digits_.erase(0, std::min(digits_.find_first_not_of('0'), digits_.size() - 1));
    return digits_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string digits_;
};

std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  TokenReader reader(text);
  for (std::string_view token = reader.next(); !token.empty(); token = reader.next())
    tokens.emplace_back(token);
  return tokens;
}

/// The first letters of a word in small letters as one number, which is quicker to look up than
/// they are.
std::uint32_t stem_of(std::string_view word) {
  std::uint32_t stem = 0;
  for (std::size_t i = 0; i < std::min(word.size(), kStem); ++i)
    stem = stem << 8 | static_cast<unsigned char>(lower(word[i]));
  return stem;
}

/// Whether `word` is `small` but for its case.
bool is_word(std::string_view word, std::string_view small) {
  return word.size() == small.size() &&
         std::equal(word.begin(), word.end(), small.begin(),
                    [](char c, char expected) { return lower(c) == expected; });
}

/// A few words of the request, in small letters, to be looked for among the many of the document.
class Wanted {
 public:
  void reserve(std::size_t words) { words_.reserve(words); }

  /// `word` outlives the object.
  void add(std::string_view word) { words_.push_back({stem_of(word), word}); }

  /// After the last add().
  void close() {
    std::sort(words_.begin(), words_.end(), comes_before);
    const auto same = [](const Word& a, const Word& b) { return a.text == b.text; };
    words_.erase(std::unique(words_.begin(), words_.end(), same), words_.end());
    for (const Word& word : words_) stems_.set(place_of(word.stem));
  }

  /// `word` is of any case.
  void see(std::string_view word) {
    const std::uint32_t stem = stem_of(word);
    if (!stems_.test(place_of(stem))) return;
    for (auto at = first_from({stem, {}}); at != words_.end() && at->stem == stem; ++at) {
      at->stem_seen = true;
      if (!at->seen && is_word(word, at->text)) at->seen = true;
    }
  }

  // Of words that were added; false for any other:

  bool seen(std::string_view word) {
    const Word* found = find(word);
    return found != nullptr && found->seen;
  }
  bool stem_seen(std::string_view word) {
    const Word* found = find(word);
    return found != nullptr && found->stem_seen;
  }
  /// Whether this is the first time that the word is asked for.
  bool is_new(std::string_view word) {
    Word* found = find(word);
    return found != nullptr && !std::exchange(found->asked, true);
  }

 private:
  struct Word {
    std::uint32_t stem = 0;
    std::string_view text;
    bool seen = false;
    bool stem_seen = false;
    bool asked = false;
  };

  static bool comes_before(const Word& a, const Word& b) {
    return a.stem != b.stem ? a.stem < b.stem : a.text < b.text;
  }

  static std::size_t place_of(std::uint32_t stem) { return stem * 0x9E3779B1U >> 22; }

  std::vector<Word>::iterator first_from(const Word& word) {
    return std::lower_bound(words_.begin(), words_.end(), word, comes_before);
  }

  Word* find(std::string_view word) {
    const auto found = first_from({stem_of(word), word});
    return found == words_.end() || found->text != word ? nullptr : &*found;
  }

  std::vector<Word> words_;
  std::bitset<1024> stems_;  ///< where a stem may be: most words of a document are none of these
};

/// Calls `take` with each text and number of a document.
template <typename Take>
void for_each_text(const JsonValue& value, const Take& take) {
  if (value.is_string() || value.kind == JsonValue::Kind::number) take(value.text);
  for (const JsonValue& item : value.items) for_each_text(item, take);
  for (const JsonValue::Member& member : value.members) for_each_text(member.second, take);
}

/// All texts of a document, folded.
std::string fold_texts(const JsonValue& document) {
  std::string text;
  for_each_text(document, [&](const std::string& part) {
    text += part;
    text += '\n';
  });
  return fold(text);
}

/// `prompt` without the numbers of its lists: "1. Read the mail".
std::string without_list_numbers(std::string_view prompt) {
  std::string out;
  while (!prompt.empty()) {
    const std::size_t end = std::min(prompt.find('\n'), prompt.size() - 1);
    std::string_view line = prompt.substr(0, end + 1);
    prompt.remove_prefix(end + 1);
    const std::size_t from = std::min(line.find_first_not_of(" \t"), line.size());
    const std::size_t number = std::min(line.find_first_not_of("0123456789", from), line.size());
    if (number > from && number < line.size() && (line[number] == '.' || line[number] == ')') &&
        (number + 1 == line.size() || !is_digit(line[number + 1])))
      line.remove_prefix(number);
    out += line;
  }
  return out;
}

class Coverage {
 public:
  Coverage(const JsonValue& document, std::string_view prompt)
      : document_(document),
        prompt_(fold(without_list_numbers(prompt.substr(0, kMaxPromptBytes)))),
        prompt_tokens_(tokens_of(prompt_)) {
    wanted_.reserve(prompt_tokens_.size() + kNumberWords.size());
    for (const std::string& token : prompt_tokens_) wanted_.add(token);
    for (const std::string_view number : kNumberWords) wanted_.add(number);
    wanted_.close();
    for_each_text(document, [this](std::string_view text) {
      TokenReader reader(text);
      for (std::string_view token = reader.next(); !token.empty(); token = reader.next())
        wanted_.see(token);
    });
  }

  std::vector<std::string> missing() {
    check_quotes();
    check_tokens();
    if (missing_words_.size() >= kMinMissingWords && missing_words_.size() * 2 > words_)
      missing_.insert(missing_.end(), missing_words_.begin(), missing_words_.end());
    return std::move(missing_);
  }

 private:
  void check_quotes() {
    for (std::size_t at = prompt_.find('"'); at != std::string::npos;
         at = prompt_.find('"', at + 1)) {
      const std::size_t end = prompt_.find('"', at + 1);
      if (end == std::string::npos) return;
      const std::string phrase = prompt_.substr(at + 1, end - at - 1);
      at = end;
      if (phrase.size() <= kMaxPhrase && !tokens_of(phrase).empty() && !has_phrase(phrase))
        add('"' + phrase + '"');
    }
  }

  /// The phrase itself, or all its words.
  bool has_phrase(const std::string& phrase) {
    if (!text_) text_ = fold_texts(document_);
    if (text_->find(phrase) != std::string::npos) return true;
    const std::vector<std::string> words = tokens_of(phrase);
    return std::all_of(words.begin(), words.end(),
                       [this](const std::string& word) { return wanted_.seen(word); });
  }

  void check_tokens() {
    for (const std::string& token : prompt_tokens_) {
      if (!wanted_.is_new(token)) continue;
      if (is_digit(token[0])) {
        if (!has_number(token)) add(token);
      } else if (token.size() >= kMinWord && is_ascii(token) &&
                 !std::binary_search(std::begin(kCommonWords), std::end(kCommonWords), token)) {
        ++words_;
        if (!wanted_.stem_seen(token)) missing_words_.push_back(token);
      }
    }
  }

  bool has_number(const std::string& digits) {
    if (wanted_.seen(digits)) return true;
    for (std::size_t i = 0; i < kNumberWords.size(); ++i) {
      if (digits == std::to_string(i)) return wanted_.seen(kNumberWords[i]);
    }
    return false;
  }

  void add(std::string text) {
    if (std::find(missing_.begin(), missing_.end(), text) == missing_.end())
      missing_.push_back(std::move(text));
  }

  const JsonValue& document_;
  std::string prompt_;  ///< folded
  std::vector<std::string> prompt_tokens_;
  std::optional<std::string> text_;  ///< of the document, folded; made when a phrase is looked for
  Wanted wanted_;
  std::size_t words_ = 0;  ///< significant ones of the prompt
  std::vector<std::string> missing_words_;
  std::vector<std::string> missing_;
};

}  // namespace

void check_coverage(const Workflow& workflow, const RuleContext& context, FindingList& findings) {
  if (context.prompt.empty() || workflow.items().empty()) return;
  const std::vector<std::string> missing = Coverage(workflow.document(), context.prompt).missing();
  if (missing.empty()) return;
  std::string list;
  for (std::size_t i = 0; i < std::min(missing.size(), kMaxListed); ++i) {
    if (i > 0) list += ", ";
    list += missing[i];
  }
  if (missing.size() > kMaxListed) list += ", ...";
  findings.warning("W06", FindingList::kWholeDocument, child_path("", workflow.rules().items),
                   "the request names what the workflow does not: " + list,
                   "See whether a step for it is missing.");
}

}  // namespace llmw
