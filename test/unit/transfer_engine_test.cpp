// What comes back from a transfer: answers, their framing, deadlines and cancelling.

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "loopback_server.hpp"

namespace llmw::test {
namespace {

std::string ok_with_headers(const std::string& headers, const std::string& body) {
  return "HTTP/1.1 200 OK\r\n" + headers + "\r\n" + body;
}

/// The reply to a POST when the server answers it with `bytes` and closes.
HttpReply reply_to(std::string bytes, TransferLimits limits = {}) {
  LoopbackServer server(once(std::move(bytes)));
  Runner runner(limits);
  return runner.call(post_to(server.url()));
}

long resident_kilobytes() {
  std::ifstream statm("/proc/self/statm");
  long total = 0;
  long resident = 0;
  statm >> total >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/// Reads one request, then sends `piece` until the client goes away or `limit` bytes are sent.
LoopbackServer::Script flood(std::string head, std::string piece, std::size_t limit,
                             std::atomic<std::size_t>& sent) {
  return [=, &sent](Connection& c) {
    if (!c.read_request() || !c.send(head)) return;
    while (sent < limit && c.send(piece)) sent += piece.size();
    c.hang();
  };
}

TEST(TransferEngine, SendsTheRequestAndReturnsStatusBodyAndHeaders) {
  LoopbackServer server([](Connection& c) {
    c.read_request();
    c.send(
        ok_with_headers("Content-Length: 5\r\nX-Request-Id: req-1\r\nRetry-After: 7\r\n"
                        "retry-after-ms:  250 \r\nX-Should-Retry: false\r\n",
                        "hello"));
    c.hang();
  });
  Runner runner;
  const HttpReply reply = runner.call(post_to(server.url(), "{\"a\":1}"));

  EXPECT_EQ(reply.end, TransferEnd::complete) << reply.error;
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(reply.request_id, "req-1");
  EXPECT_EQ(reply.retry_after, "7");
  EXPECT_EQ(reply.retry_after_ms, "250");
  EXPECT_EQ(reply.should_retry, "false");
  EXPECT_EQ(reply.error, "");
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /v1/chat HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"a\":1}")) << request;
  EXPECT_NE(request.find("Authorization: Bearer canary-key\r\n"), std::string::npos);
  for (const char* unwanted : {"Accept-Encoding", "Expect:", "Cookie", "Proxy-"}) {
    EXPECT_EQ(request.find(unwanted), std::string::npos) << unwanted;
  }
  EXPECT_EQ(runner.engine.running(), 0u);
}

TEST(TransferEngine, ErrorStatusIsACompleteAnswer) {
  const HttpReply reply = reply_to(
      "HTTP/1.1 529 Overloaded\r\nContent-Length: 4\r\n"
      "request-id: req-2\r\n\r\nbusy");
  EXPECT_EQ(reply.end, TransferEnd::complete);
  EXPECT_EQ(reply.status, 529);
  EXPECT_EQ(reply.request_id, "req-2");
  EXPECT_EQ(reply.body, "busy");
}

TEST(TransferEngine, SixtyFourRunAtOnce) {
  std::atomic<int> waiting = 0;
  LoopbackServer server([&](Connection& c) {
    const auto request = c.read_request();
    ++waiting;
    while (waiting < 64) std::this_thread::yield();  // nobody is answered before all have asked
    c.answer(request->substr(request->find("\r\n\r\n") + 4));
    c.hang();
  });
  Runner runner;
  std::set<std::string> expected;
  for (int i = 0; i < 64; ++i) {
    const TransferId id = runner.start(post_to(server.url(), "body " + std::to_string(i)));
    expected.insert(std::to_string(id) + " body " + std::to_string(i));
  }
  const bool all_done = runner.until_done(64);
  waiting = 64;
  ASSERT_TRUE(all_done);
  std::set<std::string> answered;
  for (const FinishedTransfer& f : runner.done) {
    EXPECT_EQ(f.reply.end, TransferEnd::complete) << f.reply.error;
    answered.insert(std::to_string(f.id) + " " + f.reply.body);
  }
  EXPECT_EQ(answered, expected);
}

TEST(TransferEngine, MoreTransfersThanOneHandleTakesAllEndOnce) {
  LoopbackServer server(always("x"));
  Runner runner(TransferLimits{.multi_handles = 2});
  std::set<TransferId> started;
  for (int i = 0; i < 200; ++i) started.insert(runner.start(post_to(server.url())));
  ASSERT_TRUE(runner.until_done(200));
  std::set<TransferId> ended;
  for (const FinishedTransfer& f : runner.done) {
    EXPECT_EQ(f.reply.end, TransferEnd::complete) << f.reply.error;
    ended.insert(f.id);
  }
  EXPECT_EQ(ended, started);
  EXPECT_EQ(runner.done.size(), 200u);
}

TEST(TransferEngine, KeepsConnectionsForTheNextRequest) {
  LoopbackServer server(always("x"));
  Runner runner;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(runner.call(post_to(server.url())).end, TransferEnd::complete);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(TransferEngine, ARetryDoesNotMeetTheNextDeadConnection) {
  LoopbackServer server(always("x"));
  Runner runner;
  HttpRequest retry = post_to(server.url());
  retry.new_connection = true;
  ASSERT_EQ(runner.call(post_to(server.url())).end, TransferEnd::complete);
  ASSERT_EQ(runner.call(retry).end, TransferEnd::complete);
  EXPECT_EQ(server.connections(), 2);
}

TEST(TransferEngine, BurstsAfterAQuietTimeReuseTheirConnections) {
  std::atomic<int> waiting = 0;
  LoopbackServer server([&](Connection& c) {
    for (;;) {
      const auto request = c.read_request();
      if (!request) return;
      const bool burst = request->ends_with("burst");
      if (burst) ++waiting;
      while (burst && waiting % 50 != 0) std::this_thread::yield();
      c.answer("x");
    }
  });
  Runner runner;
  for (int round = 1; round <= 2; ++round) {
    runner.done.clear();
    for (int i = 0; i < 50; ++i) runner.start(post_to(server.url(), "burst"));
    const bool all_done = runner.until_done(50);
    waiting = round * 50;
    ASSERT_TRUE(all_done);
    for (int i = 0; i < 60; ++i) runner.call(post_to(server.url()));
  }
  EXPECT_EQ(server.connections(), 50);
}

TEST(TransferEngine, IdleConnectionsDoNotPileUp) {
  LoopbackServer server(always("x"));
  Runner runner(TransferLimits{.multi_handles = 1});
  for (int i = 0; i < 200; ++i) runner.start(post_to(server.url()));
  ASSERT_TRUE(runner.until_done(200));
  for (int i = 0; i < 200; ++i) runner.call(post_to(server.url()));
  EXPECT_TRUE(runner.until([&] { return server.open_connections() <= 65; }))
      << server.open_connections();
}

/// A reused connection takes the second request and dies without an answer. A client that sends
/// the request again on a new connection may be billed twice.
void expect_one_send_on_dead_connection(bool reset) {
  LoopbackServer server([reset](Connection& c) {
    c.read_request();
    c.answer("x");
    if (c.number() == 0) {
      c.read_request();
      if (reset) c.reset_on_close();
      return;
    }
    c.hang();
  });
  Runner runner;
  ASSERT_EQ(runner.call(post_to(server.url(), "first")).end, TransferEnd::complete);
  const HttpReply reply = runner.call(post_to(server.url(), "second"));
  EXPECT_EQ(reply.end, TransferEnd::connection_lost) << reply.error;
  EXPECT_EQ(reply.status, 0);
  EXPECT_EQ(server.posts(), 2);
}

TEST(TransferEngine, ClosedReusedConnectionSeesThePostOnlyOnce) {
  expect_one_send_on_dead_connection(false);
}

TEST(TransferEngine, ResetReusedConnectionSeesThePostOnlyOnce) {
  expect_one_send_on_dead_connection(true);
}

TEST(TransferEngine, ConnectionClosedWhileIdleIsReplacedUnnoticed) {
  LoopbackServer server([](Connection& c) {
    c.read_request();
    c.answer("x");
  });
  Runner runner;
  ASSERT_EQ(runner.call(post_to(server.url())).end, TransferEnd::complete);
  ASSERT_TRUE(runner.until([&] { return server.open_connections() == 0; }));
  EXPECT_EQ(runner.call(post_to(server.url())).end, TransferEnd::complete);
  EXPECT_EQ(server.posts(), 2);
}

TEST(TransferEngine, ServerThatClosesWithoutAnswerIsConnectionLost) {
  const HttpReply reply = reply_to("");
  EXPECT_EQ(reply.end, TransferEnd::connection_lost);
  EXPECT_TRUE(reply.error.starts_with("connection_lost: 127.0.0.1 port ")) << reply.error;
  EXPECT_EQ(reply.error.find("canary"), std::string::npos);
}

TEST(TransferEngine, DeadlineEndsAHungTransferByTheGivenClock) {
  LoopbackServer server([](Connection& c) {
    c.read_request();
    c.hang();
  });
  Runner runner;
  const SteadyTime start = Runner::now();
  const TransferId id = runner.engine.start(post_to(server.url()), start, start + 30s);
  ASSERT_TRUE(runner.until([&] { return server.posts() == 1; }));

  runner.engine.drive(start + 30s - 1us);
  EXPECT_EQ(runner.engine.running(), 1u) << "ended before its deadline";
  EXPECT_LE(runner.engine.next_deadline(), start + 30s);
  runner.engine.drive(start + 30s);
  const auto done = runner.engine.take_finished();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].id, id);
  EXPECT_EQ(done[0].reply.end, TransferEnd::timeout);
  EXPECT_TRUE(done[0].reply.error.starts_with("timeout: ")) << done[0].reply.error;
  EXPECT_EQ(done[0].elapsed, 30s);
  EXPECT_EQ(runner.engine.running(), 0u);
  EXPECT_EQ(runner.engine.next_deadline(), SteadyTime::max());
}

