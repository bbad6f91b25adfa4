// What no text of a document may hold: secrets and plain http (E11), control characters and sizes
// that no workflow needs (E13).

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <variant>

#include "core/rules_checks.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxTextBytes = 10'000;
constexpr std::size_t kMaxAllTextBytes = 1'000'000;

/// What a character can be to these checks, as bits.
enum : std::uint8_t { kToken = 1, kDigit = 2, kControl = 4, kMark = 8 };

/// By table: every byte of a document is looked at.
constexpr std::array<std::uint8_t, 256> make_char_kinds() {
  std::array<std::uint8_t, 256> kinds{};
  for (std::size_t c = 0; c < kinds.size(); ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    const bool token =
        letter || digit ||
        std::string_view("_-./+=").find(static_cast<char>(c)) != std::string_view::npos;
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    kinds[c] =
        static_cast<std::uint8_t>((token ? kToken : 0) | (digit ? kDigit : 0) |
                                  (control ? kControl : 0) | (c == '-' || c == '/' ? kMark : 0));
  }
  return kinds;
}
constexpr std::array<std::uint8_t, 256> kCharKinds = make_char_kinds();

/// The kinds of all characters of `text`.
unsigned kinds_of(std::string_view text) {
  unsigned kinds = 0;
  for (const char c : text) kinds |= kCharKinds[static_cast<unsigned char>(c)];
  return kinds;
}

bool is_digit(char c) { return (kCharKinds[static_cast<unsigned char>(c)] & kDigit) != 0; }
bool is_token_char(char c) { return (kCharKinds[static_cast<unsigned char>(c)] & kToken) != 0; }

/// How a kind of secret is written: after these words comes a token of at least so many characters,
/// a digit among them.
struct SecretForm {
  std::string_view start;  ///< in small letters
  std::size_t min_token;
};

constexpr std::array<SecretForm, 15> kSecretForms = {{
    {"sk-", 16},
    {"bearer ", 16},
    {"basic ", 20},
    {"akia", 16},
    {"ghp_", 30},
    {"github_pat_", 30},
    {"glpat-", 16},
    {"xoxb-", 16},
    {"xoxp-", 16},
    {"password=", 6},
    {"passwd=", 6},
    {"api_key=", 8},
    {"apikey=", 8},
    {"access_token=", 8},
    {"client_secret=", 8},
}};

constexpr std::string_view kPrivateKey = "private key-----";

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// The secret of this form in `text` (`low`: in small letters), or empty.
std::string_view find_secret_of(const SecretForm& form, std::string_view text,
                                std::string_view low) {
  for (std::size_t at = low.find(form.start); at != std::string_view::npos;
       at = low.find(form.start, at + 1)) {
    if (at > 0 && is_token_char(text[at - 1]) && text[at - 1] != '=') continue;
    const std::string_view rest = text.substr(at + form.start.size());
    const auto length = static_cast<std::size_t>(
        std::find_if_not(rest.begin(), rest.end(), is_token_char) - rest.begin());
    const std::string_view token = rest.substr(0, length);
    if (length < form.min_token || std::none_of(token.begin(), token.end(), is_digit)) continue;
    return text.substr(at, form.start.size() + length);
  }
  return {};
}

std::string_view find_secret(std::string_view text, std::string_view low) {
  const std::size_t key = low.find(kPrivateKey);
  if (key != std::string_view::npos) return text.substr(key, kPrivateKey.size());
  for (const SecretForm& form : kSecretForms) {
    const std::string_view secret = find_secret_of(form, text, low);
    if (!secret.empty()) return secret;
  }
  return {};
}

/// The fewest token characters in a row that every secret has: its token, and the words before it
/// unless a blank parts them.
constexpr std::ptrdiff_t shortest_run() {
  std::size_t shortest = SIZE_MAX;
  for (const SecretForm& form : kSecretForms)
    shortest =
        std::min(shortest, form.min_token + (form.start.back() == ' ' ? 0 : form.start.size()));
  return static_cast<std::ptrdiff_t>(shortest);
}

/// Whether `text` has a digit in a run of token characters that is as long as a secret.
bool may_hold_token(std::string_view text) {
  for (auto at = text.begin(); (at = std::find_if(at, text.end(), is_digit)) != text.end();) {
    const auto before =
        std::find_if_not(std::make_reverse_iterator(at), text.rend(), is_token_char).base();
    at = std::find_if_not(at, text.end(), is_token_char);
    if (at - before >= shortest_run()) return true;
  }
  return false;
}

/// Whether `text` is worth a closer look. A secret is a token, a key has dashes before it, a URL
/// two slashes: most texts of a workflow have none of them. `kinds` is what its characters are.
bool may_hold_secret(std::string_view text, unsigned kinds) {
  return ((kinds & kDigit) != 0 && may_hold_token(text)) ||
         ((kinds & kMark) != 0 &&
          (text.find("--") != std::string_view::npos || text.find("//") != std::string_view::npos));
}

