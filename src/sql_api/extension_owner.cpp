#include "sql_api/extension_owner.hpp"

#include <optional>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "pg/ids.hpp"
#include "pg/spi_plan.hpp"

namespace llmw {

Extension installed_extension() {
  std::optional<Extension> extension = find_extension();
  if (!extension)
    throw Error(sqlstate::kUndefinedObject,
                "extension \"llm_workflow\" is not installed in this database", {},
                "Run CREATE EXTENSION llm_workflow.");
  return std::move(*extension);
}

bool find_by_request(const Extension& extension, const char* sql, const Uuid& id) {
  const std::string text = in_schema(extension, sql);
  const TimestampTz submitted_at = from_unix_micros(uuid7_unix_micros(id));
  return PgCall([&] {
    pg_uuid_t uuid;
    std::memcpy(uuid.data, id.bytes.data(), sizeof uuid.data);
    Oid types[] = {UUIDOID, TIMESTAMPTZOID};
    Datum values[] = {UUIDPGetDatum(&uuid), TimestampTzGetDatum(submitted_at)};
    SPI_execute_with_args(text.c_str(), 2, types, values, nullptr, true, 1);
    return SPI_processed > 0;
  });
}

void KeptStatement::run(const Extension& extension, Datum* values) {
  const bool is_same = of != nullptr && of->oid == extension.oid && of->schema == extension.schema;
  if (!is_same) {
    SPIPlanPtr old = std::exchange(plan, nullptr);
    delete std::exchange(of, nullptr);
    if (old != nullptr) PgCall([=] { SPI_freeplan(old); });
    plan = keep_plan(in_schema(extension, sql), {types, types + parameters});
    of = new Extension(extension);
  }
  SPIPlanPtr ready = plan;
  PgCall([=] {
    const int result = SPI_execute_plan(ready, values, nullptr, false, 0);
    if (result < 0)
      ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
                      errmsg("could not run a statement: %s", SPI_result_code_string(result))));
  });
}

}  // namespace llmw
