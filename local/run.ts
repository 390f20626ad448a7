import { ConfigError } from '../lib/configuration.ts';
import { Shutdown } from './shutdown.ts';
import { start } from './start.ts';
import { StartError } from './start-error.ts';
import { warningOfReach } from './table-reach.ts';

/** A shutdown that hangs is cut short (ms). */
const SHUTDOWN_MS = 60_000;
const SAME_SIGNAL_MS = 500;

const shutdown = new Shutdown();
let started: Promise<string>;
let signalledAt = -Infinity;

/** Starts everything, and stops it at a signal or a fault. */
export function run(env: NodeJS.ProcessEnv): void {
  env.LOG_FORMAT ||= process.stdout.isTTY ? 'pretty' : 'json';
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // Whatever goes wrong: nothing that was started is left behind.
  process.on('uncaughtException', fail);
  started = start(env, shutdown, fail);
  started.then(async (url) => {
    if (shutdown.signal.aborted) return;
    const endpoint = env.DYNAMODB_ENDPOINT ?? '';
    console.log(`The session manager is listening on ${url}`);
    console.log(`Its table is at ${endpoint}`);
    const warning = await warningOfReach(endpoint);
    if (warning !== undefined) console.warn(warning);
  }, fail);
}

/** A second signal ends the work that the first one lets finish. At Ctrl-C, the terminal and npm send one each at the same time. */
function onSignal(): void {
  const now = performance.now();
  if (!shutdown.signal.aborted) signalledAt = now;
  else if (now - signalledAt > SAME_SIGNAL_MS) shutdown.hurryUp();
  stop(0);
}

/** The first reason to stop decides the exit code and is the only one that is reported; all others result from it. */
function fail(reason: unknown): void {
  if (shutdown.signal.aborted) return;
  console.error(reason instanceof StartError || reason instanceof ConfigError ? reason.message : reason);
  stop(1);
}

function stop(exitCode: number): void {
  if (shutdown.signal.aborted) return;
  setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
  void Promise.allSettled([shutdown.run(), started]).then(() => process.exit(exitCode));
}
