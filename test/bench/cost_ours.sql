SELECT sum(token_cost(model, input_tokens, output_tokens)) FROM usage_rows;
