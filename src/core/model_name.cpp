#include "core/model_name.hpp"

#include <array>

namespace llmw {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// Whether `text` is written as `form`, in which d stands for a digit and all else for itself.
bool has_form(std::string_view text, std::string_view form) {
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != form[i]) return false;
  return true;
}

struct DateForm {
  std::string_view form;
  std::size_t month;
  std::size_t day;
};

constexpr std::array<DateForm, 2> kDateForms{{{"-20dd-dd-dd", 6, 9}, {"-20dddddd", 5, 7}}};

}  // namespace

std::optional<std::string_view> without_date(std::string_view name) {
  for (const DateForm& date : kDateForms) {
    if (name.size() <= date.form.size()) continue;
    const std::string_view end = name.substr(name.size() - date.form.size());
    if (!has_form(end, date.form)) continue;
    const int month = two_digits(end, date.month);
    const int day = two_digits(end, date.day);
    if (month >= 1 && month <= 12 && day >= 1 && day <= 31)
      return name.substr(0, name.size() - date.form.size());
  }
  return std::nullopt;
}

std::optional<ProviderAndModel> split_provider(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size())
    return std::nullopt;
  return ProviderAndModel{name.substr(0, slash), name.substr(slash + 1)};
}

}  // namespace llmw
