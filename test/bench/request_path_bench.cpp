// What the database worker computes for one ordinary request between the SQL: format pilot, one
// call, a valid answer of the simulated provider. README.md says what the rows mean.

#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/builtin_formats.hpp"
#include "core/error.hpp"
#include "core/extract.hpp"
#include "core/flow.hpp"
#include "core/provider.hpp"
#include "core/request.hpp"
#include "core/result.hpp"
#include "core/token_counter.hpp"
#include "provider/provider.hpp"

namespace {

using namespace llmw;

constexpr std::string_view kPrompt =
    "When an order comes in, check the stock, reserve the items and send the customer a "
    "confirmation. If an item is missing, ask the supplier for a date and tell the sales team. "
    "Write a summary of the day to a sheet.";
constexpr std::int64_t kNow = 1'700'000'000;

const Endpoint& endpoint() {
  static const auto& endpoint = *new Endpoint{Protocol::openai, "http://127.0.0.1/v1",
                                              "bench-secret", StructuredOutput::json_schema};
  return endpoint;
}

std::shared_ptr<const Format> pilot() {
  static const auto& format = *new std::shared_ptr<const Format>([] {
    const BuiltinFormat& row = builtin_formats().front();
    return std::make_shared<const Format>(FormatRow{row.name, row.version, row.system_prompt,
                                                    row.json_schema, row.rules,
                                                    row.max_output_tokens});
  }());
  return format;
}

CountedTexts& counted_texts() {
  static auto& texts = *new CountedTexts;
  return texts;
}

/// The bytes in which a backend hands its request over; each request has a prompt of its own, whose
/// tokens nobody has counted yet.
std::string request_bytes(int number) {
  GenerationRequest request;
  request.id.bytes[15] = 1;
  request.prompt = std::string(kPrompt) + " Order " + std::to_string(number) + '.';
  request.services = {"google-mail", "google-sheets"};
  request.format = "pilot";
  request.tags = "{}";
  request.max_output_tokens = 12000;
  request.max_retries = 2;
  request.retry_base_delay_ms = 500;
  request.timeout_ms = 60'000;
  request.request_sha256.assign(32, 'x');
  request.models = {"gpt-4o-mini", "claude-haiku"};
  return encode(request);
}

/// As Generation::make_flow_input does.
FlowInput flow_input(const GenerationRequest& request, TokenCounter& counter) {
  FlowInput input;
  input.prompt = request.prompt;
  input.services = request.services;
  input.format = pilot();
  input.compact = request.compact;
  input.response_mode = request.response_mode;
  input.max_output_tokens = request.max_output_tokens;
  input.max_retries = request.max_retries;
  input.repair_attempts = request.repair_attempts;
  for (const std::string& name : request.models) {
    Candidate candidate;
    candidate.model = name;
    candidate.remote_name = name;
    candidate.context_window = 128'000;
    candidate.max_output_tokens = 16'384;
    candidate.counter = &counter;
    input.chain.push_back(std::move(candidate));
  }
  return input;
}

/// The body of the simulated provider's answer: a document of `steps` steps.
std::string simulated_reply(const HttpRequest& request, int steps) {
  sim::Provider provider(sim::Options{});
  sim::HttpRequest received;
  received.method = "POST";
  received.target = "/f/items:" + std::to_string(steps) + "/v1/chat/completions";
  received.authorization = "Bearer bench-secret";
  received.body = request.body;
  received.content_length = request.body.size();
  received.has_length = true;
  std::string bytes;
  for (const sim::Piece& piece : provider.handle(received, 1).pieces) bytes += piece.bytes();
  if (!bytes.starts_with("HTTP/1.1 200 ")) throw std::runtime_error("simulated provider: " + bytes);
  return bytes.substr(bytes.find("\r\n\r\n") + 4);
}

/// A request, as far as it has come.
struct Generation {
  explicit Generation(std::string_view bytes)
      : request(decode_request(bytes)), flow(flow_input(request, counter)) {}

  GenerationRequest request;
  TokenizerCounter counter{find_tokenizer("o200k_base"), counted_texts()};
  Flow flow;
  CallPlan plan;
  HttpRequest http;

  /// As Generation::send does: counts the call's tokens for the intent besides.
  void send() {
    plan = std::move(flow.start().calls.front());
    plan.chat.call_id = to_string(request.id);
    http = build_http_request(endpoint(), plan.chat);
    benchmark::DoNotOptimize(estimated_tokens());
  }

  std::int64_t estimated_tokens() {
    const Candidate& candidate = flow.input().chain.front();
    return count_input_tokens(plan.chat, &counter) +
           std::max(Flow::input_tokens(candidate, plan.chat), estimate_input_tokens(plan.chat)) +
           counter.count(plan.chat.json_schema);
  }

  Answer read(const HttpReply& reply) const {
    return read_http_reply(Protocol::openai, http, plan.chat, reply, kNow, endpoint().api_key);
  }

