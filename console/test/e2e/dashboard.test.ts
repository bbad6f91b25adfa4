// The dashboard: what it says is what the views say, to whom may read them, and soon after it happened.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { waitFor } from './lib/processes.js';
import { type World, inspect, startWorld } from './lib/world.js';

const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

const generate = (prompt: string, agent: string | null = null) =>
  world.sql('SELECT generate_workflow($1, agent => $2)', [prompt, agent]);

/// The figure of the tile with that label.
const tile = (page: Page, label: string | RegExp) =>
  page.locator('.tile').filter({ has: page.locator('dt', { hasText: label }) });

const card = (page: Page, title: string) => page.getByRole('region', { name: title, exact: true });

test('an empty database is told as such, with what to do', () =>
  world.visit('admin', '/', async (page) => {
    await page.getByText('No request ended in this period').waitFor();
    await page.getByText('There is no budget').waitFor();
    await inspect(page, 'dashboard-empty');
  }));

test('a request with a fallback shows without loading the page anew', () =>
  world.visit('admin', '/?period=24h', async (page) => {
    await tile(page, 'Requests').getByText('0', { exact: true }).waitFor();
    await generate('[[sim-openai:bad_type]] Pack the order');
    await tile(page, 'Requests').getByText('1', { exact: true }).waitFor();
    await tile(page, 'Fallback rate').getByText('1 of 1 generated').waitFor();
    const reasons = card(page, 'Why the primary model was left');
    await reasons.getByRole('row', { name: /validation failed 1 100 %/ }).waitFor();
  }));

