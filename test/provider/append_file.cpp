#include "append_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace llmw::sim {

AppendFile::AppendFile(std::string what, const std::string& path) : what_(std::move(what)) {
  if (path.empty()) return;
  fd_ = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), what_ + " " + path);
}

AppendFile::~AppendFile() {
  if (fd_ >= 0) close(fd_);
}

void AppendFile::append(std::string_view line) {
  if (fd_ < 0) return;
  const ssize_t written = write(fd_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return;
  std::fprintf(stderr, "llm_provider_sim: could not write the %s: %s\n", what_.c_str(),
               std::strerror(errno));
  std::_Exit(3);
}

}  // namespace llmw::sim
