// The event loop: one thread, epoll, a heap of timers. Listens on 127.0.0.1 only.
#pragma once

#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "connection.hpp"
#include "options.hpp"
#include "provider.hpp"

namespace llmw::sim {

class Server {
 public:
  // Listens at once and writes the port file. Throws std::system_error when that fails. Blocks
  // SIGTERM and SIGINT, which end run().
  Server(const Options& options, Provider* provider);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves until SIGTERM, SIGINT or the end of the parent process.
  void run();

 private:
  struct Client {
    std::unique_ptr<Connection> connection;
    uint64_t serial = 0;  // tells a timer of this connection from one of an earlier fd
    bool wants_write = false;
    bool timer_set = false;
  };
  struct Timer {
    int64_t at_ms;
    int fd;
    uint64_t serial;
    bool operator>(const Timer& other) const { return at_ms > other.at_ms; }
  };

  void listen_on(uint16_t port);
  void write_port_file();
  void watch_signals();
  void watch(int fd, uint32_t events, int operation);
  void accept_clients();
  void add_client(int fd);
  void on_event(int fd, uint32_t events);
  void follow(int fd, Connection::Need need);
  void set_wants_write(int fd, bool wants);
  void fire_timers();
  int timeout_ms() const;
  bool parent_is_gone();

  Provider* provider_;
  std::string port_file_;
  int64_t parent_pid_;
  int64_t next_parent_check_ms_ = 0;
  uint16_t port_ = 0;
  int epoll_fd_ = -1;
  int listen_fd_ = -1;
  int signal_fd_ = -1;
  bool ending_ = false;
  uint64_t last_serial_ = 0;
  std::vector<Client> clients_;  // by file descriptor
  std::priority_queue<Timer, std::vector<Timer>, std::greater<Timer>> timers_;
};

}  // namespace llmw::sim
