#include "sql_api/chain_verifier.hpp"

#include <algorithm>

#include "pg/boundary.hpp"
#include "pg/spi_plan.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

constexpr long kRowsAtOnce = 500;

constexpr const char* kChains =
    "SELECT c.chain_id, c.partition, c.worker, c.seed, c.retired_at IS NOT NULL, h.chain_no,"
    " h.chain_hash FROM @extschema@.audit_chains c LEFT JOIN LATERAL"
    " (SELECT l.chain_no, l.chain_hash FROM @extschema@.audit_chain_heads l"
    "  WHERE l.chain_id = c.chain_id ORDER BY l.chain_no DESC LIMIT 1) h ON true";

constexpr const char* kPartitions =
    "SELECT k.relname, pg_catalog.format('%I.%I', k.relnamespace::regnamespace, k.relname)"
    " FROM (VALUES ('@extschema@.llm_calls'::regclass), ('@extschema@.audit_logs')) AS t (parent)"
    " CROSS JOIN LATERAL pg_catalog.pg_partition_tree(t.parent) p"
    " JOIN pg_catalog.pg_class k ON k.oid = p.relid"
    " WHERE p.isleaf AND k.relkind = 'r' ORDER BY t.parent, k.relname";

/// Runs a statement with the snapshot of the caller; returns how many rows there are.
std::uint64_t look_up(const Extension& extension, const char* sql) {
  const std::string text = in_schema(extension, sql);
  const char* source = text.c_str();
  return PgCall([=] {
    if (SPI_execute(source, true, 0) != SPI_OK_SELECT)
      ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not read the audit chains")));
    return SPI_processed;
  });
}

Portal open_cursor(const std::string& sql) {
  const char* source = sql.c_str();
  return PgCall([=] {
    SPIPlanPtr plan = SPI_prepare(source, 0, nullptr);
    if (plan == nullptr)
      ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not prepare \"%s\"", source)));
    return SPI_cursor_open(nullptr, plan, nullptr, nullptr, true);
  });
}

/// The next rows in SPI_tuptable; returns how many.
std::uint64_t fetch(Portal cursor) {
  return PgCall([=] {
    SPI_cursor_fetch(cursor, true, kRowsAtOnce);
    return SPI_processed;
  });
}

}  // namespace

void ChainVerifier::run() {
  read_chains();
  for (auto& [id, chain] : chains_)
    if (const auto kept = kept_.find(id); kept != kept_.end()) chain.kept = kept->second;
  read_partitions();
  for (const Partition& partition : partitions_) verify_partition(partition);
  report();
}

void ChainVerifier::read_chains() {
  const std::uint64_t rows = look_up(extension_, kChains);
  for (std::uint64_t i = 0; i < rows; ++i) {
    const SpiRow row(i);
    const ChainHead start{0, digest_from(row.bytes(4))};
    Chain chain{row.text(2), row.integer(3), start, DatumGetBool(*row.get(5)), ChainWalk(start)};
    if (row.get(6)) chain.noted = {row.bigint(6), digest_from(row.bytes(7))};
    chains_.emplace(row.integer(1), chain);
  }
}

void ChainVerifier::read_partitions() {
  const std::uint64_t rows = look_up(extension_, kPartitions);
  for (std::uint64_t i = 0; i < rows; ++i)
    partitions_.push_back({SpiRow(i).text(1), SpiRow(i).text(2)});
}

void ChainVerifier::verify_partition(const Partition& partition) {
  unsealed_ = 0;
  Portal cursor = open_cursor("SELECT p.* FROM ONLY " + partition.qualified +
                              " p ORDER BY p.chain_id, p.chain_no");
  MemoryContext scratch = PgCall([] {
    return AllocSetContextCreate(CurrentMemoryContext, "llm_workflow audit chain",
                                 ALLOCSET_DEFAULT_SIZES);
  });
  ChainHasher hash;
  std::optional<ChainForm> form;
  for (std::uint64_t rows = fetch(cursor); rows > 0; rows = fetch(cursor)) {
    SPITupleTable* table = SPI_tuptable;
    if (!form) form.emplace(table->tupdesc);
    MemoryContext before = MemoryContextSwitchTo(scratch);
    for (std::uint64_t i = 0; i < rows; ++i) {
      row_.read(table->vals[i], table->tupdesc);
      verify_row(partition, *form, hash);
    }
    MemoryContextSwitchTo(before);
    PgCall([=] {
      MemoryContextReset(scratch);
      SPI_freetuptable(table);
      CHECK_FOR_INTERRUPTS();
    });
  }
  hash.free();
  PgCall([=] {
    MemoryContextDelete(scratch);
    SPI_cursor_close(cursor);
  });
  if (unsealed_ > 0) reports_.push_back({.partition = partition.name, .rows = unsealed_});
}

