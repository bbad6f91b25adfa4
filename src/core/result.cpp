#include "core/result.hpp"

#include <utility>

#include "core/json.hpp"

namespace llmw {

namespace {

/// Writes the members of one JSON object, in order.
class ObjectWriter {
 public:
  ObjectWriter& raw(const char* key, std::string_view json) {
    add_key(key);
    text_ += json;
    return *this;
  }
  ObjectWriter& text(const char* key, std::string_view value) {
    add_key(key);
    append_json_quoted(text_, value);
    return *this;
  }
  ObjectWriter& number(const char* key, std::int64_t value) {
    return raw(key, std::to_string(value));
  }
  ObjectWriter& members(std::string_view json_members) {
    if (!json_members.empty()) add_comma();
    text_ += json_members;
    return *this;
  }
  /// Call once, at the end.
  std::string object() {
    text_ += '}';
    return std::move(text_);
  }

 private:
  void add_comma() {
    if (text_.size() > 1) text_ += ',';
  }
  void add_key(const char* key) {
    add_comma();
    text_ += '"';
    text_ += key;
    text_ += "\":";
  }

  std::string text_ = "{";
};

// The document is a valid JSON object, so its members stand between its first and last brace.
std::string_view members_of(std::string_view document) {
  const std::size_t open = document.find('{');
  const std::size_t close = document.rfind('}');
  return document.substr(open + 1, close - open - 1);
}

std::string tokens_json(const RequestTotals& totals) {
  ObjectWriter tokens;
  tokens.number("input", totals.input_tokens)
      .number("output", totals.output_tokens)
      .number("total", totals.input_tokens + totals.output_tokens);
  return tokens.object();
}

void add_error(ObjectWriter& out, const FlowResult& result) {
  ObjectWriter error;
  error.text("code", result.error_sqlstate).text("message", result.error_message);
  if (!result.error_detail.empty()) error.text("detail", result.error_detail);
  if (!result.error_hint.empty()) error.text("hint", result.error_hint);
  out.raw("error", error.object());
}

void add_totals(ObjectWriter& out, const RequestTotals& totals) {
  out.number("tokens_used", totals.input_tokens + totals.output_tokens)
      .number("input_tokens", totals.input_tokens)
      .number("output_tokens", totals.output_tokens)
      .raw("cost_usd", cost_json(totals))
      .number("generation_time_ms", totals.generation_time_ms);
}

}  // namespace

std::string cost_json(const RequestTotals& totals) {
  return totals.cost_known ? totals.cost.to_string() : "null";
}

FlowResult without_texts(FlowResult result) {
  result.document.clear();
  result.explanation.clear();
  result.error_message.clear();
  result.error_detail.clear();
  result.error_hint.clear();
  for (Finding& finding : result.warnings) finding = {finding.code, finding.severity, {}, {}, {}};
  return result;
}

std::string findings_json(const std::vector<Finding>& findings) {
  std::string array = "[";
  for (const Finding& finding : findings) {
    if (array.size() > 1) array += ',';
    ObjectWriter out;
    out.text("code", finding.code)
        .text("severity", finding.severity == Severity::error ? "error" : "warning")
        .text("path", finding.path)
        .text("message", finding.message)
        .text("hint", finding.hint);
    array += out.object();
  }
  return array + ']';
}

std::string result_json(const Uuid& request_id, const std::string& format, const FlowResult& result,
                        const RequestTotals& totals) {
  ObjectWriter out;
  if (result.ok) out.members(members_of(result.document));
  if (!result.explanation.empty()) out.raw("explanation", result.explanation);
  out.text("request_id", to_string(request_id)).text("format", format);
  if (result.ok) out.text("generator_used", result.generator);
  out.raw("validation_passed", result.ok ? "true" : "false")
      .number("generation_time_ms", totals.generation_time_ms)
      .raw("tokens_used", tokens_json(totals))
      .raw("cost_usd", cost_json(totals))
      .raw("warnings", findings_json(result.warnings));
  if (result.fallback_reason) out.text("fallback_reason", to_string(*result.fallback_reason));
  if (result.cached) out.raw("cached", "true");
  if (!result.ok) add_error(out, result);
  return out.object();
}

std::string error_json(const GenerationResult& failed) {
  FlowResult result;
  result.error_sqlstate = failed.error_sqlstate;
  result.error_message = failed.error_message;
  result.error_detail = failed.error_detail;
  result.error_hint = failed.error_hint;
  ObjectWriter out;
  out.raw("validation_passed", "false");
  add_error(out, result);
  return out.object();
}

std::string generated_details(const FlowResult& result, const RequestTotals& totals) {
  ObjectWriter out;
  out.text("generator_used", result.generator).number("steps_generated", result.items.value_or(0));
  add_totals(out, totals);
  if (result.fallback_reason) out.text("fallback_reason", to_string(*result.fallback_reason));
  return out.object();
}

std::string fallback_details(const FallbackNotice& notice) {
  ObjectWriter out;
  out.text("primary_model", notice.from_model)
      .text("fallback_model", notice.to_model)
      .text("reason", to_string(notice.reason));
  if (!notice.detail.empty()) out.text("detail", notice.detail);
  out.number("tokens_wasted", notice.tokens_wasted);
  return out.object();
}

std::string cached_details(const Uuid& source, const FlowResult& result,
                           const RequestTotals& totals) {
  ObjectWriter out;
  out.text("cached_from", to_string(source)).text("generator_used", result.generator);
  add_totals(out, totals);
  return out.object();
}

std::string retry_details(int attempt, std::chrono::milliseconds wait, const FlowResult& result,
                          const RequestTotals& totals) {
  ObjectWriter out;
  out.number("attempt", attempt)
      .number("wait_ms", wait.count())
      .text("error_code", result.error_sqlstate);
  if (!result.error_message.empty()) out.text("error_message", result.error_message);
  add_totals(out, totals);
  return out.object();
}

std::string circuit_details(const std::string& server, const std::string& model,
                            const std::string& reason) {
  ObjectWriter out;
  out.text("server", server).text("model", model);
  if (!reason.empty()) out.text("reason", reason);
  return out.object();
}

std::string warning_details(const std::string& warning) {
  ObjectWriter out;
  out.text("message", warning);
  return out.object();
}

std::string failed_details(const std::string& primary_model, const std::string& reason,
                           const FlowResult& result, const RequestTotals& totals) {
  ObjectWriter out;
  out.text("primary_model", primary_model).text("reason", reason);
  if (!result.error_sqlstate.empty()) out.text("error_code", result.error_sqlstate);
  if (!result.error_message.empty()) out.text("error_message", result.error_message);
  add_totals(out, totals);
  return out.object();
}

}  // namespace llmw
