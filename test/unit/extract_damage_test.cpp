// One wrong character in a document is mended, or the answer is refused: it never changes a value
// unnoticed.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/extract.hpp"

namespace llmw {
namespace {

constexpr std::string_view kStructure = "{}[],:\"";

const std::vector<std::string>& documents() {
  static const auto& all = *new std::vector<std::string>{
      R"({"pilot_steps":[{"id":"a","operation":"Read the mail","depends_on":[],"n":null},)"
      R"({"id":"b","operation":"Sort it","depends_on":["a"],"inputs":["x","y"],"ok":true}]})",
      "{\n  \"stages\": [\n    {\n      \"id\": \"cut\",\n      \"sequence\": 1,\n"
      "      \"inputs\": [\n        \"denim\"\n      ],\n      \"outputs\": [\n        \"parts\",\n"
      "        \"waste\"\n      ]\n    },\n    {\n      \"id\": \"sew\",\n      \"sequence\": 2\n"
      "    }\n  ],\n  \"zones\": [\n    {\n      \"x\": [\n        1,\n        2\n"
      "      ]\n    }\n  ]\n}",
  };
  return all;
}

/// The characters that a structural one may be mistyped as.
std::string_view mistyped(char c) {
  switch (c) {
    case '{': return "[(";
    case '}': return "])";
    case '[': return "{(";
    case ']': return "})";
    case ',': return ";:";
    case ':': return ";=,";
    default: return "'`";
  }
}

void expect_kept(const std::string& damaged, const JsonValue& meant) {
  for (const std::string& answer : {damaged, "```json\n" + damaged + "\n```\nDone.",
                                    "Here it is: " + damaged + "\nIt has two parts."}) {
    const Extracted got = extract_json(answer);
    if (got.status != ExtractStatus::ok) continue;
    EXPECT_EQ(write_json(got.document), write_json(meant)) << answer;
  }
}

TEST(ExtractDamage, OneWrongCharacterChangesNoValueUnnoticed) {
  for (const std::string& document : documents()) {
    const Extracted whole = extract_json(document);
    ASSERT_EQ(whole.status, ExtractStatus::ok);
    for (std::size_t at = 0; at < document.size(); ++at) {
      if (kStructure.find(document[at]) == std::string_view::npos) continue;
      std::string damaged = document;
      expect_kept(damaged.erase(at, 1), whole.document);
      damaged = document;
      expect_kept(damaged.insert(at, 1, document[at]), whole.document);
      for (const char wrong : mistyped(document[at])) {
        damaged = document;
        damaged[at] = wrong;
        expect_kept(damaged, whole.document);
      }
    }
  }
}

}  // namespace
}  // namespace llmw
