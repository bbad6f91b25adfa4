#include "provider_error.hpp"

namespace llmw::sim {
namespace {

constexpr std::string_view kInvalid = "invalid_request_error";

constexpr ProviderError kErrors[] = {
    {FaultId::kS400, 400, kInvalid, "", "", "The request is not valid.", kInvalid,
     "The request is not valid."},
    {FaultId::kS401, 401, kInvalid, "invalid_api_key", "", "The API key is not correct.",
     "authentication_error", "invalid x-api-key"},
    {FaultId::kS402, 402, "billing_error", "payment_required", "", "Payment is required.",
     "billing_error", "Payment is required."},
    {FaultId::kS403, 403, kInvalid, "permission_denied", "", "The key may not use this model.",
     "permission_error", "The key may not use this model."},
    {FaultId::kS404, 404, kInvalid, "model_not_found", "model", "The model does not exist.",
     "not_found_error", "The model does not exist."},
    {FaultId::kS408, 408, "timeout", "", "", "The request timed out.", "timeout_error",
     "The request timed out."},
    {FaultId::kS409, 409, "conflict", "", "", "The resource was changed by another request.",
     kInvalid, "The resource was changed by another request."},
    {FaultId::kS413, 413, kInvalid, "request_too_large", "", "The request is too large.",
     "request_too_large", "The request is too large."},
    {FaultId::kS422, 422, kInvalid, "", "messages", "The request could not be processed.", kInvalid,
     "The request could not be processed."},
    {FaultId::kS429, 429, "tokens", "rate_limit_exceeded", "", "The rate limit is reached.",
     "rate_limit_error", "The rate limit is reached."},
    {FaultId::kS500, 500, "server_error", "", "", "The server had an error.", "api_error",
     "Internal server error"},
    {FaultId::kS502, 502, "server_error", "bad_gateway", "", "Bad gateway.", "api_error",
     "Bad gateway"},
    {FaultId::kS503, 503, "server_error", "service_unavailable", "", "The engine is overloaded.",
     "api_error", "Service unavailable"},
    {FaultId::kS504, 504, "server_error", "gateway_timeout", "", "Gateway timeout.",
     "timeout_error", "Gateway timeout"},
    {FaultId::kS529, 529, "server_error", "overloaded", "", "The server is overloaded.",
     "overloaded_error", "Overloaded"},
    {FaultId::kQuota, 429, "insufficient_quota", "insufficient_quota", "",
     "The quota of this account is used up.", "rate_limit_error",
     "The spend limit of this account is reached.", "enforced_spend_limit_reached"},
    {FaultId::kContext, 400, kInvalid, "context_length_exceeded", "messages",
     "The messages are longer than the model's maximum context length of 128000 tokens.", kInvalid,
     "prompt is too long: 250000 tokens > 200000 maximum"},
    {FaultId::kPolicy, 400, kInvalid, "content_policy_violation", "",
     "The prompt was rejected by the safety system.", kInvalid,
     "Output blocked by content filtering policy"},
    {FaultId::kOverloaded, 529, "server_error", "overloaded", "", "The server is overloaded.",
     "overloaded_error", "Overloaded"},
    {FaultId::kNonJson413, 413, "", "", "", "", "", ""},
    {FaultId::kEchoKey, 401, kInvalid, "invalid_api_key", "", "", "authentication_error", ""},
    {FaultId::kRedirect, 302, "", "", "", "", "", ""},
};

}  // namespace

const ProviderError& error_of(FaultId fault) {
  for (const ProviderError& error : kErrors) {
    if (error.fault == fault) return error;
  }
  return kErrors[0];
}

ProviderError bad_request(std::string_view message) {
  ProviderError error = error_of(FaultId::kS400);
  error.openai_message = message;
  error.anthropic_message = message;
  return error;
}

ProviderError missing_key() {
  ProviderError error = error_of(FaultId::kS401);
  error.openai_code = "";
  error.openai_message = "No API key was given: an Authorization header is needed.";
  error.anthropic_message = "x-api-key header is required";
  return error;
}

std::string_view reason_phrase(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };
  constexpr Phrase kPhrases[] = {
      {200, "OK"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {413, "Content Too Large"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {529, "Site Overloaded"},
  };
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Unknown";
}

}  // namespace llmw::sim
