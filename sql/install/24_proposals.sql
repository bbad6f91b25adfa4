-- Downgrade proposals: that requests of a kind go to a cheaper model. People decide, and what they
-- approved is watched from then on.

CREATE FUNCTION llmw_subject(agent text, category text, complexity text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN agent IS NOT NULL THEN 'agent ' || agent
            WHEN complexity = '' THEN 'category ' || category
            ELSE complexity || ' category ' || category
       END;
COMMENT ON FUNCTION llmw_subject(text, text, text) IS
    'In words: an agent, or the route of a category and a complexity.';

CREATE TABLE llm_model_proposals (
    proposal_id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid() PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    created_by name NOT NULL DEFAULT SESSION_USER,
    agent text,
    category text NOT NULL,
    complexity text,
    subject text NOT NULL
        GENERATED ALWAYS AS (llmw_subject(agent, category, complexity)) STORED,
    from_model text NOT NULL,
    to_model text NOT NULL,
    status text NOT NULL DEFAULT 'proposed',
    runs bigint NOT NULL,
    failed_runs bigint NOT NULL,
    failure_rate numeric NOT NULL,
    failure_low numeric NOT NULL,
    failure_high numeric NOT NULL,
    retried_runs bigint NOT NULL,
    retry_rate numeric NOT NULL,
    issues bigint NOT NULL,
    coverage numeric NOT NULL,
    stable_coverage numeric NOT NULL,
    predicted_failure_rate numeric NOT NULL,
    predicted_retry_rate numeric NOT NULL,
    predicted_increase numeric NOT NULL,
    increase_low numeric NOT NULL,
    increase_high numeric NOT NULL,
    cost_per_run_usd numeric,
    predicted_cost_per_run_usd numeric,
    expected_saving_usd numeric,
    replay jsonb NOT NULL,
    decided_at timestamptz,
    decided_by name,
    reason text,
    former jsonb,
    kept_at timestamptz,
    ended_at timestamptz,
    watched_until timestamptz,
    watched_runs bigint NOT NULL DEFAULT 0,
    watched_failed_runs bigint NOT NULL DEFAULT 0,
    watched_retried_runs bigint NOT NULL DEFAULT 0,
    failure_score double precision NOT NULL DEFAULT 0,
    failure_stretch bigint NOT NULL DEFAULT 0,
    failures_in_stretch bigint NOT NULL DEFAULT 0,
    retry_score double precision NOT NULL DEFAULT 0,
    retry_stretch bigint NOT NULL DEFAULT 0,
    retries_in_stretch bigint NOT NULL DEFAULT 0,
    paid_usd numeric DEFAULT 0,
    saved_usd numeric DEFAULT 0,
    lost_usd numeric DEFAULT 0,
    first_5 jsonb,
    first_20 jsonb,
    CONSTRAINT llm_model_proposals_subject_check CHECK ((agent IS NULL) = (complexity IS NOT NULL)),
    CONSTRAINT llm_model_proposals_models_check CHECK (from_model <> to_model),
    CONSTRAINT llm_model_proposals_status_check
        CHECK (status IN ('proposed', 'approved', 'kept', 'rejected', 'reverted', 'superseded'))
);

COMMENT ON TABLE llm_model_proposals IS
    'Proposals that requests of an agent or a category go to a cheaper model, with the evidence, '
    'what was decided, and what came of it. Only propose_downgrades(), approve_proposal(), '
    'reject_proposal(), revert_proposal() and evaluate_proposals() write it. Rates are in percent.';
COMMENT ON COLUMN llm_model_proposals.proposal_id IS 'Its id.';
COMMENT ON COLUMN llm_model_proposals.created_at IS 'When it was made.';
COMMENT ON COLUMN llm_model_proposals.created_by IS 'The session''s role that made it.';
COMMENT ON COLUMN llm_model_proposals.agent IS
    'llm_agents.agent whose model would change; NULL: it is about a route.';
COMMENT ON COLUMN llm_model_proposals.category IS
    'The category whose rules count; without an agent, that of the route that would change.';
COMMENT ON COLUMN llm_model_proposals.complexity IS
    'Without an agent: the complexity of that route, empty for the route of the whole category.';
COMMENT ON COLUMN llm_model_proposals.subject IS
    'What would change, in words: agent NAME, category NAME, or low category NAME.';
COMMENT ON COLUMN llm_model_proposals.from_model IS 'llm_models.name: the model in use.';
COMMENT ON COLUMN llm_model_proposals.to_model IS 'llm_models.name: the cheaper one.';
COMMENT ON COLUMN llm_model_proposals.status IS
    'proposed; approved: in effect, the next 20 runs are being tracked; kept: in effect, they went '
    'well, and it is watched on; rejected; reverted: by a person or by itself; superseded: its '
    'agent or route was changed by somebody else.';
COMMENT ON COLUMN llm_model_proposals.runs IS
    'Evidence: runs of llm_model_runs with from_model first.';
COMMENT ON COLUMN llm_model_proposals.failed_runs IS 'Of these, the runs that failed.';
COMMENT ON COLUMN llm_model_proposals.failure_rate IS 'failed_runs in percent of runs.';
COMMENT ON COLUMN llm_model_proposals.failure_low IS
    'Lower end of Wilson''s 95 % confidence interval of failure_rate.';
COMMENT ON COLUMN llm_model_proposals.failure_high IS 'Its upper end.';
COMMENT ON COLUMN llm_model_proposals.retried_runs IS
    'Of runs those with an answer of from_model that was not accepted.';
COMMENT ON COLUMN llm_model_proposals.retry_rate IS 'retried_runs in percent of runs.';
COMMENT ON COLUMN llm_model_proposals.issues IS 'rule_coverage.issues of the category.';
COMMENT ON COLUMN llm_model_proposals.coverage IS 'rule_coverage.coverage of the category.';
COMMENT ON COLUMN llm_model_proposals.stable_coverage IS
    'rule_coverage.stable_coverage of the category.';
COMMENT ON COLUMN llm_model_proposals.predicted_failure_rate IS
    'Of the runs and replays that to_model had: those that failed.';
COMMENT ON COLUMN llm_model_proposals.predicted_retry_rate IS
    'Of the same those with an answer that was not accepted.';
COMMENT ON COLUMN llm_model_proposals.predicted_increase IS
    'By how many points the rate of failures or that of retries is expected to rise, whichever is '
    'more.';
COMMENT ON COLUMN llm_model_proposals.increase_low IS
    'Lower end of Newcombe''s 95 % confidence interval of predicted_increase.';
COMMENT ON COLUMN llm_model_proposals.increase_high IS 'Its upper end.';
COMMENT ON COLUMN llm_model_proposals.cost_per_run_usd IS
    'What a run with from_model cost, in the mean, with all its calls.';
COMMENT ON COLUMN llm_model_proposals.predicted_cost_per_run_usd IS
    'What a run with to_model cost, and a run with from_model after each that fails.';
COMMENT ON COLUMN llm_model_proposals.expected_saving_usd IS
    'What runs would have cost less with to_model.';
COMMENT ON COLUMN llm_model_proposals.replay IS
    'What to_model was seen to do: runs, replays, failed_runs, retried_runs, cost_usd, '
    'warnings_per_document, and from when to when.';
COMMENT ON COLUMN llm_model_proposals.decided_at IS 'When it was approved or rejected.';
COMMENT ON COLUMN llm_model_proposals.decided_by IS 'The session''s role that did.';
COMMENT ON COLUMN llm_model_proposals.reason IS 'Why it was rejected, reverted or superseded.';
COMMENT ON COLUMN llm_model_proposals.former IS
    'What approval replaced: model and fallback_models; model is null when there was no route.';
COMMENT ON COLUMN llm_model_proposals.kept_at IS 'When 20 runs had gone well.';
COMMENT ON COLUMN llm_model_proposals.ended_at IS
    'When it was rejected, reverted or superseded; NULL: it is open or in effect.';
COMMENT ON COLUMN llm_model_proposals.watched_until IS
    'The figures that follow count runs submitted since the approval until then; '
    'llm_proposal_tracking counts later ones too.';
COMMENT ON COLUMN llm_model_proposals.watched_runs IS 'Runs with to_model first.';
COMMENT ON COLUMN llm_model_proposals.watched_failed_runs IS 'Of these, the runs that failed.';
COMMENT ON COLUMN llm_model_proposals.watched_retried_runs IS
    'Of watched_runs those with an answer of to_model that was not accepted.';
COMMENT ON COLUMN llm_model_proposals.failure_score IS
    'The CUSUM of failures; llmw_watch_limit() reverts the proposal.';
COMMENT ON COLUMN llm_model_proposals.failure_stretch IS
    'Runs since failure_score was last 0: when failures rose, about since then.';
COMMENT ON COLUMN llm_model_proposals.failures_in_stretch IS 'Of these, the runs that failed.';
COMMENT ON COLUMN llm_model_proposals.retry_score IS 'The CUSUM of retries, with the same limit.';
COMMENT ON COLUMN llm_model_proposals.retry_stretch IS 'Runs since retry_score was last 0.';
COMMENT ON COLUMN llm_model_proposals.retries_in_stretch IS
    'Of these, the runs that were retried.';
COMMENT ON COLUMN llm_model_proposals.paid_usd IS
    'What watched_runs cost; NULL, as in the two columns after it: a price was not known.';
COMMENT ON COLUMN llm_model_proposals.saved_usd IS
    'What the accepted answers would have cost more with from_model.';
COMMENT ON COLUMN llm_model_proposals.lost_usd IS
    'What was paid for answers that were not accepted.';
COMMENT ON COLUMN llm_model_proposals.first_5 IS
    'The sums after the first 5 runs: runs, failed_runs, retried_runs, paid_usd, saved_usd, '
    'lost_usd.';
COMMENT ON COLUMN llm_model_proposals.first_20 IS 'The same after the first 20.';

-- One change at a time: of two nobody could tell which did it.
CREATE UNIQUE INDEX llm_model_proposals_open ON llm_model_proposals (subject)
    WHERE status IN ('proposed', 'approved');

SELECT pg_catalog.pg_extension_config_dump('llm_model_proposals', '');
