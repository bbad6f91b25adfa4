#pragma once
// How complex the workflow is that a prompt asks for: low, medium or high, by what can be counted.
//
// parts     pieces of text between full stops, commas, line ends and the like, and the words "and"
//           and "then": about as many steps as are named
// branches  words by which a workflow forks or loops: if, otherwise, unless, until, retry, ...
// words     of scripts without blanks, such as Chinese, two characters are one
//
// A part is one point, a branch two, and fifty words one. Up to 8 points are low, up to 24 medium.
// The words that it knows are English; of other languages punctuation and length remain.
//
//   prompt_complexity("Send a mail to each customer")  // low: 1 part

#include <optional>
#include <string_view>

namespace llmw {

enum class Complexity { low, medium, high };
const char* to_string(Complexity complexity);
std::optional<Complexity> parse_complexity(std::string_view word);

struct PromptMeasures {
  int words = 0;
  int parts = 0;
  int branches = 0;
};

/// In linear time, of any bytes. Those that are no UTF-8 are letters.
PromptMeasures measure_prompt(std::string_view prompt);

Complexity prompt_complexity(std::string_view prompt);

}  // namespace llmw
