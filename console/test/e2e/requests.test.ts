// Requests: the list, and one request with all that is known of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type World, inspect, startWorld } from './lib/world.js';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

/// Generates and gives the id. Markers in the prompt tell the simulated providers what to do.
async function generate(prompt: string, more = ''): Promise<string> {
  const [row] = await world.sql<{ id: string }>(
    `SELECT generate_workflow($1, throw_on_error => false${more})->>'request_id' AS id`,
    [prompt],
  );
  return row!.id;
}

const lines = (page: Page) => page.locator('.request-table tbody tr');

const fields = async <Row extends object>(id: string): Promise<Row> =>
  (await world.sql<Row>('SELECT * FROM workflow_requests WHERE request_id = $1', [id]))[0]!;

test('without requests the list says what to do', () =>
  world.visit('admin', '/requests', async (page) => {
    await page.getByText('No request in the last 30 days').waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Generate a workflow' }).click();
    await page.getByRole('heading', { name: 'Generate' }).waitFor();
  }));

test('older ones come by pages, and none comes twice when new ones arrive meanwhile', async () => {
  await world.sql(`SELECT count(generate_workflow('Count sheep, flock ' || n)) FROM generate_series(1, 70) AS n`);
  await world.visit('admin', '/requests', async (page) => {
    await lines(page).first().waitFor();
    assert.equal(await lines(page).count(), 50);
    await generate('Count goats');
    await page.getByRole('button', { name: 'Show older ones' }).click();
    await page.getByRole('button', { name: 'Show older ones' }).waitFor({ state: 'detached' });
    const flocks = await page.locator('.request-prompt a').allTextContents();
    const expected = Array.from({ length: 70 }, (_, n) => `Count sheep, flock ${70 - n}`);
    assert.deepEqual(flocks, expected);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('link', { name: 'Count goats' }).waitFor();
    assert.equal(await lines(page).count(), 50);
  });
});

test('what is looked for is text, and stands in the address', async () => {
  await generate('Raise the price by 5 % in May_June');
  await generate('Raise the price by 50 in MayXJune');
  await world.visit('admin', '/requests', async (page) => {
    for (const search of ['5 %', 'may_june']) {
      await page.getByLabel('Search in prompts').fill(search);
      await page.waitForFunction(() => document.querySelectorAll('.request-table tbody tr').length === 1);
      await page.getByRole('link', { name: 'Raise the price by 5 % in May_June' }).waitFor();
    }
    await page.reload();
    await page.getByRole('link', { name: 'Raise the price by 5 % in May_June' }).waitFor();
    assert.equal(await lines(page).count(), 1);
    await page.getByLabel('Search in prompts').fill('nobody ever asked this');
    await page.getByText('No request is like this').waitFor();
  });
});

test('filters narrow the list together', async () => {
  await generate('Pay the bill [[sim:s400#filters]]');
  await generate('Pay the bill', `, agent => 'cashier'`);
  await world.visit('admin', '/requests?search=pay+the+bill', async (page) => {
    await lines(page).nth(1).waitFor();
    await page.getByLabel('Status').selectOption('failed');
    await page.waitForFunction(() => document.querySelectorAll('.request-table tbody tr').length === 1);
    await page.getByText('LW002').waitFor();
    await page.getByLabel('Status').selectOption('');
    await page.getByText('More filters').click();
    await page.getByLabel('Agent').fill('cashier');
    await page.waitForFunction(() => document.querySelectorAll('.request-table tbody tr').length === 1);
    await page.getByText('cashier').waitFor();
    await inspect(page, 'requests');
  });
});

