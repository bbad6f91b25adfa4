-- What requests cost: by who asked, by tag, and for each step or stage that was made. Days are days
-- in UTC, read one by one, as in the views before.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE VIEW @extschema@.workflow_costs AS
SELECT days.day,
       summed.role_name,
       summed.agent,
       summed.format,
       summed.requests,
       summed.succeeded_requests,
       summed.input_tokens,
       summed.output_tokens,
       trim_scale(summed.cost_usd) AS cost_usd,
       trim_scale(round(summed.cost_usd / summed.requests, 12)) AS cost_per_request,
       trim_scale(round(1000 * summed.cost_usd / summed.requests, 12)) AS cost_per_1000,
       trim_scale(round(summed.cost_usd / nullif(summed.succeeded_requests, 0), 12))
           AS cost_per_accepted,
       summed.unpriced_requests
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    SELECT r.role_name,
           r.agent,
           r.format,
           count(*) AS requests,
           count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded_requests,
           sum(r.input_tokens)::bigint AS input_tokens,
           sum(r.output_tokens)::bigint AS output_tokens,
           coalesce(sum(r.cost_usd), 0) AS cost_usd,
           count(*) FILTER (WHERE r.cost_usd IS NULL) AS unpriced_requests
    FROM @extschema@.workflow_requests r
    WHERE r.submitted_at >= days.begins
      AND r.submitted_at < days.ends
      AND r.status NOT IN ('queued', 'running')
    GROUP BY r.role_name, r.agent, r.format
) AS summed;

COMMENT ON VIEW @extschema@.workflow_costs IS
    'What does a workflow cost, and who asked for it? By day, role, agent and format, of the '
    'requests that ended. One that was answered from the ledger (cache_for) counts, and costs '
    'nothing.';
COMMENT ON COLUMN @extschema@.workflow_costs.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_costs.cost_usd IS
    'Every call of the requests, those of failed attempts and failed requests too.';
COMMENT ON COLUMN @extschema@.workflow_costs.cost_per_request IS 'cost_usd / requests.';
COMMENT ON COLUMN @extschema@.workflow_costs.cost_per_1000 IS '1000 * cost_usd / requests.';
COMMENT ON COLUMN @extschema@.workflow_costs.cost_per_accepted IS
    'cost_usd / succeeded_requests: what an accepted workflow costs, with what was spent on those '
    'that were not; NULL when none was accepted.';
COMMENT ON COLUMN @extschema@.workflow_costs.unpriced_requests IS
    'Requests with a call whose price was not known: their cost is in no sum.';

-- Tags are taken apart once for each set of them, not for each request.
CREATE VIEW @extschema@.workflow_costs_by_tag AS
SELECT days.day,
       summed.tag_key,
       summed.tag_value,
       summed.requests,
       summed.succeeded_requests,
       summed.input_tokens,
       summed.output_tokens,
       trim_scale(summed.cost_usd) AS cost_usd,
       trim_scale(round(summed.cost_usd / summed.requests, 12)) AS cost_per_request,
       trim_scale(round(summed.cost_usd / nullif(summed.succeeded_requests, 0), 12))
           AS cost_per_accepted,
       summed.unpriced_requests
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    SELECT tag.key AS tag_key,
           tag.value AS tag_value,
           sum(tagged.requests)::bigint AS requests,
           sum(tagged.succeeded_requests)::bigint AS succeeded_requests,
           sum(tagged.input_tokens)::bigint AS input_tokens,
           sum(tagged.output_tokens)::bigint AS output_tokens,
           coalesce(sum(tagged.cost_usd), 0) AS cost_usd,
           sum(tagged.unpriced_requests)::bigint AS unpriced_requests
    FROM (
        SELECT r.tags,
               count(*) AS requests,
               count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded_requests,
               sum(r.input_tokens) AS input_tokens,
               sum(r.output_tokens) AS output_tokens,
               sum(r.cost_usd) AS cost_usd,
               count(*) FILTER (WHERE r.cost_usd IS NULL) AS unpriced_requests
        FROM @extschema@.workflow_requests r
        WHERE r.submitted_at >= days.begins
          AND r.submitted_at < days.ends
          AND r.status NOT IN ('queued', 'running')
        GROUP BY r.tags
    ) AS tagged
    CROSS JOIN LATERAL jsonb_each_text(tagged.tags) AS tag
    GROUP BY tag.key, tag.value
) AS summed;

