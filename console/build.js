// Builds the console: `node build.js` makes dist/server and dist/web, `node build.js test` dist/test.
// Types are checked by `npm run types`; here they are only taken off.
//
// Each page of the browser's part is a chunk of its own, so that the first one is small. Names of chunks
// hold their hash, so a browser may keep them for ever; index.html names the entry and is asked for anew.

import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));

const forNode = {
  absWorkingDir: folder,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
};

const forBrowsers = {
  absWorkingDir: folder,
  entryPoints: ['src/web/main.tsx', 'src/web/styles/main.css'],
  outdir: 'dist/web/assets',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  metafile: true,
  logLevel: 'warning',
};

/// The file that was made of an entry point.
function builtFrom(metafile, entryPoint) {
  const [file] = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === entryPoint);
  return basename(file);
}

async function buildConsole() {
  rmSync(join(folder, 'dist/web'), { recursive: true, force: true });
  await build({ ...forNode, entryPoints: ['src/server/main.ts'], outdir: 'dist/server' });
  const { metafile } = await build(forBrowsers);
  const page = readFileSync(join(folder, 'src/web/index.html'), 'utf8')
    .replace('main.js', builtFrom(metafile, 'src/web/main.tsx'))
    .replace('main.css', builtFrom(metafile, 'src/web/styles/main.css'));
  writeFileSync(join(folder, 'dist/web/index.html'), page);
  for (const file of Object.keys(metafile.outputs)) compress(join(folder, file));
}

/// Beside each file what browsers take instead of it, so that the server has not to compress.
function compress(file) {
  const content = readFileSync(file);
  writeFileSync(`${file}.br`, brotliCompressSync(content));
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
}

async function buildTests() {
  for (const kind of ['test/unit', 'test/e2e']) {
    const names = readdirSync(join(folder, kind)).filter((name) => name.endsWith('.test.ts'));
    await build({ ...forNode, entryPoints: names.map((name) => join(kind, name)), outdir: `dist/${kind}` });
  }
}

await (process.argv[2] === 'test' ? buildTests() : buildConsole());
