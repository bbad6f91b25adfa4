#include "server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <system_error>

#include "process_watch.hpp"

namespace llmw::sim {
namespace {

constexpr int kBacklog = 8192;
constexpr int kEventsAtOnce = 512;
constexpr int kAcceptsAtOnce = 256;
constexpr int64_t kParentCheckMs = 1000;

int64_t now_ms() {
  using std::chrono::duration_cast;
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return duration_cast<std::chrono::milliseconds>(since).count();
}

int must(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

}  // namespace

Server::Server(const Options& options, Provider* provider)
    : provider_(provider), port_file_(options.port_file), parent_pid_(options.parent_pid) {
  epoll_fd_ = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  watch_signals();
  listen_on(options.port);
  write_port_file();
}

Server::~Server() {
  clients_.clear();
  for (const int fd : {listen_fd_, signal_fd_, epoll_fd_}) {
    if (fd >= 0) close(fd);
  }
  if (port_ != 0 && !port_file_.empty()) unlink(port_file_.c_str());
}

void Server::watch_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  must(sigprocmask(SIG_BLOCK, &signals, nullptr), "sigprocmask");
  signal_fd_ = must(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd");
  watch(signal_fd_, EPOLLIN, EPOLL_CTL_ADD);
}

void Server::listen_on(uint16_t port) {
  listen_fd_ = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  setsockopt(listen_fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  must(bind(listen_fd_, raw, sizeof address), "bind");
  must(listen(listen_fd_, kBacklog), "listen");
  socklen_t size = sizeof address;
  must(getsockname(listen_fd_, raw, &size), "getsockname");
  port_ = ntohs(address.sin_port);
  watch(listen_fd_, EPOLLIN, EPOLL_CTL_ADD);
}

// The rename makes the file appear whole: who sees it can connect.
void Server::write_port_file() {
  if (port_file_.empty()) return;
  const std::string draft = port_file_ + '.' + std::to_string(getpid());
  std::ofstream file(draft);
  file << port_ << '\n';
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category(), "port file " + draft);
  must(rename(draft.c_str(), port_file_.c_str()), "port file");
}

void Server::watch(int fd, uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  must(epoll_ctl(epoll_fd_, operation, fd, &event), "epoll_ctl");
}

void Server::run() {
  epoll_event events[kEventsAtOnce];
  while (!ending_ && !parent_is_gone()) {
    const int count = epoll_wait(epoll_fd_, events, kEventsAtOnce, timeout_ms());
    if (count < 0 && errno != EINTR) must(count, "epoll_wait");
    for (int i = 0; i < count; ++i) on_event(events[i].data.fd, events[i].events);
    fire_timers();
  }
}

void Server::on_event(int fd, uint32_t events) {
  if (fd == signal_fd_) {
    ending_ = true;
    return;
  }
  if (fd == listen_fd_) return accept_clients();
  Client& client = clients_[static_cast<size_t>(fd)];
  // An earlier event of this round may have closed the connection.
  if (!client.connection) return;
  // Errors and hang-ups are read like data: recv() tells what happened.
  if ((events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) {
    const Connection::Need need = client.connection->on_readable();
    follow(fd, need);
    if (need == Connection::Need::kClose) return;
  }
  if ((events & EPOLLOUT) != 0 && client.wants_write) {
    follow(fd, client.connection->on_writable());
  }
}

void Server::accept_clients() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const int fd = accept4(listen_fd_, reinterpret_cast<sockaddr*>(&peer), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const bool loopback = ntohl(peer.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    if (loopback) {
      add_client(fd);
    } else {
      close(fd);
    }
  }
}

void Server::add_client(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const size_t place = static_cast<size_t>(fd);
  if (clients_.size() <= place) clients_.resize(place + 1);
  Client client;
  client.connection = std::make_unique<Connection>(fd, provider_);
  client.serial = ++last_serial_;
  clients_[place] = std::move(client);
  ++provider_->stats().connections;
  watch(fd, EPOLLIN, EPOLL_CTL_ADD);
}

void Server::follow(int fd, Connection::Need need) {
  Client& client = clients_[static_cast<size_t>(fd)];
  if (need == Connection::Need::kClose) {
    client.connection.reset();
    return;
  }
  set_wants_write(fd, need == Connection::Need::kWrite);
  if (need == Connection::Need::kTimer && !client.timer_set) {
    client.timer_set = true;
    // One more: a wait must never end early because the clock is read in whole milliseconds.
    const int64_t at = now_ms() + client.connection->wait_ms() + 1;
    timers_.push({at, fd, client.serial});
  }
}

void Server::set_wants_write(int fd, bool wants) {
  Client& client = clients_[static_cast<size_t>(fd)];
  if (client.wants_write == wants) return;
  client.wants_write = wants;
  const uint32_t events = static_cast<uint32_t>(EPOLLIN) | (wants ? EPOLLOUT : 0u);
  watch(fd, events, EPOLL_CTL_MOD);
}

void Server::fire_timers() {
  const int64_t now = timers_.empty() ? 0 : now_ms();
  while (!timers_.empty() && timers_.top().at_ms <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    Client& client = clients_[static_cast<size_t>(timer.fd)];
    if (!client.connection || client.serial != timer.serial) continue;
    client.timer_set = false;
    follow(timer.fd, client.connection->on_timer());
  }
}

int Server::timeout_ms() const {
  int64_t wait = -1;
  const int64_t now = now_ms();
  if (!timers_.empty()) wait = std::max<int64_t>(0, timers_.top().at_ms - now);
  if (parent_pid_ != 0) {
    const int64_t check = std::max<int64_t>(0, next_parent_check_ms_ - now);
    wait = wait < 0 ? check : std::min(wait, check);
  }
  return static_cast<int>(std::min<int64_t>(wait, INT32_MAX));
}

bool Server::parent_is_gone() {
  if (parent_pid_ == 0) return false;
  const int64_t now = now_ms();
  if (now < next_parent_check_ms_) return false;
  next_parent_check_ms_ = now + kParentCheckMs;
  return !process_exists(parent_pid_);
}

}  // namespace llmw::sim
