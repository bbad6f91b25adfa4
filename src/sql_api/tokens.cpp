// count_tokens(), truncate_to_tokens(), encode_tokens(), decode_tokens(): tokens of texts in SQL.

#include "core/tokens.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "pg/boundary.hpp"
#include "pg/catalogue.hpp"
#include "pg/model_tokens.hpp"
#include "pg/settings.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

/// A text argument as UTF-8: the value itself where the server's encoding allows it. SQL_ASCII is
/// taken as it is, since nobody knows what it is.
class Utf8Argument {
 public:
  Utf8Argument(FunctionCallInfo fcinfo, int n) {
    auto* value = reinterpret_cast<text*>(DatumGetPointer(PG_GETARG_DATUM(n)));
    const int encoding = GetDatabaseEncoding();
    is_converted_ = encoding != PG_UTF8 && encoding != PG_SQL_ASCII;
    if (is_converted_) {
      converted_ = to_utf8(value);
      return;
    }
    value = PgCall([=] { return pg_detoast_datum_packed(value); });
    plain_ = {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
  }

  std::string_view view() const { return is_converted_ ? std::string_view(converted_) : plain_; }

  /// The first `length` bytes of view() as a text of the server.
  text* prefix(std::size_t length) const {
    const std::string_view part = view().substr(0, length);
    if (is_converted_) return to_server_text(part);
    return PgCall(
        [=] { return cstring_to_text_with_len(part.data(), static_cast<int>(part.size())); });
  }

 private:
  std::string_view plain_;
  std::string converted_;
  bool is_converted_;
};

/// How the model of the last row counts, for a place of a query. Models with a public tokenizer
/// only: what the others count changes with what is learned.
struct KnownModel {
  std::uint64_t generation;
  Encoding encoding;
  std::size_t name_length;
  char name[NAMEDATALEN];
};

std::string_view model_argument(FunctionCallInfo fcinfo, int n) {
  if (PG_ARGISNULL(n)) return settings.primary_model;
  text* name = reinterpret_cast<text*>(DatumGetPointer(PG_GETARG_DATUM(n)));
  name = PgCall([=] { return pg_detoast_datum_packed(name); });
  return {VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};
}

ModelTokenizer find_model_tokenizer(std::string_view server_name) {
  const char* name = PgCall([=] { return pnstrdup(server_name.data(), server_name.size()); });
  return tokenizer_of(get_model(to_utf8(name)));
}

void remember(FmgrInfo& function, std::string_view name, Encoding encoding) {
  if (name.size() > sizeof KnownModel::name) return;
  if (function.fn_extra == nullptr)
    function.fn_extra =
        PgCall([&] { return MemoryContextAllocZero(function.fn_mcxt, sizeof(KnownModel)); });
  auto& known = *static_cast<KnownModel*>(function.fn_extra);
  known.generation = catalogue_generation();
  known.encoding = encoding;
  known.name_length = name.size();
  std::copy(name.begin(), name.end(), known.name);
}

/// How the model in argument `n` counts.
ModelTokenizer tokenizer_argument(FunctionCallInfo fcinfo, int n) {
  const std::string_view name = model_argument(fcinfo, n);
  const auto* known = static_cast<const KnownModel*>(fcinfo->flinfo->fn_extra);
  if (known != nullptr && known->generation == catalogue_generation() &&
      std::string_view(known->name, known->name_length) == name) {
    ModelTokenizer model;
    model.tokenizer.encoding = known->encoding;
    return model;
  }
  ModelTokenizer model = find_model_tokenizer(name);
  if (model.tokenizer.encoding) remember(*fcinfo->flinfo, name, *model.tokenizer.encoding);
  return model;
}

std::int64_t count_for_model(const ModelTokenizer& model, std::string_view text) {
  if (!model.tokenizer.encoding) return count_text(model, text).tokens;
  return static_cast<std::int64_t>(
      count_tokens(*model.tokenizer.encoding, text, SIZE_MAX, poll_interrupts));
}

/// token_prefix() for a model whose count is an estimate: the factor depends on the text, so the
/// result is counted and shortened until it fits.
std::size_t estimated_prefix(const ModelTokenizer& model, std::string_view text,
                             std::int64_t max_tokens) {
  TextCount count = count_text(model, text);
  std::size_t end = text.size();
  auto budget = std::numeric_limits<std::int64_t>::max();
  while (count.tokens > max_tokens && end > 0) {
    const double factor = std::max(count.factor, 0.01);
    budget =
        std::min(budget - 1, static_cast<std::int64_t>(static_cast<double>(max_tokens) / factor));
    end =
        token_prefix(Encoding::o200k_base, text,
                     static_cast<std::size_t>(std::max<std::int64_t>(budget, 0)), poll_interrupts);
    count = count_text(model, text.substr(0, end));
  }
  return end;
}

Encoding encoding_argument(FunctionCallInfo fcinfo, int n) {
  const std::string name = to_utf8(reinterpret_cast<text*>(DatumGetPointer(PG_GETARG_DATUM(n))));
  const std::optional<Encoding> encoding = parse_encoding(name);
  if (!encoding)
    throw Error(sqlstate::kUndefinedObject, "token encoding \"" + name + "\" does not exist", {},
                "It is o200k_base, o200k_harmony, cl100k_base or tekken.");
  return *encoding;
}

std::vector<std::uint32_t> ids_argument(FunctionCallInfo fcinfo, int n) {
  auto* array = PgCall([&] { return DatumGetArrayTypeP(PG_GETARG_DATUM(n)); });
  if (PgCall([=] { return array_contains_nulls(array); }))
    throw Error("22004", "tokens must not contain null values");
  const auto count = static_cast<std::size_t>(
      PgCall([=] { return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)); }));
  const auto* ids = reinterpret_cast<const std::uint32_t*>(ARR_DATA_PTR(array));
  return {ids, ids + count};
}