test('a request shows every call with its time, cost and faults, and their sum', async () => {
  const id = await generate('Onboard a colleague [[sim-openai:bad_type+delay:150#calls]]', `, format => 'stages'`);
  const [calls] = await world.sql<{ sum: string; n: string }>(
    'SELECT trim_scale(sum(cost_usd)) AS sum, count(*) AS n FROM llm_calls WHERE request_id = $1',
    [id],
  );
  await world.visit('admin', `/requests/${id}`, async (page) => {
    await page.getByRole('heading', { name: /^Request of/ }).waitFor();
    const rows = page.locator('.calls > li');
    assert.equal(await rows.count(), Number(calls!.n));
    assert.equal(await rows.count(), 3);
    assert.match((await rows.nth(0).textContent())!, /gpt-4o-mini primary.*validation failed.*E03 an item's type/);
    assert.match((await rows.nth(1).textContent())!, /gpt-4o-mini repair/);
    assert.match((await rows.nth(2).textContent())!, /claude-sonnet-4 fallback.*ok/);
    const cost = await page.locator('.tile', { hasText: 'Cost' }).locator('.value').textContent();
    assert.equal(Number(cost!.replace('$', '')), Number(Number(calls!.sum).toPrecision(3)));
    const bars = await page.locator('.timing rect:last-child').evaluateAll((rects) =>
      rects.map((rect) => [Number(rect.getAttribute('x')), Number(rect.getAttribute('width'))]),
    );
    assert(bars[0]![0] === 0 && bars[1]![0]! >= bars[0]![1]! && bars[2]![0]! > bars[1]![0]!, JSON.stringify(bars));
    await page.getByText('fallback: validation failed').first().waitFor();
    await page.locator('.call-facts summary').first().click();
    await page.getByText('estimated, reported').or(page.getByText('reported')).first().waitFor();
    await page.getByText('workflow generation fallback').waitFor();
  });
});

test('the document is there as a diagram, as JSON and in the raw result', async () => {
  const id = await generate('Sew coats', `, format => 'stages'`);
  await world.visit('admin', `/requests/${id}`, async (page) => {
    await waitForDiagram(page);
    await inspect(page, 'request');
    await page.getByRole('tab', { name: 'Diagram' }).press('ArrowRight');
    await page.getByRole('tab', { name: 'JSON', selected: true }).waitFor();
    const shown = JSON.parse((await page.locator('pre.json').textContent())!);
    assert.deepEqual(shown, (await fields<{ document: object }>(id)).document);
    await page.keyboard.press('ArrowRight');
    await page.getByText(`"request_id": "${id}"`).waitFor();
    const [raw] = await world.sql('SELECT jsonb_pretty(workflow_result($1)) AS text', [id]);
    assert.equal(await page.locator('pre.json').textContent(), raw!.text);
  });
});

async function waitForDiagram(page: Page): Promise<void> {
  const image = page.locator('.diagram img');
  await image.waitFor();
  await page.waitForFunction(() => {
    const picture = document.querySelector<HTMLImageElement>('.diagram img');
    return picture?.complete && picture.naturalWidth > 100;
  });
}

test('a hostile prompt and a hostile document stay text', async () => {
  const attack = `<img src=x onerror="alert(1)"><script>alert(2)</script></svg><svg onload=alert(3)> \${7*7} {{7*7}}`;
  const hostile = { pilot_steps: [{ id: 'a', operation: attack, step_type: 'transform', inputs: [attack] }] };
  const say = Buffer.from(JSON.stringify(hostile)).toString('hex');
  const id = await generate(`${attack} [[sim:say:${say}]]`, `, tags => '{"<b>tag</b>": "<i>value</i>"}'`);
  await world.visit('admin', '/requests?search=onerror', async (page) => {
    await lines(page).first().waitFor();
    await page.locator('.request-prompt a').first().click();
    await waitForDiagram(page);
    assert((await page.locator('.prompt').first().textContent())!.startsWith(attack));
    assert.equal(await page.locator('main img:not(.diagram img), main script, main b, main i').count(), 0);
    await page.getByText('Tag <b>tag</b>').waitFor();
    await page.getByRole('tab', { name: 'JSON' }).click();
    assert((await page.locator('pre.json').textContent())!.includes('onerror'));
    await inspect(page, 'request-hostile');
  });
  assert.equal((await fields<{ status: string }>(id)).status, 'succeeded');
});

test('how a workflow ran is recorded with a note, as an event', async () => {
  const id = await generate('Water the plants');
  await world.visit('admin', `/requests/${id}`, async (page) => {
    await page.getByLabel('Note').fill('two of them died');
    await page.getByRole('button', { name: 'It failed' }).click();
    await page.getByText('run failed').first().waitFor();
    await page.getByText('workflow outcome recorded').waitFor();
  });
  assert.equal((await fields<{ outcome_succeeded: boolean }>(id)).outcome_succeeded, false);
  const [event] = await world.sql<{ actor: string; note: string }>(
    `SELECT actor, details->'details'->>'note' AS note FROM audit_logs
     WHERE request_id = $1 AND action = 'WORKFLOW_OUTCOME_RECORDED'`,
    [id],
  );
  assert.deepEqual(event, { actor: 'admin', note: 'two of them died' });
});

test('regenerating leads to the new request, and each names the other', async () => {
  const id = await generate('Bake bread');
  await world.visit('admin', `/requests/${id}`, async (page) => {
    await page.getByLabel('What should be different?').fill('With rye');
    await page.getByRole('button', { name: 'Regenerate' }).click();
    await page.getByText('Regenerates').waitFor();
    const newId = new URL(page.url()).pathname.split('/')[2]!;
    assert.notEqual(newId, id);
    assert.equal((await fields<{ parent_request_id: string }>(newId)).parent_request_id, id);
    await page.getByRole('link', { name: id }).click();
    await page.getByRole('link', { name: newId }).waitFor();
  });
});

test('leaving the page ends a regeneration, and what was on the wire is on record', async () => {
  const id = await generate('Bake a cake [[sim:delay:60000@after=1]]');
  await world.visit('admin', `/requests/${id}`, async (page) => {
    await page.getByLabel('What should be different?').fill('With cherries');
    await page.getByRole('button', { name: 'Regenerate' }).click();
    await page.getByText('Asking the models').waitFor();
    await eventually(async () => {
      const [row] = await world.sql<{ n: number }>('SELECT count(*)::int AS n FROM llm_call_intents');
      return row!.n === 1;
    });
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Requests' }).click();
  });
  await eventually(async () => {
    const [row] = await world.sql<{ outcome: string | null }>(
      `SELECT c.outcome FROM workflow_requests r JOIN llm_calls c USING (request_id) WHERE r.parent_request_id = $1`,
      [id],
    );
    return row?.outcome === 'cancelled';
  });
});

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await isSo())) {
    assert(Date.now() < deadline, 'it did not come to that');
    await new Promise((done) => setTimeout(done, 50));
  }
}

