#include "pg/chain_form.hpp"

#include <algorithm>
#include <string_view>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/bytes.hpp"

namespace llmw {

namespace {

/// Of the details of an event of a request.
constexpr std::string_view kTextKeys[] = {"error_message", "detail", "details", "description",
                                          "feedback"};
constexpr std::string_view kTextColumn = "error_message";

// What follows runs inside PgCall: locals are trivially destructible.

std::string_view in_utf8(const char* bytes, int length) {
  const char* utf8 = pg_server_to_any(bytes, length, PG_UTF8);
  if (utf8 == bytes) return {bytes, static_cast<std::size_t>(length)};
  return utf8;
}

std::string_view text_of(Datum value) {
  text* plain = DatumGetTextPP(value);
  return in_utf8(VARDATA_ANY(plain), static_cast<int>(VARSIZE_ANY_EXHDR(plain)));
}

std::string_view decimal_of(Datum value) { return numeric_normalize(DatumGetNumeric(value)); }

void write_list(std::string_view name, Datum value, CanonicalRow& canonical) {
  Datum* elements = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls,
                    &count);
  canonical.begin_list(name, static_cast<std::uint32_t>(count));
  for (int i = 0; i < count; ++i) {
    if (nulls[i])
      canonical.add_null_element();
    else
      canonical.add_element(text_of(elements[i]));
  }
}

std::string_view json_of(const JsonbValue& value) {
  switch (value.type) {
    case jbvNull: return "null";
    case jbvBool: return value.val.boolean ? "true" : "false";
    case jbvNumeric: return decimal_of(NumericGetDatum(value.val.numeric));
    case jbvString: return in_utf8(value.val.string.val, value.val.string.len);
    default: break;
  }
  const char* text = JsonbToCString(nullptr, value.val.binary.data, value.val.binary.len);
  return in_utf8(text, static_cast<int>(std::strlen(text)));
}

CanonicalKind kind_of(const JsonbValue& value) {
  switch (value.type) {
    case jbvNumeric: return CanonicalKind::decimal;
    case jbvString: return CanonicalKind::text;
    default: return CanonicalKind::json;
  }
}

bool is_text_key(std::string_view key) {
  return std::find(std::begin(kTextKeys), std::end(kTextKeys), key) != std::end(kTextKeys);
}

/// The pairs of an object one by one, "details.key": its texts can be told from its figures.
void write_object(std::string_view name, Datum value, bool has_texts, CanonicalRow& canonical) {
  Jsonb* object = DatumGetJsonbP(value);
  JsonbIterator* iterator = JsonbIteratorInit(&object->root);
  JsonbValue key;
  JsonbValue member;
  if (!JB_ROOT_IS_OBJECT(object)) {
    member.type = jbvBinary;
    member.val.binary.data = &object->root;
    member.val.binary.len = static_cast<int>(VARSIZE(object));
    canonical.add(CanonicalPart::figures, CanonicalKind::json, name, json_of(member));
    return;
  }
  canonical.add(CanonicalPart::figures, CanonicalKind::json, name, "{}");
  for (JsonbIteratorToken token = JsonbIteratorNext(&iterator, &key, true); token != WJB_DONE;
       token = JsonbIteratorNext(&iterator, &key, true)) {
    if (token != WJB_KEY) continue;
    const std::string_view key_name = in_utf8(key.val.string.val, key.val.string.len);
    (void)JsonbIteratorNext(&iterator, &member, true);
    const CanonicalPart part =
        has_texts && is_text_key(key_name) ? CanonicalPart::texts : CanonicalPart::figures;
    canonical.add(part, kind_of(member), key_name, json_of(member));
  }
  // What follows is no key of the object.
  canonical.add(CanonicalPart::figures, CanonicalKind::json, name, "end");
}

std::string_view printed(Datum value, Oid type) {
  Oid output = InvalidOid;
  bool is_varlena = false;
  getTypeOutputInfo(type, &output, &is_varlena);
  const char* text = OidOutputFunctionCall(output, value);
  return in_utf8(text, static_cast<int>(std::strlen(text)));
}

struct Value {
  std::string_view name;
  Datum datum;
  Oid type;
};

void write_bytes(const Value& value, CanonicalRow& canonical) {
  const auto add = [&](CanonicalKind kind, std::string_view bytes) {
    canonical.add(CanonicalPart::figures, kind, value.name, bytes);
  };
  switch (value.type) {
    case UUIDOID: {
      const pg_uuid_t* uuid = DatumGetUUIDP(value.datum);
      return add(CanonicalKind::uuid,
                 {reinterpret_cast<const char*>(uuid->data), sizeof uuid->data});
    }
    case BYTEAOID: {
      bytea* bytes = DatumGetByteaPP(value.datum);
      return add(CanonicalKind::bytes, {VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)});
    }
    case NUMERICOID: return add(CanonicalKind::decimal, decimal_of(value.datum));
    default: return add(CanonicalKind::other, printed(value.datum, value.type));
  }
}

