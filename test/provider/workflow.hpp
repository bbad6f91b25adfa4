// The documents that the simulated model writes when no fault spoils them: a workflow of the
// format `pilot` or `stages` with as many steps as wanted, or a `discovery`.
//
//   Workflow workflow = good_workflow(Format::kPilot, 12);
//   keep_asked(workflow, assignment);          // a part of it, if only a part is asked for
//   std::string text = write(workflow);
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "assignment.hpp"

namespace llmw::sim {

// A step, or a stage.
struct Item {
  std::string id;
  std::string text;  // what is done; empty: a step has no such key
  std::string type;
  std::vector<std::string> depends_on;
  std::string service;  // empty: the key is left out
  std::string name;     // stages only, as all that follows; empty: the key is left out
  size_t sequence = 0;
  std::string team;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> parallel_with;
};

struct Workflow {
  Format format = Format::kPilot;
  bool explained = false;
  std::vector<Item> items;  // none in a discovery
  bool with_zones = true;   // in stages
};

// The number of items when no fault wants another.
size_t usual_size(Format format);

Workflow good_workflow(Format format, size_t size);

// Leaves of the items those that the assignment asks for. A part has no limbo zones.
void keep_asked(Workflow& workflow, const Assignment& assignment);

struct Writing {
  std::string_view extra;  // goes into the first item, behind its other keys
  size_t cut = std::numeric_limits<size_t>::max();  // the text breaks off in the item behind these
};

std::string write(const Workflow& workflow, const Writing& writing = {});

// The answer to the question for an outline: {"outline":[{"id":...,"title":...}, ...]}.
std::string write_outline(const Workflow& workflow);

}  // namespace llmw::sim
