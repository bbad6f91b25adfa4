// How an ended transfer is told to the core: which TransferEnd, and a text that names the phase and
// the server but quotes neither headers nor body.

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "http/transfer.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMaxDetail = 200;

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  return CurlText(text).get();
}

/// "api.example.com port 443". Only host and port: the rest of a URL may hold anything.
std::string server_of(const std::string& url) {
  const CurlUrl parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return "the server";
  }
  return url_part(parsed.get(), CURLUPART_HOST).substr(0, kMaxDetail) + " port " +
         url_part(parsed.get(), CURLUPART_PORT);
}

/// libcurl's own words, made printable: a certificate may put anything into them.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kMaxDetail));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

int os_error(CURL* easy) {
  long code = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &code);
  return static_cast<int>(code);
}

bool is_tls_error(CURLcode code) {
  constexpr CURLcode kTlsErrors[] = {
      CURLE_SSL_CONNECT_ERROR,
      CURLE_SSL_ENGINE_NOTFOUND,
      CURLE_SSL_ENGINE_SETFAILED,
      CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER,
      CURLE_PEER_FAILED_VERIFICATION,
      CURLE_SSL_ENGINE_INITFAILED,
      CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CRL_BADFILE,
      CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_SSL_CLIENTCERT,
  };
  return std::find(std::begin(kTlsErrors), std::end(kTlsErrors), code) != std::end(kTlsErrors);
}

}  // namespace

HttpReply Transfer::conclude(CURLcode code) { return conclude(ending_of(code)); }

HttpReply Transfer::conclude(TransferEnd ours) {
  const std::string server = server_of(request_.url);
  if (ours == TransferEnd::timeout && !was_sent()) {
    return conclude({ours, "connect_timeout: no connection to " + server + " by the deadline"});
  }
  if (ours == TransferEnd::timeout) {
    return conclude({ours, "timeout: no whole answer from " + server + " by the deadline"});
  }
  if (!was_sent()) {
    return conclude({ours, "cancelled_unsent: cancelled before " + server + " was sent anything"});
  }
  return conclude({ours, "cancelled: cancelled while waiting for " + server});
}

HttpReply Transfer::conclude(Ending ending) {
  HttpReply reply = std::move(reader_.reply());
  reply.end = ending.end;
  reply.error = std::move(ending.error);
  return reply;
}

Transfer::Ending Transfer::ending_of(CURLcode code) {
  if (code == CURLE_OK && reader_.reply().status != 0) return {TransferEnd::complete, {}};
  if (std::optional<Ending> refused = ending_refused()) return *std::move(refused);
  if (!was_sent()) return ending_unsent(code);
  return ending_broken(code);
}

/// Endings that our own callbacks forced.
std::optional<Transfer::Ending> Transfer::ending_refused() {
  const std::string server = server_of(request_.url);
  if (out_of_memory_) {
    return Ending{TransferEnd::connection_lost,
                  "out_of_memory: while reading the answer of " + server};
  }
  switch (reader_.fault()) {
    case ReplyFault::body_too_large:
      return Ending{TransferEnd::too_large,
                    "too_large: the body from " + server + " exceeds the limit"};
    case ReplyFault::headers_too_large:
      return Ending{TransferEnd::malformed,
                    "malformed: the headers from " + server + " exceed the limit"};
    case ReplyFault::bad_content_length:
      return Ending{TransferEnd::malformed,
                    "malformed: unreadable or contradictory Content-Length from " + server};
    case ReplyFault::none: break;
  }
  if (sends_ > 1) {
    return Ending{TransferEnd::connection_lost,
                  "connection_lost: the connection to " + server + " died after the request"};
  }
  return std::nullopt;
}

Transfer::Ending Transfer::ending_unsent(CURLcode code) {
  const std::string server = server_of(request_.url);
  std::string error;
  if (code == CURLE_COULDNT_RESOLVE_HOST) {
    error = "dns_error: could not resolve " + server;
  } else if (code == CURLE_COULDNT_CONNECT) {
    error = connect_error() + server;
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    error = "connect_timeout: no connection to " + server + " in time";
  } else if (is_tls_error(code)) {
    error = "tls_error: no secure connection to " + server + ": " + printable(curl_error_.data());
  } else if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
             code == CURLE_LOGIN_DENIED) {
    error = "invalid_url: not a plain http or https URL";
  } else {
    error = "connect_failed: could not connect to " + server + ": " + curl_easy_strerror(code);
  }
  return {TransferEnd::not_sent, std::move(error)};
}

std::string Transfer::connect_error() {
  if (address_refused_ && !socket_opened_) {
    return "address_refused: link-local and unspecified addresses are never connected to: ";
  }
  const int error = os_error(easy_.get());
  if (error == ECONNREFUSED) return "connection_refused: could not connect to ";
  return "connect_failed: " + std::generic_category().message(error) + ": could not connect to ";
}

/// libcurl reports a broken chunk and a broken connection with one code; only its text tells them
/// apart ("... in chunked-encoding" in 7.88, "chunk hex-length ..." in 8.14). Should that change, a
/// broken chunk becomes connection_lost, which bills the same.
Transfer::Ending Transfer::ending_broken(CURLcode code) {
  const std::string server = server_of(request_.url);
  const std::string_view text = curl_error_.data();
  const bool bad_chunk = code == CURLE_RECV_ERROR && text.find("chunk") != std::string_view::npos;
  // libcurl's word for one header line beyond its own limit of 100 kB.
  const bool long_header = code == CURLE_OUT_OF_MEMORY && !reader_.headers_done();
  const bool not_http = code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL ||
                        code == CURLE_BAD_CONTENT_ENCODING || code == CURLE_OK;
  if (bad_chunk || long_header || not_http) {
    return {TransferEnd::malformed, "malformed: the answer of " + server + " is not valid HTTP"};
  }
  if (code == CURLE_PARTIAL_FILE) {
    return {TransferEnd::connection_lost,
            "truncated: " + server + " closed the connection inside the body"};
  }
  return {TransferEnd::connection_lost,
          "connection_lost: " + server + ": " + curl_easy_strerror(code)};
}

}  // namespace llmw
