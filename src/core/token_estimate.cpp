#include "core/token_estimate.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace llmw {

namespace {

enum Kind : std::size_t { english, latin, cyrillic, cjk, other_script, digits, code, kKinds };
using PerKind = std::array<double, kKinds>;

/// About how many tokens of o200k_base a character has: by these a text's factors are averaged.
constexpr PerKind kTokensPerCharacter = {0.22, 0.28, 0.25, 0.7, 0.35, 0.36, 0.3};

// In the order of TokenFamily and Kind. The unknown one is taken for a vocabulary of about 100,000
// entries, as most models since 2023 have: these are the figures of cl100k_base. Llama 2 has a
// vocabulary of 32,000 entries as Mistral's v3, whose figures stand in for it.
constexpr PerKind kFactors[] = {
    {1.00, 1.09, 1.28, 1.20, 1.56, 1.00, 1.00}, {1.15, 1.32, 1.55, 1.30, 2.00, 1.12, 1.25},
    {1.67, 1.78, 1.55, 1.30, 2.00, 1.19, 1.56}, {1.22, 1.31, 1.37, 1.37, 1.96, 1.55, 1.30},
    {1.22, 1.31, 1.37, 1.37, 1.96, 1.55, 1.30},
};

/// Where the change from English to another language of Latin letters, and from prose to code, is
/// complete: the share of accented letters among letters, of code's punctuation among characters.
struct Ramp {
  double from;
  double to;

  double at(double share) const { return std::clamp((share - from) / (to - from), 0.0, 1.0); }
};
constexpr Ramp kAccents{0.003, 0.012};
constexpr Ramp kPunctuation{0.05, 0.12};

struct Characters {
  double plain = 0;     ///< Latin letters of ASCII
  double accented = 0;  ///< other Latin letters
  double cyrillic = 0;
  double cjk = 0;
  double other_script = 0;
  double digits = 0;
  double punctuation = 0;  ///< as code has it and prose does not
  double prose_marks = 0;  ///< the rest of ASCII but for white space
};

bool is_code_punctuation(unsigned char c) {
  return std::string_view("{}[]()<>=_;/\\|&*+#$@^~`\"").find(static_cast<char>(c)) !=
         std::string_view::npos;
}

void add_ascii(Characters& seen, unsigned char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
    ++seen.plain;
  else if (c >= '0' && c <= '9')
    ++seen.digits;
  else if (is_code_punctuation(c))
    ++seen.punctuation;
  else if (c > ' ')
    ++seen.prose_marks;
}

void add_wide(Characters& seen, char32_t c) {
  if (c < 0x250 || (c >= 0x1E00 && c < 0x1F00))
    ++seen.accented;
  else if (c >= 0x370 && c < 0x530)  // Greek counts as Cyrillic: nobody measured it
    ++seen.cyrillic;
  else if ((c >= 0x1100 && c < 0x1200) || (c >= 0x2E80 && c < 0xD7B0) ||
           (c >= 0xF900 && c < 0xFB00) || (c >= 0xFF00 && c < 0xFFF0) ||
           (c >= 0x20000 && c < 0x32000))
    ++seen.cjk;
  else if (c >= 0x2000 && c < 0x2070)  // dashes and quotes of typeset prose
    ++seen.prose_marks;
  else
    ++seen.other_script;
}

/// Code point of a sequence of which only the lead byte is looked at closely: a class is wanted.
char32_t read_wide(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  char32_t c = lead & (0x7Fu >> length);
  ++at;
  for (std::size_t i = 1; i < length && at < text.size(); ++i, ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte & 0xC0u) != 0x80u) break;
    c = (c << 6u) | (byte & 0x3Fu);
  }
  return c;
}

/// A sample is enough for an average: the first and the last of a long text.
constexpr std::size_t kSampleBytes = std::size_t{64} << 10u;

void look_at(Characters& seen, std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      add_ascii(seen, c);
      ++at;
    } else {
      add_wide(seen, read_wide(text, at));
    }
  }
}

Characters look_at(std::string_view text) {
  Characters seen;
  look_at(seen, text.substr(0, kSampleBytes));
  if (text.size() > kSampleBytes)
    look_at(seen, text.substr(std::max(kSampleBytes, text.size() - kSampleBytes)));
  return seen;
}

/// Characters by what their factor is.
PerKind characters_by_kind(const Characters& seen) {
  const double letters = seen.plain + seen.accented;
  const double ascii = seen.plain + seen.punctuation + seen.prose_marks;
  const double not_english = letters == 0 ? 0 : kAccents.at(seen.accented / letters);
  const double is_code = ascii == 0 ? 0 : kPunctuation.at(seen.punctuation / ascii);
  const double marks = seen.punctuation + seen.prose_marks;
  const double prose = (letters + marks) * (1 - is_code);
  return {prose * (1 - not_english),
          prose * not_english,
          seen.cyrillic,
          seen.cjk,
          seen.other_script,
          seen.digits,
          (letters + marks) * is_code};
}

struct FamilyName {
  std::string_view name;
  TokenFamily family;
};

constexpr FamilyName kFamilies[] = {
    {"claude", TokenFamily::claude},
    {"claude-4.7", TokenFamily::claude_4_7},
    {"mistral-v3", TokenFamily::mistral_v3},
    {"llama2", TokenFamily::llama2},
};

}  // namespace

Tokenizer find_tokenizer(std::string_view name) {
  if (const std::optional<Encoding> encoding = parse_encoding(name)) return {encoding, {}};
  for (const FamilyName& row : kFamilies)
    if (row.name == name) return {std::nullopt, row.family};
  return {};
}

TextCount count_text(const Tokenizer& tokenizer, std::string_view text, double learned, Poll poll) {
  const Encoding encoding = tokenizer.encoding.value_or(Encoding::o200k_base);
  const auto counted = static_cast<std::int64_t>(count_tokens(encoding, text, SIZE_MAX, poll));
  if (tokenizer.encoding) return {counted, true, 1};
  const double factor = token_factor(tokenizer.family, text) * learned;
  return {scale_tokens(counted, factor), false, factor};
}

std::string_view encoding_name(const Tokenizer& tokenizer) {
  switch (tokenizer.encoding.value_or(Encoding::o200k_base)) {
    case Encoding::o200k_base: return "o200k_base";
    case Encoding::cl100k_base: return "cl100k_base";
    case Encoding::tekken: return "tekken";
  }
  return "o200k_base";
}

double token_factor(TokenFamily family, std::string_view text) {
  const PerKind& factors = kFactors[static_cast<std::size_t>(family)];
  const PerKind characters = characters_by_kind(look_at(text));
  double weights = 0;
  double sum = 0;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    const double weight = characters[kind] * kTokensPerCharacter[kind];
    weights += weight;
    sum += weight * factors[kind];
  }
  return weights == 0 ? factors[english] : sum / weights;
}

std::int64_t scale_tokens(std::int64_t tokens, double factor) {
  // A factor that is not a binary fraction must not turn 100 * 1.10 into 111.
  constexpr double kSlack = 1e-6;
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(tokens) * factor - kSlack));
}

}  // namespace llmw
