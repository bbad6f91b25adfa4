// What the transfer engine never does: connect where it must not, send when nothing was promised,
// follow, obey the environment, block, leak, or let a thread take signals.

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <cstring>
#include <filesystem>
#include <set>

#include "http/address_policy.hpp"
#include "loopback_server.hpp"

namespace {

/// Lookups of "hang.test" wait here until the test lets them go.
struct HungLookups {
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;
  int waiting = 0;
  int finished = 0;
  std::vector<int> deliverable_signals;
};

HungLookups& lookups() {
  static HungLookups state;
  return state;
}

std::vector<int> deliverable_signals() {
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  std::vector<int> open;
  for (int s = 1; s <= SIGRTMAX; ++s) {
    const bool reserved = s == SIGKILL || s == SIGSTOP || (s > 31 && s < SIGRTMIN);
    if (!reserved && sigismember(&blocked, s) == 0) open.push_back(s);
  }
  return open;
}

void hang_lookup() {
  HungLookups& state = lookups();
  std::unique_lock lock(state.mutex);
  state.deliverable_signals = deliverable_signals();
  ++state.waiting;
  state.changed.notify_all();
  state.changed.wait_for(lock, llmw::test::kPatience, [&] { return state.released; });
  --state.waiting;
  ++state.finished;
  state.changed.notify_all();
}

}  // namespace

/// Stands in for the C library's: libcurl's resolver thread calls this one.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  if (name != nullptr && std::strcmp(name, "hang.test") == 0) {
    hang_lookup();
    return EAI_NONAME;
  }
  if (name != nullptr && std::strcmp(name, "missing.test") == 0) return EAI_NONAME;
  if (name != nullptr && std::strcmp(name, "metadata.test") == 0) name = "169.254.169.254";
  using Real = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const Real real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(name, service, hints, result);
}

namespace llmw::test {
namespace {

/// A port of 127.0.0.1 on which nobody listens.
int closed_port() {
  LoopbackServer server(always(""));
  return server.port();
}

std::set<std::string> open_fds() {
  std::set<std::string> fds;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    fds.insert(entry.path().filename());
  }
  return fds;
}

HttpReply call(const std::string& url) {
  Runner runner;
  return runner.call(post_to(url));
}

class HungLookup : public testing::Test {
 protected:
  void SetUp() override {
    const std::lock_guard lock(lookups().mutex);
    lookups().released = false;
    finished_before_ = lookups().finished;
  }

  bool lookup_hangs() {
    const std::lock_guard lock(lookups().mutex);
    return lookups().waiting == 1;
  }

  /// Lets the lookup go and waits until its thread has left it.
  void release() {
    std::unique_lock lock(lookups().mutex);
    lookups().released = true;
    lookups().changed.notify_all();
    lookups().changed.wait_for(lock, kPatience,
                               [&] { return lookups().finished > finished_before_; });
  }

  int finished_before_ = 0;
};

TEST(TransferEngineSafety, RefusedConnectionIsNotSentAndNamesTheServerOnly) {
  const std::string port = std::to_string(closed_port());
  const HttpReply reply = call("http://127.0.0.1:" + port + "/secret-path");
  EXPECT_EQ(reply.end, TransferEnd::not_sent);
  EXPECT_EQ(reply.error, "connection_refused: could not connect to 127.0.0.1 port " + port);
}

TEST(TransferEngineSafety, UnknownNameIsNotSent) {
  const HttpReply reply = call("http://missing.test:81/");
  EXPECT_EQ(reply.end, TransferEnd::not_sent);
  EXPECT_EQ(reply.error, "dns_error: could not resolve missing.test port 81");
}

// libcurl keeps the buffer of a handle that never had a connection, and then refuses another size.
TEST(TransferEngineSafety, TransferThatGotNoConnectionSpoilsNoLaterOne) {
  LoopbackServer server(always("ok"));
  Runner runner;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(runner.call(post_to("http://missing.test:81/")).error,
              "dns_error: could not resolve missing.test port 81");
  }
  EXPECT_EQ(runner.call(post_to(server.url())).body, "ok");
}

