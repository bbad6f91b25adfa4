// Opens diagrams in a headless Chromium, and gives their Mermaid to Mermaid itself.
// usage: node diagram.mjs NODE_MODULES DRAW_DIAGRAM CHROMIUM [PICTURES]
//   NODE_MODULES  a folder with playwright-core; where it also has mermaid, flowcharts are parsed
//   DRAW_DIAGRAM  the program of test/conformance
//   PICTURES      a folder for screenshots
// Prints "ok NAME" or "FAILED NAME" for each document. Every SVG must show without an error, run
// nothing, ask for nothing, keep each text within its box and be readable in light and dark; Mermaid
// must read every flowchart and show the texts as they are.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { DOCUMENTS, HOSTILE } from './diagram_samples.mjs';

const [modules, drawDiagram, chromiumPath, pictures] = process.argv.slice(2);
const { chromium } = createRequire(join(modules, 'x'))('playwright-core');

const WIDTHS = [380, 1400];
const SCHEMES = ['light', 'dark'];
let failures = 0;

function tell(name, faults) {
  console.log(faults.length === 0 ? `ok ${name}` : `FAILED ${name}`);
  for (const fault of faults.slice(0, 10)) console.log(`  ${fault}`);
  failures += faults.length === 0 ? 0 : 1;
}

