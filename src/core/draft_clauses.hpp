#pragma once
// Sentences cut into segments: stretches of words between commas, "and", "then", "if" and the like.
//
// A segment holds at most one action; which ones do is decided in draft_verbs and draft_reader.

#include <cstdint>
#include <vector>

#include "core/draft_text.hpp"

namespace llmw {

/// What stands before a segment.
enum class Joint : std::uint8_t {
  start,
  none,  ///< only the word that makes it subordinate
  comma,
  and_,
  comma_and,
  or_,
  then,
  clause,  ///< semicolon, colon, dash
};

/// What the segment says about the main clause.
enum class Subordinate : std::uint8_t {
  no,
  condition,  ///< "if", "when"
  unless,
  after,
  once,
  before,
  before_that,
  during,  ///< "while"
  until,   ///< also reasons: a clause that only explains
  otherwise,
  so,  ///< "if so"
};

struct Segment {
  int lead = 0;   ///< first token, the subordinating words included
  int begin = 0;  ///< first token after them
  int end = 0;
  Joint joint = Joint::start;
  Subordinate subordinate = Subordinate::no;
};

/// The segments of sentence [begin, end) of `text`, in order. Segments without any word are left
/// out, except subordinate ones.
std::vector<Segment> split_segments(DraftText& text, int begin, int end);

}  // namespace llmw
