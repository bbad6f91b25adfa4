#pragma once
// Which of the documents that were found in an answer is meant (the rule: extract.hpp).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/extract.hpp"
#include "core/extract_reader.hpp"

namespace llmw {

/// Where a document stands, best first.
enum class Standing { fenced_object, fenced_array, prose_object, prose_array };

struct FoundDocument {
  JsonValue value;
  std::string_view text;  ///< as it was written; empty when it was mended
  bool checked = false;   ///< the strict reader read `value` in `text`
  std::vector<std::string> mends;
  Standing standing = Standing::prose_object;
  std::size_t begin = 0;
  std::size_t end = 0;
};

class Choice {
 public:
  /// `answer` outlives this.
  Choice(std::string_view answer, const Misfit& misfit) : answer_(answer), misfit_(misfit) {}

  void add(FoundDocument found);
  void add_truncated(DocumentRead read, std::size_t begin);
  /// A document that cannot be read. One in prose without a single value is a stray bracket.
  void add_fault(std::string message, Standing standing, std::size_t begin, std::size_t values);
  /// What was found makes no sense together: nothing of it is taken.
  void refuse(std::string message);
  /// Everything so far was a draft.
  void forget();

  bool holds_nothing() const { return !best_ && !truncated_; }
  bool saw_nothing() const { return holds_nothing() && !broken_; }
  Extracted decide();

 private:
  struct Rated {
    FoundDocument found;
    std::size_t misfit = 0;
    bool ambiguous = false;  ///< another one that differs is as good
  };
  struct Broken {
    std::string message;
    Standing standing;
    std::size_t begin;
  };

  bool is_mention(const FoundDocument& found) const;
  void rate(Rated& rated) const;
  void unwrap_strings(Rated& rated) const;
  bool unwrap(const JsonValue& wrapper, int levels, Rated& rated) const;
  bool take_inner(const JsonValue& inner, int levels, Rated& rated) const;
  void compare(Rated rated);
  bool replaces(std::size_t later, const FoundDocument& earlier) const;
  Extracted accept_best();

  std::string_view answer_;
  const Misfit& misfit_;
  std::optional<Rated> best_;
  std::optional<DocumentRead> truncated_;
  std::size_t truncated_begin_ = 0;
  std::optional<Broken> broken_;  ///< the last one
  std::string refusal_;
};

Extracted rejected(std::string message);
Extracted cut_off(std::string message);

}  // namespace llmw
