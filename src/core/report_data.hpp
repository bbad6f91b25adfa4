#pragma once
// What a report reads from its data. Nothing here fails: a member that is missing or of another
// kind is empty text, no rows, or a value that is not known.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/json_value.hpp"

namespace llmw {

/// A number and how it is shown. `exact` is what a rounded amount stands for; else empty.
struct ReportValue {
  std::optional<double> number;
  std::string shown;
  std::string exact;
};

/// The string or the number, as it was written, at `row[key]`.
std::string_view field(const JsonValue& row, std::string_view key);

/// The same, cut to what fits into a cell: a name may be as long as its owner likes.
std::string name_field(const JsonValue& row, std::string_view key);

/// `text` cut to `max_bytes`, with an ellipsis when there was more.
std::string excerpt(std::string_view text, std::size_t max_bytes);

/// The elements of the array at `data[key]`.
std::span<const JsonValue> rows_of(const JsonValue& data, std::string_view key);

/// The object at `data[key]`; an empty one when there is none.
const JsonValue& object_of(const JsonValue& data, std::string_view key);

ReportValue count_field(const JsonValue& row, std::string_view key);
ReportValue money_field(const JsonValue& row, std::string_view key);
ReportValue percent_field(const JsonValue& row, std::string_view key);
ReportValue duration_field(const JsonValue& row, std::string_view key);

/// What is shown of `value` without its sign.
std::string shown_size(const ReportValue& value);

/// Whether `row[key]` is a number other than zero.
bool has_some(const JsonValue& row, std::string_view key);

}  // namespace llmw
