// A gzip file of 6.8 MB that inflates to 1 GiB of spaces.
#pragma once

#include <memory>
#include <string>

namespace llmw::sim {

// Built at the first call and kept. Written bit by bit after RFC 1951 and 1952, so that the
// simulator needs no compression library.
std::shared_ptr<const std::string> gzip_bomb();

}  // namespace llmw::sim
