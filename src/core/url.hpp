#pragma once
// Base URLs of providers: where a key and a prompt may be sent.
//
// Stricter than a browser, so that what is checked here is what libcurl connects to: no user name,
// query, fragment, percent-encoded host, control character or odd spelling of an IPv4 address.

#include <optional>
#include <string>
#include <string_view>

namespace llmw {

struct Url {
  bool https = false;
  std::string host;  ///< in lower case; an IPv6 address keeps its brackets
  int port = 0;      ///< 0: the scheme's own
  std::string path;  ///< empty or starting with "/"
};

struct ParsedUrl {
  std::optional<Url> url;
  std::string fault;  ///< why not, for people, without any part of the text; empty when it is right
};

/// Parses `text` as an absolute http or https URL. Throws nothing but std::bad_alloc.
ParsedUrl parse_base_url(std::string_view text);

/// Whether `host` (as parse_base_url gives it) means this machine whatever a name server says:
/// "localhost", 127.0.0.0/8 or "[::1]".
bool is_loopback_host(std::string_view host);

}  // namespace llmw
