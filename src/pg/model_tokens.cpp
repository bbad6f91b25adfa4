#include "pg/model_tokens.hpp"

#include <map>
#include <optional>
#include <string>

#include "pg/boundary.hpp"
#include "pg/extension.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

// The function is called by name in the extension's schema: nothing is looked up in the caller's
// search_path.
constexpr const char* kLearnedFactor =
    "SELECT @extschema@.learned_token_factor($1)::pg_catalog.float8";

struct LearnedFactor {
  double factor = 1;
  TimestampTz read_at = 0;
};
constexpr TimestampTz kKeepFor = USECS_PER_MINUTE;

/// The factors that this process read, by model: made on first use, for good.
std::map<std::string, LearnedFactor, std::less<>>& known_factors() {
  static auto& factors = *new std::map<std::string, LearnedFactor, std::less<>>();
  return factors;
}

double read_learned_factor(const std::string& model) {
  const std::optional<Extension> extension = find_extension();
  if (!extension) return 1;
  const std::string sql = in_schema(*extension, kLearnedFactor);
  text* name = to_server_text(model);
  return PgCall([&] {
    Oid types[] = {TEXTOID};
    Datum values[] = {PointerGetDatum(name)};
    SPI_connect();
    SPI_execute_with_args(sql.c_str(), 1, types, values, nullptr, true, 1);
    bool is_null = true;
    double factor = 1;
    if (SPI_processed > 0) {
      const Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
      if (!is_null) factor = DatumGetFloat8(value);
    }
    SPI_finish();
    return factor;
  });
}

double learned_factor(const std::string& model) {
  const TimestampTz now = GetCurrentTimestamp();
  const auto found = known_factors().find(model);
  if (found != known_factors().end() && now - found->second.read_at < kKeepFor)
    return found->second.factor;
  const double factor = read_learned_factor(model);
  known_factors().insert_or_assign(model, LearnedFactor{factor, now});
  return factor;
}

}  // namespace

void poll_interrupts() {
  PgCall([] { CHECK_FOR_INTERRUPTS(); });
}

const Model& get_model(std::string_view name) {
  const Model* model = find_model(name);
  if (model == nullptr)
    throw Error(sqlstate::kUndefinedObject, "model \"" + std::string(name) + "\" does not exist",
                {}, "Choose a model of the table llm_models, or add a row to it.");
  return *model;
}

ModelTokenizer tokenizer_of(const Model& model) {
  ModelTokenizer result;
  result.tokenizer = find_tokenizer(model.tokenizer);
  if (!result.tokenizer.encoding) result.learned = learned_factor(std::string(model.name));
  return result;
}

TextCount count_text(const ModelTokenizer& model, std::string_view text) {
  return count_text(model.tokenizer, text, model.learned, poll_interrupts);
}

}  // namespace llmw
