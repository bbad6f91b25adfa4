#include "sql_api/recording.hpp"

#include <vector>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "sql_api/extension_owner.hpp"

namespace llmw {

void check_is_given(FunctionCallInfo fcinfo, int n, const char* argument) {
  if (PG_ARGISNULL(n)) throw Error("22004", std::string(argument) + " must not be NULL");
}

void check_can_write(const char* function) {
  PgCall([=] {
    PreventCommandDuringRecovery(function);
    PreventCommandIfReadOnly(function);
  });
}

void write_record(const char* sql, std::span<const Oid> types, std::span<const Datum> values,
                  const std::string& nulls) {
  const Extension extension = installed_extension();
  const std::string text = in_schema(extension, sql);
  std::vector<Oid> oids(types.begin(), types.end());
  std::vector<Datum> datums(values.begin(), values.end());
  as_extension_owner(extension, [&] {
    PgCall([&] {
      SPIPlanPtr plan = SPI_prepare(text.c_str(), static_cast<int>(oids.size()), oids.data());
      const int result =
          plan == nullptr
              ? SPI_result
              : SPI_execute_snapshot(plan, datums.data(), nulls.empty() ? nullptr : nulls.c_str(),
                                     GetLatestSnapshot(), InvalidSnapshot, false, true, 0);
      if (result < 0)
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
                        errmsg("could not write a record: %s", SPI_result_code_string(result))));
    });
  });
}

}  // namespace llmw
