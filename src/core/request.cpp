#include "core/request.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/wire.hpp"

namespace llmw {

namespace {

void write_id(WireWriter& out, const Uuid& id) {
  out.text({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

Uuid read_id(WireReader& in) {
  Uuid id;
  const std::string bytes = in.text();
  if (bytes.size() != id.bytes.size())
    throw Error(sqlstate::kInternalError, "malformed message in shared memory");
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

void write_rules(WireWriter& out, const std::vector<LearnedRule>& rules) {
  std::vector<std::string> texts;
  for (const LearnedRule& rule : rules) texts.insert(texts.end(), {rule.id, rule.text, rule.code});
  out.list(texts);
}

std::vector<LearnedRule> read_rules(WireReader& in) {
  const std::vector<std::string> texts = in.list();
  if (texts.size() % 3 != 0)
    throw Error(sqlstate::kInternalError, "malformed message in shared memory");
  std::vector<LearnedRule> rules;
  for (std::size_t at = 0; at < texts.size(); at += 3)
    rules.push_back({texts[at], texts[at + 1], texts[at + 2]});
  return rules;
}

}  // namespace

std::optional<Uuid> fingerprint_of(const GenerationRequest& request) {
  Uuid fingerprint;
  if (request.request_sha256.size() < fingerprint.bytes.size()) return std::nullopt;
  std::copy_n(request.request_sha256.begin(), fingerprint.bytes.size(), fingerprint.bytes.begin());
  return fingerprint;
}

std::string encode(const GenerationRequest& request) {
  WireWriter out;
  write_id(out, request.id);
  out.text(request.prompt);
  out.list(request.services);
  out.text(request.format);
  out.number(request.format_version);
  out.flag(request.compact);
  out.text(request.agent);
  out.text(request.category);
  out.text(request.complexity);
  out.text(request.tags);
  out.flag(request.response_mode == ResponseMode::human_debug);
  out.number(request.max_output_tokens);
  out.number(request.max_retries);
  out.number(request.repair_attempts);
  out.number(request.retry_base_delay_ms);
  out.number(request.timeout_ms);
  out.flag(request.store_prompt);
  out.text(request.max_cost);
  out.number(request.max_tokens);
  out.number(request.cache_for_ms);
  out.text(request.idempotency_key);
  out.text(request.request_sha256);
  out.list(request.models);
  out.list(request.forbidden);
  out.text(request.experiment);
  out.text(request.arm);
  write_rules(out, request.rules);
  out.flag(request.parent.has_value());
  if (request.parent) write_id(out, *request.parent);
  out.text(request.previous_document);
  out.text(request.previous_findings);
  out.text(request.feedback);
  return out.bytes();
}

GenerationRequest decode_request(std::string_view bytes) {
  WireReader in(bytes);
  GenerationRequest request;
  request.id = read_id(in);
  request.prompt = in.text();
  request.services = in.list();
  request.format = in.text();
  request.format_version = static_cast<int>(in.number());
  request.compact = in.flag();
  request.agent = in.text();
  request.category = in.text();
  request.complexity = in.text();
  request.tags = in.text();
  request.response_mode = in.flag() ? ResponseMode::human_debug : ResponseMode::machine;
  request.max_output_tokens = static_cast<int>(in.number());
  request.max_retries = static_cast<int>(in.number());
  request.repair_attempts = static_cast<int>(in.number());
  request.retry_base_delay_ms = in.number();
  request.timeout_ms = in.number();
  request.store_prompt = in.flag();
  request.max_cost = in.text();
  request.max_tokens = in.number();
  request.cache_for_ms = in.number();
  request.idempotency_key = in.text();
  request.request_sha256 = in.text();
  request.models = in.list();
  request.forbidden = in.list();
  request.experiment = in.text();
  request.arm = in.text();
  request.rules = read_rules(in);
  if (in.flag()) request.parent = read_id(in);
  request.previous_document = in.text();
  request.previous_findings = in.text();
  request.feedback = in.text();
  in.finish();
  return request;
}

std::string encode(const GenerationResult& result) {
  WireWriter out;
  out.flag(result.ok);
  out.text(result.json);
  out.text(result.cost);
  out.text(result.error_sqlstate);
  out.text(result.error_message);
  out.text(result.error_detail);
  out.text(result.error_hint);
  return out.bytes();
}

GenerationResult decode_result(std::string_view bytes) {
  WireReader in(bytes);
  GenerationResult result;
  result.ok = in.flag();
  result.json = in.text();
  result.cost = in.text();
  result.error_sqlstate = in.text();
  result.error_message = in.text();
  result.error_detail = in.text();
  result.error_hint = in.text();
  in.finish();
  return result;
}

}  // namespace llmw
