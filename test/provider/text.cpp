#include "text.hpp"

#include <charconv>
#include <cstdio>
#include <ctime>

namespace llmw::sim {

void append_int(std::string& out, int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_escaped(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size());
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool parse_number(std::string_view text, uint64_t max, uint64_t* value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && stop == end && !text.empty() && *value <= max;
}

std::string read_hex(std::string_view digits) {
  std::string bytes;
  for (; digits.size() >= 2; digits.remove_prefix(2)) {
    unsigned value = 0;
    const char* const end = digits.data() + 2;
    if (std::from_chars(digits.data(), end, value, 16).ptr != end) break;
    bytes += static_cast<char>(value);
  }
  return bytes;
}

static void append_time(std::string& out, const char* format, int64_t unix_seconds) {
  const time_t when = static_cast<time_t>(unix_seconds);
  tm parts{};
  gmtime_r(&when, &parts);
  char text[64];
  out.append(text, strftime(text, sizeof text, format, &parts));
}

void append_http_date(std::string& out, int64_t unix_seconds) {
  append_time(out, "%a, %d %b %Y %H:%M:%S GMT", unix_seconds);
}

void append_rfc3339(std::string& out, int64_t unix_seconds) {
  append_time(out, "%Y-%m-%dT%H:%M:%SZ", unix_seconds);
}

}  // namespace llmw::sim
