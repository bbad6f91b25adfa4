// Rate limits as the providers enforce them: requests and tokens per minute of one prefix and
// model.
//
// Each limit is a bucket that holds what one minute allows and fills steadily. A request needs room
// for one request and for its input tokens; it is charged with what it was billed, so that a bucket
// of tokens may end below zero. Every answer under a limit tells what is left, in the headers of
// its provider.
//
//   RateAccount* account = limiter.find(prefix, model, limits);   // null when nothing limits
//   account->refill(now_us);
//   if (const auto refusal = account->refusal(input_tokens)) ...  // 429, wait refusal->wait_us
//   account->charge(input_tokens + output_tokens);
//   account->append_headers(headers, shape);
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fault_script.hpp"

namespace llmw::sim {

class RateAccount {
 public:
  struct Refusal {
    bool of_tokens = false;  // else of requests
    uint64_t limit = 0;
    uint64_t used = 0;
    uint64_t requested = 0;
    int64_t wait_us = 0;  // until the request would pass
  };

  explicit RateAccount(const RateLimits& limits)
      : requests_(limits.requests_per_minute), tokens_(limits.tokens_per_minute) {}

  void refill(int64_t now_us);
  std::optional<Refusal> refusal(uint64_t input_tokens) const;
  void charge(uint64_t tokens);
  void append_headers(std::string& headers, Shape shape) const;

 private:
  struct Bucket {
    explicit Bucket(uint64_t limit_a_minute)
        : limit(limit_a_minute), left(static_cast<double>(limit_a_minute)) {}
    int64_t wait_us(double wanted) const;
    uint64_t left_whole() const { return left < 0 ? 0 : static_cast<uint64_t>(left); }

    uint64_t limit;  // 0: none
    double left;
  };

  Bucket requests_;
  Bucket tokens_;
  int64_t filled_us_ = 0;
};

class RateLimiter {
 public:
  // The account of a prefix and model; null without a limit.
  RateAccount* find(std::string_view prefix, std::string_view model, const RateLimits& limits);

 private:
  std::unordered_map<std::string, RateAccount> accounts_;
};

// The message of a refusal in the words of the provider.
std::string refusal_message(const RateAccount::Refusal& refusal, Shape shape,
                            std::string_view model);

// The headers that tell when to try again.
void append_retry_after(std::string& headers, const RateAccount::Refusal& refusal, Shape shape);

}  // namespace llmw::sim
