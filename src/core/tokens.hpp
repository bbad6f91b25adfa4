#pragma once

// Exact byte-pair tokens: what a model with a public tokenizer is billed for.
//
// Ids and counts are those of the reference (tiktoken's encode_ordinary) for every text: what looks
// like a special token is plain text. A byte that is part of no UTF-8 character, which the
// reference cannot be given, counts as a symbol. Time is linear in the text; memory is a fixed
// table of 512 KB in each process, and linear in the longest piece. The vocabularies are constants
// of the module: nothing is built when a process first counts. One thread at a time.
//
//   count_tokens(Encoding::o200k_base, "hello world")       2
//   token_prefix(Encoding::o200k_base, "hello world", 1)    5
//
// The estimate for models whose tokenizer is secret is another file's business.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace llmw {

/// The encodings whose tokenizer is public.
enum class Encoding { o200k_base, cl100k_base, tekken };

/// By its name. "o200k_harmony" has other special tokens than o200k_base and the same for text.
std::optional<Encoding> parse_encoding(std::string_view name);

/// Called about every 64 KB of text, so that a caller can stop: it may throw.
using Poll = void (*)();

/// Number of tokens of `text`. Stops early once `limit` is exceeded.
std::size_t count_tokens(Encoding encoding, std::string_view text, std::size_t limit = SIZE_MAX,
                         Poll poll = nullptr);

std::vector<std::uint32_t> encode_tokens(Encoding encoding, std::string_view text,
                                         Poll poll = nullptr);

/// The bytes of the tokens; nothing when an id is not in the vocabulary.
std::optional<std::string> decode_tokens(Encoding encoding, std::span<const std::uint32_t> ids);

/// Length in bytes of the longest prefix of `text` that has at most `max_tokens` tokens and cuts no
/// character. A cut within a piece of more than 256 bytes may be a few tokens short of the longest.
std::size_t token_prefix(Encoding encoding, std::string_view text, std::size_t max_tokens,
                         Poll poll = nullptr);

}  // namespace llmw
