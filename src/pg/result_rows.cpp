#include "pg/result_rows.hpp"

#include "pg/boundary.hpp"
#include "pg/jsonb.hpp"
#include "pg/text.hpp"

namespace llmw {

ResultRows::ResultRows(FunctionCallInfo fcinfo)
    : result_(reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo)) {
  PgCall([=] { InitMaterializedSRF(fcinfo, 0); });
}

ResultRows& ResultRows::text(std::string_view utf8) {
  return put(PointerGetDatum(to_server_text(utf8)));
}

ResultRows& ResultRows::text_or_null(std::string_view utf8) {
  return utf8.empty() ? put(0, true) : text(utf8);
}

ResultRows& ResultRows::text_array(const std::vector<std::string>& utf8) {
  return put(to_text_array(utf8));
}

ResultRows& ResultRows::jsonb(std::string_view utf8_json) { return put(to_jsonb(utf8_json)); }

ResultRows& ResultRows::number(int value) { return put(Int32GetDatum(value)); }

ResultRows& ResultRows::number_or_null(int value) {
  return value == 0 ? put(0, true) : number(value);
}

ResultRows& ResultRows::put(Datum value, bool is_null) {
  values_.push_back(value);
  nulls_.push_back(is_null ? 1 : 0);
  return *this;
}

void ResultRows::end_row() {
  Datum* values = values_.data();
  auto* nulls = reinterpret_cast<bool*>(nulls_.data());
  ReturnSetInfo* result = result_;
  PgCall([=] { tuplestore_putvalues(result->setResult, result->setDesc, values, nulls); });
  values_.clear();
  nulls_.clear();
}

}  // namespace llmw
