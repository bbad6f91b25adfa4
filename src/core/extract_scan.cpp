#include "core/extract_scan.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/extract_attempt.hpp"
#include "core/extract_text.hpp"

namespace llmw {
namespace {

constexpr std::size_t kFenceLength = 3;
constexpr std::size_t kLongestTag = 60;
constexpr std::size_t kLongestStray = 200;  ///< bytes of what is no document but looks like one
constexpr char kTag = '<';

constexpr std::array<std::string_view, 9> kThinkingTags = {"think",    "thinking",   "thought",
                                                           "thoughts", "reasoning",  "reflection",
                                                           "analysis", "scratchpad", "draft"};
constexpr std::array<std::string_view, 14> kAnswerTags = {
    "json",     "answer",   "output",    "result",        "response", "final",       "final_answer",
    "document", "workflow", "tool_call", "function_call", "solution", "json_output", "data"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::any_of(names.begin(), names.end(), [name](std::string_view known) {
    return known.size() == name.size() && starts_with_word(name, 0, known);
  });
}

/// The block between two fences or tags, or the prose outside of them.
struct Region {
  char mark = 0;  ///< `, ~, < or 0: outside
  std::size_t length = 0;
  bool may_hold_json = false;
  bool at_start = true;  ///< nothing but blanks has been seen in it yet
};

/// A tag of XML's form.
struct Tag {
  std::string_view name;
  bool closes = false;
  std::size_t end = 0;
};

class Scanner {
 public:
  Scanner(std::string_view text, Choice& choice) : text_(text), choice_(choice) {}

  ScanEnd run() {
    while (at_ < text_.size()) step();
    if (in_thinking_) return ScanEnd::thinking;
    return region_.mark != 0 && region_.may_hold_json && region_.at_start ? ScanEnd::empty_fence
                                                                          : ScanEnd::text;
  }

 private:
  void step() {
    const char c = text_[at_];
    if (const std::size_t run = fence_run(c); run >= kFenceLength) {
      pass_fence(c, run);
    } else if (c == '<' && pass_tag()) {
      return;
    } else if (c == '[' && starts_with_word(text_, at_, "[think]")) {
      skip_thinking("[/think]");
    } else if (begins_document(c)) {
      take_document();
    } else {
      const std::size_t blank = is_json_blank(c) ? 1 : odd_blank_at(text_, at_);
      if (blank == 0) region_.at_start = false;
      at_ += std::max<std::size_t>(blank, 1);
    }
  }

  /// Number of marks at the read position if a fence can stand there. Tildes make a fence only at
  /// the start of a line; backticks anywhere, because models write prose and fence in one line.
  std::size_t fence_run(char c) const {
    if (c != '`' && c != '~') return 0;
    if (c == '~' && at_ > 0 && text_[at_ - 1] != '\n') return 0;
    const std::size_t end = text_.find_first_not_of(c, at_);
    return (end == std::string_view::npos ? text_.size() : end) - at_;
  }

  void pass_fence(char mark, std::size_t run) {
    at_ += run;
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_word_char(text_[at_]) || text_[at_] == '-')) ++at_;
    const std::string_view language = text_.substr(start, at_ - start);
    const bool closes = region_.mark == mark && run >= region_.length &&
                        (language.empty() || region_.may_hold_json);
    if (closes) {
      at_ = start;
      region_ = {};
      region_.at_start = false;
      return;
    }
    region_ = {mark, run, is_json_language(language), true};
    if (cut_in_region_ && region_.may_hold_json && goes_on_with_document()) {
      choice_.refuse("its document is split into several blocks");
    }
  }

  /// The block that begins here begins with no document of its own.
  bool goes_on_with_document() const {
    const std::size_t first = text_.find_first_not_of(" \t\r\n", at_);
    return first != std::string_view::npos && text_[first] != '{' && text_[first] != '[';
  }