TEST(TransferEngineSafety, UnusableUrlsAndHeadersAreNotSent) {
  for (const char* url : {"", "nonsense://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/",
                          "http://user:pass@127.0.0.1/", "http://127.0.0.1/a\r\nX: y"}) {
    const HttpReply reply = call(url);
    EXPECT_EQ(reply.end, TransferEnd::not_sent) << url;
    EXPECT_TRUE(reply.error.starts_with("invalid_url: ")) << url << ": " << reply.error;
  }
  Runner runner;
  HttpRequest request = post_to("http://127.0.0.1:1/");
  request.headers.push_back("X-A: b\r\nX-Injected: c");
  const HttpReply reply = runner.call(request);
  EXPECT_EQ(reply.end, TransferEnd::not_sent);
  EXPECT_TRUE(reply.error.starts_with("invalid_header: ")) << reply.error;
}

TEST(TransferEngineSafety, LinkLocalAndUnspecifiedAddressesAreRefused) {
  for (const char* host : {"169.254.169.254", "2852039166", "0xa9.0xfe.1.1", "0.0.0.0", "[::]",
                           "[fe80::1]", "[febf::1]", "[::ffff:169.254.169.254]",
                           "[64:ff9b::a9fe:a9fe]", "[::ffff:0.0.0.0]", "metadata.test"}) {
    const HttpReply reply = call("http://" + std::string(host) + ":9/");
    EXPECT_EQ(reply.end, TransferEnd::not_sent) << host;
    EXPECT_TRUE(reply.error.starts_with("address_refused: ")) << host << ": " << reply.error;
  }
}

TEST(TransferEngineSafety, OrdinaryAddressesAreNotRefused) {
  for (const char* text : {"127.0.0.1", "10.0.0.1", "169.253.1.1", "8.8.8.8"}) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ASSERT_EQ(inet_pton(AF_INET, text, &address.sin_addr), 1);
    EXPECT_FALSE(is_refused_address(reinterpret_cast<sockaddr*>(&address), sizeof address)) << text;
  }
  for (const char* text : {"::1", "fd00::1", "fec0::1", "2001:db8::1", "::ffff:10.0.0.1"}) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    ASSERT_EQ(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    EXPECT_FALSE(is_refused_address(reinterpret_cast<sockaddr*>(&address), sizeof address)) << text;
  }
}

TEST(TransferEngineSafety, RedirectIsReturnedNotFollowed) {
  LoopbackServer target(always("caught"));
  for (const char* status : {"301", "302", "303", "307", "308"}) {
    LoopbackServer server(once("HTTP/1.1 " + std::string(status) + " Elsewhere\r\nLocation: " +
                               target.url() + "\r\nContent-Length: 0\r\n\r\n"));
    const HttpReply reply = call(server.url());
    EXPECT_EQ(reply.end, TransferEnd::complete);
    EXPECT_EQ(std::to_string(reply.status), status);
  }
  EXPECT_EQ(target.connections(), 0);
}

TEST(TransferEngineSafety, ProxyOfTheEnvironmentIsIgnored) {
  LoopbackServer proxy(always("from the proxy"));
  LoopbackServer server(always("from the server"));
  constexpr const char* kNames[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                    "HTTPS_PROXY", "all_proxy",  "ALL_PROXY"};
  for (const char* name : kNames) setenv(name, proxy.url().c_str(), 1);
  const HttpReply reply = call(server.url());
  for (const char* name : kNames) unsetenv(name);
  EXPECT_EQ(reply.body, "from the server");
  EXPECT_EQ(proxy.connections(), 0);
}

TEST(TransferEngineSafety, CookiesAreNotKept) {
  LoopbackServer server([](Connection& c) {
    while (c.read_request() && c.answer("x", "Set-Cookie: a=b; path=/\r\n")) {
    }
  });
  Runner runner;
  runner.call(post_to(server.url()));
  runner.call(post_to(server.url()));
  ASSERT_EQ(server.posts(), 2);
  EXPECT_EQ(server.requests()[1].find("Cookie"), std::string::npos);
}

