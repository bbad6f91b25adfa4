// Agents and plans: compared to the figures of docs/plans.md, applied, followed by requests, reverted.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type World, inspect, startWorld } from './lib/world.js';

const EXAMPLE = new URL('../../../../examples/agents.sql', import.meta.url);

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

const modelOf = async (agent: string) =>
  (await world.sql<{ model: string }>('SELECT model FROM llm_agents WHERE agent = $1', [agent]))[0]?.model;

test('without agents the page says where they come from', () =>
  world.visit('admin', '/agents', async (page) => {
    await page.getByText('There are no agents').waitFor();
    await page.getByText('There are no plans').waitFor();
  }));

test('two plans are compared, to the cent', async () => {
  await world.sql(readFileSync(EXAMPLE, 'utf8'));
  await world.visit('admin', '/agents', async (page) => {
    const run = /^a run 1,260,000 940,000 25.4 % \$11.34 \$7.67 \$3.67, 32.38 %$/;
    await page.getByRole('row', { name: run }).waitFor();
    await page.getByRole('row', { name: /^50 runs .*\$183.60/ }).waitFor();
    const agent = /^cost_tuning_agent claude-3-5-sonnet-20241022 to claude-3-5-haiku/;
    await page.getByRole('row', { name: agent }).waitFor();
    await page.getByRole('button', { name: 'Read the ledger' }).click();
    await page.getByRole('row', { name: /^planner 0 200,000 .*wait$/ }).waitFor();
    await inspect(page, 'agents');
  });
});

test('a plan is applied and reverted as a whole', () =>
  world.visit('admin', '/agents', async (page) => {
    const plan = page.getByRole('row', { name: /^phase_1 Budgets/ });
    await plan.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
    await plan.getByText('in effect').waitFor();
    assert.equal(await modelOf('ci_flakiness_agent'), 'claude-3-5-haiku-20241022');
    await page.getByRole('button', { name: 'Revert phase_1' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('ci_flakiness_agent: claude-3-5-haiku-20241022, 60,000 tokens').waitFor();
    await dialog.getByRole('button', { name: 'Revert' }).click();
    await page.getByRole('row', { name: /^before All/ }).getByText('in effect').waitFor();
    assert.equal(await modelOf('ci_flakiness_agent'), 'claude-3-5-sonnet-20241022');
  }));

test('what was changed since is given up only when that is said', async () => {
  await world.sql(`SELECT apply_plan('phase_1')`);
  await world.sql(`UPDATE llm_agents SET max_tokens = 1 WHERE agent = 'planner'`);
  await world.visit(
    'admin',
    '/agents',
    async (page) => {
      await page.getByRole('button', { name: 'Revert phase_1' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Revert' }).click();
      await dialog.getByRole('alert').getByText('agents were changed since').waitFor();
      await dialog.getByLabel('Also give up what was changed since').check();
      await dialog.getByRole('button', { name: 'Revert' }).click();
      await page.getByRole('row', { name: /^before All/ }).getByText('in effect').waitFor();
    },
    { refused: [409] },
  );
});

test('a role that may look and no more has no button, and is refused by PostgreSQL', async () => {
  await world.sql('GRANT SELECT ON llm_agents, llm_plans, llm_plan_agents, llm_applied_plans TO editor');
  await world.visit(
    'editor',
    '/agents',
    async (page) => {
      await page.getByRole('row', { name: /^phase_1 Budgets/ }).waitFor();
      assert.equal(await page.getByRole('button', { name: 'Apply' }).count(), 0);
      const status = await page.evaluate(async () => {
        const { csrfToken } = await (await fetch('/api/session')).json();
        const headers = { 'x-csrf-token': csrfToken, 'content-type': 'application/json' };
        const body = JSON.stringify({ plan: 'phase_1' });
        return (await fetch('/api/plans/apply', { method: 'POST', headers, body })).status;
      });
      assert.equal(status, 403);
    },
    { refused: [403] },
  );
});
