#include "pg/chain_sealer.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/bytes.hpp"
#include "pg/columns.hpp"
#include "pg/spi_plan.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

constinit ChainSealer* active_sealer = nullptr;

constexpr const char* kReadTip =
    "SELECT c.chain_id, c.seed, h.chain_no, h.chain_hash FROM @extschema@.audit_chains c"
    " LEFT JOIN LATERAL (SELECT l.chain_no, l.chain_hash FROM @extschema@.audit_chain_heads l"
    "  WHERE l.chain_id = c.chain_id ORDER BY l.chain_no DESC LIMIT 1) h ON true"
    " WHERE c.partition = $1 AND c.worker = $2::int4 AND c.retired_at IS NULL"
    " ORDER BY c.chain_id DESC LIMIT 1";

constexpr const char* kMakeChain =
    "INSERT INTO @extschema@.audit_chains (chain_id, partition, worker, seed)"
    " SELECT coalesce(max(c.chain_id), 0) + 1, $1, $2::int4, $3 FROM @extschema@.audit_chains c"
    " RETURNING chain_id, seed";

constexpr const char* kAddHead =
    "INSERT INTO @extschema@.audit_chain_heads (chain_id, chain_no, chain_hash)"
    " VALUES ($1::int4, $2, $3)";

// A call and its event, mostly.
constexpr const char* kAddTwoHeads =
    "INSERT INTO @extschema@.audit_chain_heads (chain_id, chain_no, chain_hash)"
    " VALUES ($1::int4, $2, $3), ($4::int4, $5, $6)";

constexpr uint16 kChainLock = 2;  // beside that of recovery

constexpr Oid kTipTypes[] = {TEXTOID, INT8OID};
constexpr Oid kChainTypes[] = {TEXTOID, INT8OID, BYTEAOID};
constexpr Oid kTwoHeadTypes[] = {INT8OID, INT8OID, BYTEAOID, INT8OID, INT8OID, BYTEAOID};
constexpr std::span<const Oid> kHeadTypes(kTwoHeadTypes, 3);

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  char* to = bytes.data();
  PgCall([=] {
    if (!pg_strong_random(to, count)) elog(ERROR, "could not get random bits");
  });
  return bytes;
}

std::string name_of(Relation table) { return to_utf8(RelationGetRelationName(table)); }

/// Runs a statement that is needed once for each partition.
template <typename Read>
void run_rarely(const Extension& extension, const char* sql, Columns& parameters,
                std::span<const Oid> types, Read&& read) {
  PgCall([] { SPI_connect(); });
  SPIPlanPtr plan = keep_plan(in_schema(extension, sql), {types.begin(), types.end()});
  read(run_plan(plan, parameters.row()));
  PgCall([=] {
    SPI_freeplan(plan);
    SPI_finish();
  });
}

HeapTuple with_place(Relation table, HeapTuple row, const ChainColumns& own, Datum (&values)[4],
                     bool has_salt) {
  return PgCall([&] {
    int columns[] = {own.chain_id, own.chain_no, own.chain_hash, own.chain_salt};
    bool nulls[] = {false, false, false, !has_salt};
    return heap_modify_tuple_by_cols(row, RelationGetDescr(table), 4, columns, values, nulls);
  });
}

}  // namespace

ChainSealer* ChainSealer::active() { return active_sealer; }

HeapTuple ChainSealer::seal(Relation partition, HeapTuple row) {
  const ChainForm& form = chain_form_of(partition);
  DeformedRow deformed;
  deformed.read(row, RelationGetDescr(partition));
  CanonicalRow canonical;
  form.write(deformed, canonical);
  const std::string salt = canonical.has_texts() ? random_bytes(kChainSaltBytes) : std::string();

  Tip& tip = tip_of(partition);
  if (!hasher_) hasher_.emplace();
  ChainHasher& hash = *hasher_;
  std::string input;
  const ChainDigest texts = texts_digest(hash, salt, canonical, input);
  write_link_input(input, tip.head.hash, tip.head.no + 1, texts, canonical.figures());
  const ChainDigest link = hash(input);

  tip.head = {tip.head.no + 1, link};
  tip.moved = true;
  Datum values[] = {Int32GetDatum(tip.chain), Int64GetDatum(tip.head.no),
                    bytes_datum(bytes_of(link)), bytes_datum(salt)};
  return with_place(partition, row, form.own(), values, !salt.empty());
}

ChainSealer::Tip& ChainSealer::tip_of(Relation partition) {
  const auto known = tips_.find(RelationGetRelid(partition));
  if (known != tips_.end()) return known->second;
  Tip tip = read_tip(partition);
  if (tip.chain == 0 || !fits(partition, tip)) tip = make_chain(partition);
  return tips_.emplace(RelationGetRelid(partition), tip).first->second;
}

