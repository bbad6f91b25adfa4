#include "http/address_policy.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace llmw {
namespace {

using Ipv4Bytes = std::span<const std::uint8_t, 4>;
using Ipv6Bytes = std::span<const std::uint8_t, 16>;

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<std::uint8_t, 12> kCompatiblePrefix = {};
constexpr std::array<std::uint8_t, 12> kNat64Prefix = {0, 0x64, 0xff, 0x9b};

bool is_refused_ipv4(Ipv4Bytes a) noexcept {
  const bool link_local = a[0] == 169 && a[1] == 254;
  const bool unspecified = a[0] == 0 && a[1] == 0 && a[2] == 0 && a[3] == 0;
  return link_local || unspecified;
}

bool starts_with(Ipv6Bytes a, std::span<const std::uint8_t> prefix) noexcept {
  return std::equal(prefix.begin(), prefix.end(), a.begin());
}

bool carries_ipv4(Ipv6Bytes a) noexcept {
  const bool loopback =
      starts_with(a, kCompatiblePrefix) && a[12] == 0 && a[13] == 0 && a[14] == 0 && a[15] == 1;
  if (loopback) return false;
  return starts_with(a, kMappedPrefix) || starts_with(a, kCompatiblePrefix) ||
         starts_with(a, kNat64Prefix);
}

bool is_refused_ipv6(Ipv6Bytes a) noexcept {
  if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) return true;
  return carries_ipv4(a) && is_refused_ipv4(a.subspan<12, 4>());
}

}  // namespace

bool is_refused_address(const sockaddr* address, socklen_t length) noexcept {
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
    return is_refused_ipv4(bytes);
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
    return is_refused_ipv6(bytes);
  }
  return true;
}

}  // namespace llmw
