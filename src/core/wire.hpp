#pragma once
// Bytes that go from a backend to a worker and back through shared memory.
//
// A flat sequence of 64-bit numbers and length-prefixed strings in the machine's byte order. The
// reader trusts nothing: each length is checked against what is left.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace llmw {

class WireWriter {
 public:
  void number(std::int64_t value);
  void flag(bool value) { number(value ? 1 : 0); }
  void text(std::string_view value);
  void list(const std::vector<std::string>& values);

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// All functions throw llmw::Error XX000 when the bytes end early or hold an impossible length.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  std::int64_t number();
  bool flag() { return number() != 0; }
  std::string text();
  std::vector<std::string> list();
  /// Throws unless everything was read.
  void finish() const;

 private:
  std::string_view take(std::size_t count);

  std::string_view rest_;
};

}  // namespace llmw
