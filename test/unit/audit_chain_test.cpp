// The canonical form of a row and the walk along a chain.

#include "core/audit_chain.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

constexpr auto kFigures = CanonicalPart::figures;

CanonicalRow row_of(std::string_view name, std::string_view value) {
  CanonicalRow row;
  row.add(kFigures, CanonicalKind::text, name, value);
  return row;
}

TEST(CanonicalRow, TellsANameFromAValue) {
  EXPECT_NE(row_of("a", "bc").figures(), row_of("ab", "c").figures());
}

TEST(CanonicalRow, TellsTwoValuesFromOne) {
  CanonicalRow two = row_of("a", "b");
  two.add(kFigures, CanonicalKind::text, "a", "b");
  const std::string one(two.figures().substr(row_of("a", "").figures().size()));
  EXPECT_NE(row_of("a", one).figures(), two.figures());
}

TEST(CanonicalRow, TellsKindsApart) {
  CanonicalRow decimal;
  decimal.add(kFigures, CanonicalKind::decimal, "a", "1");
  EXPECT_NE(decimal.figures(), row_of("a", "1").figures());
}

TEST(CanonicalRow, TellsANullElementFromAnEmptyOne) {
  CanonicalRow with_null;
  with_null.begin_list("a", 1);
  with_null.add_null_element();
  CanonicalRow with_empty;
  with_empty.begin_list("a", 1);
  with_empty.add_element("");
  EXPECT_NE(with_null.figures(), with_empty.figures());
}

TEST(CanonicalRow, TellsElementsFromTheFieldsAfterThem) {
  CanonicalRow one;
  one.begin_list("a", 1);
  one.add_element("b");
  CanonicalRow two;
  two.begin_list("a", 2);
  two.add_element("b");
  EXPECT_NE(one.figures(), two.figures().substr(0, one.figures().size()));
}

// The bytes are in every hash that is kept somewhere: a change of them makes old chains invalid.
TEST(CanonicalRow, HasTheseBytesForEver) {
  CanonicalRow row;
  row.add_integer(CanonicalKind::integer, "n", -2);
  row.add(kFigures, CanonicalKind::text, "t", "x");
  row.begin_list("l", 2);
  row.add_element("e");
  row.add_null_element();
  const std::string_view expected(
      "\x01\0\0\0\x01n\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"
      "\x04\0\0\0\x01t\0\0\0\x01x"
      "\x07\0\0\0\x01l\0\0\0\x02\0\0\0\x01"
      "e\xFF\xFF\xFF\xFF",
      44);
  EXPECT_EQ(row.figures(), expected);
}

TEST(CanonicalRow, KindsHaveTheseNumbersForEver) {
  constexpr CanonicalKind kKinds[] = {
      CanonicalKind::integer, CanonicalKind::time,  CanonicalKind::uuid,
      CanonicalKind::text,    CanonicalKind::bytes, CanonicalKind::decimal,
      CanonicalKind::list,    CanonicalKind::json,  CanonicalKind::other};
  char number = 0;
  for (const CanonicalKind kind : kKinds) {
    CanonicalRow row;
    row.add(kFigures, kind, "a", "");
    EXPECT_EQ(row.figures().front(), ++number);
  }
}

TEST(CanonicalRow, KeepsTextsApart) {
  CanonicalRow row = row_of("a", "b");
  EXPECT_FALSE(row.has_texts());
  row.add(CanonicalPart::texts, CanonicalKind::text, "error_message", "secret");
  EXPECT_TRUE(row.has_texts());
  EXPECT_EQ(row.figures(), row_of("a", "b").figures());
  row.clear();
  EXPECT_FALSE(row.has_texts());
  EXPECT_TRUE(row.figures().empty());
}

TEST(LinkInput, HasTheseBytesForEver) {
  std::string input = "what was there";
  write_text_input(input, "s", "t");
  EXPECT_EQ(input, std::string("llm_workflow texts 1\n\0\0\0\x01st", 27));
  ChainDigest before;
  before.fill('b');
  ChainDigest texts;
  texts.fill('t');
  write_link_input(input, before, 258, texts, "f");
  EXPECT_EQ(input, "llm_workflow chain 1\n" + std::string(32, 'b') +
                       std::string("\0\0\0\0\0\0\x01\x02", 8) + std::string(32, 't') + 'f');
}

TEST(LinkInput, DependsOnAllItsParts) {
  const auto link = [](int before, std::int64_t no, int texts, const char* figures) {
    std::string input;
    ChainDigest first{};
    ChainDigest second{};
    first[31] = static_cast<std::uint8_t>(before);
    second[31] = static_cast<std::uint8_t>(texts);
    write_link_input(input, first, no, second, figures);
    return input;
  };
  const std::string usual = link(1, 2, 3, "f");
  EXPECT_NE(usual, link(2, 2, 3, "f"));
  EXPECT_NE(usual, link(1, 3, 3, "f"));
  EXPECT_NE(usual, link(1, 2, 4, "f"));
  EXPECT_NE(usual, link(1, 2, 3, "g"));
  EXPECT_EQ(usual, link(1, 2, 3, "f"));
}

