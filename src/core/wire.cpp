#include "core/wire.hpp"

#include <cstring>

#include "core/error.hpp"

namespace llmw {

namespace {

[[noreturn]] void fail() {
  throw Error(sqlstate::kInternalError, "malformed message in shared memory");
}

}  // namespace

void WireWriter::number(std::int64_t value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  bytes_.append(raw, sizeof raw);
}

void WireWriter::text(std::string_view value) {
  number(static_cast<std::int64_t>(value.size()));
  bytes_.append(value);
}

void WireWriter::list(const std::vector<std::string>& values) {
  number(static_cast<std::int64_t>(values.size()));
  for (const std::string& value : values) text(value);
}

std::string_view WireReader::take(std::size_t count) {
  if (count > rest_.size()) fail();
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::int64_t WireReader::number() {
  std::int64_t value = 0;
  std::memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}

std::string WireReader::text() {
  const std::int64_t length = number();
  if (length < 0) fail();
  return std::string(take(static_cast<std::size_t>(length)));
}

std::vector<std::string> WireReader::list() {
  const std::int64_t count = number();
  // Each element takes at least its length: a larger count cannot be honest.
  if (count < 0 || static_cast<std::uint64_t>(count) > rest_.size() / sizeof(std::int64_t)) fail();
  std::vector<std::string> values;
  values.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) values.push_back(text());
  return values;
}

void WireReader::finish() const {
  if (!rest_.empty()) fail();
}

}  // namespace llmw
