import { ConfigError } from '../lib/config.ts';
import { Shutdown } from './shutdown.ts';
import { start } from './start.ts';
import { StartError } from './start-error.ts';

/** A shutdown that hangs is cut short (ms). */
const SHUTDOWN_MS = 15_000;

const shutdown = new Shutdown();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    void shutdown.run().then(() => process.exit());
  });
}

try {
  const url = await start(process.env, shutdown);
  console.log(`The session manager is listening on ${url}`);
} catch (thrown) {
  console.error(thrown instanceof StartError || thrown instanceof ConfigError ? thrown.message : thrown);
  await shutdown.run();
  process.exit(1);
}
