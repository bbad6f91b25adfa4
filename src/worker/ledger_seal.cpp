// The ledger's part for the audit chain: what others wrote is sealed, and heads are given away.

#include <string>

#include "pg/spi_plan.hpp"
#include "worker/ledger.hpp"
#include "worker/owner_transaction.hpp"

namespace llmw {

namespace {

// At most so many at once: calls that are answered wait meanwhile.
constexpr std::int64_t kRowsAtOnce = 2000;

// Only the last head of a chain is needed.
constexpr const char* kTrimHeads =
    "DELETE FROM @extschema@.audit_chain_heads h USING (SELECT l.chain_id, max(l.chain_no) AS last"
    "  FROM @extschema@.audit_chain_heads l GROUP BY l.chain_id) m"
    " WHERE h.chain_id = m.chain_id AND h.chain_no < m.last";

constexpr const char* kDigestSince = "SELECT @extschema@.audit_digest($1)::text";

constexpr Oid kSinceTypes[] = {TIMESTAMPTZOID};

}  // namespace

// Whoever locks the tables, or rows of them, must not hold up the requests of this worker.
bool Ledger::seal_others() {
  SealedWrites sealed(sealer_);
  const std::string seal =
      "SELECT @extschema@.llmw_seal_unsealed(" + std::to_string(kRowsAtOnce) + ")";
  bool more = false;
  as_owner(extension_, [&] {
    run_once(extension_, "SELECT pg_catalog.set_config('lock_timeout', '100ms', true)");
    if (run_once(extension_, seal.c_str()) > 0) more = SpiRow(0).bigint(1) >= kRowsAtOnce;
    sealed.write_heads();
    run_once(extension_, kTrimHeads);
  });
  sealed.keep();
  return more;
}

std::string Ledger::audit_digest(std::optional<TimestampTz> since) {
  std::string digest;
  as_owner(extension_, [&] {
    Columns asked(kSinceTypes, 1);
    since ? asked.add(std::int64_t{*since}) : asked.add_null();
    SPIPlanPtr plan = keep_plan(in_schema(extension_, kDigestSince), {TIMESTAMPTZOID});
    if (run_plan(plan, asked.row()) > 0) digest = SpiRow(0).text(1);
    PgCall([=] { SPI_freeplan(plan); });
  });
  return digest;
}

}  // namespace llmw
