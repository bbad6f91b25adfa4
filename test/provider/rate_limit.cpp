#include "rate_limit.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "text.hpp"

namespace llmw::sim {
namespace {

constexpr double kMinuteUs = 60e6;
constexpr int64_t kSecondUs = 1'000'000;

int64_t whole_seconds(int64_t us) { return (us + kSecondUs - 1) / kSecondUs; }

// As Go writes a duration: "120ms", "8.64s", "6m0s", "1h0m0.5s".
void append_go_duration(std::string& out, int64_t us) {
  const int64_t ms = (us + 999) / 1000;
  if (ms < 1000) {
    append_int(out, ms);
    out += "ms";
    return;
  }
  const int64_t hours = ms / 3'600'000;
  const int64_t minutes = ms / 60'000 % 60;
  if (hours > 0) out.append(std::to_string(hours)).append("h");
  if (hours > 0 || minutes > 0) out.append(std::to_string(minutes)).append("m");
  append_int(out, ms / 1000 % 60);
  if (ms % 1000 != 0) {
    std::string fraction = std::to_string(1000 + ms % 1000).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out.append(".").append(fraction);
  }
  out += 's';
}

// One of the two headers of a limit that both providers write as a number.
void append_count_header(std::string& headers, std::string_view name, uint64_t count) {
  headers.append(name).append(": ");
  append_int(headers, static_cast<int64_t>(count));
  headers += "\r\n";
}

}  // namespace

// How long until `wanted` is in the bucket.
int64_t RateAccount::Bucket::wait_us(double wanted) const {
  const double missing = wanted - left;
  if (limit == 0 || missing <= 0) return 0;
  return static_cast<int64_t>(std::ceil(missing * kMinuteUs / static_cast<double>(limit)));
}

void RateAccount::refill(int64_t now_us) {
  const double minutes = static_cast<double>(now_us - filled_us_) / kMinuteUs;
  filled_us_ = now_us;
  for (Bucket* bucket : {&requests_, &tokens_}) {
    const auto limit = static_cast<double>(bucket->limit);
    bucket->left = std::min(limit, bucket->left + minutes * limit);
  }
}

std::optional<RateAccount::Refusal> RateAccount::refusal(uint64_t input_tokens) const {
  const auto look = [](const Bucket& bucket, uint64_t wanted,
                       bool of_tokens) -> std::optional<Refusal> {
    // More than a minute allows passes when the bucket is full: it would otherwise wait for ever.
    const auto need = static_cast<double>(std::min(wanted, bucket.limit));
    const int64_t wait = bucket.wait_us(need);
    if (wait == 0) return std::nullopt;
    return Refusal{.of_tokens = of_tokens,
                   .limit = bucket.limit,
                   .used = bucket.limit - bucket.left_whole(),
                   .requested = wanted,
                   .wait_us = wait};
  };
  if (auto refusal = look(requests_, 1, false)) return refusal;
  return look(tokens_, input_tokens, true);
}

void RateAccount::charge(uint64_t tokens) {
  requests_.left -= 1;
  tokens_.left -= static_cast<double>(tokens);
}

void RateAccount::append_headers(std::string& headers, Shape shape) const {
  const int64_t now = static_cast<int64_t>(time(nullptr));
  const auto append = [&](const Bucket& bucket, std::string_view what) {
    if (bucket.limit == 0) return;
    const int64_t until_full = bucket.wait_us(static_cast<double>(bucket.limit));
    if (shape == Shape::kAnthropic) {
      const std::string prefix = "anthropic-ratelimit-" + std::string(what);
      append_count_header(headers, prefix + "-limit", bucket.limit);
      append_count_header(headers, prefix + "-remaining", bucket.left_whole());
      headers.append(prefix).append("-reset: ");
      append_rfc3339(headers, now + whole_seconds(until_full));
    } else {
      append_count_header(headers, "x-ratelimit-limit-" + std::string(what), bucket.limit);
      append_count_header(headers, "x-ratelimit-remaining-" + std::string(what),
                          bucket.left_whole());
      headers.append("x-ratelimit-reset-").append(what).append(": ");
      append_go_duration(headers, until_full);
    }
    headers += "\r\n";
  };
  append(requests_, "requests");
  append(tokens_, "tokens");
  if (shape != Shape::kAnthropic) return;
  append(tokens_, "input-tokens");
  append(tokens_, "output-tokens");
}

RateAccount* RateLimiter::find(std::string_view prefix, std::string_view model,
                               const RateLimits& limits) {
  if (limits.requests_per_minute == 0 && limits.tokens_per_minute == 0) return nullptr;
  std::string key(prefix);
  key.append("\n").append(model);
  return &accounts_.try_emplace(std::move(key), limits).first->second;
}

std::string refusal_message(const RateAccount::Refusal& refusal, Shape shape,
                            std::string_view model) {
  std::string out;
  if (shape == Shape::kAnthropic) {
    out = "This request would exceed your organization's rate limit of ";
    append_int(out, static_cast<int64_t>(refusal.limit));
    return out + (refusal.of_tokens ? " input tokens per minute" : " requests per minute");
  }
  out.append("Rate limit reached for ").append(model).append(" in organization org-sim on ");
  out += refusal.of_tokens ? "tokens per min (TPM): Limit " : "requests per min (RPM): Limit ";
  append_int(out, static_cast<int64_t>(refusal.limit));
  out += ", Used ";
  append_int(out, static_cast<int64_t>(refusal.used));
  out += ", Requested ";
  append_int(out, static_cast<int64_t>(refusal.requested));
  out += ". Please try again in ";
  append_go_duration(out, refusal.wait_us);
  return out + '.';
}

void append_retry_after(std::string& headers, const RateAccount::Refusal& refusal, Shape shape) {
  headers += "retry-after: ";
  append_int(headers, whole_seconds(refusal.wait_us));
  headers += "\r\n";
  if (shape == Shape::kAnthropic) return;
  headers += "retry-after-ms: ";
  append_int(headers, (refusal.wait_us + 999) / 1000);
  headers += "\r\n";
}

}  // namespace llmw::sim
