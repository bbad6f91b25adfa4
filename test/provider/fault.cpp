#include "fault.hpp"

#include <utility>

#include "text.hpp"

namespace llmw::sim {
namespace {

struct CatalogueRow {
  std::string_view name;
  FaultId id;
  Family family;
};

constexpr CatalogueRow kCatalogue[] = {
    {"s400", FaultId::kS400, Family::kStatus},
    {"s401", FaultId::kS401, Family::kStatus},
    {"s402", FaultId::kS402, Family::kStatus},
    {"s403", FaultId::kS403, Family::kStatus},
    {"s404", FaultId::kS404, Family::kStatus},
    {"s408", FaultId::kS408, Family::kStatus},
    {"s409", FaultId::kS409, Family::kStatus},
    {"s413", FaultId::kS413, Family::kStatus},
    {"s422", FaultId::kS422, Family::kStatus},
    {"s429", FaultId::kS429, Family::kStatus},
    {"s500", FaultId::kS500, Family::kStatus},
    {"s502", FaultId::kS502, Family::kStatus},
    {"s503", FaultId::kS503, Family::kStatus},
    {"s504", FaultId::kS504, Family::kStatus},
    {"s529", FaultId::kS529, Family::kStatus},
    {"quota", FaultId::kQuota, Family::kStatus},
    {"context", FaultId::kContext, Family::kStatus},
    {"policy", FaultId::kPolicy, Family::kStatus},
    {"overloaded", FaultId::kOverloaded, Family::kStatus},
    {"nonjson_413", FaultId::kNonJson413, Family::kStatus},
    {"echo_key", FaultId::kEchoKey, Family::kStatus},
    {"redirect", FaultId::kRedirect, Family::kStatus},
    {"items", FaultId::kItems, Family::kSize},
    {"say", FaultId::kSay, Family::kDocument},
    {"fenced", FaultId::kFenced, Family::kDocument},
    {"prose", FaultId::kProse, Family::kDocument},
    {"bad_steps", FaultId::kBadSteps, Family::kDocument},
    {"bad_type", FaultId::kBadType, Family::kDocument},
    {"no_steps", FaultId::kNoSteps, Family::kDocument},
    {"too_many_steps", FaultId::kTooManySteps, Family::kDocument},
    {"missing_operation", FaultId::kMissingOperation, Family::kDocument},
    {"cycle", FaultId::kCycle, Family::kDocument},
    {"dangling", FaultId::kDangling, Family::kDocument},
    {"bad_service", FaultId::kBadService, Family::kDocument},
    {"two_codes", FaultId::kTwoCodes, Family::kDocument},
    {"no_zones", FaultId::kNoZones, Family::kDocument},
    {"trailing_comma", FaultId::kTrailingComma, Family::kDocument},
    {"single_quotes", FaultId::kSingleQuotes, Family::kDocument},
    {"comments", FaultId::kComments, Family::kDocument},
    {"python", FaultId::kPython, Family::kDocument},
    {"think", FaultId::kThink, Family::kDocument},
    {"json_in_string", FaultId::kJsonInString, Family::kDocument},
    {"elided", FaultId::kElided, Family::kDocument},
    {"two_objects", FaultId::kTwoObjects, Family::kDocument},
    {"number_bomb", FaultId::kNumberBomb, Family::kDocument},
    {"depth_content", FaultId::kDepthContent, Family::kDocument},
    {"invalid_utf8", FaultId::kInvalidUtf8, Family::kDocument},
    {"nul", FaultId::kNul, Family::kDocument},
    {"u0000", FaultId::kU0000, Family::kDocument},
    {"lone_surrogate", FaultId::kLoneSurrogate, Family::kDocument},
    {"refusal", FaultId::kRefusal, Family::kEnvelope},
    {"content_filter", FaultId::kContentFilter, Family::kEnvelope},
    {"length", FaultId::kLength, Family::kEnvelope},
    {"window", FaultId::kWindow, Family::kEnvelope},
    {"cut", FaultId::kCut, Family::kEnvelope},
    {"wrong_model", FaultId::kWrongModel, Family::kEnvelope},
    {"empty_choices", FaultId::kEmptyChoices, Family::kEnvelope},
    {"null_content", FaultId::kNullContent, Family::kEnvelope},
    {"usage_missing", FaultId::kUsageMissing, Family::kUsage},
    {"usage_null", FaultId::kUsageNull, Family::kUsage},
    {"usage_negative", FaultId::kUsageNegative, Family::kUsage},
    {"usage_absurd", FaultId::kUsageAbsurd, Family::kUsage},
    {"usage_string", FaultId::kUsageString, Family::kUsage},
    {"usage_float", FaultId::kUsageFloat, Family::kUsage},
    {"usage_bool", FaultId::kUsageBool, Family::kUsage},
    {"usage_huge", FaultId::kUsageHuge, Family::kUsage},
    {"usage_dup", FaultId::kUsageDup, Family::kUsage},
    {"cached", FaultId::kCached, Family::kUsage},
    {"content_type", FaultId::kContentType, Family::kBody},
    {"wrong_type_json", FaultId::kWrongTypeJson, Family::kBody},
    {"not_json", FaultId::kNotJson, Family::kBody},
    {"empty", FaultId::kEmpty, Family::kBody},
    {"depth_bomb", FaultId::kDepthBomb, Family::kBody},
    {"error_200", FaultId::kError200, Family::kBody},
    {"hang_headers", FaultId::kHangHeaders, Family::kWire},
    {"hang_body", FaultId::kHangBody, Family::kWire},
    {"drip", FaultId::kDrip, Family::kWire},
    {"reset", FaultId::kReset, Family::kWire},
    {"reset_body", FaultId::kResetBody, Family::kWire},
    {"close", FaultId::kClose, Family::kWire},
    {"close_idle", FaultId::kCloseIdle, Family::kWire},
    {"dead_reuse", FaultId::kDeadReuse, Family::kWire},
    {"truncated", FaultId::kTruncated, Family::kWire},
    {"overlong", FaultId::kOverlong, Family::kWire},
    {"dup_length", FaultId::kDupLength, Family::kWire},
    {"bad_chunk", FaultId::kBadChunk, Family::kWire},
    {"gzip_bomb", FaultId::kGzipBomb, Family::kWire},
    {"body_1gb", FaultId::kBody1Gb, Family::kWire},
    {"interim", FaultId::kInterim, Family::kInterim},
    {"header_flood", FaultId::kHeaderFlood, Family::kHeaders},
    {"delay", FaultId::kDelay, Family::kDelay},
};

const CatalogueRow* find_row(std::string_view name) {
  for (const CatalogueRow& row : kCatalogue) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::optional<Turn> find_turn(std::string_view name) {
  constexpr std::string_view kNames[kTurns] = {"whole", "outline", "rest", "part", "repair"};
  for (size_t i = 0; i < kTurns; ++i) {
    if (kNames[i] == name) return static_cast<Turn>(i);
  }
  return std::nullopt;
}

// `part` or `unless=part`. Returns false when the text is neither.
bool parse_turn(std::string_view text, Condition* condition) {
  constexpr std::string_view kUnless = "unless=";
  const bool unless = text.starts_with(kUnless);
  const std::optional<Turn> turn = find_turn(unless ? text.substr(kUnless.size()) : text);
  if (!turn) return false;
  condition->turn = turn;
  condition->unless = unless;
  return true;
}

bool parse_count(std::string_view text, Condition* condition) {
  struct Word {
    std::string_view prefix;
    Condition::Kind kind;
  };
  constexpr Word kWords[] = {{"first=", Condition::Kind::kFirst},
                             {"after=", Condition::Kind::kAfter},
                             {"p=", Condition::Kind::kPercent},
                             {"", Condition::Kind::kEvery}};
  for (const Word& word : kWords) {
    if (!text.starts_with(word.prefix)) continue;
    condition->kind = word.kind;
    text.remove_prefix(word.prefix.size());
    const bool zero_every = word.kind == Condition::Kind::kEvery && text == "0";
    return parse_number(text, UINT32_MAX, &condition->number) && !zero_every;
  }
  return false;
}

// What stands behind the first `@` of a fault.
bool parse_conditions(std::string_view text, Condition* condition) {
  const size_t at = text.find('@');
  const std::string_view first = text.substr(0, at);
  if (!parse_turn(first, condition)) {
    return at == std::string_view::npos && parse_count(first, condition);
  }
  return at == std::string_view::npos || parse_count(text.substr(at + 1), condition);
}

bool parse_one(std::string_view text, WrittenFault* written) {
  const size_t at = text.find('@');
  if (at != std::string_view::npos) {
    if (!parse_conditions(text.substr(at + 1), &written->condition)) return false;
    text = text.substr(0, at);
  }
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    written->fault.argument = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  const CatalogueRow* row = find_row(text);
  if (row == nullptr) return false;
  written->family = row->family;
  written->fault.id = row->id;
  written->fault.name = row->name;
  return true;
}

}  // namespace

void FaultSet::add(Family family, Fault fault) {
  const size_t place = static_cast<size_t>(family);
  if (present_[place]) return;
  present_[place] = true;
  faults_[place] = std::move(fault);
}

const Fault* FaultSet::find(Family family) const {
  const size_t place = static_cast<size_t>(family);
  return present_[place] ? &faults_[place] : nullptr;
}

bool FaultSet::has(FaultId id) const {
  for (size_t i = 0; i < kFamilies; ++i) {
    if (present_[i] && faults_[i].id == id) return true;
  }
  return false;
}

std::string FaultSet::names() const {
  std::string names;
  for (size_t i = 0; i < kFamilies; ++i) {
    if (!present_[i]) continue;
    if (!names.empty()) names += '+';
    names += faults_[i].name;
  }
  return names;
}

void Counts::add(const Turns& turns) {
  ++all;
  for (size_t i = 0; i < kTurns; ++i) of_turn[i] += turns[i] ? 1 : 0;
}

bool Condition::holds(const Turns& turns, const Counts& counts, uint64_t draw) const {
  uint64_t count = counts.all;
  if (turn) {
    const size_t place = static_cast<size_t>(*turn);
    if (turns[place] == unless) return false;
    count = unless ? counts.all - counts.of_turn[place] : counts.of_turn[place];
  }
  switch (kind) {
    case Kind::kAlways: return true;
    case Kind::kEvery: return count % number == 0;
    case Kind::kFirst: return count <= number;
    case Kind::kAfter: return count > number;
    case Kind::kPercent: return draw % 100 < number;
  }
  return false;
}

bool parse_faults(std::string_view text, std::vector<WrittenFault>* faults, std::string* wrong) {
  while (true) {
    const size_t plus = text.find('+');
    const std::string_view part = text.substr(0, plus);
    WrittenFault written;
    if (!parse_one(part, &written)) {
      *wrong = part;
      return false;
    }
    faults->push_back(std::move(written));
    if (plus == std::string_view::npos) return true;
    text.remove_prefix(plus + 1);
  }
}

}  // namespace llmw::sim