TEST(TransferEngineSafety, BrokenTlsHandshakeIsNotSent) {
  std::mutex mutex;
  std::string seen;
  LoopbackServer server([&](Connection& c) {
    const std::string bytes = c.receive_some();
    const std::lock_guard lock(mutex);
    seen += bytes;
    c.send("HTTP/1.1 200 OK\r\n\r\n");
  });
  const HttpReply reply = call("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  EXPECT_EQ(reply.end, TransferEnd::not_sent);
  EXPECT_TRUE(reply.error.starts_with("tls_error: ")) << reply.error;
  const std::lock_guard lock(mutex);
  EXPECT_FALSE(seen.empty());
  EXPECT_EQ(seen.find("canary"), std::string::npos);
}

/// `openssl s_server` with a certificate that nobody signed but itself, for one connection.
class SelfSignedServer {
 public:
  SelfSignedServer() {
    char made[] = "/tmp/llmw_tls_XXXXXX";
    directory_ = mkdtemp(made);
    const std::string files = " -keyout " + directory_ + "/key -out " + directory_ + "/cert";
    const std::string certificate =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
        " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null" +
        files;
    const std::string server =
        "exec timeout 20 openssl s_server -rev -accept 127.0.0.1:0 -naccept 1"
        " -key " +
        directory_ + "/key -cert " + directory_ + "/cert 2>&1";
    if (std::system(certificate.c_str()) != 0) return;
    output_ = popen(server.c_str(), "r");
    char line[256];
    while (output_ != nullptr && port_.empty() && fgets(line, sizeof line, output_) != nullptr) {
      const std::string_view text = line;
      if (text.starts_with("ACCEPT 127.0.0.1:")) port_ = text.substr(17, text.size() - 18);
    }
  }
  ~SelfSignedServer() {
    if (output_ != nullptr) pclose(output_);
    std::filesystem::remove_all(directory_);
  }

  std::string port() const { return port_; }

 private:
  std::string directory_;
  std::string port_;
  FILE* output_ = nullptr;
};

TEST(TransferEngineSafety, UntrustedCertificateIsNotSent) {
  SelfSignedServer server;
  ASSERT_NE(server.port(), "") << "this test needs the program openssl";
  const HttpReply reply = call("https://127.0.0.1:" + server.port() + "/");
  EXPECT_EQ(reply.end, TransferEnd::not_sent);
  EXPECT_TRUE(reply.error.starts_with("tls_error: ")) << reply.error;
  EXPECT_NE(reply.error.find("certificate"), std::string::npos) << reply.error;
}

TEST_F(HungLookup, ThreadsOfLibcurlTakeNoSignalsAndTheCallerKeepsItsOwnMask) {
  const std::vector<int> before = deliverable_signals();
  Runner runner;
  const TransferId id = runner.start(post_to("http://hang.test/"));
  ASSERT_TRUE(runner.until([&] { return lookup_hangs(); }));
  EXPECT_EQ(lookups().deliverable_signals, std::vector<int>{});
  EXPECT_EQ(deliverable_signals(), before);
  EXPECT_FALSE(before.empty());
  runner.engine.cancel(id);
  release();
}

TEST_F(HungLookup, CancelDoesNotWaitForTheLookup) {
  Runner runner;
  const TransferId id = runner.start(post_to("http://hang.test/"));
  ASSERT_TRUE(runner.until([&] { return lookup_hangs(); }));
  runner.engine.cancel(id);
  EXPECT_TRUE(lookup_hangs()) << "cancel came back only after the lookup had ended";
  runner.collect();
  ASSERT_EQ(runner.done.size(), 1u);
  EXPECT_EQ(runner.done[0].reply.end, TransferEnd::cancelled);
  EXPECT_TRUE(runner.done[0].reply.error.starts_with("cancelled_unsent: "));
  release();
}

TEST_F(HungLookup, DeadlineDuringTheLookupIsATimeoutThatSentNothing) {
  Runner runner;
  const SteadyTime start = Runner::now();
  runner.engine.start(post_to("http://hang.test/"), start, start + 5s);
  ASSERT_TRUE(runner.until([&] { return lookup_hangs(); }));
  runner.engine.drive(start + 5s);
  EXPECT_TRUE(lookup_hangs()) << "the deadline waited for the lookup";
  runner.collect();
  ASSERT_EQ(runner.done.size(), 1u);
  EXPECT_EQ(runner.done[0].reply.end, TransferEnd::timeout);
  EXPECT_EQ(runner.done[0].reply.error,
            "connect_timeout: no connection to hang.test port 80 by the deadline");
  release();
}

TEST_F(HungLookup, OtherTransfersRunMeanwhileAndTheEngineEndsWithoutWaiting) {
  LoopbackServer server(always("x"));
  {
    Runner runner;
    runner.start(post_to("http://hang.test/"));
    ASSERT_TRUE(runner.until([&] { return lookup_hangs(); }));
    EXPECT_EQ(runner.call(post_to(server.url())).end, TransferEnd::complete);
  }
  EXPECT_TRUE(lookup_hangs()) << "the engine's end waited for the lookup";
  release();
}

TEST(TransferEngineSafety, ConnectTimeoutIsNotSent) {
  // A listener whose queue is full: the handshake of a further connection gets no answer.
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(listener, generic, length), 0);
  ASSERT_EQ(listen(listener, 0), 0);
  ASSERT_EQ(getsockname(listener, generic, &length), 0);
  const int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(connect(filler, generic, length), 0);

  Runner runner(TransferLimits{.connect_timeout = 50ms});
  const std::string port = std::to_string(ntohs(address.sin_port));
  const HttpReply reply = runner.call(post_to("http://127.0.0.1:" + port + "/"));
  close(filler);
  close(listener);
  EXPECT_EQ(reply.end, TransferEnd::not_sent);
  EXPECT_EQ(reply.error, "connect_timeout: no connection to 127.0.0.1 port " + port + " in time");
}

