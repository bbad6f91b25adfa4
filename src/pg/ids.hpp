#pragma once
// Ids of the ledger, and PostgreSQL's time as the rest of the world counts it.

#include <cstdint>

#include "core/uuid.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// Microseconds since 1970.
std::int64_t to_unix_micros(TimestampTz at);
TimestampTz from_unix_micros(std::int64_t micros);

/// As a value of the server, in CurrentMemoryContext.
Datum uuid_datum(const Uuid& uuid);

/// A new UUID version 7 whose time part is `at`. Error XX000 when there are no random bits.
Uuid new_uuid(TimestampTz at);

}  // namespace llmw
