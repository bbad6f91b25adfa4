#pragma once
// The model `builtin-draft`: a pilot document by rules, without network, key or cost.
//
// The description is cut into sentences (draft_text) and segments (draft_clauses); each segment's
// action is found (draft_verbs, with the tables of draft_lexicon); actions become steps in order
// (draft_sentence, draft_steps, draft_reader), are linked (draft_plan) and get their services
// (draft_services). What comes out is a draft: it finds what the text names and invents nothing.

#include <span>
#include <string>
#include <string_view>

namespace llmw {

/// A pilot document by rules from `description` (UTF-8; other bytes are replaced) and the caller's
/// `services`, as compact JSON:
/// {"pilot_steps":[{"id","operation","step_type","depends_on":[...], and where the text says so
/// "service","actor","condition","schedule","constraint"}]}.
/// Always yields a document that passes pilot validation (1-50 steps); when no action is recognised
/// it has one step that asks to decide. The same input gives the same bytes. Linear time; text
/// beyond 64 KB is ignored. Never throws except std::bad_alloc.
std::string draft_workflow(std::string_view description, std::span<const std::string> services);

}  // namespace llmw
