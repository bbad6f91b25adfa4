// A file to which whole lines are appended, each by one write() on a descriptor opened with
// O_APPEND: killing this program or its client at any instant loses no line and tears none.
#pragma once

#include <string>
#include <string_view>

namespace llmw::sim {

class AppendFile {
 public:
  // Opens `path` and makes it if needed; an empty path makes a file that keeps nothing. Throws
  // std::system_error, which names `what` and the path, when it cannot be opened.
  AppendFile(std::string what, const std::string& path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  bool keeps() const { return fd_ >= 0; }

  // `line` has its line end. Ends the program with status 3 when it cannot be written whole: a
  // record with holes would prove nothing.
  void append(std::string_view line);

 private:
  std::string what_;
  int fd_ = -1;
};

}  // namespace llmw::sim
