// The texts that the simulated model writes: a workflow document and its faulty variants.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "assignment.hpp"
#include "fault.hpp"

namespace llmw::sim {

// One text, and the same text as the inside of a JSON string.
struct Content {
  std::string text;
  std::string escaped;  // may hold bytes that are no JSON when a fault wants that
  bool cut = false;     // it breaks off at the limit of tokens
};

using ContentPtr = std::shared_ptr<const Content>;

// Makes both forms of a text.
ContentPtr make_content(std::string text, bool cut = false);

// Builds each document once and keeps it, so that an answer costs no building. Parts of documents
// are built each time.
class Documents {
 public:
  // `reply` replaces every good document; empty: they are the built-in ones.
  explicit Documents(std::string reply);

  // The text for an assignment, as the document fault and the size want it. Never null.
  ContentPtr get(const Assignment& assignment, const FaultSet& faults);

 private:
  ContentPtr build(const Assignment& assignment, const FaultSet& faults) const;

  std::string reply_;
  std::unordered_map<std::string, ContentPtr> kept_;
};

}  // namespace llmw::sim
