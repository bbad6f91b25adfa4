#pragma once
// The report: one HTML page that needs nothing but itself.
//
// No script, no font, no picture from anywhere: charts are inline SVG, and the page's own policy
// forbids all else. Light and dark, from a phone's width up. The page is ASCII, so it is the same
// file whatever the encoding of the client that stores it.

#include <string>

#include "core/json_value.hpp"

namespace llmw {

/// The page that shows `data`, as workflow_report_data() makes it. Anything is taken: members that
/// are missing or of another kind are shown as not known, and no text becomes markup.
std::string render_report(const JsonValue& data);

}  // namespace llmw
