import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { Refusal, describeError, statusOf } from '../../src/server/errors.js';

function databaseError(fields: Partial<pg.DatabaseError>): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('permission denied for view x', 0, 'error'), fields);
}

test('an error of PostgreSQL comes with all its words', () => {
  const error = databaseError({ code: '22023', detail: 'The detail.', hint: 'The hint.' });
  assert.deepEqual(describeError(error), {
    status: 400,
    body: { sqlstate: '22023', message: 'permission denied for view x', detail: 'The detail.', hint: 'The hint.' },
  });
});

test('a missing right is told with what to do about it', () => {
  const { status, body } = describeError(databaseError({ code: '42501' }));
  assert.equal(status, 403);
  assert.match(body.hint ?? '', /GRANT/);
});

test('an error of our own tells nothing of the inside', () => {
  const { status, body } = describeError(new TypeError('undefined is not a password: secret'));
  assert.equal(status, 500);
  assert.doesNotMatch(JSON.stringify(body), /secret/);
});

test('a server that is not there is told as such', () => {
  const error = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  assert.equal(describeError(error).status, 502);
});

test('what we refuse has the status that was chosen', () => {
  assert.deepEqual(describeError(new Refusal(409, 'not now', 'Later.')), {
    status: 409,
    body: { message: 'not now', hint: 'Later.' },
  });
});

test('no SQLSTATE makes the browser believe that its session has ended', () => {
  for (const sqlstate of ['42501', '57014', '53300', 'LW001', 'XX000', '40001'])
    assert.notEqual(statusOf(sqlstate), 401);
});
