-- Learned rules as models are told them, and the issues that they are learned from.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.rule_legend(category text) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'llmw_rule_legend';
COMMENT ON FUNCTION @extschema@.rule_legend(text) IS
    'What requests of a category are told of its active rules, in the system message of each call. '
    'Empty when there is none. Count its tokens with count_tokens().';
REVOKE ALL ON FUNCTION @extschema@.rule_legend(text) FROM PUBLIC;

CREATE FUNCTION @extschema@.record_workflow_issue(
    request_id uuid,
    description text,
    rule text DEFAULT NULL,
    category text DEFAULT NULL
) RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL UNSAFE CALLED ON NULL INPUT COST 1000
    AS 'MODULE_PATHNAME', 'llmw_record_workflow_issue';
COMMENT ON FUNCTION @extschema@.record_workflow_issue(uuid, text, text, text) IS
    'Notes what was wrong with the document of a request, and the rule that speaks of it if there '
    'is one, in the caller''s transaction; returns the id of the issue. The category is that of the '
    'request, and is named for a request without one. For the role that made the request, and for '
    'roles that may read workflow_requests.';
