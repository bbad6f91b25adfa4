-- Ten learned rules of one category. Run it with psql in a database that has the extension:
--
--   psql -f examples/rules.sql
--   SELECT rule_legend('invoices');
--   SELECT generate_workflow('Pay the invoices of today', category => 'invoices');
--
-- Rows that are there already stay as they are, so it may be run again.

INSERT INTO llm_rules (rule, category, text, code) VALUES
    ('R1', 'invoices', 'Whoever enters an invoice does not approve it, and whoever approves it does '
                       'not pay it.', NULL),
    ('R2', 'invoices', 'Amounts are in EUR; convert others at the rate of the day of the invoice.',
     NULL),
    ('R3', 'invoices', 'Check the supplier''s bank account against the register before every '
                       'payment.', NULL),
    ('R4', 'invoices', 'Invoices over 10,000 EUR need two approvals, the second by finance.', NULL),
    ('R5', 'invoices', 'A step that writes to the ledger names the voucher number among its '
                       'outputs.', NULL),
    ('R6', 'invoices', 'Every conditional has a branch else that leads to a person, never to the '
                       'end.', 'E09'),
    ('R7', 'invoices', 'Step types are llm_decision, transform, conditional and api_call, and no '
                       'other.', 'E03'),
    ('R8', 'invoices', 'Reminders go out on working days only.', NULL),
    ('R9', 'invoices', 'Archive the document before it is paid, not after.', NULL),
    ('R10', 'invoices', 'Keep the supplier''s own invoice number; do not make up one.', NULL)
ON CONFLICT DO NOTHING;
