// Settings: what is in force is shown, a change is followed by the next request, and PostgreSQL decides
// who may change what.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type World, inspect, startWorld } from './lib/world.js';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

const rowOf = (page: Page, setting: string) =>
  page.getByRole('row').filter({ has: page.getByRole('button', { name: `Change ${setting}` }) });

async function change(page: Page, setting: string, value: string, scope = 'database', role?: string) {
  await page.getByRole('button', { name: `Change ${setting}` }).click();
  const dialog = page.getByRole('dialog', { name: setting });
  const field = dialog.getByLabel('Value');
  if (await field.evaluate((element) => element.tagName === 'SELECT')) await field.selectOption(value);
  else await field.fill(value);
  await dialog.getByLabel('For').selectOption(scope);
  if (role) await dialog.getByLabel('Role').selectOption(role);
  await dialog.getByRole('button', { name: 'Save' }).click();
  return dialog;
}

/// The model that answers a request of a new session of editor.
async function answeringModel(): Promise<string> {
  const prompt = `Plan the move of an office ${Date.now()}`;
  const session = await world.connectAs('editor');
  await session.query('SELECT generate_workflow($1)', [prompt]);
  await session.end();
  const [call] = await world.sql<{ model: string }>(
    `SELECT c.model FROM llm_calls c JOIN workflow_requests r USING (request_id)
     WHERE r.prompt = $1 ORDER BY c.attempt LIMIT 1`,
    [prompt],
  );
  return call!.model;
}

test('a setting that is changed for the database is in force for the next request', async () => {
  assert.equal(await answeringModel(), 'gpt-4o-mini');
  await world.visit('admin', '/settings', async (page) => {
    await rowOf(page, 'primary_model').getByText('default', { exact: true }).waitFor();
    await change(page, 'primary_model', 'gpt-4o');
    await rowOf(page, 'primary_model').getByText('database', { exact: true }).waitFor();
    await inspect(page, 'settings');
  });
  assert.equal(await answeringModel(), 'gpt-4o');
});

test('one click brings the strong model back, and one takes that back', async () => {
  await world.visit('admin', '/settings', async (page) => {
    await page.getByRole('button', { name: 'Use the strong model' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Use the strong model' }).click();
    await rowOf(page, 'primary_model').getByText('claude-sonnet-4').waitFor();
    assert.equal(await answeringModel(), 'claude-sonnet-4');
    await page.getByRole('button', { name: 'Set back' }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Set back' }).click();
    await rowOf(page, 'primary_model').getByText('gpt-4o').waitFor();
  });
  assert.equal(await answeringModel(), 'gpt-4o');
  const events = await world.sql(`SELECT actor, details ->> 'value' AS value FROM audit_logs
    WHERE action = 'SETTING_CHANGED' ORDER BY "timestamp"`);
  assert.deepEqual(events, [
    { actor: 'admin', value: 'gpt-4o' },
    { actor: 'admin', value: 'claude-sonnet-4' },
    { actor: 'admin', value: 'gpt-4o' },
  ]);
});

test('what is set for a role goes before the database, and is removed by a click', () =>
  world.visit('admin', '/settings', async (page) => {
    await change(page, 'max_retries', '7', 'role', 'nobody1');
    await page.getByRole('row', { name: /max_retries role nobody1 7/ }).waitFor();
    assert.match((await rowOf(page, 'max_retries').textContent()) ?? '', /2default/);
    await page.getByLabel('In force for').selectOption('nobody1');
    await rowOf(page, 'max_retries').getByText('7').waitFor();
    await page.getByRole('row', { name: /max_retries role nobody1/ }).getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await rowOf(page, 'max_retries').getByText('default', { exact: true }).waitFor();
  }));

test('a value that PostgreSQL refuses is refused in its words, and nothing changes', () =>
  world.visit(
    'admin',
    '/settings',
    async (page) => {
      const dialog = await change(page, 'max_retries', 'many');
      await dialog.getByRole('alert').getByText('invalid value for parameter').waitFor();
      await dialog.getByText('SQLSTATE 22023').waitFor();
      await dialog.getByRole('button', { name: 'Back' }).click();
      await rowOf(page, 'max_retries').getByText('default', { exact: true }).waitFor();
    },
    { refused: [400] },
  ));

test('a role without rights sees what is in force, and changes nothing but its own', () =>
  world.visit(
    'editor',
    '/settings',
    async (page) => {
      const dialog = await change(page, 'max_retries', '1');
      await dialog.getByRole('alert').getByText('must be owner of database').waitFor();
      await dialog.getByText('SQLSTATE 42501').waitFor();
      await dialog.getByLabel('For').selectOption('role');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('row', { name: /max_retries role editor 1/ }).waitFor();
      assert.equal(await page.getByRole('heading', { name: 'Changes' }).count(), 0);
    },
    { refused: [403] },
  ));

test('a hostile value stays text', () =>
  world.visit('admin', '/settings', async (page) => {
    const hostile = '<img src=x onerror=alert(1)>"\'; DROP TABLE llm_models; --';
    await change(page, 'format', hostile, 'role', 'nobody1');
    await page.getByRole('row', { name: 'format role nobody1' }).getByText(hostile).first().waitFor();
    await world.sql('SELECT FROM llm_models');
    await world.sql('ALTER ROLE nobody1 RESET llm_workflow.format');
  }));