  std::string finish(const HttpReply& reply) {
    const Answer answer = read(reply);
    flow.on_answer(plan.lane, answer);
    if (!flow.result().ok) throw std::runtime_error(flow.result().error_message);
    return result_json(request.id, request.format, flow.result(), {100, 200, {}, true, 5});
  }
};

HttpReply make_reply(int steps) {
  Generation generation(request_bytes(0));
  generation.send();
  HttpReply reply;
  reply.status = 200;
  reply.body = simulated_reply(generation.http, steps);
  return reply;
}

/// With the document that the simulated provider writes when nothing else is wanted, of 2.2 KB.
const HttpReply& reply() {
  static const auto& reply = *new HttpReply(make_reply(12));
  return reply;
}

/// A request of which the answer is awaited.
std::unique_ptr<Generation> sent(int number) {
  auto generation = std::make_unique<Generation>(request_bytes(number));
  generation->send();
  return generation;
}

/// So many requests are open at once (with many, each finds the caches cold), and so many steps has
/// the document: 32 are 6 KB.
void whole_request(benchmark::State& state) {
  const auto open = static_cast<std::size_t>(state.range(0));
  const HttpReply reply = make_reply(static_cast<int>(state.range(1)));
  std::vector<std::string> requests;
  for (int number = 0; number < 8192; ++number) requests.push_back(request_bytes(number));
  std::vector<std::unique_ptr<Generation>> generations(open);
  std::size_t next = 0;
  for (auto round : state) {
    for (auto& generation : generations) {
      generation = std::make_unique<Generation>(requests[next++ % requests.size()]);
      generation->send();
    }
    for (auto& generation : generations) {
      benchmark::DoNotOptimize(generation->finish(reply));
      generation.reset();
    }
  }
  const auto finished = static_cast<double>(state.iterations()) * static_cast<double>(open);
  state.counters["per_request"] =
      benchmark::Counter(finished, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void part_construct(benchmark::State& state) {
  const std::string bytes = request_bytes(1);
  for (auto round : state) {
    Generation generation(bytes);
    benchmark::DoNotOptimize(generation);
  }
}

void part_start(benchmark::State& state) {
  const std::string bytes = request_bytes(1);
  const GenerationRequest request = decode_request(bytes);
  TokenizerCounter counter(find_tokenizer("o200k_base"), counted_texts());
  Flow flow(flow_input(request, counter));
  for (auto round : state) benchmark::DoNotOptimize(flow.start());
}

void part_build_http(benchmark::State& state) {
  const auto generation = sent(1);
  for (auto round : state)
    benchmark::DoNotOptimize(build_http_request(endpoint(), generation->plan.chat));
}

void part_count_tokens(benchmark::State& state) {
  const auto generation = sent(1);
  for (auto round : state) benchmark::DoNotOptimize(generation->estimated_tokens());
}

void part_read_reply(benchmark::State& state) {
  const auto generation = sent(1);
  for (auto round : state) benchmark::DoNotOptimize(generation->read(reply()));
}

void part_on_answer(benchmark::State& state) {
  const auto generation = sent(1);
  const Answer answer = generation->read(reply());
  for (auto round : state) benchmark::DoNotOptimize(generation->flow.on_answer(0, answer));
}

void part_extract(benchmark::State& state) {
  const Answer answer = sent(1)->read(reply());
  for (auto round : state) benchmark::DoNotOptimize(extract_json(answer.text));
}

/// The document of the answer, and what is known about the request.
struct Judged {
  JsonValue document;
  RuleContext context;
};

Judged judged() {
  const auto generation = sent(1);
  Judged judged;
  read_json_value(generation->read(reply()).text, judged.document);
  judged.document = pilot()->form(false, ResponseMode::machine).expand(judged.document);
  judged.context = {generation->request.services, generation->request.prompt};
  return judged;
}

void part_expand(benchmark::State& state) {
  const Judged answer = judged();
  const AnswerForm& form = pilot()->form(false, ResponseMode::machine);
  for (auto round : state) benchmark::DoNotOptimize(form.expand(answer.document));
}

void part_schema(benchmark::State& state) {
  const Judged answer = judged();
  for (auto round : state)
    benchmark::DoNotOptimize(check_schema(pilot()->schema(), answer.document));
}

void part_rules(benchmark::State& state) {
  const Judged answer = judged();
  for (auto round : state)
    benchmark::DoNotOptimize(check_rules(pilot()->rules(), answer.document, answer.context));
}

void part_write_document(benchmark::State& state) {
  const Judged answer = judged();
  for (auto round : state) benchmark::DoNotOptimize(write_json(answer.document));
}

void part_result_json(benchmark::State& state) {
  const auto generation = sent(1);
  generation->finish(reply());
  const FlowResult& result = generation->flow.result();
  for (auto round : state)
    benchmark::DoNotOptimize(
        result_json(generation->request.id, "pilot", result, {100, 200, {}, true, 5}));
}

BENCHMARK(whole_request)
    ->Args({1, 12})
    ->Args({256, 12})
    ->Args({1, 32})
    ->Args({256, 32})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(part_construct)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_start)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_build_http)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_count_tokens)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_read_reply)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_on_answer)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_extract)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_expand)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_schema)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_rules)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_write_document)->Unit(benchmark::kMicrosecond);
BENCHMARK(part_result_json)->Unit(benchmark::kMicrosecond);

}  // namespace
