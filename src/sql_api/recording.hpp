#pragma once
// What functions that note something about a request have in common: they write in the caller's
// transaction, with the rights of the extension's owner.

#include <span>
#include <string>

#include "pg/postgres.hpp"

namespace llmw {

/// Throws llmw::Error 22004 when argument `n` is NULL.
void check_is_given(FunctionCallInfo fcinfo, int n, const char* argument);

/// Throws llmw::Error 25006 on a standby and in a transaction that may not write.
void check_can_write(const char* function);

/// Runs a statement with @extschema@ and the newest snapshot: that of the caller's transaction may
/// be older than the request. `nulls` has 'n' or ' ' for each value.
void write_record(const char* sql, std::span<const Oid> types, std::span<const Datum> values,
                  const std::string& nulls = {});

}  // namespace llmw
