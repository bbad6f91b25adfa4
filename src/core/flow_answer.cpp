#include "core/flow_answer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/extract.hpp"

namespace llmw {

namespace {

Judgement judgement_of(const Answer& answer) {
  Judgement judgement;
  judgement.outcome = answer.outcome;
  judgement.error_code = answer.error_code;
  return judgement;
}

std::string reason_given(const Answer& answer) {
  return answer.error_message.empty() ? answer.error_code : answer.error_message;
}

/// A provider that cut an answer still delivered the start of a document.
bool has_text(const Answer& answer) {
  return !answer.text.empty() &&
         (answer.outcome == Outcome::ok || answer.outcome == Outcome::truncated);
}

/// An item that was open when the answer was cut is incomplete: it goes. The path is in the form in
/// which the model wrote, so this comes before the expansion.
void drop_open_item(const std::string& open_path, JsonValue& document) {
  const std::size_t end = open_path.find('/', 1);
  if (open_path.empty() || end == std::string::npos) return;
  JsonValue* list = document.find(open_path.substr(1, end - 1));
  if (list != nullptr && !list->items.empty()) list->items.pop_back();
}

void note_no_document(const Extracted& found, const Answer& answer, Verdict& verdict) {
  if (found.status == ExtractStatus::truncated || answer.outcome == Outcome::truncated) {
    verdict.judgement.outcome = Outcome::truncated;
    if (verdict.why.empty()) verdict.why = found.message;
    return;
  }
  verdict.judgement.outcome = Outcome::validation_failed;
  verdict.judgement.validation_codes = {"document_not_found"};
  verdict.why = found.message;
}

/// The texts of a draft by rules are the caller's own: what is wrong with them is told, and no
/// reason to refuse the draft.
void excuse_texts(std::vector<Finding>& findings) {
  for (Finding& finding : findings)
    if (finding.code == "E11" || finding.code == "E13") finding.severity = Severity::warning;
}

void judge_findings(std::vector<Finding> findings, Verdict& verdict, const FormatUse& use) {
  verdict.findings = std::move(findings);
  if (use.by_rules) excuse_texts(verdict.findings);
  if (!has_errors(verdict.findings)) return;
  verdict.judgement.outcome = Outcome::validation_failed;
  verdict.judgement.validation_codes = error_codes(verdict.findings);
  verdict.why = "validation failed: " + join(verdict.judgement.validation_codes, ", ");
}

/// The candidate of an answer that holds to the format's schema, expanded, so that neither is done
/// again when it is taken.
class FittingDocument {
 public:
  explicit FittingDocument(const FormatUse& use) : use_(use) {}

  std::size_t misfit(const JsonValue& candidate) {
    JsonValue document = use_.form.expand(candidate);
    const std::size_t violations = check_schema(use_.format.schema(), document).size();
    if (violations != 0) return violations;
    ++fitting_;
    document_ = std::move(document);
    return 0;
  }

  /// Of several that fit, which one is meant is not known here.
  bool is_only_one() const { return fitting_ == 1; }
  JsonValue take() { return std::move(document_); }

 private:
  const FormatUse& use_;
  JsonValue document_;
  int fitting_ = 0;
};

}  // namespace

Verdict judge_answer(const Answer& answer, const FormatUse& use, bool validate) {
  Verdict verdict;
  verdict.judgement = judgement_of(answer);
  verdict.why = reason_given(answer);
  if (!has_text(answer)) return verdict;

  FittingDocument fitting(use);
  Extracted found = extract_json(
      answer.text, [&](const JsonValue& candidate) { return fitting.misfit(candidate); });
  verdict.judgement.mends = std::move(found.mends);
  drop_open_item(found.open_path, found.document);
  bool fits = found.fits && fitting.is_only_one();
  verdict.document = fits ? fitting.take() : use.form.expand(std::move(found.document));
  const std::size_t members = verdict.document.members.size();
  verdict.explanation = use.form.take_explanation(verdict.document);
  fits = fits && verdict.document.members.size() == members;
  if (found.status != ExtractStatus::ok) {
    note_no_document(found, answer, verdict);
    return verdict;
  }
  verdict.judgement = {Outcome::ok, {}, {}, std::move(verdict.judgement.mends)};
  if (validate)
    judge_findings(fits ? use.format.validate_fitting(verdict.document, use.context)
                        : use.format.validate(verdict.document, use.context),
                   verdict, use);
  return verdict;
}

void validate_document(Verdict& verdict, const FormatUse& use) {
  judge_findings(use.format.validate(verdict.document, use.context), verdict, use);
}

std::vector<OutlineItem> read_outline(const Answer& answer, Judgement& judgement) {
  judgement = judgement_of(answer);
  if (answer.outcome != Outcome::ok) return {};
  Extracted found = extract_json(answer.text);
  judgement.mends = std::move(found.mends);
  std::vector<OutlineItem> outline;
  std::set<std::string> ids;
  const JsonValue* entries = found.document.find("outline");
  if (found.status == ExtractStatus::ok && entries != nullptr) {
    for (const JsonValue& entry : entries->items) {
      const JsonValue* id = entry.find("id");
      const JsonValue* title = entry.find("title");
      if (id == nullptr || id->text.empty() || !ids.insert(id->text).second) continue;
      outline.push_back({id->text, title == nullptr ? "" : title->text});
    }
  }
  if (!outline.empty()) return outline;
  judgement.outcome = Outcome::validation_failed;
  judgement.validation_codes = {"outline_not_found"};
  return {};
}

std::vector<std::string> error_codes(const std::vector<Finding>& findings) {
  std::vector<std::string> codes;
  for (const Finding& finding : findings)
    if (finding.severity == Severity::error &&
        std::find(codes.begin(), codes.end(), finding.code) == codes.end())
      codes.push_back(finding.code);
  return codes;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string all;
  for (const std::string& part : parts) {
    if (!all.empty()) all += separator;
    all += part;
  }
  return all;
}

}  // namespace llmw
