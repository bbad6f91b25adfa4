#pragma once
// What the tables say of a request that another statement, or another session, asked for.

#include <cstdint>
#include <optional>
#include <string>

#include "core/request.hpp"
#include "core/uuid.hpp"

namespace llmw {

struct FoundRequest {
  std::string role_name;
  bool is_job = false;                     ///< it waits or runs as one
  bool is_uncommitted = false;             ///< this transaction submitted it
  std::optional<GenerationResult> result;  ///< once it has ended
  bool lacks_document = false;             ///< it succeeded, and the document was not kept
};

/// The request `id`, as committed now or done by this transaction. Throws llmw::Error 42704.
FoundRequest find_request(const Uuid& id);

/// The result of the request `id`, for roles that may see it; waits at most so long for its end.
/// Nothing when it has not ended then. Errors: 42704, 42501; 55000 to wait for what this
/// transaction submitted, or for a document that was not kept.
std::optional<GenerationResult> find_result(const Uuid& id, std::int64_t most_milliseconds);

/// The same, and waits as long as it takes.
GenerationResult wait_for_result(const Uuid& id);

}  // namespace llmw
