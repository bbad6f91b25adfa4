#pragma once
// idempotency_key: a role's key stands for the first request that was made with it.
//
// A lock on the key is held from the look-up until the key is written down, so that of two callers
// at once the second finds the request of the first.

#include <optional>
#include <string>

#include "core/request.hpp"
#include "core/uuid.hpp"
#include "pg/postgres.hpp"

namespace llmw {

enum class LockedUntil { unlock, end_of_transaction };

struct KeyLock {
  LOCKTAG tag;
};

/// Waits until no other session holds the key of the current role. Interrupts are obeyed.
KeyLock lock_key(const std::string& key, LockedUntil until);
/// For LockedUntil::unlock.
void unlock_key(const KeyLock& lock);

/// The request that was made with `key`, as committed now or by this transaction. Error 22023 when
/// it asked for something else than `request` does.
std::optional<Uuid> find_request_of_key(const std::string& key, const GenerationRequest& request);

/// Writes down that `key` stands for `request`, in the caller's transaction.
void write_key(const std::string& key, const GenerationRequest& request);

}  // namespace llmw
