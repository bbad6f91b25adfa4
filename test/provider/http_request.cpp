#include "http_request.hpp"

#include <algorithm>
#include <charconv>

#include "text.hpp"

namespace llmw::sim {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

RequestParser::Result RequestParser::feed(std::string_view buffer) {
  if (headers_end_ == 0) {
    const Result result = feed_headers(buffer);
    if (result != Result::kComplete) return result;
  }
  if (request_.chunked) return feed_chunks(buffer);
  if (buffer.size() - headers_end_ < request_.content_length) return Result::kNeedMore;
  request_.body = buffer.substr(headers_end_, request_.content_length);
  consumed_ = headers_end_ + request_.content_length;
  return Result::kComplete;
}

RequestParser::Result RequestParser::feed_headers(std::string_view buffer) {
  const size_t end = buffer.find("\r\n\r\n", scanned_);
  if (end == std::string_view::npos) {
    scanned_ = buffer.size() < 3 ? 0 : buffer.size() - 3;
    return buffer.size() > kMaxHeaderBytes ? Result::kHeadersTooLarge : Result::kNeedMore;
  }
  if (end > kMaxHeaderBytes) return Result::kHeadersTooLarge;
  if (!parse_head(buffer.substr(0, end))) return Result::kMalformed;
  if (request_.content_length > kMaxBodyBytes) return Result::kBodyTooLarge;
  headers_end_ = end + 4;
  chunk_at_ = headers_end_;
  return Result::kComplete;
}

bool RequestParser::parse_head(std::string_view head) {
  size_t line_end = head.find("\r\n");
  if (!parse_request_line(head.substr(0, line_end))) return false;
  while (line_end != std::string_view::npos) {
    head.remove_prefix(line_end + 2);
    line_end = head.find("\r\n");
    if (!parse_header(head.substr(0, line_end))) return false;
  }
  // Both together are how requests are smuggled: no honest client sends them.
  return !(request_.chunked && request_.has_length);
}

bool RequestParser::parse_request_line(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) return false;
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  request_.method = line.substr(0, first);
  request_.target = line.substr(first + 1, last - first - 1);
  request_.keep_alive = version == "HTTP/1.1";
  return request_.target.starts_with('/');
}

bool RequestParser::parse_header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  const auto is = [name](std::string_view other) { return equals_ignoring_case(name, other); };
  if (is("content-length")) return parse_length(value);
  if (is("transfer-encoding")) {
    request_.chunked = equals_ignoring_case(value, "chunked");
    return request_.chunked;
  }
  if (is("expect")) {
    request_.expects_continue = equals_ignoring_case(value, "100-continue");
  } else if (is("connection")) {
    if (equals_ignoring_case(value, "close")) request_.keep_alive = false;
    if (equals_ignoring_case(value, "keep-alive")) request_.keep_alive = true;
  } else if (is("authorization")) {
    request_.authorization = value;
  } else if (is("x-api-key")) {
    request_.api_key = value;
  } else if (is("anthropic-version")) {
    request_.anthropic_version = value;
  } else if (is("x-client-request-id")) {
    request_.client_request_id = value;
  }
  return true;
}

bool RequestParser::parse_length(std::string_view value) {
  uint64_t length = 0;
  if (!parse_number(value, UINT64_MAX, &length)) return false;
  if (request_.has_length && request_.content_length != length) return false;
  request_.content_length = length;
  request_.has_length = true;
  return true;
}

RequestParser::Result RequestParser::feed_chunks(std::string_view buffer) {
  for (;;) {
    if (!in_chunk_) {
      const Result result = read_chunk_size(buffer);
      if (result != Result::kNeedMore || !in_chunk_) return result;
    }
    const size_t take = std::min(chunk_left_, buffer.size() - chunk_at_);
    decoded_body_.append(buffer, chunk_at_, take);
    chunk_at_ += take;
    chunk_left_ -= take;
    if (chunk_left_ != 0 || buffer.size() - chunk_at_ < 2) return Result::kNeedMore;
    if (buffer.substr(chunk_at_, 2) != "\r\n") return Result::kMalformed;
    chunk_at_ += 2;
    in_chunk_ = false;
  }
}

// Reads size lines and trailer lines. Sets in_chunk_ and returns kNeedMore when data follow;
// returns kComplete at the end of the body.
RequestParser::Result RequestParser::read_chunk_size(std::string_view buffer) {
  for (;;) {
    const size_t end = buffer.find("\r\n", chunk_at_);
    if (end == std::string_view::npos) {
      return buffer.size() - chunk_at_ > kMaxHeaderBytes ? Result::kMalformed : Result::kNeedMore;
    }
    const std::string_view line = buffer.substr(chunk_at_, end - chunk_at_);
    chunk_at_ = end + 2;
    if (in_trailer_) {
      if (!line.empty()) continue;
      request_.body = decoded_body_;
      consumed_ = chunk_at_;
      return Result::kComplete;
    }
    size_t size = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    const bool ended = stop == line.data() + line.size() || *stop == ';' || *stop == ' ';
    if (error != std::errc() || !ended) return Result::kMalformed;
    if (size > kMaxBodyBytes || decoded_body_.size() + size > kMaxBodyBytes) {
      return Result::kBodyTooLarge;
    }
    in_trailer_ = size == 0;
    if (in_trailer_) continue;
    chunk_left_ = size;
    in_chunk_ = true;
    return Result::kNeedMore;
  }
}

}  // namespace llmw::sim
