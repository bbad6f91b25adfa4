// Prints the ids of texts, for test/tokens/compare.mjs to compare with the reference's.
//
//   token_ids ENCODING     stdin: for each text its length (32 bits, little-endian) and its bytes
//                          stdout: for each text a line of ids; "MISCOUNTED" when the functions of
//                          core/tokens.hpp do not agree about it

#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "core/tokens.hpp"

namespace {

bool read_text(std::string& text) {
  unsigned char bytes[4];
  if (!std::cin.read(reinterpret_cast<char*>(bytes), sizeof bytes)) return false;
  text.resize(bytes[0] | bytes[1] << 8 | bytes[2] << 16 | std::size_t{bytes[3]} << 24);
  return static_cast<bool>(std::cin.read(text.data(), static_cast<std::streamsize>(text.size())));
}

}  // namespace

int main(int argc, char** argv) {
  const auto encoding = llmw::parse_encoding(argc == 2 ? argv[1] : "");
  if (!encoding) {
    std::cerr << "usage: token_ids ENCODING\n";
    return 2;
  }
  std::ios::sync_with_stdio(false);
  for (std::string text; read_text(text);) {
    const std::vector<std::uint32_t> ids = llmw::encode_tokens(*encoding, text);
    if (llmw::count_tokens(*encoding, text) != ids.size() ||
        llmw::decode_tokens(*encoding, ids) != text)
      std::cout << "MISCOUNTED ";
    for (const std::uint32_t id : ids) std::cout << id << ' ';
    std::cout << '\n';
  }
}