void write_value(const Value& value, bool has_texts, CanonicalRow& canonical) {
  const auto integer = [&](CanonicalKind kind, std::int64_t number) {
    canonical.add_integer(kind, value.name, number);
  };
  switch (value.type) {
    case BOOLOID: return integer(CanonicalKind::integer, DatumGetBool(value.datum) ? 1 : 0);
    case INT4OID: return integer(CanonicalKind::integer, DatumGetInt32(value.datum));
    case INT8OID: return integer(CanonicalKind::integer, DatumGetInt64(value.datum));
    case TIMESTAMPTZOID: return integer(CanonicalKind::time, DatumGetTimestampTz(value.datum));
    case TEXTOID:
      return canonical.add(
          value.name == kTextColumn ? CanonicalPart::texts : CanonicalPart::figures,
          CanonicalKind::text, value.name, text_of(value.datum));
    case TEXTARRAYOID: return write_list(value.name, value.datum, canonical);
    case JSONBOID: return write_object(value.name, value.datum, has_texts, canonical);
    default: return write_bytes(value, canonical);
  }
}

}  // namespace

void DeformedRow::read(HeapTuple row, TupleDesc columns) {
  values.resize(static_cast<std::size_t>(columns->natts));
  nulls.resize(values.size());
  Datum* to = values.data();
  auto* missing = reinterpret_cast<bool*>(nulls.data());
  PgCall([=] { heap_deform_tuple(row, columns, to, missing); });
}

std::string DeformedRow::bytes(int column) const {
  if (is_null(column)) return {};
  return read_bytes(get(column));
}

ChainForm::ChainForm(TupleDesc columns) {
  for (int i = 0; i < columns->natts; ++i) {
    const FormData_pg_attribute& attribute = *TupleDescAttr(columns, i);
    if (attribute.attisdropped) continue;
    const std::string name = NameStr(attribute.attname);
    in_order_.push_back({name, i + 1, attribute.atttypid});
    if (name == "chain_id") own_.chain_id = i + 1;
    if (name == "chain_no") own_.chain_no = i + 1;
    if (name == "chain_salt") own_.chain_salt = i + 1;
    if (name == "chain_hash") own_.chain_hash = i + 1;
    if (name == "request_id") request_id_ = i + 1;
    if (name == "call_id" || name == "event_id") row_id_ = i + 1;
    if (name == "started_at" || name == "timestamp") row_time_ = i + 1;
    if (!name.starts_with("chain_")) by_name_.push_back(in_order_.back());
  }
  std::sort(by_name_.begin(), by_name_.end(),
            [](const Column& a, const Column& b) { return a.name < b.name; });
  if (own_.chain_id == 0 || own_.chain_no == 0 || own_.chain_salt == 0 || own_.chain_hash == 0)
    throw Error(sqlstate::kNotInPrerequisiteState, "the table has no columns of the audit chain",
                "It needs chain_id, chain_no, chain_salt and chain_hash.");
}

bool ChainForm::fits(TupleDesc columns) const {
  auto known = in_order_.begin();
  for (int i = 0; i < columns->natts; ++i) {
    const FormData_pg_attribute& attribute = *TupleDescAttr(columns, i);
    if (attribute.attisdropped) continue;
    if (known == in_order_.end() || known->number != i + 1 || known->type != attribute.atttypid ||
        known->name != NameStr(attribute.attname))
      return false;
    ++known;
  }
  return known == in_order_.end();
}

void ChainForm::write(const DeformedRow& row, CanonicalRow& canonical) const {
  canonical.clear();
  const bool has_texts = request_id_ != 0 && !row.is_null(request_id_);
  // One guard for all: what is written to is out here, and locals in there are trivial.
  PgCall([&] {
    for (const Column& column : by_name_)
      if (!row.is_null(column.number))
        write_value({column.name, row.get(column.number), column.type}, has_texts, canonical);
  });
}

// A server without OpenSSL takes it from CurrentMemoryContext, which in a trigger is that of one
// row.
ChainHasher::ChainHasher()
    : context_(PgCall([] {
        MemoryContext before = MemoryContextSwitchTo(TopTransactionContext);
        pg_cryptohash_ctx* context = pg_cryptohash_create(PG_SHA256);
        MemoryContextSwitchTo(before);
        return context;
      })) {}

ChainDigest ChainHasher::operator()(std::string_view bytes) {
  return PgCall([&] {
    ChainDigest digest;
    const auto* data = reinterpret_cast<const uint8*>(bytes.data());
    if (pg_cryptohash_init(context_) < 0 ||
        pg_cryptohash_update(context_, data, bytes.size()) < 0 ||
        pg_cryptohash_final(context_, digest.data(), digest.size()) < 0)
      elog(ERROR, "could not compute SHA-256");
    return digest;
  });
}

void ChainHasher::free() {
  pg_cryptohash_free(context_);
  context_ = nullptr;
}

ChainDigest texts_digest(ChainHasher& hash, std::string_view salt, const CanonicalRow& row,
                         std::string& scratch) {
  switch (kind_of_salt(salt)) {
    case SaltKind::none: return row.has_texts() ? digest_from("none") : ChainDigest{};
    case SaltKind::erased: return row.has_texts() ? digest_from("none") : digest_from(salt);
    case SaltKind::invalid: return digest_from("none");
    case SaltKind::salt: break;
  }
  write_text_input(scratch, salt, row.texts());
  return hash(scratch);
}

}  // namespace llmw
