#include "process_watch.hpp"

#include <sys/types.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>

namespace llmw::sim {

bool process_exists(int64_t pid) {
  if (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return false;
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return true;
  // The state is the field after the name, which stands in parentheses and may hold any text.
  const size_t name_end = line.rfind(") ");
  return name_end == std::string::npos || line.compare(name_end + 2, 1, "Z") != 0;
}

}  // namespace llmw::sim
