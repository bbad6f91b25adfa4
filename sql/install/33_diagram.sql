-- Pictures of documents. They read the formats only, so that everybody may call them.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE FUNCTION @extschema@.workflow_diagram(
    document jsonb,
    format text DEFAULT NULL,
    OUT mermaid text,
    OUT svg text
) RETURNS record
    LANGUAGE c STABLE PARALLEL SAFE CALLED ON NULL INPUT COST 10000
    AS 'MODULE_PATHNAME', 'llmw_diagram';
COMMENT ON FUNCTION @extschema@.workflow_diagram(jsonb, text) IS
    'Pictures of a document or of the result of generate_workflow(): a Mermaid flowchart and a '
    'self-contained SVG of its steps or stages, branches, teams and limbo zones. Without a format '
    'it is told from the document. An invalid document is drawn as far as it can be.';
