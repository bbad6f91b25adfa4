#pragma once
// Finds the JSON document in a model's answer.
//
// Models put documents into ```json fences, before and after prose. A value is kept exactly as it
// was written or the answer is rejected: nothing is invented or mended here.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace llmw {

enum class ExtractStatus { ok, truncated, reject };

struct Extracted {
  ExtractStatus status = ExtractStatus::reject;
  std::string json;     ///< the document's text as written by the model, when ok
  std::string message;  ///< why not, when not ok
};

/// The JSON object (or array) in `answer` (UTF-8). A byte order mark and a leading
/// <think>...</think> block are skipped. Tried in order: the whole text; what stands in fences
/// (``` or ~~~, of JSON or of no language; the last may be unclosed); each {...} and [...] in the
/// prose that begins as JSON does ({" or [{ or [[ or ["). Where an array and an object are found,
/// the object is meant. Several different complete documents: reject. A document that starts and
/// is not closed: truncated. An object with the same key twice is rejected, because only one of
/// the values could be kept. Linear in the input, no recursion.
Extracted extract_json(std::string_view answer);

/// The same; `document` is the value of what was found, so that it need not be read again. Null or
/// anything else when the status is not ok.
Extracted extract_json(std::string_view answer, nlohmann::json& document);

}  // namespace llmw
