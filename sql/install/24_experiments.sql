-- Experiments: two models for the same kind of requests, compared on what comes of them.

CREATE TABLE llm_experiments (
    experiment text NOT NULL PRIMARY KEY,
    category text,
    agent text,
    control_model text NOT NULL,
    candidate_model text NOT NULL,
    share numeric NOT NULL,
    assignment_key text NOT NULL,
    metric text NOT NULL,
    minimum_sample int NOT NULL,
    points_per_doubling numeric NOT NULL DEFAULT 10,
    status text NOT NULL DEFAULT 'running',
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    created_by name NOT NULL DEFAULT SESSION_USER,
    ended_at timestamptz,
    ended_by name,
    verdict text,
    details jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT llm_experiments_experiment_check
        CHECK (experiment <> '' AND experiment !~ '[[:cntrl:]]'),
    CONSTRAINT llm_experiments_filter_check CHECK (category IS NOT NULL OR agent IS NOT NULL),
    CONSTRAINT llm_experiments_control_model_fkey
        FOREIGN KEY (control_model) REFERENCES llm_models (name),
    CONSTRAINT llm_experiments_candidate_model_fkey
        FOREIGN KEY (candidate_model) REFERENCES llm_models (name),
    CONSTRAINT llm_experiments_models_check CHECK (control_model <> candidate_model),
    CONSTRAINT llm_experiments_share_check CHECK (share > 0 AND share < 1),
    CONSTRAINT llm_experiments_assignment_key_check
        CHECK (assignment_key IN ('request', 'prompt', 'role') OR assignment_key LIKE 'tag:_%'),
    CONSTRAINT llm_experiments_metric_check
        CHECK (metric IN ('validation_success', 'outcome_success', 'fallback', 'retry')),
    CONSTRAINT llm_experiments_minimum_sample_check CHECK (minimum_sample > 0),
    CONSTRAINT llm_experiments_points_per_doubling_check
        CHECK (points_per_doubling >= 0 AND points_per_doubling <> 'NaN'),
    CONSTRAINT llm_experiments_status_check
        CHECK (status IN ('running', 'stopped', 'adopted', 'halted'))
);

COMMENT ON TABLE llm_experiments IS
    'Experiments. create_experiment() makes one; while it is running, requests of its category and '
    'agent whose primary model would be control_model are shared out between the two models.';
COMMENT ON COLUMN llm_experiments.experiment IS 'Its name, in the ledger too.';
COMMENT ON COLUMN llm_experiments.category IS 'Of which requests; NULL: of any category.';
COMMENT ON COLUMN llm_experiments.agent IS 'Of which requests; NULL: of any agent.';
COMMENT ON COLUMN llm_experiments.control_model IS 'llm_models.name: the model in use.';
COMMENT ON COLUMN llm_experiments.candidate_model IS
    'llm_models.name: the model that takes its place in the arm candidate.';
COMMENT ON COLUMN llm_experiments.share IS 'Of the requests, 0 to 1: those of the arm candidate.';
COMMENT ON COLUMN llm_experiments.assignment_key IS
    'What is always in the same arm: request (each on its own), prompt, role, or tag:KEY, the value '
    'of that key in the tags of the request.';
COMMENT ON COLUMN llm_experiments.metric IS
    'What decides: validation_success (the first answer of the primary model is accepted), '
    'outcome_success (record_workflow_outcome()), fallback, or retry.';
COMMENT ON COLUMN llm_experiments.minimum_sample IS
    'Requests that each arm needs before there is a verdict.';
COMMENT ON COLUMN llm_experiments.points_per_doubling IS
    'What latency costs: the percentage points of the metric that a candidate must gain for each '
    'time that it doubles the median time of a request.';
COMMENT ON COLUMN llm_experiments.status IS
    'running; stopped: by a person; adopted: the candidate took the place of the control; halted: '
    'by itself, as the candidate was clearly worse.';
COMMENT ON COLUMN llm_experiments.created_at IS 'When it began.';
COMMENT ON COLUMN llm_experiments.created_by IS 'The session''s role that made it.';
COMMENT ON COLUMN llm_experiments.ended_at IS 'When it ended; NULL: it is running.';
COMMENT ON COLUMN llm_experiments.ended_by IS 'The session''s role that ended it.';
COMMENT ON COLUMN llm_experiments.verdict IS 'The verdict when it ended.';
COMMENT ON COLUMN llm_experiments.details IS 'Figures of the verdict, and what adoption changed.';

-- A request is of one experiment at most.
CREATE UNIQUE INDEX llm_experiments_running ON llm_experiments
    (coalesce(category, ''), coalesce(agent, ''), control_model) WHERE status = 'running';

SELECT pg_catalog.pg_extension_config_dump('llm_experiments', '');

CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE ON llm_experiments
    FOR EACH ROW EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE llm_experiments ENABLE ALWAYS TRIGGER catalogue_changed;
CREATE TRIGGER catalogue_emptied AFTER TRUNCATE ON llm_experiments
    FOR EACH STATEMENT EXECUTE FUNCTION llmw_catalogue_changed();
ALTER TABLE llm_experiments ENABLE ALWAYS TRIGGER catalogue_emptied;
