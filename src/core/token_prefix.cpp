// token_prefix(): the longest beginning of a text within a number of tokens.
//
// A beginning of a text is split otherwise than the text: its last word is cut and its last pieces
// look ahead at something else. So the tokens of the text say only about where the answer is, and
// candidates around that place are counted as texts of their own.

#include <algorithm>
#include <array>
#include <optional>

#include "core/token_classes.hpp"
#include "core/token_data.hpp"
#include "core/token_merge.hpp"
#include "core/token_piece_counter.hpp"
#include "core/token_pieces.hpp"
#include "core/token_poll.hpp"
#include "core/token_table.hpp"
#include "core/tokens.hpp"

namespace llmw {

namespace {

/// In a longer piece only its tokens say where to cut.
constexpr std::size_t kShortPiece = 256;
/// Bytes that candidates may cost before they are tried further and further apart.
constexpr std::size_t kCarefulBytes = 262144;

struct PieceStart {
  std::size_t at = 0;
  std::size_t tokens_before = 0;
};

/// The piece in which a text exceeds a number of tokens.
struct Overflow {
  PieceStart piece;
  std::size_t end = 0;
  /// The starts of the two pieces before. A cut behind the second of them changes nothing before
  /// the first, as no piece looks further ahead than the next piece and one character.
  std::array<PieceStart, 2> before;
};

std::optional<Overflow> find_overflow(Encoding encoding, std::string_view text,
                                      std::size_t max_tokens, Poll poll) {
  const PieceEnd piece_end = piece_end_of(encoding);
  PieceCounter counter(encoding, poll);
  PollClock clock(poll);
  Overflow over;
  while (over.piece.at < text.size()) {
    const PieceStart piece = over.piece;
    over.end = piece_end(text, piece.at);
    const std::size_t count = counter.count(text.substr(piece.at, over.end - piece.at));
    if (piece.tokens_before + count > max_tokens) return over;
    over.before = {over.before[1], piece};
    over.piece = {over.end, piece.tokens_before + count};
    clock.reached(over.end);
  }
  return std::nullopt;
}

std::size_t character_before(std::string_view text, std::size_t at) {
  for (std::size_t length = 4; length > 1; --length)
    if (length <= at && char_at(text, at - length).length == length) return at - length;
  return at - 1;
}

/// `at`, or the start of the character that it is in.
std::size_t start_of_character(std::string_view text, std::size_t at) {
  for (std::size_t back = 3; back > 0; --back)
    if (back <= at && at < text.size() && char_at(text, at - back).length > back) return at - back;
  return at;
}

/// Where to try first: a character behind a short piece, as that may join what is before it.
std::size_t first_candidate(Encoding encoding, std::string_view text, const Overflow& over,
                            std::size_t tokens_left, Poll poll) {
  const std::size_t length = over.end - over.piece.at;
  if (length <= kShortPiece)
    return over.end < text.size() ? over.end + char_at(text, over.end).length : over.end;
  const TokenTable table(token_table(encoding));
  TokenMerger merger(table, poll);
  const auto tokens = merger.merge(text.substr(over.piece.at, length));
  std::size_t at = over.piece.at;
  for (const std::uint32_t token : tokens.first(std::min(tokens_left, tokens.size())))
    at += table.length(token);
  return start_of_character(text, at);
}

}  // namespace

std::size_t token_prefix(Encoding encoding, std::string_view text, std::size_t max_tokens,
                         Poll poll) {
  const std::optional<Overflow> over = find_overflow(encoding, text, max_tokens, poll);
  if (!over) return text.size();
  const std::size_t tokens_left = max_tokens - over->piece.tokens_before;
  std::size_t end = first_candidate(encoding, text, *over, tokens_left, poll);
  std::size_t counted = 0;
  for (std::size_t step = 1; end > 0;) {
    const PieceStart base = end > over->before[1].at ? over->before[0] : PieceStart{};
    const std::string_view part = text.substr(base.at, end - base.at);
    const std::size_t limit = max_tokens - base.tokens_before;
    if (count_tokens(encoding, part, limit, poll) <= limit) return end;
    counted += part.size();
    if (counted > kCarefulBytes) step *= 2;
    for (std::size_t i = 0; i < step && end > 0; ++i) end = character_before(text, end);
  }
  return 0;
}

}  // namespace llmw
