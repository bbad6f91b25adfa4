#include "core/extract_choice.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "core/extract_text.hpp"

namespace llmw {
namespace {

constexpr int kWrapperLevels = 10;
constexpr std::size_t kWrapperMembers = 16;
constexpr std::size_t kLongestMention = 80;
constexpr std::size_t kLineLooked = 200;  ///< bytes of the line behind a document
constexpr std::size_t kGapLooked = 600;   ///< bytes of the text between two documents

/// What people write before a document that replaces the one before it.
constexpr std::array<std::string_view, 22> kReplacing = {
    "final",   "correct",  "updated", "revised",  "improved", "instead",   "sorry",    "apolog",
    "oops",    "actually", "wait",    "mistake",  "fixed",    "rewritten", "replaces", "korrig",
    "endgült", "correg",   "corrig",  "definiti", "définiti", "better"};

/// What they write before one that is not the answer.
constexpr std::array<std::string_view, 12> kPreliminary = {
    "draft", "example",  "sketch",  "template", "e.g.",  "first attempt",
    "shape", "beispiel", "entwurf", "exemple",  "ejemp", "brouillon"};

template <std::size_t N>
bool says_any(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [text](std::string_view word) {
    return find_ignoring_case(text, word) != std::string_view::npos;
  });
}

void add_once(std::vector<std::string>& names, std::string_view name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
}

bool looks_like_document(std::string_view text) {
  const std::string_view trimmed = trim_blanks(text);
  return trimmed.starts_with('{') || trimmed.starts_with('[');
}

}  // namespace

Extracted rejected(std::string message) {
  Extracted out;
  out.message = std::move(message);
  return out;
}

Extracted cut_off(std::string message) {
  Extracted out;
  out.status = ExtractStatus::truncated;
  out.message = std::move(message);
  return out;
}

namespace {

/// A document that is checked by the strict reader once more, whatever made it.
Extracted accepted(const JsonValue& value, std::string_view text, std::vector<std::string> mends) {
  Extracted out;
  out.json = text.empty() ? write_json(value) : std::string(text);
  const JsonRead read = read_json_value(out.json, out.document, DuplicateKeys::refuse);
  if (read.fault != JsonFault::none) {
    return rejected("the answer's JSON is not valid: " + read.message);
  }
  out.status = ExtractStatus::ok;
  out.mends = std::move(mends);
  return out;
}

}  // namespace

void Choice::add(FoundDocument found) {
  Rated rated;
  rated.found = std::move(found);
  rate(rated);
  if (rated.misfit > 0 && is_mention(rated.found)) return;
  compare(std::move(rated));
}

/// Whether the document is a part of a sentence: on one line, with words behind it or in
/// parentheses.
bool Choice::is_mention(const FoundDocument& found) const {
  if (found.standing < Standing::prose_object) return false;
  if (found.end - found.begin > kLongestMention) return false;
  const std::string_view before = trim_blanks(answer_.substr(0, found.begin));
  const std::string_view after = answer_.substr(found.end, kLineLooked);
  const std::string_view rest_of_line = after.substr(0, after.find('\n'));
  const bool call = before.size() > 1 && before.back() == '(' && is_word_char(before.rbegin()[1]);
  return !before.empty() && !call &&
         (rest_of_line.starts_with(')') ||
          std::any_of(rest_of_line.begin(), rest_of_line.end(), is_ascii_letter));
}

void Choice::rate(Rated& rated) const {
  if (!misfit_) return;
  rated.misfit = misfit_(rated.found.value);
  if (rated.misfit == 0) return;
  const JsonValue wrapper = rated.found.value;
  if (!unwrap(wrapper, kWrapperLevels, rated)) unwrap_strings(rated);
}

/// Takes members that are documents in strings for these documents, when that makes it fit.
void Choice::unwrap_strings(Rated& rated) const {
  JsonValue value = rated.found.value;
  if (!value.is_object() || value.members.size() > kWrapperMembers) return;
  bool changed = false;
  for (auto& [key, member] : value.members) {
    if (!member.is_string() || !looks_like_document(member.text)) continue;
    Extracted inner = extract_json(member.text);
    if (inner.status != ExtractStatus::ok) continue;
    member = std::move(inner.document);
    changed = true;
  }
  if (!changed || misfit_(value) != 0) return;
  rated.found.value = std::move(value);
  rated.found.text = {};
  rated.misfit = 0;
  add_once(rated.found.mends, "json_in_string");
}

/// Looks for a document that fits inside of one that does not: a tool call around it, an array of
/// one, a member that holds it as an object or as a string.
bool Choice::unwrap(const JsonValue& wrapper, int levels, Rated& rated) const {
  if (wrapper.is_array() && wrapper.items.size() == 1) {
    return take_inner(wrapper.items.front(), levels, rated);
  }
  if (!wrapper.is_object() || wrapper.members.size() > kWrapperMembers) return false;
  return std::any_of(
      wrapper.members.begin(), wrapper.members.end(),
      [&](const JsonValue::Member& member) { return take_inner(member.second, levels, rated); });
}

