#include "core/json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace llmw {
namespace {

using Json = nlohmann::json;

JsonFault fault_of(std::string_view text, DuplicateKeys duplicates = DuplicateKeys::keep_last) {
  Json out = "left over";
  const JsonRead read = read_json(text, out, duplicates);
  if (read.fault != JsonFault::none) {
    EXPECT_TRUE(out.is_null()) << text;
    EXPECT_FALSE(read.message.empty()) << text;
    EXPECT_LE(read.offset, text.size()) << text;
  }
  return read.fault;
}

Json parsed(std::string_view text) {
  Json out;
  const JsonRead read = read_json(text, out);
  EXPECT_EQ(read.fault, JsonFault::none) << text << ": " << read.message;
  return out;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ReadJson, AgreesWithNlohmannOnRightTexts) {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-0",
                           "-1",
                           "12",
                           "1.5",
                           "-2.5e-3",
                           "1E+2",
                           "\"\"",
                           R"("a\"\\\/\b\f\n\r\té€😀")",
                           "[]",
                           "{}",
                           "[[],{}]",
                           " [ 1 , 2 ] ",
                           R"({"a":{"b":[1,{"c":null}]},"d":"\u00e9\ud83d\ude00"})",
                           "\t\r\n {\"a\" : 1}\n",
                           "9223372036854775807",
                           "-9223372036854775808",
                           "18446744073709551615",
                           "123456789012345678901234567890",
                           "\"\x7F\""}) {
    EXPECT_EQ(parsed(text), Json::parse(text)) << text;
  }
}

TEST(ReadJson, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           "  ",
                           "nul!",
                           "tru]",
                           "01",
                           "-a",
                           "1.e",
                           "+1",
                           ".5",
                           "NaN",
                           "Infinity",
                           "'a'",
                           "{a:1}",
                           "{\"a\" 1}",
                           "{\"a\":1,}",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "[1}",
                           "{\"a\":1]",
                           "\"\\x\"",
                           "\"\\u12g4\"",
                           "\"a\nb\"",
                           "1 2",
                           "{} x",
                           "// c\n1",
                           "\xEF\xBB\xBF{}",
                           "]",
                           "{\"a\":1}}"}) {
    EXPECT_EQ(fault_of(text), JsonFault::syntax) << text;
  }
}

TEST(ReadJson, EveryPrefixOfARightTextIsTruncatedAndNotASyntaxError) {
  const std::string text = R"({"key":[true,false,null,-1.5e+10,"a\nb\u00e9\ud83d\ude00)"
                           "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"
                           R"("],"x":{}})";
  ASSERT_EQ(fault_of(text), JsonFault::none);
  for (std::size_t length = 1; length < text.size(); ++length) {
    EXPECT_EQ(fault_of(std::string_view(text).substr(0, length)), JsonFault::truncated) << length;
  }
}

TEST(ReadJson, RefusesWhatJsonbCannotStore) {
  for (const char* text :
       {R"("\u0000")", R"({"\u0000":1})", R"("\ud800")", R"("\udc00")", R"("\ud800x")",
        R"("\ud800A")", R"("\ud800\ud800")", "\"\x80\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"",
        "\"\xF4\x90\x80\x80\"", "\"\xFF\"", "\"\xE2\x82\"", "\"\xC3(\""}) {
    EXPECT_EQ(fault_of(text), JsonFault::bad_unicode) << text;
  }
  EXPECT_EQ(fault_of(std::string_view("\"a\0b\"", 5)), JsonFault::bad_unicode);
  EXPECT_EQ(fault_of(std::string_view("{}\0{}", 5)), JsonFault::syntax);
}

TEST(ReadJson, DepthIsLimitedToTheLastLevel) {
  EXPECT_EQ(fault_of(nested(kMaxJsonDepth)), JsonFault::none);
  EXPECT_EQ(fault_of(nested(kMaxJsonDepth + 1)), JsonFault::too_deep);
  EXPECT_EQ(fault_of(std::string(1'000'000, '[')), JsonFault::too_deep);
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += R"({"a":)";
  EXPECT_EQ(fault_of(objects), JsonFault::too_deep);
}

TEST(ReadJson, TheNumberOfValuesIsLimited) {
  std::string zeros = "[0";
  for (int i = 0; i < kMaxJsonValues - 2; ++i) zeros += ",0";
  EXPECT_EQ(fault_of(zeros + "]"), JsonFault::none);
  EXPECT_EQ(fault_of(zeros + ",0]"), JsonFault::too_many_values);
}

