// The built-in draft at its limits: too much text, no text, bytes that are not text.

#include "core/draft.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "rules_testing.hpp"

namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

json draft(std::string_view description, const Texts& services = {}) {
  return json::parse(llmw::draft_workflow(description, services));
}

/// Valid as a pilot document, and steps depend on steps before them only.
void expect_valid(const json& document, const Texts& services = {}) {
  EXPECT_FALSE(llmw::has_errors(llmw::check_rules(llmw::builtin_rules("pilot"),
                                                  llmw::parsed(document.dump()), {services, ""})))
      << document;
  std::set<std::string> seen;
  for (const json& step : document.at("pilot_steps")) {
    for (const json& other : step.at("depends_on"))
      EXPECT_TRUE(seen.contains(other.get<std::string>())) << document;
    seen.insert(step.at("id"));
  }
}

TEST(DraftLimits, CutsLongTextAtACharacter) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "\xE5\x87\xA6";
  const std::string operation = draft(text)["pilot_steps"][0]["operation"];
  EXPECT_LT(operation.size(), 200U);
  EXPECT_EQ(operation.find("\xEF\xBF\xBD"), std::string::npos) << "a character was cut in two";
}

TEST(DraftLimits, MergesWhatGoesBeyondFiftySteps) {
  std::string text;
  for (int i = 1; i <= 63; ++i) text += "Send report number " + std::to_string(i) + ". ";
  const json document = draft(text);
  expect_valid(document);
  ASSERT_EQ(document["pilot_steps"].size(), 50U);
  const json& last = document["pilot_steps"][49];
  EXPECT_EQ(last["step_type"], "api_call");
  EXPECT_EQ(last["operation"].get<std::string>().rfind("Complete the remaining 14 actions: ", 0),
            0U);
  EXPECT_NE(last["operation"].get<std::string>().find("number 50"), std::string::npos);
  EXPECT_EQ(last["depends_on"].size(), 1U);
}

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  return text;
}

constexpr const char* kRepeatedPieces[] = {"a",
                                           "and ",
                                           ",",
                                           "(",
                                           ")",
                                           "\"",
                                           "'",
                                           "if ",
                                           "when x is y do it ",
                                           "if it is late send it ",
                                           "process ",
                                           "order order ",
                                           "cutting ",
                                           "a, ",
                                           "the ",
                                           "not ",
                                           ". ",
                                           "1. ",
                                           "-> ",
                                           "to ",
                                           "before after ",
                                           "a:",
                                           "a.b",
                                           "e.g. ",
                                           "every monday ",
                                           "x and ",
                                           "otherwise ",
                                           "\n- ",
                                           "send the mail and ",
                                           "which ",
                                           "then ",
                                           "\xF0\x9F\x8E\x89",
                                           "a,b,"};

TEST(DraftLimits, StaysValidOnHostileTextAndEnds) {
  constexpr std::size_t kMegabyte = 1 << 20;
  Texts texts = {std::string("Send\0 the\0 mail", 15),
                 "\xFF\xFE\xC3 send \xE2\x82 mails \xED\xA0\x80",
                 "\x01\x02\x7F\xC2\x80 send mails",
                 "Send it before",
                 "before",
                 "unless",
                 "if so",
                 "if",
                 "in case of",
                 "Otherwise finance",
                 "and then",
                 "(((",
                 "Send (the",
                 "1.",
                 "- ",
                 "to",
                 "every"};
  for (const char* piece : kRepeatedPieces) texts.push_back(repeated(piece, kMegabyte));
  for (const std::string& text : texts) {
    const Texts services = {"google-mail", text.substr(0, 5000)};
    expect_valid(draft(text, services), services);
    if (HasFailure()) FAIL() << text.substr(0, 20);
  }
}

TEST(DraftLimits, NamesNoServiceThatJsonbCouldNotStore) {
  const std::string service("mail\0box", 8);
  const json document = draft("Send a mail", {service});
  expect_valid(document);
  EXPECT_FALSE(document["pilot_steps"][0].contains("service"));
}

TEST(DraftLimits, IgnoresTextBeyond64Kilobytes) {
  const std::string text = "Send the mail. " + repeated("x ", 64 * 1024) + ". Delete the mail.";
  EXPECT_EQ(draft(text).dump().find("Delete"), std::string::npos);
}

const char* const kRandomWords[] = {"if",
                                    "when",
                                    "unless",
                                    "once",
                                    "after",
                                    "before",
                                    "while",
                                    "until",
                                    "otherwise",
                                    "if not",
                                    "so",
                                    "then",
                                    "and",
                                    "or",
                                    "the",
                                    "manager",
                                    "order",
                                    "orders",
                                    "is",
                                    "must",
                                    "not",
                                    "to",
                                    "by",
                                    "which",
                                    "approve",
                                    "sends",
                                    "approved",
                                    "cutting",
                                    "approval",
                                    "have",
                                    "use",
                                    "need",
                                    "let",
                                    "it",
                                    ",",
                                    ";",
                                    ":",
                                    ".",
                                    "(",
                                    ")",
                                    "\"",
                                    "-",
                                    "->",
                                    "\n",
                                    "\n- ",
                                    "\n1. ",
                                    "e.g.",
                                    "daily",
                                    "meanwhile",
                                    "in parallel",
                                    "before that",
                                    "\xFF",
                                    "\xE2\x80\x9C",
                                    "how",
                                    "do"};

TEST(DraftLimits, RandomTextStaysValid) {
  std::uint32_t state = 1;
  const auto next = [&state] { return (state = state * 1664525U + 1013904223U) >> 8; };
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::uint32_t count = next() % 40; count > 0; --count)
      text += std::string(kRandomWords[next() % std::size(kRandomWords)]) + " ";
    expect_valid(draft(text, {"slack"}));
    if (HasFailure()) FAIL() << text;
  }
}

}  // namespace
