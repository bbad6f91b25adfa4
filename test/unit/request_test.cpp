// Messages through shared memory: what is written is read back, and nothing else is believed.

#include "core/request.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/wire.hpp"

namespace llmw {
namespace {

GenerationRequest full_request() {
  GenerationRequest request;
  request.id = make_uuid7(1'795'000'000'123'456, 42);
  request.prompt = "Send a mail \xE2\x82\xAC";
  request.services = {"google-mail", ""};
  request.format = "pilot";
  request.agent = "planner";
  request.category = "planning";
  request.complexity = "high";
  request.tags = R"({"team":"a"})";
  request.response_mode = ResponseMode::human_debug;
  request.max_output_tokens = 12000;
  request.max_retries = 2;
  request.retry_base_delay_ms = 500;
  request.timeout_ms = 30000;
  request.store_prompt = false;
  request.max_cost = "0.05";
  request.max_tokens = 200'000;
  request.models = {"gpt-4o-mini", "claude-sonnet-4"};
  request.forbidden = {"claude-sonnet-4"};
  request.experiment = "cheaper planner";
  request.arm = "candidate";
  request.rules = {{"R1", "Amounts are in EUR.", ""}, {"R2", "", "E03"}};
  return request;
}

TEST(Request, ComesBackAsItWasSent) {
  EXPECT_EQ(decode_request(encode(full_request())), full_request());
}

TEST(Result, ComesBackAsItWasSent) {
  const GenerationResult result{false, "{}", "0.5", "LW003", "message", "detail", "hint"};
  EXPECT_EQ(decode_result(encode(result)), result);
}

TEST(Request, CutAnywhereIsAnErrorAndNoReadBeyondTheEnd) {
  const std::string bytes = encode(full_request());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_THROW(decode_request(std::string_view(bytes).substr(0, length)), Error);
}

TEST(Request, WithTrailingBytesIsAnError) {
  EXPECT_THROW(decode_request(encode(full_request()) + "x"), Error);
}

TEST(Wire, RefusesAbsurdLengths) {
  for (const std::int64_t length : {std::int64_t{-1}, std::int64_t{1} << 40, INT64_MAX}) {
    WireWriter out;
    out.number(length);
    EXPECT_THROW(WireReader(out.bytes()).text(), Error);
    EXPECT_THROW(WireReader(out.bytes()).list(), Error);
  }
}

}  // namespace
}  // namespace llmw
