// Documents that come as text: what cannot be read is a finding like any other.

#include "core/validate.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/error.hpp"

namespace llmw {
namespace {

constexpr std::string_view kGood =
    R"({"pilot_steps":[{"id":"a","operation":"x","step_type":"transform"}]})";

TEST(ValidateDocument, FindsNothingInAGoodOne) {
  EXPECT_TRUE(validate_document("pilot", kGood, {}).empty());
}

TEST(ValidateDocument, ReportsWhatCannotBeReadInsteadOfThrowing) {
  const std::string deep = std::string(500, '[') + std::string(500, ']');
  for (const std::string& text : {std::string("{"), std::string("not JSON"), deep,
                                  std::string("{\"a\":1e999999}"), std::string()}) {
    const std::vector<Finding> findings = validate_document("pilot", text, {});
    ASSERT_EQ(findings.size(), 1U) << text.substr(0, 20);
    EXPECT_EQ(findings[0].code, "json_unreadable");
    EXPECT_TRUE(has_errors(findings));
  }
}

TEST(ValidateDocument, RefusesAFormatThatDoesNotExist) {
  try {
    validate_document("no\nvel", kGood, {});
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kInvalidParameterValue);
    EXPECT_EQ(error.message(), "there is no format \"no vel\"");
  }
}

TEST(ValidateDocument, NamesItsSeverities) {
  EXPECT_STREQ(to_string(Severity::error), "error");
  EXPECT_STREQ(to_string(Severity::warning), "warning");
}

}  // namespace
}  // namespace llmw
