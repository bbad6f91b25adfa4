#pragma once
// The worker writes as the owner of the extension, in a security-restricted context.

#include <optional>
#include <utility>

#include "pg/boundary.hpp"
#include "pg/extension.hpp"
#include "pg/postgres.hpp"
#include "pg/transaction.hpp"
#include "pg/versions.hpp"

namespace llmw {

/// Thrown when the extension was dropped: the worker has nothing left to serve.
struct ExtensionGone {};

/// Thrown when the SQL objects are of another version than the library: the worker touches nothing
/// and sends nothing. No llmw::Error, because trying again will not help.
struct ExtensionUnfit {
  Error error;
};

/// Runs `body` in a transaction of its own, with SPI connected. Throws llmw::Error when it was
/// rolled back, ExtensionGone when the extension is no longer there, ExtensionUnfit when it is of
/// another version.
template <typename Body>
void as_owner(const Extension& known, Body&& body) {
  in_transaction([&] {
    const std::optional<Extension> extension = lock_extension(known.oid);
    if (!extension) throw ExtensionGone{};
    if (std::optional<Error> error = version_mismatch(extension->version))
      throw ExtensionUnfit{std::move(*error)};
    Oid user = InvalidOid;
    int context = 0;
    GetUserIdAndSecContext(&user, &context);
    SetUserIdAndSecContext(extension->owner,
                           SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
    PgCall([] { SPI_connect(); });
    body();
    PgCall([] { SPI_finish(); });
    SetUserIdAndSecContext(user, context);  // an abort puts it back by itself
  });
}

}  // namespace llmw
