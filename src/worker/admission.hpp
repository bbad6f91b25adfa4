#pragma once
// How many calls go to a server at once: the server option max_concurrency.
//
// A request that finds its server full is held, without an intent, until a call to that server
// ends; first come, first served. Servers without a limit cost nothing here.

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace llmw {

class Generation;

class Admission {
 public:
  /// Whether `generation` may call `server` now; if not, it is held. `limit` 0: no limit.
  bool enter(Generation* generation, const std::string& server, int limit);

  /// The call of `generation` ended, or it is not wanted any more. Idempotent.
  void leave(Generation* generation);

  /// Held requests that may call now; they count as inside already.
  std::vector<Generation*> take_admitted();
  bool any_admitted() const { return !admitted_.empty(); }

 private:
  struct Door {
    int inside = 0;
    std::deque<Generation*> held;
  };

  std::unordered_map<std::string, Door> doors_;
  std::unordered_map<Generation*, std::string> known_;  ///< inside or held at that server's door
  std::vector<Generation*> admitted_;
};

}  // namespace llmw