TEST(TransferEngineSafety, EngineEndedInFlightLeaksNoDescriptor) {
  LoopbackServer server([](Connection& c) {
    if (!c.read_request()) return;
    if (c.number() % 2 == 0) c.answer("x");
    c.hang();
  });
  const std::set<std::string> before = open_fds();
  {
    Runner runner;
    for (int i = 0; i < 100; ++i) runner.start(post_to(server.url()));
    ASSERT_TRUE(runner.until([&] { return server.posts() >= 50 && !runner.done.empty(); }));
    EXPECT_GT(runner.engine.running(), 0u);
    EXPECT_GT(open_fds().size(), before.size());
  }
  // The server's ends live in this process too, and close a moment later.
  const SteadyTime end = Runner::now() + kPatience;
  while (open_fds().size() > before.size() && Runner::now() < end) std::this_thread::yield();
  EXPECT_LE(open_fds().size(), before.size());
}

TEST(TransferEngineSafety, DescriptorsAreNotInheritedByPrograms) {
  LoopbackServer server([](Connection& c) {
    c.read_request();
    c.hang();
  });
  const std::set<std::string> before = open_fds();
  Runner runner;
  runner.start(post_to(server.url()));
  ASSERT_TRUE(runner.until([&] { return server.posts() == 1; }));
  ASSERT_TRUE(fcntl(runner.engine.poll_fd(), F_GETFD) & FD_CLOEXEC);
  for (const std::string& fd : open_fds()) {
    if (before.contains(fd)) continue;
    int domain = 0;
    socklen_t length = sizeof domain;
    getsockopt(std::stoi(fd), SOL_SOCKET, SO_DOMAIN, &domain, &length);
    if (domain != AF_INET) continue;  // libcurl's own pipes to itself
    EXPECT_TRUE(fcntl(std::stoi(fd), F_GETFD) & FD_CLOEXEC) << "descriptor " << fd;
  }
}

}  // namespace
}  // namespace llmw::test
