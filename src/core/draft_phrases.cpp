#include "core/draft_phrases.hpp"

#include <algorithm>
#include <array>

namespace llmw {
namespace {

constexpr int kMaxSchedules = 2;  ///< per sentence; more is not a schedule but a text about time

constexpr std::array<std::string_view, 12> kUnits = {"afternoon", "day",   "evening", "hour",
                                                     "minute",    "month", "morning", "night",
                                                     "quarter",   "week",  "weekday", "year"};
constexpr std::array<std::string_view, 7> kWeekdays = {"friday",   "monday",  "saturday", "sunday",
                                                       "thursday", "tuesday", "wednesday"};
constexpr std::array<std::string_view, 10> kFrequencies = {
    "annually", "biweekly", "daily",     "fortnightly", "hourly",
    "monthly",  "nightly",  "quarterly", "weekly",      "yearly"};
constexpr std::array<std::string_view, 6> kParallelPhrases = {"at the same time", "in parallel",
                                                              "meanwhile",        "in the meantime",
                                                              "simultaneously",   "concurrently"};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view singular(std::string_view word) {
  return word.ends_with('s') ? word.substr(0, word.size() - 1) : word;
}

/// Reads schedule phrases word by word; every read moves on only when it succeeds.
class ScheduleReader {
 public:
  ScheduleReader(const DraftText& text, int begin, int end)
      : text_(text), begin_(begin), end_(end) {}

  /// Index after the phrase that starts at `at`; `at` itself when none does.
  int read(int at) {
    at_ = at;
    const bool found = read_every() || read_times_a_unit() || read_edge_of_unit() ||
                       read_on_weekday() || read_frequency() || read_time(true);
    if (!found) return at;
    while (read_time(false) || read_and_weekday() || read_part_of_day()) {
    }
    return at_;
  }

 private:
  std::string_view word(int ahead = 0) const {
    const int i = at_ + ahead;
    if (i >= end_) return {};
    const Token& token = text_.tokens()[static_cast<std::size_t>(i)];
    return token.is_live_word() ? token.lower : std::string_view();
  }
  bool is_unit(std::string_view w) const { return is_one_of(kUnits, singular(w)); }
  bool is_weekday(std::string_view w) const { return is_one_of(kWeekdays, singular(w)); }
  bool is_each(std::string_view w) const { return w == "every" || w == "each"; }
  bool is_number(std::string_view w) const {
    return !w.empty() && (w[0] >= '0' && w[0] <= '9') && w.size() <= 3;
  }
  bool advance(int words) {
    at_ += words;
    return true;
  }

  bool read_every() {
    if (!is_each(word())) return false;
    int ahead = 1;
    const std::string_view next = word(1);
    const bool counted = is_number(next) || next == "other" || next == "second" ||
                         next == "single" || next == "business" || next == "working" ||
                         next == "two" || next == "three" || next == "few";
    if (counted) ++ahead;
    const std::string_view unit = word(ahead);
    return (is_unit(unit) || is_weekday(unit)) && advance(ahead + 1);
  }

  bool read_times_a_unit() {
    const bool once = word() == "once" || word() == "twice";
    const int ahead = once ? 1 : word(1) == "times" ? 2 : 0;
    if (ahead == 0) return false;
    const std::string_view per = word(ahead);
    if (per != "a" && per != "per" && !is_each(per)) return false;
    return is_unit(word(ahead + 1)) && advance(ahead + 2);
  }

  // "at the end of each month", "on the first business day of the quarter"
  bool read_edge_of_unit() {
    if ((word() != "at" && word() != "on") || word(1) != "the") return false;
    int ahead = 3;
    while (ahead < 5 && (word(ahead) == "business" || word(ahead) == "working" ||
                         word(ahead) == "day" || is_weekday(word(ahead))))
      ++ahead;
    if (word(ahead) != "of") return false;
    const std::string_view which = word(ahead + 1);
    if (which != "the" && !is_each(which)) return false;
    return is_unit(word(ahead + 2)) && advance(ahead + 3);
  }

