// workflow_diagram(): a document as Mermaid and as SVG.

#include "core/diagram.hpp"

#include <memory>
#include <string>

#include "core/builtin_formats.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/json_value.hpp"
#include "pg/boundary.hpp"
#include "pg/format_catalogue.hpp"
#include "pg/jsonb.hpp"
#include "pg/text.hpp"
#include "sql_api/request_arguments.hpp"

namespace llmw {

namespace {

using FormatPointer = std::shared_ptr<const Format>;

/// The format that a result of generate_workflow() names. A document may have a key of this name
/// for something else, so it counts only if the document looks like one of that format.
FormatPointer named_format(const JsonValue& document) {
  const JsonValue* name = document.find("format");
  if (name == nullptr || !name->is_string()) return nullptr;
  FormatPointer format = find_newest_format(name->text);
  return format != nullptr && looks_like(*format, document) ? format : nullptr;
}

/// The first format that the document looks like: the shipped ones first, then by name.
FormatPointer matching_format(const JsonValue& document) {
  for (const BuiltinFormat& builtin : builtin_formats()) {
    FormatPointer format = find_newest_format(builtin.name);
    if (format != nullptr && looks_like(*format, document)) return format;
  }
  for (const std::string& name : enabled_formats()) {
    FormatPointer format = find_latest_format(name);
    if (looks_like(*format, document)) return format;
  }
  return nullptr;
}

FormatPointer told_format(const JsonValue& document) {
  FormatPointer format = named_format(document);
  if (format == nullptr) format = matching_format(document);
  if (format != nullptr) return format;
  throw Error(sqlstate::kInvalidParameterValue, "the document is of no known format",
              "It has neither \"pilot_steps\" nor \"stages\", nor what another format names.",
              "Give a document, or the result of generate_workflow() that holds one; the argument "
              "format names its format.");
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_diagram) {
  using namespace llmw;
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  JsonValue document;
  const JsonRead read = read_json_value(jsonb_to_utf8(PG_GETARG_DATUM(0)), document);
  if (read.fault != JsonFault::none)
    throw Error(sqlstate::kInvalidJsonText, "the document cannot be read: " + read.message);
  const FormatPointer format =
      PG_ARGISNULL(1) ? told_format(document) : find_latest_format(read_text(fcinfo, 1, ""));
  DiagramTexts texts = draw_diagram(*format, document);
  if (!fits_server_encoding(texts.svg) || !fits_server_encoding(texts.mermaid))
    texts = in_ascii(texts);
  const Datum mermaid = PointerGetDatum(to_server_text(texts.mermaid));
  const Datum svg = PointerGetDatum(to_server_text(texts.svg));
  return PgCall([&] {
    TupleDesc columns = nullptr;
    get_call_result_type(fcinfo, nullptr, &columns);
    Datum values[] = {mermaid, svg};
    bool nulls[] = {false, false};
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
  });
}
