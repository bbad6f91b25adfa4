#include "core/extract.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace llmw {
namespace {

struct Case {
  const char* name;
  std::string answer;
  std::string json;
};

void expect_found(const Case& c) {
  const Extracted got = extract_json(c.answer);
  EXPECT_EQ(got.status, ExtractStatus::ok) << c.name << ": " << got.message;
  EXPECT_EQ(got.json, c.json) << c.name;
}

void expect_status(ExtractStatus status, const std::vector<std::string>& answers) {
  for (const std::string& answer : answers) {
    const Extracted got = extract_json(answer);
    EXPECT_EQ(got.status, status) << answer << "\n-> " << got.json << " | " << got.message;
    EXPECT_TRUE(got.json.empty()) << answer;
    EXPECT_FALSE(got.message.empty()) << answer;
  }
}

const std::string kDoc = R"({"pilot_steps": [{"id": "a", "operation": "say \"}\" and ```"}]})";

TEST(ExtractJson, FindsTheDocumentWhereverModelsPutIt) {
  const std::string doc = kDoc;
  const std::vector<Case> cases = {
      {"whole", doc, doc},
      {"spaces around", "\n\n " + doc + " \n", doc},
      {"byte order mark", "\xEF\xBB\xBF" + doc, doc},
      {"json fence", "```json\n" + doc + "\n```", doc},
      {"JSON fence", "```JSON\r\n" + doc + "\r\n```\r\n", doc},
      {"plain fence", "Here it is:\n\n```\n" + doc + "\n```\nEnjoy!", doc},
      {"tilde fence", "~~~json\n" + doc + "\n~~~", doc},
      {"long fence", "````json\n" + doc + "\n````", doc},
      {"fence in one line", "```json " + doc + " ```", doc},
      {"fence glued to it", "```json" + doc + "```", doc},
      {"fence after prose in the same line", "Sure: ```json\n" + doc + "\n```", doc},
      {"unclosed last fence", "Here:\n```json\n" + doc + "\n", doc},
      {"prose before", "Here is the workflow: " + doc, doc},
      {"prose after", doc + "\n\nLet me know if you need changes.", doc},
      {"quote in the prose", "It's a 5\" board {really}: " + doc, doc},
      {"placeholder in the prose", "Replace {name} and {} and [x] as you like. " + doc, doc},
      {"citation in the prose", "As said in [1] and [2]: " + doc, doc},
      {"thinking", "<think>maybe {\"a\": 1}? no</think>\n" + doc, doc},
      {"the same twice", "Draft: " + doc + "\nFinal: " + doc, doc},
      {"the same twice, other layout", "{\"a\":[1,2]} then\n{ \"a\" : [1, 2] }", "{\"a\":[1,2]}"},
      {"fence wins over prose", "Like {\"a\": 1}:\n```json\n" + doc + "\n```", doc},
      {"code of another language", "```python\nx = {\"a\": 1}\n```\n```json\n" + doc + "\n```",
       doc},
      {"object wins over array", "[{\"x\": 1}] or rather " + doc, doc},
      {"array", "Steps: [{\"id\": 1}]", "[{\"id\": 1}]"},
      {"array whole", "[1, 2]", "[1, 2]"},
      {"empty object whole", "{}", "{}"},
      {"broken example, right document", "Not {\"a\": <1>} but\n" + doc, doc},
      {"stray start after the document", "```json\n" + doc + "\n```\nUse {\"id\" as key", doc},
  };
  for (const Case& c : cases) expect_found(c);
}

TEST(ExtractJson, TheBracketsOfXmlCharacterDataAreNoList) {
  const Extracted found = extract_json("<answer><![CDATA[" + kDoc + "]]></answer>");
  ASSERT_EQ(found.status, ExtractStatus::ok) << found.message;
  EXPECT_EQ(found.document, extract_json(kDoc).document);
}

