#pragma once
// Reading JSON that others wrote: bounded in depth and size of numbers, linear, no stack growth.
//
// nlohmann::json's parser accepts any depth and its copy, dump and destructor then overflow the
// stack; its get<int>() wraps, truncates and accepts booleans; jsonb refuses NUL characters and
// lone surrogates and expands 1e130000 to 130 kB. Everything that comes from a provider or a model
// passes through here first, and so through a parser of our own that has none of these faults
// (reasons and measurements: src/README.md).
//
// Reading is for looking, not for storing: a decimal or an integer beyond 64 bits becomes a double
// in nlohmann::json. What must stay exactly as it was written (the document of a model) is kept as
// the text it came in; extract_json returns that text.
//
// This header names nlohmann::json only by forward declaration; .cpp files of core include it.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace llmw {

inline constexpr int kMaxJsonDepth = 128;
inline constexpr int kMaxNumberExponent = 400;  ///< absolute value; also most digits of a number
inline constexpr int kMaxJsonValues = 250'000;  ///< bounds the memory that a small text can take

/// Why a text was not accepted.
enum class JsonFault {
  none,
  syntax,
  truncated,
  too_deep,
  too_many_values,
  bad_unicode,
  bad_number,
  duplicate_key,
};

struct JsonRead {
  JsonFault fault = JsonFault::none;
  std::size_t offset = 0;  ///< byte at which the fault was seen
  std::string message;     ///< for people; empty when there is no fault
};

/// What becomes of a key that an object holds twice. Reading with keep_first and keep_last tells
/// whether a part of a document is ambiguous.
enum class DuplicateKeys { keep_last, keep_first, refuse };

/// Parses `text` (UTF-8, no byte order mark) strictly into `out`. Refused: invalid UTF-8, \u0000,
/// lone surrogates, depth over kMaxJsonDepth, numbers that numeric could not hold cheaply or that a
/// double cannot hold at all, anything after the value. `truncated` is told apart from `syntax`:
/// the text ended inside a value that was right so far. Never throws except std::bad_alloc. On a
/// fault `out` is null.
JsonRead read_json(std::string_view text, nlohmann::json& out,
                   DuplicateKeys duplicates = DuplicateKeys::keep_last);

/// The integer at `object[key]` if it is a JSON integer in [0, 2^53]; nothing when the key is
/// absent, null, or not such an integer (a float, a string and a boolean are not integers).
/// `object` may be any value.
std::optional<std::int64_t> read_count(const nlohmann::json& object, const char* key);

/// The string at `object[key]`, or empty when absent or not a string. `object` may be any value.
std::string read_string(const nlohmann::json& object, const char* key);

/// The value at `object[key]`, or null when absent or null. `object` may be any value.
const nlohmann::json* find_member(const nlohmann::json& object, const char* key);

/// Compact JSON text of `value`; invalid UTF-8 is replaced, never thrown.
std::string write_json(const nlohmann::json& value);

/// `text` as a JSON string literal with its quotes. Invalid UTF-8 is replaced by U+FFFD.
std::string json_quote(std::string_view text);

/// Appends the same to `out`.
void append_json_quoted(std::string& out, std::string_view text);

}  // namespace llmw
