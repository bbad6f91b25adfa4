#pragma once
// The sections of a report, in their order. Each says in words when it has nothing to show.

#include "core/json_value.hpp"
#include "core/markup_writer.hpp"

namespace llmw {

void append_headline(MarkupWriter& out, const JsonValue& data);
void append_money_section(MarkupWriter& out, const JsonValue& data);
void append_fallback_section(MarkupWriter& out, const JsonValue& data);
void append_latency_section(MarkupWriter& out, const JsonValue& data);
void append_agent_section(MarkupWriter& out, const JsonValue& data);
void append_model_section(MarkupWriter& out, const JsonValue& data);
void append_budget_section(MarkupWriter& out, const JsonValue& data);
void append_failure_section(MarkupWriter& out, const JsonValue& data);

/// Opens a section; `</section>` is the caller's.
void append_section_head(MarkupWriter& out, MarkupLiteral title, MarkupLiteral question);

}  // namespace llmw
