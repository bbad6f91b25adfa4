#pragma once
// JSON Schema (2020-12; the spellings of draft-07 are taken too): compiled once, then checked
// against documents that arrive in pieces of any size. docs/json_schema.md lists keywords and
// limits.
//
//   const auto schema = Schema::compile(text);           // immutable, shared
//   SchemaValidator validator(*schema, 1);                // the first violation ends it
//   while (more && validator.feed(piece)) {}
//   validator.finish();
//   for (const SchemaViolation& v : validator.violations()) ...

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_value.hpp"

namespace llmw {

/// One place where a document breaks its schema.
struct SchemaViolation {
  std::string path;        ///< JSON Pointer into the document
  std::string keyword;     ///< of the schema, e.g. "required"; empty: not JSON, or a limit
  std::string message;     ///< one sentence without full stop, in PostgreSQL's style
  std::size_t offset = 0;  ///< byte at which it was certain

  bool operator==(const SchemaViolation&) const = default;
};

/// A document that a schema may refer to. None is ever fetched.
struct SchemaDocument {
  std::string uri;
  std::string json;
};

struct SchemaOptions {
  /// The draft of a schema without "$schema". It decides whether a $ref replaces its neighbours.
  enum class Draft { draft_2020_12, draft_07 };
  Draft draft = Draft::draft_2020_12;
  /// A keyword that no draft defines is an error; else it is an annotation.
  bool refuse_unknown_keywords = true;
  std::vector<SchemaDocument> documents{};
};

class Schema {
 public:
  ~Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  /// Throws llmw::Error 22023 that names the place and the keyword: text that is not JSON, a
  /// keyword that is not supported, a pattern that cannot be used, a $ref that leads nowhere, a
  /// schema beyond the limits (docs/json_schema.md).
  static std::shared_ptr<const Schema> compile(std::string_view json,
                                               const SchemaOptions& options = {});

  struct Program;
  const Program& program() const { return *program_; }

 private:
  explicit Schema(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

/// Checks one document while it arrives. What it finds does not depend on how the text is cut.
/// The schema must outlive it.
class SchemaValidator {
 public:
  explicit SchemaValidator(const Schema& schema, std::size_t max_violations = 100);
  ~SchemaValidator();
  SchemaValidator(const SchemaValidator&) = delete;
  SchemaValidator& operator=(const SchemaValidator&) = delete;

  /// False when nothing more can be learnt: max_violations are there, or the text is not JSON.
  bool feed(std::string_view piece);
  /// The document is over. True when it is JSON and holds to the schema.
  bool finish();
  const std::vector<SchemaViolation>& violations() const;

 private:
  struct Run;
  std::unique_ptr<Run> run_;
};

/// All violations of `document` (JSON text), at most `max_violations`; text that is not JSON is one
/// violation with an empty keyword. `out`, when given, receives the document's tree in the same
/// pass; null when the text is not JSON.
std::vector<SchemaViolation> check_schema(const Schema& schema, std::string_view document,
                                          std::size_t max_violations = 100,
                                          JsonValue* out = nullptr);
/// The same for a document that is a tree already. Offsets are 0.
std::vector<SchemaViolation> check_schema(const Schema& schema, const JsonValue& document,
                                          std::size_t max_violations = 100);

}  // namespace llmw
