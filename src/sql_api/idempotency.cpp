#include "sql_api/idempotency.hpp"

#include "core/error.hpp"
#include "core/text.hpp"
#include "pg/boundary.hpp"
#include "pg/ids.hpp"
#include "pg/sha256.hpp"
#include "pg/spi_plan.hpp"
#include "pg/text.hpp"
#include "sql_api/extension_owner.hpp"
#include "sql_api/request_access.hpp"

namespace llmw {

namespace {

// Locks of SQL's pg_advisory_lock() have 1 or 2 here.
constexpr uint16 kLockClass = 0x4C57;

constexpr const char* kFindKey =
    "SELECT request_id, request_sha256 FROM @extschema@.workflow_idempotency_keys"
    " WHERE role_name OPERATOR(pg_catalog.=) $1 AND key OPERATOR(pg_catalog.=) $2";
enum Column { kRequestId = 1, kSha256 };

constexpr Oid kWriteKeyTypes[] = {NAMEOID, TEXTOID, UUIDOID, BYTEAOID};
constinit KeptStatement write_key_statement{
    "INSERT INTO @extschema@.workflow_idempotency_keys (role_name, key, request_id, request_sha256)"
    " VALUES ($1, $2, $3, $4)",
    kWriteKeyTypes, 4};

LOCKTAG tag_of(const std::string& key) {
  const std::string digest = sha256(role_name_of(GetUserId()) + '\0' + key);
  uint32 parts[2];
  std::memcpy(parts, digest.data(), sizeof parts);
  LOCKTAG tag;
  SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, parts[0], parts[1], kLockClass);
  return tag;
}

[[noreturn]] void refuse_other_request(const std::string& key, const Uuid& id) {
  constexpr std::size_t kMostShown = 255;
  throw Error(sqlstate::kInvalidParameterValue,
              "idempotency_key \"" + printable(key, kMostShown) + "\" was used for another request",
              "Request " + to_string(id) +
                  " has it. Prompt, services, format, models, limits or rules were not the same.",
              "Use a new key for a new request.");
}

}  // namespace

KeyLock lock_key(const std::string& key, LockedUntil until) {
  const KeyLock lock{tag_of(key)};
  PgCall([&] { (void)LockAcquire(&lock.tag, ExclusiveLock, until == LockedUntil::unlock, false); });
  return lock;
}

void unlock_key(const KeyLock& lock) {
  PgCall([&] { (void)LockRelease(&lock.tag, ExclusiveLock, true); });
}

std::optional<Uuid> find_request_of_key(const std::string& key, const GenerationRequest& request) {
  const Extension extension = installed_extension();
  const std::string sql = in_schema(extension, kFindKey);
  const Datum parameters[] = {role_name_datum(GetUserId()), PointerGetDatum(to_server_text(key))};
  std::optional<Uuid> id;
  std::string digest;
  read_newest_as_owner(extension, [&] {
    PgCall([&] {
      Oid types[] = {NAMEOID, TEXTOID};
      Datum values[] = {parameters[0], parameters[1]};
      SPI_execute_with_args(sql.c_str(), 2, types, values, nullptr, true, 1);
    });
    if (SPI_processed == 0) return;
    const SpiRow row(0);
    id = row.uuid(kRequestId);
    digest = row.bytes(kSha256);
  });
  if (id && digest != request.request_sha256) refuse_other_request(key, *id);
  return id;
}

void write_key(const std::string& key, const GenerationRequest& request) {
  const Extension extension = installed_extension();
  const std::string& digest = request.request_sha256;
  text* bytes = PgCall(
      [&] { return cstring_to_text_with_len(digest.data(), static_cast<int>(digest.size())); });
  Datum values[] = {role_name_datum(GetUserId()), PointerGetDatum(to_server_text(key)),
                    uuid_datum(request.id), PointerGetDatum(bytes)};
  as_extension_owner(extension, [&] { write_key_statement.run(extension, values); });
}

}  // namespace llmw
