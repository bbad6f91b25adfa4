#include "core/draft_scan.hpp"

#include <algorithm>
#include <array>

namespace llmw {
namespace {

constexpr std::size_t kMaxQuoteBytes = 80;
constexpr int kMaxQuoteWords = 6;
constexpr std::size_t kShortLine = 45;  ///< a line up to here did not end because it was full

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_space(char c) { return c == ' ' || c == '\n'; }

/// Abbreviations whose dot belongs to them and never ends a sentence.
bool is_abbreviation(std::string_view word) {
  constexpr std::array<std::string_view, 18> kWords = {
      "approx", "attn", "cf", "dept", "dr", "eg",   "est", "fig", "ie",
      "max",    "min",  "mr", "mrs",  "ms", "prof", "st",  "vol", "vs"};
  if (std::binary_search(kWords.begin(), kWords.end(), word)) return true;
  if (word.size() == 1) return is_lower(word[0]) && word[0] != 'i';
  return word.size() == 3 && word[1] == '.' && word != "a.m" && word != "p.m" && word != "u.s";
}

/// Abbreviations that may also be the last word of a sentence.
bool is_final_abbreviation(std::string_view word) {
  constexpr std::array<std::string_view, 8> kWords = {"a.m", "co",  "corp", "etc",
                                                      "inc", "ltd", "p.m",  "u.s"};
  return std::binary_search(kWords.begin(), kWords.end(), word);
}

class Scanner {
 public:
  Scanner(std::string_view text, std::string_view lower) : text_(text), lower_(lower) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) step();
    mark_steps_of_lists();
    mark_parentheses();
    mark_examples();
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n';
  }

  void emit(TokenKind kind, std::size_t length) {
    Token token;
    token.kind = kind;
    token.space = space_;
    token.text = text_.substr(at_, length);
    token.lower = lower_.substr(at_, length);
    tokens_.push_back(std::move(token));
    at_ += length;
    space_ = false;
    line_start_ = false;
  }

  void step() {
    const char c = peek();
    if (c == '\n') return take_newline();
    if (c == ' ') {
      space_ = true;
      ++at_;
      return;
    }
    if (take_bullet() || take_separator(c) || take_quote(c)) return;
    take_word();
  }

  // A newline ends a sentence unless the line was full or the sentence obviously goes on.
  void take_newline() {
    const std::size_t line_length = at_ - line_begin_;
    int newlines = 0;
    while (at_ < text_.size() && is_space(text_[at_])) newlines += text_[at_++] == '\n';
    space_ = true;
    line_begin_ = at_;
    line_start_ = true;
    if (tokens_.empty() || tokens_.back().kind == TokenKind::stop) return;
    if (newlines == 1 && is_continued(line_length)) return;
    Token token;
    token.kind = TokenKind::stop;
    tokens_.push_back(std::move(token));
  }

  bool is_continued(std::size_t line_length) const {
    const Token& last = tokens_.back();
    if (last.kind == TokenKind::comma) return true;
    if (last.lower == "and" || last.lower == "or" || last.lower == "the" || last.lower == "to")
      return true;
    return line_length > kShortLine && is_lower(peek()) && !is_marker(peek(1));
  }

  static bool is_marker(char c) { return c == '.' || c == ')'; }

  bool take_bullet() {
    if (take_number_marker()) return true;
    if (!line_start_ && !tokens_.empty()) return false;
    const char c = peek();
    const bool sign = c == '-' || c == '*' || c == '+' || c == '#';
    if (sign) {
      std::size_t length = 1;
      while (peek(length) == c) ++length;
      if (peek(length) != ' ') return false;
      emit(TokenKind::bullet, length);
      return true;
    }
    const bool letter = is_lower(lower_[at_]) && is_marker(peek(1)) && peek(2) == ' ';
    if (letter) emit(TokenKind::numbered, 2);
    return letter;
  }

