#pragma once
// What an answer amounts to: its document is looked for, mended, expanded and validated.

#include <string>
#include <vector>

#include "core/finding.hpp"
#include "core/flow.hpp"
#include "core/flow_prompts.hpp"
#include "core/format.hpp"

namespace llmw {

/// How a format is used in one request.
struct FormatUse {
  const Format& format;
  const AnswerForm& form;
  const RuleContext& context;
  bool by_rules = false;  ///< the answer is a draft of builtin-draft
};

/// An answer, judged.
struct Verdict {
  Judgement judgement;
  JsonValue document;  ///< valid when the outcome is ok; what was complete when truncated
  std::vector<Finding> findings;  ///< of the document
  std::string explanation;        ///< JSON string literal; empty: there was none
  std::string why;                ///< for the error's detail when not accepted
};

/// Looks for a whole document. With `validate` off its findings are not asked for: it is a part.
Verdict judge_answer(const Answer& answer, const FormatUse& use, bool validate);

/// Validates `verdict.document` and says in the verdict what came of it.
void validate_document(Verdict& verdict, const FormatUse& use);

/// The outline in `answer`; empty when there is none. `judgement` says what became of the answer.
std::vector<OutlineItem> read_outline(const Answer& answer, Judgement& judgement);

/// "E07, schema_required": the codes of errors, each once.
std::vector<std::string> error_codes(const std::vector<Finding>& findings);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace llmw