TEST(TextInput, DependsOnTheSaltAndCannotBeMistakenForALink) {
  std::string one;
  std::string other;
  write_text_input(one, "salt", "s");
  write_text_input(other, "sal", "ts");
  EXPECT_NE(one, other);
  write_link_input(other, {}, 1, {}, "");
  EXPECT_NE(one.substr(0, 16), other.substr(0, 16));
}

TEST(SaltKind, IsToldByItsLength) {
  EXPECT_EQ(kind_of_salt(""), SaltKind::none);
  EXPECT_EQ(kind_of_salt(std::string(16, 'x')), SaltKind::salt);
  EXPECT_EQ(kind_of_salt(std::string(32, 'x')), SaltKind::erased);
  EXPECT_EQ(kind_of_salt(std::string(17, 'x')), SaltKind::invalid);
}

TEST(ChainDigest, OfAnotherLengthIsNone) {
  EXPECT_EQ(digest_from(std::string(32, '\0')), ChainDigest{});
  EXPECT_NE(digest_from(""), ChainDigest{});
  EXPECT_EQ(digest_from(bytes_of(digest_from(std::string(32, 'a')))),
            digest_from(std::string(32, 'a')));
}

ChainDigest hash(std::uint8_t n) {
  ChainDigest digest{};
  digest[0] = n;
  return digest;
}

ChainWalk walk_to(std::int64_t no) {
  ChainWalk walk({0, hash(0)});
  for (std::int64_t i = 1; i <= no; ++i) {
    EXPECT_TRUE(walk.expects(i));
    walk.pass(hash(static_cast<std::uint8_t>(i)), hash(static_cast<std::uint8_t>(i)));
  }
  return walk;
}

void expect_problem(const ChainWalk& walk, ChainProblem problem, std::int64_t no) {
  EXPECT_EQ(walk.problem(), problem);
  EXPECT_EQ(walk.problem_no(), no);
}

TEST(ChainWalk, PassesAWholeChain) {
  ChainWalk walk = walk_to(3);
  walk.end({3, hash(3)});
  EXPECT_FALSE(walk.broken());
  EXPECT_EQ(walk.head().no, 3);
}

TEST(ChainWalk, NamesTheRowThatIsMissing) {
  ChainWalk walk = walk_to(2);
  EXPECT_FALSE(walk.expects(5));
  expect_problem(walk, ChainProblem::missing, 3);
}

TEST(ChainWalk, NamesARowThatIsThereTwice) {
  ChainWalk walk = walk_to(2);
  EXPECT_FALSE(walk.expects(2));
  expect_problem(walk, ChainProblem::misplaced, 2);
}

TEST(ChainWalk, NamesTheRowThatChanged) {
  ChainWalk walk = walk_to(1);
  EXPECT_TRUE(walk.expects(2));
  walk.pass(hash(2), hash(9));
  expect_problem(walk, ChainProblem::changed, 2);
}

TEST(ChainWalk, NamesTheFirstRowOfATailThatWasCutOff) {
  ChainWalk walk = walk_to(2);
  walk.end({4, hash(4)});
  expect_problem(walk, ChainProblem::cut, 3);
}

TEST(ChainWalk, FindsRowsBehindTheHead) {
  ChainWalk walk = walk_to(3);
  walk.end({2, hash(2)});
  expect_problem(walk, ChainProblem::changed, 3);
}

TEST(ChainWalk, FindsAChainThatWasWrittenAnew) {
  ChainWalk walk = walk_to(2);
  walk.end({2, hash(7)});
  expect_problem(walk, ChainProblem::rewritten, 2);
}

TEST(ChainProblem, HasANameOfItsOwn) {
  EXPECT_STREQ(to_string(ChainProblem::none), "");
  EXPECT_STREQ(to_string(ChainProblem::missing), "missing");
  EXPECT_STREQ(to_string(ChainProblem::misplaced), "misplaced");
  EXPECT_STREQ(to_string(ChainProblem::changed), "changed");
  EXPECT_STREQ(to_string(ChainProblem::rewritten), "rewritten");
  EXPECT_STREQ(to_string(ChainProblem::cut), "cut");
  EXPECT_STREQ(to_string(ChainProblem::unknown), "unknown chain");
}

TEST(ChainWalk, KeepsTheFirstProblem) {
  ChainWalk walk = walk_to(1);
  EXPECT_FALSE(walk.expects(3));
  EXPECT_FALSE(walk.expects(9));
  walk.end({5, hash(5)});
  expect_problem(walk, ChainProblem::missing, 2);
}

}  // namespace
}  // namespace llmw
