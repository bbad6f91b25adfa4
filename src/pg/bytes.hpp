#pragma once
// Values of type bytea. May throw llmw::Error.

#include <string>
#include <string_view>

#include "pg/postgres.hpp"

namespace llmw {

/// A new value, in CurrentMemoryContext.
Datum bytes_datum(std::string_view bytes);

/// What is in `value`.
std::string read_bytes(Datum value);

}  // namespace llmw
