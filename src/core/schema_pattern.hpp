#pragma once
// The regular expressions of JSON Schema: ECMA 262's spelling, matched by RE2 in time linear in the
// text. What RE2 cannot do (look-around, back references) is refused when it is compiled.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace llmw {

inline constexpr std::size_t kMaxPatternLength = 2000;

class SchemaPattern {
 public:
  /// Throws std::invalid_argument with a clause that says what is wrong.
  explicit SchemaPattern(std::string_view ecma);
  ~SchemaPattern();
  SchemaPattern(SchemaPattern&&) noexcept;
  SchemaPattern& operator=(SchemaPattern&&) noexcept;

  /// Whether the pattern matches somewhere in `text`.
  bool found_in(std::string_view text) const;
  const std::string& text() const { return text_; }

 private:
  struct Compiled;
  std::string text_;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace llmw