TEST(ExtractJson, TheTextIsKeptAsTheModelWroteIt) {
  const std::string doc = "{\"n\": 12345678901234567890123.10, \"b\": 0.1, \"a\": \"\\u00e9\"}";
  expect_found({"numbers", "```json\n" + doc + "\n```", doc});
}

TEST(ExtractJson, ADocumentThatIsNotClosedIsTruncated) {
  std::vector<std::string> answers = {"<think>still thinking about {\"a\": 1}",
                                      "```json\n" + kDoc.substr(0, kDoc.size() - 1) + "\n```",
                                      "Example: {\"a\": 1}. Now mine: {\"b\": [",
                                      "```json\n{\"a\": 1}\n```\nand\n```json\n{\"b\": ["};
  for (std::size_t length = 1; length < kDoc.size(); ++length) {
    answers.push_back("```json\n" + kDoc.substr(0, length));
    answers.push_back(kDoc.substr(0, length));
    if (length > 1) answers.push_back("Here it is: " + kDoc.substr(0, length));
  }
  answers.erase(std::remove(answers.begin(), answers.end(), "{"), answers.end());
  expect_status(ExtractStatus::truncated, answers);
}

TEST(ExtractJson, AnInnerObjectOfATruncatedDocumentIsNotTakenForTheDocument) {
  expect_status(ExtractStatus::truncated,
                {R"({"pilot_steps": [{"id": "a"}, {"id": "b"})", R"(Here: {"x": {"id": "a"}, )"});
}

TEST(ExtractJson, RejectsWhatIsNoDocumentOrNotExactlyOne) {
  expect_status(
      ExtractStatus::reject,
      {"", "   \n", "I cannot help with that.", "See [1] and {name}.", "42", "\"no document\"",
       "null", "{\"a\": 1} {\"a\": 2}", "```json\n{\"a\":1}\n```\n```json\n{\"a\":2}\n```",
       "```json\n{\"a\":1}\n{\"b\":2}\n```", "{\"a\": NaN}", "{\"a\":\"\\u0000\"}",
       "{\"a\":1,\"a\":2}", "{\"a\": 1e130000}", "{\"a\": \"\xFF\", \"b\": 1}"});
}

TEST(ExtractJson, HugeHostileAnswersTakeLinearTimeAndNoStack) {
  constexpr std::size_t kLength = 60'000;
  const auto repeat = [](std::string_view part) {
    std::string all;
    while (all.size() < kLength) all += part;
    return all;
  };
  // A quadratic walk would take hours here, a recursive one would overflow the stack.
  for (const char* part : {"[",
                           "{",
                           "{\"",
                           "{\"a\":",
                           "[[",
                           "[\"",
                           "```",
                           "``` ",
                           "```json\n{\"",
                           "~~~\n",
                           "`",
                           "{\"a\":1}",
                           "{\"a\":1",
                           "\\",
                           "\"",
                           "{ ",
                           "<think>",
                           "{\"a\"}",
                           "[\"\"]",
                           "{}",
                           "]",
                           "{'a':",
                           "{'}",
                           "{“",
                           "{\\\"",
                           "{\"a\":\"//\" b",
                           "\"/*",
                           "{\"a\": \"b\", ",
                           "{\"a\":\"b\"c\"",
                           "{\"a\":[1}",
                           "{{",
                           "{a:",
                           "{#",
                           "> {\n",
                           "&quot;",
                           "</think>",
                           "```{\"a\":1}```\n"}) {
    const Extracted got = extract_json(repeat(part));
    if (got.status == ExtractStatus::ok) {
      EXPECT_LT(got.json.size(), 16u) << part;
    }
  }
}

TEST(ExtractJson, ThreeThousandOpenBracketsAreAFaultAndNotACrash) {
  const std::string deep = std::string(3000, '[') + "{\"a\":1}" + std::string(3000, ']');
  expect_status(ExtractStatus::reject, {deep, "Here: " + deep, "```\n" + deep + "\n```"});
}

}  // namespace
}  // namespace llmw
