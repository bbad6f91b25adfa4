#pragma once
// A scripted HTTP server on 127.0.0.1 for tests of the transfer engine, and a runner that drives an
// engine as a worker would. Each connection runs the script in a thread of its own; the script
// reads requests and writes whatever bytes it likes. The server counts what it was sent.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/transfer_engine.hpp"

namespace llmw::test {

using namespace std::chrono_literals;

/// Longest wait for anything in these tests; reached only when the test fails.
inline constexpr auto kPatience = 20s;

class LoopbackServer;

/// One accepted connection, as its script sees it.
class Connection {
 public:
  Connection(LoopbackServer& server, int fd, int number)
      : server_(server), fd_(fd), number_(number) {}

  /// 0 for the first connection that the server accepted.
  int number() const { return number_; }

  /// The next whole request, head and body; nothing when the client closed.
  std::optional<std::string> read_request();

  /// Some bytes as they come, in any protocol; empty when the client closed.
  std::string receive_some() {
    char bytes[4096];
    const ssize_t n = recv(fd_, bytes, sizeof bytes, 0);
    return n > 0 ? std::string(bytes, static_cast<std::size_t>(n)) : std::string();
  }

  /// False when the client is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  bool answer(std::string_view body, std::string_view extra_headers = "") {
    return send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                std::string(extra_headers) + "\r\n" + std::string(body));
  }

  /// Returns when the client closes or the server ends.
  void hang() {
    char byte;
    while (recv(fd_, &byte, 1, 0) > 0) {
    }
  }

  /// Makes the close at the end of the script a TCP reset.
  void reset_on_close() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  LoopbackServer& server_;
  int fd_;
  int number_;
  std::string buffer_;
};

class LoopbackServer {
 public:
  using Script = std::function<void(Connection&)>;

  explicit LoopbackServer(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        listen(listener_, 512) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~LoopbackServer() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1/chat"; }

  int connections() {
    const std::lock_guard lock(mutex_);
    return connections_;
  }
  int open_connections() {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(open_.size());
  }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int posts() { return static_cast<int>(requests().size()); }

  /// Waits until `count` requests were read; false when it takes too long.
  bool wait_for_posts(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return requests_.size() >= count; });
  }

 private:
  friend class Connection;

  void accept_all() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
      threads_.emplace_back([this, fd, number = connections_++] { serve(fd, number); });
    }
  }

  void serve(int fd, int number) {
    Connection connection(*this, fd, number);
    script_(connection);
    const std::lock_guard lock(mutex_);
    std::erase(open_, fd);
    close(fd);
  }

  void record(const std::string& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    changed_.notify_all();
  }

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::vector<std::string> requests_;
  int connections_ = 0;
  std::thread acceptor_;
};

inline std::optional<std::string> Connection::read_request() {
  for (;;) {
    const std::size_t head = buffer_.find("\r\n\r\n");
    const std::size_t field = buffer_.find("Content-Length: ");
    if (head != std::string::npos && field < head) {
      const std::size_t total = head + 4 + std::stoul(buffer_.substr(field + 16));
      if (buffer_.size() >= total) {
        std::string request = buffer_.substr(0, total);
        buffer_.erase(0, total);
        server_.record(request);
        return request;
      }
    }
    char chunk[4096];
    const ssize_t n = recv(fd_, chunk, sizeof chunk, 0);
    if (n <= 0) return std::nullopt;
    buffer_.append(chunk, static_cast<std::size_t>(n));
  }
}

/// Answers every request on every connection with `body`.
inline LoopbackServer::Script always(std::string body) {
  return [body = std::move(body)](Connection& c) {
    while (c.read_request() && c.answer(body)) {
    }
  };
}

/// Answers the first request of each connection with `bytes` and closes.
inline LoopbackServer::Script once(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& c) {
    if (c.read_request()) c.send(bytes);
  };
}

inline HttpRequest post_to(std::string url, std::string body = "{}") {
  return {.url = std::move(url),
          .headers = {"Content-Type: application/json", "Authorization: Bearer canary-key"},
          .body = std::move(body)};
}

/// Drives one engine, collects what ends.
class Runner {
 public:
  explicit Runner(TransferLimits limits = {}) : engine(limits) { std::signal(SIGPIPE, SIG_IGN); }

  static SteadyTime now() { return std::chrono::steady_clock::now(); }

  TransferId start(HttpRequest request, std::chrono::milliseconds time = 60s) {
    return engine.start(std::move(request), now(), now() + time);
  }

  void collect() {
    for (FinishedTransfer& f : engine.take_finished()) done.push_back(std::move(f));
  }

  /// One turn of a worker's loop: waits until something is due, at most 20 ms.
  void turn() {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        std::clamp<SteadyTime::duration>(engine.next_deadline() - now(), 0ms, 20ms));
    pollfd waiting{.fd = engine.poll_fd(), .events = POLLIN, .revents = 0};
    poll(&waiting, 1, static_cast<int>(left.count()));
    engine.drive(now());
    collect();
  }

  /// Drives until `condition` holds; false when it takes too long.
  bool until(const std::function<bool()>& condition) {
    const SteadyTime end = now() + kPatience;
    while (!condition()) {
      if (now() > end) return false;
      turn();
    }
    return true;
  }

  bool until_done(std::size_t count) {
    return until([&] { return done.size() >= count; });
  }

  /// The reply to one request, from start to end.
  HttpReply call(HttpRequest request, std::chrono::milliseconds time = 60s) {
    done.clear();
    const TransferId id = start(std::move(request), time);
    if (until_done(1) && done[0].id == id) return done[0].reply;
    HttpReply nothing;
    nothing.error = "the test's patience ended";
    return nothing;
  }

  TransferEngine engine;
  std::vector<FinishedTransfer> done;
};

}  // namespace llmw::test
