#pragma once
// A request as the settings of this session have it: models, limits, the version of the format.

#include <optional>
#include <string>

#include "core/request.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// A request in `format` with all that the settings say; the caller adds what was asked for, and
/// then calls complete_request().
/// `max_output_tokens`: the argument, else what the format says, else the setting.
/// Throws llmw::Error when the format, the primary model or its server cannot be used by the
/// current role.
GenerationRequest make_session_request(const std::string& format,
                                       std::optional<int> max_output_tokens);

/// Makes `request` one of its own: a new id, and the digest of what `role` asks for.
void complete_request(GenerationRequest& request, Oid role = GetUserId());

/// Whether `text` is empty or has nothing but blanks in it.
bool has_only_blanks(std::string_view text);

}  // namespace llmw
