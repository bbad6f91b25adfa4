// Formats: those that ship, and what is demanded of those that users make.

#include <string>

#include "core/builtin_formats.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/json_value.hpp"
#include "pg/boundary.hpp"
#include "pg/jsonb.hpp"
#include "pg/result_rows.hpp"
#include "pg/text.hpp"
#include "pg/trigger.hpp"

namespace llmw {

namespace {

/// Reads columns of the row that a trigger was called for.
class NewRow {
 public:
  explicit NewRow(const TriggerData& trigger) : trigger_(trigger) {}

  /// A text or json column; empty when NULL.
  std::string text(const char* column) const {
    const Value value = get(column);
    if (value.is_null) return {};
    return to_utf8(reinterpret_cast<::text*>(DatumGetPointer(value.datum)));
  }
  std::string jsonb(const char* column) const {
    const Value value = get(column);
    return value.is_null ? std::string() : jsonb_to_utf8(value.datum);
  }
  int number(const char* column) const {
    const Value value = get(column);
    return value.is_null ? 0 : DatumGetInt32(value.datum);
  }

 private:
  struct Value {
    Datum datum;
    bool is_null;
  };

  Value get(const char* column) const {
    return PgCall([=, this] {
      TupleDesc columns = RelationGetDescr(trigger_.tg_relation);
      Value value{};
      value.datum = SPI_getbinval(trigger_.tg_trigtuple, columns, SPI_fnumber(columns, column),
                                  &value.is_null);
      return value;
    });
  }

  const TriggerData& trigger_;
};

// The document's keys stand in the result beside our own, so it cannot be anything but an object.
void check_describes_objects(const std::string& json_schema) {
  JsonValue schema;
  read_json_value(json_schema, schema);
  const JsonValue* type = schema.find("type");
  if (type != nullptr && type->is_string() && type->text == "object") return;
  throw Error(sqlstate::kInvalidParameterValue, "the schema of a format must describe an object",
              {}, "Write \"type\": \"object\" at the top of the schema.");
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_builtin_formats) {
  using namespace llmw;
  ResultRows rows(fcinfo);
  for (const BuiltinFormat& format : builtin_formats())
    rows.text(format.name)
        .number(format.version)
        .text(format.description)
        .text(format.system_prompt)
        .text(format.json_schema)
        .jsonb(format.rules)
        .number_or_null(format.max_output_tokens)
        .end_row();
  return 0;
}

/// Compiles the row's schema and rules, as every process that uses them will.
LLMW_SQL_FUNCTION(llmw_check_format) {
  using namespace llmw;
  const TriggerData& trigger = trigger_of(fcinfo);
  const NewRow row(trigger);
  const std::string json_schema = row.text("json_schema");
  if (!json_schema.empty()) {  // NULL is refused by the table
    check_describes_objects(json_schema);
    const Format compiled({row.text("name"), row.number("version"), row.text("system_prompt"),
                           json_schema, row.jsonb("rules"), row.number("max_output_tokens")});
  }
  return PointerGetDatum(trigger.tg_trigtuple);
}
