#include "anthropic_shape.hpp"

#include <string_view>

#include "text.hpp"

namespace llmw::sim {
namespace {

std::string_view stop_reason(Stop stop) {
  switch (stop) {
    case Stop::kLength: return "max_tokens";
    case Stop::kWindow: return "model_context_window_exceeded";
    case Stop::kRefusal:
    case Stop::kFilter: return "refusal";
    case Stop::kEnd: break;
  }
  return "end_turn";
}

void append_content(std::string& out, const Completion& completion) {
  if (completion.content_is_null) {
    out += "null";
    return;
  }
  out += '[';
  if (!completion.no_choices) {
    out += R"({"type":"text","text":")";
    if (completion.refusal.empty()) {
      out += completion.content->escaped;
    } else {
      out += completion.refusal;
    }
    out += R"("})";
  }
  out += ']';
}

void append_usage_object(std::string& out, const Completion& completion, uint64_t output) {
  const UsageForm form = completion.usage;
  const UsageForm input_form = form == UsageForm::kHuge ? UsageForm::kTrue : form;
  out += R"(,"usage":{"input_tokens":)";
  append_count(out, input_form, completion.input_tokens - completion.cached_tokens);
  out += R"(,"cache_creation_input_tokens":0,"cache_read_input_tokens":)";
  append_int(out, static_cast<int64_t>(completion.cached_tokens));
  out += R"(,"output_tokens":)";
  append_count(out, form, output);
  out += R"(,"service_tier":")";
  out += completion.service_tier.empty() ? "standard" : completion.service_tier;
  out += R"("})";
}

void append_usage(std::string& out, const Completion& completion) {
  if (completion.usage == UsageForm::kMissing) return;
  if (completion.usage == UsageForm::kNull) {
    out += R"(,"usage":null)";
    return;
  }
  append_usage_object(out, completion, reported_output(completion));
  if (completion.usage == UsageForm::kDuplicate) {
    append_usage_object(out, completion, completion.output_tokens / 2);
  }
}

}  // namespace

std::string anthropic_body(const Completion& completion) {
  std::string out;
  out.reserve(completion.content->escaped.size() + 512);
  out += R"({"id":"msg_sim)";
  append_id(out, completion.id);
  out += R"(","type":"message","role":"assistant","model":")";
  out += completion.model;
  out += R"(","content":)";
  append_content(out, completion);
  out += R"(,"stop_reason":")";
  out += stop_reason(completion.stop);
  out += R"(","stop_sequence":null)";
  append_usage(out, completion);
  out += '}';
  return out;
}

std::string anthropic_error(const ProviderError& error, uint64_t id) {
  std::string out = R"({"type":"error","error":{"type":")";
  out += error.anthropic_type;
  out += R"(","message":")";
  append_escaped(out, error.anthropic_message);
  out += '"';
  if (!error.anthropic_error_code.empty()) {
    out += R"(,"details":{"error_code":")";
    out += error.anthropic_error_code;
    out += R"("})";
  }
  out += R"(},"request_id":"req_sim)";
  append_id(out, id);
  out += R"("})";
  return out;
}

}  // namespace llmw::sim
