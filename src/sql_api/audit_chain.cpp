// llmw_verify_chains(): what verify_audit_chain() says of the chains.

#include <vector>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/bytes.hpp"
#include "pg/extension.hpp"
#include "pg/result_rows.hpp"
#include "pg/text.hpp"
#include "sql_api/chain_verifier.hpp"

namespace llmw {

namespace {

/// The elements of an array argument, of which none may be NULL.
std::vector<Datum> elements_of(FunctionCallInfo fcinfo, int argument, Oid type) {
  Datum* values = nullptr;
  int count = 0;
  PgCall([&] {
    ArrayType* array = PG_GETARG_ARRAYTYPE_P(argument);
    int16 length = 0;
    bool by_value = false;
    char alignment = 0;
    get_typlenbyvalalign(type, &length, &by_value, &alignment);
    if (array_contains_nulls(array))
      ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                      errmsg("the digest that was kept lacks a number or a hash")));
    deconstruct_array(array, type, length, by_value, alignment, &values, nullptr, &count);
  });
  return {values, values + count};
}

std::vector<KeptHead> kept_heads(FunctionCallInfo fcinfo) {
  const std::vector<Datum> chains = elements_of(fcinfo, 0, INT4OID);
  const std::vector<Datum> numbers = elements_of(fcinfo, 1, INT8OID);
  const std::vector<Datum> hashes = elements_of(fcinfo, 2, BYTEAOID);
  if (chains.size() != numbers.size() || chains.size() != hashes.size())
    throw Error(sqlstate::kInvalidParameterValue, "the arrays must be equally long");
  std::vector<KeptHead> heads;
  for (std::size_t i = 0; i < chains.size(); ++i) {
    heads.push_back({DatumGetInt32(chains[i]),
                     {DatumGetInt64(numbers[i]), digest_from(read_bytes(hashes[i]))}});
  }
  return heads;
}

void add_or_null(ResultRows& rows, const std::optional<Datum>& value) {
  value ? rows.datum(*value) : rows.null();
}

void add_or_null(ResultRows& rows, const std::optional<int>& value) {
  value ? rows.number(*value) : rows.null();
}

void add_report(ResultRows& rows, const ChainReport& report) {
  rows.text_or_null(report.partition);
  add_or_null(rows, report.worker);
  add_or_null(rows, report.chain);
  rows.datum(Int64GetDatum(report.rows)).datum(Int64GetDatum(report.erased));
  rows.text_or_null(to_string(report.problem));
  if (report.problem == ChainProblem::none)
    rows.null();
  else
    rows.datum(Int64GetDatum(report.no));
  add_or_null(rows, report.row.id);
  add_or_null(rows, report.row.time);
  rows.end_row();
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_verify_chains) {
  using namespace llmw;
  const std::optional<Extension> extension = find_extension();
  if (!extension)
    throw Error(sqlstate::kUndefinedObject, "extension \"llm_workflow\" is not installed");
  ResultRows rows(fcinfo);
  ChainVerifier verifier(*extension);
  for (const KeptHead& head : kept_heads(fcinfo)) verifier.expect(head);
  PgCall([] { SPI_connect(); });
  verifier.run();
  PgCall([] { SPI_finish(); });
  for (const ChainReport& report : verifier.reports()) add_report(rows, report);
  return 0;
}