TEST(ReadJson, NumbersThatExplodeInNumericAreRefused) {
  for (const char* text : {"1e130000", "1e-130000", "[1e401]", "1e99999999999999999999", "1e999",
                           "-1e309", "0e130000", "0e-16000", "0.0e401", "1e-401"}) {
    EXPECT_EQ(fault_of(text), JsonFault::bad_number) << text;
  }
  EXPECT_EQ(fault_of(std::string(1000, '9')), JsonFault::bad_number);
  EXPECT_EQ(fault_of("0." + std::string(1000, '1')), JsonFault::bad_number);
  EXPECT_EQ(fault_of("1e308"), JsonFault::none);
  EXPECT_EQ(fault_of("0." + std::string(300, '1')), JsonFault::none);
}

TEST(ReadJson, DuplicateKeysFollowTheChosenRule) {
  const char* text = R"({"a":1,"b":{"c":[1]},"a":{"x":2,"x":3},"b":4})";
  EXPECT_EQ(fault_of(text, DuplicateKeys::refuse), JsonFault::duplicate_key);
  Json out;
  read_json(text, out, DuplicateKeys::keep_last);
  EXPECT_EQ(out, Json::parse(R"({"a":{"x":3},"b":4})"));
  read_json(text, out, DuplicateKeys::keep_first);
  EXPECT_EQ(out, Json::parse(R"({"a":1,"b":{"c":[1]}})"));
  EXPECT_EQ(fault_of(R"({"a":{"a":1},"b":{"a":1}})", DuplicateKeys::refuse), JsonFault::none);
  EXPECT_EQ(fault_of(R"({"a":1,"\u0061":2})", DuplicateKeys::refuse), JsonFault::duplicate_key);
}

TEST(ReadJson, TheOffsetIsWhereTheFaultIs) {
  Json out;
  EXPECT_EQ(read_json("[1, x]", out).offset, 4u);
  EXPECT_EQ(read_json("[\"a\\ud800\"]", out).offset, 3u);
  EXPECT_EQ(read_json("[1", out).offset, 2u);
  EXPECT_EQ(read_json(R"({"a":1, "a":2})", out, DuplicateKeys::refuse).offset, 8u);
  EXPECT_EQ(read_json("[1e999]", out).offset, 1u);
}

TEST(ReadCount, OnlyExactNonNegativeIntegersAreCounts) {
  const Json object = parsed(
      R"({"zero":0,"one":1,"big":9007199254740992,"over":9007199254740993,"negative":-5,
          "huge":18446744073709551611,"wrap":4294967297,"float":1.9,"whole":1.0,"exp":1e3,
          "string":"7","yes":true,"null":null,"array":[1],"minus_zero":-0,
          "beyond":99999999999999999999})");
  EXPECT_EQ(read_count(object, "zero"), 0);
  EXPECT_EQ(read_count(object, "minus_zero"), 0);
  EXPECT_EQ(read_count(object, "one"), 1);
  EXPECT_EQ(read_count(object, "wrap"), 4294967297);
  EXPECT_EQ(read_count(object, "big"), 9007199254740992);
  for (const char* key : {"over", "negative", "huge", "float", "whole", "exp", "string", "yes",
                          "null", "array", "beyond", "absent"}) {
    EXPECT_EQ(read_count(object, key), std::nullopt) << key;
  }
  EXPECT_EQ(read_count(Json::array(), "one"), std::nullopt);
  EXPECT_EQ(read_count(Json(), "one"), std::nullopt);
}

TEST(ReadString, AnyOtherValueIsEmpty) {
  const Json object = parsed(R"({"a":"x","b":1,"c":null})");
  EXPECT_EQ(read_string(object, "a"), "x");
  EXPECT_EQ(read_string(object, "b"), "");
  EXPECT_EQ(read_string(object, "c"), "");
  EXPECT_EQ(read_string(object, "d"), "");
  EXPECT_EQ(read_string(Json("a"), "a"), "");
}

TEST(JsonQuote, EveryByteStringBecomesAValidLiteralWithItsValidTextUnchanged) {
  EXPECT_EQ(json_quote("a\"b\\c\n\r\t\x01/\x7F"), "\"a\\\"b\\\\c\\n\\r\\t\\u0001/\x7F\"");
  EXPECT_EQ(json_quote("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
  EXPECT_EQ(json_quote("a\xFF\xE2\x82z"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\"");
  for (int c = 1; c < 128; ++c) {
    const std::string text(3, static_cast<char>(c));
    EXPECT_EQ(parsed(json_quote(text)), Json(text)) << c;
  }
}

TEST(WriteJson, InvalidTextIsReplacedAndNeverThrown) {
  EXPECT_EQ(write_json(Json{{"a", "\xFF"}}), "{\"a\":\"\xEF\xBF\xBD\"}");
  EXPECT_EQ(write_json(parsed(R"( {"a": [1, "x"]} )")), R"({"a":[1,"x"]})");
}

}  // namespace
}  // namespace llmw
