#include "core/uuid.hpp"

#include "core/text.hpp"

namespace llmw {

namespace {

constexpr int kFractionSteps = 4096;  // 12 bits below the millisecond

void store(Uuid& uuid, int from, int count, std::uint64_t value) {
  for (int i = from + count - 1; i >= from; --i, value >>= 8)
    uuid.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value);
}

std::uint64_t load(const Uuid& uuid, int from, int count) {
  std::uint64_t value = 0;
  for (int i = from; i < from + count; ++i)
    value = value << 8 | uuid.bytes[static_cast<std::size_t>(i)];
  return value;
}

}  // namespace

Uuid make_uuid7(std::int64_t unix_micros, std::uint64_t random) {
  const auto micros = static_cast<std::uint64_t>(unix_micros);
  const std::uint64_t fraction = micros % 1000 * kFractionSteps / 1000;
  Uuid uuid;
  store(uuid, 0, 6, micros / 1000);
  store(uuid, 6, 2, 0x7000 | fraction);
  store(uuid, 8, 8, (random & 0x3FFF'FFFF'FFFF'FFFF) | 0x8000'0000'0000'0000);
  return uuid;
}

// The fraction was rounded down, so rounding up gives the microsecond back.
std::int64_t uuid7_unix_micros(const Uuid& uuid) {
  const std::uint64_t fraction = load(uuid, 6, 2) & 0x0FFF;
  const std::uint64_t micros = (fraction * 1000 + kFractionSteps - 1) / kFractionSteps;
  return static_cast<std::int64_t>(load(uuid, 0, 6) * 1000 + micros);
}

std::string to_string(const Uuid& uuid) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[uuid.bytes[i] >> 4];
    text += kHex[uuid.bytes[i] & 15];
  }
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  constexpr std::size_t kLength = 36;
  if (text.size() != kLength) return std::nullopt;
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if ((i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at++]);
    const int low = hex_value(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    uuid.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return uuid;
}

}  // namespace llmw