/// The first URL in `text` that is not encrypted, or empty.
std::string_view find_plain_url(std::string_view text, std::string_view low) {
  constexpr std::string_view kScheme = "http://";
  const std::size_t at = low.find(kScheme);
  if (at == std::string_view::npos) return {};
  const std::size_t end = text.find_first_of(" \t\r\n\"'<>)", at + kScheme.size());
  const std::string_view url = text.substr(at, end == std::string_view::npos ? end : end - at);
  return url.size() > kScheme.size() ? url : std::string_view();
}

/// Walks over the whole document. Recursion is safe: the depth of a JsonValue is bounded.
class TextChecks {
 public:
  TextChecks(const Workflow& workflow, const RuleContext& context, FindingList& findings)
      : workflow_(workflow), context_(context), findings_(findings) {}

  void run() {
    visit(workflow_.document());
    if (all_text_bytes_ > kMaxAllTextBytes)
      findings_.error("E13", FindingList::kWholeDocument, "",
                      "the document holds " + std::to_string(all_text_bytes_) + " bytes of text",
                      "A workflow needs at most " + std::to_string(kMaxAllTextBytes) + '.');
  }

 private:
  using Segment = std::variant<std::size_t, const std::string*>;

  void visit(const JsonValue& value) {
    if (value.is_string()) check_text(value.text);
    if (!value.is_array() && !value.is_object()) return;
    if (trail_.size() == kMaxDepth) {
      findings_.error("E13", place(), path(),
                      "the document is nested deeper than " + std::to_string(kMaxDepth) + " levels",
                      "A workflow needs few levels; leave out what nests so deep.");
      return;
    }
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      trail_.emplace_back(i);
      visit(value.items[i]);
      trail_.pop_back();
    }
    for (const JsonValue::Member& member : value.members) {
      trail_.emplace_back(&member.first);
      visit(member.second);
      trail_.pop_back();
    }
  }

  void check_text(const std::string& text) {
    all_text_bytes_ += text.size();
    if (is_given(text)) return;
    if (text.size() > kMaxTextBytes)
      findings_.error("E13", place(), path(),
                      "the text is " + std::to_string(text.size()) + " bytes long",
                      "Keep texts under " + std::to_string(kMaxTextBytes) + " bytes.");
    const unsigned kinds = kinds_of(text);
    if ((kinds & kControl) != 0)
      findings_.error("E13", place(), path(), "the text holds control characters",
                      "Write plain text; only tab and line breaks are allowed.");
    if (may_hold_secret(text, kinds)) check_secrets(text);
  }

  /// A service is called what the request calls it.
  bool is_given(const std::string& text) const {
    return std::find(context_.services.begin(), context_.services.end(), text) !=
           context_.services.end();
  }

  /// What the request itself says may be repeated: the author of the request knows it.
  bool is_new(std::string_view text) const {
    return !text.empty() && context_.prompt.find(text) == std::string::npos;
  }

  void check_secrets(const std::string& text) {
    const std::string low = lowered(text);
    if (is_new(find_secret(text, low)))
      findings_.error("E11", place(), path(), "the text holds what looks like a secret",
                      "Name the secret; do not write it into the workflow.");
    const std::string_view url = find_plain_url(text, low);
    if (is_new(url))
      findings_.error("E11", place(), path(), "the URL " + shown(url) + " is not encrypted",
                      "Use https.");
  }

  std::string path() const {
    std::string path;
    for (const Segment& segment : trail_) {
      if (const auto* number = std::get_if<std::size_t>(&segment)) {
        path += '/' + std::to_string(*number);
      } else {
        path = child_path(path, *std::get<const std::string*>(segment));
      }
    }
    return path;
  }

  /// Number of the item in which the walk is.
  int place() const {
    if (trail_.size() < 2) return FindingList::kWholeDocument;
    const auto* key = std::get_if<const std::string*>(&trail_[0]);
    const auto* number = std::get_if<std::size_t>(&trail_[1]);
    if (key == nullptr || number == nullptr) return FindingList::kWholeDocument;
    const int after_items = **key == workflow_.rules().items ? 0 : workflow_.rules().max_items;
    return after_items + static_cast<int>(std::min<std::size_t>(*number, kMaxGraphNodes));
  }

  const Workflow& workflow_;
  const RuleContext& context_;
  FindingList& findings_;
  std::vector<Segment> trail_;  ///< from the root to the value that is visited
  std::size_t all_text_bytes_ = 0;
};

}  // namespace

void check_texts(const Workflow& workflow, const RuleContext& context, FindingList& findings) {
  TextChecks(workflow, context, findings).run();
}

}  // namespace llmw
