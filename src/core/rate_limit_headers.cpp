#include "core/rate_limit_headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <system_error>

namespace llmw {

namespace {

enum class Subject { requests, tokens, input_tokens, output_tokens };
enum class Part { limit, remaining, reset };

struct KnownHeader {
  std::string_view name;
  Subject subject;
  Part part;
};

constexpr std::array kKnownHeaders = {
    KnownHeader{"x-ratelimit-limit-requests", Subject::requests, Part::limit},
    KnownHeader{"x-ratelimit-remaining-requests", Subject::requests, Part::remaining},
    KnownHeader{"x-ratelimit-reset-requests", Subject::requests, Part::reset},
    KnownHeader{"x-ratelimit-limit-tokens", Subject::tokens, Part::limit},
    KnownHeader{"x-ratelimit-remaining-tokens", Subject::tokens, Part::remaining},
    KnownHeader{"x-ratelimit-reset-tokens", Subject::tokens, Part::reset},
    KnownHeader{"anthropic-ratelimit-requests-limit", Subject::requests, Part::limit},
    KnownHeader{"anthropic-ratelimit-requests-remaining", Subject::requests, Part::remaining},
    KnownHeader{"anthropic-ratelimit-requests-reset", Subject::requests, Part::reset},
    KnownHeader{"anthropic-ratelimit-tokens-limit", Subject::tokens, Part::limit},
    KnownHeader{"anthropic-ratelimit-tokens-remaining", Subject::tokens, Part::remaining},
    KnownHeader{"anthropic-ratelimit-tokens-reset", Subject::tokens, Part::reset},
    KnownHeader{"anthropic-ratelimit-input-tokens-limit", Subject::input_tokens, Part::limit},
    KnownHeader{"anthropic-ratelimit-input-tokens-remaining", Subject::input_tokens,
                Part::remaining},
    KnownHeader{"anthropic-ratelimit-input-tokens-reset", Subject::input_tokens, Part::reset},
    KnownHeader{"anthropic-ratelimit-output-tokens-limit", Subject::output_tokens, Part::limit},
    KnownHeader{"anthropic-ratelimit-output-tokens-remaining", Subject::output_tokens,
                Part::remaining},
    KnownHeader{"anthropic-ratelimit-output-tokens-reset", Subject::output_tokens, Part::reset},
};

const KnownHeader* find_known(std::string_view name) {
  const auto* found = std::find_if(kKnownHeaders.begin(), kKnownHeaders.end(),
                                   [=](const KnownHeader& header) { return header.name == name; });
  return found == kKnownHeaders.end() ? nullptr : found;
}

/// Digits only, all of them.
template <typename Number>
std::optional<Number> parse_digits(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

struct Unit {
  std::string_view name;
  double micros;
};

/// Longer names first: "ms" starts with "m".
constexpr std::array kUnits = {
    Unit{"ms", 1e3},  Unit{"us", 1},  Unit{"\u00b5s", 1}, Unit{"ns", 1e-3},
    Unit{"h", 3.6e9}, Unit{"m", 6e7}, Unit{"s", 1e6},
};

/// "6m0s", "12ms", "1.5s"; a number alone is seconds.
std::optional<Micros> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    if (!(text[0] >= '0' && text[0] <= '9')) return std::nullopt;
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty() && total == 0) {
      total = value * kSecond;
      break;
    }
    const auto* unit = std::find_if(kUnits.begin(), kUnits.end(),
                                    [=](const Unit& u) { return text.starts_with(u.name); });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += value * unit->micros;
  }
  if (total > static_cast<double>(kMaxResetAfter)) return std::nullopt;
  return static_cast<Micros>(total);
}

/// "Z" or "+01:30": minutes ahead of UTC.
std::optional<std::int64_t> parse_zone(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = parse_digits<int>(text.substr(1, 2));
  const auto minutes = parse_digits<int>(text.substr(4, 2));
  if (!hours || !minutes) return std::nullopt;
  const std::int64_t offset = *hours * 60 + *minutes;
  return text[0] == '-' ? -offset : offset;
}

/// RFC 3339, in microseconds since 1970; fractions of a second are left out.
std::optional<Micros> parse_time(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() <= kShape.size()) return std::nullopt;
  for (const std::size_t i : {4U, 7U, 10U, 13U, 16U})
    if (text[i] != kShape[i]) return std::nullopt;
  const auto year = parse_digits<int>(text.substr(0, 4));
  const auto month = parse_digits<unsigned>(text.substr(5, 2));
  const auto day = parse_digits<unsigned>(text.substr(8, 2));
  const auto hour = parse_digits<int>(text.substr(11, 2));
  const auto minute = parse_digits<int>(text.substr(14, 2));
  const auto second = parse_digits<int>(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{*month},
                                         std::chrono::day{*day}};
  text.remove_prefix(kShape.size());
  if (text[0] == '.') text.remove_prefix(std::min(text.find_first_of("Zz+-"), text.size()));
  const auto zone = parse_zone(text);
  if (!date.ok() || !zone) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  const std::int64_t minutes = (days * 24 + *hour) * 60 + *minute - *zone;
  return (minutes * 60 + *second) * kSecond;
}

std::optional<Micros> parse_reset(std::string_view text, Micros now_utc) {
  if (const auto duration = parse_duration(text)) return duration;
  const auto time = parse_time(text);
  if (!time || *time > now_utc + kMaxResetAfter) return std::nullopt;
  return std::max<Micros>(0, *time - now_utc);
}

struct Parts {
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  std::optional<Micros> reset_after;

  std::optional<RateLimit> whole() const {
    if (!limit || *limit < 1 || !remaining) return std::nullopt;
    return RateLimit{*limit, std::min(*remaining, *limit), reset_after};
  }
};

std::optional<RateLimit> scarcer(std::optional<RateLimit> a, std::optional<RateLimit> b) {
  if (!a || !b) return a ? a : b;
  return a->remaining <= b->remaining ? a : b;
}

}  // namespace

bool is_rate_limit_header(std::string_view name) { return find_known(name) != nullptr; }

RateLimits parse_rate_limits(const RateLimitHeaders& headers, Micros now_utc) {
  std::array<Parts, 4> subjects;
  for (const auto& [name, value] : headers) {
    const KnownHeader* known = find_known(name);
    if (known == nullptr) continue;
    Parts& parts = subjects[static_cast<std::size_t>(known->subject)];
    switch (known->part) {
      case Part::limit: parts.limit = parse_digits<std::int64_t>(value); break;
      case Part::remaining: parts.remaining = parse_digits<std::int64_t>(value); break;
      case Part::reset: parts.reset_after = parse_reset(value, now_utc); break;
    }
  }
  const auto whole = [&](Subject subject) {
    return subjects[static_cast<std::size_t>(subject)].whole();
  };
  RateLimits limits;
  limits.requests = whole(Subject::requests);
  limits.tokens = whole(Subject::tokens);
  if (!limits.tokens)
    limits.tokens = scarcer(whole(Subject::input_tokens), whole(Subject::output_tokens));
  return limits;
}

}  // namespace llmw
