#include "pg/ids.hpp"

#include "core/error.hpp"
#include "pg/boundary.hpp"

namespace llmw {

namespace {

constexpr std::int64_t kEpochMicros =
    std::int64_t{POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE} * USECS_PER_DAY;

// Drawn many at a time: each visit to the generator costs some microseconds.
std::uint64_t random_bits() {
  constexpr int kDrawnAtOnce = 32;
  static std::uint64_t drawn[kDrawnAtOnce];
  static int left = 0;
  if (left == 0) {
    if (!pg_strong_random(drawn, sizeof drawn))
      throw Error(sqlstate::kInternalError, "could not generate random bits");
    left = kDrawnAtOnce;
  }
  return drawn[--left];
}

}  // namespace

std::int64_t to_unix_micros(TimestampTz at) { return at + kEpochMicros; }

TimestampTz from_unix_micros(std::int64_t micros) { return micros - kEpochMicros; }

Datum uuid_datum(const Uuid& uuid) {
  auto* value = PgCall([] { return static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t))); });
  std::memcpy(value->data, uuid.bytes.data(), uuid.bytes.size());
  return UUIDPGetDatum(value);
}

Uuid new_uuid(TimestampTz at) { return make_uuid7(to_unix_micros(at), random_bits()); }

}  // namespace llmw
