// The epoll set of the transfer engine, where kernel and libcurl disagree about a socket's life.

#include "http/interest.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace llmw {
namespace {

constexpr std::uint32_t kFirst = 1;
constexpr std::uint32_t kSecond = 2;

/// A pipe with a byte in it, its reading end at a given number.
class ReadablePipe {
 public:
  explicit ReadablePipe(int at) : at_(at) {
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1) abort();
    dup2(ends[0], at_);
    close(ends[0]);
    writer_ = UniqueFd(ends[1]);
  }
  ~ReadablePipe() { close(at_); }

 private:
  int at_;
  UniqueFd writer_;
};

constexpr int kNumber = 200;

void expect_ready(Interest& interest, std::uint32_t owner) {
  const auto ready = interest.ready();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].owner, owner);
  EXPECT_EQ(ready[0].socket, kNumber);
  EXPECT_EQ(ready[0].select_bits, CURL_CSELECT_IN);
}

TEST(Interest, ReportsAReadySocketUntilItIsRemoved) {
  Interest interest;
  const ReadablePipe pipe(kNumber);
  interest.watch(kFirst, kNumber, CURL_POLL_IN);
  expect_ready(interest, kFirst);
  expect_ready(interest, kFirst);  // level-triggered: nobody has read it
  interest.watch(kFirst, kNumber, CURL_POLL_REMOVE);
  EXPECT_TRUE(interest.ready().empty());
}

TEST(Interest, SocketClosedWithoutFarewellIsWatchedAgainUnderItsNumber) {
  Interest interest;
  {
    const ReadablePipe pipe(kNumber);
    interest.watch(kFirst, kNumber, CURL_POLL_IN);
  }
  const ReadablePipe pipe(kNumber);
  interest.watch(kFirst, kNumber, CURL_POLL_IN);
  expect_ready(interest, kFirst);
}

TEST(Interest, LateFarewellOfAFormerOwnerLeavesTheNewOwnersSocket) {
  Interest interest;
  {
    const ReadablePipe pipe(kNumber);
    interest.watch(kFirst, kNumber, CURL_POLL_IN);
  }
  const ReadablePipe pipe(kNumber);
  interest.watch(kSecond, kNumber, CURL_POLL_IN);
  interest.watch(kFirst, kNumber, CURL_POLL_REMOVE);
  expect_ready(interest, kSecond);
}

}  // namespace
}  // namespace llmw
