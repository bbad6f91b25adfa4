#include "openai_shape.hpp"

#include <ctime>
#include <string_view>

#include "text.hpp"

namespace llmw::sim {
namespace {

std::string_view finish_reason(Stop stop) {
  switch (stop) {
    case Stop::kLength:
    case Stop::kWindow: return "length";
    case Stop::kFilter: return "content_filter";
    default: return "stop";
  }
}

void append_message(std::string& out, const Completion& completion) {
  out += R"({"role":"assistant","content":)";
  if (completion.content_is_null || !completion.refusal.empty()) {
    out += "null";
  } else {
    out += '"';
    out += completion.content->escaped;
    out += '"';
  }
  if (completion.refusal.empty()) {
    out += R"(,"refusal":null})";
  } else {
    out += R"(,"refusal":")";
    out += completion.refusal;
    out += R"("})";
  }
}

void append_usage_object(std::string& out, const Completion& completion, uint64_t output) {
  const UsageForm form = completion.usage;
  const UsageForm input_form = form == UsageForm::kHuge ? UsageForm::kTrue : form;
  out += R"(,"usage":{"prompt_tokens":)";
  append_count(out, input_form, completion.input_tokens);
  out += R"(,"completion_tokens":)";
  append_count(out, form, output);
  out += R"(,"total_tokens":)";
  append_count(out, form, completion.input_tokens + output);
  out += R"(,"prompt_tokens_details":{"cached_tokens":)";
  append_int(out, static_cast<int64_t>(completion.cached_tokens));
  out += R"(},"completion_tokens_details":{"reasoning_tokens":0}})";
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

void append_nullable(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

}  // namespace

std::string openai_body(const Completion& completion) {
  std::string out;
  out.reserve(completion.content->escaped.size() + 640);
  out += R"({"id":"chatcmpl-sim)";
  append_id(out, completion.id);
  out += R"(","object":"chat.completion","created":)";
  append_int(out, time(nullptr));
  out += R"(,"model":")";
  out += completion.model;
  out += R"(","choices":[)";
  if (!completion.no_choices) {
    out += R"({"index":0,"message":)";
    append_message(out, completion);
    out += R"(,"logprobs":null,"finish_reason":")";
    out += finish_reason(completion.stop);
    out += R"("})";
  }
  out += ']';
  append_usage(out, completion);
  out += R"(,"service_tier":")";
  out += completion.service_tier.empty() ? "default" : completion.service_tier;
  out += R"(","system_fingerprint":"fp_simulated"})";
  return out;
}

std::string openai_error(const ProviderError& error) {
  std::string out = R"({"error":{"message":")";
  append_escaped(out, error.openai_message);
  out += R"(","type":")";
  out += error.openai_type;
  out += R"(","param":)";
  append_nullable(out, error.openai_param);
  out += R"(,"code":)";
  append_nullable(out, error.openai_code);
  out += "}}";
  return out;
}

}  // namespace llmw::sim
