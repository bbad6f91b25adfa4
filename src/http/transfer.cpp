#include "http/transfer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "http/address_policy.hpp"

namespace llmw {
namespace {

struct NumberOption {
  CURLoption option;
  long value;
};

constexpr NumberOption kNumberOptions[] = {
    {CURLOPT_POST, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_TCP_KEEPIDLE, 30},
    {CURLOPT_TCP_KEEPINTVL, 15},
    {CURLOPT_NOSIGNAL, 1},
    // Without it, ending a transfer waits for its name lookup, and the whole loop with it.
    {CURLOPT_QUICK_EXIT, 1},
    // A server closes an idle connection soon after; sending on one that just died costs a call.
    {CURLOPT_MAXAGE_CONN, 30},
    // Thousands of transfers run at once, and the usual answer is a few kilobytes.
    {CURLOPT_BUFFERSIZE, 8 * 1024},
    {CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024},
};

template <class Value>
void set_option(CURL* easy, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code == CURLE_OK) return;
  if (code == CURLE_OUT_OF_MEMORY) throw Error(sqlstate::kOutOfMemory, "out_of_memory: libcurl");
  throw Error(sqlstate::kInternalError,
              "http_setup: libcurl refused option " + std::to_string(static_cast<int>(option)));
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

void append(CurlList& list, const std::string& header) {
  if (has_control_character(header)) {
    throw Error(sqlstate::kInvalidParameterValue,
                "invalid_header: a request header holds a control character");
  }
  curl_slist* longer = curl_slist_append(list.get(), header.c_str());
  if (longer == nullptr) throw Error(sqlstate::kOutOfMemory, "out_of_memory: libcurl");
  static_cast<void>(list.release());
  list.reset(longer);
}

/// Never 0, which would mean libcurl's default of five minutes.
long milliseconds_for(std::chrono::milliseconds limit, const Transfer::Times& times) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::duration_cast<milliseconds>(times.deadline - times.started);
  return std::max<long>(1, std::min(left, limit).count());
}

}  // namespace

Transfer::Transfer(TransferId id, HttpRequest request, const TransferLimits& limits, Times times,
                   CurlEasy easy)
    : id_(id),
      times_(times),
      request_(std::move(request)),
      easy_(std::move(easy)),
      reader_(limits) {
  if (!easy_) throw Error(sqlstate::kOutOfMemory, "out_of_memory: libcurl");
  if (has_control_character(request_.url)) {
    throw Error(sqlstate::kInvalidParameterValue, "invalid_url: the URL holds a control character");
  }
  for (const NumberOption& o : kNumberOptions) set_option(easy_.get(), o.option, o.value);
  set_request_options(limits.connect_timeout);
  set_callbacks();
}

Transfer& Transfer::of(CURL* easy) {
  char* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return *reinterpret_cast<Transfer*>(self);
}

void Transfer::set_request_options(std::chrono::milliseconds connect_timeout) {
  CURL* easy = easy_.get();
  for (const std::string& header : request_.headers) append(headers_, header);
  append(headers_, "Expect:");
  set_option(easy, CURLOPT_URL, request_.url.c_str());
  set_option(easy, CURLOPT_HTTPHEADER, headers_.get());
  set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  set_option(easy, CURLOPT_POSTFIELDS, request_.body.data());
  set_option(easy, CURLOPT_FRESH_CONNECT, request_.new_connection ? 1L : 0L);
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(easy, CURLOPT_PROXY, "");
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds_for(connect_timeout, times_));
}

void Transfer::set_callbacks() {
  CURL* easy = easy_.get();
  set_option(easy, CURLOPT_PRIVATE, this);
  set_option(easy, CURLOPT_ERRORBUFFER, curl_error_.data());
  set_option(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set_option(easy, CURLOPT_HEADERDATA, this);
  set_option(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set_option(easy, CURLOPT_WRITEDATA, this);
  set_option(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_send);
  set_option(easy, CURLOPT_PREREQDATA, this);
  set_option(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open_socket);
  set_option(easy, CURLOPT_OPENSOCKETDATA, this);
}

CurlEasy Transfer::release_easy() {
  curl_easy_reset(easy_.get());
  return std::move(easy_);
}

std::size_t Transfer::on_header(char* bytes, std::size_t size, std::size_t count,
                                void* self) noexcept {
  auto* transfer = static_cast<Transfer*>(self);
  try {
    const std::size_t length = size * count;
    return transfer->reader_.take_header({bytes, length}) ? length : 0;
  } catch (...) {
    transfer->out_of_memory_ = true;
    return 0;
  }
}

std::size_t Transfer::on_body(char* bytes, std::size_t size, std::size_t count,
                              void* self) noexcept {
  auto* transfer = static_cast<Transfer*>(self);
  try {
    const std::size_t length = size * count;
    return transfer->reader_.take_body({bytes, length}) ? length : 0;
  } catch (...) {
    transfer->out_of_memory_ = true;
    return 0;
  }
}

/// libcurl calls this each time it is about to send the request. The second time it would re-send
/// one whose reused connection died, and the provider may already have read, and billed, the first.
int Transfer::on_send(void* self, char*, char*, int, int) noexcept {
  const int sends = ++static_cast<Transfer*>(self)->sends_;
  return sends == 1 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

curl_socket_t Transfer::on_open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
  auto* transfer = static_cast<Transfer*>(self);
  if (is_refused_address(&address->addr, address->addrlen)) {
    transfer->address_refused_ = true;
    return CURL_SOCKET_BAD;
  }
  transfer->socket_opened_ = true;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace llmw
