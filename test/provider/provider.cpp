#include "provider.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>

#include "assignment.hpp"
#include "text.hpp"

namespace llmw::sim {
namespace {

std::string read_reply_file(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::system_error(errno, std::generic_category(), "reply file " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool has_key(const HttpRequest& request, Shape shape) {
  if (shape == Shape::kAnthropic) return !request.api_key.empty();
  constexpr std::string_view kBearer = "Bearer ";
  return request.authorization.size() > kBearer.size() &&
         equals_ignoring_case(std::string_view(request.authorization).substr(0, kBearer.size()),
                              kBearer);
}

// The reason why a provider would answer 400, or nullptr.
const char* find_mistake(const HttpRequest& request, Shape shape, ModelRequest* model) {
  const bool anthropic = shape == Shape::kAnthropic;
  if (anthropic && request.anthropic_version.empty()) {
    return "anthropic-version: header is required";
  }
  if (const char* why = read_model_request(request.body, model)) return why;
  if (!model->has_model) return "model: field required";
  if (!model->has_messages) return "messages: field required";
  if (model->messages == 0) return "messages: at least one message is required";
  if (anthropic && !model->has_max_tokens) return "max_tokens: a number above 0 is required";
  if (model->stream) return "stream: the simulator does not stream";
  return nullptr;
}

Turns turns_of(const Assignment& assignment) {
  Turns turns{};
  const auto set = [&](Turn turn, bool is) { turns[static_cast<size_t>(turn)] = is; };
  set(Turn::kWhole, assignment.scope == Scope::kWhole && !assignment.repair);
  set(Turn::kOutline, assignment.scope == Scope::kOutline);
  set(Turn::kRest, assignment.scope == Scope::kRest);
  set(Turn::kPart, assignment.scope == Scope::kPart);
  set(Turn::kRepair, assignment.repair);
  return turns;
}

ProviderError with_status(int status, std::string_view message) {
  ProviderError error = bad_request(message);
  error.status = status;
  return error;
}

}  // namespace

Provider::Provider(const Options& options)
    : require_auth_(options.require_auth),
      service_tier_(options.service_tier),
      bill_(options.bill_file),
      requests_("record of requests", options.request_file),
      documents_(read_reply_file(options.reply_file)),
      script_(options.delay_ms, options.seed) {}

Reply Provider::handle(const HttpRequest& request, uint64_t nth) {
  if (request.method == "GET" && request.target == "/healthz") {
    Answer answer;
    answer.content_type = "text/plain";
    answer.body = "ok\n";
    Reply reply = make_plain_reply(answer, request.keep_alive);
    reply.counted = false;
    return reply;
  }
  if (request.method == "GET" && request.target == "/stats") {
    return report_stats(request.keep_alive);
  }
  ++stats_.requests;
  ++last_id_;
  const Target target = parse_target(request.target);
  if (target.redirected) ++stats_.redirects_followed;
  if (target.shape == Shape::kNone) {
    return refuse(request, target, with_status(404, "Unknown request URL."), "");
  }
  if (request.method != "POST") {
    return refuse(request, target, with_status(405, "Only POST is allowed here."), "");
  }
  return handle_model(request, target, nth);
}

Reply Provider::handle_model(const HttpRequest& request, const Target& target, uint64_t nth) {
  keep_request(request);
  ModelRequest model;
  const char* const mistake = find_mistake(request, target.shape, &model);
  const Assignment assignment = read_assignment(model, request.body);
  Decision decision = script_.decide(target, request.body, turns_of(assignment));
  if (!decision.wrong.empty()) return refuse_unknown_fault(request, target, decision.wrong);
  if (require_auth_ && !has_key(request, target.shape)) {
    return refuse(request, target, missing_key(), "");
  }
  if (mistake != nullptr) return refuse(request, target, bad_request(mistake), "");
  FaultSet& faults = decision.faults;
  if (faults.has(FaultId::kDeadReuse) && nth < 2) faults.remove(Family::kWire);
  const Answer answer = answer_question(
      {request, target, model, assignment, faults, service_tier_, last_id_}, documents_);
  if (answer.billed) ++stats_.billed;
  bill_.append({.attempt_id = request.client_request_id,
                .shape = shape_name(target.shape),
                .model = model.model,
                .input_tokens = answer.input_tokens,
                .output_tokens = answer.output_tokens,
                .billed = answer.billed,
                .fault = faults.names()});
  return make_reply(answer, {faults, decision.delay_ms, request.keep_alive});
}

// In JSON a line end outside of texts is a space, and inside of them it is escaped.
void Provider::keep_request(const HttpRequest& request) {
  if (!requests_.keeps()) return;
  std::string line(request.client_request_id);
  line += '\t';
  line += request.body;
  std::ranges::replace(line, '\n', ' ');
  requests_.append(line + '\n');
}

Reply Provider::refuse(const HttpRequest& request, const Target& target, const ProviderError& error,
                       std::string_view fault) {
  bill_.append({.attempt_id = request.client_request_id,
                .shape = shape_name(target.shape),
                .model = {},
                .fault = fault});
  return make_plain_reply(answer_error(error, target.shape, last_id_), request.keep_alive);
}

Reply Provider::refuse_unknown_fault(const HttpRequest& request, const Target& target,
                                     const std::string& wrong) {
  ++stats_.unknown_faults;
  std::fprintf(stderr, "llm_provider_sim: unknown fault \"%s\"\n", wrong.c_str());
  const std::string message = "The simulator knows no fault \"" + wrong + "\".";
  return refuse(request, target, bad_request(message), "unknown_fault");
}

Reply Provider::handle_broken(RequestParser::Result result) {
  const int status = result == RequestParser::Result::kBodyTooLarge      ? 413
                     : result == RequestParser::Result::kHeadersTooLarge ? 431
                                                                         : 400;
  const ProviderError error = with_status(status, "The HTTP request could not be read.");
  Reply reply = make_plain_reply(answer_error(error, Shape::kNone, ++last_id_), false);
  reply.counted = false;
  return reply;
}

Reply Provider::report_stats(bool keep_alive) const {
  const struct {
    std::string_view name;
    uint64_t value;
  } counts[] = {{"requests", stats_.requests},
                {"billed", stats_.billed},
                {"in_flight", stats_.in_flight},
                {"peak_in_flight", stats_.peak_in_flight},
                {"aborted", stats_.aborted},
                {"connections", stats_.connections},
                {"redirects_followed", stats_.redirects_followed},
                {"unknown_faults", stats_.unknown_faults}};
  Answer answer;
  for (const auto& count : counts) {
    answer.body += answer.body.empty() ? "{\"" : ",\"";
    answer.body += count.name;
    answer.body += "\":";
    append_int(answer.body, static_cast<int64_t>(count.value));
  }
  answer.body += "}\n";
  Reply reply = make_plain_reply(answer, keep_alive);
  reply.counted = false;
  return reply;
}

}  // namespace llmw::sim
