// Opens reports in a headless Chromium: `make browser`.
// usage: node report.mjs NODE_MODULES REPORT_PAGE CHROMIUM [PICTURES]
//   REPORT_PAGE  the program of test/conformance that renders a report
//   PICTURES     a folder for a screenshot of each page
// Prints "ok NAME" or "FAILED NAME" for each page, colour scheme and width. Every page must show without
// an error, run nothing, ask for nothing, and keep every text within its box.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { HOSTILE, SAMPLES } from './samples.mjs';

const [modules, reportPage, chromiumPath, pictures] = process.argv.slice(2);
const { chromium } = createRequire(join(modules, 'x'))('playwright-core');

const WIDTHS = [380, 768, 1400];
const SCHEMES = ['light', 'dark'];
let failures = 0;

function tell(name, faults) {
  console.log(faults.length === 0 ? `ok ${name}` : `FAILED ${name}`);
  for (const fault of faults.slice(0, 10)) console.log(`  ${fault}`);
  failures += faults.length === 0 ? 0 : 1;
}

/// Runs in the page: texts that leave their box, and texts that lie on one another.
function findMisplacedTexts() {
  const faults = [];
  const SLACK = 1;
  const excerpt = (node) => node.textContent.trim().slice(0, 30);
  const boxOf = (element) => element.closest('.scroll, .card, .tile, header, footer, section, body');

  if (document.scrollingElement.scrollWidth > window.innerWidth)
    faults.push(`the page is ${document.scrollingElement.scrollWidth} px wide`);

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const parent = texts.currentNode.parentElement;
    if (texts.currentNode.textContent.trim() === '' || parent.closest('.hidden, title, desc')) continue;
    if (!parent.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const box = boxOf(parent).getBoundingClientRect();
    const scrolls = boxOf(parent).classList.contains('scroll');
    for (const rect of range.getClientRects()) {
      const leaves = rect.left < box.left - SLACK || (!scrolls && rect.right > box.right + SLACK);
      if (leaves) faults.push(`leaves its box: ${excerpt(texts.currentNode)}`);
    }
  }

  for (const svg of document.querySelectorAll('.plot svg.axis, .plot svg.field')) {
    const labels = [...svg.querySelectorAll('text')].filter((label) => label.checkVisibility());
    const rects = labels.map((label) => label.getBoundingClientRect());
    for (let i = 1; i < rects.length; i += 1) {
      const [a, b] = [rects[i - 1], rects[i]];
      const overlaps = a.right > b.left && b.right > a.left && a.bottom > b.top + 2 && b.bottom > a.top + 2;
      if (overlaps) faults.push(`labels overlap: ${labels[i - 1].textContent} and ${labels[i].textContent}`);
    }
  }
  return faults;
}

/// Runs in the page: the contrast of each text with what is behind it, by WCAG 2.1.
function findFaintTexts() {
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const channel = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const backgroundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const faults = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim() !== '');
    if (!hasText || !element.checkVisibility() || element.closest('.hidden, title, desc')) continue;
    const style = getComputedStyle(element);
    const color = parse(element instanceof SVGElement ? style.fill : style.color);
    const [light, dark] = [luminance(color), luminance(backgroundOf(element))].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) faults.add(`contrast ${contrast.toFixed(2)}: ${element.textContent.trim().slice(0, 30)}`);
  }
  return [...faults];
}

/// Runs in the page: what only markup could make, and what reading aids need.
function findForeignElements() {
  const faults = [];
  for (const element of document.querySelectorAll('script, img, iframe, object, embed, textarea, form, a, base'))
    faults.push(`an element of someone else: <${element.localName}>`);
  for (const element of document.querySelectorAll('*'))
    for (const attribute of element.attributes)
      if (attribute.name.startsWith('on')) faults.push(`a handler: ${element.localName} ${attribute.name}`);
  if (window.hacked !== undefined) faults.push('a text was run');
  for (const svg of document.querySelectorAll('svg[role=img]'))
    if (!svg.querySelector(':scope > title')) faults.push('a picture without a title');
  for (const th of document.querySelectorAll('th'))
    if (!th.scope) faults.push(`a heading of a table without a scope: ${th.textContent}`);
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  if (new Set(ids).size !== ids.length) faults.push('an id is there twice');
  return faults;
}

/// Opens `file` and gives what is wrong with it.
async function check(browser, file, colorScheme, width, picture) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const faults = [];
  const url = pathToFileURL(file).href;
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', async (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== url) faults.push(`request: ${request.url().slice(0, 100)}`);
  });
  await page.goto(url, { waitUntil: 'load' });
  if (picture) await page.screenshot({ path: picture, fullPage: true });
  for (const details of await page.locator('details').all()) await details.evaluate((d) => (d.open = true));
  faults.push(...(await page.evaluate(findMisplacedTexts)));
  faults.push(...(await page.evaluate(findFaintTexts)));
  faults.push(...(await page.evaluate(findForeignElements)));
  const text = await page.evaluate(() => document.body.textContent);
  await context.close();
  return { faults, text };
}

/// Our own check must fail on a page that is wrong, or it proves nothing.
async function checkTheCheck(browser, work) {
  const file = join(work, 'wrong.html');
  writeFileSync(
    file,
    `<!DOCTYPE html><body><section style="width:100px;color:#bbb;white-space:nowrap">${'much too long '.repeat(99)}
     </section><img src="http://127.0.0.1:9/x"><script>console.log(1); throw Error('2')</script>`,
  );
  const { faults } = await check(browser, file, 'light', 380);
  const expected = ['the page is', 'leaves its box', 'contrast', '<img>', '<script>', 'console', 'error: 2', 'request'];
  tell('a wrong page is found out', expected.filter((e) => !faults.some((f) => f.includes(e))).map((e) => `missed: ${e}`));
}

const work = mkdtempSync(join(tmpdir(), 'report-'));
const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
try {
  await checkTheCheck(browser, work);
  for (const [name, sample] of Object.entries(SAMPLES)) {
    const file = join(work, `${name}.html`);
    writeFileSync(file, execFileSync(reportPage, { input: JSON.stringify(sample()), maxBuffer: 1 << 26 }));
    for (const scheme of SCHEMES)
      for (const width of WIDTHS) {
        const picture = pictures && join(pictures, `${name}-${scheme}-${width}.png`);
        const { faults, text } = await check(browser, file, scheme, width, picture);
        if (name === 'hostile' && !text.includes(HOSTILE.slice(0, 60))) faults.push('a text is not there as text');
        tell(`${name} ${scheme} ${width}`, faults);
      }
  }
} finally {
  await browser.close();
  rmSync(work, { recursive: true });
}
process.exit(failures === 0 ? 0 : 1);
