#include "bill.hpp"

#include <chrono>

#include "text.hpp"

namespace llmw::sim {
namespace {

int64_t unix_microseconds() {
  using std::chrono::duration_cast;
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return duration_cast<std::chrono::microseconds>(since).count();
}

// Texts come from the client: a tab or line end in one must not forge a field or a line.
void append_field(std::string& out, std::string_view text) {
  if (text.empty()) text = "-";
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    out += control ? '?' : c;
  }
  out += '\t';
}

}  // namespace

void Bill::append(const BillLine& line) {
  if (!file_.keeps()) return;
  buffer_.clear();
  append_int(buffer_, unix_microseconds());
  buffer_ += '\t';
  append_field(buffer_, line.attempt_id);
  append_field(buffer_, line.shape);
  append_field(buffer_, line.model);
  append_int(buffer_, static_cast<int64_t>(line.input_tokens));
  buffer_ += '\t';
  append_int(buffer_, static_cast<int64_t>(line.output_tokens));
  buffer_ += line.billed ? "\t1\t" : "\t0\t";
  append_field(buffer_, line.fault);
  buffer_.back() = '\n';
  file_.append(buffer_);
}

}  // namespace llmw::sim
