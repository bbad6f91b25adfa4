#pragma once
// A request as a JSON object: how workflow_jobs keeps what was asked for until a worker takes it.
//
// The keys are the members of GenerationRequest; members that have their default are left out, and
// so is the id, which the job's row has. Reading ignores keys that it does not know and gives
// missing ones their default, so that rows outlive an update of the extension in both directions.

#include <string>
#include <string_view>

#include "core/request.hpp"
#include "core/uuid.hpp"

namespace llmw {

/// `request` without its id. All texts in it are UTF-8.
std::string request_to_json(const GenerationRequest& request);

/// The request `id`. Throws llmw::Error XX001 when `json` is not a request: not an object, a member
/// of another type, no prompt, no format or no model.
GenerationRequest request_from_json(const Uuid& id, std::string_view json);

}  // namespace llmw
