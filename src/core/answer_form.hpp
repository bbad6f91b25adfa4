#pragma once
// The form in which a model writes documents of a format, and the way back to the document.
//
// Plain: the document itself. Compact: arrays of objects become rows of values without keys, other
// keys become short, enum values become codes; the model gets a legend, and what it writes is
// expanded on receipt, so that fewer output tokens are paid for. Either way the schema sent to the
// provider is in the subset that the vendors' strict modes take: all properties required, those
// that were optional nullable, other keywords left out (our own validation checks those).
//
//   JsonValue document = form.expand(answer);
//   const std::string explanation = form.take_explanation(document);
//   // validate document, then put the explanation into the result

#include <memory>
#include <string>

#include "core/json_value.hpp"

namespace llmw {

namespace detail {
struct Shape;
}

/// human_debug adds an explanation to the document, machine does not.
enum class ResponseMode { machine, human_debug };

/// Immutable; copies share what they know.
class AnswerForm {
 public:
  /// `schema` is the format's JSON Schema as a tree; it need not outlive the form. A schema for
  /// which the compact form would not pay (no arrays of objects, a legend that is too long) has the
  /// plain form even when `compact`.
  AnswerForm(const JsonValue& schema, bool compact, ResponseMode mode);

  /// For the provider's structured output; empty when the schema cannot be put in the subset (the
  /// provider is then asked for any JSON object).
  const std::string& provider_schema() const { return provider_schema_; }

  /// Whether Anthropic takes provider_schema(): no recursion, few unions. False when it is empty.
  bool suits_anthropic() const { return suits_anthropic_; }

  /// What the system prompt has to say about the form beyond the format's own text.
  const std::string& instructions() const { return instructions_; }

  /// The document that `answer` stands for: rows, keys and codes expanded, nulls of optional
  /// properties that may not be null dropped. What is written in full is left as it is, and so is
  /// what the schema does not know.
  JsonValue expand(JsonValue answer) const;

  /// The reverse, to show a document to the model. For every document that keeps to the schema,
  /// expand(shorten(document)) is equal to it but for the order of members, and for optional
  /// members that may be null: absent, they may come back as null.
  JsonValue shorten(JsonValue document) const;

  /// Takes the member `explanation` that human_debug asked for out of an expanded document, so that
  /// the rest can be validated: a JSON string literal, or nothing. Nothing in machine mode, and
  /// when the schema has a property of that name itself.
  std::string take_explanation(JsonValue& document) const;

 private:
  std::shared_ptr<const detail::Shape> shape_;
  std::string provider_schema_;
  std::string instructions_;
  bool suits_anthropic_ = false;
  bool explains_ = false;
};

}  // namespace llmw
