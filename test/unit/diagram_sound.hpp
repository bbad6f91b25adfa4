#pragma once
// Whether a diagram is sound: its SVG well-formed, its Mermaid free of text outside of labels. For
// unit tests and the fuzzer, which tell a fault in their own ways.

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace llmw {

/// Reads the XML that the drawing writes: elements, quoted attributes, text, the five entities and
/// numbers. Anything else is a fault.
class MarkupReader {
 public:
  explicit MarkupReader(std::string_view text) : text_(text) { read(); }

  const std::string& fault() const { return fault_; }
  /// Names of the elements, in order.
  const std::vector<std::string>& elements() const { return elements_; }
  const std::multiset<std::string>& ids() const { return ids_; }

 private:
  void read() {
    std::vector<std::string> open;
    while (at_ < text_.size() && fault_.empty()) {
      if (text_[at_] != '<') {
        if (open.empty() && text_[at_] != '\n') fail("text outside");
        read_char();
      } else if (text_.substr(at_, 2) == "</") {
        at_ += 2;
        const std::string name = read_name();
        if (open.empty() || open.back() != name) return fail("closes " + name);
        open.pop_back();
        skip('>');
      } else {
        ++at_;
        const std::string name = read_name();
        elements_.push_back(name);
        if (!read_attributes()) open.push_back(name);
      }
    }
    if (!open.empty()) fail("never closes " + open.back());
  }

  /// Whether the element is closed at once.
  bool read_attributes() {
    std::set<std::string> names;
    while (fault_.empty()) {
      if (text_.substr(at_, 2) == "/>") {
        at_ += 2;
        return true;
      }
      if (at_ < text_.size() && text_[at_] == '>') {
        ++at_;
        return false;
      }
      skip(' ');
      const std::string name = read_name();
      if (!names.insert(name).second) fail("attribute twice: " + name);
      skip('=');
      skip('"');
      const std::size_t from = at_;
      while (fault_.empty() && at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '<') fail("< in an attribute");
        read_char();
      }
      if (name == "id") ids_.emplace(text_.substr(from, at_ - from));
      skip('"');
    }
    return true;
  }

  std::string read_name() {
    const std::size_t from = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-'))
      ++at_;
    if (at_ == from) fail("name expected");
    return std::string(text_.substr(from, at_ - from));
  }

  void read_char() {
    if (text_[at_] == '&') {
      const std::size_t end = text_.find(';', at_);
      const std::string_view entity = text_.substr(at_ + 1, end - at_ - 1);
      static constexpr std::string_view kKnown[] = {"amp", "lt", "gt", "quot", "apos"};
      const bool is_known =
          std::find(std::begin(kKnown), std::end(kKnown), entity) != std::end(kKnown);
      if (end == std::string_view::npos || (!is_known && entity.substr(0, 1) != "#"))
        fail("bad entity");
    }
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c < 0x20 && c != '\n') fail("control character");
    ++at_;
  }

  void skip(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return fail(std::string("no ") + c);
    ++at_;
  }

  void fail(const std::string& what) {
    if (fault_.empty())
      fault_ = what + " before: " + std::string(text_.substr(std::min(at_, text_.size()), 40));
    at_ = text_.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string fault_;
  std::vector<std::string> elements_;
  std::multiset<std::string> ids_;
};

/// What is wrong with the SVG of a diagram; empty: nothing.
inline std::string svg_fault(const std::string& svg) {
  const MarkupReader reader(svg);
  if (!reader.fault().empty()) return reader.fault();
  if (reader.elements().empty() || reader.elements()[0] != "svg") return "no svg";
  if (reader.ids().size() != 2) return "not two ids";
  if (*reader.ids().begin() == *reader.ids().rbegin()) return "an id twice";
  static constexpr std::string_view kKnown[] = {"svg",  "title", "desc", "style",
                                                "rect", "g",     "path", "text"};
  for (const std::string& element : reader.elements()) {
    if (std::find(std::begin(kKnown), std::end(kKnown), element) == std::end(kKnown))
      return "element " + element;
  }
  return "";
}

/// What is wrong with a flowchart; empty: nothing. Text may stand in quotes only, and in it nothing
/// that could end them.
inline std::string mermaid_fault(const std::string& mermaid) {
  static constexpr std::string_view kInLabel = " ,.-#;";
  const auto at_place = [](std::size_t at) { return " at " + std::to_string(at); };
  bool is_quoted = false;
  for (std::size_t at = 0; at < mermaid.size(); ++at) {
    const char c = mermaid[at];
    const bool is_ascii = (c & 0x80) == 0;
    const bool is_word = !is_ascii || std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (c == '"') is_quoted = !is_quoted;
    if (!is_quoted && !is_ascii) return "text outside of quotes" + at_place(at);
    if (!is_quoted || c == '"' || is_word || kInLabel.find(c) != std::string_view::npos) continue;
    if (mermaid.compare(at, 5, "<br/>") != 0) return std::string("label with ") + c + at_place(at);
    at += 4;
  }
  return is_quoted ? "open quotes" : "";
}

}  // namespace llmw