TEST(TransferEngine, DeadlinesEndInTheirOwnOrder) {
  LoopbackServer server([](Connection& c) {
    c.read_request();
    c.hang();
  });
  Runner runner;
  const SteadyTime start = Runner::now();
  const TransferId late = runner.engine.start(post_to(server.url()), start, start + 40s);
  const TransferId early = runner.engine.start(post_to(server.url()), start, start + 30s);
  ASSERT_TRUE(runner.until([&] { return server.posts() == 2; }));
  runner.engine.drive(start + 35s);
  auto done = runner.engine.take_finished();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].id, early);
  runner.engine.drive(start + 50s);
  done = runner.engine.take_finished();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].id, late);
}

TEST(TransferEngine, DeadlineInsideTheBodyIsATimeoutThatKeepsTheStatus) {
  std::atomic<bool> half_sent = false;
  LoopbackServer server([&](Connection& c) {
    c.read_request();
    c.send(ok_with_headers("Content-Length: 100\r\n", "half"));
    half_sent = true;
    c.hang();
  });
  Runner runner;
  const SteadyTime start = Runner::now();
  runner.engine.start(post_to(server.url()), start, start + 30s);
  ASSERT_TRUE(runner.until([&] { return half_sent.load(); }));
  runner.turn();
  runner.engine.drive(start + 31s);
  runner.collect();
  ASSERT_EQ(runner.done.size(), 1u);
  EXPECT_EQ(runner.done[0].reply.end, TransferEnd::timeout);
  EXPECT_EQ(runner.done[0].reply.status, 200);
}

