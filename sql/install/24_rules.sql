-- Learned rules, which requests of a category are told, and the issues that they were learned from.

CREATE TABLE llm_rules (
    rule text NOT NULL PRIMARY KEY,
    category text NOT NULL,
    text text NOT NULL,
    code text,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    created_by name NOT NULL DEFAULT CURRENT_USER,
    UNIQUE (rule, category),
    -- [ELSW] and two digits is what the codes of validation look like.
    CONSTRAINT llm_rules_rule_check
        CHECK (rule ~ '^[A-Z][A-Z0-9]{0,7}$' AND rule !~ '^[ELSW][0-9]{2}$'),
    CONSTRAINT llm_rules_category_check CHECK (category <> '' AND category !~ '[[:cntrl:]]'),
    CONSTRAINT llm_rules_text_check
        CHECK (text ~ '[^[:space:]]' AND text !~ '[[:cntrl:]]' AND length(text) <= 300),
    CONSTRAINT llm_rules_code_check CHECK (code ~ '^([ELS][0-9]{2}|schema_[$A-Za-z]+)$')
);

COMMENT ON TABLE llm_rules IS
    'What was learned about a kind of work. The active rules of a request''s category are sent to '
    'the model once with each call, and are referred to by id in all else that it is told.';
COMMENT ON COLUMN llm_rules.rule IS
    'Its id, short as every mention of it is paid for: R1. Not one that could be a code of '
    'validation, such as E03.';
COMMENT ON COLUMN llm_rules.category IS
    'Requests of this category are told the rule: workflow_requests.category.';
COMMENT ON COLUMN llm_rules.text IS 'What the model is told, one line.';
COMMENT ON COLUMN llm_rules.code IS
    'workflow_validation_codes().code: what the rule says as well. When a document is sent back '
    'with such an error, the rule''s id stands in for the hint. NULL: none.';
COMMENT ON COLUMN llm_rules.active IS 'False: no request is told, and no issue counts as covered.';
COMMENT ON COLUMN llm_rules.created_at IS 'When it was made.';
COMMENT ON COLUMN llm_rules.created_by IS 'The role that made it.';

-- One rule at most stands in for the hint of a code.
CREATE UNIQUE INDEX llm_rules_code ON llm_rules (category, code) WHERE active AND code IS NOT NULL;

CREATE TABLE llm_issues (
    issue_id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid() PRIMARY KEY,
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    category text NOT NULL,
    request_id uuid,
    description text NOT NULL,
    rule text,
    recorded_by name NOT NULL DEFAULT CURRENT_USER,
    CONSTRAINT llm_issues_category_check CHECK (category <> '' AND category !~ '[[:cntrl:]]'),
    CONSTRAINT llm_issues_description_check
        CHECK (description ~ '[^[:space:]]' AND length(description) <= 2000),
    CONSTRAINT llm_issues_rule_fkey
        FOREIGN KEY (rule, category) REFERENCES llm_rules (rule, category)
);

COMMENT ON TABLE llm_issues IS
    'What was wrong with documents, as people and programs found it: record_workflow_issue(). Rules '
    'are learned from issues, and measured by them: rule_coverage.';
COMMENT ON COLUMN llm_issues.issue_id IS 'Its id.';
COMMENT ON COLUMN llm_issues.recorded_at IS 'When it was recorded; their order is the order of this.';
COMMENT ON COLUMN llm_issues.category IS 'That of the request, or of the rule when it had none.';
COMMENT ON COLUMN llm_issues.request_id IS 'The request whose document it is about; NULL: none.';
COMMENT ON COLUMN llm_issues.description IS 'What was wrong.';
COMMENT ON COLUMN llm_issues.rule IS
    'The rule of the same category that speaks of this; NULL: none does yet.';
COMMENT ON COLUMN llm_issues.recorded_by IS 'The role that recorded it.';

CREATE INDEX llm_issues_category ON llm_issues (category, recorded_at);
CREATE INDEX llm_issues_request ON llm_issues (request_id);

SELECT pg_catalog.pg_extension_config_dump('llm_rules', '');
SELECT pg_catalog.pg_extension_config_dump('llm_issues', '');

CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE ON llm_rules
    FOR EACH ROW EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE llm_rules ENABLE ALWAYS TRIGGER catalogue_changed;
CREATE TRIGGER catalogue_emptied AFTER TRUNCATE ON llm_rules
    FOR EACH STATEMENT EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE llm_rules ENABLE ALWAYS TRIGGER catalogue_emptied;
