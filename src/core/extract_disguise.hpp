#pragma once
// Answers in which something is laid over every line or every quote of the document: quotation
// marks of mail (> ), marks of a patch (+), line numbers, HTML entities.

#include <string>
#include <string_view>

namespace llmw {

struct Undisguised {
  std::string text;
  const char* mend = nullptr;  ///< the name of what was taken off; null when nothing was
};

Undisguised take_off_disguise(std::string_view text);

}  // namespace llmw
