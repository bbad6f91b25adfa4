// The strings on which encodings are compared: every code point in contexts that show its class, random
// mixes over all blocks, the traps of the patterns, and sentences of many languages. The same in each
// run.

// A small generator of numbers (mulberry32), so that the strings do not depend on the version of node.
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const isSurrogate = (point) => point >= 0xd800 && point < 0xe000;

// One code point in contexts that show its class: a letter, a number, a mark, a space or none of them.
const inContexts = (c) => `a${c}B ${c}${c}1${c}!${c}\n${c}X${c}y  ${c}'s`;

// 16 neighbours in one text; '' when all are surrogates.
export function neighbours(first) {
  const points = Array.from({ length: 16 }, (_, i) => first + i).filter((p) => !isSurrogate(p));
  return points.map((p) => inContexts(String.fromCodePoint(p))).join(' ');
}

// Blocks of 256 code points of which some are assigned, and a few others.
export function blocks() {
  const isAssigned = (block) => block < 0x32400 || (block >= 0xe0000 && block < 0xe0200);
  const all = Array.from({ length: 0x1100 }, (_, i) => i * 256);
  return all.filter((block) => isAssigned(block) || block % 0x10000 === 0);
}

function* everyCodePoint() {
  for (const block of blocks())
    for (let first = block; first < block + 256; first += 16) yield neighbours(first);
}

const kinds = [
  'aeionrst', 'ABCXYZ', 'ǅǈǋ', 'ʰʱˀ', 'אבגקあア漢字가', '\u0301\u0308\u0903\u0e31\u20e3', '0123456789', '٣४Ⅷ½²',
  ' ', '  ', '\t\u00a0\u2003\u3000\u0085', '\n', '\r\n', '/', '!?.,;:', '"\'', '\'', '-_=+*#',
  '\u200d\ufe0f', '😀👩👍🏽🇩', '\u017f', 'srtmdvl', '\ufeff\u180e\u200b', '\0\x01\x7f',
];

function randomMix(random) {
  const length = 1 + Math.floor(random() ** 2 * 40);
  let text = '';
  for (let i = 0; i < length; ++i) {
    const kind = Array.from(kinds[Math.floor(random() * kinds.length)]);
    const times = random() < 0.2 ? 1 + Math.floor(random() * 6) : 1;
    for (let k = 0; k < times; ++k) text += kind[Math.floor(random() * kind.length)];
  }
  return text;
}

function randomUnicode(random) {
  const base = Math.floor(random() * 0x323b0);
  let text = '';
  for (let i = 0; i < 24; ++i) {
    const point = random() < 0.3 ? 0x20 + Math.floor(random() * 95) : base + Math.floor(random() * 64);
    if (!isSurrogate(point)) text += String.fromCodePoint(point);
  }
  return text;
}

const words = ('the of and HttpServer getElementById JSON INSERT INTO don\'t WE\'LL it\'S naïve Straße été ' +
  'привет Москва 你好世界 東京都 안녕하세요 สวัสดี नमस्ते مرحبا שלום ძალიან Việt İstanbul 3.14159 1234567 0xDEADBEEF ' +
  '<|endoftext|> <|im_start|> == != -> :: // /* */ \\n \\u0041 {"key": [1,2,3]} 👩‍👩‍👧‍👦 🇺🇸 e\u0301 ﬁ Ⅳ ½ ').split(' ');

function randomSentence(random) {
  const gaps = [' ', ' ', ' ', '', '  ', '\n', '\n\n', '\t', ', ', '. ', ' \n '];
  let text = '';
  for (let i = 0; i < 20; ++i)
    text += words[Math.floor(random() * words.length)] + gaps[Math.floor(random() * gaps.length)];
  return text;
}

function* runs() {
  for (const unit of ['a', ' ', '\n', '\t', '_', '=', '-', '/', '0', '漢', '😀', 'é', 'ab', ' a', 'A', '\u0301',
    '👩‍👧', '\r\n', '.', 'ا', 'Aa', '\u00a0', ' \n', '字母'])
    for (const times of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 79, 81, 127, 128, 129, 200, 255, 256, 700])
      for (const tail of ['', 'b', ' x', '\n'])
        yield unit.repeat(times) + tail;
}

const contractions = ['\'s', '\'S', '\'ſ', '\'t', '\'RE', '\'rE', '\'ve', '\'m', '\'ll', '\'Ll', '\'d', '\'x', '\'', '\'\'s',
  '’s', '\'l', '\'r', '\'v'];
function* contracted() {
  for (const head of ['he', 'HE', 'He', '漢', 'e\u0301', '\u0301', '1', '!', ' ', '', '\n'])
    for (const middle of contractions)
      for (const tail of ['', 'x', ' y', '\'s', '\u0301', 'S']) yield head + middle + tail;
}

export function corpus() {
  return [...everyCodePoint(), ...traps()];
}

export function traps() {
  const random = randomNumbers(20260901);
  const texts = ['', ...runs(), ...contracted()];
  for (let i = 0; i < 8000; ++i) texts.push(randomMix(random));
  for (let i = 0; i < 4000; ++i) texts.push(randomUnicode(random));
  for (let i = 0; i < 2000; ++i) texts.push(randomSentence(random));
  return texts;
}
