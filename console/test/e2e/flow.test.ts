// The flow: the picture and the table say what the view says, and what is on the wire now.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type World, inspect, startWorld } from './lib/world.js';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

const label = (page: Page, source: string, target: string) => page.locator(`[data-edge="${source}-${target}"]`);
const node = (page: Page, name: string) => page.locator(`[data-node="${name}"]`);

test('an empty database is told as such, with what to do', () =>
  world.visit('admin', '/flow', async (page) => {
    await page.getByText('No request and no call in these days').waitFor();
    await inspect(page, 'flow-empty');
  }));

test('each way of a request is drawn with count, rate and cost', async () => {
  for (const prompt of [
    'Pack the order',
    'Send the invoice',
    '[[sim-openai:bad_type@unless=repair]] Is repaired',
    '[[sim-openai:bad_type]] Falls back after a repair',
    '[[sim-openai:s503@first=1#once]] Is tried again',
    '[[sim-openai:s400]] Falls back at once',
  ])
    await world.sql('SELECT generate_workflow($1)', [prompt]);
  await world.sql(`SELECT generate_workflow('[[sim:s400]] Fails', throw_on_error => false)`);
  await world.visit('admin', '/flow', async (page) => {
    await label(page, 'request', 'primary').getByText('7 (100 %)').waitFor();
    await label(page, 'validation', 'repair').getByText('2 (').waitFor();
    await label(page, 'validation', 'fallback').getByText('1 (').waitFor();
    await label(page, 'no_answer', 'retry').getByText('1 (').waitFor();
    await label(page, 'no_answer', 'fallback').getByText('2 (').waitFor();
    await node(page, 'failed').getByText('1', { exact: true }).waitFor();
    const edges = await world.sql<{ passes: string }>('SELECT passes FROM workflow_flow');
    const rows = page.getByRole('table').locator('tbody tr');
    assert.equal(await rows.count(), edges.length);
    await inspect(page, 'flow');
  });
});

test('costs of the picture are those of the ledger', () =>
  world.visit('admin', '/flow', async (page) => {
    const [row] = await world.sql<{ shown: string }>(
      `SELECT trim_scale(sum(cost_usd))::text AS shown FROM llm_calls WHERE purpose = 'fallback'`,
    );
    const parts = ['validation', 'no_answer'].map(async (source) => {
      const text = await label(page, source, 'fallback').locator('.cost').textContent();
      return Number(text?.replace('$', ''));
    });
    const sum = (await Promise.all(parts)).reduce((a, b) => a + b);
    assert(Math.abs(sum - Number(row!.shown)) < 0.01 * Number(row!.shown), `${sum} is not ${row!.shown}`);
  }));

test('a call on the wire shows while it is there', async () => {
  const [job] = await world.sql<{ id: string }>(`SELECT submit_workflow('[[sim:hang_headers]] Takes long') AS id`);
  try {
    await world.visit('admin', '/flow', async (page) => {
      await node(page, 'primary').getByText('1 now').waitFor();
    });
  } finally {
    await world.sql('SELECT cancel_workflow($1)', [job!.id]);
  }
  await world.visit('admin', '/flow', async (page) => {
    await node(page, 'cancelled').getByText('1', { exact: true }).waitFor();
    assert.doesNotMatch((await node(page, 'primary').textContent()) ?? '', /now/);
  });
});

test('a role without rights is told which right it lacks', () =>
  world.visit(
    'nobody1',
    '/flow',
    async (page) => {
      await page.getByRole('alert').getByText('permission denied for view workflow_flow').waitFor();
      assert.equal(await page.locator('svg.flow').count(), 0);
    },
    { refused: [403] },
  ));
