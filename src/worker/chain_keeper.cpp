#include "worker/chain_keeper.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/settings.hpp"

namespace llmw {

namespace {

constexpr std::chrono::seconds kSealEvery{10};
constexpr int kSealShare = 4;  // of the worker's time, while there are many, a fifth at most
constexpr std::chrono::seconds kDigestEvery{30};
/// A head is dated by the beginning of its transaction, and seen from its end on.
constexpr std::int64_t kLongestWrite = 60'000'000;

/// A table that somebody has locked is no fault: its rows are sealed the next time.
template <typename Step>
void try_to(const char* what, Step&& step) {
  try {
    step();
  } catch (const Error& error) {
    const int level = error.sqlstate() == kLockNotAvailable ? DEBUG1 : LOG;
    const char* message = error.message().c_str();
    PgCall([=] { ereport(level, (errmsg("could not %s: %s", what, message))); });
  }
}

/// One line by one write, so that lines of other databases do not mix with it. A pipe that nobody
/// reads is an error: the worker must not wait for a reader.
void append_line(const char* path, const std::string& line) {
  const int file =
      open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
  const bool written = file >= 0 &&
                       write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       fdatasync(file) == 0;
  const int error = errno;
  if (file >= 0) (void)close(file);
  if (!written) throw Error("58030", std::string("\"") + path + "\": " + strerror(error));
}

void put(const char* target, const std::string& digest) {
  if (std::string_view(target) != "log") return append_line(target, digest + "\n");
  const char* text = digest.c_str();
  PgCall([=] { ereport(LOG, (errmsg("llm_workflow audit digest: %s", text))); });
}

}  // namespace

void ChainKeeper::keep(Ledger& ledger, SteadyTime now, bool leaving) {
  if (now >= seal_at_ || leaving) {
    seal_at_ = now + kSealEvery;
    try_to("seal rows of the audit chain", [&] {
      const SteadyTime began = std::chrono::steady_clock::now();
      const bool more = ledger.seal_others();
      const SteadyTime ended = std::chrono::steady_clock::now();
      if (more) seal_at_ = ended + kSealShare * (ended - began);
    });
  }
  if (now >= digest_at_ || leaving) {
    digest_at_ = now + kDigestEvery;
    try_to("write the audit digest", [&] { give_digest(ledger); });
  }
}

// The first one a target gets is of all chains, those after it of the chains that moved.
void ChainKeeper::give_digest(Ledger& ledger) {
  const std::string target = settings.audit_digest_target;
  if (target != digest_target_) digest_since_.reset();
  digest_target_ = target;
  if (target.empty()) return;
  const TimestampTz began = GetCurrentTimestamp();
  const std::string digest = ledger.audit_digest(digest_since_);
  if (!digest.empty()) put(target.c_str(), digest);
  digest_since_ = began - kLongestWrite;
}

}  // namespace llmw
