#include "core/audit_chain.hpp"

#include <algorithm>

namespace llmw {

namespace {

constexpr std::string_view kTextLabel = "llm_workflow texts 1\n";
constexpr std::string_view kLinkLabel = "llm_workflow chain 1\n";
constexpr std::uint32_t kNullElement = 0xFFFFFFFF;

template <typename Number>
void append_number(std::string& out, Number number) {
  for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xFF);
}

/// With its length before it, so that two values never read as one or as two others.
void append_counted(std::string& out, std::string_view value) {
  append_number(out, static_cast<std::uint32_t>(value.size()));
  out += value;
}

void append_field(std::string& out, CanonicalKind kind, std::string_view name) {
  out += static_cast<char>(kind);
  append_counted(out, name);
}

}  // namespace

std::string_view bytes_of(const ChainDigest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

ChainDigest digest_from(std::string_view bytes) {
  ChainDigest digest;
  if (bytes.size() == digest.size())
    std::copy(bytes.begin(), bytes.end(), digest.begin());
  else
    digest.fill(0xFF);
  return digest;
}

void CanonicalRow::clear() {
  figures_.clear();
  texts_.clear();
}

void CanonicalRow::add(CanonicalPart part, CanonicalKind kind, std::string_view name,
                       std::string_view value) {
  std::string& out = part == CanonicalPart::figures ? figures_ : texts_;
  append_field(out, kind, name);
  append_counted(out, value);
}

void CanonicalRow::add_integer(CanonicalKind kind, std::string_view name, std::int64_t value) {
  append_field(figures_, kind, name);
  append_number(figures_, value);
}

void CanonicalRow::begin_list(std::string_view name, std::uint32_t elements) {
  append_field(figures_, CanonicalKind::list, name);
  append_number(figures_, elements);
}

void CanonicalRow::add_element(std::string_view value) { append_counted(figures_, value); }

void CanonicalRow::add_null_element() { append_number(figures_, kNullElement); }

void write_text_input(std::string& input, std::string_view salt, std::string_view texts) {
  input.assign(kTextLabel);
  append_counted(input, salt);
  input += texts;
}

void write_link_input(std::string& input, const ChainDigest& before, std::int64_t no,
                      const ChainDigest& texts, std::string_view figures) {
  input.assign(kLinkLabel);
  input += bytes_of(before);
  append_number(input, no);
  input += bytes_of(texts);
  input += figures;
}

SaltKind kind_of_salt(std::string_view salt) {
  switch (salt.size()) {
    case 0: return SaltKind::none;
    case kChainSaltBytes: return SaltKind::salt;
    case sizeof(ChainDigest): return SaltKind::erased;
    default: return SaltKind::invalid;
  }
}

const char* to_string(ChainProblem problem) {
  switch (problem) {
    case ChainProblem::none: return "";
    case ChainProblem::missing: return "missing";
    case ChainProblem::misplaced: return "misplaced";
    case ChainProblem::changed: return "changed";
    case ChainProblem::rewritten: return "rewritten";
    case ChainProblem::cut: return "cut";
    case ChainProblem::unknown: return "unknown chain";
  }
  return "";
}

void ChainWalk::fail(ChainProblem problem, std::int64_t no) {
  if (broken()) return;
  problem_ = problem;
  problem_no_ = no;
}

bool ChainWalk::expects(std::int64_t no) {
  if (no > head_.no + 1) fail(ChainProblem::missing, head_.no + 1);
  if (no <= head_.no) fail(ChainProblem::misplaced, no);
  return !broken();
}

void ChainWalk::pass(const ChainDigest& stored, const ChainDigest& computed) {
  if (stored != computed) return fail(ChainProblem::changed, head_.no + 1);
  ++head_.no;
  head_.hash = stored;
}

void ChainWalk::end(const ChainHead& noted) {
  if (noted.no > head_.no) fail(ChainProblem::cut, head_.no + 1);
  if (noted.no < head_.no) fail(ChainProblem::changed, head_.no);
  if (noted.hash != head_.hash) fail(ChainProblem::rewritten, head_.no);
}

}  // namespace llmw
