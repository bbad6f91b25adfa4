#include "gzip_bomb.hpp"

#include <array>
#include <cstdint>

namespace llmw::sim {
namespace {

constexpr uint64_t kInflatedBytes = uint64_t{1} << 30;
constexpr uint64_t kLongestMatch = 258;

// Deflate packs codes from the lowest bit of each byte up.
class BitWriter {
 public:
  explicit BitWriter(std::string* out) : out_(out) {}

  // Numbers and extra bits go lowest bit first.
  void put(uint32_t bits, int count) {
    pending_ |= static_cast<uint64_t>(bits) << filled_;
    filled_ += count;
    while (filled_ >= 8) flush_byte();
  }

  // Huffman codes go highest bit first.
  void put_code(uint32_t code, int count) {
    uint32_t reversed = 0;
    for (int i = 0; i < count; ++i) reversed |= ((code >> i) & 1u) << (count - 1 - i);
    put(reversed, count);
  }

  void finish() {
    if (filled_ > 0) flush_byte();
  }

 private:
  void flush_byte() {
    *out_ += static_cast<char>(pending_ & 0xFF);
    pending_ >>= 8;
    filled_ = filled_ > 8 ? filled_ - 8 : 0;
  }

  std::string* out_;
  uint64_t pending_ = 0;
  int filled_ = 0;
};

// One block with the fixed codes of RFC 1951 3.2.6: a space, and matches at distance 1.
void append_deflated_spaces(std::string& out) {
  constexpr uint64_t kMatches = (kInflatedBytes - 1) / kLongestMatch;
  static_assert((kInflatedBytes - 1) % kLongestMatch == 3, "the last match is of length 3");
  BitWriter bits(&out);
  bits.put(1, 1);                // last block
  bits.put(1, 2);                // fixed codes
  bits.put_code(0x30 + ' ', 8);  // the literal
  for (uint64_t i = 0; i < kMatches; ++i) {
    bits.put_code(0xC0 + 285 - 280, 8);  // length 258
    bits.put_code(0, 5);                 // distance 1
  }
  bits.put_code(257 - 256, 7);  // length 3
  bits.put_code(0, 5);          // distance 1
  bits.put_code(0, 7);          // end of block
  bits.finish();
}

// The CRC is linear over GF(2): appending n zero bytes multiplies the state by a matrix, and the
// matrix for 2n bytes is the square of the one for n. Spaces are handled as an affine map.
struct AffineMap {
  std::array<uint32_t, 32> columns{};
  uint32_t constant = 0;

  uint32_t linear(uint32_t state) const {
    uint32_t result = 0;
    for (size_t i = 0; i < columns.size(); ++i) {
      if ((state >> i) & 1u) result ^= columns[i];
    }
    return result;
  }
  uint32_t operator()(uint32_t state) const { return linear(state) ^ constant; }
};

uint32_t crc_step(uint32_t state, unsigned char byte) {
  state ^= byte;
  for (int i = 0; i < 8; ++i) state = (state >> 1) ^ ((state & 1u) != 0 ? 0xEDB88320u : 0u);
  return state;
}

uint32_t crc_of_spaces() {
  AffineMap map;
  map.constant = crc_step(0, ' ');
  for (size_t i = 0; i < 32; ++i) map.columns[i] = crc_step(1u << i, ' ') ^ map.constant;
  for (uint64_t bytes = 1; bytes < kInflatedBytes; bytes *= 2) {
    AffineMap twice;
    twice.constant = map(map.constant);
    for (size_t i = 0; i < 32; ++i) twice.columns[i] = map.linear(map.columns[i]);
    map = twice;
  }
  return ~map(~0u);
}

void append_little_endian(std::string& out, uint32_t value) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

std::string build() {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\x02\xff", 10);
  out.reserve(7 * 1024 * 1024);
  append_deflated_spaces(out);
  append_little_endian(out, crc_of_spaces());
  append_little_endian(out, static_cast<uint32_t>(kInflatedBytes));
  return out;
}

}  // namespace

std::shared_ptr<const std::string> gzip_bomb() {
  static const std::shared_ptr<const std::string> kept =
      std::make_shared<const std::string>(build());
  return kept;
}

}  // namespace llmw::sim
