#include "pg/text.hpp"

#include "pg/boundary.hpp"

namespace llmw {

namespace {

std::string server_bytes_to_utf8(const char* bytes, int length) {
  const char* utf8 = PgCall([=] { return pg_server_to_any(bytes, length, PG_UTF8); });
  if (utf8 == bytes) return std::string(bytes, static_cast<std::size_t>(length));
  return std::string(utf8);
}

}  // namespace

std::string to_utf8(text* value) {
  text* plain = PgCall([=] { return pg_detoast_datum_packed(value); });
  return server_bytes_to_utf8(VARDATA_ANY(plain), static_cast<int>(VARSIZE_ANY_EXHDR(plain)));
}

std::string to_utf8(const char* value) {
  return server_bytes_to_utf8(value, static_cast<int>(std::strlen(value)));
}

std::string utf8_or_empty(const char* value) { return value == nullptr ? "" : to_utf8(value); }

text* to_server_text(std::string_view utf8) {
  return PgCall([=] {
    const int length = static_cast<int>(utf8.size());
    const char* server = pg_any_to_server(utf8.data(), length, PG_UTF8);
    if (server == utf8.data()) return cstring_to_text_with_len(server, length);
    return cstring_to_text(server);
  });
}

bool fits_server_encoding(std::string_view utf8) {
  const int encoding = GetDatabaseEncoding();
  if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII) return true;
  return PgCall([=] {
    const Oid conversion = FindDefaultConversionProc(PG_UTF8, encoding);
    if (!OidIsValid(conversion)) return false;
    const int length = static_cast<int>(utf8.size());
    const int room = length * MAX_CONVERSION_GROWTH + 1;
    auto* source = reinterpret_cast<unsigned char*>(const_cast<char*>(utf8.data()));
    auto* converted = static_cast<unsigned char*>(palloc(room));
    const int done = pg_do_encoding_conversion_buf(conversion, PG_UTF8, encoding, source, length,
                                                   converted, room, true);
    pfree(converted);
    return done == length;
  });
}

Datum to_text_array(const std::vector<std::string>& utf8) {
  std::vector<Datum> values;
  values.reserve(utf8.size());
  for (const std::string& one : utf8) values.push_back(PointerGetDatum(to_server_text(one)));
  Datum* data = values.data();
  const int count = static_cast<int>(values.size());
  return PgCall([=] {
    return PointerGetDatum(construct_array(data, count, TEXTOID, -1, false, TYPALIGN_INT));
  });
}

std::vector<std::string> to_utf8_list(ArrayType* array, const char* argument) {
  struct Elements {
    Datum* values;
    bool* nulls;
    int count;
  };
  const Elements elements = PgCall([=] {
    Elements e{};
    deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &e.values, &e.nulls, &e.count);
    return e;
  });
  std::vector<std::string> list;
  list.reserve(static_cast<std::size_t>(elements.count));
  for (int i = 0; i < elements.count; ++i) {
    if (elements.nulls[i]) throw Error("22004", std::string(argument) + " must not contain NULL");
    list.push_back(to_utf8(DatumGetTextPP(elements.values[i])));
  }
  return list;
}

}  // namespace llmw
