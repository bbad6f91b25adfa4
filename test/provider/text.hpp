// Small text helpers of the simulated providers.
//
// Every function appends to a string that the caller owns, so that one answer is built in one
// buffer. None of them throws anything but std::bad_alloc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmw::sim {

// Appends `value` in decimal.
void append_int(std::string& out, int64_t value);

// Appends `text` as the inside of a JSON string: quotes, backslashes and control characters are
// escaped, all other bytes are kept as they are (also bytes that are not UTF-8).
void append_escaped(std::string& out, std::string_view text);

// Returns true when both texts are equal, ASCII letters compared without case.
bool equals_ignoring_case(std::string_view a, std::string_view b);

// Reads all of `text` as a decimal number. Returns false when it is not one or above `max`.
bool parse_number(std::string_view text, uint64_t max, uint64_t* value);

// The bytes that pairs of hexadecimal digits stand for; ends at the first that is none.
std::string read_hex(std::string_view digits);

// Appends a unix time in seconds as RFC 3339 writes it ("1994-11-06T08:49:37Z").
void append_rfc3339(std::string& out, int64_t unix_seconds);

// Appends the HTTP date (RFC 9110, "Sun, 06 Nov 1994 08:49:37 GMT") of a unix time in seconds.
void append_http_date(std::string& out, int64_t unix_seconds);

}  // namespace llmw::sim
