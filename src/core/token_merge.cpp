#include "core/token_merge.hpp"

namespace llmw {

namespace {

constexpr std::size_t kLongPiece = 128;
constexpr std::size_t kAnswers = 4096;

}  // namespace

// Takes the two tokens apart in the reverse order of their merges and looks whether a merge across
// their border would have come before one of them.
bool TokenMerger::are_neighbours(std::uint32_t left, std::uint32_t right) const {
  std::uint32_t limit = kNoToken;
  for (;;) {
    const std::uint32_t merged = table_.merged(left, right);
    if (merged < limit) return false;
    // Of two merges of the same rank the left one comes first.
    bool take_left = left > right;
    for (int side = 0; side < 2; ++side, take_left = !take_left) {
      if (take_left) {
        limit = left;
        left = table_.split(left).right;
        if (left != limit) break;
      } else {
        limit = right + 1;
        right = table_.split(right).left;
        if (right + 1 != limit) break;
      }
      if (side == 1) return true;
    }
  }
}

bool TokenMerger::are_known_neighbours(std::uint32_t left, std::uint32_t right) {
  const std::uint64_t key = pair_key(left, right);
  std::uint64_t& answer = answers_[mix(key) % kAnswers];
  if (answer >> 1 != key) answer = key << 1 | (are_neighbours(left, right) ? 1U : 0U);
  return (answer & 1) != 0;
}

bool TokenMerger::fits(std::size_t end, std::uint32_t token) {
  if (!is_open(end)) return false;
  if (tokens_.empty()) return true;
  return answers_.empty() ? are_neighbours(tokens_.back(), token)
                          : are_known_neighbours(tokens_.back(), token);
}

void TokenMerger::count_step() {
  constexpr std::size_t kStepsBetweenPolls = 16384;
  if (++steps_ % kStepsBetweenPolls == 0 && poll_ != nullptr) poll_();
}

std::span<const std::uint32_t> TokenMerger::merge(std::string_view piece) {
  tokens_.clear();
  open_.assign(piece.size() / 64 + 1, ~std::uint64_t{0});
  if (piece.size() > kLongPiece) answers_.resize(kAnswers, UINT64_MAX);
  std::size_t at = 0;
  std::uint32_t token = table_.longest_prefix(piece);
  for (;;) {
    count_step();
    while (token != kNoToken && !fits(at + table_.length(token), token))
      token = table_.shorter(token);
    if (token != kNoToken) {
      tokens_.push_back(token);
      at += table_.length(token);
      if (at == piece.size()) return tokens_;
      token = table_.longest_prefix(piece.substr(at));
    } else {
      close(at);
      token = tokens_.back();
      tokens_.pop_back();
      at -= table_.length(token);
    }
  }
}

}  // namespace llmw
