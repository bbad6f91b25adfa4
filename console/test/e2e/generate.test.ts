// Generate: the preview before, the progress while, and the result after.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type World, inspect, startWorld } from './lib/world.js';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

const press = (page: Page) => page.getByRole('button', { name: 'Generate', exact: true }).click();

const idOf = (page: Page) => new URL(page.url()).pathname.split('/')[2]!;

async function statusOf(id: string): Promise<string | undefined> {
  const [row] = await world.sql<{ status: string }>('SELECT status FROM workflow_requests WHERE request_id = $1', [id]);
  return row?.status;
}

/// ≤ $0.182 is the bound of 0.181122.
function isBound(shown: string, exact: string): boolean {
  const bound = Number(/≤ \$([\d.]+)/.exec(shown)?.[1]);
  return bound >= Number(exact) && bound <= Number(exact) * 1.01;
}

test('before anything is sent it says what each model counts, and what that costs at most', () =>
  world.visit('admin', '/generate', async (page) => {
    await page.getByText('Nothing to count yet').waitFor();
    assert(await page.getByRole('button', { name: 'Generate', exact: true }).isDisabled());
    await page.getByLabel('Prompt').fill('When an order comes in, check the stock');
    await page.getByLabel('Services').fill('shopify, google-mail');
    await page.getByText('Each asked once').waitFor();
    const expected = await world.sql<{ model: string; input_tokens: number; cost: string }>(
      `SELECT asked_model AS model, input_tokens, worst_case_cost_usd AS cost
       FROM preview_workflow('When an order comes in, check the stock', '{shopify,google-mail}')`,
    );
    const shown = page.locator('.preview-models > li');
    assert.equal(await shown.count(), expected.length);
    for (const [n, { model, input_tokens, cost }] of expected.entries()) {
      const text = (await shown.nth(n).textContent())!;
      assert(text.includes(model) && text.includes(`${input_tokens} tokens in`), text);
      assert(isBound(text, cost), `${text} for ${cost}`);
    }
    await inspect(page, 'generate');
    const [row] = await world.sql<{ n: number }>(
      `SELECT (SELECT count(*) FROM workflow_requests)::int + (SELECT count(*) FROM workflow_jobs)::int AS n`,
    );
    assert.equal(row!.n, 0);
  }));

test('the preview follows the format, and says why a model would not be asked', async () => {
  await world.sql(`ALTER DATABASE workflow SET llm_workflow.fallback_models = 'claude-sonnet-4, builtin-draft'`);
  await world.sql(`ALTER DATABASE workflow SET llm_workflow.max_request_cost = '0.05'`);
  try {
    await world.visitAsStranger('/', async (page) => {
      await signInAs(page, 'admin');
      await page.goto(`${world.url}/generate`);
      await page.getByLabel('Prompt').fill('Sew coats');
      await page.getByText('if that fails').nth(1).waitFor();
      await page.getByLabel('Format').selectOption('stages');
      await page.getByText('it drafts documents of the format pilot only').waitFor();
      await page.getByText('The request stops before it costs more than $0.05').waitFor();
    });
  } finally {
    await world.sql('ALTER DATABASE workflow RESET llm_workflow.fallback_models');
    await world.sql('ALTER DATABASE workflow RESET llm_workflow.max_request_cost');
  }
});

async function signInAs(page: Page, role: string): Promise<void> {
  await page.getByLabel('Role').fill(role);
  await page.getByLabel('Password').fill(role);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}

test('a request that falls back is watched to its end, and its document drawn', () =>
  world.visit('admin', '/generate', async (page) => {
    await page.getByLabel('Prompt').fill('Refund orders [[sim-openai:bad_type+delay:2500#watch]] that were lost');
    await press(page);
    await page.getByRole('heading', { name: 'Generating' }).waitFor();
    await page.getByText('Asking gpt-4o-mini to repair its document').first().waitFor();
    await inspect(page, 'generation-under-way');
    await page.getByRole('heading', { name: 'Generated' }).waitFor();
    await page.getByText('fallback: validation failed').waitFor();
    await page.waitForFunction(() => {
      const picture = document.querySelector<HTMLImageElement>('.diagram img');
      return picture?.complete && picture.naturalWidth > 100;
    });
    await page.locator('.calls > li').nth(2).waitFor();
    await inspect(page, 'generation');
    await page.getByRole('link', { name: 'Open the request' }).click();
    await page.getByRole('heading', { name: /^Request of/ }).waitFor();
    assert.equal(await statusOf(idOf(page)), 'succeeded');
  }));

test('a request that is under way is found under Requests, and cancelled', () =>
  world.visit('admin', '/generate', async (page) => {
    await page.getByLabel('Prompt').fill('Wait for rain [[sim:delay:60000]]');
    await press(page);
    await page.getByText('Asking gpt-4o-mini').first().waitFor();
    const id = idOf(page);
    await assertPreviewWasRight(id, 'Wait for rain [[sim:delay:60000]]');
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Requests' }).click();
    await page.getByRole('link', { name: 'asking gpt-4o-mini' }).click();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Back' }).click();
    assert.equal(await statusOf(id), 'running');
    await page.getByRole('button', { name: 'Cancel', exact: true }).press('Enter');
    await page.getByRole('button', { name: 'Cancel the request' }).press('Enter');
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
    await page.getByText('SQLSTATE 57014').waitFor();
    assert.equal(await statusOf(id), 'cancelled');
    const [call] = await world.sql<{ outcome: string; cost_source: string }>(
      'SELECT outcome, cost_source FROM llm_calls WHERE request_id = $1',
      [id],
    );
    assert.deepEqual(call, { outcome: 'cancelled', cost_source: 'estimated' });
  }));

