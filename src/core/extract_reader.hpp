#pragma once
// Reads one JSON document of a model from the place where it begins, and mends what can be mended
// without a guess (the list of mends is in extract.hpp). One pass, no recursion; where a string
// ends is decided by what follows its quote, with a look-ahead whose sum is linear in the text.
//
// The document ends at its closing bracket; what follows is the caller's. A reading that cannot go
// on is either truncated (the text ended) or corrupt, never a shortened document.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/extract_text.hpp"
#include "core/json_value.hpp"

namespace llmw {

enum class ReadOutcome { complete, truncated, corrupt };

/// What a closing bracket of the wrong kind is taken for. The text does not say; the caller tries
/// each and believes the reading that alone makes sense.
enum class WrongBracket { stands_for_the_right_one, right_one_is_missing, is_superfluous };

struct ReadPlan {
  bool strict = false;          ///< nothing is mended: JSON or a fault
  bool bare_members = false;    ///< the members stand there without the braces around them
  bool doubled_braces = false;  ///< {{ and }} for { and }, as in templates
  WrongBracket wrong_bracket = WrongBracket::stands_for_the_right_one;
};

struct DocumentRead {
  ReadOutcome outcome = ReadOutcome::corrupt;
  JsonValue value;                      ///< when truncated: what was complete
  std::size_t end = 0;                  ///< behind the document, or where the fault was seen
  std::vector<std::string_view> mends;  ///< each once
  std::string open_path;                ///< when truncated
  std::string message;                  ///< when corrupt
  bool wrong_bracket = false;           ///< the plan for wrong brackets was needed
  bool outermost_closed = false;        ///< when truncated: only closing brackets are missing
  std::size_t values = 0;               ///< read completely
};

/// Reads the document whose first character is `text[at]`.
DocumentRead read_document(std::string_view text, std::size_t at, const ReadPlan& plan);

/// The implementation, in three files: extract_reader.cpp (containers), extract_strings.cpp
/// (strings) and extract_scalars.cpp (numbers, words, comments and blanks).
class DocumentReader {
 public:
  DocumentReader(std::string_view text, std::size_t at, const ReadPlan& plan)
      : text_(text), plan_(plan), start_(at), at_(at) {}

  DocumentRead run();

 private:
  enum class Place { key, member, item };

  struct Open {
    JsonValue* node;
    char closer;
    bool value_read = false;  ///< the last thing read in it was a value, not a comma
    bool comma_read = false;
  };

  struct Fault {
    ReadOutcome outcome;
    const char* message;
  };

  // Containers.
  void step();
  void step_after_value(Open& container, Mark mark);
  void read_member_or_item(Open& container, Mark mark);
  void read_key();
  void read_colon();
  void read_value();
  void open_container(char bracket, std::size_t length);
  void close_container();
  void close_wrong(Mark mark);
  char last_token() const;
  void imply_closed_object();
  void check_after_root();
  void take_comma(Open& container, Mark mark);
  JsonValue& add_value();
  void settle_duplicates(JsonValue& object);
  static bool begins_bracket(char c) { return c == '{' || c == '[' || c == '('; }
  static bool is_closer(char c) { return c == '}' || c == ']' || c == ')'; }
  std::size_t bracket_length(Mark mark) const;
  Place value_place() const;
  std::string open_path() const;
  bool only_prose_follows() const;

  // Strings.
  std::string read_string(Place place, bool raw_string);
  std::string read_string_parts(Place place, bool raw_string);
  std::string read_triple_quoted(Place place, bool raw_string);
  void note_quotes(QuoteMark opener);
  bool parts_follow(Place place);
  bool may_close(QuoteMark opener, QuoteMark candidate) const;
  bool closes_string(std::size_t after, Place place);
  bool colon_is_missing(std::size_t after, std::size_t at);
  bool closes_before_comma(std::size_t at, Place place);
  bool closes_before_bracket(std::size_t at, Place place);
  bool closes_before_next(std::size_t after, std::size_t at, Place place);
  bool member_starts(std::size_t at);
  bool value_starts(std::size_t at);
  std::size_t lost_quote(QuoteMark opener, Place place, std::size_t body);
  void note_inner_quote(QuoteMark opener, QuoteMark quote, std::size_t body);
  bool ends_quotation() const;
  bool inner_quotes_make_sense(std::string_view raw) const;
  bool ends_in_own_brackets() const;
  [[noreturn]] void fail_unclosed(std::size_t body, Place place) const;
  std::string decode(std::string_view raw, QuoteFamily family, Place place, bool raw_string);

  // Scalars and what stands between tokens.
  void read_number(JsonValue& slot);
  void read_word(JsonValue& slot);
  void read_bare_string(JsonValue& slot, std::size_t start);
  bool set_literal(JsonValue& slot, std::string_view word);
  void skip_blanks();
  bool leaves_out(std::size_t at) const;
  std::size_t peek_blanks(std::size_t at);
  std::size_t comment_end(std::size_t at);
  void note_comment(std::size_t begin, std::size_t end);
  bool ends_region(std::size_t at) const;
  /// The next occurrence of something, remembered: asking again and again costs one walk.
  struct Remembered {
    std::size_t from = 1;
    std::size_t found = 0;
  };
  std::size_t find_next(std::size_t from, std::string_view what, Remembered& last) const;

  bool at_end() const { return at_ >= text_.size(); }
  Mark peek();
  void mend(std::string_view name);
  void mend_bracket(std::string_view name);
  [[noreturn]] void fail(const char* message) const { throw Fault{ReadOutcome::corrupt, message}; }
  [[noreturn]] void fail_cut() const { throw Fault{ReadOutcome::truncated, ""}; }

  std::string_view text_;
  ReadPlan plan_;
  std::size_t start_;
  std::size_t at_;
  DocumentRead read_;
  std::vector<Open> open_;
  std::string key_;
  int bracket_mends_ = 0;
  bool line_ended_ = false;     ///< the blanks skipped last held an end of line
  bool quoted_keys_ = false;    ///< a key in quotes was seen
  bool unquoted_keys_ = false;  ///< a key without quotes was seen
  Remembered next_line_;
  Remembered next_comment_end_;
  /// Of the string being read: its quotes that are neither escaped nor its end.
  struct InnerQuotes {
    std::size_t first = 0;      ///< where the first one is; 0: there is none
    int count = 0;              ///< of those that open or close a quotation
    bool by_turns = true;       ///< they open and close by turns
    bool inch_marks = true;     ///< all of them follow a digit
    bool curly_opened = false;  ///< typographic quotes are open inside of straight ones
  };
  InnerQuotes inner_;
};

}  // namespace llmw
