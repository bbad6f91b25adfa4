#pragma once
// What a workflow must hold to beyond its shape: ids, references, acyclic graphs, branches, data
// that is produced before it is used, services that exist. The fields that carry these are named by
// the format, so that a user's own format is checked by the same code.
//
// Source of the checks and their codes (E01-E13, W01-W07, S01-S08, L01-L10): the project's research
// on generators of workflows; docs/validation.md describes each.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/finding.hpp"
#include "core/json_value.hpp"

namespace llmw {

enum class RuleKind { none, steps, stages };

/// The format's names of the fields that rules look at; in JSON each has the name that it has here.
/// An empty name: the format has no such field. "Item" stands for a step or a stage.
struct Rules {
  RuleKind kind = RuleKind::none;
  std::string items;  ///< top-level key of the array of items
  int max_items = 50;

  // Each item has these, if they are named.
  std::string id;
  std::string text;  ///< what a step does; the name of a stage
  std::string type;
  std::vector<std::string> types;  ///< the allowed values of `type`; empty: any
  /// Keys of an item besides those that are named here. Absent: an item may have any key.
  std::optional<std::vector<std::string>> other_keys;

  // The order of work.
  std::string depends_on;            ///< ids of the items that finish first
  std::string next;                  ///< id, or ids, of the items that follow
  std::string branches;              ///< array of objects
  std::string branch_when = "when";  ///< in a branch: its label or condition
  std::string branch_next = "next";  ///< in a branch: the id of the item that follows
  std::string condition;             ///< what a conditional step looks at
  std::string outcomes;              ///< all answers that a decision may give
  std::string max_iterations;        ///< a number: branches of this item may lead back

  // Data and services.
  std::string inputs;
  std::string outputs;
  std::string service;
  std::string timeout;
  std::string retry;

  // The values of `type` that mean these.
  std::string conditional_type;  ///< chooses between branches by a condition
  std::string decision_type;     ///< asks a language model
  std::string call_type;         ///< calls a service

  // Stages.
  std::string sequence;
  std::string parallel_with;
  std::string team;
  std::vector<std::string> teams;  ///< the teams that there are; empty: any

  // Limbo zones.
  std::string zones;  ///< top-level key of the array of zones
  std::string zone_id = "id";
  std::string zone_from = "from";
  std::string zone_to = "to";
  std::string zone_payload = "payload";
  std::string zone_join = "join";
  std::string zone_entry = "entry_condition";
  std::string zone_exit = "exit_condition";
  std::string zone_max_wait = "max_wait";
  std::string zone_owner = "owner";  ///< who receives what waits
};

/// What is known about the request that a document answers. May be empty.
struct RuleContext {
  std::vector<std::string> services;  ///< that steps may name; empty: any
  std::string prompt;                 ///< for the coverage warning; empty: not checked
};

/// The rules written as JSON in workflow_formats.rules, e.g.
/// {"kind":"steps","items":"tasks","id":"key","depends_on":"after"}.
/// Throws llmw::Error 22023 for an unknown key, a missing "items" or "id", a value of a wrong type.
/// Null, {} and {"kind":"none"} are no rules.
Rules parse_rules(const JsonValue& json);

/// All findings, errors first, each group in document order; at most 100. A check applies only as
/// far as the document carries the fields that it needs.
std::vector<Finding> check_rules(const Rules& rules, const JsonValue& document,
                                 const RuleContext& context);

/// Number of steps or stages; 0 when there is no such array, nothing without rules.
std::optional<int> count_items(const Rules& rules, const JsonValue& document);

/// Number of limbo zones; 0 when there is no such array, nothing when the format has none.
std::optional<int> count_zones(const Rules& rules, const JsonValue& document);

/// A place where work waits between two stages.
struct LimboZone {
  std::string id;
  std::string from;
  std::string to;
  std::vector<std::string> payload;  ///< outputs of `from` that `to` takes in
  std::string join;  ///< "all" or "any": what `to` waits for when it has several; else empty
  std::string from_team;
  std::string to_team;

  bool operator==(const LimboZone&) const = default;
};

/// One zone for each dependency that no longer path implies, in document order. Empty when the
/// format has no zones, and when the dependencies are circular.
std::vector<LimboZone> derive_limbo_zones(const Rules& rules, const JsonValue& document);

/// `document` with every zone: those that it declared, marked "origin":"declared", and those that
/// follow from its dependencies but were not declared, marked "origin":"derived".
JsonValue complete_limbo_zones(const Rules& rules, JsonValue document);

/// One row of the catalogue of codes.
struct ValidationCode {
  const char* code;
  Severity severity;
  const char* meaning;
};

/// Every code that validation can give, in the order of docs/validation.md.
std::span<const ValidationCode> validation_codes();

}  // namespace llmw