  static bool is_json_language(std::string_view name) {
    constexpr std::array<std::string_view, 8> kNames = {"",   "json5", "jsonc", "jsonl",
                                                        "js", "text",  "txt",   "plaintext"};
    return is_one_of(name, kNames) || starts_with_word(name, 0, "json") ||
           starts_with_word(name, 0, "javascript");
  }

  /// The tag at the read position; its name is empty when there is none.
  Tag tag_here() const {
    Tag tag;
    std::size_t at = at_ + 1;
    tag.closes = at < text_.size() && text_[at] == '/';
    if (tag.closes) ++at;
    const std::size_t start = at;
    while (at < text_.size() && is_word_char(text_[at])) ++at;
    const std::size_t end = text_.substr(0, at_ + kLongestTag).find_first_of("<>", at);
    if (end == std::string_view::npos || text_[end] != '>') return {};
    tag.name = text_.substr(start, at - start);
    tag.end = end + 1;
    return tag;
  }

  bool pass_tag() {
    const Tag tag = tag_here();
    if (tag.name.empty()) return false;
    const bool thinking = is_one_of(tag.name, kThinkingTags);
    if (thinking && !tag.closes) {
      at_ = tag.end;
      skip_thinking("</" + std::string(tag.name));
      return true;
    }
    at_ = tag.end;
    if (thinking) {
      choice_.forget();
      region_ = {};
    } else if (is_one_of(tag.name, kAnswerTags)) {
      region_ = tag.closes ? Region{} : Region{kTag, 1, true, true};
    }
    return true;
  }

  void skip_thinking(std::string closer) {
    for (char& c : closer) c = ascii_lower(c);
    const std::size_t end = find_ignoring_case(text_, closer, at_);
    in_thinking_ = end == std::string_view::npos;
    at_ = in_thinking_ ? text_.size() : end + closer.size();
    if (!in_thinking_ && closer[0] == '<')
      at_ = std::min(text_.find('>', at_), text_.size() - 1) + 1;
  }

  /// Whether a document begins here. Where a fence, a tag or the answer begins its first bracket is
  /// enough; in prose a bracket may be anything (a placeholder, a citation), so that what follows
  /// must be what JSON has there.
  bool begins_document(char c) const {
    if (c == '"') return may_be_bare() && begins_bare_members(text_, at_);
    if (c == '\xEF') c = mark_at(text_, at_).value;
    if (c != '{' && c != '[') return false;
    if (c == '[' && text_.substr(0, at_).ends_with("<![CDATA")) return false;
    const bool at_start = region_.at_start && (region_.mark == 0 || region_.may_hold_json);
    if (at_start && (c == '{' || region_.mark != 0)) return true;
    return bracket_begins_document(text_, at_);
  }

  /// Members without braces: at the start of a region, or of a line when nothing came before.
  bool may_be_bare() const {
    if (region_.at_start) return true;
    const std::size_t before = text_.substr(0, at_).find_last_not_of(" \t");
    return before != std::string_view::npos && text_[before] == '\n' && choice_.saw_nothing();
  }

  Standing standing(bool object) const {
    if (region_.may_hold_json) return object ? Standing::fenced_object : Standing::fenced_array;
    return object ? Standing::prose_object : Standing::prose_array;
  }

  void take_document() {
    const std::size_t begin = at_;
    const bool at_start = region_.at_start;
    region_.at_start = false;
    const bool object = text_[begin] != '[';
    if (is_member_value(text_, begin)) {
      choice_.add_fault("it stands inside of something else", standing(object), begin, 1);
      at_ = after_broken(begin, begin);
      return;
    }
    DocumentRead read = attempt_document(text_, at_, region_end());
    switch (read.outcome) {
      case ReadOutcome::complete: add_complete(std::move(read), begin); return;
      case ReadOutcome::truncated:
        at_ = std::max(read.end, begin + 1);
        choice_.add_truncated(std::move(read), begin);
        cut_in_region_ = true;
        return;
      case ReadOutcome::corrupt: break;
    }
    if (text_[begin] == '"' && read.values == 0) {
      at_ = begin + 1;
      return;
    }
    choice_.add_fault(read.message, standing(object), begin, read.values + (at_start ? 1 : 0));
    const bool stray = !at_start && read.values == 0 && read.end - begin < kLongestStray;
    at_ = stray ? after_broken(begin, read.end) : std::max(region_end(), read.end);
  }