ChainSealer::Tip ChainSealer::read_tip(Relation partition) {
  Tip tip;
  Columns asked(kTipTypes, 1);
  asked.add(name_of(partition)).add(ordinal_);
  run_rarely(extension_, kReadTip, asked, kTipTypes, [&](std::uint64_t rows) {
    if (rows == 0) return;
    const SpiRow row(0);
    tip.chain = row.integer(1);
    tip.head = {row.bigint(3), digest_from(row.bytes(row.get(3) ? 4 : 2))};
  });
  return tip;
}

/// Whether the head is the last row of its chain. If somebody changed either, the chain is left as
/// it is for verify_audit_chain() to tell, and another one is begun.
bool ChainSealer::fits(Relation partition, const Tip& tip) {
  const std::string table = to_utf8(PgCall([=] {
    return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(partition)),
                                      RelationGetRelationName(partition));
  }));
  const std::string sql = "SELECT p.chain_no, p.chain_hash FROM ONLY " + table +
                          " p WHERE p.chain_id = $1::int4 ORDER BY p.chain_no DESC LIMIT 1";
  ChainHead last;
  bool found = false;
  constexpr Oid kTypes[] = {INT8OID};
  Columns asked(kTypes, 1);
  run_rarely(extension_, sql.c_str(), asked.add(tip.chain), kTypes, [&](std::uint64_t rows) {
    if (rows == 0) return;
    const SpiRow row(0);
    last = {row.bigint(1), digest_from(row.bytes(2))};
    found = true;
  });
  if (!found) return tip.head.no == 0;
  return last.no == tip.head.no && last.hash == tip.head.hash;
}

// One maker at a time: when a month begins, all workers need a chain at once, and of two with one
// number only one can commit.
ChainSealer::Tip ChainSealer::make_chain(Relation partition) {
  const Oid oid = extension_.oid;
  PgCall([=] { LockDatabaseObject(ExtensionRelationId, oid, kChainLock, ExclusiveLock); });
  Tip tip;
  Columns made(kChainTypes, 1);
  made.add(name_of(partition)).add(ordinal_).add_bytes(random_bytes(sizeof(ChainDigest)));
  run_rarely(extension_, kMakeChain, made, kChainTypes, [&](std::uint64_t) {
    const SpiRow row(0);
    tip.chain = row.integer(1);
    tip.head.hash = digest_from(row.bytes(2));
  });
  return tip;
}

void ChainSealer::write_heads() {
  std::vector<Tip*> moved;
  for (auto& [partition, tip] : tips_)
    if (std::exchange(tip.moved, false)) moved.push_back(&tip);
  const auto add = [](Columns& row, const Tip& tip) {
    row.add(tip.chain).add(tip.head.no).add_bytes(bytes_of(tip.head.hash));
  };
  std::size_t done = 0;
  for (; moved.size() - done >= 2; done += 2) {
    Columns rows(kTwoHeadTypes, 1);
    add(rows, *moved[done]);
    add(rows, *moved[done + 1]);
    run_kept(add_two_heads_, kAddTwoHeads, kTwoHeadTypes, rows);
  }
  if (done < moved.size()) {
    Columns row(kHeadTypes, 1);
    add(row, *moved[done]);
    run_kept(add_head_, kAddHead, kHeadTypes, row);
  }
  if (hasher_) hasher_->free();
  hasher_.reset();
}

void ChainSealer::run_kept(SPIPlanPtr& plan, const char* sql, std::span<const Oid> types,
                           const Columns& row) const {
  if (plan == nullptr) plan = keep_plan(in_schema(extension_, sql), {types.begin(), types.end()});
  run_plan(plan, row.row());
}

void ChainSealer::forget() {
  tips_.clear();
  hasher_.reset();
}

SealedWrites::SealedWrites(ChainSealer& sealer) : sealer_(sealer) { active_sealer = &sealer; }

SealedWrites::~SealedWrites() {
  active_sealer = nullptr;
  if (!kept_) sealer_.forget();
}

const ChainForm& chain_form_of(Relation table) {
  static auto& forms = *new std::map<Oid, ChainForm>();
  const Oid id = RelationGetRelid(table);
  const TupleDesc columns = RelationGetDescr(table);
  const auto known = forms.find(id);
  if (known != forms.end() && known->second.fits(columns)) return known->second;
  return forms.insert_or_assign(id, ChainForm(columns)).first->second;
}

}  // namespace llmw
