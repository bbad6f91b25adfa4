// Incremental reader of HTTP/1.1 requests.
//
// The connection owns the buffer and appends what it receives; the parser only looks at it and
// remembers how far it got, so that a body of 64 MB is scanned once. One parser reads one request:
// call reset() before the next.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace llmw::sim {

inline constexpr size_t kMaxHeaderBytes = 64 * 1024;
inline constexpr size_t kMaxBodyBytes = 64 * 1024 * 1024;

struct HttpRequest {
  std::string method;
  std::string target;  // path and query as sent
  std::string authorization;
  std::string api_key;
  std::string anthropic_version;
  std::string client_request_id;
  std::string_view body;  // points into the connection's buffer or the parser's own
  size_t content_length = 0;
  bool has_length = false;
  bool chunked = false;
  bool expects_continue = false;
  bool keep_alive = true;
};

class RequestParser {
 public:
  enum class Result {
    kNeedMore,
    kComplete,
    kMalformed,        // answer 400
    kHeadersTooLarge,  // answer 431
    kBodyTooLarge,     // answer 413
  };

  // Reads on in `buffer`, which must begin with the first byte of the request. After kComplete,
  // request() is valid as long as `buffer` is not changed.
  Result feed(std::string_view buffer);

  const HttpRequest& request() const { return request_; }

  // True once the headers are read; used to answer `Expect: 100-continue` before the body.
  bool headers_done() const { return headers_end_ != 0; }

  // Bytes of the buffer that the complete request takes.
  size_t consumed() const { return consumed_; }

  void reset() { *this = RequestParser(); }

 private:
  Result feed_headers(std::string_view buffer);
  Result feed_chunks(std::string_view buffer);
  bool parse_head(std::string_view head);
  bool parse_request_line(std::string_view line);
  bool parse_header(std::string_view line);
  bool parse_length(std::string_view value);
  Result read_chunk_size(std::string_view buffer);

  HttpRequest request_;
  std::string decoded_body_;  // of a chunked request
  size_t scanned_ = 0;        // no end of headers before this offset
  size_t headers_end_ = 0;    // offset of the body, 0 = not known yet
  size_t chunk_at_ = 0;       // offset of the next chunk's size line or data
  size_t chunk_left_ = 0;     // data bytes still missing of the current chunk
  bool in_chunk_ = false;
  bool in_trailer_ = false;
  size_t consumed_ = 0;
};

}  // namespace llmw::sim
