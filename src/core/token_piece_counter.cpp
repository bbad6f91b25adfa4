#include "core/token_piece_counter.hpp"

#include "core/token_data.hpp"

namespace llmw {

namespace {

constinit PieceCache cache{};

}  // namespace

PieceCounter::PieceCounter(Encoding encoding, Poll poll)
    : table_(token_table(encoding)), merger_(table_, poll), encoding_(encoding) {}

std::size_t PieceCounter::count_merged(std::string_view piece) {
  if (piece.size() > PieceCache::kLongestPiece) return merger_.merge(piece).size();
  const PieceCache::Key key = PieceCache::key_of(encoding_, piece);
  PieceCache::Key& entry = cache.place_of(key);
  if (const std::size_t known = PieceCache::tokens_in(entry, key)) return known;
  const std::size_t count = merger_.merge(piece).size();
  PieceCache::keep(entry, key, count);
  return count;
}

}  // namespace llmw
