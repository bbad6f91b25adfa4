#include "core/extract_disguise.hpp"

#include <array>
#include <charconv>
#include <vector>

#include "core/extract_text.hpp"

namespace llmw {
namespace {

struct Entity {
  std::string_view name;
  std::string_view text;
};

constexpr std::array kEntities = {
    Entity{"&quot;", "\""}, Entity{"&#34;", "\""}, Entity{"&#x22;", "\""}, Entity{"&apos;", "'"},
    Entity{"&#39;", "'"},   Entity{"&#x27;", "'"}, Entity{"&lt;", "<"},    Entity{"&gt;", ">"},
    Entity{"&amp;", "&"},   Entity{"&nbsp;", " "},
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

/// Bytes of the prefix of `line`: `mark` and a space.
std::size_t mark_length(std::string_view line, char mark) {
  const std::size_t at = line.find_first_not_of(" \t");
  if (at == std::string_view::npos || line[at] != mark) return 0;
  return at + 1 < line.size() && line[at + 1] == ' ' && mark == '>' ? at + 2 : at + 1;
}

/// Bytes of the number, which is `expected` (or any when that is negative), and what parts it from
/// the line; 0 when there is no such prefix.
std::size_t number_length(std::string_view line, int expected, int& number) {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) return 0;
  const auto [end, error] = std::from_chars(line.data() + start, line.data() + line.size(), number);
  if (error != std::errc{} || number < 0 || (expected >= 0 && number != expected)) return 0;
  const auto at = static_cast<std::size_t>(end - line.data());
  if (at == line.size()) return at;
  const std::size_t bar = line.find_first_not_of(" \t", at);
  if (bar != std::string_view::npos &&
      std::string_view("|:.)").find(line[bar]) != std::string_view::npos)
    return bar + 1;
  return line[at] == ' ' || line[at] == '\t' ? at + 1 : 0;
}

/// The text in which each line from the first to the last one with the prefix lost it; empty when
/// a line between them or one of the document has none, or fewer than two have one.
template <typename PrefixLength>
std::string without_prefix(std::string_view text, PrefixLength prefix_length) {
  std::string out;
  std::string blanks;
  int found = 0;
  bool over = false;
  for (const std::string_view line : lines_of(text)) {
    if (is_blank(line)) {
      out += '\n';
      continue;
    }
    const std::size_t length = prefix_length(line);
    if (length > 0 && over) return {};
    if (length == 0 && line.find_first_of("{}[]") != std::string_view::npos) return {};
    over = over || (found > 0 && length == 0);
    found += length > 0 ? 1 : 0;
    out += line.substr(length);
    out += '\n';
  }
  return found >= 2 ? out : std::string();
}

std::string without_entities(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    if (text[at] == '&') {
      for (const Entity& entity : kEntities) {
        if (!text.substr(at).starts_with(entity.name)) continue;
        out += entity.text;
        length = entity.name.size();
        break;
      }
    }
    if (length == 0) out += text[at++];
    at += length;
  }
  return out;
}

/// The first bracket is followed by a quote written as an entity, and no quote is written as
/// itself.
bool has_entities_for_quotes(std::string_view text) {
  const std::size_t bracket = text.find_first_of("{[");
  if (bracket == std::string_view::npos) return false;
  const std::string_view rest = text.substr(bracket);
  const bool entity = rest.find("&quot;") != std::string_view::npos ||
                      rest.find("&#34;") != std::string_view::npos ||
                      rest.find("&#x22;") != std::string_view::npos;
  return entity && rest.find('"') == std::string_view::npos;
}

/// `text` with each `from` replaced by `to`.
std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  while (true) {
    const std::size_t at = text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

/// The first key stands in doubled quotes, as in CSV.
bool has_doubled_quotes(std::string_view text) {
  const std::size_t brace = text.find('{');
  if (brace == std::string_view::npos) return false;
  const std::string_view key = trim_blanks(text.substr(brace + 1));
  return key.size() > 2 && key.starts_with("\"\"") && is_word_char(key[2]);
}

/// Every underscore has a backslash before it, as Markdown wants it.
bool has_markdown_escapes(std::string_view text) {
  if (text.find('{') == std::string_view::npos || text.find('_') == std::string_view::npos) {
    return false;
  }
  for (std::size_t at = text.find('_'); at != std::string_view::npos; at = text.find('_', at + 1)) {
    if (at == 0 || text[at - 1] != '\\') return false;
  }
  return true;
}

std::string without_markdown_escapes(std::string_view text) {
  return replaced(replaced(replaced(replaced(text, "\\_", "_"), "\\[", "["), "\\]", "]"), "\\*",
                  "*");
}

}  // namespace

Undisguised take_off_disguise(std::string_view text) {
  if (has_entities_for_quotes(text)) return {without_entities(text), "html_entities"};
  if (has_doubled_quotes(text)) return {replaced(text, "\"\"", "\""), "doubled_quotes"};
  if (has_markdown_escapes(text)) return {without_markdown_escapes(text), "markdown_escapes"};
  for (const char mark : {'>', '+', '|'}) {
    std::string plain =
        without_prefix(text, [mark](std::string_view line) { return mark_length(line, mark); });
    if (!plain.empty()) return {std::move(plain), "line_prefix"};
  }
  int number = -1;
  int expected = -1;
  std::string plain = without_prefix(text, [&](std::string_view line) {
    const std::size_t length = number_length(line, expected, number);
    expected = length > 0 ? number + 1 : expected;
    return length;
  });
  if (!plain.empty()) return {std::move(plain), "line_prefix"};
  return {};
}

}  // namespace llmw
