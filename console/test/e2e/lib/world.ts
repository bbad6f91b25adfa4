// Everything that an end-to-end test needs: PostgreSQL, simulated providers, the console, and Chromium.
//
//   let world: World;
//   before(async () => { world = await startWorld(); });
//   after(() => world.end());
//   test('what fails when this does', () =>
//     world.visit('admin', '/settings', async (page) => { ... }));
//
// visit() fails when the browser's console had an error, a script threw, or the page broke its own rules.
// A page that is meant to be refused something says so: visit('nobody1', '/', work, { refused: [403] }).

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core';
import { DATABASE, type Postgres, type Role, startPostgres } from './postgres.js';
import { type Program, startProgram, waitForProgram } from './processes.js';

export type { Role } from './postgres.js';

const SMALL_WIDTH = 380;
const LARGE_WIDTH = 1400;
const HEIGHT = 900;
const MAX_PICTURE_HEIGHT = 1600;
const PATIENCE_MS = 15_000;

/// From dist/test/e2e, where tests are built to.
const CONSOLE = new URL('../../../bin/llm-workflow-console.js', import.meta.url).pathname;

export interface VisitOptions {
  /// HTTP statuses that the visit may be answered with; any other one of 400 and above fails it.
  readonly refused?: readonly number[];
}

export class World {
  readonly #cookies = new Map<Role, Awaited<ReturnType<BrowserContext['storageState']>>>();

  constructor(
    readonly url: string,
    readonly sql: Postgres['sql'],
    readonly connectAs: Postgres['connectAs'],
    readonly browser: Browser,
    readonly end: () => Promise<void>,
  ) {}

  /// Opens a page as somebody who is signed in, and looks after it what went wrong in the browser.
  async visit(role: Role, path: string, work: (page: Page) => Promise<void>, options: VisitOptions = {}) {
    const session = this.#cookies.get(role) ?? (await this.#signInOnce(role));
    await this.#withPage({ storageState: session }, options, async (page) => {
      await page.goto(this.url + path);
      await work(page);
    });
  }

  /// The same for somebody who is not signed in.
  async visitAsStranger(path: string, work: (page: Page) => Promise<void>, options: VisitOptions = {}) {
    await this.#withPage({}, options, async (page) => {
      await page.goto(this.url + path);
      await work(page);
    });
  }

  /// Sign-ins are rate limited, so a role signs in once and its further visits have the same cookie.
  async #signInOnce(role: Role) {
    const context = await this.browser.newContext();
    const page = await context.newPage();
    await page.goto(this.url);
    await signIn(page, role);
    const state = await context.storageState();
    this.#cookies.set(role, state);
    await context.close();
    return state;
  }

  async #withPage(
    contextOptions: { storageState?: Awaited<ReturnType<BrowserContext['storageState']>> },
    { refused = [] }: VisitOptions,
    work: (page: Page) => Promise<void>,
  ): Promise<void> {
    const context = await this.browser.newContext({
      ...contextOptions,
      viewport: { width: LARGE_WIDTH, height: HEIGHT },
      colorScheme: 'light',
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const faults = collectFaults(page, refused);
    try {
      await work(page);
      assert.deepEqual(faults, []);
    } catch (error) {
      if (faults.length > 0) (error as Error).message += `\nThe browser said:\n  ${faults.join('\n  ')}`;
      throw error;
    } finally {
      await context.close();
    }
  }
}

export async function signIn(page: Page, role: Role, password: string = role): Promise<void> {
  await page.getByLabel('Role').fill(role);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}

function collectFaults(page: Page, refused: readonly number[]): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isAnswer) faults.push(message.text());
  });
  page.on('response', (response) => {
    const status = response.status();
    if (status >= 400 && !refused.includes(status)) faults.push(`${status} for ${response.url()}`);
  });
  page.on('dialog', (dialog) => {
    faults.push(`a dialog of a script: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return faults;
}

/// Looks at the page at phone and desk width: nothing leaves it, every control has a name. With
/// CONSOLE_PICTURES=folder it keeps a picture of each.
export async function inspect(page: Page, name: string): Promise<void> {
  for (const width of [SMALL_WIDTH, LARGE_WIDTH]) {
    await page.setViewportSize({ width, height: HEIGHT });
    // Charts draw themselves anew in the frame after.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const pageWidth = await page.evaluate(() => document.scrollingElement!.scrollWidth);
    assert(pageWidth <= width, `${name} is ${pageWidth} px wide in a window of ${width} px`);
    await keepPicture(page, `${name}-${width}`);
  }
  assert.deepEqual(await page.evaluate(namelessControls), [], 'controls without a name');
}

/// Runs in the page.
function namelessControls(): string[] {
  const controls = [...document.querySelectorAll<HTMLInputElement>('input, select, textarea, button, a[href]')];
  const nameOf = (control: HTMLInputElement) =>
    control.getAttribute('aria-label') || control.labels?.length || control.textContent?.trim();
  return controls.filter((control) => !nameOf(control)).map((control) => control.outerHTML);
}

async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env.CONSOLE_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const { width } = page.viewportSize()!;
  const height = Math.min(MAX_PICTURE_HEIGHT, await page.evaluate(() => document.scrollingElement!.scrollHeight));
  const clip = { x: 0, y: 0, width, height };
  await page.screenshot({ path: join(folder, `console-${name}.png`), fullPage: true, clip });
}

export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const end = async () => {
    for (const ending of endings.splice(0).reverse()) await ending();
  };
  try {
    const postgres = await startPostgres(folder);
    endings.push(postgres.end);
    const { program, url } = await startConsole(folder, postgres.port);
    endings.push(() => program.end());
    const browser = await startChromium(folder);
    endings.push(() => browser.close());
    return new World(url, postgres.sql, postgres.connectAs, browser, end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function startConsole(folder: string, postgresPort: number): Promise<{ program: Program; url: string }> {
  const program = startProgram(
    process.execPath,
    [CONSOLE, '--port', '0', `postgres://127.0.0.1:${postgresPort}/${DATABASE}`],
    join(folder, 'console.log'),
  );
  const url = await waitForProgram(program, 'the console', () => /http:\/\/\S+/.exec(program.log())?.[0]);
  return { program, url };
}

/// Chromium keeps its profile in HOME, which an unprivileged user may not have. Its sandbox needs rights
/// that a container has not; the pages are our own.
function startChromium(home: string): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--no-proxy-server'],
    env: { ...process.env, HOME: home } as Record<string, string>,
  });
}