  void add_complete(DocumentRead read, std::size_t begin) {
    const std::size_t end = read.end;
    FoundDocument found;
    found.standing = standing(read.value.is_object());
    found.mends.assign(read.mends.begin(), read.mends.end());
    if (read.mends.empty()) found.text = text_.substr(begin, end - begin);
    found.value = std::move(read.value);
    found.begin = begin;
    found.end = end;
    at_ = pass_closers(end);
    if (at_ != end) {
      // After one of several in a row, the brackets belong to an array that was closed too early.
      if (follows_another(begin)) choice_.refuse("its brackets do not match");
      found.mends.emplace_back("extra_bracket");
      found.text = {};
    }
    last_end_ = end;
    choice_.add(std::move(found));
  }

  std::size_t pass_closers(std::size_t end) const {
    std::size_t closers_end = end;
    for (std::size_t i = end; i < text_.size(); ++i) {
      if (text_[i] == '}' || text_[i] == ']') {
        closers_end = i + 1;
      } else if (!is_json_blank(text_[i])) {
        break;
      }
    }
    return closers_end;
  }

  bool follows_another(std::size_t begin) const {
    if (last_end_ == 0) return false;
    return text_.substr(last_end_, begin - last_end_).find_first_not_of(" \t\r\n,") ==
           std::string_view::npos;
  }

  /// Where the region that is being read ends at the latest: at the next fence that begins a line,
  /// for one inside of a line may stand in a string. Positions are asked for in order.
  std::size_t region_end() {
    if (region_end_ <= at_) region_end_ = next_fence_line(at_);
    return region_end_;
  }

  std::size_t next_fence_line(std::size_t from) const {
    std::size_t at = std::min(text_.find("```", from), text_.size());
    while (at < text_.size() && !begins_line(at)) {
      at = std::min(text_.find("```", at + 1), text_.size());
    }
    return at;
  }

  bool begins_line(std::size_t at) const {
    const std::size_t before = text_.substr(0, at).find_last_not_of(" \t>");
    return before == std::string_view::npos || text_[before] == '\n' || text_[before] == '\r';
  }

  /// Where to go on after a document that cannot be read: behind its last bracket, so that no part
  /// of it is taken for a document, or behind the region when that bracket is not found.
  std::size_t after_broken(std::size_t begin, std::size_t fault_at) {
    const std::size_t limit = region_end();
    const std::size_t end = balanced_end(begin, limit);
    work_ += std::max(end, fault_at) - begin;
    const bool affordable = work_ < 8 * text_.size();
    return std::max(affordable ? end : std::max(end, fault_at), begin + 1);
  }

  std::size_t balanced_end(std::size_t begin, std::size_t limit) const {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = begin; i < limit; ++i) {
      const char c = text_[i];
      if (in_string) {
        if (c == '\\') ++i;
        if (c == '"') in_string = false;
      } else if (c == '"') {
        in_string = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (depth <= 1) return i + 1;
        --depth;
      }
    }
    return limit;
  }

  std::string_view text_;
  Choice& choice_;
  std::size_t at_ = 0;
  Region region_;
  bool in_thinking_ = false;
  std::size_t last_end_ = 0;    ///< of the last complete document
  std::size_t region_end_ = 0;  ///< as found last
  bool cut_in_region_ = false;  ///< a block ended inside of its document
  std::size_t work_ = 0;        ///< bytes read for nothing; bounds reading them again
};

}  // namespace

ScanEnd scan_answer(std::string_view text, Choice& choice) { return Scanner(text, choice).run(); }

}  // namespace llmw