[[noreturn]] void refuse_unknown(Encoding encoding, const std::vector<std::uint32_t>& ids) {
  for (const std::uint32_t id : ids)
    if (!decode_tokens(encoding, {&id, 1}))
      throw Error(sqlstate::kInvalidParameterValue,
                  "there is no token " + std::to_string(static_cast<std::int32_t>(id)), {},
                  "Special tokens stand for no text.");
  throw Error(sqlstate::kInternalError, "tokens cannot be decoded");
}

/// `bytes` with U+FFFD for what cannot be in a text: tokens may end within a character.
std::string as_text(std::string_view bytes) {
  std::string result;
  for (std::size_t at = 0; at < bytes.size();) {
    const DecodedChar c = decode_utf8(bytes, at);
    const bool is_good = c.state == Utf8::valid && c.value != 0;
    const std::size_t length = c.state == Utf8::valid ? c.length : 1;
    result += is_good ? bytes.substr(at, length) : "\xEF\xBF\xBD";
    at += length;
  }
  return result;
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_count_tokens) {
  using namespace llmw;
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const ModelTokenizer model = tokenizer_argument(fcinfo, 1);
  const std::int64_t count = count_for_model(model, Utf8Argument(fcinfo, 0).view());
  return Int32GetDatum(
      static_cast<int>(std::min<std::int64_t>(count, std::numeric_limits<int>::max())));
}

LLMW_SQL_FUNCTION(llmw_truncate_to_tokens) {
  using namespace llmw;
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) PG_RETURN_NULL();
  const int max_tokens = PG_GETARG_INT32(1);
  if (max_tokens < 0)
    throw Error(sqlstate::kInvalidParameterValue, "max_tokens must not be negative");
  const ModelTokenizer model = tokenizer_argument(fcinfo, 2);
  const Utf8Argument content(fcinfo, 0);
  const std::size_t end = model.tokenizer.encoding
                              ? token_prefix(*model.tokenizer.encoding, content.view(),
                                             static_cast<std::size_t>(max_tokens), poll_interrupts)
                              : estimated_prefix(model, content.view(), max_tokens);
  return PointerGetDatum(content.prefix(end));
}

LLMW_SQL_FUNCTION(llmw_encode_tokens) {
  using namespace llmw;
  const Encoding encoding = encoding_argument(fcinfo, 1);
  const std::vector<std::uint32_t> ids =
      encode_tokens(encoding, Utf8Argument(fcinfo, 0).view(), poll_interrupts);
  const std::uint32_t* data = ids.data();
  const std::size_t count = ids.size();
  return PgCall([=] {
    if (count == 0) return PointerGetDatum(construct_empty_array(INT4OID));
    const Size size = ARR_OVERHEAD_NONULLS(1) + count * sizeof(std::int32_t);
    auto* array = static_cast<ArrayType*>(palloc0(size));
    SET_VARSIZE(array, size);
    array->ndim = 1;
    array->elemtype = INT4OID;
    ARR_DIMS(array)[0] = static_cast<int>(count);
    ARR_LBOUND(array)[0] = 1;
    std::memcpy(ARR_DATA_PTR(array), data, count * sizeof(std::int32_t));
    return PointerGetDatum(array);
  });
}

LLMW_SQL_FUNCTION(llmw_decode_tokens) {
  using namespace llmw;
  const Encoding encoding = encoding_argument(fcinfo, 1);
  const std::vector<std::uint32_t> ids = ids_argument(fcinfo, 0);
  const std::optional<std::string> bytes = decode_tokens(encoding, ids);
  if (!bytes) refuse_unknown(encoding, ids);
  return PointerGetDatum(to_server_text(as_text(*bytes)));
}