TEST(TransferEngine, CancelEndsAtOnceAndClosesTheConnection) {
  LoopbackServer server([](Connection& c) {
    c.read_request();
    c.hang();
  });
  Runner runner;
  const TransferId id = runner.start(post_to(server.url()));
  ASSERT_TRUE(runner.until([&] { return server.posts() == 1; }));
  runner.engine.cancel(id + 1);  // unknown: ignored
  EXPECT_EQ(runner.engine.running(), 1u);
  runner.engine.cancel(id);
  runner.engine.cancel(id);
  const auto done = runner.engine.take_finished();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].id, id);
  EXPECT_EQ(done[0].reply.end, TransferEnd::cancelled);
  EXPECT_TRUE(done[0].reply.error.starts_with("cancelled: ")) << done[0].reply.error;
  EXPECT_EQ(runner.engine.running(), 0u);
  EXPECT_TRUE(runner.until([&] { return server.open_connections() == 0; }));
}

TEST(TransferEngine, CancelBeforeTheFirstDriveSendsNothing) {
  LoopbackServer server(always("x"));
  Runner runner;
  runner.engine.cancel(runner.start(post_to(server.url())));
  runner.collect();
  ASSERT_EQ(runner.done.size(), 1u);
  EXPECT_TRUE(runner.done[0].reply.error.starts_with("cancelled_unsent: "));
  runner.call(post_to(server.url()));
  EXPECT_EQ(server.posts(), 1);
}

