import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeLike } from '../../src/server/routes/requests.js';
import { moneyAtMost } from '../../src/web/format.js';
import { spansOf } from '../../src/web/components/call_timeline.js';
import { formOf } from '../../src/web/pages/generate.js';

test('what is looked for is no pattern', () => {
  assert.equal(escapeLike('5 %_\\'), '5 \\%\\_\\\\');
});

test('calls lie on one axis, and the shortest can be seen', () => {
  const spans = spansOf([
    { starts_after_ms: 0, latency_ms: 500 },
    { starts_after_ms: 500, latency_ms: 500 },
    { starts_after_ms: 1000, latency_ms: 0 },
  ]);
  assert.deepEqual(spans, [
    { x: 0, width: 500 },
    { x: 500, width: 500 },
    { x: 994, width: 6 },
  ]);
});

test('calls that took no time at all do not leave the axis', () => {
  for (const { x, width } of spansOf([{ starts_after_ms: 0, latency_ms: 0 }]))
    assert(x >= 0 && width > 0 && x + width <= 1000);
});

test('a bound is never shown below what it is', () => {
  assert.equal(moneyAtMost('0.181122'), '≤ $0.182');
  assert.equal(moneyAtMost('12.001'), '≤ $12.01');
  assert.equal(moneyAtMost('0.5'), '≤ $0.50');
});

test('what is left empty in the form is left to the settings', () => {
  const empty = { prompt: 'Pack', services: ' , ', format: '', agent: ' ', responseMode: '', maxOutputTokens: '' };
  assert.deepEqual(formOf(empty), { prompt: 'Pack', services: [] });
  assert.deepEqual(formOf({ ...empty, services: 'dhl, google-mail,', maxOutputTokens: '100' }), {
    prompt: 'Pack',
    services: ['dhl', 'google-mail'],
    maxOutputTokens: 100,
  });
});