test('a role without rights sees no request, and is told why', async () => {
  const id = await generate('Keep a secret');
  for (const path of ['/requests', `/requests/${id}`])
    await world.visit(
      'nobody1',
      path,
      async (page) => {
        await page.getByText('permission denied for table workflow_requests').waitFor();
        await page.getByText('SQLSTATE 42501').waitFor();
        assert.equal(await page.getByText('Keep a secret').count(), 0);
      },
      { refused: [403] },
    );
  await world.visit(
    'nobody1',
    '/generate',
    async (page) => {
      const statuses = await page.evaluate(async (requestId) => {
        const { csrfToken } = await fetch('/api/session').then((answer) => answer.json());
        const post = (path: string, body: object) =>
          fetch(path, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-csrf-token': csrfToken },
            body: JSON.stringify(body),
          }).then((answer) => answer.status);
        return [
          await post(`/api/requests/${requestId}/outcome`, { succeeded: true }),
          await post(`/api/requests/${requestId}/regenerate`, { feedback: 'tell me' }),
          await fetch(`/api/requests/${requestId}/result`).then((answer) => answer.status),
        ];
      }, id);
      assert.deepEqual(statuses, [403, 403, 403]);
    },
    { refused: [403] },
  );
  assert.equal((await fields<{ outcome_succeeded: null }>(id)).outcome_succeeded, null);
});

test('a role that may read requests but not calls and events sees what it may', async () => {
  const id = await generate('Publish the plan');
  await world.sql('GRANT SELECT ON workflow_requests TO editor');
  await world.visit('editor', `/requests/${id}`, async (page) => {
    await page.getByText('Your role may not read the calls').waitFor();
    await page.getByText('Your role may not call regenerate_workflow().').waitFor();
    assert(await page.getByRole('button', { name: 'Regenerate' }).isDisabled());
    await waitForDiagram(page);
  });
  await world.sql('REVOKE SELECT ON workflow_requests FROM editor');
});

test('a request that is not there is not found, in words', () =>
  world.visit(
    'admin',
    '/requests/01a21a6b-0000-7000-8000-000000000000',
    async (page) => {
      await page.getByText('there is no request 01a21a6b-0000-7000-8000-000000000000').waitFor();
    },
    { refused: [404] },
  ));
