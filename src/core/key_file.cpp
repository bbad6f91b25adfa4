#include "core/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "core/error.hpp"

namespace llmw {

namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
  throw Error(sqlstate::kCredentialsMissing, "could not use the API key file \"" + path + "\"",
              reason, "It must be a regular file that holds the key and nothing else.");
}

std::string system_reason(int error) { return std::generic_category().message(error) + "."; }

std::string read_all(const FileDescriptor& file, const std::string& path) {
  std::string content(kMaxKeyFileBytes + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, system_reason(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

std::string trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

}  // namespace

bool is_sendable_key(const std::string& key) {
  return std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<std::string> read_key_file(const std::string& path) {
  // Opening a pipe would wait for its writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) fail(path, system_reason(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path, system_reason(errno));
  if (!S_ISREG(status.st_mode)) fail(path, "It is not a regular file.");
  const std::string content = read_all(file, path);
  if (content.size() > kMaxKeyFileBytes)
    fail(path, "It is larger than " + std::to_string(kMaxKeyFileBytes) + " bytes.");
  std::string key = trim(content);
  if (key.empty()) return std::nullopt;
  if (!is_sendable_key(key)) fail(path, "It contains more than one line of printable ASCII.");
  return key;
}

std::optional<std::string> read_key_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  std::string key = trim(value);
  if (key.empty()) return std::nullopt;
  if (!is_sendable_key(key))
    throw Error(sqlstate::kCredentialsMissing,
                "the API key in environment variable \"" + name + "\" is not printable ASCII");
  return key;
}

}  // namespace llmw