TEST(TransferEngine, ClaimedLengthBeyondTheCapIsTooLargeBeforeTheBodyComes) {
  const HttpReply reply =
      reply_to(ok_with_headers("Content-Length: 1001\r\n", "start"), {.max_body_bytes = 1000});
  EXPECT_EQ(reply.end, TransferEnd::too_large) << reply.error;
  EXPECT_EQ(reply.status, 200);
}

TEST(TransferEngine, BodyOfExactlyTheCapIsAccepted) {
  const HttpReply reply =
      reply_to(ok_with_headers("", std::string(1000, 'x')), {.max_body_bytes = 1000});
  EXPECT_EQ(reply.end, TransferEnd::complete) << reply.error;
  EXPECT_EQ(reply.body.size(), 1000u);
}

TEST(TransferEngine, EndlessChunkedBodyIsTooLargeWithBoundedMemory) {
  constexpr std::size_t kCap = 4 << 20;
  std::string piece = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  std::atomic<std::size_t> sent = 0;
  LoopbackServer server(flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", piece,
                              std::size_t{1} << 30, sent));
  Runner runner(TransferLimits{.max_body_bytes = kCap});
  const long before = resident_kilobytes();
  long peak = before;
  runner.start(post_to(server.url()));
  ASSERT_TRUE(runner.until([&] {
    peak = std::max(peak, resident_kilobytes());
    return !runner.done.empty();
  }));
  EXPECT_EQ(runner.done[0].reply.end, TransferEnd::too_large) << runner.done[0].reply.error;
  EXPECT_LT(runner.done[0].reply.body.capacity(), 1000u);
  EXPECT_LT(peak - before, 32 * 1024) << "kilobytes";
  EXPECT_LT(sent, std::size_t{64} << 20) << "the server was read far beyond the cap";
}

TEST(TransferEngine, CompressedAnswerIsNotInflated) {
  const std::string bytes = "\x1f\x8b not inflated";
  const HttpReply reply = reply_to(ok_with_headers("Content-Encoding: gzip\r\n", bytes));
  EXPECT_EQ(reply.end, TransferEnd::complete) << reply.error;
  EXPECT_EQ(reply.body, bytes);
}

void expect_malformed_flood(const std::string& head, const std::string& piece) {
  std::atomic<std::size_t> sent = 0;
  LoopbackServer server(flood(head, piece, std::size_t{1} << 28, sent));
  Runner runner;
  const HttpReply reply = runner.call(post_to(server.url()));
  EXPECT_EQ(reply.end, TransferEnd::malformed) << reply.error;
  EXPECT_LT(sent, std::size_t{32} << 20);
}

TEST(TransferEngine, FloodOfHeadersIsMalformed) {
  expect_malformed_flood("HTTP/1.1 200 OK\r\n", "X-Flood: " + std::string(1000, 'y') + "\r\n");
}

