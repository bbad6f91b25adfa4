#include "core/tokens.hpp"

#include "core/token_data.hpp"
#include "core/token_merge.hpp"
#include "core/token_piece_counter.hpp"
#include "core/token_pieces.hpp"
#include "core/token_poll.hpp"
#include "core/token_table.hpp"

namespace llmw {

std::optional<Encoding> parse_encoding(std::string_view name) {
  if (name == "o200k_base" || name == "o200k_harmony") return Encoding::o200k_base;
  if (name == "cl100k_base") return Encoding::cl100k_base;
  if (name == "tekken") return Encoding::tekken;
  return std::nullopt;
}

std::size_t count_tokens(Encoding encoding, std::string_view text, std::size_t limit, Poll poll) {
  const PieceEnd piece_end = piece_end_of(encoding);
  PieceCounter counter(encoding, poll);
  PollClock clock(poll);
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size() && count <= limit;) {
    const std::size_t end = piece_end(text, at);
    count += counter.count(text.substr(at, end - at));
    at = end;
    clock.reached(at);
  }
  return count;
}

std::vector<std::uint32_t> encode_tokens(Encoding encoding, std::string_view text, Poll poll) {
  const PieceEnd piece_end = piece_end_of(encoding);
  const TokenTable table(token_table(encoding));
  TokenMerger merger(table, poll);
  PollClock clock(poll);
  std::vector<std::uint32_t> ids;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = piece_end(text, at);
    const std::string_view piece = text.substr(at, end - at);
    const std::uint32_t whole = table.find(piece);
    if (whole != kNoToken)
      ids.push_back(table.first_id() + whole);
    else
      for (const std::uint32_t token : merger.merge(piece)) ids.push_back(table.first_id() + token);
    at = end;
    clock.reached(at);
  }
  return ids;
}

std::optional<std::string> decode_tokens(Encoding encoding, std::span<const std::uint32_t> ids) {
  const TokenTable table(token_table(encoding));
  std::string bytes;
  for (const std::uint32_t id : ids) {
    const std::uint32_t token = id - table.first_id();
    if (id < table.first_id() || token >= table.token_count()) return std::nullopt;
    bytes += table.bytes(token);
  }
  return bytes;
}

}  // namespace llmw
