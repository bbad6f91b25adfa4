#include "core/validate.hpp"

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace llmw {

std::vector<Finding> validate_document(std::string_view format, std::string_view json,
                                       const std::vector<std::string>& services) {
  constexpr std::size_t kMaxShownBytes = 60;
  if (format != "pilot")
    throw Error(sqlstate::kInvalidParameterValue,
                "there is no format \"" + printable(format, kMaxShownBytes) + '"', {},
                "The formats are: pilot.");
  nlohmann::json document;
  const JsonRead read = read_json(json, document);
  if (read.fault != JsonFault::none)
    return {{"json_unreadable", Severity::error, "", "the document cannot be read: " + read.message,
             "Write plain JSON, nested at most " + std::to_string(kMaxJsonDepth) + " deep."}};
  return validate_pilot(document, services);
}

}  // namespace llmw
