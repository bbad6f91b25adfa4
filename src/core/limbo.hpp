#pragma once
// Limbo zones as the files limbo*.cpp see them: the places where work waits between two stages.
//
// Zones are derived from the dependencies and not believed: what a document declares is compared
// with them.

#include <string>
#include <string_view>
#include <vector>

#include "core/rules_flow.hpp"

namespace llmw {

/// A zone that the document declares.
struct DeclaredZone {
  const JsonValue* json = nullptr;  ///< an object
  int place = 0;                    ///< in the document's array
  std::string path;
  int from = -1;  ///< number of the stage; -1: there is none with this id
  int to = -1;
};

/// The array of zones; nullptr when the document has none.
const JsonValue* find_zones(const Workflow& workflow);
/// Its zones; of a hostile number of them the first.
std::vector<DeclaredZone> read_zones(const Workflow& workflow);

/// What `from` makes and `to` takes in, as `from` writes it.
std::vector<std::string> payload_between(const Workflow& workflow, int from, int to);

}  // namespace llmw
