#include "core/json_value.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/json_push.hpp"

namespace llmw {
namespace {

JsonValue parsed(std::string_view text, DuplicateKeys duplicates = DuplicateKeys::keep_last) {
  JsonValue out;
  const JsonRead read = read_json_value(text, out, duplicates);
  EXPECT_EQ(read.fault, JsonFault::none) << text << ": " << read.message;
  return out;
}

/// Everything that the parser tells, one line an event.
struct Transcript {
  std::string lines;

  bool note(std::string_view what, std::size_t begin, std::size_t end, std::string_view text = {}) {
    lines += std::to_string(begin) + "-" + std::to_string(end) + " ";
    (lines += what) += " ";
    (lines += text) += "\n";
    return true;
  }
  bool on_object_begin(std::size_t at) { return note("{", at, at); }
  bool on_object_end(std::size_t at) { return note("}", at, at); }
  bool on_array_begin(std::size_t at) { return note("[", at, at); }
  bool on_array_end(std::size_t at) { return note("]", at, at); }
  bool on_key(std::string_view key, JsonSpan s) { return note("key", s.begin, s.end, key); }
  bool on_string(std::string_view v, JsonSpan s) { return note("string", s.begin, s.end, v); }
  bool on_number(std::string_view v, JsonSpan s) { return note("number", s.begin, s.end, v); }
  bool on_boolean(bool v, JsonSpan s) { return note(v ? "true" : "false", s.begin, s.end); }
  bool on_null(JsonSpan s) { return note("null", s.begin, s.end); }
};

std::string transcript(std::string_view text, std::size_t piece_size) {
  Transcript told;
  JsonPush parser(told);
  for (std::size_t at = 0; at < text.size(); at += piece_size) {
    if (!parser.feed(text.substr(at, piece_size))) break;
  }
  told.lines += parser.finish() ? "complete\n" : "not complete\n";
  return told.lines + parser.result().message;
}

TEST(JsonValue, ADocumentComesBackAsItWasWritten) {
  for (const char* text :
       {R"({"b":1,"a":{"d":[1.10,1e2,-0,1E+5,12345678901234567890123],"c":null}})",
        R"([true,false,"a\"\\\n\u0001é😀",{},[]])", "\"\"", "-0.0", "null"}) {
    EXPECT_EQ(write_json(parsed(text)), text);
  }
  EXPECT_EQ(write_json(parsed(" { \"a\" : [ 1 , 2 ] } ")), R"({"a":[1,2]})");
}

TEST(JsonValue, FindAnswersForAnyKindOfValue) {
  JsonValue object = parsed(R"({"a":1,"b":{"a":2}})");
  ASSERT_NE(object.find("b"), nullptr);
  EXPECT_EQ(object.find("b")->find("a")->text, "2");
  EXPECT_EQ(object.find("c"), nullptr);
  EXPECT_EQ(JsonValue::make_string("a").find("a"), nullptr);
  object.find("a")->text = "3";
  EXPECT_EQ(write_json(object), R"({"a":3,"b":{"a":2}})");
}

TEST(JsonValue, DuplicateKeysFollowTheChosenRule) {
  const char* text = R"({"a":[1],"b":{"x":1,"\u0078":2},"a":{"y":1,"y":[]}})";
  EXPECT_EQ(write_json(parsed(text, DuplicateKeys::keep_last)), R"({"a":{"y":[]},"b":{"x":2}})");
  EXPECT_EQ(write_json(parsed(text, DuplicateKeys::keep_first)), R"({"a":[1],"b":{"x":1}})");
  JsonValue out = JsonValue::make_string("left over");
  const JsonRead read = read_json_value(text, out, DuplicateKeys::refuse);
  EXPECT_EQ(read.fault, JsonFault::duplicate_key);
  EXPECT_EQ(read.offset, 20u);
  EXPECT_TRUE(out.is_null());
}

