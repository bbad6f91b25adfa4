#pragma once
// What the requests of the statement that is running may cost, and have cost.
//
// A statement is what the client sent: SELECT generate_workflow(x) FROM big_table is one, with all
// its rows, and a DO block or a call of a function is one with all that it runs. Each FETCH from a
// cursor is one of its own.

#include <string>
#include <string_view>

namespace llmw {

/// Adds what a request has cost: decimal USD; empty, as it is not known, adds nothing.
void add_statement_cost(std::string_view cost_or_empty);

/// The most that each of `requests` may cost: an equal share of what
/// llm_workflow.max_statement_cost leaves to the statement, or llm_workflow.max_request_cost if
/// that is less. Decimal USD; empty: no limit. Throws llmw::Error LW010 when nothing is left.
std::string request_cost_limit(int requests);

}  // namespace llmw
