#include "core/crash_record.hpp"

#include <atomic>
#include <cstring>

namespace llmw {

namespace {

constexpr std::uint64_t kMagic = 0x6C6C'6D77'6372'6173;  // "llmwcras"

// FNV-1a: a torn id must not pass, nobody forges one.
std::uint64_t check_of(const std::uint8_t (&request)[16]) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325;
  for (const std::uint8_t byte : request) hash = (hash ^ byte) * 0x0000'0100'0000'01B3;
  return hash;
}

}  // namespace

// The process may be killed between any two stores, by a signal or by itself: what counts is their
// order in its own program, which the fences keep.
void begin_crash_record(CrashRecord& record, const Uuid& request) noexcept {
  end_crash_record(record);
  std::memcpy(record.request, request.bytes.data(), sizeof record.request);
  record.check = check_of(record.request);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  record.begun = kMagic;
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

void end_crash_record(CrashRecord& record) noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  record.begun = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

std::optional<Uuid> read_crash_record(std::string_view bytes) noexcept {
  CrashRecord record;
  if (bytes.size() < sizeof record) return std::nullopt;
  std::memcpy(&record, bytes.data(), sizeof record);
  if (record.begun != kMagic || record.check != check_of(record.request)) return std::nullopt;
  Uuid request;
  std::memcpy(request.bytes.data(), record.request, request.bytes.size());
  return request;
}

}  // namespace llmw
