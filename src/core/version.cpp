#include "core/version.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace llmw {

namespace {

/// Takes the part before the next point off `rest`; "0" when nothing is left.
std::string_view take_part(std::string_view& rest) {
  if (rest.empty()) return "0";
  const std::size_t point = rest.find('.');
  const std::string_view part = rest.substr(0, point);
  rest.remove_prefix(point == std::string_view::npos ? rest.size() : point + 1);
  return part;
}

std::optional<std::int64_t> to_number(std::string_view part) {
  std::int64_t number = 0;
  const char* end = part.data() + part.size();
  const auto [stop, fault] = std::from_chars(part.data(), end, number);
  if (fault != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::weak_ordering compare_parts(std::string_view left, std::string_view right) {
  const std::optional<std::int64_t> left_number = to_number(left);
  const std::optional<std::int64_t> right_number = to_number(right);
  if (left_number && right_number) return *left_number <=> *right_number;
  return left <=> right;
}

}  // namespace

std::weak_ordering compare_versions(std::string_view left, std::string_view right) {
  while (!left.empty() || !right.empty()) {
    const std::string_view left_part = take_part(left);
    const std::weak_ordering order = compare_parts(left_part, take_part(right));
    if (std::is_neq(order)) return order;
  }
  return std::weak_ordering::equivalent;
}

}  // namespace llmw
