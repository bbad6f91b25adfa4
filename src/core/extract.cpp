#include "core/extract.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/json.hpp"

namespace llmw {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kThinkOpen = "<think>";
constexpr std::string_view kThinkClose = "</think>";
constexpr std::size_t kFenceLength = 3;

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

Extracted truncated(std::string message) {
  return {ExtractStatus::truncated, {}, std::move(message)};
}

Extracted reject(std::string message) { return {ExtractStatus::reject, {}, std::move(message)}; }

/// `json` without the spaces between its tokens: equal for texts that differ only in layout.
std::string compact(std::string_view json) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_string && kSpaces.find(c) != std::string_view::npos) continue;
    out += c;
    if (c == '"') in_string = !in_string;
    if (c == '\\' && in_string && i + 1 < json.size()) out += json[++i];
  }
  return out;
}

/// The complete documents of one kind that were found; keeps the first, compares the others to it.
class Candidates {
 public:
  void add(std::string_view json, nlohmann::json value) {
    if (!first_) {
      first_ = json;
      value_ = std::move(value);
    } else if (json != *first_ && !ambiguous_) {
      if (compact_first_.empty()) compact_first_ = compact(*first_);
      ambiguous_ = compact(json) != compact_first_;
    }
  }

  bool empty() const { return !first_; }

  Extracted choose(nlohmann::json& document) {
    if (ambiguous_) return reject("the answer holds several different JSON documents");
    document = std::move(value_);
    return {ExtractStatus::ok, std::string(*first_), {}};
  }

 private:
  std::optional<std::string_view> first_;
  nlohmann::json value_;
  std::string compact_first_;
  bool ambiguous_ = false;
};

/// The block between two fences, or the prose outside of them.
struct Fence {
  char mark = 0;  ///< 0: outside
  std::size_t length = 0;
  bool may_hold_json = false;
  bool at_start = false;  ///< nothing but spaces has been seen in it yet
};

/// Walks over the answer once and collects the documents in it.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Extracted run(nlohmann::json& document) {
    while (at_ < text_.size()) step();
    if (ends_inside_document_) return truncated("the answer ends inside its JSON document");
    for (Candidates* found : {&fenced_objects_, &fenced_arrays_, &objects_, &arrays_}) {
      if (!found->empty()) return found->choose(document);
    }
    return reject(fault_.empty() ? "the answer holds no JSON document" : fault_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (const std::size_t run = fence_run(c); run >= kFenceLength) {
      pass_fence(c, run);
    } else if (starts_document(c)) {
      take_document();
    } else {
      if (kSpaces.find(c) == std::string_view::npos) fence_.at_start = false;
      ++at_;
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
    if (fence_.mark != 0) {
      if (mark == fence_.mark && run >= fence_.length) fence_ = {};
      return;
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && is_language_char(text_[at_])) ++at_;
    fence_ = {mark, run, is_json_language(text_.substr(start, at_ - start)), true};
  }

  static bool is_language_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  static bool is_json_language(std::string_view name) {
    if (name.empty()) return true;
    std::string lower;
    for (const char c : name.substr(0, 8)) lower += static_cast<char>(c | 0x20);
    return lower.starts_with("json") || lower == "js" || lower.starts_with("javascr");
  }

  /// Whether JSON begins here. In a fence its first bracket is enough; in prose a bracket may be
  /// anything (a placeholder, a citation), so the next character must be one that JSON has there.
  bool starts_document(char c) const {
    if (c != '{' && c != '[') return false;
    if (fence_.may_hold_json && fence_.at_start) return true;
    const std::size_t next = text_.find_first_not_of(kSpaces, at_ + 1);
    if (next == std::string_view::npos) return false;
    return text_[next] == '"' || (c == '[' && (text_[next] == '{' || text_[next] == '['));
  }

  void take_document() {
    fence_.at_start = false;
    const std::optional<std::size_t> end = balanced_end();
    if (!end) {
      note_unclosed();
      return;
    }
    const std::string_view json = text_.substr(at_, *end - at_);
    nlohmann::json value;
    const JsonRead read = read_json(json, value, DuplicateKeys::refuse);
    if (read.fault == JsonFault::none) {
      Candidates& candidates = candidates_for(value.is_object());
      candidates.add(json, std::move(value));
    } else {
      note_fault(read);
    }
    at_ = *end;
  }

  void note_fault(const JsonRead& read) {
    if (fault_.empty()) fault_ = "the answer's JSON is not valid: " + read.message;
  }

  Candidates& candidates_for(bool object) {
    if (fence_.may_hold_json) return object ? fenced_objects_ : fenced_arrays_;
    return object ? objects_ : arrays_;
  }

  /// The end of the bracket that opens at the read position; nothing when it is never closed.
  std::optional<std::size_t> balanced_end() const {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = at_; i < text_.size(); ++i) {
      const char c = text_[i];
      if (in_string) {
        if (c == '\\') ++i;
        if (c == '"') in_string = false;
      } else if (c == '"') {
        in_string = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (--depth == 0) return i + 1;
      }
    }
    return std::nullopt;
  }

  /// The bracket at the read position is not closed. Either the answer stops inside the document,
  /// or a mistake in it (a stray quote) hides its end. The walk ends here, so that it is linear.
  void note_unclosed() {
    nlohmann::json value;
    const JsonRead read = read_json(text_.substr(at_, closing_fence() - at_), value);
    ends_inside_document_ = read.fault == JsonFault::truncated;
    if (!ends_inside_document_) note_fault(read);
    at_ = text_.size();
  }

  /// Where the fence that is open ends; the end of the text when there is none.
  std::size_t closing_fence() const {
    if (fence_.mark == 0) return text_.size();
    const std::string closer = '\n' + std::string(fence_.length, fence_.mark);
    const std::size_t found = text_.find(closer, at_);
    return found == std::string_view::npos ? text_.size() : found;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Fence fence_;
  Candidates fenced_objects_;
  Candidates fenced_arrays_;
  Candidates objects_;
  Candidates arrays_;
  bool ends_inside_document_ = false;
  std::string fault_;  ///< of the first document that was not valid
};

}  // namespace

Extracted extract_json(std::string_view answer) {
  nlohmann::json document;
  return extract_json(answer, document);
}

Extracted extract_json(std::string_view answer, nlohmann::json& document) {
  std::string_view text = answer;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  text = trim(text);
  if (text.starts_with(kThinkOpen)) {
    const std::size_t end = text.find(kThinkClose);
    if (end == std::string_view::npos) return truncated("the answer ends inside its thinking");
    text = trim(text.substr(end + kThinkClose.size()));
  }
  if (text.empty()) return reject("the answer is empty");
  if (text.front() == '{' || text.front() == '[') {
    if (read_json(text, document, DuplicateKeys::refuse).fault == JsonFault::none) {
      return {ExtractStatus::ok, std::string(text), {}};
    }
  }
  return Scanner(text).run(document);
}

}  // namespace llmw
