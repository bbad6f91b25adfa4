// Checking a workflow of about 20 KB against a schema of about 3 KB, beside what others need to do
// no more than parse the same bytes in the same run. README.md says what the rows mean.

#include <benchmark/benchmark.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/json_value.hpp"
#include "core/schema.hpp"

#if __has_include(<rapidjson/document.h>)
#include <rapidjson/document.h>
#include <rapidjson/reader.h>
#endif

namespace {

constexpr std::string_view kSchema = R"(
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "A workflow",
  "type": "object",
  "required": ["name", "description", "steps"],
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": {"type": "string"},
    "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 20},
    "steps": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/$defs/step"}}
  },
  "$defs": {
    "id": {"type": "string", "minLength": 1, "maxLength": 64},
    "text": {"type": "string", "maxLength": 2000},
    "depends_on": {"type": "array", "items": {"$ref": "#/$defs/id"}, "maxItems": 50},
    "step": {
      "anyOf": [
        {"$ref": "#/$defs/fetch"}, {"$ref": "#/$defs/transform"}, {"$ref": "#/$defs/condition"},
        {"$ref": "#/$defs/notify"}, {"$ref": "#/$defs/store"}
      ]
    },
    "fetch": {
      "type": "object", "additionalProperties": false,
      "required": ["id", "type", "service", "operation", "description"],
      "properties": {
        "id": {"$ref": "#/$defs/id"}, "type": {"const": "fetch"},
        "service": {"enum": ["google-mail", "google-sheets", "slack", "hubspot", "salesforce"]},
        "operation": {"enum": ["list", "get", "search", "watch"]},
        "description": {"$ref": "#/$defs/text"}, "depends_on": {"$ref": "#/$defs/depends_on"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 10000},
        "filter": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
      }
    },
    "transform": {
      "type": "object", "additionalProperties": false,
      "required": ["id", "type", "expression", "description"],
      "properties": {
        "id": {"$ref": "#/$defs/id"}, "type": {"const": "transform"},
        "expression": {"$ref": "#/$defs/text"}, "description": {"$ref": "#/$defs/text"},
        "depends_on": {"$ref": "#/$defs/depends_on"}
      }
    },
    "condition": {
      "type": "object", "additionalProperties": false,
      "required": ["id", "type", "if", "description"],
      "properties": {
        "id": {"$ref": "#/$defs/id"}, "type": {"const": "condition"},
        "if": {"$ref": "#/$defs/text"}, "description": {"$ref": "#/$defs/text"},
        "then": {"$ref": "#/$defs/id"}, "else": {"$ref": "#/$defs/id"},
        "depends_on": {"$ref": "#/$defs/depends_on"}
      }
    },
    "notify": {
      "type": "object", "additionalProperties": false,
      "required": ["id", "type", "channel", "message", "description"],
      "properties": {
        "id": {"$ref": "#/$defs/id"}, "type": {"const": "notify"},
        "channel": {"enum": ["email", "slack", "sms"]}, "message": {"$ref": "#/$defs/text"},
        "description": {"$ref": "#/$defs/text"}, "urgent": {"type": "boolean"},
        "depends_on": {"$ref": "#/$defs/depends_on"}
      }
    },
    "store": {
      "type": "object", "additionalProperties": false,
      "required": ["id", "type", "table", "description"],
      "properties": {
        "id": {"$ref": "#/$defs/id"}, "type": {"const": "store"}, "table": {"$ref": "#/$defs/id"},
        "description": {"$ref": "#/$defs/text"}, "depends_on": {"$ref": "#/$defs/depends_on"},
        "columns": {"type": "array", "items": {"type": "string"}}
      }
    }
  }
 })";

/// What the steps of each kind say, as a model writes them.
constexpr std::array<std::string_view, 5> kSteps = {
    R"-(      "type": "fetch",
      "service": "google-mail",
      "operation": "search",
      "limit": 100,
      "filter": {"subject": "invoice", "unread": true, "max_age_days": 30},
)-",
    R"-(      "type": "transform",
      "expression": "items.map(i => ({ id: i.id, total: sum(i.lines), currency: i.currency }))",
)-",
    R"-(      "type": "condition",
      "if": "total > 1000 && customer.region == \"EMEA\"",
      "then": "step_4",
      "else": "step_5",
)-",
    R"-(      "type": "notify",
      "channel": "slack",
      "message": "A new invoice of {{total}} has arrived from {{customer.name}}.",
      "urgent": false,
)-",
    R"-(      "type": "store",
      "table": "invoices",
      "columns": ["id", "customer_id", "total", "currency", "received_at"],
)-"};

