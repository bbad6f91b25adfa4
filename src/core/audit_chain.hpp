#pragma once
// What the audit chain says of a row, and the walk along a chain that finds where it is broken.
//
// A row is hashed in a canonical form: its columns by name, those that are NULL left out, each with
// its kind, so that no setting, no order of columns and no column added later changes it. What an
// erasure may take (texts) is hashed for itself, with a salt, and only its digest goes on:
//
//   texts  = SHA-256(label, salt, canonical texts)         nothing but zeros for a row without any
//   hash n = SHA-256(label, hash n-1, n, texts, canonical figures)
//
// An erasure puts the digest of the texts in the place of the salt: the chain stays as it is, and
// nobody can try out what the texts may have been.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmw {

using ChainDigest = std::array<std::uint8_t, 32>;

/// The bytes of `digest`.
std::string_view bytes_of(const ChainDigest& digest);
/// Copies 32 bytes. Anything else gives a digest that no row has.
ChainDigest digest_from(std::string_view bytes);

/// The kind of a value in the canonical form. Its number is in the bytes and never changes.
enum class CanonicalKind : std::uint8_t {
  integer = 1,  ///< and boolean
  time = 2,
  uuid = 3,
  text = 4,
  bytes = 5,
  decimal = 6,
  list = 7,
  json = 8,
  other = 9  ///< the text form of a type that is none of ours
};

enum class CanonicalPart { figures, texts };

/// The canonical form of one row. Values are added in the order of their names.
class CanonicalRow {
 public:
  void clear();
  void add(CanonicalPart part, CanonicalKind kind, std::string_view name, std::string_view value);
  void add_integer(CanonicalKind kind, std::string_view name, std::int64_t value);
  /// A value that is a list: so many elements follow by add_element() and add_null_element().
  void begin_list(std::string_view name, std::uint32_t elements);
  void add_element(std::string_view value);
  void add_null_element();

  std::string_view figures() const { return figures_; }
  bool has_texts() const { return !texts_.empty(); }
  std::string_view texts() const { return texts_; }

 private:
  std::string figures_;
  std::string texts_;
};

/// What is hashed for the texts of a row.
void write_text_input(std::string& input, std::string_view salt, std::string_view texts);
/// What is hashed for the row number `no`.
void write_link_input(std::string& input, const ChainDigest& before, std::int64_t no,
                      const ChainDigest& texts, std::string_view figures);

/// What a row has in the place of its salt.
enum class SaltKind { none, salt, erased, invalid };
constexpr std::size_t kChainSaltBytes = 16;
SaltKind kind_of_salt(std::string_view salt);

enum class ChainProblem {
  none,
  missing,    ///< the row with this number is not there
  misplaced,  ///< a row is there twice, or has no number
  changed,    ///< the row, or its place, is not what it was
  rewritten,  ///< the row fits the chain, and is not the one that was noted elsewhere
  cut,        ///< the row with this number and all after it are not there
  unknown     ///< the row is of a chain that does not exist, or that is elsewhere
};
const char* to_string(ChainProblem problem);

/// Where a chain had come to.
struct ChainHead {
  std::int64_t no = 0;
  ChainDigest hash{};
};

/// Goes along a chain, row by row in the order of their numbers, as far as it is as it was.
class ChainWalk {
 public:
  explicit ChainWalk(const ChainHead& start) : head_(start) {}

  const ChainHead& head() const { return head_; }
  bool broken() const { return problem_ != ChainProblem::none; }
  ChainProblem problem() const { return problem_; }
  /// Of the first row that is not as it was.
  std::int64_t problem_no() const { return problem_no_; }

  /// Whether the row numbered `no` can be the next one: only then its hash is worth computing.
  bool expects(std::int64_t no);
  /// The row that was expected has the hash `stored` and should have `computed`.
  void pass(const ChainDigest& stored, const ChainDigest& computed);
  /// After the last row: `noted` is where the chain had come to.
  void end(const ChainHead& noted);
  void fail(ChainProblem problem, std::int64_t no);

 private:
  ChainHead head_;
  ChainProblem problem_ = ChainProblem::none;
  std::int64_t problem_no_ = 0;
};

}  // namespace llmw
