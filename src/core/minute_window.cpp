#include "core/minute_window.hpp"

#include <algorithm>

namespace llmw {

void MinuteWindow::advance(Micros now) {
  const std::int64_t second = now / kSecond;
  if (second <= second_) return;
  for (std::int64_t s = std::max(second_ + 1, second - kSlots + 1); s <= second; ++s) {
    Counts& oldest = slot(s);
    sum_.tokens -= oldest.tokens;
    sum_.started -= oldest.started;
    sum_.ended -= oldest.ended;
    sum_.failed -= oldest.failed;
    oldest = {};
  }
  second_ = second;
}

void MinuteWindow::count_start(std::int64_t tokens) {
  for (Counts* counts : {&slot(second_), &sum_}) {
    ++counts->started;
    counts->tokens += tokens;
  }
}

void MinuteWindow::count_end(bool failed) {
  for (Counts* counts : {&slot(second_), &sum_}) {
    ++counts->ended;
    if (failed) ++counts->failed;
  }
}

void MinuteWindow::correct_start(Micros started_at, std::int64_t difference, bool never_sent) {
  const std::int64_t second = started_at / kSecond;
  if (second > second_ || second <= second_ - kSlots) return;
  for (Counts* counts : {&slot(second), &sum_}) {
    counts->tokens += difference;
    if (never_sent) --counts->started;
  }
}

void MinuteWindow::forget_ends() {
  for (Counts& counts : slots_) counts.ended = counts.failed = 0;
  sum_.ended = sum_.failed = 0;
}

Micros MinuteWindow::when_left(std::int32_t starts, std::int64_t tokens) const {
  std::int64_t second = std::max<std::int64_t>(0, second_ - kSlots + 1);
  for (; second < second_ && (starts > 0 || tokens > 0); ++second) {
    starts -= slot(second).started;
    tokens -= slot(second).tokens;
    if (starts <= 0 && tokens <= 0) break;
  }
  return (second + kSlots) * kSecond;
}

}  // namespace llmw
