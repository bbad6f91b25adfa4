#include "core/draft_clauses.hpp"

#include <array>

#include "core/draft_phrases.hpp"

namespace llmw {
namespace {

struct Opener {
  std::string_view phrase;
  Subordinate subordinate;
};

// Longer phrases stand before shorter ones that they begin with.
constexpr std::array kOpeners = {
    Opener{"before that", Subordinate::before_that},
    Opener{"before this", Subordinate::before_that},
    Opener{"before", Subordinate::before},
    Opener{"prior to", Subordinate::before},
    Opener{"after", Subordinate::after},
    Opener{"upon", Subordinate::after},
    Opener{"as soon as", Subordinate::once},
    Opener{"once", Subordinate::once},
    Opener{"only if", Subordinate::condition},
    Opener{"only when", Subordinate::condition},
    Opener{"even if", Subordinate::until},
    Opener{"except if", Subordinate::unless},
    Opener{"except when", Subordinate::unless},
    Opener{"if so", Subordinate::so},
    Opener{"if yes", Subordinate::so},
    Opener{"if not", Subordinate::otherwise},
    Opener{"if no", Subordinate::otherwise},
    Opener{"if", Subordinate::condition},
    Opener{"whenever", Subordinate::condition},
    Opener{"when", Subordinate::condition},
    Opener{"in case of", Subordinate::condition},
    Opener{"in which case", Subordinate::so},
    Opener{"in case", Subordinate::condition},
    Opener{"in the event that", Subordinate::condition},
    Opener{"in the event of", Subordinate::condition},
    Opener{"provided that", Subordinate::condition},
    Opener{"provided", Subordinate::condition},
    Opener{"as long as", Subordinate::condition},
    Opener{"unless", Subordinate::unless},
    Opener{"should", Subordinate::condition},
    Opener{"while", Subordinate::during},
    Opener{"whilst", Subordinate::during},
    Opener{"until", Subordinate::until},
    Opener{"till", Subordinate::until},
    Opener{"because", Subordinate::until},
    Opener{"since", Subordinate::until},
    Opener{"although", Subordinate::until},
    Opener{"though", Subordinate::until},
    Opener{"so that", Subordinate::until},
    Opener{"so they can", Subordinate::until},
    Opener{"so we can", Subordinate::until},
    Opener{"given that", Subordinate::until},
    Opener{"or else", Subordinate::otherwise},
    Opener{"otherwise", Subordinate::otherwise},
    Opener{"else", Subordinate::otherwise},
};

struct Join {
  std::string_view phrase;
  Joint joint;
};

constexpr std::array kJoins = {
    Join{"after that", Joint::then},
    Join{"after this", Joint::then},
    Join{"after which", Joint::then},
    Join{"once done", Joint::then},
    Join{"when done", Joint::then},
    Join{"once that is done", Joint::then},
    Join{"once this is done", Joint::then},
    Join{"followed by", Joint::then},
    Join{"as well as", Joint::and_},
    Join{"then", Joint::then},
    Join{"next", Joint::then},
    Join{"afterwards", Joint::then},
    Join{"and", Joint::and_},
    Join{"but", Joint::and_},
    Join{"plus", Joint::and_},
    Join{"&", Joint::and_},
    Join{"or", Joint::or_},
};

/// Verbs whose object may be a clause with "if" or "when".
bool takes_clause(const Token& token) {
  if (!token.verb) return false;
  const std::string_view base = token.verb->base;
  return token.verb->verb.role == VerbRole::ask || base == "ask" || base == "decide" ||
         base == "know" || base == "evaluate" || base == "assess" || base == "look" ||
         base == "inquire" || base == "find" || base == "detect" || base == "review";
}

class Splitter {
 public:
  Splitter(DraftText& text, int begin, int end) : text_(text), end_(end) {
    open(begin, begin, Joint::start, Subordinate::no);
  }

  std::vector<Segment> run() {
    for (int i = current_.begin; i < end_;) i = step(i);
    close(end_);
    return std::move(segments_);
  }

 private:
  Token& token(int i) { return text_.tokens()[static_cast<std::size_t>(i)]; }

  int step(int i) {
    const Token& t = token(i);
    if (t.inert || t.removed) return i + 1;
    switch (t.kind) {
      case TokenKind::comma: return cut(i, i + 1, Joint::comma, Subordinate::no);
      case TokenKind::semicolon:
      case TokenKind::colon:
      case TokenKind::dash: return cut(i, i + 1, Joint::clause, Subordinate::no);
      case TokenKind::word: return step_word(i);
      default: words_ += t.kind == TokenKind::quote; return i + 1;
    }
  }