  bool read_on_weekday() {
    if (word() != "on" || !(is_weekday(word(1)) || word(1) == "weekdays")) return false;
    return advance(2);
  }

  // "daily" is a schedule, "daily report" is not.
  bool read_frequency() {
    if (!is_one_of(kFrequencies, word())) return false;
    const Token* before = at_ > begin_ ? &token(at_ - 1) : nullptr;
    const WordClass before_class = before ? before->word_class : WordClass::none;
    if (before_class == WordClass::determiner || before_class == WordClass::be) return false;
    const std::string_view next = word(1);
    if (next.empty() || next == "at" || next == "on" || next == "in" || next == "and")
      return advance(1);
    const Token& after = token(at_ + 1);
    const bool verb =
        after.verb && (after.verb->forms & kBase) && after.verb->verb.noun_use == NounUse::never;
    const bool small = after.word_class != WordClass::none &&
                       after.word_class != WordClass::actor && after.word_class != WordClass::noun;
    return (verb || small) && advance(1);
  }

  const Token& token(int i) const { return text_.tokens()[static_cast<std::size_t>(i)]; }

  /// A time of day; alone in the sentence it needs "at" before it.
  bool read_time(bool alone) {
    const bool at = word() == "at" || word() == "around";
    if (!at) return false;
    const std::string_view time = word(1);
    if (time == "noon" || time == "midnight") return advance(2);
    if (time.empty() || time[0] < '0' || time[0] > '9') return false;
    const std::string_view half = word(2);
    const bool has_half = half == "am" || half == "pm" || half == "a.m" || half == "p.m" ||
                          half == "a.m." || half == "p.m." || half == "o'clock";
    const bool clock = time.ends_with("am") || time.ends_with("pm") || time.find(':') != time.npos;
    if (alone && !has_half && !clock) return false;
    return advance(has_half ? 3 : 2);
  }

  bool read_and_weekday() {
    const int ahead = word() == "and" || token_is_comma() ? 1 : 0;
    return ahead == 1 && is_weekday(word(1)) && advance(2);
  }
  bool token_is_comma() const { return at_ < end_ && token(at_).kind == TokenKind::comma; }

  bool read_part_of_day() {
    if (is_unit(word()) && at_ > begin_ && is_weekday(token(at_ - 1).lower)) return advance(1);
    if (word() == "in" && word(1) == "the" && is_unit(word(2))) return advance(3);
    return word() == "on" && is_weekday(word(1)) && advance(2);
  }

  const DraftText& text_;
  int begin_;
  int end_;
  int at_ = 0;
};

}  // namespace

int match_phrase(const DraftText& text, int at, int end, std::string_view phrase) {
  int i = at;
  while (!phrase.empty()) {
    const std::size_t blank = std::min(phrase.find(' '), phrase.size());
    if (i >= end) return 0;
    const Token& token = text.tokens()[static_cast<std::size_t>(i)];
    if (!token.is_live_word() || token.lower != phrase.substr(0, blank)) return 0;
    phrase.remove_prefix(std::min(blank + 1, phrase.size()));
    ++i;
  }
  return i - at;
}

std::string take_schedule(DraftText& text, int begin, int end) {
  std::string schedule;
  int found = 0;
  ScheduleReader reader(text, begin, end);
  for (int i = begin; i < end && found < kMaxSchedules; ++i) {
    const int after = reader.read(i);
    if (after == i) continue;
    if (!schedule.empty()) schedule += ' ';
    schedule += text.render(i, after);
    for (int j = i; j < after; ++j) text.tokens()[static_cast<std::size_t>(j)].removed = true;
    i = after - 1;
    ++found;
  }
  return schedule;
}

void take_parallel_phrases(DraftText& text, int begin, int end) {
  for (int i = begin; i < end; ++i)
    for (const std::string_view phrase : kParallelPhrases)
      for (int length = match_phrase(text, i, end, phrase); length > 0; --length) {
        Token& token = text.tokens()[static_cast<std::size_t>(i + length - 1)];
        token.removed = token.parallel = true;
      }
}

}  // namespace llmw
