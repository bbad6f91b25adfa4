// Programs that a test starts and ends, each by its own process id.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = Number(process.env.PG_TEST_TIMEOUT_DEFAULT ?? 60) * 1000;
const POLL_MS = 50;

export interface Program {
  /// What it has written so far.
  readonly log: () => string;
  readonly hasEnded: () => boolean;
  /// Sends the signal and waits until it is gone.
  readonly end: (signal?: NodeJS.Signals) => Promise<void>;
}

export function startProgram(
  command: string,
  args: readonly string[],
  logFile: string,
  env: NodeJS.ProcessEnv = process.env,
): Program {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], env });
  closeSync(log);
  let failure = '';
  child.on('error', (error) => (failure = error.message));
  const hasEnded = () => failure !== '' || child.exitCode !== null || child.signalCode !== null;
  return {
    log: () => failure + readFileSync(logFile, 'utf8'),
    hasEnded,
    end: (signal = 'SIGTERM') => endChild(child, hasEnded, signal),
  };
}

async function endChild(child: ChildProcess, hasEnded: () => boolean, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded()) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const killer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await ended;
  clearTimeout(killer);
}

/// Asks until the answer is neither undefined nor false, and gives it.
export async function waitFor<Answer>(
  what: string,
  ask: () => Promise<Answer> | Answer,
): Promise<Exclude<Answer, undefined | false>> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<Answer, undefined | false>;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await pause(POLL_MS);
  }
}

/// Waits until a started program says or does something; throws what it wrote when it ended instead.
export function waitForProgram<Answer>(program: Program, what: string, ask: () => Promise<Answer> | Answer) {
  return waitFor(what, () => {
    if (program.hasEnded()) throw new Error(`${what}: it ended\n${program.log()}`);
    return ask();
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
