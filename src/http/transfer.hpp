#pragma once
// One HTTP POST on one curl easy handle: its options, its callbacks and what they saw.
//
// The transfer owns the request, because libcurl sends the body from where it lies, and the easy
// handle for as long as it runs. Its address must not change meanwhile: libcurl holds it. The
// callbacks only edit this object and never let an exception into libcurl.

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <optional>

#include "core/provider.hpp"
#include "http/curl_raii.hpp"
#include "http/reply_reader.hpp"
#include "http/transfer_engine.hpp"

namespace llmw {

class Transfer {
 public:
  struct Times {
    SteadyTime started;
    SteadyTime deadline;
  };

  /// `easy` must be fresh or reset. Sets every option. Throws llmw::Error when the request cannot
  /// be sent as it is or libcurl refuses an option.
  Transfer(TransferId id, HttpRequest request, const TransferLimits& limits, Times times,
           CurlEasy easy);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// The transfer that runs on `easy`.
  static Transfer& of(CURL* easy);

  TransferId id() const { return id_; }
  const Times& times() const { return times_; }
  CURL* easy() const { return easy_.get(); }

  /// The multi handle that runs it, by index; set by the engine.
  std::size_t home = 0;

  /// The reply once libcurl has ended the transfer with `code`, or once we end it as `timeout` or
  /// `cancelled`. To be called once, before the easy handle is taken away.
  HttpReply conclude(CURLcode code);
  HttpReply conclude(TransferEnd ours);

  /// Gives the easy handle back for reuse, without its options.
  CurlEasy release_easy();

 private:
  struct Ending {
    TransferEnd end;
    std::string error;
  };

  void set_request_options(std::chrono::milliseconds connect_timeout);
  void set_callbacks();
  HttpReply conclude(Ending ending);
  Ending ending_of(CURLcode code);
  Ending ending_unsent(CURLcode code);
  Ending ending_broken(CURLcode code);
  std::optional<Ending> ending_refused();
  std::string connect_error();
  bool was_sent() const { return sends_ > 0; }

  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count,
                               void* self) noexcept;
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
  static int on_send(void* self, char* remote_ip, char* local_ip, int remote_port,
                     int local_port) noexcept;
  static curl_socket_t on_open_socket(void* self, curlsocktype purpose,
                                      curl_sockaddr* address) noexcept;

  TransferId id_;
  Times times_;
  HttpRequest request_;
  CurlEasy easy_;
  CurlList headers_;
  ReplyReader reader_;
  int sends_ = 0;  ///< how often libcurl was about to put the request on the wire
  bool out_of_memory_ = false;
  bool socket_opened_ = false;
  bool address_refused_ = false;
  std::array<char, CURL_ERROR_SIZE> curl_error_{};
};

}  // namespace llmw
