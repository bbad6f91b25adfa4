INSERT INTO one_row_a_commit (details) VALUES (repeat('x', 1000));
