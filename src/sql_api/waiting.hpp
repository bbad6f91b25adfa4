#pragma once
// The way of a request to the worker of this database and of its result back.

#include "core/request.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// Throws llmw::Error when this server cannot generate: 55000 not preloaded, 25006 a standby.
void check_can_generate();

/// Hands `request` to the worker and waits for its end; interrupts are obeyed at once, and whatever
/// ends the wait, the worker is told. The result as jsonb. A request that failed is an error, or
/// with `throw_on_error` off a jsonb that says so.
Datum generate(const GenerationRequest& request, bool throw_on_error);

}  // namespace llmw
