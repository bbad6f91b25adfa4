#include "core/extract.hpp"

#include <algorithm>
#include <utility>

#include "core/extract_choice.hpp"
#include "core/extract_disguise.hpp"
#include "core/extract_scan.hpp"
#include "core/extract_text.hpp"
#include "core/text.hpp"

namespace llmw {
namespace {

constexpr int kStringLevels = 4;
constexpr std::string_view kChannel = "<|channel|>";
constexpr std::string_view kMessage = "<|message|>";

/// `text` without the part of a character that its end cuts.
std::string_view without_cut_character(std::string_view text) {
  for (std::size_t bytes = 1; bytes <= 3 && bytes <= text.size(); ++bytes) {
    const std::size_t at = text.size() - bytes;
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) break;
    if (c < 0xC0) continue;
    if (decode_utf8(text, at).state == Utf8::cut_off) text.remove_suffix(bytes);
    break;
  }
  return text;
}

bool is_html_page(std::string_view text) {
  return starts_with_word(text, 0, "<!doctype") || starts_with_word(text, 0, "<html");
}

Extracted extract(std::string_view text, const Misfit& misfit, int levels);

/// The answer with a disguise taken off it, when there is one.
Extracted extract_undisguised(std::string_view text, const Misfit& misfit, Extracted otherwise) {
  const Undisguised plain = take_off_disguise(text);
  if (plain.mend == nullptr) return otherwise;
  Extracted found = extract(plain.text, misfit, 1);
  if (found.status == ExtractStatus::reject) return otherwise;
  found.mends.insert(found.mends.begin(), plain.mend);
  return found;
}

Extracted extract_scanning(std::string_view text, const Misfit& misfit) {
  Choice choice(text, misfit);
  const ScanEnd end = scan_answer(text, choice);
  if (choice.holds_nothing() && end == ScanEnd::thinking) {
    return cut_off("the answer ends inside its thinking");
  }
  if (choice.holds_nothing() && end == ScanEnd::empty_fence) {
    return cut_off("the answer ends before its JSON document");
  }
  const bool nothing = choice.holds_nothing();
  Extracted decided = choice.decide();
  return nothing ? extract_undisguised(text, misfit, std::move(decided)) : decided;
}

/// The answer is one JSON string, and what is in it is the answer.
Extracted extract_from_string(const JsonValue& string, const Misfit& misfit, int levels) {
  Extracted found = extract(string.text, misfit, levels - 1);
  if (found.status != ExtractStatus::reject &&
      std::find(found.mends.begin(), found.mends.end(), "json_in_string") == found.mends.end()) {
    found.mends.insert(found.mends.begin(), "json_in_string");
  }
  return found;
}

/// The message of the channel in which a model answers, of an answer that is made of channels.
std::string_view final_channel(std::string_view text, bool& thinking_only) {
  if (!text.starts_with("<|")) return text;
  const std::size_t final_at = text.rfind("<|channel|>final");
  if (final_at == std::string_view::npos) {
    thinking_only = text.find(kChannel) != std::string_view::npos;
    return text;
  }
  const std::size_t message = text.find(kMessage, final_at);
  return message == std::string_view::npos ? text.substr(text.size())
                                           : text.substr(message + kMessage.size());
}

Extracted extract(std::string_view answer, const Misfit& misfit, int levels) {
  std::string_view text = trim_blanks(answer);
  JsonValue whole;
  if (!text.empty() && std::string_view("{[\"").find(text.front()) != std::string_view::npos &&
      read_json_value(text, whole, DuplicateKeys::refuse).fault == JsonFault::none) {
    if (whole.is_string()) {
      return levels > 0 ? extract_from_string(whole, misfit, levels)
                        : rejected("the answer is a string in a string too often");
    }
    Choice choice(text, misfit);
    FoundDocument found;
    found.text = text;
    found.checked = true;
    found.value = std::move(whole);
    choice.add(std::move(found));
    return choice.decide();
  }
  bool thinking_only = false;
  text = trim_blanks(final_channel(text, thinking_only));
  if (thinking_only) return cut_off("the answer ends inside its thinking");
  if (text.empty()) return rejected("the answer is empty");
  if (is_html_page(text)) return rejected("the answer is a web page");
  return extract_scanning(text, misfit);
}

}  // namespace

Extracted extract_json(std::string_view answer, const Misfit& misfit) {
  return extract(without_cut_character(answer), misfit, kStringLevels);
}

}  // namespace llmw
