#pragma once
// Tokens of a text as a model of the catalogue counts them, estimates corrected by what its
// provider counted lately (learned_token_factor() in SQL).
//
// Call inside a transaction; interruptible. May throw llmw::Error: 42704 when the model is not in
// the catalogue.

#include <string_view>

#include "core/token_estimate.hpp"
#include "pg/catalogue.hpp"

namespace llmw {

/// The model called `name`; Error 42704 when there is none. Good until the catalogue is next asked.
const Model& get_model(std::string_view name);

struct ModelTokenizer {
  Tokenizer tokenizer;
  double learned = 1;  ///< always 1 where the tokenizer is public
};

/// How `model` counts. What was learned is kept for a minute in each process.
ModelTokenizer tokenizer_of(const Model& model);

/// `text` is UTF-8. `factor` holds what was learned, too.
TextCount count_text(const ModelTokenizer& model, std::string_view text);

/// A Poll that lets a query be cancelled.
void poll_interrupts();

}  // namespace llmw
