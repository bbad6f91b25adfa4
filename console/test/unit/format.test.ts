import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNKNOWN, count, day, duration, money, moneyKnown, parseTime, percent, shortCount } from '../../src/web/format.js';

test('money has cents, and below a dollar the digits that tell something', () => {
  assert.equal(money('1234.5'), '$1,234.50');
  assert.equal(money('0'), '$0.00');
  assert.equal(money('0.0123456'), '$0.0123');
  assert.equal(money('0.00000123456'), '$0.00000123');
  assert.equal(money('0.5'), '$0.50');
  assert.equal(money('-0.001'), '-$0.001');
});

test('what is not known is not shown as 0', () => {
  for (const format of [money, count, percent, duration, shortCount, day]) assert.equal(format(null), UNKNOWN);
});

test('a cost that is known in part says so', () => {
  assert.equal(moneyKnown('0.5', 0), '$0.50');
  assert.equal(moneyKnown('0', 3), '$0.00 and 3 of unknown price');
});

test('durations never show 60 seconds or 60 minutes', () => {
  assert.deepEqual(
    [0, 999, 1000, 59_940, 59_999, 60_000, 3_599_999, 3_600_000].map(duration),
    ['0 ms', '999 ms', '1 s', '59.9 s', '1 min 0 s', '1 min 0 s', '1 h 0 min', '1 h 0 min'],
  );
});

test('a time of PostgreSQL is one moment, whatever its offset', () => {
  for (const text of ['2025-11-04 12:00:00+00', '2025-11-04 13:00:00.000+01', '2025-11-04 17:30:00+05:30'])
    assert.equal(parseTime(text).getTime(), Date.parse('2025-11-04T12:00:00Z'));
});

test('a day does not move with the zone of whoever looks', () => {
  assert.equal(day('2025-11-04'), '4 Nov 2025');
});

test('a rate keeps two decimals', () => {
  assert.equal(percent('5.86'), '5.86 %');
  assert.equal(percent(0), '0 %');
});
