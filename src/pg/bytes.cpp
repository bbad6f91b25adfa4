#include "pg/bytes.hpp"

#include "pg/boundary.hpp"

namespace llmw {

Datum bytes_datum(std::string_view bytes) {
  return PgCall([=] {
    auto* value = static_cast<bytea*>(palloc(VARHDRSZ + bytes.size()));
    SET_VARSIZE(value, VARHDRSZ + bytes.size());
    std::memcpy(VARDATA(value), bytes.data(), bytes.size());
    return PointerGetDatum(value);
  });
}

std::string read_bytes(Datum value) {
  bytea* bytes = PgCall([=] { return DatumGetByteaPP(value); });
  return {VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)};
}

}  // namespace llmw
