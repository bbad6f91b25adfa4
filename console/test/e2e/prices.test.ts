// Prices: shown, added with a time to come, taken back, imported after a preview.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type World, inspect, startWorld } from './lib/world.js';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

test('a price that is to come is listed, and can be taken back', () =>
  world.visit('admin', '/prices', async (page) => {
    await page.getByRole('row', { name: /gpt-4o-mini standard \$0.15 \$0.075/ }).waitFor();
    await page.getByLabel('Model', { exact: true }).selectOption('gpt-4o');
    await page.getByLabel('From', { exact: true }).fill('2099-01-01 00:00');
    await page.getByLabel('Input', { exact: true }).fill('2.000001');
    await page.getByLabel('Output', { exact: true }).fill('8');
    await page.getByLabel('Source', { exact: true }).fill('<b>announced</b>');
    await page.getByRole('button', { name: 'Add the price' }).click();
    const row = page.getByRole('row', { name: /gpt-4o standard \$2.000001 .*<b>announced<\/b>/ });
    await row.waitFor();
    await inspect(page, 'prices');
    await row.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
    assert.deepEqual(await world.sql(`SELECT FROM llm_model_prices WHERE source LIKE '%announced%'`), []);
  }));

test('a list is imported only after it was shown what would change', () =>
  world.visit('admin', '/prices', async (page) => {
    const list = {
      'gpt-4o': { mode: 'chat', input_cost_per_token: 2e-6, output_cost_per_token: 8e-6 },
      'no-such-model': { mode: 'chat', input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 },
    };
    const buffer = Buffer.from(JSON.stringify(list));
    await page.getByLabel('File').setInputFiles({ name: 'prices.json', mimeType: 'application/json', buffer });
    await page.getByLabel('Source of the list').fill('a test');
    await page.getByRole('button', { name: 'Show what would change' }).click();
    await page.getByText('It would change 1 prices; 0 are as they were, 1 entries are of no use here.').waitFor();
    assert.deepEqual(await world.sql(`SELECT FROM llm_model_prices WHERE source = 'a test'`), []);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('Imported: 1 prices').waitFor();
    await page.getByRole('row', { name: /gpt-4o standard \$2 .*a test/ }).waitFor();
    await page.getByLabel('Show').selectOption('gpt-4o');
    await page.getByRole('row', { name: /gpt-4o standard \$2\.5 .*past/ }).waitFor();
  }));

test('calls are priced as token_cost() does', () =>
  world.visit('admin', '/prices', async (page) => {
    await page.getByLabel('Input tokens', { exact: true }).fill('2000');
    await page.getByLabel('Output tokens', { exact: true }).fill('1500');
    await page.getByRole('row', { name: /claude-sonnet-4 \$0\.0285 \$28\.50 0 %/ }).waitFor();
    await page.getByRole('row', { name: /gpt-4o-mini \$0\.0012 \$1\.20 -95\.79 %/ }).waitFor();
  }));

test('a role without rights sees no price', () =>
  world.visit(
    'nobody1',
    '/prices',
    async (page) => {
      await page.getByRole('alert').getByText('permission denied for table llm_models').waitFor();
      assert.equal(await page.getByRole('table').count(), 0);
    },
    { refused: [403] },
  ));
