// What the simulated model generated for one request, before it takes a provider's shape.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "document.hpp"

namespace llmw::sim {

enum class Stop { kEnd, kLength, kWindow, kRefusal, kFilter };

// How the usage is reported; the true tokens are billed in every case.
enum class UsageForm {
  kTrue,
  kMissing,
  kNull,
  kNegative,
  kAbsurd,
  kString,
  kFloat,
  kBool,
  kHuge,
  kDuplicate,
};

struct Completion {
  ContentPtr content;
  bool content_is_null = false;
  bool no_choices = false;
  std::string_view refusal;  // escaped for JSON; empty: none
  Stop stop = Stop::kEnd;
  std::string_view service_tier;  // escaped for JSON; empty: the ordinary one
  std::string model;              // the name that the answer gives, escaped for JSON
  uint64_t id = 0;                // number of the answer
  uint64_t input_tokens = 0;      // all of them, cached ones too
  uint64_t cached_tokens = 0;
  uint64_t output_tokens = 0;
  UsageForm usage = UsageForm::kTrue;
};

// Tokens of a text of `bytes` bytes: one for each four, rounded up.
constexpr uint64_t tokens_of(uint64_t bytes) { return (bytes + 3) / 4; }

// Appends a count as the usage form wants it written.
void append_count(std::string& out, UsageForm form, uint64_t count);

// The output count that the answer reports.
uint64_t reported_output(const Completion& completion);

// Appends the number of an answer as 12 digits (part of its ids).
void append_id(std::string& out, uint64_t id);

}  // namespace llmw::sim
