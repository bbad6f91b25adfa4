#include "pg/jsonb.hpp"

#include <functional>

#include "core/json_push.hpp"
#include "pg/boundary.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

JsonbValue text_value(char* text, std::size_t length) {
  JsonbValue value{};
  value.type = jbvString;
  value.val.string.val = text;
  value.val.string.len = static_cast<int>(length);
  return value;
}

/// Puts together in CurrentMemoryContext what the parser tells of a text. It takes arrays and
/// objects only.
class JsonbBuilder {
 public:
  /// `text` outlives the object.
  explicit JsonbBuilder(std::string_view text) : text_(text) {}

  bool on_object_begin(std::size_t) { return push(WJB_BEGIN_OBJECT, nullptr); }
  bool on_object_end(std::size_t) { return push(WJB_END_OBJECT, nullptr); }
  bool on_array_begin(std::size_t) { return push(WJB_BEGIN_ARRAY, nullptr); }
  bool on_array_end(std::size_t) { return push(WJB_END_ARRAY, nullptr); }

  bool on_key(std::string_view key, JsonSpan) {
    JsonbValue value = text_value(lasting(key), key.size());
    return push(WJB_KEY, &value);
  }
  bool on_string(std::string_view text, JsonSpan) {
    JsonbValue value = text_value(lasting(text), text.size());
    return put(value);
  }
  bool on_number(std::string_view literal, JsonSpan) {
    JsonbValue value{};
    value.type = jbvNumeric;
    value.val.numeric = PgCall([=] {
      const char* terminated = pnstrdup(literal.data(), literal.size());
      return DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(terminated),
                                                 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
    });
    return put(value);
  }
  bool on_boolean(bool boolean, JsonSpan) {
    JsonbValue value{};
    value.type = jbvBool;
    value.val.boolean = boolean;
    return put(value);
  }
  bool on_null(JsonSpan) {
    JsonbValue value{};
    value.type = jbvNull;
    return put(value);
  }

  /// Valid when the parser has finished.
  JsonbValue* root() const { return root_; }

 private:
  bool push(JsonbIteratorToken token, JsonbValue* value) {
    root_ = PgCall([=, this] { return pushJsonbValue(&open_, token, value); });
    return true;
  }

  bool put(JsonbValue& value) {
    if (open_ == nullptr) return false;
    return push(open_->contVal.type == jbvObject ? WJB_VALUE : WJB_ELEM, &value);
  }

  /// What held an escape lies in the parser's own memory, which the next token takes.
  char* lasting(std::string_view text) const {
    const char* at = text.data();
    const std::less<const char*> before;
    if (!before(at, text_.data()) && before(at, text_.data() + text_.size()))
      return const_cast<char*>(at);
    return PgCall([=] { return pnstrdup(at, text.size()); });
  }

  std::string_view text_;
  JsonbParseState* open_ = nullptr;  ///< the innermost bracket
  JsonbValue* root_ = nullptr;
};

/// Another CurrentMemoryContext until the end of a scope, however it ends. Switching assigns a
/// variable and raises no error, so the destructor may do it.
class ContextSwitch {
 public:
  explicit ContextSwitch(MemoryContext context) : before_(MemoryContextSwitchTo(context)) {}
  ~ContextSwitch() { MemoryContextSwitchTo(before_); }
  ContextSwitch(const ContextSwitch&) = delete;
  ContextSwitch& operator=(const ContextSwitch&) = delete;

 private:
  MemoryContext before_;
};

Datum by_jsonb_in(std::string_view utf8_json) {
  return PgCall([=] {
    char* json = pnstrdup(utf8_json.data(), utf8_json.size());
    char* server = pg_any_to_server(json, static_cast<int>(utf8_json.size()), PG_UTF8);
    const Datum value = DirectFunctionCall1(jsonb_in, CStringGetDatum(server));
    if (server != json) pfree(server);
    pfree(json);
    return value;
  });
}

}  // namespace

// jsonb_in() looks at each character several times and copies it twice; our parser takes half the
// time. What our parser does not take, jsonb_in() takes or refuses in its own words.
Datum to_jsonb(std::string_view utf8_json) {
  if (GetDatabaseEncoding() != PG_UTF8 || utf8_json.size() > JENTRY_OFFLENMASK)
    return by_jsonb_in(utf8_json);
  MemoryContext scratch = PgCall([] {
    return AllocSetContextCreate(CurrentMemoryContext, "llm_workflow jsonb",
                                 ALLOCSET_DEFAULT_SIZES);
  });
  JsonbBuilder builder(utf8_json);
  bool complete = false;
  {
    ContextSwitch in_scratch(scratch);
    JsonPush parser(builder);
    complete = parser.feed(utf8_json) && parser.finish();
  }
  const Datum value =
      complete ? PgCall([&] { return JsonbPGetDatum(JsonbValueToJsonb(builder.root())); })
               : by_jsonb_in(utf8_json);
  PgCall([=] { MemoryContextDelete(scratch); });
  return value;
}

std::string jsonb_to_utf8(Datum value) {
  return to_utf8(PgCall([=] {
    Jsonb* jsonb = DatumGetJsonbP(value);
    return JsonbToCString(nullptr, &jsonb->root, VARSIZE(jsonb));
  }));
}

}  // namespace llmw
