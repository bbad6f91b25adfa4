// Estimates of tokens where no exact encoder exists: the published factors, by kind of text.

#include "core/token_estimate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace llmw {
namespace {

constexpr std::string_view kEnglish =
    "Every order is checked for stock, and when it is in stock, a mail goes out to the customer. "
    "If it is not, the buyer is asked whether he would rather wait or have his money back.";
constexpr std::string_view kGerman =
    "Für jede Bestellung wird geprüft, ob genügend Ware vorrätig ist; dann erhält der Käufer eine "
    "Nachricht. Andernfalls wird er gefragt, ob er wartet oder sein Geld zurückhaben möchte.";
constexpr std::string_view kRussian = "Каждый заказ проверяется на наличие товара на складе.";
constexpr std::string_view kChinese = "检查每个订单的库存，如果有货，就给客户发送邮件。";
constexpr std::string_view kArabic = "يتم فحص كل طلب للتأكد من توفر المخزون";
constexpr std::string_view kCode =
    "static int find(const char *name) {\n  for (int i = 0; i < n; i++) {\n"
    "    if (strcmp(rows[i].name, name) == 0) return rows[i].id;\n  }\n  return -1;\n}\n";
constexpr std::string_view kDigits = "2025 11 26 155842 00123 99881 7 31415926535 8979 323846";

struct FactorCase {
  const char* name;
  std::string_view text;
  double claude;
  double claude_4_7;
  double mistral_v3;
  double unknown;
};

class Factor : public testing::TestWithParam<FactorCase> {};

TEST_P(Factor, OfTextOfOneKindIsThePublishedOne) {
  const FactorCase& c = GetParam();
  EXPECT_NEAR(token_factor(TokenFamily::claude, c.text), c.claude, 0.03);
  EXPECT_NEAR(token_factor(TokenFamily::claude_4_7, c.text), c.claude_4_7, 0.05);
  EXPECT_NEAR(token_factor(TokenFamily::mistral_v3, c.text), c.mistral_v3, 0.03);
  EXPECT_NEAR(token_factor(TokenFamily::llama2, c.text), c.mistral_v3, 0.03);
  EXPECT_NEAR(token_factor(TokenFamily::unknown, c.text), c.unknown, 0.03);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Factor,
                         testing::Values(FactorCase{"English", kEnglish, 1.15, 1.67, 1.22, 1.00},
                                         FactorCase{"German", kGerman, 1.32, 1.78, 1.31, 1.09},
                                         FactorCase{"Russian", kRussian, 1.55, 1.55, 1.37, 1.28},
                                         FactorCase{"Chinese", kChinese, 1.30, 1.30, 1.37, 1.20},
                                         FactorCase{"Arabic", kArabic, 2.00, 2.00, 1.96, 1.56},
                                         FactorCase{"Code", kCode, 1.25, 1.56, 1.30, 1.00},
                                         FactorCase{"Digits", kDigits, 1.12, 1.19, 1.55, 1.00}),
                         [](const testing::TestParamInfo<FactorCase>& info) {
                           return std::string(info.param.name);
                         });

TEST(TokenEstimate, OfMixedTextLiesBetweenItsParts) {
  const std::string mixed = std::string(kEnglish) + std::string(kArabic);
  const double factor = token_factor(TokenFamily::claude, mixed);
  EXPECT_GT(factor, 1.2);
  EXPECT_LT(factor, 1.9);
}

TEST(TokenEstimate, LooksAtBothEndsOfALongText) {
  std::string text;
  while (text.size() < 200'000) text += kEnglish;
  EXPECT_NEAR(token_factor(TokenFamily::claude, text), 1.15, 0.02);
  for (int i = 0; i < 2'000; ++i) text += kArabic;
  EXPECT_GT(token_factor(TokenFamily::claude, text), 1.4);
}

TEST(TokenEstimate, HasAFactorForEveryText) {
  EXPECT_EQ(token_factor(TokenFamily::claude, ""), 1.15);
  EXPECT_EQ(token_factor(TokenFamily::claude, " \n\t"), 1.15);
  for (const char* broken : {"\xff", "\xe4\xb8", "\xf0\x9f", "\x80\x80", "a\xc3"}) {
    const double factor = token_factor(TokenFamily::claude, broken);
    EXPECT_GE(factor, 1.0) << broken;
    EXPECT_LE(factor, 2.0) << broken;
  }
}

TEST(TokenEstimate, RoundsUpButNotForFractionsThatDoublesCannotHold) {
  EXPECT_EQ(scale_tokens(100, 1.10), 110);
  EXPECT_EQ(scale_tokens(101, 1.10), 112);
  EXPECT_EQ(scale_tokens(0, 1.5), 0);
  EXPECT_EQ(scale_tokens(7, 1.0), 7);
}

TEST(TokenEstimate, ReadsTheNamesOfTokenizers) {
  EXPECT_EQ(find_tokenizer("o200k_harmony").encoding, Encoding::o200k_base);
  EXPECT_EQ(find_tokenizer("claude").family, TokenFamily::claude);
  EXPECT_EQ(find_tokenizer("claude-4.7").family, TokenFamily::claude_4_7);
  EXPECT_EQ(find_tokenizer("mistral-v3").family, TokenFamily::mistral_v3);
  EXPECT_EQ(find_tokenizer("llama2").family, TokenFamily::llama2);
  for (const char* name : {"", "Claude", "no such"}) {
    EXPECT_FALSE(find_tokenizer(name).encoding) << name;
    EXPECT_EQ(find_tokenizer(name).family, TokenFamily::unknown) << name;
  }
}

TEST(TokenEstimate, IsTheCountOfO200kTimesTheFactorUnlessTheTokenizerIsPublic) {
  const TextCount exact = count_text(find_tokenizer("o200k_base"), kEnglish);
  EXPECT_TRUE(exact.exact);
  EXPECT_EQ(exact.factor, 1.0);
  const TextCount estimate = count_text(find_tokenizer("claude"), kEnglish);
  EXPECT_FALSE(estimate.exact);
  EXPECT_EQ(estimate.tokens, scale_tokens(exact.tokens, estimate.factor));
  EXPECT_GT(estimate.tokens, exact.tokens);
  EXPECT_EQ(encoding_name(find_tokenizer("claude")), "o200k_base");
  EXPECT_EQ(encoding_name(find_tokenizer("tekken")), "tekken");
}

}  // namespace
}  // namespace llmw
