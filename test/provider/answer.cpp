#include "answer.hpp"

#include <ctime>

#include "anthropic_shape.hpp"
#include "openai_shape.hpp"
#include "text.hpp"

namespace llmw::sim {
namespace {

constexpr std::string_view kRefusalText = "I am sorry, but I cannot help with that request.";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kErrorPage =
    "<!DOCTYPE html>\n<html><head><title>Error</title></head>\n"
    "<body><h1>We are sorry</h1><p>Something went wrong at the edge.</p></body></html>\n";
constexpr uint64_t kCachedTokens = 1024;
constexpr size_t kDepthBombLevels = 100000;

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// True for names that end in -YYYYMMDD or -YYYY-MM-DD.
bool has_date(std::string_view model) {
  if (model.size() > 9 && model[model.size() - 9] == '-' &&
      all_digits(model.substr(model.size() - 8))) {
    return true;
  }
  if (model.size() < 12) return false;
  const std::string_view tail = model.substr(model.size() - 11);
  return tail[0] == '-' && tail[5] == '-' && tail[8] == '-' && all_digits(tail.substr(1, 4)) &&
         all_digits(tail.substr(6, 2)) && all_digits(tail.substr(9, 2));
}

std::string returned_model(const Question& question) {
  const bool openai = question.target.shape == Shape::kOpenAi;
  if (question.faults.has(FaultId::kWrongModel)) {
    return openai ? "gpt-3.5-turbo-0125" : "claude-3-haiku-20240307";
  }
  std::string model(question.model.model);
  if (!has_date(model)) model += openai ? "-2024-07-18" : "-20250514";
  return model;
}

UsageForm usage_form(const FaultSet& faults) {
  const Fault* fault = faults.find(Family::kUsage);
  if (fault == nullptr) return UsageForm::kTrue;
  switch (fault->id) {
    case FaultId::kUsageMissing: return UsageForm::kMissing;
    case FaultId::kUsageNull: return UsageForm::kNull;
    case FaultId::kUsageNegative: return UsageForm::kNegative;
    case FaultId::kUsageAbsurd: return UsageForm::kAbsurd;
    case FaultId::kUsageString: return UsageForm::kString;
    case FaultId::kUsageFloat: return UsageForm::kFloat;
    case FaultId::kUsageBool: return UsageForm::kBool;
    case FaultId::kUsageHuge: return UsageForm::kHuge;
    case FaultId::kUsageDup: return UsageForm::kDuplicate;
    default: return UsageForm::kTrue;
  }
}

// Keeps the first half of the text, as an answer that hit its token limit.
void cut(Completion& completion, Stop stop) {
  const std::string& text = completion.content->text;
  completion.content = make_content(text.substr(0, text.size() / 2));
  completion.stop = stop;
}

void apply_envelope(Completion& completion, const Fault& fault) {
  switch (fault.id) {
    case FaultId::kRefusal:
      completion.refusal = kRefusalText;
      completion.stop = Stop::kRefusal;
      return;
    case FaultId::kContentFilter: return cut(completion, Stop::kFilter);
    case FaultId::kLength: return cut(completion, Stop::kLength);
    case FaultId::kWindow: return cut(completion, Stop::kWindow);
    case FaultId::kCut:
      if (completion.content->cut) completion.stop = Stop::kLength;
      return;
    case FaultId::kEmptyChoices: completion.no_choices = true; return;
    case FaultId::kNullContent: completion.content_is_null = true; return;
    default: return;
  }
}

Completion complete(const Question& question, Documents& documents) {
  Completion completion;
  completion.id = question.id;
  completion.model = returned_model(question);
  completion.service_tier = question.service_tier;
  completion.usage = usage_form(question.faults);
  completion.content = documents.get(question.assignment, question.faults);
  if (const Fault* fault = question.faults.find(Family::kEnvelope)) {
    apply_envelope(completion, *fault);
  }
  const size_t written =
      completion.refusal.empty() ? completion.content->text.size() : completion.refusal.size();
  completion.output_tokens = tokens_of(written);
  completion.input_tokens = tokens_of(question.model.content_bytes);
  if (question.faults.has(FaultId::kCached)) {
    completion.cached_tokens = kCachedTokens;
    completion.input_tokens += kCachedTokens;
  }
  return completion;
}

void replace_body(Answer& answer, const Fault& fault, const Question& question) {
  switch (fault.id) {
    case FaultId::kContentType:
      answer.content_type = kHtml;
      answer.body = kErrorPage;
      return;
    case FaultId::kWrongTypeJson: answer.content_type = "text/plain; charset=utf-8"; return;
    case FaultId::kNotJson:
      answer.body = "upstream connect error or disconnect before headers";
      return;
    case FaultId::kEmpty: answer.body.clear(); return;
    case FaultId::kDepthBomb:
      answer.body = std::string(kDepthBombLevels, '[') + std::string(kDepthBombLevels, ']');
      return;
    case FaultId::kError200:
      answer.body =
          answer_error(error_of(FaultId::kOverloaded), question.target.shape, question.id).body;
      return;
    default: return;
  }
}

void append_id_header(std::string& headers, Shape shape, uint64_t id) {
  headers += shape == Shape::kAnthropic ? "request-id: req_sim" : "x-request-id: req_sim";
  append_id(headers, id);
  headers += "\r\n";
}

// `advice` is the argument of a status fault: how soon the client may try again.
void append_retry_headers(std::string& headers, std::string_view advice) {
  if (advice.empty() || advice == "none") return;
  if (advice.starts_with("ms=")) {
    headers += "retry-after-ms: ";
    advice.remove_prefix(3);
  } else {
    headers += "retry-after: ";
  }
  if (advice == "date") {
    append_http_date(headers, time(nullptr) + 2);
  } else if (advice == "negative") {
    headers += "-5";
  } else if (advice == "absurd") {
    headers += "99999999999999999999";
  } else if (advice == "garbage") {
    headers += "in a little while";
  } else {
    headers += advice;
  }
  headers += "\r\n";
}

Answer echo_key(const Question& question) {
  const HttpRequest& http = question.http;
  const bool openai = question.target.shape == Shape::kOpenAi;
  const std::string message =
      "Incorrect API key provided: " + (openai ? http.authorization : http.api_key);
  ProviderError error = error_of(FaultId::kEchoKey);
  error.openai_message = message;
  error.anthropic_message = message;
  return answer_error(error, question.target.shape, question.id);
}

Answer redirect(const Question& question, const Fault& fault) {
  Answer answer;
  uint64_t status = 302;
  if (!fault.argument.empty()) parse_number(fault.argument, 399, &status);
  answer.status = static_cast<int>(status);
  answer.headers = question.target.shape == Shape::kOpenAi
                       ? "Location: /redirected/v1/chat/completions\r\n"
                       : "Location: /redirected/v1/messages\r\n";
  answer.content_type = kHtml;
  answer.body = "<html><body>Moved.</body></html>\n";
  return answer;
}

Answer answer_status(const Question& question, const Fault& fault) {
  if (fault.id == FaultId::kRedirect) return redirect(question, fault);
  if (fault.id == FaultId::kEchoKey) return echo_key(question);
  Answer answer = answer_error(error_of(fault.id), question.target.shape, question.id);
  append_retry_headers(answer.headers, fault.argument);
  if (fault.id == FaultId::kNonJson413) {
    answer.content_type = kHtml;
    answer.body = kErrorPage;
  }
  return answer;
}

}  // namespace

Answer answer_error(const ProviderError& error, Shape shape, uint64_t id) {
  Answer answer;
  answer.status = error.status;
  append_id_header(answer.headers, shape, id);
  answer.body = shape == Shape::kAnthropic ? anthropic_error(error, id) : openai_error(error);
  return answer;
}

Answer answer_question(const Question& question, Documents& documents) {
  if (const Fault* fault = question.faults.find(Family::kStatus)) {
    return answer_status(question, *fault);
  }
  const Completion completion = complete(question, documents);
  const bool openai = question.target.shape == Shape::kOpenAi;
  Answer answer;
  append_id_header(answer.headers, question.target.shape, question.id);
  answer.body = openai ? openai_body(completion) : anthropic_body(completion);
  answer.billed = true;
  answer.input_tokens = completion.input_tokens;
  answer.output_tokens = completion.output_tokens;
  if (const Fault* fault = question.faults.find(Family::kBody)) {
    replace_body(answer, *fault, question);
  }
  return answer;
}

}  // namespace llmw::sim