bool Choice::take_inner(const JsonValue& inner, int levels, Rated& rated) const {
  if (inner.is_string() && looks_like_document(inner.text)) {
    Extracted found = extract_json(inner.text);
    if (found.status != ExtractStatus::ok || misfit_(found.document) != 0) return false;
    add_once(rated.found.mends, "json_in_string");
    for (const std::string& name : found.mends) add_once(rated.found.mends, name);
    rated.found.value = std::move(found.document);
  } else if (!inner.is_object() && !inner.is_array()) {
    return false;
  } else if (misfit_(inner) == 0) {
    JsonValue value = inner;
    rated.found.value = std::move(value);
  } else {
    return levels > 1 && unwrap(inner, levels - 1, rated);
  }
  add_once(rated.found.mends, "wrapper");
  rated.found.text = {};
  rated.misfit = 0;
  return true;
}

/// Whether the text says that what begins at `later` is meant in place of `earlier`.
bool Choice::replaces(std::size_t later, const FoundDocument& earlier) const {
  if (later < earlier.end) return false;
  std::string_view gap = answer_.substr(earlier.end, later - earlier.end);
  if (gap.size() > kGapLooked) gap.remove_prefix(gap.size() - kGapLooked);
  const std::size_t before = std::min<std::size_t>(earlier.begin, 100);
  return says_any(gap, kReplacing) ||
         says_any(answer_.substr(earlier.begin - before, before), kPreliminary);
}

void Choice::compare(Rated rated) {
  if (!best_) {
    best_ = std::move(rated);
    return;
  }
  const auto rank = [](const Rated& r) { return std::tuple(r.misfit, r.found.standing); };
  if (rank(rated) > rank(*best_)) return;
  const bool same = rated.found.value == best_->found.value;
  if (rank(rated) == rank(*best_)) {
    if (same && (best_->found.mends.empty() || !rated.found.mends.empty())) return;
    const bool replaced = misfit_ && replaces(rated.found.begin, best_->found);
    if (!same && !replaced) {
      best_->ambiguous = true;
      return;
    }
    rated.ambiguous = same && best_->ambiguous;
  }
  best_ = std::move(rated);
}

void Choice::add_truncated(DocumentRead read, std::size_t begin) {
  truncated_ = std::move(read);
  truncated_begin_ = begin;
}

void Choice::add_fault(std::string message, Standing standing, std::size_t begin,
                       std::size_t values) {
  const bool in_prose = standing >= Standing::prose_object;
  if (in_prose && values == 0 && broken_) return;
  broken_ = Broken{std::move(message), standing, begin};
  if (in_prose && values == 0) broken_->standing = Standing::prose_array;
}

void Choice::refuse(std::string message) { refusal_ = std::move(message); }

void Choice::forget() {
  best_.reset();
  truncated_.reset();
  broken_.reset();
  refusal_.clear();
}

Extracted Choice::decide() {
  const bool fits = best_ && misfit_ && best_->misfit == 0;
  if (!refusal_.empty() && !fits) return rejected(refusal_);
  const bool goes_on = truncated_ && best_ && truncated_begin_ > best_->found.begin &&
                       (!fits || replaces(truncated_begin_, best_->found));
  if (truncated_ && (!best_ || goes_on)) {
    Extracted out = cut_off("the answer ends inside its JSON document");
    Extracted partial = accepted(truncated_->value, {}, {});
    if (partial.status == ExtractStatus::ok) {
      out.document = std::move(partial.document);
      out.open_path = std::move(truncated_->open_path);
    }
    out.mends.assign(truncated_->mends.begin(), truncated_->mends.end());
    return out;
  }
  if (!best_) {
    return rejected(broken_ ? "the answer's JSON cannot be used: " + broken_->message
                            : "the answer holds no JSON document");
  }
  if (best_->ambiguous) return rejected("the answer holds several different JSON documents");
  const bool broken_meant =
      broken_ && !fits &&
      (broken_->standing < best_->found.standing ||
       (broken_->standing == best_->found.standing && broken_->begin > best_->found.begin));
  if (broken_meant) return rejected("the answer's JSON cannot be used: " + broken_->message);
  return accept_best();
}

Extracted Choice::accept_best() {
  FoundDocument& found = best_->found;
  const bool mended = found.text.empty();
  Extracted out;
  if (found.checked && !mended) {
    out.status = ExtractStatus::ok;
    out.document = std::move(found.value);
    out.json = found.text;
  } else {
    out = accepted(found.value, found.text, std::move(found.mends));
  }
  out.fits = out.status == ExtractStatus::ok && !mended && misfit_ && best_->misfit == 0;
  return out;
}

}  // namespace llmw
