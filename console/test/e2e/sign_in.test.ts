// Signing in and out, and what somebody sees who is not signed in.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type World, inspect, signIn, startWorld } from './lib/world.js';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

test('a role signs in, is named on the page, and signs out', () =>
  world.visitAsStranger('/', async (page) => {
    await inspect(page, 'sign-in');
    await signIn(page, 'admin');
    await page.getByText('admin @ workflow').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Password').waitFor();
    assert.equal(await page.context().cookies().then((cookies) => cookies.length), 0);
  }));

test('a wrong password is refused in words of PostgreSQL', () =>
  world.visitAsStranger(
    '/',
    async (page) => {
      await page.getByLabel('Role').fill('editor');
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      const alert = page.getByRole('alert');
      await alert.waitFor();
      assert.match((await alert.textContent()) ?? '', /password authentication failed.*28P01/);
    },
    { refused: [401] },
  ));

test('the cookie of a session is for the server alone', () =>
  world.visit('admin', '/', async (page) => {
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict']);
    assert.equal(await page.evaluate(() => document.cookie), '');
  }));

test('the first page is less than 200 kB of compressed script', () =>
  world.visit('admin', '/', async (page) => {
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    const scripts = loaded.filter((url) => url.endsWith('.js'));
    const bodies = await Promise.all(scripts.map((url) => fetch(url).then((answer) => answer.arrayBuffer())));
    const total = bodies.reduce((sum, body) => sum + gzipSync(new Uint8Array(body)).length, 0);
    assert(total > 10_000 && total < 200_000, `${total} bytes`);
  }));

test('without a session, and without its token, nothing is told and nothing is done', async () => {
  const answer = await fetch(`${world.url}/api/settings`);
  assert.equal(answer.status, 401);
  await world.visit(
    'admin',
    '/',
    async (page) => {
      const status = await page.evaluate(() => fetch('/api/session', { method: 'DELETE' }).then((r) => r.status));
      assert.equal(status, 403);
    },
    { refused: [403] },
  );
});

test('the sixth attempt within a minute has to wait', async () => {
  const attempt = () =>
    fetch(`${world.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: 'editor', password: 'wrong' }),
    }).then((answer) => answer.status);
  const statuses = [];
  for (let i = 0; i < 6; i += 1) statuses.push(await attempt());
  assert.equal(statuses.at(-1), 429);
});
