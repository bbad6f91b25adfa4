SELECT sum(count_tokens(body, 'gpt-4o-mini')) FROM bench_texts;
