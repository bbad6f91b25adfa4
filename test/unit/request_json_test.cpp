// Requests in workflow_jobs: what is stored is read back, also by a version that knows more or
// fewer members, and nothing else is taken for a request.

#include "core/request_json.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace llmw {
namespace {

Uuid some_id() { return make_uuid7(1'795'000'000'123'456, 42); }

GenerationRequest smallest_request() {
  GenerationRequest request;
  request.id = some_id();
  request.prompt = "Send a mail";
  request.format = "pilot";
  request.models = {"gpt-4o-mini"};
  return request;
}

/// No member has its default.
GenerationRequest full_request() {
  GenerationRequest request = smallest_request();
  request.prompt = "Send \"a\"\n\xE2\x82\xAC \xF0\x9F\x98\x80 \\ \x01";
  request.services = {"google-mail", "", "\xC3\xA9"};
  request.format_version = 7;
  request.compact = true;
  request.agent = "planner";
  request.category = "planning";
  request.complexity = "high";
  request.tags = R"({"team":"a","n":1e99999})";
  request.response_mode = ResponseMode::human_debug;
  request.max_output_tokens = 12000;
  request.max_retries = 2;
  request.repair_attempts = 0;
  request.retry_base_delay_ms = 500;
  request.timeout_ms = INT64_MAX;
  request.store_prompt = false;
  request.max_cost = "0.05";
  request.max_tokens = 200'000;
  request.cache_for_ms = 86'400'000;
  request.idempotency_key = "order 42";
  request.request_sha256 = std::string("\x00\xFF\x10\x80", 4);
  request.models = {"gpt-4o-mini", "claude-sonnet-4"};
  request.forbidden = {"claude-sonnet-4"};
  request.experiment = "cheaper planner";
  request.arm = "candidate";
  request.rules = {{"R1", "Say \"no\".", ""}, {"R2", "\xC3\xA9", "E03"}};
  request.parent = make_uuid7(1'795'000'000'000'000, 7);
  request.previous_document = R"({"pilot_steps": []})";
  request.previous_findings = "W01 at /a: b\n";
  request.feedback = "Shorter";
  return request;
}

std::string error_of(std::string_view json) {
  try {
    request_from_json(some_id(), json);
  } catch (const Error& error) {
    return error.sqlstate();
  }
  return "none";
}

TEST(RequestJson, GivesEveryMemberBackSoThatAJobIsWhatWasAskedFor) {
  EXPECT_EQ(request_from_json(some_id(), request_to_json(full_request())), full_request());
}

TEST(RequestJson, LeavesDefaultsOutSoThatAMillionJobsStaySmall) {
  EXPECT_EQ(request_to_json(smallest_request()),
            R"({"prompt":"Send a mail","format":"pilot","models":["gpt-4o-mini"]})");
  EXPECT_EQ(request_from_json(some_id(), request_to_json(smallest_request())), smallest_request());
}

TEST(RequestJson, TakesItsIdFromTheRow) {
  const Uuid other = make_uuid7(1, 1);
  EXPECT_EQ(request_from_json(other, request_to_json(full_request())).id, other);
}

TEST(RequestJson, IgnoresKeysOfALaterVersion) {
  EXPECT_EQ(
      request_from_json(
          some_id(),
          R"({"models": ["gpt-4o-mini"], "later": {"a": [1]}, "id": 3, "prompt": "Send a mail",
                    "format": "pilot"})"),
      smallest_request());
}

TEST(RequestJson, RefusesMembersOfAnotherTypeInsteadOfGuessing) {
  const std::string rest = R"(,"prompt":"p","format":"f","models":["m"]})";
  EXPECT_EQ(error_of(R"({"max_retries":3)" + rest), "none");
  for (const char* member :
       {R"("max_retries":"3")", R"("max_retries":3.0)", R"("max_retries":3e1)",
        R"("max_retries":4294967296)", R"("max_retries":true)", R"("max_retries":null)",
        R"("timeout_ms":9223372036854775808)", R"("compact":1)", R"("agent":null)",
        R"("services":"google-mail")", R"("services":{})", R"("services":[1])",
        R"("response_mode":"loud")", R"("request_sha256":"abc")", R"("request_sha256":"zz")",
        R"("request_sha256":17)", R"("parent":"0192f0c1")", R"("parent":null)", R"("tags":{})"})
    EXPECT_EQ(error_of(std::string("{") + member + rest), "XX001") << member;
}

TEST(RequestJson, RefusesWhatIsNoRequestSoThatTheWorkerNeverLacksAModel) {
  for (const char* json :
       {"", "null", "[]", "{}", "{", R"("text")", R"({"prompt":"p","format":"f"})",
        R"({"prompt":"p","format":"f","models":[]})", R"({"prompt":"p","models":["m"]})",
        R"({"format":"f","models":["m"]})", R"({"prompt":"","format":"f","models":["m"]})"})
    EXPECT_EQ(error_of(json), "XX001") << json;
}

}  // namespace
}  // namespace llmw
