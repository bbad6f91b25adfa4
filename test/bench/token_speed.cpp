// How fast tokens are counted: in the texts of some files, and in pieces that never end.
//
//   token_speed FILE...     prints lines "tokens_NAME MB/s" for each file NAME.txt by o200k_base,
//   and
//                           "tokens_worst MILLISECONDS" for the slowest megabyte of one letter,
//                           spaces, emoji or Han in any encoding
//
// Processor time, the best of some runs.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/tokens.hpp"

namespace {

using llmw::Encoding;

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double seconds_to_count(Encoding encoding, const std::string& text) {
  double best = 1e9;
  for (int run = 0; run < 5; ++run) {
    const double before = processor_seconds();
    const std::size_t tokens = llmw::count_tokens(encoding, text);
    if (tokens > 0) best = std::min(best, processor_seconds() - before);
  }
  return best;
}

double worst_milliseconds() {
  constexpr std::size_t kMegabyte = 1'000'000;
  double worst = 0;
  for (const std::string unit : {"a", " ", "😀", "👩‍👩‍👧", "漢", "漢字", "="}) {
    std::string text;
    while (text.size() < kMegabyte) text += unit;
    for (const Encoding encoding : {Encoding::o200k_base, Encoding::cl100k_base, Encoding::tekken})
      worst = std::max(worst, seconds_to_count(encoding, text));
  }
  return worst * 1000;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const double seconds = seconds_to_count(Encoding::o200k_base, text);
    std::printf("tokens_%s %.1f\n", std::filesystem::path(argv[i]).stem().c_str(),
                static_cast<double>(text.size()) / 1e6 / seconds);
  }
  std::printf("tokens_worst %.1f\n", worst_milliseconds());
}
