-- Plans: sets of agents with the model and the budget that each would have, to be compared, applied
-- and reverted as one.

CREATE TABLE llm_plans (
    plan text NOT NULL PRIMARY KEY,
    description text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    created_by name NOT NULL DEFAULT CURRENT_USER,
    CONSTRAINT llm_plans_plan_check CHECK (plan <> '' AND plan !~ '[[:cntrl:]]')
);

COMMENT ON TABLE llm_plans IS
    'Plans, whose agents are in llm_plan_agents. apply_plan() puts one into effect.';
COMMENT ON COLUMN llm_plans.plan IS 'Its name.';
COMMENT ON COLUMN llm_plans.description IS 'What the plan is for.';
COMMENT ON COLUMN llm_plans.created_at IS 'When it was made.';
COMMENT ON COLUMN llm_plans.created_by IS 'The role that made it.';

CREATE TABLE llm_plan_agents (
    plan text NOT NULL,
    agent text NOT NULL,
    model text NOT NULL,
    max_tokens bigint NOT NULL,
    PRIMARY KEY (plan, agent),
    CONSTRAINT llm_plan_agents_plan_fkey FOREIGN KEY (plan) REFERENCES llm_plans (plan)
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT llm_plan_agents_agent_check CHECK (agent <> '' AND agent !~ '[[:cntrl:]]'),
    CONSTRAINT llm_plan_agents_model_fkey FOREIGN KEY (model) REFERENCES llm_models (name),
    CONSTRAINT llm_plan_agents_max_tokens_check CHECK (max_tokens > 0)
);

COMMENT ON TABLE llm_plan_agents IS
    'The agents of each plan. Those that are not in llm_agents are added by apply_plan().';
COMMENT ON COLUMN llm_plan_agents.plan IS 'llm_plans.plan.';
COMMENT ON COLUMN llm_plan_agents.agent IS 'llm_agents.agent, as it is or will be.';
COMMENT ON COLUMN llm_plan_agents.model IS 'llm_models.name: the model that the agent would have.';
COMMENT ON COLUMN llm_plan_agents.max_tokens IS
    'Input and output tokens that one request of the agent could take.';

CREATE TABLE llm_applied_plans (
    application int NOT NULL PRIMARY KEY,
    plan text NOT NULL,
    applied_at timestamptz NOT NULL,
    applied_by name NOT NULL,
    changes jsonb NOT NULL,
    reverted_at timestamptz,
    reverted_by name
);

COMMENT ON TABLE llm_applied_plans IS
    'What apply_plan() changed, for revert_plan(). Only these two write it; they write the same '
    'to audit_logs. The plan in effect is the last one that was not reverted.';
COMMENT ON COLUMN llm_applied_plans.application IS 'Counts the plans that were applied, from 1.';
COMMENT ON COLUMN llm_applied_plans.plan IS 'Its name at that time.';
COMMENT ON COLUMN llm_applied_plans.applied_at IS 'When it was applied.';
COMMENT ON COLUMN llm_applied_plans.applied_by IS 'The session''s role that applied it.';
COMMENT ON COLUMN llm_applied_plans.changes IS
    'For each agent that changed: agent, before and after, each with model and max_tokens. before '
    'is null when the plan added the agent, and after then holds its whole row.';
COMMENT ON COLUMN llm_applied_plans.reverted_at IS 'When it was reverted; NULL: it was not.';
COMMENT ON COLUMN llm_applied_plans.reverted_by IS 'The session''s role that reverted it.';

SELECT pg_catalog.pg_extension_config_dump('llm_plans', '');
SELECT pg_catalog.pg_extension_config_dump('llm_plan_agents', '');
SELECT pg_catalog.pg_extension_config_dump('llm_applied_plans', '');
