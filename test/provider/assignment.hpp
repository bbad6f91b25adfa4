// What a request asks the model to write: a document of which format, and which part of it.
//
// The format is the name of the schema, or else what the system prompt names. A part of a large
// document is asked for by a line in the user's message, which begins with or holds one of
//   Outline: list every step
//   Write exactly these steps: "step_11", "step_12"
//   Write the remaining steps after these ids: "step_1", "step_2"
// (or "stages"). A request that carries an answer given before asks to repair it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model_request.hpp"

namespace llmw::sim {

enum class Format { kPilot, kStages, kDiscovery };

enum class Scope { kWhole, kOutline, kRest, kPart };

struct Assignment {
  Format format = Format::kPilot;
  bool explained = false;  // the document begins with an explanation
  bool repair = false;
  Scope scope = Scope::kWhole;
  std::vector<std::string> ids;  // kPart: those to write; kRest: those that are there
};

// Reads the assignment of a checked request with this body.
Assignment read_assignment(const ModelRequest& request, std::string_view body);

}  // namespace llmw::sim
