// The texts that the simulated model writes: a workflow document and its faulty variants.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "fault.hpp"

namespace llmw::sim {

// One text, and the same text as the inside of a JSON string.
struct Content {
  std::string text;
  std::string escaped;  // may hold bytes that are no JSON when a fault wants that
};

using ContentPtr = std::shared_ptr<const Content>;

// Makes both forms of a text.
ContentPtr make_content(std::string text);

// Builds each variant once and keeps it, so that an answer costs no building.
class Documents {
 public:
  // `default_text` replaces the built-in document where no fault asks for another; empty: built-in.
  explicit Documents(std::string default_text);

  // The text for the document fault of a request, or for none (nullptr). Never null.
  ContentPtr get(const Fault* fault);

 private:
  ContentPtr default_;
  std::unordered_map<std::string, ContentPtr> variants_;
};

}  // namespace llmw::sim
