#pragma once
// Which addresses a transfer may never connect to, whatever name resolved to them.
//
// Checked on the resolved address just before the socket is made, so that neither a spelling of
// an address nor a name server that changes its answer gets around it.

#include <sys/socket.h>

namespace llmw {

/// True for link-local addresses (169.254.0.0/16, fe80::/10), where clouds serve credentials, for
/// the unspecified ones (0.0.0.0, ::), which mean this machine, and for IPv6 addresses that carry
/// such an IPv4 address (mapped, compatible, 64:ff9b::/96). Other families than IPv4 and IPv6 are
/// refused as well. `address` holds `length` bytes.
bool is_refused_address(const sockaddr* address, socklen_t length) noexcept;

}  // namespace llmw