/// Each row is in the context of the partition; what a report says of it is copied.
void ChainVerifier::verify_row(const Partition& partition, const ChainForm& form,
                               ChainHasher& hash) {
  const ChainColumns& own = form.own();
  if (row_.is_null(own.chain_id)) {
    ++unsealed_;
    return;
  }
  Chain& chain = chain_of(DatumGetInt32(row_.get(own.chain_id)));
  const std::int64_t no = row_.is_null(own.chain_no) ? 0 : DatumGetInt64(row_.get(own.chain_no));
  if (!is_home(chain, partition)) {
    if (!chain.stray_no) chain.stray_row = name_row(form);
    if (!chain.stray_no) chain.stray_no = no;
    return;
  }
  chain.met = true;
  if (!chain.walk.broken()) follow(chain, no, form, hash);
}

void ChainVerifier::follow(Chain& chain, std::int64_t no, const ChainForm& form,
                           ChainHasher& hash) {
  if (chain.walk.expects(no)) {
    form.write(row_, canonical_);
    const std::string salt = row_.bytes(form.own().chain_salt);
    const ChainDigest stored = digest_from(row_.bytes(form.own().chain_hash));
    const ChainDigest texts = texts_digest(hash, salt, canonical_, input_);
    write_link_input(input_, chain.walk.head().hash, no, texts, canonical_.figures());
    chain.walk.pass(stored, hash(input_));
    if (kind_of_salt(salt) == SaltKind::erased) ++chain.erased;
    if (chain.kept && chain.kept->no == no && chain.kept->hash != stored)
      chain.walk.fail(ChainProblem::rewritten, no);
  }
  if (chain.walk.broken() && chain.walk.problem() != ChainProblem::missing)
    chain.bad_row = name_row(form);
}

ChainVerifier::Chain& ChainVerifier::chain_of(int id) {
  const auto known = chains_.find(id);
  if (known != chains_.end()) return known->second;
  return chains_.emplace(id, Chain{{}, {}, {}, true, ChainWalk({})}).first->second;
}

/// A chain is where its rows were written; a partition may have got another name since.
bool ChainVerifier::is_home(const Chain& chain, const Partition& partition) const {
  if (chain.partition == partition.name) return true;
  if (!chain.worker) return false;  // there is no such chain
  return std::none_of(partitions_.begin(), partitions_.end(),
                      [&](const Partition& other) { return other.name == chain.partition; });
}

RowName ChainVerifier::name_row(const ChainForm& form) const {
  RowName name;
  const auto has = [&](int column) { return column != 0 && !row_.is_null(column); };
  if (has(form.row_time())) name.time = row_.get(form.row_time());
  if (!has(form.row_id())) return name;
  const pg_uuid_t* id = DatumGetUUIDP(row_.get(form.row_id()));
  name.id = PgCall([=, this] {
    auto* copy = static_cast<pg_uuid_t*>(MemoryContextAlloc(names_, sizeof(pg_uuid_t)));
    *copy = *id;
    return UUIDPGetDatum(copy);
  });
  return name;
}

void ChainVerifier::finish(Chain& chain) {
  if (chain.retired && !chain.met) {
    if (chain.kept && chain.kept->no > chain.noted.no)
      chain.walk.fail(ChainProblem::cut, chain.noted.no + 1);
  } else {
    chain.walk.end(chain.noted);
    if (chain.kept && chain.kept->no > chain.walk.head().no)
      chain.walk.fail(ChainProblem::cut, chain.walk.head().no + 1);
  }
  if (!chain.stray_no || chain.walk.broken()) return;
  chain.walk.fail(chain.worker ? ChainProblem::misplaced : ChainProblem::unknown, *chain.stray_no);
  chain.bad_row = chain.stray_row;
}

void ChainVerifier::report() {
  for (const auto& [id, kept] : kept_) {
    Chain& chain = chain_of(id);
    if (!chain.worker) chain.walk.fail(ChainProblem::unknown, kept.no);
  }
  for (auto& [id, chain] : chains_) {
    finish(chain);
    if (chain.retired && !chain.met && !chain.walk.broken()) continue;
    reports_.push_back({chain.partition, chain.worker, id, chain.walk.head().no, chain.erased,
                        chain.walk.problem(), chain.walk.problem_no(), chain.bad_row});
  }
}

}  // namespace llmw
