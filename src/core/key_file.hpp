#pragma once
// API keys that a superuser keeps in a file of the server or in its environment.
//
// Plain files and variables: a key appears in no message. Errors are llmw::Error LW009.

#include <optional>
#include <string>

namespace llmw {

inline constexpr int kMaxKeyFileBytes = 4096;

/// The content of the file `path` without white space at both ends; nothing when that is empty.
/// Error LW009 when it cannot be read, is no regular file, is larger than kMaxKeyFileBytes or holds
/// a character that no HTTP header may carry.
std::optional<std::string> read_key_file(const std::string& path);

/// The environment variable `name`, treated alike; nothing when it is not set.
std::optional<std::string> read_key_variable(const std::string& name);

/// Whether `key` is printable ASCII throughout, as an HTTP header demands.
bool is_sendable_key(const std::string& key);

}  // namespace llmw
