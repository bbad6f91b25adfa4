#include "core/url.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace llmw {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;
constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035
constexpr int kMaxPort = 65535;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_printable(char c) { return c > ' ' && c <= '~'; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

ParsedUrl refuse(std::string_view fault) { return {std::nullopt, std::string(fault)}; }

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6_in_brackets(std::string_view host) {
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return false;
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &address) == 1;
}

bool is_label(std::string_view label) {
  constexpr std::size_t kMaxLabelBytes = 63;
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= kMaxLabelBytes && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), allowed);
}

/// A resolver takes "2130706433", "0x7f.1" and "127.1" for addresses; so does a last label that is
/// a number, whatever stands before it.
bool is_number(std::string_view label) {
  if (label.starts_with("0x")) return std::all_of(label.begin() + 2, label.end(), is_hex);
  return std::all_of(label.begin(), label.end(), is_digit);
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes) return false;
  std::string_view rest = host;
  std::string_view label;
  for (bool more = true; more;) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (!is_label(label)) return false;
    more = dot != std::string_view::npos;
    if (more) rest.remove_prefix(dot + 1);
  }
  return !is_number(label);
}

bool is_host(const std::string& host) {
  return host.starts_with('[') ? is_ipv6_in_brackets(host) : is_ipv4(host) || is_host_name(host);
}

/// Splits ":port" off `authority`; -1 for a port that is none, 0 when there is no port.
int take_port(std::string_view& authority) {
  const std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  if (colon == std::string_view::npos) return 0;
  if (bracket != std::string_view::npos && colon < bracket) return 0;
  const std::string_view digits = authority.substr(colon + 1);
  authority = authority.substr(0, colon);
  constexpr std::size_t kMaxDigits = 5;
  if (digits.empty() || digits.size() > kMaxDigits) return -1;
  int port = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return -1;
    port = port * 10 + (c - '0');
  }
  return port >= 1 && port <= kMaxPort ? port : -1;
}

bool is_path(std::string_view path) {
  constexpr std::string_view kRefused = "\"<>\\^`{|}";
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (kRefused.find(path[i]) != std::string_view::npos) return false;
    if (path[i] != '%') continue;
    if (i + 2 >= path.size() || !is_hex(path[i + 1]) || !is_hex(path[i + 2])) return false;
  }
  return true;
}

}  // namespace

ParsedUrl parse_base_url(std::string_view text) {
  if (text.empty()) return refuse("the URL is empty");
  if (text.size() > kMaxUrlBytes) return refuse("the URL is too long");
  if (!std::all_of(text.begin(), text.end(), is_printable))
    return refuse("the URL contains a space, a control character or a character beyond ASCII");
  const std::size_t colon = text.find("://");
  const std::string scheme = lower(text.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https"))
    return refuse("the URL does not start with https:// or http://");
  if (text.find('?') != std::string_view::npos) return refuse("the URL has a query");
  if (text.find('#') != std::string_view::npos) return refuse("the URL has a fragment");

  std::string_view authority = text.substr(colon + 3);
  const std::size_t slash = authority.find('/');
  const std::string_view path =
      slash == std::string_view::npos ? std::string_view() : authority.substr(slash);
  authority = authority.substr(0, slash);
  if (authority.find('@') != std::string_view::npos)
    return refuse("the URL has a user name or password");
  const int port = take_port(authority);
  if (port < 0) return refuse("the URL's port is not a number from 1 to 65535");
  const std::string host = lower(authority);
  if (!is_host(host)) return refuse("the URL's host is neither a host name nor an IP address");
  if (!is_path(path)) return refuse("the URL's path contains a character that must be encoded");
  return {Url{scheme == "https", host, port, std::string(path)}, {}};
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && is_ipv4(std::string(host));
}

}  // namespace llmw
