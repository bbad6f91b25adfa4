#include "pg/crash_point.hpp"

#include <charconv>

namespace llmw::crash_point_detail {

namespace {

struct Parts {
  std::string_view name;
  int count = 1;
  std::string_view text;
};

Parts parts_of(std::string_view setting) {
  Parts parts;
  if (const std::size_t slash = setting.find('/'); slash != std::string_view::npos) {
    parts.text = setting.substr(slash + 1);
    setting = setting.substr(0, slash);
  }
  if (const std::size_t colon = setting.find(':'); colon != std::string_view::npos) {
    const std::string_view digits = setting.substr(colon + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), parts.count);
    setting = setting.substr(0, colon);
  }
  parts.name = setting;
  return parts;
}

// The setting is copied into new memory whenever it changes, so its address tells.
const char* counted_setting = nullptr;
int passed = 0;

}  // namespace

void pass(std::string_view name, std::string_view text) noexcept {
  if (counted_setting != settings.crash_point) {
    counted_setting = settings.crash_point;
    passed = 0;
  }
  const Parts parts = parts_of(settings.crash_point);
  if (parts.name != name || text.find(parts.text) == std::string_view::npos) return;
  if (++passed >= parts.count) (void)raise(SIGKILL);
}

}  // namespace llmw::crash_point_detail