  // "1." or "2)" at the start of a line, or in running text when the numbers count up from one.
  bool take_number_marker() {
    std::size_t digits = 0;
    while (digits < 3 && is_digit(peek(digits))) ++digits;
    if (digits == 0 || digits > 2 || !is_marker(peek(digits)) || !is_space(peek(digits + 1)))
      return false;
    if (!tokens_.empty() && !space_ && !line_start_) return false;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + (peek(i) - '0');
    const bool starts = tokens_.empty() || tokens_.back().kind != TokenKind::word;
    const bool counts_up = value == marker_ + 1 && (value > 1 || starts);
    if (!line_start_ && !counts_up) return false;
    marker_ = value;
    emit(TokenKind::numbered, digits + 1);
    return true;
  }

  bool take_separator(char c) {
    if (c == '-' || c == '=' || c == '>' || c == '|') return take_line_of_signs();
    switch (c) {
      case ',': emit(TokenKind::comma, 1); return true;
      case ';': emit(TokenKind::semicolon, 1); return true;
      case ':': emit(TokenKind::colon, 1); return true;
      case '(':
      case '[':
      case '{': emit(TokenKind::open, 1); return true;
      case ')':
      case ']':
      case '}': emit(TokenKind::close, 1); return true;
      case '.':
      case '!':
      case '?': take_stop(); return true;
      default: return false;
    }
  }

  // " - " separates clauses; "->", "=>", ">" and "|" separate steps.
  bool take_line_of_signs() {
    std::size_t length = 0;
    while (peek(length) == '-' || peek(length) == '=') ++length;
    const bool arrow = peek(length) == '>' || peek(length) == '|';
    if (arrow) {
      emit(TokenKind::stop, length + 1);
      return true;
    }
    if (!is_space(peek(length))) return false;
    emit(TokenKind::dash, length);
    return true;
  }

  void take_stop() {
    std::size_t length = 1;
    while (peek(length) == '.' || peek(length) == '!' || peek(length) == '?') ++length;
    emit(TokenKind::stop, length);
  }

  // A short quotation is one noun; marks around longer text are dropped.
  bool take_quote(char c) {
    if (c != '"' && c != '\'' && c != '`') return false;
    int words = 1;
    for (std::size_t i = 1; i < kMaxQuoteBytes && at_ + i < text_.size() && peek(i) != '\n'; ++i) {
      if (peek(i) == ' ' && ++words > kMaxQuoteWords) break;
      const bool closes = peek(i) == c && i > 1 && !is_lower(lower_at(i + 1));
      if (!closes) continue;
      if (spans_sentence(i)) break;
      emit(TokenKind::quote, i + 1);
      return true;
    }
    ++at_;
    return true;
  }

  char lower_at(std::size_t ahead) const {
    return at_ + ahead < lower_.size() ? lower_[at_ + ahead] : '\n';
  }

  /// Whether the quotation that ends `ahead` bytes on is all there is: then it is the text itself.
  bool spans_sentence(std::size_t ahead) const {
    const bool first = tokens_.empty() || tokens_.back().kind == TokenKind::stop;
    const char inside = text_[at_ + ahead - 1];
    const char next = peek(ahead + 1);
    return first && (inside == '.' || next == '\n' || next == '.');
  }

  void find_run() {
    if (at_ < run_end_) return;
    run_end_ = std::min(text_.find_first_of(" \n", at_), text_.size());
    const std::string_view run = text_.substr(at_, run_end_ - at_);
    run_is_address_ = run.find("://") != run.npos || run.substr(1).find('@') != run.npos ||
                      run.starts_with("www.");
  }

  void take_word() {
    find_run();
    std::size_t end = at_;
    if (run_is_address_) {
      end = run_end_;
      while (end > at_ + 1 && std::string_view(".,;:!?)]}>\"'").find(text_[end - 1]) != text_.npos)
        --end;
      run_is_address_ = false;
    } else {
      while (end < run_end_ && !ends_word(end)) ++end;
    }
    emit(TokenKind::word, std::max<std::size_t>(end - at_, 1));
  }

