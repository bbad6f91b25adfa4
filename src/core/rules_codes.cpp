// The catalogue of codes. docs/validation.md explains each.

#include "core/rules.hpp"

namespace llmw {
namespace {

constexpr Severity kError = Severity::error;
constexpr Severity kWarning = Severity::warning;

constexpr ValidationCode kCodes[] = {
    {"json_unreadable", kError, "the document is not JSON that can be stored"},
    {"document_not_found", kError, "the answer does not hold exactly one complete document"},
    {"outline_not_found", kError, "the answer does not hold the outline of a large document"},
    {"parts_missing", kError, "items of the outline are in none of the answers"},
    {"schema_KEYWORD", kError, "the document breaks this keyword of its format's JSON Schema"},
    {"draft_by_rules", kWarning, "the document is a draft of builtin-draft, made by rules"},
    {"E01", kError, "there is no array of 1 to 50 items, or as many as the format allows"},
    {"E02", kError, "a step's id is missing, empty, not unique or not usable as a name"},
    {"E03", kError, "an item's type is missing or not one that the format allows"},
    {"E04", kError, "an item has a key that the format does not know"},
    {"E05", kError, "an item's text is missing, empty or a placeholder"},
    {"E06", kError, "a step names one that does not exist"},
    {"E07", kError, "steps wait for each other in a circle"},
    {"E08", kError, "nothing leads to a step of a workflow with branches"},
    {"E09", kError, "branches are incomplete, double, or where none belong"},
    {"E10", kError, "a step takes in what is not certain to be there before it"},
    {"E11", kError, "a service is unknown, a URL is not encrypted, or a text holds a secret"},
    {"E12", kError, "a decision's outcomes are not the cases of its branches"},
    {"E13", kError, "a text has control characters, or sizes are beyond what a workflow needs"},
    {"W01", kWarning, "two items have the same text"},
    {"W02", kWarning, "no step takes in what a step makes"},
    {"W03", kWarning, "steps are not listed in the order in which they run"},
    {"W04", kWarning, "a call has neither timeout nor retry, though others have"},
    {"W05", kWarning, "a call with effects may run twice"},
    {"W06", kWarning, "the document does not mention what the request names"},
    {"W07", kWarning, "three or more decisions follow each other, each a call of a model"},
    {"S01", kError, "a stage's id is missing or not usable, or the sequence has gaps"},
    {"S02", kError, "a dependency names no stage, or stages wait for each other in a circle"},
    {"S03", kError, "the sequence contradicts the dependencies"},
    {"S04", kError, "parallel stages do not name each other, or one waits for the other"},
    {"S05", kError, "a stage takes in what a stage makes that it does not wait for"},
    {"S06", kError, "two parallel stages make the same output"},
    {"S07", kError, "a stage has no team, or one that does not exist"},
    {"S08", kError, "a stage is connected with no other"},
    {"L01", kWarning, "a declared zone has no dependency"},
    {"L02", kWarning, "a dependency has no declared zone"},
    {"L03", kWarning, "a zone has no payload"},
    {"L04", kWarning, "a zone lacks its entry or exit condition"},
    {"L05", kWarning, "a zone has no longest wait"},
    {"L06", kWarning, "a stage waits for several, and the zone does not say for all or any"},
    {"L07", kWarning, "work changes teams, and nobody receives it"},
    {"L08", kWarning, "two zones stand for the same dependency, or have the same id"},
    {"L09", kWarning, "a zone stands between parallel stages"},
    {"L10", kWarning, "a third stage may change what waits"},
};

}  // namespace

std::span<const ValidationCode> validation_codes() { return kCodes; }

}  // namespace llmw