TEST(JsonValue, DuplicatesInALargeObjectAreFoundWithoutLookingAtEveryMember) {
  constexpr int kMembers = 100'000;
  std::string text = "{";
  for (int i = 0; i < kMembers; ++i) text += "\"" + std::to_string(i) + "\":0,";
  JsonValue out;
  EXPECT_EQ(read_json_value(text + "\"77\":1}", out, DuplicateKeys::refuse).fault,
            JsonFault::duplicate_key);
  out = parsed(text + "\"77\":1,\"last\":2}");
  ASSERT_EQ(out.members.size(), kMembers + 1u);
  EXPECT_EQ(out.members[77].second.text, "1");
  EXPECT_EQ(out.members.back().first, "last");
}

TEST(JsonValue, FaultsAreThoseOfReadJson) {
  JsonValue out;
  for (const char* text : {"", "[1", "{\"a\":1,}", "\"\\ud800\"", "[1e999]", "tru", "1 2"}) {
    EXPECT_NE(read_json_value(text, out).fault, JsonFault::none) << text;
    EXPECT_TRUE(out.is_null()) << text;
  }
  EXPECT_EQ(read_json_value("[1, \"a", out).fault, JsonFault::truncated);
  EXPECT_EQ(read_json_value(std::string(200, '['), out).fault, JsonFault::too_deep);
}

TEST(JsonPush, PiecesOfEverySizeTellTheSameAsTheWholeText) {
  const std::vector<std::string> texts = {
      R"( {"key":[true,false,null,-1.5e+10,"a\nb\u00e9\ud83d\ude00é€😀"],"x":{},"":[[],0]} )",
      "12345",
      "-0.0e-0",
      "[1e999]",
      "[\"ab\\u12g4\"]",
      "[\"a\\ud800b\"]",
      "[\"\xE2\x82(\"]",
      "\"\xF0\x9F\x98",
      "\"\xE0\x80\"",
      "[\"a\\q\"]",
      "{\"a\":tru}",
      "[1,]",
      "[-]",
      "[1.]",
      "[1e+]",
      "\"a\x01\"",
      "[0",
      "{\"a\" \"b\"}",
      "[" + std::string(500, '7') + ".x]",
      "nul",
      "[] x",
      std::string("\"a\0\"", 4),
      "1e500",
      "[\"\\ud83d\\ude0",
      "[\"\\udc00\"]",
      "[\"\\u0000\"]"};
  for (const std::string& text : texts) {
    const std::string whole = transcript(text, text.size());
    for (std::size_t size = 1; size < text.size(); ++size) {
      EXPECT_EQ(transcript(text, size), whole) << text << " in pieces of " << size;
    }
  }
}

TEST(JsonPush, EachEventSaysWhereItsTokenIs) {
  EXPECT_EQ(transcript(R"( {"a" :[1, "\u0062"],"c":null})", 100),
            "1-1 { \n2-5 key a\n7-7 [ \n8-9 number 1\n11-19 string b\n19-19 ] \n21-24 key c\n"
            "25-29 null \n29-29 } \ncomplete\n");
}

TEST(JsonPush, ATokenThatGoesOnIsAnnouncedOnce) {
  struct Announced : Transcript {
    bool on_token_begin(JsonToken token, std::size_t at) {
      return note(token == JsonToken::string ? "string..." : "number...", at, at);
    }
  };
  Announced told;
  JsonPush parser(told);
  for (const char* piece : {"[\"a", "b", "c\",1", "2", "3,\"d\"]"}) {
    ASSERT_TRUE(parser.feed(piece)) << piece;
  }
  EXPECT_EQ(told.lines,
            "0-0 [ \n1-1 string... \n1-6 string abc\n7-7 number... \n7-10 number 123\n"
            "11-14 string d\n14-14 ] \n");
}

TEST(JsonPush, AHandlerThatHasSeenEnoughIsToldNothingMore) {
  struct One : Transcript {
    bool on_null(JsonSpan s) { return !note("null", s.begin, s.end); }
  };
  One told;
  JsonPush parser(told);
  EXPECT_FALSE(parser.feed("[null,null"));
  EXPECT_FALSE(parser.feed(",null]"));
  EXPECT_FALSE(parser.finish());
  EXPECT_EQ(told.lines, "0-0 [ \n1-5 null \n");
  EXPECT_EQ(parser.fault(), JsonFault::none);
  EXPECT_FALSE(parser.complete());
}

}  // namespace
}  // namespace llmw
