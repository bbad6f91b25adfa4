// Starts the console and ends it on a signal.

import { buildApp } from './app.js';
import { type Options, USAGE, UsageError, parseOptions } from './options.js';

export async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const options = optionsOrExit(args, env);
  const app = await buildApp(options);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void app.close().then(() => process.exit(0)));
  try {
    const address = await app.listen({ host: options.host, port: options.port });
    console.log(`The console of llm_workflow is at ${address}`);
  } catch (error) {
    exitWith(`cannot listen: ${(error as Error).message}`, 1);
  }
}

function optionsOrExit(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  try {
    const options = parseOptions(args, env);
    if (options !== 'help') return options;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    exitWith(`${error.message}\n\n${USAGE}`, 2);
  }
}

function exitWith(message: string, status: number): never {
  console.error(message);
  process.exit(status);
}
