#pragma once
// How many calls go to a server at once: the server option max_concurrency.
//
// A call that finds its server full is held, without an intent, until a call to that server ends;
// first come, first served. Servers without a limit cost nothing here.

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "worker/call_key.hpp"

namespace llmw {

class Admission {
 public:
  /// Whether `call` may go to `server` now; if not, it is held. `limit` 0: no limit.
  bool enter(CallKey call, const std::string& server, int limit);

  /// `call` ended, or it is not wanted any more. Idempotent.
  void leave(CallKey call);
  /// The same for all calls of a request.
  void leave_all(Generation* generation);

  /// Held calls that may be made now; they count as inside already.
  std::vector<CallKey> take_admitted();
  bool any_admitted() const { return !admitted_.empty(); }

 private:
  struct Door {
    int inside = 0;
    std::deque<CallKey> held;
  };

  std::unordered_map<std::string, Door> doors_;
  std::map<CallKey, std::string> known_;  ///< inside or held at that server's door
  std::vector<CallKey> admitted_;
};

}  // namespace llmw
