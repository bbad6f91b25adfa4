#pragma once
// What a worker leaves in a memory-mapped file about the request that it is advancing: there after
// a kill at any moment, and never wrong.
//
//   advancing:  ended → id, check → begun        done: ended
//
// A record is read from whatever bytes the file has: short, foreign or torn ones mean nothing.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/uuid.hpp"

namespace llmw {

struct CrashRecord {
  std::uint64_t begun = 0;  ///< a magic number while a request is being advanced, else 0
  std::uint64_t check = 0;  ///< of the id
  std::uint8_t request[16] = {};
};

/// Some stores, in an order that holds for whoever reads the memory after this process.
void begin_crash_record(CrashRecord& record, const Uuid& request) noexcept;
void end_crash_record(CrashRecord& record) noexcept;

/// The request that was being advanced; nothing when none was, or the bytes are no record.
std::optional<Uuid> read_crash_record(std::string_view bytes) noexcept;

}  // namespace llmw
