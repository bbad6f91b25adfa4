// Agents, and plans that change many of them together.

import { useState } from 'preact/hooks';
import type { AgentRow, Agents as Data, AppliedPlanRow, PlanUsageRow } from '../../shared/agents.js';
import { send, withQuery } from '../api.js';
import { Badge, Card, Described, type Tone } from '../components/card.js';
import { ConfirmButton } from '../components/confirm.js';
import { Select } from '../components/field.js';
import { Empty, Load, LoadWhenAsked } from '../components/states.js';
import { DataTable } from '../components/table.js';
import { UNKNOWN, count, money, percent, time } from '../format.js';
import { useApi, useTitle } from '../hooks.js';
import { PlanComparison } from './agents/comparison.js';

export default function Agents() {
  useTitle('Agents and plans');
  const loaded = useApi<Data>('/api/agents');
  return (
    <>
      <h1>Agents and plans</h1>
      <Load from={loaded}>
        {(data) => (
          <div class="stack">
            <AgentList agents={data.agents} />
            <Plans data={data} onChanged={loaded.reload} />
            {data.plans.length > 1 && <PlanComparison plans={data.plans.map(({ plan }) => plan)} />}
            <Applied data={data} onChanged={loaded.reload} />
            <Usage plans={data.plans.map(({ plan }) => plan)} />
          </div>
        )}
      </Load>
    </>
  );
}

function AgentList({ agents }: { agents: readonly AgentRow[] }) {
  return (
    <Card title="Agents">
      <div class="as-cards">
        <DataTable
          caption="What requests in their name take"
          rows={agents}
          rowKey={(row) => row.agent}
          columns={[
            {
              title: 'Agent',
              cell: (row) => <Described name={<code>{row.agent}</code>} description={row.description} />,
            },
            { title: 'Work', cell: (row) => row.category ?? row.task_kind },
            { title: 'Model', cell: (row) => row.model ?? 'as set' },
            { title: 'Then', cell: (row) => fallbacksOf(row) },
            { title: 'Request tokens', cell: (row) => count(row.max_tokens), isFigure: true },
            { title: 'Answer tokens', cell: (row) => count(row.max_output_tokens), isFigure: true },
            {
              title: 'State',
              cell: ({ enabled }) => <Badge tone={enabled ? 'good' : 'bad'}>{enabled ? 'enabled' : 'disabled'}</Badge>,
            },
          ]}
          empty={
            <Empty title="There are no agents">
              <p>
                Insert rows into <code>llm_agents</code>, or run <code>examples/agents.sql</code> for ten of them with
                two plans.
              </p>
            </Empty>
          }
        />
      </div>
    </Card>
  );
}

function fallbacksOf({ fallback_models }: AgentRow): string {
  if (fallback_models === null) return 'as set';
  return fallback_models.length === 0 ? 'none' : fallback_models.join(', ');
}

function Plans({ data, onChanged }: { data: Data; onChanged: () => void }) {
  return (
    <Card title="Plans">
      <div class="as-list">
        <DataTable
          caption="Plans"
          hideCaption
          rows={data.plans}
          rowKey={(row) => row.plan}
          columns={[
            { title: 'Plan', cell: (row) => <Described name={<b>{row.plan}</b>} description={row.description} /> },
            { title: 'Agents', cell: (row) => count(row.agents), isFigure: true },
            { title: 'Made', cell: (row) => `${time(row.created_at)} by ${row.created_by}` },
            {
              title: 'State',
              cell: (row) =>
                row.is_in_effect ? (
                  <Badge tone="good">in effect</Badge>
                ) : data.may_apply ? (
                  <ConfirmButton
                    label="Apply"
                    title={`Apply plan ${row.plan}?`}
                    disabled={row.agents === 0}
                    onConfirm={() => send('POST', '/api/plans/apply', { plan: row.plan }).then(onChanged)}
                  >
                    <p>
                      Its {count(row.agents)} agents take their models and budgets from it, from the next request on.
                      It can be reverted as a whole.
                    </p>
                  </ConfirmButton>
                ) : (
                  UNKNOWN
                ),
            },
          ]}
          empty={
            <Empty title="There are no plans">
              <p>
                A plan is a row of <code>llm_plans</code> with its agents in <code>llm_plan_agents</code>.
              </p>
            </Empty>
          }
        />
      </div>
    </Card>
  );
}

