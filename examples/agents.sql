-- Ten agents with their models and budgets, and two plans: how they are, and a first phase of
-- spending less. Run it with psql in a database that has the extension:
--
--   psql -f examples/agents.sql
--   SELECT item, tokens_before, tokens_after, tokens_saved_percent
--   FROM compare_plans('before', 'phase_1') WHERE section = 'agent';
--   SELECT apply_plan('phase_1');
--
-- Rows that are there already stay as they are, so it may be run again. An agent of yours by one of
-- these names needs a model and max_tokens.

BEGIN;

INSERT INTO llm_agents (agent, task_kind, model, max_tokens, description) VALUES
    ('planner', 'reasoning', 'claude-3-5-sonnet-20241022', 200000,
     'Turns a goal into phases and tasks.'),
    ('brainstormer', 'reasoning', 'claude-3-5-sonnet-20241022', 150000,
     'Proposes features and alternatives.'),
    ('ux_feature_scout', 'reasoning', 'claude-3-5-sonnet-20241022', 150000,
     'Judges design and usability.'),
    ('marketing_pack', 'reasoning', 'claude-3-5-sonnet-20241022', 200000,
     'Writes the texts of a launch.'),
    ('postmortem', 'reasoning', 'claude-3-5-sonnet-20241022', 100000,
     'Finds out why a run failed.'),
    ('risk_budget_calibrator', 'reasoning', 'claude-3-5-sonnet-20241022', 80000,
     'Weighs risks against budgets.'),
    ('rule_promotion_agent', 'reasoning', 'claude-3-5-sonnet-20241022', 100000,
     'Decides which lessons become rules.'),
    ('cost_tuning_agent', 'mechanical', 'claude-3-5-sonnet-20241022', 80000,
     'Reads metrics and suggests settings.'),
    ('ci_flakiness_agent', 'mechanical', 'claude-3-5-sonnet-20241022', 80000,
     'Finds patterns in test logs.'),
    ('integration_discovery_agent', 'reasoning', 'claude-3-5-sonnet-20241022', 120000,
     'Assesses how mature an ecosystem is.')
ON CONFLICT (agent) DO NOTHING;

INSERT INTO llm_plans (plan, description) VALUES
    ('before', 'All agents on the strong model.'),
    ('phase_1', 'Budgets a quarter lower; the two mechanical agents on the cheap model.')
ON CONFLICT (plan) DO NOTHING;

INSERT INTO llm_plan_agents (plan, agent, model, max_tokens) VALUES
    ('phase_1', 'planner', 'claude-3-5-sonnet-20241022', 150000),
    ('phase_1', 'brainstormer', 'claude-3-5-sonnet-20241022', 110000),
    ('phase_1', 'ux_feature_scout', 'claude-3-5-sonnet-20241022', 110000),
    ('phase_1', 'marketing_pack', 'claude-3-5-sonnet-20241022', 150000),
    ('phase_1', 'postmortem', 'claude-3-5-sonnet-20241022', 75000),
    ('phase_1', 'risk_budget_calibrator', 'claude-3-5-sonnet-20241022', 60000),
    ('phase_1', 'rule_promotion_agent', 'claude-3-5-sonnet-20241022', 75000),
    ('phase_1', 'cost_tuning_agent', 'claude-3-5-haiku-20241022', 60000),
    ('phase_1', 'ci_flakiness_agent', 'claude-3-5-haiku-20241022', 60000),
    ('phase_1', 'integration_discovery_agent', 'claude-3-5-sonnet-20241022', 90000)
ON CONFLICT (plan, agent) DO NOTHING;

-- How the same agents are now.
INSERT INTO llm_plan_agents (plan, agent, model, max_tokens)
SELECT 'before', agent, a.model, a.max_tokens
FROM llm_agents a
JOIN llm_plan_agents p USING (agent)
WHERE p.plan = 'phase_1'
ON CONFLICT (plan, agent) DO NOTHING;

COMMIT;
