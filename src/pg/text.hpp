#pragma once
// Text between the database's encoding and UTF-8, which is what core, http and JSON speak.
//
// All functions may throw llmw::Error: a character that the other encoding lacks is PostgreSQL's
// error 22P05.

#include <string>
#include <string_view>
#include <vector>

#include "pg/postgres.hpp"

namespace llmw {

/// A text value of the server as UTF-8.
std::string to_utf8(text* value);
std::string to_utf8(const char* value);
/// Empty for nullptr: a column that is NULL.
std::string utf8_or_empty(const char* value);

/// UTF-8 as a new text value in the server's encoding, in CurrentMemoryContext.
text* to_server_text(std::string_view utf8);

/// Whether the server's encoding has every character of `utf8`, which then can be converted.
bool fits_server_encoding(std::string_view utf8);

/// A new text[], in CurrentMemoryContext.
Datum to_text_array(const std::vector<std::string>& utf8);

/// The elements of a text[] as UTF-8. NULL elements are an error 22004 that names `argument`.
std::vector<std::string> to_utf8_list(ArrayType* array, const char* argument);

}  // namespace llmw