std::string step(int number) {
  const std::string before = number == 0 ? "" : "\"step_" + std::to_string(number - 1) + "\"";
  std::string text = "    {\n      \"id\": \"step_" + std::to_string(number) +
                     "\",\n      \"depends_on\": [" + before + "],\n";
  text += kSteps[static_cast<std::size_t>(number) % kSteps.size()];
  return text +
         "      \"description\": \"Reads what the step before left, checks it against the "
         "rules of the accounting department and hands on what is needed; mistakes are kept "
         "for a person to look at.\"\n    }";
}

std::string workflow() {
  std::string text = R"({
  "name": "Invoice intake",
  "description": "Reads new invoices, checks the amounts, tells the team and stores the result.",
  "confidence": 0.87,
  "tags": ["finance", "invoices", "automation"],
  "steps": [
)";
  for (int i = 0; i < 54; ++i) text += (i == 0 ? "" : ",\n") + step(i);
  return text + "\n  ]\n}\n";
}

const std::string& document() {
  static const std::string& text = *new std::string(workflow());
  return text;
}

const llmw::Schema& compiled() {
  static const auto& schema =
      *new std::shared_ptr<const llmw::Schema>(llmw::Schema::compile(kSchema));
  return *schema;
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * document().size()));
}

void schema_whole(benchmark::State& state) {
  for (auto round : state) {
    llmw::SchemaValidator validator(compiled());
    if (!validator.feed(document()) || !validator.finish()) state.SkipWithError("not valid");
  }
  count_bytes(state);
}

void schema_pieces(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::string_view text = document();
  for (auto round : state) {
    llmw::SchemaValidator validator(compiled());
    for (std::size_t at = 0; at < text.size(); at += size) validator.feed(text.substr(at, size));
    if (!validator.finish()) state.SkipWithError("not valid");
  }
  count_bytes(state);
}

void schema_and_tree(benchmark::State& state) {
  for (auto round : state) {
    llmw::JsonValue tree;
    if (!llmw::check_schema(compiled(), document(), 100, &tree).empty()) {
      state.SkipWithError("not valid");
    }
    benchmark::DoNotOptimize(tree);
  }
  count_bytes(state);
}

void schema_compile(benchmark::State& state) {
  for (auto round : state) benchmark::DoNotOptimize(llmw::Schema::compile(kSchema));
}

void read_json_value(benchmark::State& state) {
  for (auto round : state) {
    llmw::JsonValue tree;
    llmw::read_json_value(document(), tree);
    benchmark::DoNotOptimize(tree);
  }
  count_bytes(state);
}

void read_json(benchmark::State& state) {
  for (auto round : state) {
    nlohmann::json tree;
    llmw::read_json(document(), tree);
    benchmark::DoNotOptimize(tree);
  }
  count_bytes(state);
}

void nlohmann_parse(benchmark::State& state) {
  for (auto round : state) benchmark::DoNotOptimize(nlohmann::json::parse(document()));
  count_bytes(state);
}

void nlohmann_accept(benchmark::State& state) {
  for (auto round : state) benchmark::DoNotOptimize(nlohmann::json::accept(document()));
  count_bytes(state);
}

BENCHMARK(schema_whole);
BENCHMARK(schema_pieces)->Arg(4)->Arg(1);
BENCHMARK(schema_and_tree);
BENCHMARK(schema_compile);
BENCHMARK(read_json_value);
BENCHMARK(read_json);
BENCHMARK(nlohmann_parse);
BENCHMARK(nlohmann_accept);

#ifdef RAPIDJSON_DOCUMENT_H_
void rapidjson_parse(benchmark::State& state) {
  for (auto round : state) {
    rapidjson::Document tree;
    tree.Parse(document().data(), document().size());
    benchmark::DoNotOptimize(tree);
  }
  count_bytes(state);
}

void rapidjson_sax(benchmark::State& state) {
  for (auto round : state) {
    rapidjson::MemoryStream stream(document().data(), document().size());
    rapidjson::BaseReaderHandler<> handler;
    rapidjson::Reader reader;
    benchmark::DoNotOptimize(reader.Parse(stream, handler));
  }
  count_bytes(state);
}

BENCHMARK(rapidjson_parse);
BENCHMARK(rapidjson_sax);
#endif

}  // namespace