/// Runs in the page: texts that leave their box, boxes that leave the picture, faint texts, and what
/// only markup of the document could make.
function findFaults() {
  const faults = [];
  const SLACK = 1;
  const svg = document.querySelector('svg');
  if (document.scrollingElement.scrollWidth > window.innerWidth) faults.push('the page is too wide');
  const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
  const within = (inner, outer, what) => {
    const leaves = inner.x < outer.x - SLACK || inner.y < outer.y - SLACK ||
      inner.x + inner.width > outer.x + outer.width + SLACK ||
      inner.y + inner.height > outer.y + outer.height + SLACK;
    if (leaves) faults.push(`leaves ${what}: ${JSON.stringify(inner)}`);
  };
  for (const element of svg.querySelectorAll('text, path'))
    within(element.getBBox(), { x: 0, y: 0, width, height }, `the picture (${element.textContent})`);
  for (const group of svg.querySelectorAll('g')) {
    const box = group.querySelector('path').getBBox();
    for (const text of group.querySelectorAll('text')) within(text.getBBox(), box, `its box (${text.textContent})`);
  }

  const luminance = (color) => {
    const [r, g, b] = color.match(/[\d.]+/g).map(Number)
      .map((value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = svg.querySelector('.bg');
  for (const text of svg.querySelectorAll('text')) {
    const behind = text.closest('g')?.querySelector('path') ?? ground;
    const [light, dark] = [text, behind].map((e) => luminance(getComputedStyle(e).fill)).sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) faults.push(`contrast ${contrast.toFixed(2)}: ${text.textContent}`);
  }

  if (window.hacked !== undefined) faults.push('a text was run');
  for (const element of document.querySelectorAll('script, img, iframe, a, foreignObject, use, image'))
    faults.push(`an element of someone else: <${element.localName}>`);
  for (const element of document.querySelectorAll('*'))
    for (const attribute of element.attributes)
      if (attribute.name.startsWith('on')) faults.push(`a handler: ${attribute.name}`);
  return faults;
}

async function openPage(browser, options, faults) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', async (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  return page;
}

async function checkSvg(browser, name, svg, colorScheme, width) {
  const faults = [];
  const page = await openPage(browser, { colorScheme, viewport: { width, height: 900 } }, faults);
  page.on('request', (request) => faults.push(`request: ${request.url().slice(0, 100)}`));
  await page.setContent(`<!DOCTYPE html><html><body style="margin:0">${svg}</body></html>`);
  if (pictures) await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
  faults.push(...(await page.evaluate(findFaults)));
  await page.context().close();
  return faults;
}

/// As a file of its own, where XML is read strictly.
async function checkFile(browser, file) {
  const faults = [];
  const page = await openPage(browser, {}, faults);
  await page.goto(pathToFileURL(file).href);
  if (await page.evaluate(() => document.documentElement.localName !== 'svg' || document.querySelector('parsererror')))
    faults.push('it is no well-formed XML');
  await page.context().close();
  return faults;
}

/// Our own check must fail on a picture that is wrong, or it proves nothing.
async function checkTheCheck(browser, svg) {
  const wrong = svg.replace(/(<g><title>[^<]*<\/title><path[^>]*>\s*<text[^>]*>)/, `$1${'wide '.repeat(30)}`)
    .replace('</svg>', '<text class="t" x="10" y="20" style="fill:#eee">faint</text><script>window.hacked=1</script></svg>');
  const faults = (await checkSvg(browser, 'wrong', wrong, 'light', 1400)).join('\n');
  const missed = ['leaves its box', 'contrast', '<script>'].filter((fault) => !faults.includes(fault));
  tell('a wrong picture is noticed', missed.map((fault) => `not noticed: ${fault}`));
}

/// Reads a flowchart with Mermaid and shows it; `texts` must stand in it.
async function checkMermaid(page, flowchart, texts) {
  return page.evaluate(async ([code, wanted]) => {
    try {
      await mermaid.parse(code);
      const { svg } = await mermaid.render('m', code);
      document.body.innerHTML = svg;
    } catch (error) {
      return [`mermaid: ${String(error.message ?? error).slice(0, 300)}`];
    }
    const squeezed = (text) => text.replace(/[\s\u200b]+/g, '');
    const shown = squeezed(document.body.textContent);
    const faults = wanted.filter((text) => !shown.includes(squeezed(text))).map((text) => `not shown: ${text}`);
    if (shown.includes('Unsupportedmarkdown')) faults.push('a text was read as Markdown');
    if (window.hacked !== undefined) faults.push('a text was run');
    return faults;
  }, [flowchart, texts]);
}

function draw(work, name, format, document) {
  const file = join(work, `${name}.json`);
  writeFileSync(file, JSON.stringify(document));
  execFileSync(drawDiagram, [work, format, file], { stdio: 'inherit' });
  return {
    file: join(work, `${name}.svg`),
    svg: readFileSync(join(work, `${name}.svg`), 'utf8'),
    mermaid: readFileSync(join(work, `${name}.mmd`), 'utf8'),
  };
}

async function checkAll(browser, work) {
  const mermaidPath = join(modules, 'mermaid/dist/mermaid.min.js');
  const hasMermaid = existsSync(mermaidPath);
  const faultsOfPage = [];
  const mermaidPage = await openPage(browser, { viewport: { width: 1400, height: 900 } }, faultsOfPage);
  if (hasMermaid) {
    await mermaidPage.setContent('<!DOCTYPE html><html><body></body></html>');
    await mermaidPage.addScriptTag({ path: mermaidPath });
    await mermaidPage.evaluate(() => mermaid.initialize({ startOnLoad: false, htmlLabels: true }));
  } else {
    console.log('there is no mermaid: flowcharts are not read');
  }
  for (const { name, format, document, texts } of DOCUMENTS) {
    const picture = draw(work, name, format, document);
    if (name === DOCUMENTS[0].name) await checkTheCheck(browser, picture.svg);
    for (const scheme of SCHEMES)
      for (const width of WIDTHS)
        tell(`${name}, ${scheme}, ${width} px`, await checkSvg(browser, name, picture.svg, scheme, width));
    tell(`${name}, as a file`, await checkFile(browser, picture.file));
    if (hasMermaid) tell(`${name}, by Mermaid`, await checkMermaid(mermaidPage, picture.mermaid, texts ?? []));
  }
  for (const [number, text] of HOSTILE.entries()) {
    const document = { pilot_steps: [{ id: 'a', operation: text, step_type: 'transform' }] };
    const picture = draw(work, `hostile${number}`, 'pilot', document);
    const faults = await checkSvg(browser, `hostile${number}`, picture.svg, 'light', 380);
    if (hasMermaid) faults.push(...(await checkMermaid(mermaidPage, picture.mermaid, [text])));
    tell(`hostile text: ${JSON.stringify(text)}`, faults);
  }
  tell('no error while Mermaid drew', faultsOfPage);
}

const work = mkdtempSync(join(tmpdir(), 'diagrams-'));
const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
try {
  await checkAll(browser, work);
} finally {
  await browser.close();
  rmSync(work, { recursive: true });
}
console.log(`${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
