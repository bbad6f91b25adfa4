#include "pg/spi_plan.hpp"

#include "pg/boundary.hpp"
#include "pg/bytes.hpp"
#include "pg/text.hpp"

namespace llmw {

SPIPlanPtr keep_plan(const std::string& sql, std::vector<Oid> types) {
  const char* source = sql.c_str();
  const int count = static_cast<int>(types.size());
  Oid* parameters = types.data();
  return PgCall([=] {
    SPIPlanPtr plan = SPI_prepare_cursor(source, count, parameters, CURSOR_OPT_GENERIC_PLAN);
    if (plan == nullptr || SPI_keepplan(plan) != 0) elog(ERROR, "could not prepare \"%s\"", source);
    return plan;
  });
}

std::uint64_t run_plan(SPIPlanPtr plan, Columns::Parameters parameters) {
  Datum* values = parameters.values.data();
  const char* nulls = parameters.nulls.c_str();
  return PgCall([=] {
    const int result = SPI_execute_plan(plan, values, nulls, false, 0);
    if (result < 0) elog(ERROR, "could not run a statement: %s", SPI_result_code_string(result));
    return SPI_processed;
  });
}

std::uint64_t run_once(const Extension& extension, const char* sql) {
  const std::string text = in_schema(extension, sql);
  const char* source = text.c_str();
  return PgCall([=] {
    const int result = SPI_execute(source, false, 0);
    if (result < 0) elog(ERROR, "could not execute \"%s\"", source);
    return SPI_processed;
  });
}

std::optional<Datum> SpiRow::get(int column) const {
  bool is_null = false;
  HeapTuple row = row_;
  const Datum value =
      PgCall([&] { return SPI_getbinval(row, SPI_tuptable->tupdesc, column, &is_null); });
  if (is_null) return std::nullopt;
  return value;
}

std::string SpiRow::text(int column) const {
  HeapTuple row = row_;
  const char* value = PgCall([=] { return SPI_getvalue(row, SPI_tuptable->tupdesc, column); });
  return value == nullptr ? std::string() : to_utf8(value);
}

std::int64_t SpiRow::bigint(int column) const {
  const std::optional<Datum> value = get(column);
  return value ? DatumGetInt64(*value) : 0;
}

int SpiRow::integer(int column) const {
  const std::optional<Datum> value = get(column);
  return value ? DatumGetInt32(*value) : 0;
}

Uuid SpiRow::uuid(int column) const {
  Uuid uuid;
  if (const std::optional<Datum> value = get(column))
    std::memcpy(uuid.bytes.data(), DatumGetUUIDP(*value)->data, uuid.bytes.size());
  return uuid;
}

std::string SpiRow::bytes(int column) const {
  const std::optional<Datum> value = get(column);
  return value ? read_bytes(*value) : std::string();
}

}  // namespace llmw