function Applied({ data, onChanged }: { data: Data; onChanged: () => void }) {
  const latest = data.applied.find(({ reverted_at }) => reverted_at === null);
  return (
    <Card title="Applied plans" aside={latest && data.may_revert && <Revert plan={latest} onChanged={onChanged} />}>
      <DataTable
        caption="Applied plans, the latest first"
        hideCaption
        rows={data.applied}
        rowKey={(row) => row.application}
        columns={[
          { title: 'Plan', cell: (row) => <b>{row.plan}</b> },
          { title: 'Applied', cell: (row) => `${time(row.applied_at)} by ${row.applied_by}` },
          { title: 'Agents changed', cell: (row) => count(row.changes.length), isFigure: true },
          {
            title: 'Reverted',
            cell: (row) => (row.reverted_at ? `${time(row.reverted_at)} by ${row.reverted_by}` : 'no'),
          },
        ]}
        empty={<Empty title="No plan was applied yet" />}
      />
    </Card>
  );
}

function Revert({ plan, onChanged }: { plan: AppliedPlanRow; onChanged: () => void }) {
  const [force, setForce] = useState(false);
  return (
    <ConfirmButton
      label={`Revert ${plan.plan}`}
      title={`Revert plan ${plan.plan}?`}
      confirm="Revert"
      isDanger
      onConfirm={() => send('POST', '/api/plans/revert', { force }).then(onChanged)}
    >
      <p>These agents get back what they had, and those that the plan added go:</p>
      <ul class="changes">
        {plan.changes.map(({ agent, before, after }) => (
          <li key={agent}>
            <code>{agent}</code>: {modelAndBudget(after)} to {before ? modelAndBudget(before) : 'no row'}
          </li>
        ))}
      </ul>
      <label class="check">
        <input type="checkbox" checked={force} onChange={(event) => setForce(event.currentTarget.checked)} /> Also
        give up what was changed since
      </label>
    </ConfirmButton>
  );
}

function modelAndBudget({ model, max_tokens }: { model: string | null; max_tokens: number | null }): string {
  return `${model ?? 'the model as set'}, ${max_tokens === null ? 'no limit' : `${count(max_tokens)} tokens`}`;
}

const ADVICE_TONES: Record<string, Tone> = { keep: 'good', wait: 'quiet' };

function Usage({ plans }: { plans: readonly string[] }) {
  const [plan, setPlan] = useState('');
  return (
    <Card
      title="Budgets against the last 30 days"
      aside={
        <Select
          label="Budgets of"
          value={plan}
          options={[
            { value: '', text: 'the agents as they are' },
            ...plans.map((name) => ({ value: name, text: name })),
          ]}
          onChange={(event) => setPlan(event.currentTarget.value)}
        />
      }
    >
      <LoadWhenAsked<PlanUsageRow[]> path={withQuery('/api/plans/usage', { plan })}>
        {(rows) => <UsageTable rows={rows} />}
      </LoadWhenAsked>
    </Card>
  );
}

function UsageTable({ rows }: { rows: readonly PlanUsageRow[] }) {
  return (
    <DataTable
      caption="What one request of each agent took"
      rows={rows}
      rowKey={(row) => row.agent}
      columns={[
        { title: 'Agent', cell: (row) => <code>{row.agent}</code> },
        { title: 'Requests', cell: (row) => count(row.requests), isFigure: true },
        { title: 'Budget', cell: (row) => count(row.max_tokens), isFigure: true },
        { title: '95 % within', cell: (row) => count(row.p95_tokens), isFigure: true },
        { title: 'Used', cell: (row) => percent(row.used_percent), isFigure: true },
        { title: 'Cut', cell: (row) => count(row.cut_requests), isFigure: true },
        { title: 'Planned cost', cell: (row) => money(row.planned_cost_usd), isFigure: true },
        { title: 'Observed cost', cell: (row) => money(row.observed_cost_usd), isFigure: true },
        {
          title: 'Advice',
          cell: (row) => (
            <>
              <Badge tone={ADVICE_TONES[row.advice] ?? 'warn'}>{row.advice}</Badge>
              {row.suggested_max_tokens !== null && ` to ${count(row.suggested_max_tokens)}`}
            </>
          ),
        },
      ]}
      empty={<Empty title="No agent, or no request of one" />}
    />
  );
}
