import assert from 'node:assert/strict';
import { test } from 'node:test';
import type pg from 'pg';
import { inReadOnlyTransaction, qualify } from '../../src/server/database.js';

/// In place of a pool: notes what is sent, and answers nothing.
function poolOf(sent: string[], beforeConnecting = () => {}): pg.Pool {
  const client = {
    query: async (sql: string) => {
      sent.push(sql);
      return { rows: [] };
    },
    release: () => sent.push('released'),
  };
  const connect = async () => {
    beforeConnecting();
    return client;
  };
  return { connect } as unknown as pg.Pool;
}

test('no statement begins that nobody waits for, and its connection is free again', async () => {
  const sent: string[] = [];
  const left = new AbortController();
  const pool = poolOf(sent, () => left.abort());
  const reading = inReadOnlyTransaction(pool, 'public', (query) => query('SELECT slow()'), left.signal);
  await assert.rejects(reading, /nobody waits/);
  assert(!sent.includes('SELECT slow()'), String(sent));
  assert.equal(sent.at(-1), 'released');
});

test('what is read by several statements is of one moment, and changes nothing', async () => {
  const sent: string[] = [];
  await inReadOnlyTransaction(poolOf(sent), 'public', (query) => query('SELECT 1'));
  assert.deepEqual(sent, ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', 'SELECT 1', 'COMMIT', 'released']);
});

test('a schema with a hostile name is a name', () => {
  assert.equal(qualify('FROM @extschema@.x', 'a"; DROP'), 'FROM "a""; DROP".x');
});
