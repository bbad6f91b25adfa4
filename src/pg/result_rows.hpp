#pragma once
// The rows that a set-returning function gives back, put together value by value.
//
//   ResultRows rows(fcinfo);
//   for (const Finding& f : findings) rows.text(f.code).text(f.path).end_row();
//   return 0;
//
// Values come in the order of the OUT parameters. All is allocated in CurrentMemoryContext; may
// throw llmw::Error.

#include <string>
#include <string_view>
#include <vector>

#include "pg/postgres.hpp"

namespace llmw {

class ResultRows {
 public:
  explicit ResultRows(FunctionCallInfo fcinfo);

  ResultRows& text(std::string_view utf8);
  ResultRows& text_or_null(std::string_view utf8);  ///< empty is NULL
  ResultRows& text_array(const std::vector<std::string>& utf8);
  ResultRows& jsonb(std::string_view utf8_json);
  ResultRows& number(int value);
  ResultRows& number_or_null(int value);  ///< 0 is NULL
  ResultRows& datum(Datum value) { return put(value); }
  ResultRows& null() { return put(0, true); }

  void end_row();

 private:
  ResultRows& put(Datum value, bool is_null = false);

  ReturnSetInfo* result_;
  std::vector<Datum> values_;
  std::vector<char> nulls_;  // bool, without the bit packing of std::vector<bool>
};

}  // namespace llmw
