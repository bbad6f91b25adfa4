#pragma once
// What a flow is made of: a request, and its models as the catalogue has them. The worker asks by
// it, and preview_workflow() tells what the worker would ask.
//
// Call inside a transaction. May throw llmw::Error.

#include "core/flow.hpp"
#include "core/request.hpp"
#include "pg/catalogue.hpp"
#include "pg/provider_server.hpp"

namespace llmw {

/// All that `request` says. The chain, the adviser and what belongs to a job are the caller's.
FlowInput flow_input_of(const GenerationRequest& request);

/// `model`, at `server`, as the flow of `request` sees it: unusable when it cannot write documents
/// of the format, or when the role of the request `may_use` the server no more. Its counter and
/// what was learned of it are the caller's, as is its key.
Candidate candidate_of(const GenerationRequest& request, const Model& model,
                       const ProviderServer& server, bool may_use = true);

/// How `model` is told the schema of a document.
StructuredOutput structured_output_of(const Model& model, const ProviderServer& server);

}  // namespace llmw
