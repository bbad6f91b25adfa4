#pragma once
// Many rows as one array per column: the parameters of a statement that unnests them.
//
// One statement then writes a whole batch, which is several times cheaper than one per row. A
// single row can also be had as plain values, as arrays of one element cost more than they hold.
// Values are added row by row in the order of the columns. All is allocated in
// CurrentMemoryContext.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/uuid.hpp"
#include "pg/postgres.hpp"

namespace llmw {

class Columns {
 public:
  /// `types` are element types: UUIDOID, TIMESTAMPTZOID, TEXTOID, INT8OID, BOOLOID, JSONBOID or
  /// BYTEAOID. It must outlive the object.
  Columns(std::span<const Oid> types, std::size_t rows);

  Columns& add(const Uuid& value);
  Columns& add(std::int64_t value);  ///< INT8OID and TIMESTAMPTZOID
  Columns& add(int value) { return add(std::int64_t{value}); }
  Columns& add(bool value);
  Columns& add(std::string_view utf8);  ///< TEXTOID
  Columns& add(const char* utf8) { return add(std::string_view(utf8)); }
  Columns& add_bytes(std::string_view bytes);   ///< BYTEAOID
  Columns& add_jsonb(std::string_view utf8);    ///< JSONBOID
  Columns& add_or_null(std::string_view utf8);  ///< TEXTOID; empty is NULL
  Columns& add_jsonb_or_null(std::string_view utf8);
  Columns& add_null();

  /// As SPI takes them.
  struct Parameters {
    std::vector<Datum> values;
    std::string nulls;  ///< 'n' or ' ' for each value
  };

  std::size_t rows() const { return values_.size() / types_.size(); }
  void clear();
  /// The array of each column. Every row must be complete.
  Parameters arrays() const;
  /// The values of the only row. It must be complete.
  Parameters row() const;

 private:
  Columns& put(Datum value, bool is_null);
  Datum array_of(std::size_t column) const;

  std::span<const Oid> types_;
  std::vector<Datum> values_;  ///< row by row
  std::string nulls_;          ///< 'n' or ' ' for each
};

}  // namespace llmw
