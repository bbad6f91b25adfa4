#include "http/transfer_engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/error.hpp"
#include "http/curl_raii.hpp"
#include "http/multi_handle.hpp"
#include "http/transfer.hpp"

namespace llmw {
namespace {

/// A multi handle is filled up to here before the next is used, so that few transfers share few
/// connections; beyond it a handle gets slow (5,000 transfers: src/README.md).
constexpr std::size_t kFullHandle = 64;
constexpr std::size_t kMaxPooledHandles = 256;
/// Turns of one drive(); what is left then is due at once.
constexpr int kMaxRounds = 4;

bool init_libcurl() {
  // A postmaster's environment must not make libcurl write TLS secrets to a file.
  unsetenv("SSLKEYLOGFILE");
  return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void require_libcurl() {
  static const bool ready = init_libcurl();
  if (!ready) throw Error(sqlstate::kInternalError, "could not set up libcurl");
}

}  // namespace

class TransferEngine::Impl {
 public:
  explicit Impl(TransferLimits limits);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  TransferId start(HttpRequest request, SteadyTime now, SteadyTime deadline);
  void cancel(TransferId id);
  void drive(SteadyTime now);
  SteadyTime next_deadline() const;
  int poll_fd() const { return loop_.interest.fd(); }
  std::size_t running() const { return transfers_.size(); }
  std::vector<FinishedTransfer> take_finished() { return std::exchange(finished_, {}); }

 private:
  void launch(TransferId id, HttpRequest request, Transfer::Times times);
  MultiHandle& home_of(const Transfer& transfer) { return *multis_[transfer.home]; }
  std::size_t pick_home() const;
  bool run_ready_sockets();
  bool run_due_timers();
  void collect_done();
  void expire();
  void finish(Transfer& transfer, HttpReply reply);
  /// Ends the record of a transfer that no multi handle runs.
  void forget(TransferId id, SteadyTime deadline);
  CurlEasy take_easy();
  void pool_easy(CurlEasy easy);

  TransferLimits limits_;
  LoopState loop_;
  std::vector<std::unique_ptr<MultiHandle>> multis_;
  std::vector<CurlEasy> pool_;
  std::unordered_map<TransferId, std::unique_ptr<Transfer>> transfers_;
  std::set<std::pair<SteadyTime, TransferId>> deadlines_;
  std::vector<FinishedTransfer> finished_;
  TransferId last_id_ = 0;
};

TransferEngine::Impl::Impl(TransferLimits limits) : limits_(limits) {
  const int count = std::max(1, limits.multi_handles);
  multis_.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    multis_.push_back(std::make_unique<MultiHandle>(loop_, static_cast<std::uint32_t>(i)));
  }
}

TransferEngine::Impl::~Impl() {
  const SignalsBlocked blocked;
  for (const auto& [id, transfer] : transfers_) home_of(*transfer).remove(transfer->easy());
  transfers_.clear();
  pool_.clear();
  multis_.clear();
}

TransferId TransferEngine::Impl::start(HttpRequest request, SteadyTime now, SteadyTime deadline) {
  loop_.now = now;
  const TransferId id = ++last_id_;
  try {
    launch(id, std::move(request), {.started = now, .deadline = deadline});
  } catch (const Error& error) {
    forget(id, deadline);
    HttpReply reply;
    reply.end = TransferEnd::not_sent;
    reply.error = error.message();
    finished_.push_back({id, std::move(reply), {}});
  } catch (...) {
    forget(id, deadline);
    throw;
  }
  return id;
}

void TransferEngine::Impl::launch(TransferId id, HttpRequest request, Transfer::Times times) {
  auto transfer = std::make_unique<Transfer>(id, std::move(request), limits_, times, take_easy());
  transfer->home = pick_home();
  Transfer& kept = *transfer;
  transfers_.emplace(id, std::move(transfer));
  deadlines_.emplace(times.deadline, id);

  const SignalsBlocked blocked;
  if (!home_of(kept).add(kept.easy())) {
    throw Error(sqlstate::kInternalError, "http_setup: libcurl could not start the transfer");
  }
}

void TransferEngine::Impl::forget(TransferId id, SteadyTime deadline) {
  deadlines_.erase({deadline, id});
  transfers_.erase(id);
}

std::size_t TransferEngine::Impl::pick_home() const {
  std::size_t least = 0;
  for (std::size_t i = 0; i < multis_.size(); ++i) {
    if (multis_[i]->running() < kFullHandle) return i;
    if (multis_[i]->running() < multis_[least]->running()) least = i;
  }
  return least;
}

void TransferEngine::Impl::cancel(TransferId id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;
  const SignalsBlocked blocked;
  Transfer& transfer = *found->second;
  finish(transfer, transfer.conclude(TransferEnd::cancelled));
}

void TransferEngine::Impl::drive(SteadyTime now) {
  loop_.now = now;
  const SignalsBlocked blocked;
  for (int round = 0; round < kMaxRounds; ++round) {
    const bool sockets = run_ready_sockets();
    const bool timers = run_due_timers();
    if (!sockets && !timers) break;
    collect_done();
  }
  // Last, so that an answer that has arrived counts even when it is read late.
  expire();
}

bool TransferEngine::Impl::run_ready_sockets() {
  const auto ready = loop_.interest.ready();
  for (const Interest::Ready& r : ready) multis_[r.owner]->on_ready(r.socket, r.select_bits);
  return !ready.empty();
}

bool TransferEngine::Impl::run_due_timers() {
  bool any = false;
  for (const auto& multi : multis_) {
    if (!multi->timer_is_due()) continue;
    multi->on_timer();
    any = true;
  }
  return any;
}

void TransferEngine::Impl::collect_done() {
  for (const auto& multi : multis_) {
    while (const auto done = multi->next_done()) {
      Transfer& transfer = Transfer::of(done->easy);
      finish(transfer, transfer.conclude(done->code));
    }
  }
}

void TransferEngine::Impl::expire() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= loop_.now) {
    Transfer& transfer = *transfers_.at(deadlines_.begin()->second);
    finish(transfer, transfer.conclude(TransferEnd::timeout));
  }
}

