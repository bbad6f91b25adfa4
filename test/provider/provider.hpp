// The simulated providers behind one listener: checks a request, decides the faults, writes the
// bill, and says what to reply. Pure of sockets; the server calls it once for each request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "append_file.hpp"
#include "bill.hpp"
#include "document.hpp"
#include "fault_script.hpp"
#include "http_request.hpp"
#include "options.hpp"
#include "rate_limit.hpp"
#include "reply.hpp"

namespace llmw::sim {

// The counts behind GET /stats. The server keeps those about connections.
struct Stats {
  uint64_t requests = 0;
  uint64_t billed = 0;
  uint64_t in_flight = 0;
  uint64_t peak_in_flight = 0;
  uint64_t aborted = 0;  // by the peer, before it had the whole answer
  uint64_t connections = 0;
  uint64_t redirects_followed = 0;
  uint64_t unknown_faults = 0;
  uint64_t rate_limited = 0;  // answered with 429 because of a limit
};

class Provider {
 public:
  // Throws std::system_error when a file that `options` names cannot be opened.
  explicit Provider(const Options& options);

  // Answers a complete request; `nth` is its number on its connection, from 1. The bill line is
  // on record when this returns.
  Reply handle(const HttpRequest& request, uint64_t nth);

  // Answers bytes that are no request we can read; the connection is closed after it. No bill
  // line: the request never arrived.
  Reply handle_broken(RequestParser::Result result);

  Stats& stats() { return stats_; }

 private:
  // Answers what is no request to a model; nothing when it is one.
  std::optional<Reply> handle_service(const HttpRequest& request);
  Reply give_order(const HttpRequest& request, size_t control);
  Reply handle_model(const HttpRequest& request, const Target& target, uint64_t nth);
  Reply refuse(const HttpRequest& request, const Target& target, const ProviderError& error,
               std::string_view fault);
  Reply refuse_unknown_fault(const HttpRequest& request, const Target& target,
                             const std::string& wrong);
  Reply refuse_by_limit(const HttpRequest& request, const Target& target, std::string_view model,
                        const RateAccount& account, const RateAccount::Refusal& refusal);
  std::string stats_json() const;

  void keep_request(const HttpRequest& request);

  bool require_auth_;
  std::string service_tier_;
  std::string bill_file_;
  Bill bill_;
  AppendFile requests_;
  Documents documents_;
  FaultScript script_;
  RateLimiter limiter_;
  Stats stats_;
  uint64_t last_id_ = 0;
};

}  // namespace llmw::sim
