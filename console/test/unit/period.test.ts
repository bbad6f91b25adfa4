import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSpan } from '../../src/server/span.js';
import { type Period, daysOf, parsePeriod, spanOf, toSearch } from '../../src/web/period.js';

const NOW = Date.parse('2025-11-04T00:10:00Z');

test('a day ends with the present hour and has 24 of them', () => {
  assert.deepEqual(spanOf({ name: '24h' }, NOW), {
    grain: 'hour',
    first: '2025-11-03T01:00Z',
    last: '2025-11-04T00:00Z',
  });
});

test('seven days are today and the six before, in UTC', () => {
  assert.deepEqual(spanOf({ name: '7d' }, NOW), { grain: 'day', first: '2025-10-29', last: '2025-11-04' });
});

test('a view without hours gets the days that 24 hours touch', () => {
  assert.deepEqual(daysOf({ name: '24h' }, NOW), { grain: 'day', first: '2025-11-03', last: '2025-11-04' });
});

test('an address leads to the period that it was made of', () => {
  const custom: Period = { name: 'custom', from: '2025-01-01', to: '2025-02-01' };
  const periods: Period[] = [{ name: '24h' }, { name: '90d' }, custom];
  for (const period of periods) assert.deepEqual(parsePeriod(toSearch(period)), period);
});

for (const search of ['', 'period=8d', 'from=2025-01-01', 'from=2025-02-01&to=2025-01-01', 'from=<b>&to=2025-01-01'])
  test(`an address that says nothing usable shows seven days: "${search}"`, () => {
    assert.deepEqual(parsePeriod(search), { name: '7d' });
  });

test('what the browser asks for is what the server takes', () => {
  for (const name of ['24h', '7d', '30d', '90d'] as const) {
    const span = spanOf({ name }, NOW);
    assert.deepEqual(checkSpan(span), span);
  }
});

for (const [first, last] of [
  ['2025-11-04', '2025-11-03'],
  ['2025-13-01', '2025-13-02'],
  ['2025-11-04T00:00Z', '2025-11-04T01:00Z'],
  ['1025-01-01', '2025-01-01'],
  ["2025-11-04' OR 1", '2025-11-04'],
] as const)
  test(`a span that could cost too much or is none is refused: ${first} to ${last}`, () => {
    assert.throws(() => checkSpan({ grain: 'day', first, last }));
  });
