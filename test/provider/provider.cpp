#include "provider.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "assignment.hpp"
#include "completion.hpp"
#include "text.hpp"
#include "usage_export.hpp"

namespace llmw::sim {
namespace {

constexpr std::string_view kControl = "/control/";

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

int64_t now_us() {
  using std::chrono::duration_cast;
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return duration_cast<std::chrono::microseconds>(since).count();
}

// The answer to a question about the program itself: in no count and on no bill.
Reply service_reply(const HttpRequest& request, std::string body, int status = 200) {
  Answer answer;
  answer.status = status;
  if (!body.starts_with('{')) answer.content_type = "text/plain";
  answer.body = std::move(body);
  Reply reply = make_plain_reply(answer, request.keep_alive);
  reply.counted = false;
  return reply;
}

}  // namespace

Provider::Provider(const Options& options)
    : require_auth_(options.require_auth),
      service_tier_(options.service_tier),
      bill_file_(options.bill_file),
      bill_(options.bill_file),
      requests_("record of requests", options.request_file),
      documents_(read_reply_file(options.reply_file)),
      script_(options.delay_ms, options.limits, options.seed) {}

Reply Provider::handle(const HttpRequest& request, uint64_t nth) {
  if (std::optional<Reply> reply = handle_service(request)) return std::move(*reply);
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

std::optional<Reply> Provider::handle_service(const HttpRequest& request) {
  const std::string_view target = request.target;
  if (request.method == "GET") {
    if (target == "/healthz") return service_reply(request, "ok\n");
    if (target == "/stats") return service_reply(request, stats_json());
    if (target == "/usage/calls") return service_reply(request, usage_calls(bill_file_));
    if (target == "/usage" || target.starts_with("/usage?")) {
      return service_reply(request, usage_buckets(bill_file_, target));
    }
  }
  const size_t control = target.find(kControl);
  if (request.method != "POST" || control == std::string_view::npos) return std::nullopt;
  return give_order(request, control);
}

// `control` is where the path says so; the prefix that the order is for stands before.
Reply Provider::give_order(const HttpRequest& request, size_t control) {
  constexpr std::string_view kFaults = "faults/";
  const std::string_view prefix = std::string_view(request.target).substr(0, control);
  std::string_view order = std::string_view(request.target).substr(control + kControl.size());
  const bool clear = order == "clear";
  if (!clear && !order.starts_with(kFaults)) return service_reply(request, "unknown order\n", 404);
  order.remove_prefix(clear ? order.size() : kFaults.size());
  if (!clear && order.empty()) return service_reply(request, "no fault\n", 400);
  if (!script_.order(prefix, order)) return service_reply(request, "unknown fault\n", 400);
  return service_reply(request, "ok\n");
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
  RateAccount* const account = limiter_.find(target.prefix, model.model, decision.limits);
  if (account != nullptr) {
    account->refill(now_us());
    const auto refusal = account->refusal(tokens_of(model.content_bytes));
    if (refusal) return refuse_by_limit(request, target, model.model, *account, *refusal);
  }
  FaultSet& faults = decision.faults;
  if (faults.has(FaultId::kDeadReuse) && nth < 2) faults.remove(Family::kWire);
  Answer answer = answer_question(
      {request, target, model, assignment, faults, service_tier_, last_id_}, documents_);
  if (account != nullptr) {
    account->charge(answer.input_tokens + answer.output_tokens);
    account->append_headers(answer.headers, target.shape);
  }
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

Reply Provider::refuse_by_limit(const HttpRequest& request, const Target& target,
                                std::string_view model, const RateAccount& account,
                                const RateAccount::Refusal& refusal) {
  ++stats_.rate_limited;
  const std::string message = refusal_message(refusal, target.shape, model);
  ProviderError error = error_of(FaultId::kS429);
  error.openai_type = refusal.of_tokens ? "tokens" : "requests";
  error.openai_message = message;
  error.anthropic_message = message;
  Answer answer = answer_error(error, target.shape, last_id_);
  append_retry_after(answer.headers, refusal, target.shape);
  account.append_headers(answer.headers, target.shape);
  bill_.append({.attempt_id = request.client_request_id,
                .shape = shape_name(target.shape),
                .model = model,
                .fault = "rate_limited"});
  return make_plain_reply(answer, request.keep_alive);
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

std::string Provider::stats_json() const {
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
                {"unknown_faults", stats_.unknown_faults},
                {"rate_limited", stats_.rate_limited}};
  std::string json;
  for (const auto& count : counts) {
    json.append(json.empty() ? "{\"" : ",\"").append(count.name).append("\":");
    append_int(json, static_cast<int64_t>(count.value));
  }
  return json + "}\n";
}

}  // namespace llmw::sim
