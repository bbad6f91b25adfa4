#pragma once

// The tables that the build makes of data/tokens, as constants of the module: read-only pages that
// all processes share.

#include "core/tokens.hpp"

namespace llmw {

/// For TokenTable.
const unsigned char* token_table(Encoding encoding);

/// An index of kCodePoints / kClassBlock numbers of 16 bits, then blocks of kClassBlock classes.
const unsigned char* character_classes();

}  // namespace llmw
