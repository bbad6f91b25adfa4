#pragma once
// SHA-256 as the server computes it, so that no second implementation is linked.

#include <string>
#include <string_view>

namespace llmw {

/// The 32 bytes of the digest. May throw llmw::Error.
std::string sha256(std::string_view bytes);

}  // namespace llmw
