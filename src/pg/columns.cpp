#include "pg/columns.hpp"

#include "pg/boundary.hpp"
#include "pg/bytes.hpp"
#include "pg/jsonb.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

struct ElementType {
  int16 length;
  bool by_value;
  char alignment;
};

// Looked up here and not in the catalog: a small batch has more arrays than rows.
ElementType element_type(Oid type) {
  switch (type) {
    case UUIDOID: return {UUID_LEN, false, TYPALIGN_CHAR};
    case INT8OID:
    case TIMESTAMPTZOID: return {sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE};
    case BOOLOID: return {sizeof(bool), true, TYPALIGN_CHAR};
    default: return {-1, false, TYPALIGN_INT};
  }
}

}  // namespace

Columns::Columns(std::span<const Oid> types, std::size_t rows) : types_(types) {
  values_.reserve(rows * types.size());
  nulls_.reserve(rows * types.size());
}

void Columns::clear() {
  values_.clear();
  nulls_.clear();
}

Columns& Columns::put(Datum value, bool is_null) {
  values_.push_back(value);
  nulls_ += is_null ? 'n' : ' ';
  return *this;
}

Columns& Columns::add(const Uuid& value) {
  auto* copy = PgCall([] { return static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t))); });
  std::memcpy(copy->data, value.bytes.data(), value.bytes.size());
  return put(UUIDPGetDatum(copy), false);
}

Columns& Columns::add(std::int64_t value) { return put(Int64GetDatum(value), false); }

Columns& Columns::add(bool value) { return put(BoolGetDatum(value), false); }

Columns& Columns::add(std::string_view utf8) {
  return put(PointerGetDatum(to_server_text(utf8)), false);
}

Columns& Columns::add_bytes(std::string_view bytes) { return put(bytes_datum(bytes), false); }

Columns& Columns::add_jsonb(std::string_view utf8) { return put(to_jsonb(utf8), false); }

Columns& Columns::add_jsonb_or_null(std::string_view utf8) {
  return utf8.empty() ? add_null() : add_jsonb(utf8);
}

Columns& Columns::add_or_null(std::string_view utf8) {
  return utf8.empty() ? add_null() : add(utf8);
}

Columns& Columns::add_null() { return put(0, true); }

Datum Columns::array_of(std::size_t column) const {
  const std::size_t count = rows();
  std::vector<Datum> values(count);
  std::vector<char> nulls(count);  // bool, without the bit packing of std::vector<bool>
  for (std::size_t row = 0; row < count; ++row) {
    const std::size_t place = row * types_.size() + column;
    values[row] = values_[place];
    nulls[row] = nulls_[place] == 'n' ? 1 : 0;
  }
  static_assert(sizeof(char) == sizeof(bool));
  auto* is_null = reinterpret_cast<bool*>(nulls.data());
  Datum* elements = values.data();
  const Oid oid = types_[column];
  const ElementType type = element_type(oid);
  return PgCall([=] {
    int dimensions[1] = {static_cast<int>(count)};
    int lower_bounds[1] = {1};
    return PointerGetDatum(construct_md_array(elements, is_null, 1, dimensions, lower_bounds, oid,
                                              type.length, type.by_value, type.alignment));
  });
}

Columns::Parameters Columns::arrays() const {
  Parameters arrays{{}, std::string(types_.size(), ' ')};
  arrays.values.reserve(types_.size());
  for (std::size_t i = 0; i < types_.size(); ++i) arrays.values.push_back(array_of(i));
  return arrays;
}

Columns::Parameters Columns::row() const { return {values_, nulls_}; }

}  // namespace llmw
