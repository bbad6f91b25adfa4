#pragma once
// Finds the JSON document in a model's answer and mends what can be mended without a guess.
//
// Models put documents into fences, tags and strings, before and after prose, drafts before them
// into <think> blocks; small ones write Python or JavaScript instead of JSON. A value is kept as it
// was meant or the answer is rejected: nothing is invented, nothing that was written is lost. The
// rules and the mends are listed in docs/extraction.md.
//
//   const Extracted found = extract_json(answer, [&](const JsonValue& document) {
//     return check_schema(*schema, document).size();
//   });
//
// The time is linear in the answer. No recursion on its depth.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_value.hpp"

namespace llmw {

enum class ExtractStatus { ok, truncated, reject };

struct Extracted {
  ExtractStatus status = ExtractStatus::reject;
  JsonValue document;              ///< when ok; when truncated: what was complete, else null
  std::string json;                ///< when ok: as the model wrote it, or compact when mended
  std::vector<std::string> mends;  ///< what was mended, each once; the names are stable
  std::string open_path;           ///< when truncated: JSON Pointer of the container that was open
  std::string message;             ///< why not, when not ok
  bool fits = false;               ///< when ok: nothing was mended, and `misfit` returned 0
};

/// How badly a document fits the schema that it should have: 0 fits, more is worse.
using Misfit = std::function<std::size_t(const JsonValue&)>;

/// The JSON object or array in `answer` (UTF-8).
///
/// Of several documents that differ, the one that fits best is meant; of two that fit equally the
/// later one when the text between them says that it replaces the other, else the answer is
/// rejected. Without `misfit`, two that differ are rejected, except that a document in a fence
/// comes before those in the prose around it and an object before an array. A document that stands
/// after the one that would be taken, and is cut off, makes the answer truncated unless that one
/// fits.
Extracted extract_json(std::string_view answer, const Misfit& misfit = {});

}  // namespace llmw
