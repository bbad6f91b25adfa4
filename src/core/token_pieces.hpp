#pragma once

// Where the pieces of a text end: what the pattern of an encoding matches, written by hand.
//
// Merging never crosses the end of a piece. The patterns look ahead, so a piece of a text and the
// same piece of a longer text may differ. All functions take linear time over all pieces of a text:
// none looks further than the end of the next piece and one character more.

#include <cstddef>
#include <string_view>

#include "core/tokens.hpp"

namespace llmw {

/// The end of the piece of `text` that begins at `at`, which is not its end.
using PieceEnd = std::size_t (*)(std::string_view text, std::size_t at);

PieceEnd piece_end_of(Encoding encoding);

}  // namespace llmw