void TransferEngine::Impl::finish(Transfer& transfer, HttpReply reply) {
  const TransferId id = transfer.id();
  const Transfer::Times times = transfer.times();
  home_of(transfer).remove(transfer.easy());
  // Others are not used again: libcurl keeps the buffer of one that got no connection, and then
  // refuses its size.
  if (reply.end == TransferEnd::complete) pool_easy(transfer.release_easy());
  forget(id, times.deadline);
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::microseconds>(loop_.now - times.started);
  finished_.push_back({id, std::move(reply), elapsed});
}

CurlEasy TransferEngine::Impl::take_easy() {
  if (pool_.empty()) return CurlEasy(curl_easy_init());
  CurlEasy easy = std::move(pool_.back());
  pool_.pop_back();
  return easy;
}

void TransferEngine::Impl::pool_easy(CurlEasy easy) {
  if (pool_.size() < kMaxPooledHandles) pool_.push_back(std::move(easy));
}

SteadyTime TransferEngine::Impl::next_deadline() const {
  if (!finished_.empty()) return loop_.now;
  SteadyTime next = deadlines_.empty() ? SteadyTime::max() : deadlines_.begin()->first;
  for (const auto& multi : multis_) next = std::min(next, multi->timer());
  return next;
}

TransferEngine::TransferEngine(TransferLimits limits) {
  require_libcurl();
  impl_ = std::make_unique<Impl>(limits);
}

TransferEngine::~TransferEngine() = default;

TransferId TransferEngine::start(HttpRequest request, SteadyTime now, SteadyTime deadline) {
  return impl_->start(std::move(request), now, deadline);
}

void TransferEngine::cancel(TransferId id) { impl_->cancel(id); }

int TransferEngine::poll_fd() const { return impl_->poll_fd(); }

SteadyTime TransferEngine::next_deadline() const { return impl_->next_deadline(); }

void TransferEngine::drive(SteadyTime now) { impl_->drive(now); }

std::vector<FinishedTransfer> TransferEngine::take_finished() { return impl_->take_finished(); }

std::size_t TransferEngine::running() const { return impl_->running(); }

}  // namespace llmw
