#pragma once
// A request as the settings of this session have it: models, limits, the version of the format.

#include <optional>
#include <string>

#include "core/request.hpp"

namespace llmw {

/// A new request in `format` with all that the settings say; the caller adds what was asked for.
/// `max_output_tokens`: the argument, else what the format says, else the setting.
/// Throws llmw::Error when the format, the primary model or its server cannot be used by the
/// current role.
GenerationRequest make_session_request(const std::string& format,
                                       std::optional<int> max_output_tokens);

/// Whether `text` is empty or has nothing but blanks in it.
bool has_only_blanks(std::string_view text);

}  // namespace llmw
