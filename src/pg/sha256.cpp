#include "pg/sha256.hpp"

#include "pg/boundary.hpp"

namespace llmw {

std::string sha256(std::string_view bytes) {
  std::string digest(PG_SHA256_DIGEST_LENGTH, '\0');
  auto* out = reinterpret_cast<uint8*>(digest.data());
  PgCall([=] {
    pg_cryptohash_ctx* context = pg_cryptohash_create(PG_SHA256);
    const bool failed = pg_cryptohash_init(context) < 0 ||
                        pg_cryptohash_update(context, reinterpret_cast<const uint8*>(bytes.data()),
                                             bytes.size()) < 0 ||
                        pg_cryptohash_final(context, out, PG_SHA256_DIGEST_LENGTH) < 0;
    pg_cryptohash_free(context);
    if (failed) elog(ERROR, "could not compute SHA-256");
  });
  return digest;
}

}  // namespace llmw