  bool ends_word(std::size_t i) const {
    const char c = text_[i];
    const char next = i + 1 < text_.size() ? text_[i + 1] : '\n';
    const bool between_digits = i > at_ && is_digit(text_[i - 1]) && is_digit(next);
    if (c == ',' || c == ':') return !between_digits;
    if (c == '.') return dot_ends_word(i, next);
    if (c == '-' || c == '=') return next == '>';
    return std::string_view(";!?()[]{}\"`").find(c) != std::string_view::npos;
  }

  bool dot_ends_word(std::size_t i, char next) const {
    const std::string_view word = lower_.substr(at_, i - at_);
    const bool before_letter = is_lower(next) || is_upper(next) || is_digit(next) || next == '_';
    if (before_letter) {  // "orders.Then": a space was forgotten; "report.csv", "Node.js": not
      const bool sentence = word.size() >= 3 && i > at_ && is_lower(text_[i - 1]) &&
                            is_upper(next) && i + 2 < text_.size() && is_lower(text_[i + 2]);
      return sentence;
    }
    if (is_abbreviation(word)) return false;
    if (!is_final_abbreviation(word)) return true;
    std::size_t after = i + 1;
    while (after < text_.size() && text_[after] == ' ') ++after;
    return after >= text_.size() || is_upper(text_[after]) || text_[after] == '\n';
  }

  // "Step 3: ..." and "(3) ..." are list markers as well.
  void mark_steps_of_lists() {
    for (std::size_t i = 0; i + 2 < tokens_.size(); ++i) {
      Token& a = tokens_[i];
      const bool number = tokens_[i + 1].lower.size() <= 2 && !tokens_[i + 1].lower.empty() &&
                          is_digit(tokens_[i + 1].lower[0]);
      if (!number) continue;
      const TokenKind after = tokens_[i + 2].kind;
      const bool first = i == 0 || tokens_[i - 1].kind >= TokenKind::stop;
      const bool step = first && a.lower == "step" && after != TokenKind::word;
      const bool bracket = a.kind == TokenKind::open && after == TokenKind::close;
      if (!step && !bracket) continue;
      a.kind = TokenKind::numbered;
      tokens_[i + 1].removed = tokens_[i + 2].removed = true;
    }
  }

  void mark_parentheses() {
    constexpr std::size_t kLongest = 40;
    std::size_t open = tokens_.size();
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      Token& token = tokens_[i];
      if (token.removed) continue;
      if (token.kind == TokenKind::open) {
        token.removed = true;  // until its partner is found
        open = i;
      } else if (token.kind == TokenKind::close) {
        token.removed = true;
        if (open < i && i - open <= kLongest) make_inert(open, i + 1);
        open = tokens_.size();
      } else if (token.kind >= TokenKind::stop) {
        open = tokens_.size();
      }
    }
  }

  void make_inert(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      tokens_[i].inert = true;
      tokens_[i].removed = false;
    }
  }

  // What follows "e.g." is an example up to the next comma, not something to do.
  void mark_examples() {
    bool example = false;
    for (Token& token : tokens_) {
      if (token.lower == "e.g." || token.lower == "i.e." || token.lower == "eg")
        example = true;
      else if (token.kind != TokenKind::word && token.kind != TokenKind::quote)
        example = false;
      if (example) token.inert = true;
    }
  }

  std::string_view text_;
  std::string_view lower_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t run_end_ = 0;
  int marker_ = 0;
  bool run_is_address_ = false;
  bool space_ = false;
  bool line_start_ = true;
};

}  // namespace

std::vector<Token> scan_draft_text(std::string_view text, std::string_view lower) {
  return Scanner(text, lower).run();
}

}  // namespace llmw
