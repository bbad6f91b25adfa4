#pragma once
// UUID version 7 (RFC 9562) whose time part keeps microseconds, so that an id tells its partition.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace llmw {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  bool operator==(const Uuid&) const = default;
};

/// A version 7 id: 48 bits of milliseconds, 12 bits of the fraction below (method 3 of the RFC),
/// 62 bits from `random`. `unix_micros` must not be negative.
Uuid make_uuid7(std::int64_t unix_micros, std::uint64_t random);

/// The `unix_micros` from which a version 7 id was made.
std::int64_t uuid7_unix_micros(const Uuid& uuid);

/// The usual 36 characters.
std::string to_string(const Uuid& uuid);

/// Reads what to_string() writes; nothing when it is anything else. Letters may be upper case.
std::optional<Uuid> parse_uuid(std::string_view text);

}  // namespace llmw
