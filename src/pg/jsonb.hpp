#pragma once
// JSON text in UTF-8 as jsonb, and back.
//
// Both may throw llmw::Error, for what jsonb or the database's encoding cannot hold with the words
// of PostgreSQL.

#include <string>
#include <string_view>

#include "pg/postgres.hpp"

namespace llmw {

/// UTF-8 JSON text as a new jsonb value, in CurrentMemoryContext: the value that jsonb_in() makes.
Datum to_jsonb(std::string_view utf8_json);

/// A jsonb value as UTF-8 JSON text.
std::string jsonb_to_utf8(Datum value);

}  // namespace llmw