/// What preview_workflow() said of the first call is what the worker reserves for it.
async function assertPreviewWasRight(id: string, prompt: string): Promise<void> {
  const [reserved] = await world.sql(
    `SELECT model, max_output_tokens AS answer_tokens, trim_scale(worst_case_cost_usd) AS cost
     FROM llm_call_intents WHERE request_id = $1`,
    [id],
  );
  const [previewed] = await world.sql(
    `SELECT asked_model AS model, answer_tokens::text, trim_scale(worst_case_cost_usd) AS cost
     FROM preview_workflow($1) WHERE "position" = 1`,
    [prompt],
  );
  assert.deepEqual(previewed, reserved);
}

test('a request that fails says so in words', () =>
  world.visit('admin', '/generate', async (page) => {
    await page.getByLabel('Prompt').fill('Fail [[sim:s400#fails]]');
    await press(page);
    await page.getByRole('heading', { name: 'Failed' }).waitFor();
    await page.getByText(/could not generate a workflow: claude-sonnet-4: api_error/).first().waitFor();
    await page.getByText('SQLSTATE LW002').first().waitFor();
  }));

test('a request whose answer was lost is not made twice', () =>
  world.visit('admin', '/generate', async (page) => {
    // The page itself is loaded by then: what is lost is the answer to the request.
    await page.getByLabel('Prompt').fill('Pay the rent once');
    await page.route('**/api/generate', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await press(page);
    await page.getByText('the console does not answer').waitFor();
    await page.unroute('**/api/generate');
    await press(page);
    await page.getByRole('heading', { name: 'Generated' }).waitFor();
    const made = await world.sql(`SELECT request_id FROM workflow_requests WHERE prompt = 'Pay the rent once'`);
    assert.deepEqual(made, [{ request_id: idOf(page) }]);
  }));

test('what PostgreSQL refuses is said before it is sent', async () => {
  await world.sql(`INSERT INTO llm_agents (agent) VALUES ('retired')`);
  await world.visit(
    'admin',
    '/generate',
    async (page) => {
      await page.getByLabel('Prompt').fill('Pack');
      await world.sql(`UPDATE llm_agents SET enabled = false WHERE agent = 'retired'`);
      await page.getByText('More', { exact: true }).click();
      await page.getByLabel('Agent').selectOption('retired');
      await page.getByText('agent "retired" is disabled').waitFor();
      await page.getByText('SQLSTATE 55000').waitFor();
    },
    { refused: [409] },
  );
});

test('a role without the right to generate is told so, and cannot', () =>
  world.visit(
    'nobody1',
    '/generate',
    async (page) => {
      await page.getByText('Your role may not call submit_workflow()').waitFor();
      await page.getByLabel('Prompt').fill('Spend money');
      await page.getByText('permission denied for foreign server "sim_openai"').waitFor();
      assert(await page.getByRole('button', { name: 'Generate', exact: true }).isDisabled());
      const status = await page.evaluate(async () => {
        const { csrfToken } = await fetch('/api/session').then((answer) => answer.json());
        const answer = await fetch('/api/generate', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-csrf-token': csrfToken },
          body: JSON.stringify({ prompt: 'Spend money', idempotencyKey: '0123456789abcdef' }),
        });
        return answer.status;
      });
      assert.equal(status, 403);
    },
    { refused: [403] },
  ));

test('a role that may generate and read nothing sees its own request from beginning to end', async () => {
  await world.sql('GRANT EXECUTE ON FUNCTION submit_workflow TO editor');
  let id = '';
  await world.visit('editor', '/generate', async (page) => {
    await page.getByLabel('Prompt').fill('Greet the guests [[sim:delay:1500]]');
    await page.getByLabel('Format').fill('stages');
    await page.getByText('Each asked once').waitFor();
    await press(page);
    await page.getByRole('heading', { name: 'Generating' }).waitFor();
    await page.getByRole('heading', { name: 'Generated' }).waitFor();
    id = idOf(page);
    await page.locator('.diagram img').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Open the request' }).count(), 0);
    assert.equal(await page.locator('.calls').count(), 0);
  });
  const [row] = await world.sql('SELECT role_name, format, status FROM workflow_requests WHERE request_id = $1', [id]);
  assert.deepEqual(row, { role_name: 'editor', format: 'stages', status: 'succeeded' });
  await world.visit(
    'nobody1',
    `/generate/${id}`,
    async (page) => {
      await page.getByText(/permission denied/).waitFor();
      await page.getByText('SQLSTATE 42501').waitFor();
    },
    { refused: [403] },
  );
});