COMMENT ON VIEW @extschema@.workflow_costs_by_tag IS
    'What do the requests with a tag cost? By day, key and value, of the requests that ended. A '
    'request with two tags counts for both, so sums over keys count it twice; workflow_costs has '
    'the sums.';
COMMENT ON COLUMN @extschema@.workflow_costs_by_tag.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_costs_by_tag.tag_value IS
    'As text: numbers, booleans, arrays and objects as they are written in JSON; NULL for null.';
COMMENT ON COLUMN @extschema@.workflow_costs_by_tag.cost_usd IS
    'Every call of the requests, those of failed attempts and failed requests too.';
COMMENT ON COLUMN @extschema@.workflow_costs_by_tag.cost_per_request IS 'cost_usd / requests.';
COMMENT ON COLUMN @extschema@.workflow_costs_by_tag.cost_per_accepted IS
    'cost_usd / succeeded_requests; NULL when none was accepted.';
COMMENT ON COLUMN @extschema@.workflow_costs_by_tag.unpriced_requests IS
    'Requests with a call whose price was not known: their cost is in no sum.';

CREATE VIEW @extschema@.workflow_tokens_per_item AS
SELECT days.day,
       summed.format,
       summed.requests,
       summed.items,
       summed.item_output_tokens,
       round(summed.item_output_tokens::numeric / nullif(summed.items, 0), 2)
           AS output_tokens_per_item,
       summed.zones,
       summed.zone_output_tokens,
       round(summed.zone_output_tokens::numeric / nullif(summed.zones, 0), 2)
           AS output_tokens_per_zone
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    WITH generated AS MATERIALIZED (
        SELECT r.request_id, r.finished_at, r.format, r.items_generated, r.zones_generated,
               r.finished_at - (r.generation_time_ms + 1) * interval '1 millisecond'
                   AS before_last_attempt
        FROM @extschema@.workflow_requests r
        WHERE r.submitted_at >= days.begins
          AND r.submitted_at < days.ends
          AND r.status = 'succeeded'
          AND r.cached_from IS NULL
          AND r.items_generated IS NOT NULL
    ), made AS MATERIALIZED (
        SELECT g.format,
               count(*) AS requests,
               sum(g.items_generated) AS items,
               coalesce(sum(g.zones_generated), 0) AS zones,
               max(g.finished_at) AS last_finish
        FROM generated g
        GROUP BY g.format
    ), spent AS (
        SELECT g.format,
               sum(c.output_tokens)::bigint AS item_output_tokens,
               (sum(c.output_tokens) FILTER (WHERE g.zones_generated IS NOT NULL))::bigint
                   AS zone_output_tokens
        FROM generated g
        JOIN @extschema@.llm_calls c
          ON c.request_id = g.request_id
         AND c.outcome = 'ok'
         AND c.started_at >= days.begins
         AND c.started_at <= (SELECT max(last_finish) FROM made)
         AND (g.before_last_attempt IS NULL OR c.started_at > g.before_last_attempt)
        GROUP BY g.format
    )
    SELECT made.format, made.requests, made.items,
           coalesce(spent.item_output_tokens, 0) AS item_output_tokens,
           made.zones,
           coalesce(spent.zone_output_tokens, 0) AS zone_output_tokens
    FROM made
    LEFT JOIN spent ON spent.format = made.format
) AS summed;

COMMENT ON VIEW @extschema@.workflow_tokens_per_item IS
    'How many tokens does a step, a stage or a limbo zone take? By day and format, of the requests '
    'that were generated, in formats whose documents have them.';
COMMENT ON COLUMN @extschema@.workflow_tokens_per_item.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_tokens_per_item.items IS
    'Steps (format pilot) or stages (format stages) of their documents.';
COMMENT ON COLUMN @extschema@.workflow_tokens_per_item.item_output_tokens IS
    'Output tokens of the calls whose answers were accepted: the whole documents.';
COMMENT ON COLUMN @extschema@.workflow_tokens_per_item.output_tokens_per_item IS
    'item_output_tokens / items; NULL when there are none.';
COMMENT ON COLUMN @extschema@.workflow_tokens_per_item.zones IS
    'Limbo zones of the documents; 0 for formats without them.';
COMMENT ON COLUMN @extschema@.workflow_tokens_per_item.zone_output_tokens IS
    'The same tokens, of the documents that can have zones.';
COMMENT ON COLUMN @extschema@.workflow_tokens_per_item.output_tokens_per_zone IS
    'zone_output_tokens / zones; NULL when there are none.';
