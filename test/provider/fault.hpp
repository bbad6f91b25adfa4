// The catalogue of faults and how they are written.
//
// A fault is `name[:argument][@turn][@condition]`; several are joined with `+`. Faults of different
// families combine; of one family the first that applies to a request is taken, so that
// `s500@first=2+s429:1@3` is a script. README.md lists every fault.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmw::sim {

// What a fault changes. At most one fault of each family acts on a request, except kExtra.
enum class Family {
  kStatus,    // the provider refuses: another status, nothing is generated
  kSize,      // the number of steps of the workflow
  kDocument,  // the text that the model wrote
  kEnvelope,  // the fields around the text
  kUsage,     // the reported tokens
  kBody,      // the whole body of a 200
  kWire,      // how bytes travel, or do not
  kInterim,   // replies before the answer
  kHeaders,   // more headers than anyone needs
  kDelay,     // wait before the answer
};
inline constexpr size_t kFamilies = 10;

enum class FaultId {
  // kStatus
  kS400,
  kS401,
  kS402,
  kS403,
  kS404,
  kS408,
  kS409,
  kS413,
  kS422,
  kS429,
  kS500,
  kS502,
  kS503,
  kS504,
  kS529,
  kQuota,
  kContext,
  kPolicy,
  kOverloaded,
  kNonJson413,
  kEchoKey,
  kRedirect,
  // kSize
  kItems,
  // kDocument: from kFenced to kTwoObjects a good document is written badly
  kSay,
  kFenced,
  kProse,
  kTrailingComma,
  kSingleQuotes,
  kComments,
  kThink,
  kJsonInString,
  kElided,
  kTwoObjects,
  kPython,
  kBadSteps,
  kBadType,
  kNoSteps,
  kTooManySteps,
  kMissingOperation,
  kCycle,
  kDangling,
  kBadService,
  kTwoCodes,
  kNoZones,
  kNumberBomb,
  kDepthContent,
  kInvalidUtf8,
  kNul,
  kU0000,
  kLoneSurrogate,
  // kEnvelope
  kRefusal,
  kContentFilter,
  kLength,
  kWindow,
  kCut,
  kWrongModel,
  kEmptyChoices,
  kNullContent,
  // kUsage
  kUsageMissing,
  kUsageNull,
  kUsageNegative,
  kUsageAbsurd,
  kUsageString,
  kUsageFloat,
  kUsageBool,
  kUsageHuge,
  kUsageDup,
  kCached,
  // kBody
  kContentType,
  kWrongTypeJson,
  kNotJson,
  kEmpty,
  kDepthBomb,
  kError200,
  // kWire
  kHangHeaders,
  kHangBody,
  kDrip,
  kReset,
  kResetBody,
  kClose,
  kCloseIdle,
  kDeadReuse,
  kTruncated,
  kOverlong,
  kDupLength,
  kBadChunk,
  kGzipBomb,
  kBody1Gb,
  // the rest
  kInterim,
  kHeaderFlood,
  kDelay,
};

// One fault that acts on a request.
struct Fault {
  FaultId id = FaultId::kDelay;
  std::string_view name;  // static
  std::string argument;   // empty: none given
};

// The faults that act on one request, one place for each family.
class FaultSet {
 public:
  // Adds a fault unless its family already has one.
  void add(Family family, Fault fault);

  // The fault of a family, or nullptr.
  const Fault* find(Family family) const;

  // True when exactly this fault acts.
  bool has(FaultId id) const;

  // Takes a fault back (one that finds no occasion to act on this request).
  void remove(Family family) { present_[static_cast<size_t>(family)] = false; }

  // Names of all acting faults joined with `+`; empty when there is none.
  std::string names() const;

 private:
  std::array<Fault, kFamilies> faults_;
  std::array<bool, kFamilies> present_{};
};

// What a request is for; one may be of two kinds, as the repair of a part.
enum class Turn { kWhole, kOutline, kRest, kPart, kRepair };
inline constexpr size_t kTurns = 5;

using Turns = std::array<bool, kTurns>;

// The requests under one prefix or marker.
struct Counts {
  uint64_t all = 0;
  std::array<uint64_t, kTurns> of_turn{};

  void add(const Turns& turns);
};

// When a written fault acts.
struct Condition {
  enum class Kind { kAlways, kEvery, kFirst, kAfter, kPercent };
  Kind kind = Kind::kAlways;
  uint64_t number = 0;
  std::optional<Turn> turn;  // none: every request, as far as `kind` says
  bool unless = false;       // every request but those of `turn`

  // `counts` has this request in it; `draw` is a random number that decides kPercent. Requests
  // that `turn` leaves out are not counted.
  bool holds(const Turns& turns, const Counts& counts, uint64_t draw) const;
};

struct WrittenFault {
  Family family = Family::kDelay;
  Fault fault;
  Condition condition;
};

// Reads `a+b:arg@first=2` and appends to `faults`. Returns false and leaves the wrong part in
// `wrong` when a name or condition is unknown.
bool parse_faults(std::string_view text, std::vector<WrittenFault>* faults, std::string* wrong);

}  // namespace llmw::sim