  int step_word(int i) {
    if (is_clause_object(i)) {
      token(i).inert = true;
      return i + 1;
    }
    for (const Join& join : kJoins)
      if (const int length = match_phrase(text_, i, end_, join.phrase); length > 0)
        if (!is_adjective(i, join.phrase)) return cut(i, i + length, join.joint, Subordinate::no);
    for (const Opener& opener : kOpeners)
      if (const int length = match_phrase(text_, i, end_, opener.phrase); length > 0)
        if (opens(i, length, opener)) return cut(i, i + length, Joint::none, opener.subordinate);
    if (token(i).lower == "so" && words_ == 0) return cut(i, i + 1, Joint::then, Subordinate::no);
    ++words_;
    return i + 1;
  }

  // "check if the order is late": the clause is what is checked, not when.
  bool is_clause_object(int i) {
    const std::string_view word = token(i).lower;
    if (word != "if" && word != "when") return false;
    if (i == current_.begin) return false;
    const Token& before = token(i - 1);
    if (before.lower == "out" || before.lower == "and" || before.lower == "or") return false;
    return takes_clause(before) && before.verb->verb.noun_use != NounUse::often;
  }

  /// "the next step" and "next week" are no joints.
  bool is_adjective(int i, std::string_view phrase) {
    if (phrase != "next") return false;
    if (words_ > 0 || i + 1 >= end_) return true;
    const Token& after = token(i + 1);
    const bool noun = after.word_class == WordClass::none && !after.verb;
    return noun && after.kind == TokenKind::word;
  }

  bool opens(int i, int length, const Opener& opener) {
    const bool answer = opener.subordinate == Subordinate::so ||
                        (opener.subordinate == Subordinate::otherwise && length == 2);
    if (opener.phrase == "should")  // "Should the customer complain, ..."
      return words_ == 0 && segments_.empty() && i + 1 < end_ &&
             token(i + 1).word_class == WordClass::determiner;
    if (answer && opener.phrase.starts_with("if")) return ends_answer(i + length);
    return opener.phrase != "else" || words_ == 0 || token(i - 1).lower != "something";
  }

  // "if not, ..." is an answer; "if not paid, ..." is a condition.
  bool ends_answer(int i) {
    if (i >= end_) return false;
    const Token& next = token(i);
    if (next.kind != TokenKind::word) return true;
    const bool base = next.verb && (next.verb->forms & kBase) && !(next.verb->forms & kParticiple);
    return next.lower == "then" || next.word_class == WordClass::subject || base;
  }

  int cut(int at, int next, Joint joint, Subordinate subordinate) {
    const bool empty = words_ == 0;
    if (empty && current_.subordinate == Subordinate::no) joint = merge(current_.joint, joint);
    close(at);
    const bool belongs = subordinate != Subordinate::no;
    open(belongs ? at : next, next, joint, subordinate);
    return next;
  }

  /// What two separators in a row mean together.
  static Joint merge(Joint first, Joint second) {
    if (second == Joint::none) return first;
    if (first == Joint::start) return second == Joint::or_ ? second : Joint::start;
    if (first == Joint::comma && second == Joint::and_) return Joint::comma_and;
    if (first == Joint::then || first == Joint::clause) return first;
    return second == Joint::comma ? first : second;
  }

  void open(int lead, int begin, Joint joint, Subordinate subordinate) {
    current_ = Segment{lead, begin, begin, joint, subordinate};
    words_ = 0;
  }

  void close(int end) {
    current_.end = end;
    if (words_ > 0 || current_.subordinate != Subordinate::no)
      segments_.push_back(current_);
    else if (!segments_.empty() && is_remark(current_.begin, end))
      segments_.back().end = end;
  }

  /// An example or a remark in parentheses goes with the words before it.
  bool is_remark(int begin, int end) { return begin < end && token(begin).inert; }

  DraftText& text_;
  int end_;
  int words_ = 0;  ///< live words in the open segment
  Segment current_;
  std::vector<Segment> segments_;
};

}  // namespace

std::vector<Segment> split_segments(DraftText& text, int begin, int end) {
  return Splitter(text, begin, end).run();
}

}  // namespace llmw
