// Requests that ask for the same while one of them is on its way, or was answered lately: those
// with cache_for share its document instead of asking again.

#include <algorithm>

#include "pg/boundary.hpp"
#include "worker/dispatcher.hpp"

namespace llmw {

/// True: the request has its document, or waits for that of another one.
bool Dispatcher::shares(Generation* generation, Generation::Turn& turn) {
  const std::optional<Uuid> fingerprint = fingerprint_of(generation->request());
  if (!fingerprint) return false;
  const std::int64_t cache_for_ms = generation->request().cache_for_ms;
  if (cache_for_ms > 0) {
    if (const auto cached = find_cached(*fingerprint, cache_for_ms)) {
      generation->answer(*cached, turn);
      return true;
    }
  }
  Equals& equals = equals_[fingerprint->bytes];
  if (equals.first == nullptr) {
    equals.first = generation;
    return false;
  }
  if (cache_for_ms <= 0) return false;
  equals.followers.push_back(generation);
  return true;
}

/// When the ledger cannot be read, the request is asked anew.
std::optional<CachedDocument> Dispatcher::find_cached(const Uuid& fingerprint,
                                                      std::int64_t max_age_ms) {
  try {
    return ledger_.find_cached(fingerprint, max_age_ms);
  } catch (const Error& error) {
    log_failure("look for an equal request", error);
    return std::nullopt;
  }
}

/// The request ends, with a document or without: then the next one of its equals asks.
void Dispatcher::leave_equals(Generation* generation, bool has_document) {
  answers_.erase(generation);
  std::erase(to_start_, generation);
  const std::optional<Uuid> fingerprint = fingerprint_of(generation->request());
  if (!fingerprint) return;
  const auto found = equals_.find(fingerprint->bytes);
  if (found == equals_.end()) return;
  Equals& equals = found->second;
  if (equals.first != generation) {
    std::erase(equals.followers, generation);
    return;
  }
  if (has_document)
    for (Generation* follower : equals.followers)
      answers_.emplace(follower, generation->document());
  if (has_document || equals.followers.empty()) {
    equals_.erase(found);
    return;
  }
  equals.first = equals.followers.front();
  equals.followers.erase(equals.followers.begin());
  to_start_.push_back(equals.first);
}

void Dispatcher::take_followers(std::vector<Work>& work) {
  const auto busy = [&](const Generation* generation) {
    return is_unwritten(generation) || std::any_of(work.begin(), work.end(), [=](const Work& w) {
             return w.generation == generation;
           });
  };
  for (const auto& [generation, document] : std::exchange(answers_, {})) {
    if (busy(generation)) {
      answers_.emplace(generation, document);  // its row is not written yet
      continue;
    }
    work.push_back({generation, generation->new_turn()});
    generation->answer(document, work.back().turn);
  }
  for (Generation* generation : std::exchange(to_start_, {})) {
    if (busy(generation)) {
      to_start_.push_back(generation);
      continue;
    }
    work.push_back({generation, generation->new_turn()});
    if (!start(work.back())) work.pop_back();
  }
}

}  // namespace llmw