test('cost, savings and times are those of the views', () =>
  world.visit('admin', '/?period=7d', async (page) => {
    await generate('Send the invoice');
    await generate('[[sim-openai:s400]] Sort the mail');
    const [day] = await world.sql<Record<string, string>>(
      `SELECT cost_usd, saved_usd, saved_percent, calls, p95_ms FROM workflow_summary_daily`,
    );
    await page.reload();
    const shown = async (label: string | RegExp) => (await tile(page, label).locator('.value').textContent()) ?? '';
    await tile(page, /^Saved \(/).waitFor();
    assertClose(await shown('Cost'), day!.cost_usd!);
    assertClose(await shown(/^Saved \(/), day!.saved_usd!);
    await tile(page, 'Error rate').getByText(`of ${day!.calls} calls`).waitFor();
    const models = card(page, 'Models');
    await models.getByRole('row', { name: /^claude-sonnet-4 2 / }).waitFor();
    await models.getByRole('row', { name: /^gpt-4o-mini 4 / }).waitFor();
  }));

/// Shown with three digits or to the cent.
function assertClose(shown: string, exact: string) {
  const value = Number(shown.replace(/[$,]/g, ''));
  const allowed = Math.max(Math.abs(Number(exact)) * 0.005, 1e-9);
  assert(Math.abs(value - Number(exact)) <= allowed, `${shown} is not ${exact}`);
}

test('figures of the charts are a table for those who do not see them', () =>
  world.visit('admin', '/?period=30d', async (page) => {
    const chart = card(page, 'Requests');
    await chart.getByText('Figures').click();
    const rows = chart.getByRole('table').last().locator('tbody tr');
    assert.equal(await rows.count(), 30);
    assert.match((await rows.first().textContent()) ?? '', /2026|20\d\d/);
    assert.match((await rows.first().locator('td').nth(1).textContent()) ?? '', /^3$/);
  }));

test('the period is in the address, and other days can be chosen', () =>
  world.visit('admin', '/', async (page) => {
    await page.getByRole('button', { name: '90 days' }).click();
    assert.match(page.url(), /\?period=90d$/);
    await page.reload();
    assert.equal(await page.getByRole('button', { name: '90 days' }).getAttribute('aria-pressed'), 'true');
    await page.getByRole('button', { name: 'Other days' }).click();
    await page.getByLabel('From').fill('2025-01-01');
    await page.getByLabel('to', { exact: true }).fill('2025-01-31');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('No request ended in this period').waitFor();
    assert.match(page.url(), /\?from=2025-01-01&to=2025-01-31$/);
  }));

test('the names of agents and models stay text', () =>
  world.visit('admin', '/', async (page) => {
    await generate('Print the label', HOSTILE);
    await page.reload();
    await card(page, 'The ten agents that cost most').getByText(HOSTILE).waitFor();
    assert.equal(await page.evaluate(() => 'hacked' in window), false);
  }));

test('calls of unknown price do not pass for free ones', async () => {
  await world.sql(`INSERT INTO llm_models (name, server) VALUES ('unpriced', 'sim_openai')`);
  await world.sql(`SET llm_workflow.primary_model = 'unpriced'`);
  await generate('Weigh the parcel', 'weigher');
  await world.sql('RESET llm_workflow.primary_model');
  await world.visit('admin', '/', async (page) => {
    const unknown = '\\$0\\.00 and 1 of unknown price';
    await card(page, 'Models').getByRole('row', { name: new RegExp(`^unpriced 1 ${unknown}`) }).waitFor();
    const agents = card(page, 'The ten agents that cost most');
    await agents.getByRole('row', { name: new RegExp(`^weigher 1 ${unknown} –`) }).waitFor();
    await tile(page, 'Cost').getByText('without 1 calls of unknown price').waitFor();
  });
});

test('budgets and endpoints show their state', async () => {
  await world.sql(`INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES
    ('whole database', 'database', 'total', 100), ('used up', 'database', 'total', 0.000001)`);
  await world.sql(`UPDATE llm_budgets SET action = 'warn'`);
  await generate('Count the stock');
  await world.visit('admin', '/', async (page) => {
    const budgets = card(page, 'Budgets');
    await budgets.getByRole('row', { name: /^used up .* exhausted/ }).waitFor();
    await budgets.getByRole('row', { name: /^whole database .* ok/ }).waitFor();
    await card(page, 'Endpoints').getByRole('row', { name: /^gpt-4o-mini sim_openai up/ }).waitFor();
    await inspect(page, 'dashboard');
  });
});

test('a role without rights sees no figure, and is told which right it lacks', () =>
  world.visit(
    'nobody1',
    '/',
    async (page) => {
      const notice = page.getByRole('alert').filter({ hasText: 'permission denied for view llm_budget_status' });
      await notice.getByText('SQLSTATE 42501').waitFor();
      const denied = page.getByRole('alert').filter({ hasText: 'permission denied for view workflow_stats_daily' });
      await denied.first().waitFor();
      assert.equal(await page.locator('.tile').count(), 0);
      assert.equal(await page.getByRole('table').count(), 0);
    },
    { refused: [403] },
  ));

test('a role sees the panels whose views it may read', async () => {
  await world.sql('GRANT SELECT ON llm_budget_status TO editor');
  await world.visit(
    'editor',
    '/',
    async (page) => {
      await card(page, 'Budgets').getByRole('row', { name: /^used up / }).waitFor();
      await page.getByRole('alert').filter({ hasText: 'workflow_stats_daily' }).first().waitFor();
    },
    { refused: [403] },
  );
});

test('the monitoring role of docs/monitoring.md sees all panels', async () => {
  await world.sql('GRANT pg_monitor TO editor');
  await world.sql(`GRANT SELECT ON workflow_stats_daily, workflow_stats_hourly, workflow_savings_daily TO editor`);
  await world.sql('GRANT EXECUTE ON FUNCTION llmw_baseline_by_hours TO editor');
  for (const period of ['24h', '30d'])
    await world.visit('editor', `/?period=${period}`, async (page) => {
      await tile(page, 'Cost').waitFor();
      for (const title of ['Requests', 'Models', 'Budgets', 'Endpoints'])
        await card(page, title).locator('table').first().waitFor({ state: 'attached' });
      await page.getByText('Requests under way').waitFor();
      assert.equal(await page.getByRole('alert').count(), 0);
    });
});

test('a statement ends when nobody waits for it any more', async () => {
  const waiting = async () => {
    const [row] = await world.sql<{ count: string }>('SELECT count(*) FROM pg_locks WHERE NOT granted');
    return Number(row!.count);
  };
  await world.sql('BEGIN');
  try {
    await world.sql('LOCK TABLE llm_budgets');
    await world.visit('admin', '/', async () => {
      await waitFor('a statement that waits', async () => (await waiting()) > 0);
    });
    const leftAt = Date.now();
    await waitFor('its end', async () => (await waiting()) === 0);
    assert(Date.now() - leftAt < 8000, 'only statement_timeout ended it');
  } finally {
    await world.sql('ROLLBACK');
  }
});

test('a connection that PostgreSQL ends is an error of its page, and the console goes on', async () => {
  await world.sql('BEGIN');
  try {
    await world.sql('LOCK TABLE llm_budgets');
    await world.visit(
      'admin',
      '/',
      async (page) => {
        await waitFor('a statement that is ended', async () => {
          const ended = await world.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'llm_workflow console' AND wait_event_type = 'Lock'`);
          return ended.length > 0;
        });
        await page.getByRole('alert').getByText('terminating connection').first().waitFor();
        await world.sql('ROLLBACK');
        await page.getByRole('button', { name: 'Try again' }).click();
        await card(page, 'Budgets').getByRole('row', { name: /^used up / }).waitFor();
      },
      { refused: [500] },
    );
  } finally {
    await world.sql('ROLLBACK');
  }
});

test('dark colours last until they are chosen anew', () =>
  world.visit('admin', '/', async (page) => {
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    const change = page.getByRole('button', { name: /^Colours/ });
    await change.click();
    await change.click();
    assert.equal(await theme(), 'dark');
    await page.reload();
    await card(page, 'Cost').waitFor();
    assert.equal(await theme(), 'dark');
    await inspect(page, 'dashboard-dark');
  }));

test('charts have the colours that the page has, light or dark', () =>
  world.visit('admin', '/?period=30d', async (page) => {
    const isDrawnIn = (colour: readonly number[]) =>
      card(page, 'Requests')
        .locator('canvas')
        .evaluate((canvas: HTMLCanvasElement, [red, green, blue]) => {
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })!;
          copy.drawImage(canvas, 0, 0);
          const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
          for (let i = 0; i < data.length; i += 4)
            if (data[i] === red && data[i + 1] === green && data[i + 2] === blue) return true;
          return false;
        }, colour);
    const [light, dark] = [
      [0x1c, 0x5f, 0xc4],
      [0x7d, 0xb1, 0xff],
    ] as const;
    await waitFor('the light series', () => isDrawnIn(light));
    assert.equal(await isDrawnIn(dark), false);
    await page.emulateMedia({ colorScheme: 'dark' });
    await waitFor('the dark series', () => isDrawnIn(dark));
    assert.equal(await isDrawnIn(light), false);
  }));
