SELECT sum((input_tokens * 0.15 + output_tokens * 0.60) / 1000000) FROM usage_rows;
