#pragma once
// Requests and results as bytes in the shared payload memory.
//
// The area is attached on first use by each process and stays attached. These functions may be
// called outside a transaction. They may throw llmw::Error only where said.

#include <optional>
#include <string>
#include <string_view>

#include "pg/postgres.hpp"

namespace llmw {

/// Attaches this process to the payload memory. Idempotent. May throw llmw::Error.
void attach_payload();

/// A copy of `bytes` in shared memory, or InvalidDsaPointer when it does not fit.
dsa_pointer store_payload(std::string_view bytes);

std::string load_payload(dsa_pointer payload, Size size);

/// Frees a payload; InvalidDsaPointer is ignored.
void free_payload(dsa_pointer payload);

/// Bytes that all payloads take now.
Size payload_used();

}  // namespace llmw
