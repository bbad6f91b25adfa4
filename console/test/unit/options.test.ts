import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError, parseOptions } from '../../src/server/options.js';

const options = (args: string[], env: NodeJS.ProcessEnv = {}) => {
  const parsed = parseOptions(args, env);
  assert(parsed !== 'help');
  return parsed;
};

test('it listens on loopback unless told otherwise', () => {
  assert.equal(options([]).host, '127.0.0.1');
  assert.equal(options([]).port, 8080);
  assert.equal(options(['--host', '0.0.0.0', '--port', '0']).host, '0.0.0.0');
});

test('the environment says where the database is, and a URL says it better', () => {
  const env = { PGHOST: 'db.example', PGPORT: '6432', PGDATABASE: 'prod', PGSSLMODE: 'verify-full' };
  assert.deepEqual(options([], env).database, { host: 'db.example', port: 6432, database: 'prod', tls: 'verified' });
  assert.deepEqual(options(['postgres://other/x?sslmode=disable'], env).database, {
    host: 'other',
    port: 6432,
    database: 'x',
    tls: 'none',
  });
});

test('a folder with a Unix socket is a host', () => {
  assert.equal(options(['postgres:///x?host=/run/postgresql']).database.host, '/run/postgresql');
});

test('an IPv6 address is a host without its brackets', () => {
  assert.equal(options(['postgres://[::1]:5433/x']).database.host, '::1');
});

for (const args of [['--prot', '1'], ['--port', '70000'], ['--port', 'x'], ['mysql://h/d'], ['a', 'b']])
  test(`it does not guess what ${args.join(' ')} means`, () => {
    assert.throws(() => options(args), UsageError);
  });

test('a password on the command line is refused and not repeated', () => {
  assert.throws(() => options(['postgres://u:secret@h/d']), (error: Error) => !error.message.includes('secret'));
  assert.throws(() => options(['u://u:secret@h/d']), (error: Error) => !error.message.includes('secret'));
});
