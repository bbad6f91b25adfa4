#include "completion.hpp"

#include "text.hpp"

namespace llmw::sim {

void append_count(std::string& out, UsageForm form, uint64_t count) {
  const int64_t value = static_cast<int64_t>(count);
  switch (form) {
    case UsageForm::kNegative: append_int(out, value == 0 ? -1 : -value); return;
    case UsageForm::kAbsurd: out += "1000000000000000"; return;
    case UsageForm::kString:
      out += '"';
      append_int(out, value);
      out += '"';
      return;
    case UsageForm::kFloat:
      append_int(out, value);
      out += ".5";
      return;
    case UsageForm::kBool: out += "true"; return;
    default: append_int(out, value);
  }
}

uint64_t reported_output(const Completion& completion) {
  return completion.usage == UsageForm::kHuge ? 2000000000 : completion.output_tokens;
}

void append_id(std::string& out, uint64_t id) {
  const std::string digits = std::to_string(id);
  out.append(digits.size() < 12 ? 12 - digits.size() : 0, '0');
  out += digits;
}

}  // namespace llmw::sim
