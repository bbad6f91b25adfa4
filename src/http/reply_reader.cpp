#include "http/reply_reader.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace llmw {
namespace {

/// First reservation for a body. A Content-Length is only a claim, so it does not buy more.
constexpr std::size_t kMaxReserve = 64 * 1024;
constexpr int kFirstFinalStatus = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// The three digits after the first space; 0 when they are not there.
int status_of(std::string_view status_line) {
  const std::size_t space = status_line.find(' ');
  if (space == std::string_view::npos) return 0;
  const std::string_view code = status_line.substr(space + 1, 3);
  if (code.size() != 3 || !std::all_of(code.begin(), code.end(), is_digit)) return 0;
  return (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
}

/// A length of digits only; the largest size when it does not fit.
std::optional<std::size_t> parse_length(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  constexpr std::size_t kMax = std::numeric_limits<std::size_t>::max();
  std::size_t length = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::size_t>(c - '0');
    if (length > (kMax - digit) / 10) return kMax;
    length = length * 10 + digit;
  }
  return length;
}

}  // namespace

ReplyReader::ReplyReader(const TransferLimits& limits)
    : max_body_bytes_(limits.max_body_bytes), max_header_bytes_(limits.max_header_bytes) {}

bool ReplyReader::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > max_header_bytes_) return stop(ReplyFault::headers_too_large);
  if (headers_done_) return true;
  if (line.starts_with("HTTP/")) {
    begin_answer(line);
    return true;
  }
  if (trim(line).empty()) {
    headers_done_ = reply_.status != 0;
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  const std::string_view name = trim(line.substr(0, colon));
  const std::string_view value = trim(line.substr(colon + 1));
  if (same_name(name, "content-length")) return take_content_length(value);
  take_field(name, value);
  return true;
}

void ReplyReader::begin_answer(std::string_view status_line) {
  const int status = status_of(status_line);
  reply_ = HttpReply{};
  reply_.status = status >= kFirstFinalStatus ? status : 0;
  content_length_.reset();
}

bool ReplyReader::take_content_length(std::string_view value) {
  const std::optional<std::size_t> length = parse_length(value);
  if (!length) return stop(ReplyFault::bad_content_length);
  if (content_length_ && *content_length_ != *length) return stop(ReplyFault::bad_content_length);
  content_length_ = length;
  if (*length > max_body_bytes_) return stop(ReplyFault::body_too_large);
  return true;
}

void ReplyReader::take_field(std::string_view name, std::string_view value) {
  if (same_name(name, "x-request-id") || same_name(name, "request-id")) {
    reply_.request_id = value;
  } else if (same_name(name, "retry-after")) {
    reply_.retry_after = value;
  } else if (same_name(name, "retry-after-ms")) {
    reply_.retry_after_ms = value;
  } else if (same_name(name, "x-should-retry")) {
    reply_.should_retry = value;
  } else {
    take_rate_limit(name, value);
  }
}

// A header that is too long to be one of these is none.
void ReplyReader::take_rate_limit(std::string_view name, std::string_view value) {
  RateLimitHeaders& kept = reply_.rate_limit_headers;
  if (kept.size() >= kMaxRateLimitHeaders) return;
  if (name.size() > kMaxRateLimitHeaderBytes || value.size() > kMaxRateLimitHeaderBytes) return;
  std::string lower_name(name);
  std::transform(name.begin(), name.end(), lower_name.begin(), lower);
  if (is_rate_limit_header(lower_name)) kept.emplace_back(std::move(lower_name), value);
}

bool ReplyReader::take_body(std::string_view bytes) {
  std::string& body = reply_.body;
  if (bytes.size() > max_body_bytes_ - body.size()) return stop(ReplyFault::body_too_large);
  if (body.empty()) body.reserve(std::min(content_length_.value_or(0), kMaxReserve));
  body.append(bytes);
  return true;
}

bool ReplyReader::stop(ReplyFault fault) {
  fault_ = fault;
  if (fault == ReplyFault::body_too_large) std::string().swap(reply_.body);
  return false;
}

}  // namespace llmw
