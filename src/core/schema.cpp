#include "core/schema.hpp"

#include <utility>

#include "core/json_push.hpp"
#include "core/json_tree.hpp"
#include "core/schema_engine.hpp"
#include "core/schema_program.hpp"

namespace llmw {
namespace {

using schema::Engine;

/// Tells the engine, as long as it wants to hear, and the builder of each event.
class CheckAndBuild {
 public:
  CheckAndBuild(Engine& engine, JsonTreeBuilder& builder) : engine_(engine), builder_(builder) {}

  bool on_object_begin(std::size_t at) {
    return both(&Engine::on_object_begin, &JsonTreeBuilder::on_object_begin, at);
  }
  bool on_object_end(std::size_t at) {
    return both(&Engine::on_object_end, &JsonTreeBuilder::on_object_end, at);
  }
  bool on_array_begin(std::size_t at) {
    return both(&Engine::on_array_begin, &JsonTreeBuilder::on_array_begin, at);
  }
  bool on_array_end(std::size_t at) {
    return both(&Engine::on_array_end, &JsonTreeBuilder::on_array_end, at);
  }
  bool on_key(std::string_view key, JsonSpan span) {
    return both(&Engine::on_key, &JsonTreeBuilder::on_key, key, span);
  }
  bool on_string(std::string_view value, JsonSpan span) {
    return both(&Engine::on_string, &JsonTreeBuilder::on_string, value, span);
  }
  bool on_number(std::string_view literal, JsonSpan span) {
    return both(&Engine::on_number, &JsonTreeBuilder::on_number, literal, span);
  }
  bool on_boolean(bool value, JsonSpan span) {
    return both(&Engine::on_boolean, &JsonTreeBuilder::on_boolean, value, span);
  }
  bool on_null(JsonSpan span) { return both(&Engine::on_null, &JsonTreeBuilder::on_null, span); }
  bool on_token_begin(JsonToken token, std::size_t at) {
    if (!engine_.stopped()) engine_.on_token_begin(token, at);
    return true;
  }

 private:
  template <typename OfEngine, typename OfBuilder, typename... Arguments>
  bool both(OfEngine of_engine, OfBuilder of_builder, Arguments... arguments) {
    if (!engine_.stopped()) (engine_.*of_engine)(arguments...);
    return (builder_.*of_builder)(arguments...);
  }

  Engine& engine_;
  JsonTreeBuilder& builder_;
};

/// Tells the engine of a tree what the parser would tell of its text. Trees are at most
/// kMaxJsonDepth deep.
bool replay(Engine& engine, const JsonValue& value) {
  constexpr JsonSpan kNowhere{};
  switch (value.kind) {
    case JsonValue::Kind::null: return engine.on_null(kNowhere);
    case JsonValue::Kind::boolean: return engine.on_boolean(value.boolean, kNowhere);
    case JsonValue::Kind::number: return engine.on_number(value.text, kNowhere);
    case JsonValue::Kind::string: return engine.on_string(value.text, kNowhere);
    case JsonValue::Kind::array:
      if (!engine.on_array_begin(0)) return false;
      for (const JsonValue& item : value.items) {
        if (!replay(engine, item)) return false;
      }
      return engine.on_array_end(0);
    case JsonValue::Kind::object:
      if (!engine.on_object_begin(0)) return false;
      for (const auto& [key, member] : value.members) {
        if (!engine.on_key(key, kNowhere) || !replay(engine, member)) return false;
      }
      return engine.on_object_end(0);
  }
  return false;
}

}  // namespace

Schema::Schema(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Schema::~Schema() = default;

std::shared_ptr<const Schema> Schema::compile(std::string_view json, const SchemaOptions& options) {
  return std::shared_ptr<const Schema>(new Schema(schema::compile(json, options)));
}

struct SchemaValidator::Run {
  Run(const Schema& schema, std::size_t max_violations)
      : engine(schema.program(), max_violations), parser(engine) {}

  bool note_fault() {
    if (parser.fault() != JsonFault::none) engine.add_fault(parser.result());
    return false;
  }

  Engine engine;
  JsonPush<Engine> parser;
};

SchemaValidator::SchemaValidator(const Schema& schema, std::size_t max_violations)
    : run_(std::make_unique<Run>(schema, max_violations)) {}
SchemaValidator::~SchemaValidator() = default;

bool SchemaValidator::feed(std::string_view piece) {
  if (run_->parser.ended()) return false;
  return run_->parser.feed(piece) || run_->note_fault();
}

bool SchemaValidator::finish() {
  if (run_->parser.ended()) return false;
  if (!run_->parser.finish()) return run_->note_fault();
  return violations().empty();
}

const std::vector<SchemaViolation>& SchemaValidator::violations() const {
  return run_->engine.violations();
}

std::vector<SchemaViolation> check_schema(const Schema& schema, std::string_view document,
                                          std::size_t max_violations, JsonValue* out) {
  if (out == nullptr) {
    SchemaValidator validator(schema, max_violations);
    if (validator.feed(document)) validator.finish();
    return validator.violations();
  }
  Engine engine(schema.program(), max_violations);
  JsonValue tree;
  JsonTreeBuilder builder(tree, DuplicateKeys::keep_last);
  CheckAndBuild both(engine, builder);
  JsonPush parser(both);
  const bool complete = parser.feed(document) && parser.finish();
  *out = complete ? std::move(tree) : JsonValue();
  if (!complete) engine.add_fault(parser.result());
  return engine.violations();
}

std::vector<SchemaViolation> check_schema(const Schema& schema, const JsonValue& document,
                                          std::size_t max_violations) {
  Engine engine(schema.program(), max_violations);
  replay(engine, document);
  return engine.violations();
}

}  // namespace llmw
