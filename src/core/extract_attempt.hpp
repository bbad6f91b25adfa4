#pragma once
// Reads the document that begins at one place of an answer: strictly, then with mends, then in each
// way in which what cannot be told from its first character may have been meant.

#include <cstddef>
#include <string_view>

#include "core/extract_reader.hpp"

namespace llmw {

/// Whether the bracket at `text[at]`, somewhere in prose, begins a document and no placeholder or
/// citation.
bool bracket_begins_document(std::string_view text, std::size_t at);

/// Whether the bracket at `text[at]` begins the value of a member of something that is no JSON.
bool is_member_value(std::string_view text, std::size_t at);

/// Whether the quote at `text[at]` begins the members of an object whose braces are missing.
bool begins_bare_members(std::string_view text, std::size_t at);

/// The document that begins at `text[at]` with a bracket, or with a quote when its braces are
/// missing. One that is written as the inside of a JSON string ends before `limit`.
DocumentRead attempt_document(std::string_view text, std::size_t at, std::size_t limit);

}  // namespace llmw
