#include "usage_export.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "text.hpp"

namespace llmw::sim {
namespace {

// A billed line of the bill, as bill.hpp describes it.
struct BilledCall {
  int64_t at_seconds = 0;
  std::string attempt_id;
  std::string shape;
  std::string model;
  uint64_t input_tokens = 0;
  uint64_t output_tokens = 0;
};

std::optional<BilledCall> read_line(const std::string& line) {
  std::array<std::string, 8> fields;
  std::istringstream text(line);
  for (std::string& field : fields) {
    if (!std::getline(text, field, '\t')) return std::nullopt;
  }
  if (fields[6] != "1") return std::nullopt;
  BilledCall call{.attempt_id = fields[1], .shape = fields[2], .model = fields[3]};
  uint64_t microseconds = 0;
  if (!parse_number(fields[0], UINT64_MAX, &microseconds) ||
      !parse_number(fields[4], UINT64_MAX, &call.input_tokens) ||
      !parse_number(fields[5], UINT64_MAX, &call.output_tokens)) {
    return std::nullopt;
  }
  call.at_seconds = static_cast<int64_t>(microseconds / 1'000'000);
  return call;
}

template <typename Take>
void for_each_billed(const std::string& bill_file, const Take& take) {
  std::ifstream bill(bill_file);
  std::string line;
  while (std::getline(bill, line)) {
    if (const std::optional<BilledCall> call = read_line(line)) take(*call);
  }
}

int64_t bucket_seconds(std::string_view target) {
  if (target.find("bucket_width=1m") != std::string_view::npos) return 60;
  if (target.find("bucket_width=1h") != std::string_view::npos) return 3600;
  return 86400;
}

void append_text(std::string& out, std::string_view key, std::string_view value) {
  out.append(",\"").append(key).append("\":\"");
  append_escaped(out, value);
  out += '"';
}

void append_number(std::string& out, std::string_view key, uint64_t value) {
  out.append(",\"").append(key).append("\":");
  append_int(out, static_cast<int64_t>(value));
}

struct Sum {
  uint64_t input_tokens = 0;
  uint64_t output_tokens = 0;
  uint64_t calls = 0;
};

using SumsByModel = std::map<std::string, Sum>;

void append_bucket(std::string& out, int64_t start, int64_t width, const SumsByModel& sums) {
  out += R"({"object":"bucket")";
  append_number(out, "start_time", static_cast<uint64_t>(start));
  append_number(out, "end_time", static_cast<uint64_t>(start + width));
  out += R"(,"results":[)";
  bool first = true;
  for (const auto& [model, sum] : sums) {
    if (!first) out += ',';
    first = false;
    out += R"({"object":"organization.usage.completions.result")";
    append_number(out, "input_tokens", sum.input_tokens);
    append_number(out, "output_tokens", sum.output_tokens);
    append_number(out, "num_model_requests", sum.calls);
    out += R"(,"project_id":null,"user_id":null,"api_key_id":null)";
    append_text(out, "model", model);
    out += R"(,"batch":null})";
  }
  out += "]}";
}

}  // namespace

std::string usage_buckets(const std::string& bill_file, std::string_view target) {
  const int64_t width = bucket_seconds(target);
  std::map<int64_t, SumsByModel> buckets;
  for_each_billed(bill_file, [&](const BilledCall& call) {
    Sum& sum = buckets[call.at_seconds / width * width][call.model];
    sum.input_tokens += call.input_tokens;
    sum.output_tokens += call.output_tokens;
    ++sum.calls;
  });
  std::string out = R"({"object":"page","data":[)";
  bool first = true;
  for (const auto& [start, sums] : buckets) {
    if (!first) out += ',';
    first = false;
    append_bucket(out, start, width, sums);
  }
  return out + R"(],"has_more":false,"next_page":null})" + '\n';
}

std::string usage_calls(const std::string& bill_file) {
  std::string out = R"({"object":"list","data":[)";
  bool first = true;
  for_each_billed(bill_file, [&](const BilledCall& call) {
    out += first ? R"({"object":"call")" : R"(,{"object":"call")";
    first = false;
    append_text(out, "attempt_id", call.attempt_id);
    append_number(out, "at", static_cast<uint64_t>(call.at_seconds));
    append_text(out, "shape", call.shape);
    append_text(out, "model", call.model);
    append_number(out, "input_tokens", call.input_tokens);
    append_number(out, "output_tokens", call.output_tokens);
    out += '}';
  });
  return out + "]}\n";
}

}  // namespace llmw::sim
