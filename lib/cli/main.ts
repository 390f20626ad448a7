#!/usr/bin/env node
import { Interruption } from './cli-io.ts';
import { runCli } from './run-cli.ts';

const ending = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => ending.abort(new Interruption(signal)));
}
// The reader of the output has closed it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const { stdin, stdout, stderr } = process;
const io = { env: process.env, stdin, stdout, stderr, signal: ending.signal };
process.exitCode = await runCli(process.argv.slice(2), io);