TEST(TransferEngine, FloodOfInterimRepliesIsMalformed) {
  expect_malformed_flood("", "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST(TransferEngine, HeaderLineWithoutEndIsMalformed) {
  expect_malformed_flood("HTTP/1.1 200 OK\r\nX-Flood: ", std::string(4096, 'y'));
}

TEST(TransferEngine, FloodOfTrailersIsMalformed) {
  expect_malformed_flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                         "X-Flood: " + std::string(1000, 'y') + "\r\n");
}

TEST(TransferEngine, InterimRepliesAreNotTheAnswer) {
  const HttpReply reply =
      reply_to("HTTP/1.1 103 Early Hints\r\nX-Request-Id: early\r\nRetry-After: 9\r\n\r\n" +
               ok_with_headers("X-Request-Id: final\r\nContent-Length: 2\r\n", "ok"));
  EXPECT_EQ(reply.end, TransferEnd::complete) << reply.error;
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.request_id, "final");
  EXPECT_EQ(reply.retry_after, "");
}

TEST(TransferEngine, InterimReplyAloneGivesNoStatus) {
  const HttpReply reply = reply_to("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_NE(reply.end, TransferEnd::complete);
  EXPECT_EQ(reply.status, 0);
}

TEST(TransferEngine, TrailersDoNotReplaceHeaders) {
  const HttpReply reply = reply_to(
      ok_with_headers("Transfer-Encoding: chunked\r\nX-Request-Id: real\r\n",
                      "2\r\nok\r\n0\r\nX-Request-Id: forged\r\nContent-Length: 9\r\n\r\n"));
  EXPECT_EQ(reply.end, TransferEnd::complete) << reply.error;
  EXPECT_EQ(reply.body, "ok");
  EXPECT_EQ(reply.request_id, "real");
}

TEST(TransferEngine, TruncatedBodyIsConnectionLost) {
  const HttpReply reply = reply_to(ok_with_headers("Content-Length: 100\r\n", "half"));
  EXPECT_EQ(reply.end, TransferEnd::connection_lost);
  EXPECT_TRUE(reply.error.starts_with("truncated: ")) << reply.error;
}

TEST(TransferEngine, TruncatedChunkIsConnectionLost) {
  const HttpReply reply = reply_to(ok_with_headers("Transfer-Encoding: chunked\r\n", "64\r\nhalf"));
  EXPECT_EQ(reply.end, TransferEnd::connection_lost) << reply.error;
}

TEST(TransferEngine, AnswersThatAreNotHttpAreMalformed) {
  for (const char* bytes : {
           "SSH-2.0-OpenSSH_9.2\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
           "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\nhello!",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello",
           "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
       }) {
    const HttpReply reply = reply_to(bytes);
    EXPECT_EQ(reply.end, TransferEnd::malformed) << bytes << "\n" << reply.error;
    EXPECT_TRUE(reply.error.starts_with("malformed: ")) << reply.error;
  }
}

TEST(TransferEngine, HeaderWithNulIsMalformed) {
  const std::string value = std::string("b") + '\0' + "c";
  const std::string headers = "X-A: " + value + "\r\nContent-Length: 0\r\n";
  EXPECT_EQ(reply_to(ok_with_headers(headers, "")).end, TransferEnd::malformed);
}

TEST(TransferEngine, EqualContentLengthsAreAccepted) {
  const HttpReply reply =
      reply_to(ok_with_headers("Content-Length: 2\r\nContent-Length: 2\r\n", "ok"));
  EXPECT_EQ(reply.end, TransferEnd::complete) << reply.error;
}

TEST(TransferEngine, LargeRequestBodyArrivesWhole) {
  LoopbackServer server(always("x"));
  Runner runner;
  std::string body(3 << 20, 'b');
  body.back() = 'e';
  ASSERT_EQ(runner.call(post_to(server.url(), body)).end, TransferEnd::complete);
  EXPECT_TRUE(server.requests()[0].ends_with(body));
  EXPECT_EQ(server.requests()[0].find("Expect:"), std::string::npos) << "costs a round trip";
}

}  // namespace
}  // namespace llmw::test
